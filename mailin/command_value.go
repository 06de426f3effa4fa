package mailin

import (
	"regexp"
	"strings"

	"postdesk/core"
)

// The words that people write for the desk's values, in both languages, as the locale files have them, and the forms that
// are as near. What is no such word goes on as it was written, so that the refusal names it.

var statusWords = map[string]core.Status{
	"open": core.Open, "abierto": core.Open, "abierta": core.Open,
	"triaged": core.Triaged, "clasificado": core.Triaged, "clasificada": core.Triaged,
	"in progress": core.InProgress, "in_progress": core.InProgress, "en curso": core.InProgress, "en progreso": core.InProgress,
	"waiting": core.Waiting, "en espera": core.Waiting, "espera": core.Waiting, "esperando": core.Waiting,
	"resolved": core.Resolved, "resuelto": core.Resolved, "resuelta": core.Resolved,
	"closed": core.Closed, "cerrado": core.Closed, "cerrada": core.Closed,
}

var priorityWords = map[string]core.Priority{
	"low": core.Low, "baja": core.Low, "bajo": core.Low, "normal": core.Normal,
	"high": core.High, "alta": core.High, "alto": core.High, "urgent": core.Urgent, "urgente": core.Urgent,
}

var categoryWords = map[string]core.Category{
	"access": "access", "accesos": "access", "acceso": "access", "account": "account", "cuenta": "account", "cuentas": "account",
	"email": "email", "correo": "email", "hardware": "hardware", "equipo": "hardware", "equipos": "hardware",
	"network": "network", "red": "network", "redes": "network", "other": "other", "otra": "other", "otro": "other",
	"phone": "phone", "telefonia": "phone", "telefono": "phone", "software": "software", "programas": "software", "programa": "software",
}

func valueOf[V ~string](words map[string]V, written string) V {
	if v, ok := words[strings.Trim(core.FoldWords(written), ".,;:")]; ok {
		return v
	}
	return V(written)
}

// ruleWords say how many of those who are asked have to approve.
var ruleWords = map[string]core.ApprovalRule{
	"all": core.AllApprove, "todos": core.AllApprove, "todas": core.AllApprove,
	"any": core.AnyApprove, "cualquiera": core.AnyApprove,
}

// namedAddress matches "Ana Ruiz <ana@city.test>", and what programs make of an address that was typed.
var namedAddress = regexp.MustCompile(`[^,;<>@]*(?:[^,;<>\s]+@[^,;<>\s]+\s*)?<\s*(?:mailto:)?([^<>\s]+@[^<>\s]+)\s*>`)

// maxNames is how many people one command names.
const maxNames = 20

// asked takes apart whom #ask names: a rule may stand first, and names are separated by commas, or by spaces where no
// comma is there. whole is the text as one name, where it may be one.
func asked(argument string) (rule core.ApprovalRule, names []string, whole string) {
	first, rest, _ := strings.Cut(argument, " ")
	if r, ok := ruleWords[core.FoldWords(strings.TrimRight(first, ":,"))]; ok {
		rule, argument = r, rest
	}
	argument = namedAddress.ReplaceAllString(argument, " $1,")
	separated := strings.FieldsFunc(argument, func(r rune) bool { return r == ',' || r == ';' })
	if len(separated) == 1 {
		whole = strings.TrimSpace(separated[0])
		separated = strings.Fields(separated[0])
	}
	for _, name := range separated {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	if len(names) < 2 || strings.Contains(whole, "@") {
		whole = ""
	}
	return rule, names, whole
}

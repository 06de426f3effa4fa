package core

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// TemplateKind is what a template is for.
type TemplateKind string

// The kinds: a ticket template fills in a new ticket, a reply template is an answer that is used again (E15).
const (
	TicketTemplate TemplateKind = "ticket"
	ReplyTemplate  TemplateKind = "reply"
)

// Template is a text that a service has ready. It is for its team alone (A27, A28).
type Template struct {
	ID       string
	Kind     TemplateKind
	Service  ServiceID
	Title    string
	Text     string // with placeholders
	Language Language
	// Of a ticket template; what is empty is left to who opens the ticket.
	Subject  string // with placeholders
	Category Category
	Priority Priority
	Fields   map[string]string
	// Of a periodic ticket.
	Requester *Person   // nil = none
	Schedule  *Schedule // nil = tickets are made of it by hand only
	NextAt    time.Time // the next one; zero = none
	Failure   *TemplateFailure
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
}

// TemplateFailure says why the last ticket of a schedule could not be made: the key of a sentence, with what stands in it.
type TemplateFailure struct {
	At   time.Time `json:"at"` // when it should have been made
	Key  string    `json:"key"`
	Args []string  `json:"args,omitempty"`
}

// The limits of a template, in characters.
const (
	maxTemplateTitle = 120
	maxTemplateText  = 20_000
)

// Check refuses a template that could not be used. Titles and subjects become one line.
func (t *Template) Check() error {
	t.Title, t.Subject = strings.Join(strings.Fields(t.Title), " "), strings.Join(strings.Fields(t.Subject), " ")
	reply := t.Kind == ReplyTemplate
	switch {
	case !reply && t.Kind != TicketTemplate:
		return BadInput("kind", "error.template.kind", string(t.Kind))
	case FoldWords(t.Title) == "" || utf8.RuneCountInString(t.Title) > maxTemplateTitle:
		return BadInput("title", "error.template.title", maxTemplateTitle)
	case utf8.RuneCountInString(t.Text) > maxTemplateText:
		return BadInput("text", "error.template.long", maxTemplateText)
	case t.Language != English && t.Language != Spanish:
		return BadInput("language", "error.template.language", string(t.Language))
	case reply && strings.TrimSpace(t.Text) == "":
		return BadInput("text", "error.text.empty")
	case reply && (t.Subject != "" || t.Category != "" || t.Priority != "" || len(t.Fields) > 0 || t.Requester != nil || t.Schedule != nil):
		return BadInput("kind", "error.template.reply_only")
	case utf8.RuneCountInString(t.Subject) > maxTemplateTitle*2:
		return BadInput("subject", "error.template.long", maxTemplateTitle*2)
	case t.Category != "" && !ValidCategory(t.Category):
		return BadInput("category", "error.category.unknown", string(t.Category))
	case t.Priority != "" && !ValidPriority(t.Priority):
		return BadInput("priority", "error.priority.unknown", string(t.Priority))
	}
	for _, x := range [][2]string{{"subject", t.Subject}, {"text", t.Text}} {
		if unknown, ok := unknownPlaceholder(t.Kind, x[1]); ok {
			return BadInput(x[0], "error.template.placeholder", "{{"+unknown+"}}", strings.Join(placeholdersOf(t.Kind), " "))
		}
	}
	if t.Schedule == nil {
		return nil
	}
	switch {
	case t.Requester == nil:
		return BadInput("requester", "error.template.requester")
	case t.Subject == "":
		return BadInput("subject", "error.subject.empty")
	case strings.TrimSpace(t.Text) == "":
		return BadInput("text", "error.text.empty")
	}
	return t.Schedule.Check()
}

// placeholder is something that a template leaves open: its English name, its Spanish one, and where it may stand.
type placeholder struct {
	name, spanish string
	kind          TemplateKind
}

var placeholders = []placeholder{
	{"requester.name", "solicitante.nombre", ReplyTemplate},
	{"requester.first_name", "solicitante.nombre_de_pila", ReplyTemplate},
	{"ticket.number", "ticket.numero", ReplyTemplate},
	{"ticket.tag", "ticket.etiqueta", ReplyTemplate},
	{"ticket.subject", "ticket.asunto", ReplyTemplate},
	{"service", "servicio", ReplyTemplate},
	{"solver.name", "solver.nombre", ReplyTemplate},
	{"me.name", "yo.nombre", ReplyTemplate},
	{"desk", "mesa", ReplyTemplate},
	{"date", "fecha", TicketTemplate},
}

// marked matches what is written as a placeholder.
var marked = regexp.MustCompile(`\{\{([^{}\n]*)\}\}`)

// placeholderNamed finds a placeholder by either name, without regard to case, accents and spaces around it.
func placeholderNamed(kind TemplateKind, written string) (string, bool) {
	written = FoldWords(written)
	i := slices.IndexFunc(placeholders, func(p placeholder) bool { return p.kind == kind && (p.name == written || p.spanish == written) })
	if i < 0 {
		return "", false
	}
	return placeholders[i].name, true
}

func unknownPlaceholder(kind TemplateKind, text string) (string, bool) {
	for _, m := range marked.FindAllStringSubmatch(text, -1) {
		if _, ok := placeholderNamed(kind, m[1]); !ok {
			return m[1], true
		}
	}
	return "", false
}

// placeholdersOf lists what a kind of template knows, by both names.
func placeholdersOf(kind TemplateKind) (list []string) {
	for _, p := range placeholders {
		if p.kind == kind {
			list = append(list, "{{"+p.name+"}}", "{{"+p.spanish+"}}")
		}
	}
	return list
}

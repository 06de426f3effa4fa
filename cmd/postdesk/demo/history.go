package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// story is one ticket of the days before the first start: who asked for what when, and what was done about it.
type story struct {
	service, from, subject, text string
	category                     core.Category
	priority                     core.Priority
	ago                          time.Duration
	file                         string // name of a small log that comes along
	steps                        []step
}

// step is one thing that somebody did, some time after the step before.
type step struct {
	after time.Duration
	who   string
	do    string // take, reply, note, say (the requester), assign NAME, group NAME, wait, resolve, ask NAME, below SUBJECT, merge SUBJECT
	text  string
}

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

// history is what the sample city's desk did in the days before.
var history = []story{
	{"Printers", "pat", "Printer on floor 3 asks for a PIN", "Since this morning the big printer on floor 3 wants a PIN for every job. Nobody here has one.", "access", core.Normal, 25 * minute, "", nil},
	{"Printers", "lucia", "El plóter no aparece en la lista", "Tengo computadora nueva y el plóter de catastro no está entre las impresoras.", "software", core.Low, 70 * minute, "", nil},
	{"Printers", "ben", "Payroll printer jams on every envelope", "Since Friday the payroll printer pulls in every envelope crooked and stops. I cleaned it twice. Paper is fine, only envelopes jam.", "hardware", core.Urgent, 2 * hour, "printer-events.log", []step{
		{8 * minute, "mia", "assign sol", ""},
		{1 * minute, "mia", "note", "Same model as the one in Permits. Fuser kit is in the cabinet; if it is the rollers again, order two."},
		{40 * minute, "sol", "reply", "Hi Ben, please open the rear tray, set the lever to the envelope mark and try one. If it jams again, send me a photo of the rollers."},
		{25 * minute, "ben", "say", "Still jams. The left roller looks worn."}}},
	{"Network", "eva", "VPN otra vez", "Sigo sin poder entrar a la VPN. ¿Alguien lo está viendo?", "access", core.Normal, 2*hour + 20*minute, "", []step{
		{10 * minute, "net", "merge No puedo entrar a la VPN desde casa", ""}}},
	{"Network", "eva", "No puedo entrar a la VPN desde casa", "Desde esta mañana la VPN dice que la clave venció, pero la cambié ayer y en la oficina sí funciona.", "access", core.High, 3 * hour, "", nil},
	{"Accounts", "pat", "New account for the clerk who starts Monday", "Please set up an account for our new clerk, Dana Flores, with access to the permits share. She starts Monday at 8.", "account", core.Normal, 5 * hour, "", []step{
		{20 * minute, "acc", "take", ""},
		{5 * minute, "acc", "reply", "Hello Pat, gladly. Which of the two permits shares does she need, read only or writing as well?"},
		{1 * minute, "acc", "wait", ""}}},
	{"Accounts", "sam", "Access to the payroll share", "I cover for a colleague in payroll until the end of the year and need to read the payroll share.", "access", core.Normal, 6 * hour, "", []step{
		{15 * minute, "acc", "take", ""},
		{10 * minute, "acc", "ask max", "Sam covers for payroll until December 31. May he read the payroll share until then?"}}},
	{"Printers", "lucia", "La impresora de permisos imprime rayas", "Todas las hojas salen con una raya negra a la izquierda. Ya cambié el tóner.", "hardware", core.Normal, 1*day + 2*hour, "", []step{
		{15 * minute, "mia", "group Field", ""},
		{3 * hour, "gil", "take", ""},
		{1 * hour, "gil", "reply", "Hola Lucía, mañana a las 9 paso a limpiar el tambor. Mientras tanto puedes usar la del segundo piso."}}},
	{"Network", "lucia", "La red del segundo piso va muy lenta", "Desde ayer los planos tardan minutos en abrir.", "network", core.Normal, 1*day + 4*hour, "", []step{
		{30 * minute, "net", "take", ""},
		{1 * minute, "net", "below Desk phone rings twice, then drops", ""},
		{5 * minute, "net", "reply", "Hola Lucía, es el mismo switch que corta los teléfonos de tu pasillo. Te aviso cuando quede resuelto."}}},
	{"Network", "sam", "Desk phone rings twice, then drops", "My desk phone rings twice and then the call is gone. Others in the hallway have it too.", "phone", core.Low, 1*day + 5*hour, "", []step{
		{30 * minute, "net", "take", ""},
		{2 * hour, "net", "reply", "Hi Sam, the switch of your floor was overloaded. I moved the phones to another port, please try again."}}},
	{"Accounts", "lucia", "Cuenta bloqueada después de vacaciones", "Volví hoy y mi cuenta está bloqueada.", "account", core.Normal, 2 * day, "", []step{
		{20 * minute, "sol", "resolve", "Hola Lucía, tu cuenta ya está activa. La contraseña de antes sigue siendo válida. ¡Bienvenida de vuelta!"}}},
	{"Printers", "sam", "Toner for the council chamber", "The printer in the council chamber is nearly out of toner and there is a session on Thursday.", "hardware", core.Normal, 2*day + 4*hour, "", []step{
		{1 * hour, "sol", "take", ""},
		{2 * hour, "sol", "resolve", "Hi Sam, the cartridge is in and a second one lies in the drawer below."}}},
	{"Network", "ben", "Wi-Fi in the council chamber", "During the session yesterday nobody could get on the Wi-Fi.", "network", core.High, 3 * day, "", []step{
		{20 * minute, "net", "take", ""},
		{1 * hour, "net", "reply", "Hello Ben, one access point there is broken. A new one is ordered and arrives on Thursday."},
		{1 * minute, "net", "note", "Order is with purchasing; ask again on Wednesday."}}},
	{"Printers", "eva", "Escanear a correo dejó de funcionar", "La multifuncional de contabilidad ya no manda los escaneos a mi correo.", "email", core.Normal, 4 * day, "", []step{
		{30 * minute, "mia", "assign vic", ""},
		{4 * hour, "vic", "reply", "Hello Eva, I renewed the certificate of the machine. Could you try one page?"},
		{2 * hour, "eva", "say", "Sí, ya funciona. Gracias."},
		{1 * hour, "vic", "resolve", "Glad to hear it. I wrote the date of the next renewal on the machine."}}},
}

// WriteHistory lets the sample city's past happen: each act goes through the operation that a page or a mail would use,
// at the time when it is said to have been. deskAt gives the desk with its clock stopped at a moment. progress is told
// after each ticket.
func WriteHistory(ctx context.Context, now time.Time, deskAt func(time.Time) *helpdesk.Helpdesk, progress func(done, all int)) error {
	numbers := map[string]core.Number{} // by subject
	for i := len(history) - 1; i >= 0; i-- {
		s := history[i]
		if err := s.happen(ctx, now.Add(-s.ago), deskAt, numbers); err != nil {
			return fmt.Errorf("sample ticket %q: %w", s.subject, err)
		}
		progress(len(history)-i, len(history))
	}
	return nil
}

func (s story) happen(ctx context.Context, at time.Time, deskAt func(time.Time) *helpdesk.Helpdesk, numbers map[string]core.Number) error {
	var number core.Number
	act := func(who string, do func(*helpdesk.Act) error) error {
		desk := deskAt(at)
		p, err := desk.PersonByAddress(ctx, address(who))
		if err != nil {
			return err
		}
		return desk.Do(ctx, core.Actor{Person: p, Via: core.ViaMail, Level: core.SignedIn}, do)
	}
	desk := deskAt(at)
	dir, err := desk.Directory(ctx)
	if err != nil {
		return err
	}
	var files []core.Attachment
	if s.file != "" {
		f, err := desk.PutFile(ctx, s.file, "text/plain", strings.NewReader(printerEvents()))
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	err = act(s.from, func(a *helpdesk.Act) (err error) {
		number, err = a.OpenTicket(ctx, helpdesk.NewTicket{Service: dir.ServiceByName(s.service).ID, Subject: s.subject, Text: s.text,
			Category: s.category, Priority: s.priority, Attachments: files})
		return err
	})
	numbers[s.subject] = number
	for _, st := range s.steps {
		if err != nil {
			return err
		}
		at = at.Add(st.after)
		err = act(st.who, func(a *helpdesk.Act) error { return st.run(ctx, a, deskAt(at), number, numbers) })
	}
	return err
}

func (st step) run(ctx context.Context, a *helpdesk.Act, desk *helpdesk.Helpdesk, n core.Number, numbers map[string]core.Number) (err error) {
	yes, no := true, false
	verb, name, _ := strings.Cut(st.do, " ")
	switch verb {
	case "take":
		_, err = a.Take(ctx, n, 0)
	case "assign", "ask":
		p, lookup := desk.PersonByAddress(ctx, address(name))
		if lookup != nil {
			return lookup
		}
		if verb == "assign" {
			_, err = a.Assign(ctx, n, helpdesk.Assignee{Solver: p}, 0)
		} else {
			_, err = a.AskApproval(ctx, n, helpdesk.NewApproval{Approvers: []*core.Person{p}, Text: st.text}, 0)
		}
	case "below":
		_, err = a.SetParent(ctx, n, numbers[name], 0)
	case "merge":
		_, err = a.MergeTicket(ctx, n, numbers[name], 0)
	case "group":
		_, err = a.Assign(ctx, n, helpdesk.Assignee{Group: name}, 0)
	case "reply":
		_, err = a.AddRecord(ctx, n, helpdesk.NewRecord{Text: st.text, Show: &yes})
	case "note":
		_, err = a.AddRecord(ctx, n, helpdesk.NewRecord{Text: st.text, Show: &no})
	case "say":
		_, err = a.AddRecord(ctx, n, helpdesk.NewRecord{Text: st.text})
	case "wait":
		_, err = a.SetStatus(ctx, n, core.Waiting, 0)
	case "resolve":
		_, err = a.Resolve(ctx, n, helpdesk.NewRecord{Text: st.text})
	default:
		err = fmt.Errorf("unknown step %q", st.do)
	}
	return err
}

func address(who string) string {
	if who == "vic" {
		return "vic@vendor.test"
	}
	return who + "@" + CityDomain
}

// printerEvents is what the payroll printer wrote down of a morning with envelopes.
func printerEvents() string {
	var log strings.Builder
	for page := range 20 {
		at := time.Date(2026, time.January, 1, 7, 58, 12+47*page, 0, time.UTC).Format(time.TimeOnly)
		fmt.Fprintf(&log, "%s tray 2: envelope %d fed\n", at, page+1)
		if page%3 != 1 {
			fmt.Fprintf(&log, "%s tray 2: envelope %d skewed by %d.%d mm, motor stopped\n", at, page+1, 3+page%4, page%10)
		}
	}
	return log.String()
}

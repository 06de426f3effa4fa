package core

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Reply is a reply template filled in for a ticket, with the name of who answers: with what a requester of the ticket may
// see, whoever asks, for it is to be sent to them (mail.md 7).
func (t *Template) Reply(d *Directory, ticket *Ticket, me *Person, now time.Time) string {
	v := ViewOf(d, ticket, requesterStandingOf(d, ticket), now)
	first, _, _ := strings.Cut(strings.TrimSpace(v.Requester.Name), " ")
	values := map[string]string{
		"requester.name": v.Requester.Name, "requester.first_name": first,
		"ticket.number": strconv.FormatInt(int64(v.Number), 10), "ticket.tag": v.Tag, "ticket.subject": v.Subject,
		"service": v.Service, "desk": d.Desk.Name,
	}
	if v.Solver != nil {
		values["solver.name"] = v.Solver.Name // never the address: of a vendor's solver it is no requester's business (A73)
	}
	if me != nil {
		values["me.name"] = me.Name
	}
	return fill(ReplyTemplate, t.Text, values)
}

// Filled is the subject and the text of a ticket template for a day of the clocks at the given time.
func (t *Template) Filled(at time.Time) (subject, text string) {
	values := map[string]string{"date": dateIn(t.Language, at)}
	return fill(TicketTemplate, t.Subject, values), fill(TicketTemplate, t.Text, values)
}

// months are the names of the months in Spanish.
var months = []string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}

// dateIn writes a day out.
func dateIn(l Language, at time.Time) string {
	if l == Spanish {
		return fmt.Sprintf("%d de %s de %d", at.Day(), months[at.Month()-1], at.Year())
	}
	return at.Format("2 January 2006")
}

const blanks = " \t"

// fill puts the values, by the English names of the placeholders, into a text: once, so that what stands in a value is never
// taken for a placeholder. Where there is no value, no gap stays.
func fill(kind TemplateKind, text string, values map[string]string) string {
	var out []byte
	done := 0
	for _, m := range marked.FindAllStringSubmatchIndex(text, -1) {
		name, known := placeholderNamed(kind, text[m[2]:m[3]])
		if !known {
			continue
		}
		out = append(out, text[done:max(done, m[0])]...)
		done = m[1]
		if value := strings.Join(strings.Fields(values[name]), " "); value != "" {
			out = append(out, value...)
			continue
		}
		rest := strings.TrimLeft(text[done:], blanks)
		ends := rest == "" || rest[0] == '\n' || rest[0] == '\r'
		switch begins := len(out) == 0 || out[len(out)-1] == '\n'; {
		case begins && ends && rest != "": // the whole line was that
			_, below, _ := strings.Cut(rest, "\n")
			done = len(text) - len(below)
		case begins:
			done = len(text) - len(rest)
		case ends || len(rest) < len(text)-done || strings.ContainsAny(rest[:1], ",.;:!?)"):
			out = bytes.TrimRight(out, blanks)
		}
	}
	return string(out) + text[done:]
}

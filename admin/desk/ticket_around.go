package desk

import (
	"strings"
	"time"

	"postdesk/core"
)

// related is a ticket beside this one.
type related struct {
	Number  core.Number
	Subject string
	Status  core.Status
	Href    string // "" = not the reader's to see, or a part of this one
	Undo    core.Action
}

// relation are the tickets that stand to this one in the same way.
type relation struct {
	Key     string
	Tickets []related
}

// relations names the tickets around this one with their subjects, as far as the reader sees them (E10).
func (v *visit) relations(p *ticketPage) ([]relation, error) {
	view := p.View
	var parent []core.Number
	if view.Parent != 0 {
		parent = append(parent, view.Parent)
	}
	kinds := []struct {
		key     string
		numbers []core.Number
		undo    core.Action
	}{
		{"desk.related.parent", parent, core.ActParent},
		{"desk.related.children", view.Children, ""},
		{"desk.related.links", view.Links, core.ActLink},
		{"desk.related.merged", view.Merged, ""},
	}
	var numbers []core.Number
	for _, k := range kinds {
		numbers = append(numbers, k.numbers...)
	}
	seen, err := v.Helpdesk.InLists(v.r.Context(), v.me, numbers)
	if err != nil {
		return nil, err
	}
	var list []relation
	for _, k := range kinds {
		r := relation{Key: k.key}
		for _, n := range k.numbers {
			x := related{Number: n}
			if other, ok := seen[n]; ok && k.key != "desk.related.merged" {
				x.Subject, x.Status, x.Href = other.Subject, other.Status, v.narrowing().at(ticketPath(n))
			}
			if k.undo != "" && p.may(k.undo) {
				x.Undo = k.undo
			}
			r.Tickets = append(r.Tickets, x)
		}
		if len(r.Tickets) > 0 {
			list = append(list, r)
		}
	}
	return list, nil
}

// suggested is how many articles stand beside a ticket.
const suggested = 3

// knowledge are articles about what the ticket is about, as far as the reader sees them.
func (v *visit) knowledge(p *ticketPage) ([]core.ArticleView, error) {
	if p.View.Status.Done() {
		return nil, nil
	}
	return v.Helpdesk.Matching(v.r.Context(), v.me, p.View.Subject, v.printer.Language(), suggested)
}

// level is one target of the service level in words.
type level struct {
	core.TargetView
	Key     string // of the target's name
	Words   string
	Color   string // of the words and the bar: red, amber, green or none
	Current bool   // it is what has to be met next
}

var targetKeys = map[core.Target]string{core.TargetFirstResponse: "desk.target.first_response", core.TargetInternal: "desk.field.target",
	core.TargetResolution: "desk.target.resolution"}

// nearlyUsed is from which part of the time on a deadline counts as near.
const nearlyUsed = .75

// levels says how the ticket stands to its targets (E11, E12).
func (v *visit) levels(view core.View) []level {
	var list []level
	for _, t := range view.Targets {
		l := level{TargetView: t, Key: targetKeys[t.Target], Current: view.CurrentTarget != nil && view.CurrentTarget.Target == t.Target}
		span := v.printer.Span(t.Left)
		switch t.State {
		case core.TargetMet:
			l.Words, l.Color = v.printer.T("desk.level.met", v.printer.Span(t.At.Sub(view.CreatedAt))), "green"
		case core.TargetMetLate:
			l.Words, l.Color = v.printer.T("desk.level.met_late", span), "red"
		case core.TargetLate:
			l.Words, l.Color = v.printer.T("desk.level.late", span), "red"
		case core.TargetPaused:
			l.Words = v.printer.T("desk.level.paused", span)
		case core.TargetDropped:
			l.Words = v.printer.T("desk.level.dropped")
		case core.TargetAhead:
			l.Words = v.printer.T("desk.level.ahead", span)
			if t.Used >= nearlyUsed {
				l.Color = "amber"
			}
		}
		list = append(list, l)
	}
	return list
}

// Percent is how much of the time is used.
func (l level) Percent() int { return int(l.Used*100 + .5) }

// manyChanges is how many changes a refusal lists; of more the newest are told.
const manyChanges = 5

// since says in one line each what of the entries happened after the moment that the reader's page was made of.
func (v *visit) since(entries []entry, seen string) (lines []happened) {
	at, err := time.Parse(time.RFC3339Nano, seen)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !e.At.After(at) {
			continue
		}
		line := e.Event
		switch {
		case line != "":
		case e.Note:
			line = v.printer.T("desk.since.note", e.Who, firstWords(e.Text))
		default:
			line = v.printer.T("desk.since.message", e.Who, firstWords(e.Text))
		}
		lines = append(lines, happened{line, e.At})
	}
	return lines[max(len(lines)-manyChanges, 0):]
}

// happened is a line of what happened meanwhile.
type happened struct {
	Line string
	At   time.Time
}

// firstWords are the start of a text, on one line.
func firstWords(text string) string {
	words := []rune(strings.Join(strings.Fields(text), " "))
	if len(words) > 120 {
		return string(words[:119]) + "…"
	}
	return string(words)
}

// Seen is the moment that the page is made of, for forms.
func (p *ticketPage) Seen() string { return p.View.UpdatedAt.UTC().Format(time.RFC3339Nano) }

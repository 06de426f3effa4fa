package desk

import (
	"errors"
	"net/http"
	"slices"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// ticketPage is one ticket as its reader may see it, with what they may do.
type ticketPage struct {
	web.Frame
	View core.View
	Via  core.Via // by which way it was opened
	thread
	People   []core.Ref // to whom it can be given
	Groups   []string
	Statuses []core.Status
	Write    writing
	Decide   []decision // what waits for the reader's approval
	Verdict  string     // what was typed with one, where it was refused
	Audience audience
	Alert    string // why the last act was refused
	Added    string // the address that was typed, where adding a person was refused
	Back     string // address of the list
	Base     string // the ticket's address
	Filter   string // query of the list, to stay in it
}

// writing is the box for a reply or note, with what was typed before it was refused.
type writing struct {
	Reply, Note bool // what may be written
	AsNote      bool // which of them is chosen
	Text        string
	Kept        []upload
	Alert       string
	Resolution  string // what was typed as the last word, where resolving was refused
}

// audience is who gets a reply.
type audience struct {
	First  string // by first name; "" = nobody but the team
	Others int
	Team   bool // it goes to the team: the writer is the requester's side
}

func showTicket(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	return v.ticketPage(http.StatusOK, n, nil)
}

// ticketPage renders the ticket in its present state; change puts in what was typed and refused.
func (v *visit) ticketPage(status int, n core.Number, change func(*ticketPage)) error {
	view, records, err := v.Helpdesk.Log(v.r.Context(), v.me, n)
	if err != nil {
		return err
	}
	if view.Number != n && v.r.Method == http.MethodGet { // merged: on to the survivor
		return v.redirect(v.narrowing().at(ticketPath(view.Number)))
	}
	view.EachPerson(v.printer.Name)
	p := &ticketPage{View: view, Base: ticketPath(view.Number), Filter: v.narrowing().at(""), thread: v.thread(view, records)}
	if len(records) > 0 {
		p.Via = records[0].Via
	}
	if p.may(core.ActAssign) {
		if p.People, p.Groups, err = v.Helpdesk.Assignees(v.r.Context(), v.me, view.Number); err != nil {
			return err
		}
	}
	for _, s := range core.Statuses() {
		if !s.Done() && s != view.Status {
			p.Statuses = append(p.Statuses, s)
		}
	}
	p.Write = writing{Reply: p.may(core.ActRecord) && (!view.TeamSide || p.solves()), Note: p.may(core.ActRecord) && view.TeamSide}
	p.Write.AsNote = !p.Write.Reply
	p.Audience, p.Decide = v.audience(view), v.decisions(p)
	if change != nil {
		change(p)
	}
	return v.deskPage(status, p)
}

// May tells templates whether the reader may do this now.
func (p *ticketPage) May(action string) bool { return p.may(core.Action(action)) }

func (p *ticketPage) may(a core.Action) bool { return slices.Contains(p.View.Actions, a) }

// solves tells whether the reader may answer the requester: whoever may solve the ticket may, and one of these actions
// is always theirs.
func (p *ticketPage) solves() bool {
	return p.may(core.ActResolve) || p.may(core.ActReopen) || p.may(core.ActClose)
}

// Categories and Priorities are what can be chosen instead of the present ones.
func (p *ticketPage) Categories() []core.Category {
	return slices.DeleteFunc(core.Categories(), func(c core.Category) bool { return c == p.View.Category })
}

// Priorities: see Categories.
func (p *ticketPage) Priorities() []core.Priority {
	all := core.Priorities()
	slices.Reverse(all)
	return slices.DeleteFunc(all, func(x core.Priority) bool { return x == p.View.Priority })
}

func (v *visit) audience(view core.View) audience {
	var who []core.Ref
	for _, p := range append([]core.Ref{view.Requester}, view.Participants...) {
		if p.Email != v.me.Email {
			who = append(who, p)
		}
	}
	a := audience{Team: !view.TeamSide}
	if len(who) > 0 && !a.Team {
		a.First = who[0].FirstName()
	}
	if a.Team && view.Solver != nil {
		a.First = view.Solver.FirstName()
		a.Others = len(who)
		return a
	}
	a.Others = len(who)
	if a.First != "" {
		a.Others--
	}
	return a
}

// refused renders the ticket again where the error is a refusal that the reader can act on; others are returned.
func (v *visit) refused(n core.Number, err error, change func(p *ticketPage, sentence string)) error {
	var refusal *core.Error
	if err = helpdesk.Refusal(err); !errors.As(err, &refusal) || refusal.Code == core.NotFound {
		return err
	}
	return v.ticketPage(web.Status(err), n, func(p *ticketPage) { change(p, v.printer.Error(err)) })
}

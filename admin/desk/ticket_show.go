package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

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
	Alert    string     // why the last act was refused
	Since    []happened // what happened since the page was made that it was done on
	Dialog   *dialog    // nil = none is open
	Related  []relation
	Articles []core.ArticleView // about the same
	Levels   []level
	Rare     []rare // acts that are not asked for every day
	Plainly  *plainly
	Added    string // the address that was typed, where adding a person was refused
	Back     string // address of the list
	Base     string // the ticket's address
	Filter   string // query of the list, to stay in it
}

func showTicket(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	return v.ticketPage(http.StatusOK, n, func(p *ticketPage) {
		if do := core.Action(v.r.URL.Query().Get("do")); asksMore(do) {
			p.Dialog = &dialog{Action: do}
		}
	})
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
	if p.Write, err = v.writing(p); err != nil {
		return err
	}
	if err := v.filledTemplate(p); err != nil {
		return err
	}
	p.Decide = v.decisions(p)
	if change != nil {
		change(p)
	}
	if p.Dialog != nil {
		if err := v.fillDialog(p); err != nil {
			return err
		}
		if web.Wants(v.r, "act") {
			p.Frame = v.frame(v.ticketTitle(p.View), v.narrowing().at(p.Base))
			return v.pages.RenderPart(v.w, status, "desk", "act-dialog", p)
		}
	}
	if p.Related, err = v.relations(p); err != nil {
		return err
	}
	if p.Articles, err = v.knowledge(p); err != nil {
		return err
	}
	p.Levels, p.Rare = v.levels(view), p.rare()
	if p.Plainly = v.plainly(view); p.Plainly != nil { // it has these as plain words
		p.Rare = slices.DeleteFunc(p.Rare, func(r rare) bool { return r.Action == core.ActWithdraw })
	}
	return v.deskPage(status, p)
}

// rare is an act in the menu of those that are not asked for every day.
type rare struct {
	Action core.Action
	Key    string
	Icon   string
	Dialog bool
}

// rare lists those that the reader may do now.
func (p *ticketPage) rare() (list []rare) {
	for _, r := range []rare{
		{core.ActEdit, "desk.act.edit", "pencil", true}, {core.ActMove, "desk.act.move", "folder-input", true},
		{core.ActDue, "desk.act.due", "calendar-clock", true}, {core.ActAsk, "desk.act.ask", "stamp", true},
		{core.ActLink, "desk.act.link", "link", true}, {core.ActParent, "desk.act.parent", "list-tree", true},
		{core.ActMerge, "desk.act.merge", "merge", true}, {core.ActWithdraw, "desk.act.withdraw", "undo-2", false},
		{core.ActSpam, "desk.act.spam", "shield-alert", false},
	} {
		if p.may(r.Action) && (r.Action != core.ActSpam || !p.View.Spam) { // taking the mark away is no rare wish where it is set
			list = append(list, r)
		}
	}
	return list
}

// Do is the address of the ticket with the dialog of an act open.
func (p *ticketPage) Do(action string, more ...string) string {
	q, _ := url.ParseQuery(strings.TrimPrefix(p.Filter, "?")) // our own
	q.Set("do", action)
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return p.Base + "?" + q.Encode()
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

// refused renders the ticket again where the error is a refusal that the reader can act on; others are returned.
func (v *visit) refused(n core.Number, err error, change func(p *ticketPage, sentence string)) error {
	var refusal *core.Error
	if err = helpdesk.Refusal(err); !errors.As(err, &refusal) || refusal.Code == core.NotFound {
		return err
	}
	return v.ticketPage(web.Status(err), n, func(p *ticketPage) { change(p, v.printer.Error(err)) })
}

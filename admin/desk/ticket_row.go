package desk

import (
	"fmt"
	"slices"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// row is a ticket in the list.
type row struct {
	core.View
	Href    string
	Current bool
	Mine    bool   // the reader is its solver
	Own     bool   // the reader is its requester
	Pick    string // what names the ticket and its version where several are acted on; "" = it cannot be
	Picked  bool
	By      string // who wrote last, and the beginning of it; "" = the reader has no such column (D8)
	Words   string
	Note    bool   // that is internal
	Clock   string // what is left to the current target, or how late it is; "" = there is time
	Late    bool
	Draft   string // the reader writes something there: draft, or unsent where something of it could not be sent
	Asked   string // the approval that is waited for: how many of how many approved
}

// soon is how long before a target the list begins to say so.
const soon = 4 * time.Hour

// rows are the tickets of a list as they stand in it.
func (v *visit) rows(n narrowing, list helpdesk.TicketList, open *ticketPage, failed []failure) []row {
	rows, drafts := make([]row, 0, len(list.Tickets)), v.draftMarks(list)
	for _, t := range list.Tickets {
		t.EachPerson(v.printer.Name)
		r := row{View: t, Href: n.at(ticketPath(t.Number)), Current: open != nil && open.View.Number == t.Number, Draft: drafts[t.Number]}
		r.Mine, r.Own = t.Solver != nil && t.Solver.Email == v.me.Email, t.Requester.Email == v.me.Email
		if t.TeamSide && slices.ContainsFunc(t.Actions, func(a core.Action) bool { return slices.Contains(bulkActions, a) }) {
			r.Pick = fmt.Sprintf("%d.%d", t.Number, t.Version)
			r.Picked = slices.ContainsFunc(failed, func(f failure) bool { return f.Number == t.Number })
		}
		if last, ok := list.Last[t.Number]; ok {
			r.Words, r.Note = last.Text, last.Kind == core.KindNote
			if last.Author != nil {
				v.printer.Name(last.Author)
				r.By = last.Author.Display()
			}
		}
		if c := t.CurrentTarget; c != nil && !c.Paused {
			switch left := c.Due.Sub(v.now); {
			case c.Missed || left <= 0:
				r.Clock, r.Late = v.printer.T("desk.level.late", v.printer.Span(left)), true
			case left < soon:
				r.Clock = v.printer.T("desk.level.ahead", v.printer.Span(left))
			}
		}
		for _, a := range t.Approvals {
			if a.State != core.ApprovalPending {
				continue
			}
			approved := 0
			for _, x := range a.Approvers {
				if x.State == core.ApprovalApproved {
					approved++
				}
			}
			r.Asked = v.printer.T("desk.row.asked", approved, len(a.Approvers))
		}
		rows = append(rows, r)
	}
	return rows
}

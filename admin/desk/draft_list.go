package desk

import (
	"net/http"
	"strconv"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// draftsPage lists what the reader writes, everywhere.
type draftsPage struct {
	web.Frame
	Drafts []draftLine
}

// draftLine is one of them. The address is that of its ticket, which knows what may be done with it; whoever does not see the
// ticket any more still reads their own words here.
type draftLine struct {
	*core.Draft
	Href   string
	Seen   bool // its ticket is still theirs to see
	Failed string
}

func listDrafts(v *visit) error {
	drafts, err := v.Helpdesk.DraftsOf(v.r.Context(), v.me)
	if err != nil {
		return err
	}
	p := draftsPage{Drafts: make([]draftLine, 0, len(drafts))}
	for _, d := range drafts {
		line := draftLine{Draft: d, Href: home + "/new", Seen: true}
		if d.Ticket != 0 {
			line.Href = ticketPath(d.Ticket)
			gone, err := v.unseen(d.Ticket)
			if err != nil {
				return err
			}
			line.Seen = !gone
		}
		if d.Failure != nil {
			line.Failed = v.printer.Error(d.Failure)
		}
		p.Drafts = append(p.Drafts, line)
	}
	p.Frame = v.frame(v.printer.T("desk.drafts"), home+"/drafts")
	return v.pages.Render(v.w, http.StatusOK, "drafts", p)
}

// discardDraft throws one of them away, also where its ticket is not seen any more.
func discardDraft(v *visit) error {
	form, err := web.ReadForm(v.r, "ticket", "kind")
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(form.Get("ticket"), 10, 64) // 0 = a new ticket
	if err != nil {
		return web.ErrForm
	}
	if err := v.Helpdesk.DiscardDraft(v.r.Context(), v.me, core.Number(n), core.DraftKind(form.Get("kind"))); err != nil {
		return err
	}
	return v.redirect(home + "/drafts")
}

// draftMarks say for the tickets of a list in which the reader writes something. A list does without them where the database
// fails.
func (v *visit) draftMarks(list helpdesk.TicketList) map[core.Number]string {
	numbers, marks := make([]core.Number, 0, len(list.Tickets)), map[core.Number]string{}
	for _, t := range list.Tickets {
		numbers = append(numbers, t.Number)
	}
	in, err := v.Helpdesk.DraftsIn(v.r.Context(), v.me, numbers)
	if err != nil {
		v.Log.WarnContext(v.r.Context(), "drafts not marked", "error", err)
	}
	for n, failed := range in {
		marks[n] = "draft"
		if failed {
			marks[n] = "unsent"
		}
	}
	return marks
}

// unsentCount is how many messages of the reader could not be sent, in words; "" = none. A part of a page does not say it.
func (v *visit) unsentCount() string {
	if v.me == nil || v.r.Header.Get("HX-Request") == "true" {
		return ""
	}
	n, err := v.Helpdesk.UnsentCount(v.r.Context(), v.me)
	if err != nil {
		v.Log.WarnContext(v.r.Context(), "unsent messages not counted", "error", err)
	}
	if n == 0 {
		return ""
	}
	return v.printer.Number(int64(n))
}

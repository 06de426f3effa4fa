package helpdesk

import (
	"context"
	"slices"
	"strings"

	"postdesk/core"
)

// NewRecord is what writing to a ticket takes.
type NewRecord struct {
	Text        string
	Folded      string
	Show        *bool // show to requester; nil = by side: the requester's side yes, the team no
	Work        int   // minutes, of the team only (A70, D27); 0 = none
	Answer      bool  // an answer to the requester by mail: shown where the author may show it, else a note
	Attachments []core.Attachment
	IfVersion   int
	Mail        *MailSource
}

// AddRecord writes a message or a note (A20, D7). A requester's or participant's is shown, unless they read the whole log
// besides and ask for a note (D11); a reader's or follower's is internal, for showing needs the right to solve or a part
// in the ticket. The first public message of the team is the first response (E11); a message of the requester's side ends waiting (E9), and reopens a resolved ticket within the deadline
// (E8).
func (a *Act) AddRecord(ctx context.Context, n core.Number, r NewRecord) (core.Number, error) {
	var continued core.Number // where a late reply opened a ticket of its own
	number, err := a.change(ctx, n, r.IfVersion, func(c *change) (err error) {
		if err := c.allow(core.ActRecord); err != nil {
			return err
		}
		if r.Work != 0 && !c.standing.TeamSide() {
			return core.Refuse(core.Forbidden, "error.forbidden")
		}
		if r.Work < 0 || r.Work > maxWork {
			return core.BadInput("work", "error.work.range", maxWork)
		}
		if r.Mail == nil && strings.TrimSpace(r.Text) == "" && len(r.Attachments) == 0 {
			return core.BadInput("text", "error.text.empty")
		}
		asks := c.standing.Part && !c.standing.TeamSide()
		if r.Show != nil {
			asks = *r.Show && c.standing.Part && (asks || !c.standing.MaySolve(c.t))
			if !*r.Show && !c.standing.SeesInternal() {
				return core.Refuse(core.Forbidden, "error.record.note_by_requester")
			}
		}
		if asks {
			continued, err = c.requesterMessage(ctx, r)
			return err
		}
		if err := c.requireProof(); err != nil {
			return err
		}
		show := r.Show != nil && *r.Show
		if show && !c.standing.MaySolve(c.t) {
			return core.Refuse(core.Forbidden, "error.record.show")
		}
		show = show || r.Answer && c.standing.MaySolve(c.t)
		return c.teamRecord(r, show)
	})
	if continued != 0 {
		number = continued
	}
	return number, err
}

// maxWork is how many minutes one record can note: a week of days and nights.
const maxWork = 7 * 24 * 60

func (c *change) record(kind core.RecordKind, r NewRecord, show bool) (*core.Record, error) {
	rec := &core.Record{Kind: kind, Text: r.Text, Folded: r.Folded, ShowToRequester: show, Work: r.Work, Attachments: r.Attachments}
	c.source(rec, r.Mail)
	c.shown = show
	return c.log(rec)
}

// requesterMessage is a message of the requester's side. Where the ticket is done and the reopen deadline over, the
// service says what becomes of it (E8, D16): logged, and its sender told what to do, or a ticket of its own, whose number
// is returned.
func (c *change) requesterMessage(ctx context.Context, r NewRecord) (continued core.Number, err error) {
	was := c.t.Status
	late := was.Done() && c.reopens && c.t.SpamAt.IsZero() && !c.standing.MayReopenAsRequester(c.dir, c.t, c.now)
	if late {
		if continued, err = c.continueTicket(ctx, r); err != nil || continued != 0 {
			return continued, err
		}
	}
	rec, err := c.record(core.KindMessage, r, true)
	if err != nil {
		return 0, err
	}
	if was.Done() && c.reopens && !late && c.t.SpamAt.IsZero() {
		return 0, c.reopen(rec)
	}
	c.t.MessageByRequester()
	if err := c.logStatus(was); err != nil {
		return 0, err
	}
	c.tell(core.EventMessageReceived, rec)
	if late && r.Mail != nil && c.acknowledges {
		return 0, c.refuse(c.actor.Person, "too_late")
	}
	return 0, nil
}

// continueTicket takes a message that came too late for its ticket elsewhere, where the service wants that (E8): into what
// its sender continued the ticket with before, else into a new one that is linked to it. It returns that ticket's number,
// 0 where the message stays.
func (c *change) continueTicket(ctx context.Context, r NewRecord) (core.Number, error) {
	service := c.dir.Services[c.t.Service]
	_, requester := c.dir.SLAFor(c.actor.Person, service.ID)
	if service.AfterDeadline != core.NewTicketLate || service.Folder || service.Archived || !requester {
		return 0, nil
	}
	next, err := c.continuation(ctx)
	if err != nil {
		return 0, err
	}
	if next != nil {
		return next.Number, c.beside(ctx, next, func(x *change) error { _, err := x.requesterMessage(ctx, r); return err })
	}
	opened, err := c.OpenTicket(ctx, NewTicket{Service: c.t.Service, Subject: c.t.Subject, Text: r.Text, Folded: r.Folded, Category: c.t.Category,
		Attachments: r.Attachments, Mail: r.Mail, Linked: c.t.Number})
	if err == nil {
		_, err = c.logChange(core.KindLink, false, "link", "", "#"+formatNumber(opened))
	}
	return opened, err
}

// continuation is the newest ticket of the actor's own that is linked to this one, is younger, and still takes their
// messages; nil where there is none. It is locked.
func (c *change) continuation(ctx context.Context) (*core.Ticket, error) {
	for _, n := range slices.Backward(slices.Sorted(slices.Values(c.t.Links))) {
		if n < c.t.Number { // also: numbers are locked in ascending order
			break
		}
		t, err := c.tx.LockTicket(ctx, n)
		if err != nil {
			return nil, err
		}
		s := core.StandingOf(c.dir, t, c.actor.Person)
		if s.Owner && t.MergedInto == 0 && t.SpamAt.IsZero() && (!t.Status.Done() || s.MayReopenAsRequester(c.dir, t, c.now)) {
			return t, nil
		}
	}
	return nil, nil
}

// teamRecord is a reply or a note of the team, or of somebody else who reads the whole log.
func (c *change) teamRecord(r NewRecord, show bool) error {
	kind, event := core.KindNote, core.EventNoteAdded
	if show {
		kind, event = core.KindMessage, core.EventPublicReply
	}
	was := c.t.Status
	rec, err := c.record(kind, r, show)
	if err != nil {
		return err
	}
	if show {
		c.t.PublicReplyByTeam(c.now)
	}
	if err := c.logStatus(was); err != nil {
		return err
	}
	c.tell(event, rec)
	return nil
}

package helpdesk

import (
	"context"
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
	return c.log(rec)
}

// requesterMessage is a message of the requester's side. Where the ticket is done and the reopen deadline over, the
// service says what becomes of it (E8, D16): logged, and its sender told what to do, or a ticket of its own, whose number
// is returned.
func (c *change) requesterMessage(ctx context.Context, r NewRecord) (continued core.Number, err error) {
	was := c.t.Status
	late := was.Done() && c.reopens && c.t.SpamAt.IsZero() && !c.standing.MayReopenAsRequester(c.dir, c.t, c.now)
	if late && c.dir.Services[c.t.Service].AfterDeadline == core.NewTicketLate {
		if _, ok := c.dir.SLAFor(c.actor.Person, c.t.Service); ok {
			return c.continueTicket(ctx, r)
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

// continueTicket opens a new ticket with a message that came too late for the old one, and links them (E8).
func (c *change) continueTicket(ctx context.Context, r NewRecord) (core.Number, error) {
	opened, err := c.OpenTicket(ctx, NewTicket{Service: c.t.Service, Subject: c.t.Subject, Text: r.Text, Folded: r.Folded, Category: c.t.Category,
		Attachments: r.Attachments, Mail: r.Mail, Linked: c.t.Number})
	if err == nil {
		_, err = c.logChange(core.KindLink, false, "link", "", "#"+formatNumber(opened))
	}
	return opened, err
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

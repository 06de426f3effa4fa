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
	return a.change(ctx, n, r.IfVersion, func(c *change) error {
		if c.standing.Grade(core.LogCreate) == core.Denied {
			return core.Refuse(core.Forbidden, "error.forbidden")
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
			return c.requesterMessage(r)
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
}

func (c *change) record(kind core.RecordKind, r NewRecord, show bool) (*core.Record, error) {
	rec := &core.Record{Kind: kind, Text: r.Text, Folded: r.Folded, ShowToRequester: show, Attachments: r.Attachments}
	c.source(rec, r.Mail)
	return c.log(rec)
}

// requesterMessage is a message of the requester's side.
func (c *change) requesterMessage(r NewRecord) error {
	was := c.t.Status
	rec, err := c.record(core.KindMessage, r, true)
	if err != nil {
		return err
	}
	if was.Done() && c.reopens && c.standing.MayReopenAsRequester(c.dir, c.t, c.now) {
		return c.reopen(rec)
	}
	c.t.MessageByRequester()
	if err := c.logStatus(was); err != nil {
		return err
	}
	c.tell(core.EventMessageReceived, rec)
	return nil
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

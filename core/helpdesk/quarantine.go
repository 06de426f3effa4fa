package helpdesk

import (
	"context"
	"io"

	"postdesk/core"
	"postdesk/core/store"
)

// MailContent is a message read again, for a triager who decides on held mail.
type MailContent struct {
	From        core.Ref
	Subject     string
	Text        string
	Folded      string
	MessageID   string
	Refs        []string
	Attachments []core.Attachment
}

// MailReader reads a raw message. The mail edge implements it; the wiring hands it in.
type MailReader interface {
	ReadContent(ctx context.Context, raw io.Reader) (MailContent, error)
	// Reread reads a message of the ledger once more, for the person who carries it out signed in.
	Reread(ctx context.Context, row *store.Inbound, raw io.Reader) (Reread, error)
}

// AcceptHeld opens a ticket from held mail, on behalf of its sender and under the triager's name (A5). The sender stays
// unproven: the text is marked so, and is not echoed back to the address.
func (h *Helpdesk) AcceptHeld(ctx context.Context, actor core.Actor, id int64) (n core.Number, err error) {
	content, err := h.readHeld(ctx, actor, id)
	if err != nil {
		return 0, err
	}
	err = h.Do(ctx, actor, func(a *Act) error {
		row, err := a.held(ctx, id)
		if err != nil {
			return err
		}
		if content.From.Email == "" {
			return core.Refuse(core.Conflict, "error.quarantine.no_sender")
		}
		sender, err := a.addPerson(ctx, core.Person{Email: core.FoldAddress(content.From.Email), Name: content.From.Name,
			Origin: core.Guest, Language: a.dir.Services[row.Service].Language})
		if err != nil {
			return err
		}
		a.unechoed = true
		n, err = a.OpenTicket(ctx, NewTicket{Service: row.Service, Subject: content.Subject, Text: content.Text, Folded: content.Folded,
			OnBehalfOf: sender, Author: sender, Attachments: content.Attachments, Mail: content.source(id)})
		if err != nil {
			return err
		}
		a.finishHeld(row, store.Outcome{State: core.InboundApplied, Reason: "accepted by " + actor.Person.Email, Ticket: n})
		return nil
	})
	return n, err
}

// AttachHeld adds held mail to a ticket as an internal record under its sender's address; the triager must be allowed to
// write there.
func (h *Helpdesk) AttachHeld(ctx context.Context, actor core.Actor, id int64, n core.Number) error {
	content, err := h.readHeld(ctx, actor, id)
	if err != nil {
		return err
	}
	return h.Do(ctx, actor, func(a *Act) error {
		row, err := a.held(ctx, id)
		if err != nil {
			return err
		}
		n, err = a.change(ctx, n, 0, func(c *change) error {
			if err := c.allow(core.ActRecord); err != nil {
				return err
			}
			if !c.standing.SeesInternal() { // what is attached is for the team
				return core.Refuse(core.Forbidden, "error.forbidden")
			}
			rec := &core.Record{Kind: core.KindMail, AuthorAddress: content.From.Email, Via: core.ViaMail, Text: content.Text,
				Folded: content.Folded, Attachments: content.Attachments}
			c.source(rec, content.source(id))
			if _, err := c.log(rec); err != nil {
				return err
			}
			c.tell(core.EventNoteAdded, rec)
			return nil
		})
		if err != nil {
			return err
		}
		a.finishHeld(row, store.Outcome{State: core.InboundApplied, Reason: "attached by " + actor.Person.Email, Ticket: n})
		return nil
	})
}

// RefuseHeld ends held mail without a ticket; it stays in the ledger.
func (h *Helpdesk) RefuseHeld(ctx context.Context, actor core.Actor, id int64) error {
	return h.Do(ctx, actor, func(a *Act) error {
		row, err := a.held(ctx, id)
		if err != nil {
			return err
		}
		a.finishHeld(row, store.Outcome{State: core.InboundSuppressed, Reason: "refused by " + actor.Person.Email})
		return nil
	})
}

func (a *Act) finishHeld(row *store.Inbound, o store.Outcome) {
	a.tx.EndConfirmations(row.ID, store.Overtaken, a.now)
	o.Service, o.MessageID, o.Sender, o.Subject, o.Class, o.Evidence = row.Service, row.MessageID, row.Sender, row.Subject, row.Class, row.Evidence
	a.tx.FinishInbound(row.ID, o, a.now)
}

// readHeld reads the raw message again, before the transaction that decides on it; who may not triage it learns nothing.
func (h *Helpdesk) readHeld(ctx context.Context, actor core.Actor, id int64) (MailContent, error) {
	var row *store.Inbound
	err := h.Do(ctx, actor, func(a *Act) (err error) {
		row, err = a.held(ctx, id)
		return err
	})
	if err != nil {
		return MailContent{}, err
	}
	raw, err := h.store.OpenRaw(ctx, row)
	if err != nil {
		return MailContent{}, err
	}
	defer raw.Close()
	return h.reader.ReadContent(ctx, raw)
}

func (m MailContent) source(inbound int64) *MailSource {
	no := false
	return &MailSource{Inbound: inbound, MessageID: m.MessageID, Refs: m.Refs, Verified: &no}
}

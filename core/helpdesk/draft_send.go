package helpdesk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"postdesk/core"
)

// UndoTime is for how long a message that was sent from the desk can be taken back.
const UndoTime = 10 * time.Second

// errRehearsed undoes what was done to see whether it can be done.
var errRehearsed = errors.New("rehearsed")

// SendDraft sends what the actor writes in a ticket, in UndoTime: until then it waits, and UndoSend takes it back. The draft
// names ticket and kind; its text goes out with the files that are kept, whatever was kept of the text, for that may have
// come from another window meanwhile. With its status, Waiting or Resolved, the ticket is set to it; "" leaves it. What
// would be refused now is refused now, and stays what is being written. Sending once more what waits already is sending it
// once. ifVersion is that of the ticket which the actor saw (E5).
func (h *Helpdesk) SendDraft(ctx context.Context, actor core.Actor, d core.Draft, ifVersion int) error {
	n, err := h.draftTicket(ctx, actor.Person, d)
	if err != nil {
		return err
	}
	d.Author, d.Ticket = actor.Person.ID, n
	return h.Do(ctx, actor, func(a *Act) error {
		written := d
		written.UpdatedAt = a.now
		if err := a.tx.SaveDraft(ctx, &written); err != nil {
			return err
		}
		drafts, err := a.tx.Drafts(ctx, actor.Person.ID, n)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(drafts, func(x *core.Draft) bool { return x.ID == written.ID })
		d := drafts[i]
		d.Status = written.Status
		if slices.ContainsFunc(drafts, d.RepeatOf) { // the version of a ticket does not tell two presses of the button apart before a message has left
			a.tx.DeleteDraft(d.ID)
			return nil
		}
		err = a.Try(ctx, func() error {
			if err := a.send(ctx, d, ifVersion); err != nil {
				return err
			}
			return errRehearsed
		})
		if !errors.Is(err, errRehearsed) {
			return err
		}
		a.tx.ScheduleDraft(d.ID, a.now.Add(UndoTime), d.Status)
		return nil
	})
}

// send does what a draft is for, by the operations that everybody goes through.
func (a *Act) send(ctx context.Context, d *core.Draft, ifVersion int) error {
	show := d.Kind == core.ReplyDraft
	r := NewRecord{Text: d.Text, Show: &show, Attachments: slices.Clone(d.Files), IfVersion: ifVersion}
	if d.Empty() {
		return core.BadInput("text", "error.text.empty")
	}
	if d.Status != "" && (!show || d.Status != core.Waiting && d.Status != core.Resolved) {
		return core.BadInput("status", "error.status.unknown", string(d.Status))
	}
	if d.Status == core.Resolved {
		_, err := a.Resolve(ctx, d.Ticket, r)
		return err
	}
	n, err := a.AddRecord(ctx, d.Ticket, r)
	if err != nil || d.Status == "" {
		return err
	}
	t, err := a.tx.Ticket(ctx, n)
	if err != nil || t.Status == d.Status {
		return err
	}
	_, err = a.SetStatus(ctx, n, d.Status, 0)
	return err
}

// UndoSend takes a message of the person's back that waits to be sent: they write it again, above what they began meanwhile.
// It returns its ticket. A message that has left is refused as Conflict.
func (h *Helpdesk) UndoSend(ctx context.Context, p *core.Person, id string) (n core.Number, err error) {
	err = h.Do(ctx, core.Actor{Person: p}, func(a *Act) error {
		d, err := a.tx.LockDraft(ctx, id)
		if core.CodeOf(err) == core.NotFound || err == nil && (d.Author != p.ID || d.SendAt.IsZero()) {
			return core.Refuse(core.Conflict, "error.draft.sent")
		}
		if err != nil {
			return err
		}
		n = d.Ticket
		return a.tx.ReturnDraft(ctx, d, nil, a.now)
	})
	return n, err
}

// dueStep is how many messages one look at the clock sends; the rest goes with the next.
const dueStep = 100

// SendDue sends the messages whose time has come, in their order. Each leaves in the transaction that makes it part of its
// ticket, under its lock: of several daemons one sends it, and one that is killed has sent it or not. What is refused at the
// end, because of what happened meanwhile, is its author's to write again, with the reason.
func (h *Helpdesk) SendDue(ctx context.Context) error {
	ids, authors, err := h.store.DraftsDue(ctx, h.now().UTC(), dueStep)
	if err != nil {
		return err
	}
	var errs []error
	for i, id := range ids {
		if err := h.sendDue(ctx, id, authors[i]); err != nil {
			errs = append(errs, fmt.Errorf("message %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

func (h *Helpdesk) sendDue(ctx context.Context, id string, author core.PersonID) error {
	person, err := h.store.Person(ctx, author)
	if err != nil {
		return err
	}
	return h.Do(ctx, core.Actor{Person: person, Via: core.ViaDesk, Level: core.SignedIn}, func(a *Act) error {
		d, err := a.tx.LockDraft(ctx, id)
		if core.CodeOf(err) == core.NotFound || err == nil && (d.SendAt.IsZero() || d.SendAt.After(a.now)) {
			return nil // sent by another daemon, or taken back
		}
		if err != nil {
			return err
		}
		err = Refusal(a.Try(ctx, func() error {
			if person.Disabled {
				return core.Refuse(core.Forbidden, "error.forbidden")
			}
			return a.send(ctx, d, 0)
		}))
		var refusal *core.Error
		switch {
		case errors.As(err, &refusal):
			return a.tx.ReturnDraft(ctx, d, refusal, a.now)
		case err != nil:
			return err
		}
		a.tx.DeleteDraft(d.ID)
		return nil
	})
}

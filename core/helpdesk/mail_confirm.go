package helpdesk

import (
	"context"
	"fmt"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// confirmLife is for how long somebody may confirm what they wrote.
const confirmLife = 7 * 24 * time.Hour

// AskConfirmation lets a person carry out this mail signed in, because it was not proven to be theirs, and returns the
// path of the page with the button (mail.md 4: recorded, confirm here). ticket is the one that it names, or 0. The path
// is empty for a copy of a mail that lies here already: its sender was asked, and gets no second mail for it.
func (m *Mail) AskConfirmation(ctx context.Context, p *core.Person, ticket core.Number) (path string, err error) {
	if m.again() {
		return "", nil
	}
	id, err := m.tx.AddConfirmation(ctx, store.Confirmation{ID: newID(), Inbound: m.Row.ID, Person: p.ID, Ticket: ticket,
		CreatedAt: m.now, ExpiresAt: m.now.Add(confirmLife)})
	return "/confirm/" + id, err
}

// Confirmed tells that the sender carries this mail out signed in: nothing else has to prove them.
func (m *Mail) Confirmed() bool { return m.confirmed }

// Reread is a stored message, read again for the person it claims to be from.
type Reread struct {
	Letter   Letter
	Commands []string // the lines that ask for something, as they were written
	Text     string   // what stands below them
	Files    []string // names of attachments
	// Carry delivers it as if it came now, from somebody who is signed in.
	Carry func(context.Context, *Mail) (store.Outcome, error)
}

// ConfirmationState is where a confirmation stands.
type ConfirmationState string

// The states.
const (
	ConfirmationOpen      ConfirmationState = "open"
	ConfirmationDone      ConfirmationState = "done"      // carried out
	ConfirmationDenied    ConfirmationState = "denied"    // the person says that it was not them
	ConfirmationOvertaken ConfirmationState = "overtaken" // somebody of the team decided on the mail, or another copy of it counted
	ConfirmationExpired   ConfirmationState = "expired"
)

// Confirmation is what the page with the button shows.
type Confirmation struct {
	ID         string
	State      ConfirmationState
	ReceivedAt time.Time
	ExpiresAt  time.Time
	Subject    string
	Commands   []string
	Text       string
	Files      []string
	Ticket     *core.View // nil = none that the person sees
}

// Confirmation shows a person what was written in their name. For anybody else there is no such thing: NotFound.
func (h *Helpdesk) Confirmation(ctx context.Context, p *core.Person, id string) (*Confirmation, error) {
	c, row, again, err := h.reread(ctx, p, id)
	if err != nil {
		return nil, err
	}
	view := &Confirmation{ID: c.ID, State: stateOf(c, row, h.now()), ReceivedAt: row.ReceivedAt, ExpiresAt: c.ExpiresAt,
		Subject: row.Subject, Commands: again.Commands, Text: again.Text, Files: again.Files}
	if c.Ticket == 0 {
		return view, nil
	}
	t, err := h.Ticket(ctx, p, c.Ticket)
	if err == nil {
		view.Ticket = &t
	} else if core.CodeOf(err) == core.NotFound {
		err = nil
	}
	return view, err
}

// reread finds a person's confirmation and reads its message again.
func (h *Helpdesk) reread(ctx context.Context, p *core.Person, id string) (*store.Confirmation, *store.Inbound, Reread, error) {
	c, err := h.store.Confirmation(ctx, id)
	if err == nil && c.Person != p.ID {
		err = core.Refuse(core.NotFound, "error.not_found")
	}
	if err != nil {
		return nil, nil, Reread{}, err
	}
	row, err := h.store.Inbound(ctx, c.Inbound)
	if err != nil {
		return nil, nil, Reread{}, err
	}
	raw, err := h.store.OpenRaw(ctx, row)
	if err != nil {
		return nil, nil, Reread{}, err
	}
	defer raw.Close()
	again, err := h.reader.Reread(ctx, row, raw)
	return c, row, again, err
}

// stateOf tells where a confirmation stands, with its message as it is now. Without addresses for tokens a message is
// applied as a note at once, and still waits for the button (mail.md 4).
func stateOf(c *store.Confirmation, row *store.Inbound, now time.Time) ConfirmationState {
	switch {
	case c.Outcome == store.Confirmed:
		return ConfirmationDone
	case c.Outcome == store.Denied:
		return ConfirmationDenied
	case c.Outcome == store.Overtaken, row.State != core.InboundQuarantined && row.State != core.InboundApplied:
		return ConfirmationOvertaken
	case !now.Before(c.ExpiresAt):
		return ConfirmationExpired
	}
	return ConfirmationOpen
}

// ConfirmMail carries a mail out for the signed-in person who wrote it, all or nothing; what is refused in it stands in
// their receipt, as always. It returns the ticket that the mail went to, 0 where to none. Conflict where the mail does not
// wait for them any more, or cannot be carried out now.
func (h *Helpdesk) ConfirmMail(ctx context.Context, actor core.Actor, id string) (n core.Number, err error) {
	c, row, again, err := h.reread(ctx, actor.Person, id)
	if err != nil {
		return 0, err
	}
	err = h.store.InTx(ctx, func(tx *store.Tx) error {
		m := &Mail{letter: again.Letter, tokens: readTokens(h.store.Secrets(), again.Letter.Recipients), confirmed: true}
		var err error
		if m.facts, err = tx.LookUpMail(ctx, m.questions(row.ID)); err != nil {
			return err
		}
		m.Row = m.facts.Row
		if err := h.waits(ctx, tx, id, m.Row); err != nil {
			return err
		}
		if m.facts.Sender == nil || m.facts.Sender.ID != actor.Person.ID { // the address is somebody else's now
			return core.Refuse(core.Conflict, "error.confirm.impossible")
		}
		if m.Act, err = h.act(ctx, tx, core.Actor{Via: core.ViaMail}); err != nil {
			return err
		}
		m.addsNobody = true // the page does not name them
		m.acknowledges, m.reopens, m.direct, m.directPeople = again.Letter.Acknowledge, again.Letter.Reopen, again.Letter.Direct, m.facts.Direct
		out, err := again.Carry(ctx, m)
		if err != nil {
			return err
		}
		if out.State == core.InboundQuarantined || out.State == core.InboundParked {
			return core.Refuse(core.Conflict, "error.confirm.impossible")
		}
		out.Reason = "confirmed by " + actor.Person.Email + ": " + out.Reason
		out.MessageID, out.Sender, out.Subject, out.Class, out.Evidence = m.Row.MessageID, m.Row.Sender, m.Row.Subject, m.Row.Class, m.Row.Evidence
		tx.FinishInbound(m.Row.ID, out, m.now)
		tx.EndConfirmations(m.Row.ID, store.Confirmed, m.now)
		n = out.Ticket
		return nil
	})
	if err != nil {
		return c.Ticket, err
	}
	return n, nil
}

// waits refuses unless the confirmation of a message, whose row is locked, is still open, and says what to do instead.
func (h *Helpdesk) waits(ctx context.Context, tx *store.Tx, id string, row *store.Inbound) error {
	c, err := tx.Confirmation(ctx, id)
	if err != nil {
		return err
	}
	if state := stateOf(c, row, h.now()); state != ConfirmationOpen {
		return core.Refuse(core.Conflict, notWaiting[state])
	}
	return nil
}

// notWaiting says what is so where nothing waits for a button any more.
var notWaiting = map[ConfirmationState]string{
	ConfirmationDone: "error.confirm.done", ConfirmationDenied: "error.confirm.denied",
	ConfirmationOvertaken: "error.confirm.overtaken", ConfirmationExpired: "error.confirm.expired",
}

// DenyMail is the word of a person that they did not write a mail: it ends refused, and the reply addresses that they
// have for its ticket end with it, because somebody else may know one. Later mails of the ticket bring new ones.
func (h *Helpdesk) DenyMail(ctx context.Context, actor core.Actor, id string) error {
	return h.Do(ctx, actor, func(a *Act) error {
		c, err := a.tx.Confirmation(ctx, id)
		if err == nil && c.Person != actor.Person.ID {
			err = core.Refuse(core.NotFound, "error.not_found")
		}
		if err != nil {
			return err
		}
		row, err := a.tx.LockInbound(ctx, c.Inbound)
		if err != nil {
			return err
		}
		if err := h.waits(ctx, a.tx, id, row); err != nil {
			return err
		}
		a.tx.EndConfirmations(row.ID, store.Denied, a.now)
		before := row.State
		after := before
		if before == core.InboundQuarantined {
			after = core.InboundSuppressed
			a.finishHeld(row, store.Outcome{State: after, Reason: actor.Person.Email + " says that it is not theirs"})
		}
		if c.Ticket != 0 {
			a.tx.RevokeTokensFor(c.Person, c.Ticket, a.now)
		}
		h.audit(a.tx, actor, a.now, core.AuditEntry{Noun: core.AuditMail, Name: fmt.Sprint(row.ID), Action: core.AuditChanged,
			Before: map[string]string{"state": string(before)}, After: map[string]string{"state": string(after), "not_written_by": actor.Person.Email}})
		return nil
	})
}

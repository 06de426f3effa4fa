package helpdesk

import (
	"context"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
)

// ParkMail takes a message out of the queue for a person to look at: its reader failed too often.
func (h *Helpdesk) ParkMail(ctx context.Context, inbound int64, reason string) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		row, err := tx.LockInbound(ctx, inbound)
		if err != nil || row.State != core.InboundReceived {
			return err
		}
		tx.FinishInbound(inbound, store.Outcome{State: core.InboundParked, Reason: reason, MessageID: row.MessageID,
			Sender: row.Sender, Subject: row.Subject}, h.now())
		return nil
	})
}

// Replay puts a message of the ledger back into the queue; what was applied stays applied (Conflict).
func (h *Helpdesk) Replay(ctx context.Context, inbound int64) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Inbound(ctx, inbound); err != nil {
			return err
		}
		ok, err := tx.ReplayInbound(ctx, inbound)
		if err == nil && !ok {
			return core.Refuse(core.Conflict, "error.replay.applied")
		}
		return err
	})
}

// ReplayOutbound sends a mail again that was parked, rejected or cancelled; others are in Conflict with that.
func (h *Helpdesk) ReplayOutbound(ctx context.Context, id string) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Outbound(ctx, id); err != nil {
			return err
		}
		ok, err := tx.ReplayOutbound(ctx, id, h.now())
		if err == nil && !ok {
			return core.Refuse(core.Conflict, "error.replay.accepted")
		}
		return err
	})
}

// LeaseMail takes mail that is due for sending, with recipients who are still to get it: what somebody was disabled or
// lost sight of meanwhile is cancelled here, just before sending (mail.md 1).
func (h *Helpdesk) LeaseMail(ctx context.Context, lease uuid.UUID, limit int) ([]*store.Leased, error) {
	leased, err := h.store.LeaseOutbox(ctx, lease, limit, h.now())
	if err != nil || len(leased) == 0 {
		return nil, err
	}
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	ids, numbers := make([]core.PersonID, 0, len(leased)), make([]core.Number, 0, len(leased))
	for _, l := range leased {
		if l.Person != nil {
			ids = append(ids, l.Person.ID)
		}
		if l.Ticket != 0 {
			numbers = append(numbers, l.Ticket)
		}
	}
	people, err := h.store.People(ctx, ids)
	if err != nil {
		return nil, err
	}
	tickets, err := h.store.TicketsByNumber(ctx, numbers)
	if err != nil {
		return nil, err
	}
	kept := leased[:0]
	for _, l := range leased {
		why := ""
		if l.Person != nil {
			if l.Person = people[l.Person.ID]; l.Person == nil || l.Person.Disabled {
				why = "the person is disabled"
			}
		}
		if why == "" && l.Ticket != 0 && l.Person != nil && l.Event != core.EventAlsoSent {
			s := core.StandingOf(dir, tickets[l.Ticket], l.Person)
			if !s.Sees() || !l.Content.RequesterSide && !s.SeesInternal() { // what it says was cut for the team's eyes
				why = "the person may not see this any more"
			} else if !tickets[l.Ticket].SpamAt.IsZero() { // D25
				why = "the ticket is spam"
			}
		}
		if why != "" {
			if err := h.store.FinishMail(ctx, lease, l, store.Ending{State: core.OutboundCancelled, Response: why, Next: h.now()}, h.now()); err != nil {
				return nil, err
			}
			continue
		}
		kept = append(kept, l)
	}
	return kept, nil
}

// MailFailed writes that a mail will not arrive (rejected, or parked after days of trying) and tells the solver side, both
// or nothing. Like Store.FinishMail it may be called again.
func (h *Helpdesk) MailFailed(ctx context.Context, lease uuid.UUID, l *store.Leased, e store.Ending) error {
	return h.Do(ctx, core.Actor{Via: core.ViaMail}, func(a *Act) error {
		first, err := a.tx.FinishMail(ctx, lease, l, e, a.now)
		if err != nil || !first || l.Ticket == 0 {
			return err
		}
		t, err := a.lock(ctx, l.Ticket)
		if err != nil {
			return err
		}
		c := &change{Act: a, t: t, before: *t}
		c.tellFailed(l.Address, l.Event, e.Response)
		return c.notify(ctx)
	})
}

// Now is the clock's time.
func (h *Helpdesk) Now() time.Time { return h.now() }

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
		row, err := tx.Inbound(ctx, inbound)
		if err != nil {
			return err
		}
		ok, err := tx.ReplayInbound(ctx, inbound)
		if err == nil && !ok {
			if row.RawDropped && row.State != core.InboundApplied {
				return core.Refuse(core.Conflict, "error.retention.mail")
			}
			return core.Refuse(core.Conflict, "error.replay.applied")
		}
		return err
	})
}

// ReplayOutbound sends a mail again that was parked, rejected or cancelled; others are in Conflict with that.
func (h *Helpdesk) ReplayOutbound(ctx context.Context, id string) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		o, err := tx.Outbound(ctx, id)
		if err != nil {
			return err
		}
		ok, err := tx.ReplayOutbound(ctx, id, h.now())
		if err == nil && !ok {
			if o.Dropped && (o.State == core.OutboundRejected || o.State == core.OutboundCancelled || o.State == core.OutboundParked) {
				return core.Refuse(core.Conflict, "error.retention.mail")
			}
			return core.Refuse(core.Conflict, "error.replay.accepted")
		}
		return err
	})
}

// MailFailed writes that a mail will not arrive (rejected, or parked after days of trying) and tells the solver side, both
// or nothing. Like Store.FinishMail it may be called again.
func (h *Helpdesk) MailFailed(ctx context.Context, lease uuid.UUID, l *store.Leased, e store.Ending) error {
	return h.Do(ctx, core.Actor{Via: core.ViaMail}, func(a *Act) error {
		first, err := a.tx.FinishMail(ctx, lease, l, e, a.now)
		if err != nil || !first {
			return err
		}
		if e.State == core.OutboundRejected {
			a.tx.SuspendAddress(l.Address, a.now)
		}
		if l.Ticket == 0 {
			return nil
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

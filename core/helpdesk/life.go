package helpdesk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// lifeStep is how many tickets of each kind one look at the clock handles. It is far more than can fail together, so that
// those that fail, which come again at each look, keep none behind them waiting.
const lifeStep = 10_000

// lifeTicket bounds the work on one ticket: another transaction that holds it must not hold up the others.
const lifeTicket = 10 * time.Second

// Life does what time brings: reminders and the end of waiting (E9), closing what is resolved (E7), approvals that expire
// (E13), absences that are over (E14). Each ticket is a transaction of its own, and one that fails keeps no other waiting.
// Everything is decided again under the ticket's lock, so that two at once do it once.
func (h *Helpdesk) Life(ctx context.Context) error {
	now := h.now().UTC()
	var errs []error
	for _, kind := range []struct {
		what string
		due  func(context.Context, time.Time, int) ([]core.Number, error)
		do   func(*change, context.Context) error
	}{
		{"waiting", h.store.WaitingDue, (*change).wait},
		{"closing", h.store.ClosingDue, (*change).closeByItself},
		{"approval", h.store.ExpiredApprovals, (*change).expireApprovals},
	} {
		numbers, err := kind.due(ctx, now, lifeStep)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", kind.what, err))
			continue
		}
		for _, n := range numbers {
			if ctx.Err() != nil {
				break // the rest is due again at the next look
			}
			if err := h.live(ctx, n, kind.do); err != nil {
				errs = append(errs, fmt.Errorf("%s of ticket %d: %w", kind.what, n, err))
			}
		}
	}
	return errors.Join(append(errs, h.endAbsences(ctx, now))...)
}

// live does what is due with one ticket, if it still is.
func (h *Helpdesk) live(ctx context.Context, n core.Number, do func(*change, context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, lifeTicket)
	defer cancel()
	err := h.Do(ctx, core.Actor{Via: core.ViaDesk}, func(a *Act) error {
		_, err := a.change(ctx, n, 0, func(c *change) error { c.itself = true; return do(c, ctx) })
		return err
	})
	if errors.Is(err, errNotDue) {
		return nil
	}
	return err
}

// errNotDue undoes a look at a ticket for which there is nothing to do any more.
var errNotDue = errors.New("not due")

const day = 24 * time.Hour

// wait reminds the requester of a waiting ticket, or ends it (E9).
func (c *change) wait(ctx context.Context) error {
	service := c.dir.Services[c.t.Service]
	if c.t.Status != core.Waiting || c.t.WaitingSince.IsZero() || !c.t.SpamAt.IsZero() {
		return errNotDue
	}
	waited := c.now.Sub(c.t.WaitingSince)
	if service.ResolveWaiting > 0 && waited >= time.Duration(service.ResolveWaiting)*day {
		was := c.t.Status
		if err := c.t.Resolve(c.now); err != nil {
			return err
		}
		if err := c.logStatus(was); err != nil {
			return err
		}
		c.tell(core.EventResolved, nil)
		return c.resolved(ctx)
	}
	due := 0
	for _, days := range service.RemindDays {
		if waited >= time.Duration(days)*day {
			due++
		}
	}
	if due <= c.t.Reminded {
		return errNotDue
	}
	c.t.Reminded = due // several that were missed are one mail
	asked, err := c.tx.LastAnswer(ctx, c.t.Number)
	if err != nil {
		return err
	}
	c.tell(core.EventWaitingReminder, asked)
	return nil
}

// resolvesAt is when waiting ends by itself; zero = never.
func (c *change) resolvesAt() time.Time {
	service := c.dir.Services[c.t.Service]
	if c.t.WaitingSince.IsZero() || service.ResolveWaiting == 0 {
		return time.Time{}
	}
	return c.t.WaitingSince.Add(time.Duration(service.ResolveWaiting) * day)
}

// closeByItself closes what is resolved long enough (E7).
func (c *change) closeByItself(context.Context) error {
	service := c.dir.Services[c.t.Service]
	if c.t.Status != core.Resolved || service.CloseAfterDays == 0 || c.t.OpenChildren > 0 || !c.t.SpamAt.IsZero() ||
		c.now.Sub(c.t.ResolvedAt) < time.Duration(service.CloseAfterDays)*day {
		return errNotDue
	}
	return c.close()
}

// expireApprovals ends what nobody decided in time (E13).
func (c *change) expireApprovals(context.Context) error {
	expired := false
	for _, q := range c.t.Approvals {
		if !q.Expire(c.now) {
			continue
		}
		expired = true
		if err := c.approvalEnded(q, "", ""); err != nil {
			return err
		}
	}
	if !expired {
		return errNotDue
	}
	return nil
}

// endAbsences forgets the absences that are over. What a delegate took as main solver and cannot keep without that role
// loses its solver, as when a role is lost (D26).
func (h *Helpdesk) endAbsences(ctx context.Context, now time.Time) error {
	dir, err := h.store.Directory(ctx)
	if err != nil {
		return fmt.Errorf("absences: %w", err)
	}
	var errs []error
	for _, over := range dir.Absences {
		if now.Before(over.Until) {
			continue
		}
		err := h.endAbsence(ctx, over.Person.ID, now)
		if err != nil && !errors.Is(err, errNotDue) {
			errs = append(errs, fmt.Errorf("absence of person %d: %w", over.Person.ID, err))
		}
	}
	return errors.Join(errs...)
}

func (h *Helpdesk) endAbsence(ctx context.Context, of core.PersonID, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, lifeTicket)
	defer cancel()
	return h.store.InConfigTx(ctx, func(tx *store.Tx) error {
		dir, err := tx.Directory(ctx)
		if err != nil {
			return err
		}
		x := dir.AbsenceOf(of)
		if x == nil || now.Before(x.Until) { // another daemon was faster, or the person is away again
			return errNotDue
		}
		tx.DropAbsence(of)
		return h.releaseDelegate(ctx, tx, x.Delegate)
	})
}

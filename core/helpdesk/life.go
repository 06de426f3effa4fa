package helpdesk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// lifeStep is how many tickets one look at the clock handles of each kind.
const lifeStep = 200

// Life does what time brings: reminders and the end of waiting (E9), closing what is resolved (E7), approvals that expire
// (E13), absences that are over (E14). Each ticket is a transaction of its own, and one that fails keeps no other waiting.
// Everything is decided again under the ticket's lock, so that two at once do it once.
func (h *Helpdesk) Life(ctx context.Context) error {
	now := h.now().UTC()
	var errs []error
	for _, kind := range []struct {
		what string
		due  func(context.Context, time.Time, int) ([]core.Number, error)
		do   func(*change) error
	}{
		{"waiting", h.store.WaitingDue, func(c *change) error { return c.wait(ctx) }},
		{"closing", h.store.ClosingDue, (*change).closeByItself},
		{"approval", h.store.ExpiredApprovals, (*change).expireApprovals},
	} {
		numbers, err := kind.due(ctx, now, lifeStep)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", kind.what, err))
			continue
		}
		for _, n := range numbers {
			err := h.Do(ctx, core.Actor{Via: core.ViaDesk}, func(a *Act) error {
				_, err := a.change(ctx, n, 0, func(c *change) error { c.itself = true; return kind.do(c) })
				return err
			})
			if err != nil && !errors.Is(err, errNotDue) {
				errs = append(errs, fmt.Errorf("%s of ticket %d: %w", kind.what, n, err))
			}
		}
	}
	return errors.Join(append(errs, h.endAbsences(ctx, now))...)
}

// errNotDue undoes a look at a ticket for which there is nothing to do any more.
var errNotDue = errors.New("not due")

const day = 24 * time.Hour

// wait reminds the requester of a waiting ticket, or ends it (E9).
func (c *change) wait(ctx context.Context) error {
	service := c.dir.Services[c.t.Service]
	if c.t.Status != core.Waiting || c.t.WaitingSince.IsZero() {
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
func (c *change) closeByItself() error {
	service := c.dir.Services[c.t.Service]
	if c.t.Status != core.Resolved || service.CloseAfterDays == 0 || c.t.OpenChildren > 0 ||
		c.now.Sub(c.t.ResolvedAt) < time.Duration(service.CloseAfterDays)*day {
		return errNotDue
	}
	return c.close()
}

// expireApprovals ends what nobody decided in time (E13).
func (c *change) expireApprovals() error {
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
		return err
	}
	var errs []error
	for _, x := range dir.Absences {
		if now.Before(x.Until) {
			continue
		}
		errs = append(errs, h.store.InConfigTx(ctx, func(tx *store.Tx) error {
			tx.DropAbsence(x.Person.ID)
			return h.releaseDelegate(ctx, tx, x.Delegate)
		}))
	}
	return errors.Join(errs...)
}

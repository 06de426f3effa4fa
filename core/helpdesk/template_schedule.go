package helpdesk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postdesk/core"
)

// scheduleStep is of how many templates one look at the clock makes tickets, and missedStep how many tickets of one of them
// that were missed meanwhile; the rest comes with the next look. A desk that was off for a week is not flooded at once.
const (
	scheduleStep = 1000
	missedStep   = 20
)

// Schedules opens the periodic tickets that are due, those that were missed one after the other in their order. Each is a
// transaction of its own under the lock of its template, which says when the next one is: two daemons at once make it once,
// and one that is killed leaves it undone or done. What cannot be opened is noted with the template and returned, and its
// next moment is tried again.
func (h *Helpdesk) Schedules(ctx context.Context) error {
	ids, err := h.store.TemplatesDue(ctx, h.now().UTC(), scheduleStep)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		for range missedStep {
			if ctx.Err() != nil {
				return errors.Join(errs...) // the rest is due again at the next look
			}
			refused, err := h.openDue(ctx, id)
			if refused != nil {
				errs = append(errs, refused)
			}
			if err != nil {
				if !errors.Is(err, errNotDue) {
					errs = append(errs, fmt.Errorf("ticket of template %s: %w", id, err))
				}
				break
			}
		}
	}
	return errors.Join(errs...)
}

// openDue opens the ticket that is due of a template, if it still is, and says when the next one is. refused tells why it
// could not be opened.
func (h *Helpdesk) openDue(ctx context.Context, id string) (refused, err error) {
	ctx, cancel := context.WithTimeout(ctx, lifeTicket)
	defer cancel()
	err = h.Do(ctx, core.Actor{Via: core.ViaDesk}, func(a *Act) error {
		refused = nil
		t, err := a.tx.LockTemplate(ctx, id)
		switch {
		case core.CodeOf(err) == core.NotFound:
			return errNotDue
		case err != nil:
			return err
		case t.Schedule == nil || t.NextAt.IsZero() || t.NextAt.After(a.now):
			return errNotDue
		}
		next := t.Schedule.Next(t.NextAt)
		err = a.Try(ctx, func() error { return a.openPeriodic(ctx, t) })
		if err == nil && next.IsZero() { // its time zone is known no more
			err = t.Schedule.Check()
		}
		var failure *core.TemplateFailure
		var refusal *core.Error
		switch {
		case errors.As(err, &refusal):
			failure = &core.TemplateFailure{At: t.NextAt, Key: refusal.Key}
			for _, arg := range refusal.Args {
				failure.Args = append(failure.Args, fmt.Sprint(arg))
			}
			refused = fmt.Errorf("ticket of template %s in %s for %s: %w", id, a.dir.Path(t.Service), t.NextAt.Format(time.RFC3339), err)
		case err != nil:
			return err
		}
		a.tx.Scheduled(id, next, failure)
		return nil
	})
	return refused, err
}

// openPeriodic opens a ticket of a template for its requester, by the desk itself.
func (a *Act) openPeriodic(ctx context.Context, t *core.Template) error {
	if t.Requester == nil {
		return core.BadInput("requester", "error.open.no_requester")
	}
	zone, err := time.LoadLocation(t.Schedule.Timezone)
	if err != nil {
		return t.Schedule.Check()
	}
	n := NewTicket{Service: t.Service, OnBehalfOf: t.Requester, periodic: true}
	n.from(t, t.NextAt.In(zone))
	_, err = a.OpenTicket(ctx, n)
	return err
}

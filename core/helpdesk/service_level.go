package helpdesk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postdesk/core"
)

// keepTime works the ticket's clock out anew and logs the deadlines that moved, by whole seconds as the log has them. Those
// whom a new priority or another SLA moves them for are told; what waiting moves stands in the mail of the message that ended
// it. A deadline that comes by itself, after an upgrade or with the SLA's first target, is no news of the ticket.
func (c *change) keepTime() error {
	c.t.Tick(c.dir.SLAs[c.t.SLA], c.now)
	was, is := c.before.Clock, c.t.Clock
	c.before.Clock = is                                                                   // what is logged here is not logged again
	if c.t.CreatedAt.Truncate(time.Microsecond).Equal(c.now.Truncate(time.Microsecond)) { // it is opened in this act
		return nil
	}
	chosen := c.t.Priority != c.before.Priority || c.t.SLA != c.before.SLA
	var moved []core.Deadline
	for _, d := range []struct {
		target   core.Target
		from, to time.Time
		met      bool
	}{
		{core.TargetFirstResponse, was.FirstResponseDue, is.FirstResponseDue, !c.t.FirstResponse.IsZero()},
		{core.TargetResolution, was.ResolutionDue, is.ResolutionDue, c.t.Status.Done()},
	} {
		from, to := formatDate(d.from), formatDate(d.to)
		if from == to || from == "" && !chosen {
			continue
		}
		if _, err := c.logClock(string(d.target)+"_due", from, to); err != nil {
			return err
		}
		if !d.met {
			moved = append(moved, deadline(d.target, d.to))
		}
	}
	if chosen && len(moved) > 0 {
		c.told = append(c.told, told{event: core.EventDeadlineChanged, deadlines: moved})
	}
	return nil
}

// logClock writes what the desk worked out: nobody is its author, and it is the team's.
func (c *change) logClock(field, from, to string) (*core.Record, error) {
	author := c.itself
	c.itself = true
	defer func() { c.itself = author }()
	return c.logChange(core.KindSLA, false, field, from, to)
}

func deadline(target core.Target, at time.Time) core.Deadline {
	d := core.Deadline{Target: target}
	if !at.IsZero() {
		d.Due = &at
	}
	return d
}

// formatDate is a moment as the log has it; "" = none.
func formatDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// missed is what the log says a target became.
const missed = "missed"

// Deadlines tells of the deadlines that are near or have passed (E12), each once, and works out again those whose SLA or
// calendar changed. As in Life each ticket is a transaction of its own, decided under its lock.
func (h *Helpdesk) Deadlines(ctx context.Context) error {
	numbers, err := h.store.ClockDue(ctx, h.now().UTC(), lifeStep)
	if err != nil {
		return fmt.Errorf("deadlines: %w", err)
	}
	var errs []error
	for _, n := range numbers {
		if ctx.Err() != nil {
			break // the rest is due again at the next look
		}
		if err := h.live(ctx, n, (*change).tellDeadlines); err != nil {
			errs = append(errs, fmt.Errorf("deadlines of ticket %d: %w", n, err))
		}
	}
	return errors.Join(errs...)
}

// tellDeadlines logs what was missed, and tells that and what is near. A look that logs nothing is no change of the ticket:
// its version stays, or who is at work on it would be refused, and so does the time that requesters see.
func (c *change) tellDeadlines(context.Context) error {
	if next := c.t.Clock.NextAt; next.IsZero() || next.After(c.now) { // another daemon was faster
		return errNotDue
	}
	if err := c.keepTime(); err != nil {
		return err
	}
	for _, d := range c.t.TellDue(c.dir.SLAs[c.t.SLA], c.now) {
		e := told{event: core.EventSLAWarning, deadlines: []core.Deadline{deadline(d.Target, d.Due)}}
		if d.Breach {
			e.event = core.EventSLABreach
			var err error
			if e.record, err = c.logClock(string(d.Target), formatDate(d.Due), missed); err != nil {
				return err
			}
		}
		c.told = append(c.told, e)
	}
	c.looked = c.t.UpdatedAt.Equal(c.before.UpdatedAt)
	return nil
}

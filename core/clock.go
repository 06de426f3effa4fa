package core

import (
	"slices"
	"strings"
	"time"
)

// Clock is what a ticket's service level has come to, as stored with it. All of it follows from the ticket, its SLA and
// the moment of each change; nothing but Ticket.Tick and Ticket.TellDue writes it.
type Clock struct {
	StoppedAt        time.Time     // since when it stands: the ticket waits or is done; zero = it runs (E7, E9)
	Paused           time.Duration // operating time that did not count so far
	FirstResponseDue time.Time     // zero = no such target
	ResolutionDue    time.Time
	DueAt            time.Time // the next of the two that is not met; past = the ticket is overdue (D19); zero = none
	NextAt           time.Time // when there is something to tell, or to work out again; zero = nothing
	Told             []string  // warnings and breaches that were told
}

// Target is one of the moments that a ticket is measured by (E12).
type Target string

// The targets.
const (
	TargetFirstResponse Target = "first_response"
	TargetInternal      Target = "internal_target" // A71
	TargetResolution    Target = "resolution"
)

// DueNotice is something to tell of a target: that it comes near, or that it passed.
type DueNotice struct {
	Target Target
	Breach bool // else a warning
	Due    time.Time
}

// CurrentTarget is what a ticket has to meet next (E12).
type CurrentTarget struct {
	Target Target    `json:"target"`
	Due    time.Time `json:"due"`
	Missed bool      `json:"missed"`
	Paused bool      `json:"paused"` // the ticket waits for its user, and the target moves on meanwhile
}

// Tick works the clock out: pauses, deadlines and what is next. It is called after each change of a ticket, and before
// something is told of it; called again it changes nothing. s is nil where the ticket is under no SLA.
//
// A deadline is the target and all that was paused, added to the opening. The first response's stays once it is given, and
// both stay once the ticket is done, because they tell afterwards what was met.
func (t *Ticket) Tick(s *SLA, now time.Time) {
	now = exact(now)
	k := &t.Clock
	was := *k
	settled := t.over() && !k.StoppedAt.IsZero() && !exact(t.ResolvedAt).After(k.StoppedAt)
	t.pause(s, now)
	if !settled {
		targets, opened := s.For(t.Priority), exact(t.CreatedAt)
		if k.FirstResponseDue.IsZero() || t.FirstResponse.IsZero() || !now.After(exact(t.FirstResponse)) {
			k.FirstResponseDue = s.due(opened, targets.FirstResponse, k.Paused)
		}
		k.ResolutionDue = s.due(opened, targets.Resolution, k.Paused)
	}
	k.DueAt = t.dueAt()
	if k.StoppedAt.IsZero() {
		t.forget(s, now)
	}
	t.skip(s, TargetFirstResponse, was.FirstResponseDue, now)
	t.skip(s, TargetResolution, was.ResolutionDue, now)
	k.NextAt = t.nextAt(s)
}

// exact is a moment as the database keeps it. Counted finer, deadlines would differ from themselves when read again.
func exact(t time.Time) time.Time { return t.Truncate(time.Microsecond) }

// over tells whether the ticket has left the queues: done, as merged ones are too, or spam.
func (t *Ticket) over() bool { return t.Status.Done() || !t.SpamAt.IsZero() }

// standsSince is the moment from which on time does not count for the ticket's present state; zero = it counts.
func (t *Ticket) standsSince(now time.Time) time.Time {
	since := time.Time{}
	switch {
	case t.Status == Waiting: // E9
		since = t.WaitingSince
	case t.Status.Done(): // E7
		since = t.ResolvedAt
	case !t.SpamAt.IsZero():
		since = t.SpamAt
	default:
		return time.Time{}
	}
	if since.IsZero() { // it came into this state before that was noted
		return now
	}
	return exact(since)
}

// pause stops the clock, or counts what it stood for. A pause in which the first response or the resolution falls is
// counted up to there, so that the deadlines can be compared with them.
func (t *Ticket) pause(s *SLA, now time.Time) {
	k, since := &t.Clock, t.standsSince(now)
	if k.StoppedAt.IsZero() {
		k.StoppedAt = since
	}
	if k.StoppedAt.IsZero() {
		return
	}
	counted := []time.Time{exact(t.FirstResponse), exact(t.ResolvedAt)}
	if since.IsZero() {
		counted = append(counted, now)
	}
	for _, at := range counted {
		if at.After(k.StoppedAt) {
			k.Paused += s.between(k.StoppedAt, at)
			k.StoppedAt = at
		}
	}
	if since.IsZero() {
		k.StoppedAt = time.Time{}
	}
}

// deadline is the moment of a target that the ticket still has to meet; zero = none.
func (t *Ticket) deadline(target Target) time.Time {
	switch {
	case t.over():
	case target == TargetResolution:
		return t.Clock.ResolutionDue
	case target == TargetInternal:
		return exact(t.InternalTarget)
	case t.FirstResponse.IsZero(): // once given, even late, nothing waits for it any more
		return t.Clock.FirstResponseDue
	}
	return time.Time{}
}

// missed tells whether a moment passed while the clock ran.
func (k *Clock) missed(due, now time.Time) bool {
	if !k.StoppedAt.IsZero() {
		now = k.StoppedAt
	}
	return due.Before(now)
}

// dueAt is the next deadline of the SLA; one that waiting holds off is none.
func (t *Ticket) dueAt() (next time.Time) {
	k := &t.Clock
	for _, target := range []Target{TargetFirstResponse, TargetResolution} {
		if due := t.deadline(target); k.StoppedAt.IsZero() || k.missed(due, k.StoppedAt) {
			next = earlier(next, due)
		}
	}
	return next
}

// earlier is the earlier of two moments, where a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Overdue tells whether the ticket is past a deadline of its SLA that it has to meet still (D19).
func (t *Ticket) Overdue(now time.Time) bool {
	return !t.Clock.DueAt.IsZero() && t.Clock.DueAt.Before(now)
}

// CurrentTarget is the next of first response, internal target and resolution (E12); internal says that the internal
// target may be seen (A71). ok is false where there is nothing to meet.
func (t *Ticket) CurrentTarget(internal bool, now time.Time) (next CurrentTarget, ok bool) {
	for _, target := range []Target{TargetFirstResponse, TargetInternal, TargetResolution} {
		due := t.deadline(target)
		if due.IsZero() || target == TargetInternal && !internal || ok && !due.Before(next.Due) {
			continue
		}
		next, ok = CurrentTarget{Target: target, Due: due, Missed: t.Clock.missed(due, now), Paused: t.Status == Waiting}, true
		if target == TargetInternal { // a date: it does not wait
			next.Missed = due.Before(now)
		}
	}
	return next, ok
}

const warned, breached = ".warning", ".breach"

func (k *Clock) told(target Target, what string) bool {
	return slices.Contains(k.Told, string(target)+what)
}

func (k *Clock) mark(target Target, what string) {
	if !k.told(target, what) {
		k.Told = append(k.Told, string(target)+what)
	}
}

// forget drops the marks of what is to be met no more, and of moments that lie in the future again because a deadline moved.
func (t *Ticket) forget(s *SLA, now time.Time) {
	t.Clock.Told = slices.DeleteFunc(slices.Clone(t.Clock.Told), func(mark string) bool {
		name, what, _ := strings.Cut(mark, ".")
		target := Target(name)
		due := t.deadline(target)
		if "."+what == warned && !due.IsZero() {
			due = s.warnAt(target, due, t.Priority)
		}
		return due.IsZero() || due.After(now)
	})
}

// Aim sets the team's own date for the ticket (A71); zero = none. Nothing was told of it yet, and nobody is warned whose
// moment lay before the date was set: they set it as near as that. Tick goes after it.
func (t *Ticket) Aim(s *SLA, at, now time.Time) {
	t.InternalTarget = at
	t.Clock.Told = slices.DeleteFunc(slices.Clone(t.Clock.Told), func(mark string) bool {
		return strings.HasPrefix(mark, string(TargetInternal)+".")
	})
	if !at.IsZero() && !now.Before(s.warnAt(TargetInternal, exact(at), t.Priority)) {
		t.Clock.mark(TargetInternal, warned)
	}
}

// skip marks what is past already of a deadline that the ticket had not until now, because its SLA had no such target or the
// desk kept none: nobody could have been warned in time, and a change of the desk is not news of every ticket.
func (t *Ticket) skip(s *SLA, target Target, was, now time.Time) {
	due := t.deadline(target)
	if !was.IsZero() || due.IsZero() {
		return
	}
	if !now.Before(s.warnAt(target, due, t.Priority)) {
		t.Clock.mark(target, warned)
	}
	if !now.Before(due) {
		t.Clock.mark(target, breached)
	}
}

// nextAt is when something is to be told next; zero while the clock stands.
func (t *Ticket) nextAt(s *SLA) (next time.Time) {
	k := &t.Clock
	for _, target := range []Target{TargetFirstResponse, TargetInternal, TargetResolution} {
		due := t.deadline(target)
		switch {
		case !k.StoppedAt.IsZero() || due.IsZero() || k.told(target, breached):
		case k.told(target, warned):
			next = earlier(next, due)
		default:
			next = earlier(next, s.warnAt(target, due, t.Priority))
		}
	}
	return next
}

// TellDue gives the warnings and breaches that are due and were not told yet, and marks them as told. Where both are due,
// the breach is told alone. Tick goes before it.
func (t *Ticket) TellDue(s *SLA, now time.Time) (notices []DueNotice) {
	k := &t.Clock
	for _, target := range []Target{TargetFirstResponse, TargetInternal, TargetResolution} {
		due := t.deadline(target)
		if !k.StoppedAt.IsZero() || due.IsZero() || k.told(target, breached) {
			continue
		}
		breach := !now.Before(due)
		if !breach && (k.told(target, warned) || now.Before(s.warnAt(target, due, t.Priority))) {
			continue
		}
		k.mark(target, warned)
		if breach {
			k.mark(target, breached)
		}
		notices = append(notices, DueNotice{Target: target, Breach: breach, Due: due})
	}
	k.NextAt = t.nextAt(s)
	return notices
}

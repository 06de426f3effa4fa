package core

import "time"

// TargetState is how a ticket stands to one of its targets.
type TargetState string

// The states.
const (
	TargetAhead   TargetState = "ahead"
	TargetPaused  TargetState = "paused"   // the ticket waits for its user, and the target moves on meanwhile (E9)
	TargetLate    TargetState = "late"     // past, and not met yet
	TargetMet     TargetState = "met"      // in time
	TargetMetLate TargetState = "met_late" // done, but past
	TargetDropped TargetState = "dropped"  // the ticket is over without it
)

// TargetView is one target of a ticket as pages show it.
type TargetView struct {
	Target Target
	Due    time.Time
	State  TargetState
	At     *time.Time    // when it was done
	Left   time.Duration // to the deadline from when it was done, the clock stopped, or now; negative = past it
	Used   float64       // of the time from opening to the deadline, 0 to 1
}

// Targets are the ticket's targets in the order in which they are to be met as a rule; internal says that the internal
// target may be seen (A71).
func (t *Ticket) Targets(internal bool, now time.Time) (list []TargetView) {
	k, resolved := &t.Clock, time.Time{}
	if t.Status.Done() {
		resolved = t.ResolvedAt
	}
	add := func(target Target, due, done time.Time, stops bool) {
		if due.IsZero() {
			return
		}
		v, counted := TargetView{Target: target, Due: due, At: moment(done)}, now
		stopped := stops && !k.StoppedAt.IsZero()
		switch {
		case !done.IsZero():
			counted = exact(done)
		case stopped:
			counted = k.StoppedAt
		}
		v.Left = due.Sub(counted)
		switch past := v.Left < 0; {
		case !done.IsZero() && past:
			v.State = TargetMetLate
		case !done.IsZero():
			v.State = TargetMet
		case t.over():
			v.State = TargetDropped
		case past:
			v.State = TargetLate
		case stopped:
			v.State = TargetPaused
		default:
			v.State = TargetAhead
		}
		if whole := due.Sub(t.CreatedAt); whole > 0 {
			v.Used = min(max(float64(counted.Sub(t.CreatedAt))/float64(whole), 0), 1)
		}
		list = append(list, v)
	}
	add(TargetFirstResponse, k.FirstResponseDue, t.FirstResponse, true)
	if internal {
		add(TargetInternal, exact(t.InternalTarget), resolved, false) // a date: it does not wait
	}
	add(TargetResolution, k.ResolutionDue, resolved, true)
	return list
}

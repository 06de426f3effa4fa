package core

import "time"

// SLA is what a requester of a service is promised: times inside the operating hours of a calendar (E11).
type SLA struct {
	ID         SLAID
	Name       string
	Calendar   *Calendar // nil = no targets
	Targets    Targets
	Priorities map[Priority]Targets // instead of the targets, for tickets of the priority
	WarnBefore time.Duration        // operating time before a deadline at which the solver side is warned; 0 = a fifth of the target
}

// Targets are durations inside operating hours; 0 = no such target.
type Targets struct{ FirstResponse, Resolution time.Duration }

// For gives the targets of tickets of a priority: what the priority leaves out is the usual target. Without a calendar, or
// without an SLA at all, there are none.
func (s *SLA) For(p Priority) Targets {
	if s == nil || s.Calendar == nil {
		return Targets{}
	}
	targets := s.Priorities[p]
	if targets.FirstResponse == 0 {
		targets.FirstResponse = s.Targets.FirstResponse
	}
	if targets.Resolution == 0 {
		targets.Resolution = s.Targets.Resolution
	}
	return targets
}

// internalWarning is how long before the internal target the solver side is warned where the SLA does not say.
const internalWarning = time.Hour

// warnAt is when the solver side is warned of a deadline (E12). A warning as long as the target itself would come with the
// ticket, so there it is the usual fifth. Without operating hours the internal target, being a date, has its warning too.
func (s *SLA) warnAt(target Target, due time.Time, p Priority) time.Time {
	var before, whole time.Duration
	if s != nil {
		before = s.WarnBefore
	}
	switch target {
	case TargetFirstResponse:
		whole = s.For(p).FirstResponse
	case TargetResolution:
		whole = s.For(p).Resolution
	case TargetInternal:
		if before == 0 {
			before = internalWarning
		}
		if s == nil || s.Calendar == nil {
			return due.Add(-before)
		}
		return s.Calendar.Subtract(due, before)
	}
	if s == nil || s.Calendar == nil {
		return due
	}
	if before == 0 || before >= whole {
		before = whole / 5
	}
	return s.Calendar.Subtract(due, before)
}

// between measures operating time that did not count; without a calendar nothing is measured.
func (s *SLA) between(a, b time.Time) time.Duration {
	if s == nil || s.Calendar == nil {
		return 0
	}
	return s.Calendar.Between(a, b)
}

// due is the instant by which a target ends for a ticket that was opened then and whose clock stood for some time; zero
// where there is no target, or no operating time left to reach it.
func (s *SLA) due(opened time.Time, target, paused time.Duration) time.Time {
	if target == 0 {
		return time.Time{}
	}
	due, _ := s.Calendar.Add(opened, target+paused)
	return due
}

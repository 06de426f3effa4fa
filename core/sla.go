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

// Clock is what a ticket's service level has come to, as stored with it. All of it follows from the ticket, its SLA and
// the moment of each change; nothing but Ticket.Tick writes it.
type Clock struct {
	StoppedAt        time.Time     // since when it stands: the ticket waits or is done; zero = it runs (E7, E9)
	Paused           time.Duration // operating time that did not count so far
	FirstResponseDue time.Time     // zero = no such target
	ResolutionDue    time.Time
	DueAt            time.Time // the next of the two that is not met; past = the ticket is overdue (D19); zero = none
	NextAt           time.Time // when there is something to tell, or to work out again; zero = nothing
	Told             []string  // warnings and breaches that were told
}

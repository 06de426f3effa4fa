package core

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// ticking is a random ticket under a random SLA near a change of the clocks.
func ticking(t testing.TB, r *rand.Rand) (*Ticket, *SLA, time.Time) {
	t.Helper()
	c, near := randomCalendar(t, r)
	c.Hours[time.Wednesday] = []Interval{{480, 1020}} // enough hours for the targets to end soon
	s := &SLA{Calendar: c, Targets: Targets{FirstResponse: time.Duration(r.IntN(20*60)+1) * time.Minute, Resolution: time.Duration(r.IntN(60*60)+1) * time.Minute},
		Priorities: map[Priority]Targets{Urgent: {Resolution: time.Duration(r.IntN(600)) * time.Minute}}, WarnBefore: time.Duration(r.IntN(2)) * time.Hour}
	opened := about(r, near, 5)
	ticket := &Ticket{Number: 1, Status: Open, Priority: Normal, CreatedAt: opened}
	ticket.Tick(s, opened)
	return ticket, s, opened
}

// However often a ticket waits or is done: its deadlines are the targets and the operating time of all those stretches,
// added to the opening; and it is overdue when more time than promised has counted.
func TestPausesMoveDeadlinesByTheirOperatingTime(t *testing.T) {
	t.Parallel()
	r := seeded(t, 99)
	for range 1500 {
		ticket, s, now := ticking(t, r)
		c := s.Calendar
		var paused time.Duration
		for range r.IntN(6) {
			now = now.Add(time.Duration(r.Int64N(int64(30 * time.Hour))))
			done := r.IntN(3) == 0
			var err error
			if done {
				err = ticket.Resolve(now)
			} else {
				err = ticket.SetStatus(Waiting, now)
			}
			if err != nil {
				t.Fatal(err)
			}
			ticket.Tick(s, now)
			since := now
			for range r.IntN(3) {
				now = now.Add(time.Duration(r.Int64N(int64(40 * time.Hour))))
				ticket.Tick(s, now)
			}
			if done {
				err = ticket.Reopen()
			} else {
				ticket.MessageByRequester()
			}
			if err != nil {
				t.Fatal(err)
			}
			ticket.Tick(s, now)
			paused += c.Between(exact(since), exact(now))
		}
		first, _ := c.Add(ticket.CreatedAt, s.Targets.FirstResponse+paused)
		resolution, _ := c.Add(ticket.CreatedAt, s.Targets.Resolution+paused)
		if k := ticket.Clock; k.Paused != paused || !k.FirstResponseDue.Equal(first) || !k.ResolutionDue.Equal(resolution) {
			t.Fatalf("%s, opened %s: paused %v, due %s and %s; wanted %v, %s and %s", c.describe(), c.shown(ticket.CreatedAt),
				k.Paused, c.shown(k.FirstResponseDue), c.shown(k.ResolutionDue), paused, c.shown(first), c.shown(resolution))
		}
		now = now.Add(time.Duration(r.Int64N(int64(100 * time.Hour))))
		counted, promised := c.Between(ticket.CreatedAt, now)-paused, min(s.Targets.FirstResponse, s.Targets.Resolution)
		if overdue := ticket.Overdue(now); counted > promised && !overdue || counted < promised && overdue {
			t.Fatalf("%s: %v of %v have passed, and overdue is %v", c.describe(), counted, promised, overdue)
		}
	}
}

// Whatever happens, the clock worked out again is the same; and whoever looks at the stored time alone tells each thing in
// time and once.
func TestWhoWakesAtTheStoredTimeTellsEverythingOnce(t *testing.T) {
	t.Parallel()
	r := seeded(t, 5)
	for range 1000 {
		ticket, s, now := ticking(t, r)
		told := map[DueNotice]int{}
		for range 20 {
			until := now.Add(time.Duration(r.Int64N(int64(20 * time.Hour))))
			for next := ticket.Clock.NextAt; !next.IsZero() && !next.After(until); next = ticket.Clock.NextAt {
				if next.After(now) {
					now = next
				}
				ticket.Tick(s, now)
				before := ticket.Clock.NextAt
				for _, n := range ticket.TellDue(s, now) {
					told[n]++
					if n.Breach == now.Before(n.Due) {
						t.Fatalf("%s: %+v is told at %s", s.Calendar.describe(), n, s.Calendar.shown(now))
					}
				}
				if ticket.Clock.NextAt.Equal(before) {
					t.Fatalf("%s: nothing is told at %s, again and again", s.Calendar.describe(), s.Calendar.shown(before))
				}
			}
			now = until
			switch r.IntN(8) {
			case 0:
				ticket.PublicReplyByTeam(now)
			case 1:
				_ = ticket.SetStatus(Waiting, now) // refused where it waits or is done already
			case 2:
				ticket.MessageByRequester()
			case 3:
				ticket.Priority = Priorities()[r.IntN(4)]
			case 4:
				ticket.Aim(s, about(r, now, 2), now)
			case 5:
				_ = ticket.Resolve(now)
			case 6:
				_ = ticket.Reopen()
			}
			ticket.Tick(s, now)
			maps.DeleteFunc(told, func(n DueNotice, _ int) bool { // what moved away may come back
				return !ticket.Clock.told(n.Target, map[bool]string{true: breached, false: warned}[n.Breach])
			})
			once := *ticket
			once.Clock.Told = slices.Clone(once.Clock.Told)
			ticket.Tick(s, now)
			if !reflect.DeepEqual(once, *ticket) {
				t.Fatalf("%s: %+v, worked out again %+v", s.Calendar.describe(), once.Clock, ticket.Clock)
			}
			if next := ticket.Clock.NextAt; !next.IsZero() != (ticket.Clock.StoppedAt.IsZero() && untold(ticket)) {
				t.Fatalf("%s: %+v has %s next", s.Calendar.describe(), ticket.Clock, next)
			}
		}
		for n := range maps.Keys(told) {
			if told[n] != 1 {
				t.Fatalf("%s: %+v is told %d times", s.Calendar.describe(), n, told[n])
			}
		}
	}
}

// untold tells whether some deadline of the ticket was not reported as passed.
func untold(t *Ticket) bool {
	return !t.Clock.ResolutionDue.IsZero() && !slices.Contains(t.Clock.Told, "resolution.breach") ||
		!t.Clock.FirstResponseDue.IsZero() && t.FirstResponse.IsZero() && !slices.Contains(t.Clock.Told, "first_response.breach") ||
		!t.InternalTarget.IsZero() && !slices.Contains(t.Clock.Told, "internal_target.breach")
}

func BenchmarkTick(b *testing.B) {
	for name, s := range map[string]*SLA{"standard": slas(b)["standard"], "long": {Calendar: calendar(b, "office", madrid), Targets: Targets{time.Hour, 10_000 * time.Hour}}} {
		b.Run(name, func(b *testing.B) {
			ticket := &Ticket{Status: Open, Priority: Normal, CreatedAt: noon}
			for b.Loop() {
				ticket.Tick(s, noon)
			}
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	c := calendar(b, "office", chicago)
	for _, d := range []time.Duration{4 * time.Hour, 40 * time.Hour, 10_000 * time.Hour} {
		b.Run(d.String(), func(b *testing.B) {
			for b.Loop() {
				c.Add(noon, d)
			}
		})
	}
}

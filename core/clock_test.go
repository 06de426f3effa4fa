package core

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// Every expectation of these stories is worked by hand. Office hours are 08:00 to 12:00 and 13:00 to 17:00 from Monday to
// Friday in Chicago, the shop's 09:00 to 14:00 and 17:00 to 20:30, on Saturday 10:00 to 14:00, in Madrid. Standard promises
// 4 h and 16 h, urgent 1 h and 4 h, high 4 h and 8 h; premium 2 h and 10 h with a warning an hour before.

func TestDeadlinesOfNewTickets(t *testing.T) {
	t.Parallel()
	for _, s := range []story{
		{"normal", "standard", `Mon 2026-03-02 09:00 open
			first Mon 2026-03-02 14:00
			resolution Wed 2026-03-04 09:00
			due Mon 2026-03-02 14:00
			next Mon 2026-03-02 13:12
			current first_response Mon 2026-03-02 14:00
			overdue no
			told nothing`},
		{"low has no targets of its own", "standard", `Mon 2026-03-02 09:00 open low
			first Mon 2026-03-02 14:00
			resolution Wed 2026-03-04 09:00`},
		{"urgent", "standard", `Mon 2026-03-02 09:00 open urgent
			first Mon 2026-03-02 10:00
			resolution Mon 2026-03-02 14:00
			next Mon 2026-03-02 09:48`},
		{"high has one target of its own", "standard", `Mon 2026-03-02 09:00 open high
			first Mon 2026-03-02 14:00
			resolution Tue 2026-03-03 09:00`},
		{"before a weekend on which clocks are set forward", "standard", `Fri 2026-03-06 16:00 open
			first Mon 2026-03-09 11:00
			resolution Tue 2026-03-10 16:00
			next Mon 2026-03-09 10:12`},
		{"before a weekend on which clocks are set back", "standard", `Fri 2026-10-30 16:00 open
			first Mon 2026-11-02 11:00
			resolution Tue 2026-11-03 16:00
			next Mon 2026-11-02 10:12`},
		{"on a Saturday", "standard", `Sat 2026-03-07 12:00 open
			first Mon 2026-03-09 12:00
			resolution Tue 2026-03-10 17:00
			next Mon 2026-03-09 11:12`},
		{"before a holiday", "standard", `Thu 2026-12-24 15:00 open
			first Mon 2026-12-28 10:00
			resolution Tue 2026-12-29 15:00`},
		{"in Madrid", "premium", `Fri 2026-03-27 19:30 open
			first Sat 2026-03-28 11:00
			resolution Mon 2026-03-30 14:00
			next Sat 2026-03-28 10:00`},
		{"in Madrid before a holiday", "premium", `Thu 2026-04-30 19:30 open
			first Sat 2026-05-02 11:00
			resolution Mon 2026-05-04 14:00`},
		{"clocks set forward by half an hour", "island", `Sun 2026-10-04 01:00 open
			first Sun 2026-10-04 03:30
			resolution Mon 2026-10-05 01:30`},
		{"clocks set back by half an hour", "island", `Sat 2026-04-04 23:00 open
			first Sun 2026-04-05 01:00
			resolution Sun 2026-04-05 22:30`},
		{"day and night, clocks set forward", "always", `Sun 2026-03-08 01:00 open
			first Sun 2026-03-08 06:00
			resolution Mon 2026-03-09 02:00`},
		{"day and night, clocks set back", "always", `Sun 2026-11-01 00:30 open
			first Sun 2026-11-01 03:30
			resolution Sun 2026-11-01 23:30`},
		{"opened in the hour that comes twice", "always", `Sun 2026-11-01 01:30 -0600 open
			first Sun 2026-11-01 05:30
			resolution Mon 2026-11-02 01:30`},
		{"no target for the resolution", "answer", `Mon 2026-03-02 09:00 open
			first Mon 2026-03-02 14:00
			resolution none
			Mon 2026-03-02 10:00 reply
			first Mon 2026-03-02 14:00
			due none
			next none
			current none`},
		{"no SLA", "none", `Mon 2026-03-02 09:00 open
			first none
			resolution none
			due none
			next none
			current none
			overdue no`},
		{"no calendar", "uncalendar", `Mon 2026-03-02 09:00 open
			first none
			resolution none
			next none`},
		{"a calendar without hours", "closed", `Mon 2026-03-02 09:00 open
			first none
			resolution none
			next none`},
	} {
		s.play(t)
	}
}

func TestFirstResponseEndsItsDeadline(t *testing.T) {
	t.Parallel()
	for _, s := range []story{
		{"in time", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 reply
			first Mon 2026-03-02 14:00
			due Wed 2026-03-04 09:00
			next Tue 2026-03-03 14:48
			current resolution Wed 2026-03-04 09:00
			Mon 2026-03-02 15:00 reply
			first Mon 2026-03-02 14:00
			overdue no`},
		{"late", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 14:00 look
			overdue no
			Mon 2026-03-02 14:30 look
			overdue yes
			due Mon 2026-03-02 14:00
			current first_response Mon 2026-03-02 14:00 missed
			Mon 2026-03-02 15:00 reply
			first Mon 2026-03-02 14:00
			due Wed 2026-03-04 09:00
			overdue no
			current resolution Wed 2026-03-04 09:00
			tell nothing`},
		{"and the resolution late", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 reply
			Wed 2026-03-04 09:01 look
			overdue yes
			current resolution Wed 2026-03-04 09:00 missed
			Wed 2026-03-04 10:00 resolve
			overdue no
			due none
			resolution Wed 2026-03-04 09:00`},
		{"in time by what was waited, though the clock said later", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 11:00 wait
			Mon 2026-03-02 16:00 reply
			paused 4h
			first Tue 2026-03-03 09:00
			resolution Wed 2026-03-04 14:00
			due none
			next none
			Tue 2026-03-03 08:00 user
			paused 5h
			first Tue 2026-03-03 09:00
			resolution Wed 2026-03-04 15:00`},
		{"answered and set to waiting at once", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 reply
			Mon 2026-03-02 10:00 wait
			Mon 2026-03-02 16:00 user
			paused 5h
			first Mon 2026-03-02 14:00
			resolution Wed 2026-03-04 15:00`},
	} {
		s.play(t)
	}
}

func TestWaitingPausesTheClock(t *testing.T) {
	t.Parallel()
	for _, s := range []story{
		{"within the morning", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 10:00 wait
			due none
			next none
			resolution Wed 2026-03-04 09:00
			current resolution Wed 2026-03-04 09:00 paused
			Mon 2026-03-02 12:00 user
			paused 2h
			resolution Wed 2026-03-04 11:00
			due Wed 2026-03-04 11:00
			current resolution Wed 2026-03-04 11:00`},
		{"over lunch", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 11:30 wait
			Mon 2026-03-02 13:30 user
			paused 1h
			first Mon 2026-03-02 15:00
			resolution Wed 2026-03-04 10:00`},
		{"over night", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 16:00 wait
			Tue 2026-03-03 09:00 user
			paused 2h
			resolution Wed 2026-03-04 11:00`},
		{"outside the hours alone", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 18:00 wait
			Tue 2026-03-03 07:00 user
			paused 0s
			resolution Wed 2026-03-04 09:00`},
		{"three times", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 10:00 wait
			Mon 2026-03-02 11:00 user
			Mon 2026-03-02 14:00 wait
			Mon 2026-03-02 15:00 user
			Tue 2026-03-03 08:00 wait
			Tue 2026-03-03 12:00 user
			paused 6h
			resolution Wed 2026-03-04 16:00`},
		{"ended by the solver", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 10:00 wait
			Mon 2026-03-02 12:00 work
			paused 2h
			resolution Wed 2026-03-04 11:00`},
		{"over a weekend", "standard", `Fri 2026-03-13 09:00 open
			Fri 2026-03-13 09:30 reply
			Fri 2026-03-13 15:00 wait
			Mon 2026-03-16 10:00 user
			paused 4h
			resolution Tue 2026-03-17 14:00`},
		{"over a weekend on which clocks are set forward", "standard", `Fri 2026-03-06 09:00 open
			Fri 2026-03-06 09:30 reply
			Fri 2026-03-06 16:00 wait
			Mon 2026-03-09 09:00 user
			paused 2h
			resolution Tue 2026-03-10 11:00`},
		{"day and night while clocks are set forward", "always", `Sat 2026-03-07 12:00 open
			Sat 2026-03-07 12:30 reply
			Sat 2026-03-07 20:00 wait
			Sun 2026-03-08 08:00 user
			paused 11h
			resolution Mon 2026-03-09 00:00`},
		{"day and night while clocks are set back", "always", `Sat 2026-10-31 12:00 open
			Sat 2026-10-31 12:30 reply
			Sun 2026-11-01 00:00 wait
			Sun 2026-11-01 06:00 user
			paused 7h
			resolution Sun 2026-11-01 18:00`},
		{"in Madrid while clocks are set back", "premium", `Sat 2026-10-24 13:00 open
			Sat 2026-10-24 13:10 reply
			Sat 2026-10-24 13:30 wait
			Mon 2026-10-26 10:00 user
			paused 1h30m
			resolution Tue 2026-10-27 11:00`},
		{"over a holiday", "standard", `Thu 2026-12-24 09:00 open
			Thu 2026-12-24 09:30 reply
			Thu 2026-12-24 16:00 wait
			Mon 2026-12-28 09:00 user
			paused 2h
			resolution Tue 2026-12-29 11:00`},
		{"before the first response", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 wait
			current first_response Mon 2026-03-02 14:00 paused
			Mon 2026-03-02 15:00 look
			overdue no
			current first_response Mon 2026-03-02 14:00 paused
			Mon 2026-03-02 15:00 user
			paused 4h
			first Tue 2026-03-03 09:00`},
		{"what was late when it began stays late", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 15:00 wait
			due Mon 2026-03-02 14:00
			next none
			overdue yes
			current first_response Mon 2026-03-02 14:00 missed paused
			Mon 2026-03-02 16:00 user
			paused 1h
			first Mon 2026-03-02 15:00
			overdue yes`},
	} {
		s.play(t)
	}
}

func TestDoneTicketsHaveNoDeadline(t *testing.T) {
	t.Parallel()
	for _, s := range []story{
		{"resolved", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 reply
			Mon 2026-03-02 15:00 resolve
			resolution Wed 2026-03-04 09:00
			due none
			next none
			current none
			Thu 2026-03-05 12:00 look
			overdue no
			resolution Wed 2026-03-04 09:00`},
		{"withdrawn", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 withdraw
			due none
			next none
			first Mon 2026-03-02 14:00`},
		{"reopened", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 reply
			Mon 2026-03-02 15:00 resolve
			Tue 2026-03-03 10:00 reopen
			paused 4h
			resolution Wed 2026-03-04 14:00
			due Wed 2026-03-04 14:00
			current resolution Wed 2026-03-04 14:00`},
		{"closed and reopened", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 reply
			Mon 2026-03-02 15:00 resolve
			Mon 2026-03-02 16:00 close
			Tue 2026-03-03 08:00 reopen
			paused 2h
			resolution Wed 2026-03-04 11:00`},
		{"reopened twice", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 10:00 resolve
			Mon 2026-03-02 11:00 reopen
			Mon 2026-03-02 14:00 resolve
			Mon 2026-03-02 16:00 reopen
			paused 3h
			resolution Wed 2026-03-04 12:00`},
		{"resolved late and reopened", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 reply
			Wed 2026-03-04 10:00 resolve
			Wed 2026-03-04 16:00 reopen
			paused 5h
			resolution Wed 2026-03-04 15:00
			overdue yes`},
		{"resolved in time out of a long wait", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 10:00 wait
			Fri 2026-03-06 10:00 resolve
			paused 32h
			resolution Tue 2026-03-10 09:00
			Mon 2026-03-09 10:00 reopen
			paused 40h
			resolution Wed 2026-03-11 09:00`},
		{"spam and back", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 spam
			due none
			next none
			current none
			Tue 2026-03-03 10:00 unspam
			paused 8h
			first Tue 2026-03-03 14:00
			resolution Thu 2026-03-05 09:00
			due Tue 2026-03-03 14:00`},
		{"merged", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 15:00 merge
			due none
			next none
			current none
			overdue no`},
		{"a priority set afterwards changes nothing", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 reply
			Mon 2026-03-02 11:00 resolve
			Mon 2026-03-02 12:00 priority urgent
			first Mon 2026-03-02 14:00
			resolution Wed 2026-03-04 09:00
			due none`},
	} {
		s.play(t)
	}
}

// Tickets from before clocks were kept stand since they were set to waiting, resolved or marked, where that is known.
func TestClockOfTicketsFromBefore(t *testing.T) {
	t.Parallel()
	c := calendar(t, "never", chicago)
	at := func(s string) time.Time { return c.local(t, s) }
	opened, since, now, reply := at("Mon 2026-03-02 09:00"), at("Mon 2026-03-02 11:00"), at("Tue 2026-03-03 10:00"), at("Mon 2026-03-02 14:00")
	for name, row := range map[string]struct {
		ticket     Ticket
		stopped    time.Time
		resolution string
	}{
		"waiting":                    {Ticket{Status: Waiting, WaitingSince: since}, since, "Wed 2026-03-04 09:00"},
		"waiting since nobody knows": {Ticket{Status: Waiting}, now, "Wed 2026-03-04 09:00"},
		"answered while it waited":   {Ticket{Status: Waiting, WaitingSince: since, FirstResponse: reply}, reply, "Wed 2026-03-04 11:00"},
		"resolved":                   {Ticket{Status: Resolved, ResolvedAt: since, FirstResponse: since}, since, "Wed 2026-03-04 09:00"},
		"closed":                     {Ticket{Status: Closed, ResolvedAt: since, ClosedAt: now, FirstResponse: since}, since, "Wed 2026-03-04 09:00"},
		"spam":                       {Ticket{Status: Open, SpamAt: since}, since, "Wed 2026-03-04 09:00"},
		"in work":                    {Ticket{Status: InProgress, FirstResponse: since}, time.Time{}, "Wed 2026-03-04 09:00"},
	} {
		ticket := row.ticket
		ticket.CreatedAt, ticket.Priority = opened, Normal
		ticket.Tick(slas(t)["standard"], now)
		if k := ticket.Clock; !k.StoppedAt.Equal(row.stopped) || !k.ResolutionDue.Equal(at(row.resolution)) || k.FirstResponseDue.IsZero() {
			t.Errorf("%s: it stands since %v, to be resolved by %s", name, k.StoppedAt, c.shown(k.ResolutionDue))
		}
	}
}

// The database keeps microseconds: what is worked out from a ticket that was read again is the same as before.
func TestClockIsAsExactAsTheDatabase(t *testing.T) {
	t.Parallel()
	s := slas(t)["always"]
	kept := func(at time.Time) time.Time { return at.Truncate(time.Microsecond) }
	ticket := &Ticket{Status: Open, Priority: Normal, CreatedAt: noon.Add(1999)}
	ticket.Tick(s, ticket.CreatedAt)
	if err := ticket.SetStatus(Waiting, noon.Add(time.Hour+2999)); err != nil {
		t.Fatal(err)
	}
	ticket.Tick(s, ticket.WaitingSince)
	ticket.MessageByRequester()
	ticket.Tick(s, noon.Add(2*time.Hour+777))
	k := ticket.Clock
	for _, at := range []time.Time{k.FirstResponseDue, k.ResolutionDue, k.DueAt, k.NextAt} {
		if at != kept(at) {
			t.Errorf("%v is kept as %v", at, kept(at))
		}
	}
	ticket.CreatedAt = kept(ticket.CreatedAt)
	ticket.Tick(s, noon.Add(3*time.Hour))
	if !reflect.DeepEqual(ticket.Clock, k) {
		t.Errorf("read again the clock is %+v, not %+v", ticket.Clock, k)
	}
}

// Telling leaves a copy of the ticket alone, with which a change is compared.
func TestTellingLeavesCopiesAlone(t *testing.T) {
	t.Parallel()
	s, now := slas(t)["standard"], noon.AddDate(0, 0, 30)
	ticket := &Ticket{Status: Open, Priority: Normal, CreatedAt: noon}
	ticket.Tick(s, noon)
	ticket.Clock.Told = append(make([]string, 0, 8), "first_response.warning", "first_response.breach")
	before := *ticket
	ticket.TellDue(s, now)
	other := before
	other.TellDue(s, now)
	other.PublicReplyByTeam(now)
	other.Tick(s, now)
	if want := []string{"first_response.warning", "first_response.breach"}; !slices.Equal(before.Clock.Told, want) || len(ticket.Clock.Told) != 4 || !slices.Equal(ticket.Clock.Told[:2], want) {
		t.Errorf("before %v, then %v, the other %v", before.Clock.Told, ticket.Clock.Told, other.Clock.Told)
	}
}

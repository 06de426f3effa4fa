package core

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// slas are those of the tables. Standard has no targets of its own for low and normal, and only one for high.
func slas(t testing.TB) map[string]*SLA {
	office := calendar(t, "office", chicago, "2026-12-25")
	return map[string]*SLA{
		"standard": {Calendar: office, Targets: Targets{4 * time.Hour, 16 * time.Hour}, Priorities: map[Priority]Targets{
			Urgent: {FirstResponse: time.Hour, Resolution: 4 * time.Hour}, High: {Resolution: 8 * time.Hour}}},
		"premium": {Calendar: calendar(t, "shop", madrid, "2026-05-01"), Targets: Targets{2 * time.Hour, 10 * time.Hour}, WarnBefore: time.Hour,
			Priorities: map[Priority]Targets{Urgent: {FirstResponse: 30 * time.Minute}}},
		"always":     {Calendar: calendar(t, "always", chicago), Targets: Targets{4 * time.Hour, 24 * time.Hour}},
		"island":     {Calendar: calendar(t, "always", howe), Targets: Targets{2 * time.Hour, 24 * time.Hour}},
		"answer":     {Calendar: office, Targets: Targets{FirstResponse: 4 * time.Hour}},
		"slow":       {Calendar: office, Targets: Targets{12 * time.Hour, 40 * time.Hour}},
		"closed":     {Calendar: calendar(t, "never", chicago), Targets: Targets{4 * time.Hour, 16 * time.Hour}},
		"uncalendar": {Targets: Targets{4 * time.Hour, 16 * time.Hour}},
		"none":       nil,
	}
}

// story is a ticket's life, told line by line: what happens, after the time on the clocks of the place, and what then holds.
type story struct {
	name  string
	sla   string
	lines string
}

const stamp = "Mon 2006-01-02 15:04"

// play tells the story. After each event the clock is worked out twice: the second time must change nothing.
func (s story) play(t *testing.T) {
	t.Helper()
	all := slas(t)
	sla, ok := all[s.sla]
	if !ok {
		t.Fatalf("%s: no SLA %s", s.name, s.sla)
	}
	clocks := calendar(t, "never", chicago)
	switch s.sla {
	case "premium":
		clocks = calendar(t, "never", madrid)
	case "island":
		clocks = calendar(t, "never", howe)
	}
	d := newDesk()
	var ticket *Ticket
	var now time.Time
	for line := range strings.Lines(s.lines) {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" {
			continue
		}
		if _, err := time.Parse(stamp, line[:min(len(line), len(stamp))]); err != nil {
			if wrong := expect(clocks, ticket, sla, now, line); wrong != "" {
				t.Errorf("%s, %s: %s; the story says: %s", s.name, clocks.shown(now), wrong, line)
			}
			continue
		}
		at, act := line[:len(stamp)], strings.Fields(line[len(stamp):])
		if strings.HasPrefix(act[0], "-") || strings.HasPrefix(act[0], "+") {
			at, act = at+" "+act[0], act[1:]
		}
		now = clocks.local(t, at)
		if act[0] == "open" {
			ticket = d.ticket(func(x *Ticket) { x.Priority, x.CreatedAt = Normal, now })
		}
		if err := happen(clocks, ticket, sla, act, now); err != nil {
			t.Fatalf("%s: %s: %v", s.name, line, err)
		}
		if act[0] == "sla" {
			sla = all[act[1]]
		}
		ticket.Tick(sla, now)
		once := *ticket
		ticket.Tick(sla, now)
		if !reflect.DeepEqual(once, *ticket) {
			t.Errorf("%s: %s: worked out again the clock is %+v, not %+v", s.name, line, ticket.Clock, once.Clock)
		}
	}
}

// happen lets one thing happen to the ticket.
func happen(clocks *Calendar, t *Ticket, s *SLA, act []string, now time.Time) error {
	rest := strings.Join(act[1:], " ")
	switch act[0] {
	case "look", "sla":
	case "open", "priority":
		if rest != "" {
			t.Priority = Priority(rest)
		}
	case "wait":
		return t.SetStatus(Waiting, now)
	case "work":
		return t.SetStatus(InProgress, now)
	case "user":
		t.MessageByRequester()
	case "reply":
		t.PublicReplyByTeam(now)
	case "resolve":
		return t.Resolve(now)
	case "withdraw":
		return t.Withdraw(now)
	case "close":
		return t.SetStatus(Closed, now)
	case "reopen":
		return t.Reopen()
	case "spam":
		t.SpamAt = now
	case "unspam":
		t.SpamAt = time.Time{}
	case "merge":
		t.MergedInto, t.Status, t.ResolvedAt, t.ClosedAt = 1000, Closed, now, now
	case "target":
		if rest == "none" {
			t.Aim(s, time.Time{}, now)
			return nil
		}
		at, err := time.ParseInLocation(stamp, rest, clocks.Zone)
		t.Aim(s, at, now)
		return err
	default:
		return fmt.Errorf("nothing that happens: %s", act[0])
	}
	return nil
}

// expect compares the ticket with a line such as "first Mon 2026-03-02 14:00"; "" where they agree.
func expect(clocks *Calendar, t *Ticket, s *SLA, now time.Time, line string) string {
	what, want, _ := strings.Cut(line, " ")
	k, got := &t.Clock, ""
	shown := func(at time.Time) string {
		if at.IsZero() {
			return "none"
		}
		if strings.HasSuffix(want, clocks.shown(at)[len(stamp):]) {
			return clocks.shown(at)
		}
		return at.In(clocks.Zone).Format(stamp)
	}
	switch what {
	case "first":
		got = shown(k.FirstResponseDue)
	case "resolution":
		got = shown(k.ResolutionDue)
	case "due":
		got = shown(k.DueAt)
	case "next":
		got = shown(k.NextAt)
	case "paused":
		got = k.Paused.String()
		want = hoursOf(want)
	case "told":
		got = sortedMarks(k.Told)
	case "overdue":
		got = map[bool]string{true: "yes", false: "no"}[t.Overdue(now)]
	case "tell":
		var marks []string
		for _, n := range t.TellDue(s, now) {
			marks = append(marks, string(n.Target)+map[bool]string{true: breached, false: warned}[n.Breach])
		}
		got = sortedMarks(marks)
	case "current", "requester":
		got = "none"
		if c, ok := t.CurrentTarget(what == "current", now); ok {
			got = string(c.Target) + " " + shown(c.Due)
			if c.Missed {
				got += " missed"
			}
			if c.Paused {
				got += " paused"
			}
		}
	default:
		return "nothing that can be looked at"
	}
	if got == want {
		return ""
	}
	return "it is " + got
}

func hoursOf(s string) string {
	d, err := time.ParseDuration(s)
	if err != nil {
		return err.Error()
	}
	return d.String()
}

func sortedMarks(marks []string) string {
	if len(marks) == 0 {
		return "nothing"
	}
	return strings.Join(slices.Sorted(slices.Values(marks)), " ")
}

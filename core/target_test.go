package core

import (
	"testing"
	"time"
)

// E11, E12: each target says whether it lies ahead, waits, is late, or was met, and by how much.
func TestTargetsSayHowTheyStand(t *testing.T) {
	t.Parallel()
	at := func(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }
	d := newDesk()
	open := func(o ...func(*Ticket)) *Ticket { return under(d, o...) }
	answered := func(hours int) func(*Ticket) { return func(t *Ticket) { t.FirstResponse = at(hours) } }
	waits := func(hours int) func(*Ticket) {
		return func(t *Ticket) { t.Status, t.WaitingSince, t.Clock.StoppedAt = Waiting, at(hours), at(hours) }
	}
	done := func(hours int) func(*Ticket) {
		return func(t *Ticket) { t.Status, t.ResolvedAt, t.Clock.StoppedAt = Resolved, at(hours), at(hours) }
	}
	spam := func(t *Ticket) { t.SpamAt, t.Clock.StoppedAt = at(1), at(1) }
	for name, c := range map[string]struct {
		ticket *Ticket
		now    int
		states [3]TargetState // first response, internal target, resolution
		left   [3]int         // hours
	}{
		"fresh":             {open(), 1, [3]TargetState{TargetAhead, TargetAhead, TargetAhead}, [3]int{3, 1, 47}},
		"late":              {open(), 5, [3]TargetState{TargetLate, TargetLate, TargetAhead}, [3]int{-1, -3, 43}},
		"answered in time":  {open(answered(3)), 5, [3]TargetState{TargetMet, TargetLate, TargetAhead}, [3]int{1, -3, 43}},
		"answered late":     {open(answered(6)), 7, [3]TargetState{TargetMetLate, TargetLate, TargetAhead}, [3]int{-2, -5, 41}},
		"waiting":           {open(answered(1), waits(1)), 60, [3]TargetState{TargetMet, TargetLate, TargetPaused}, [3]int{3, -58, 47}},
		"waiting, but late": {open(waits(5)), 9, [3]TargetState{TargetLate, TargetLate, TargetPaused}, [3]int{-1, -7, 43}},
		"resolved in time":  {open(answered(1), done(1)), 99, [3]TargetState{TargetMet, TargetMet, TargetMet}, [3]int{3, 1, 47}},
		"resolved late":     {open(answered(1), done(50)), 99, [3]TargetState{TargetMet, TargetMetLate, TargetMetLate}, [3]int{3, -48, -2}},
		"never answered":    {open(done(6)), 99, [3]TargetState{TargetDropped, TargetMetLate, TargetMet}, [3]int{-2, -4, 42}},
		"spam":              {open(spam), 99, [3]TargetState{TargetDropped, TargetDropped, TargetDropped}, [3]int{3, -97, 47}},
	} {
		list := c.ticket.Targets(true, at(c.now))
		if len(list) != 3 {
			t.Fatalf("%s: %+v", name, list)
		}
		for i, target := range []Target{TargetFirstResponse, TargetInternal, TargetResolution} {
			v := list[i]
			if v.Target != target || v.State != c.states[i] || v.Left != time.Duration(c.left[i])*time.Hour {
				t.Errorf("%s: %s is %s with %v left, want %s and %d h", name, v.Target, v.State, v.Left, c.states[i], c.left[i])
			}
		}
	}
	if got := open().Targets(true, at(24))[2].Used; got != 0.5 {
		t.Errorf("half of the time is %v", got)
	}
	if got := open().Targets(true, at(999))[2].Used; got != 1 {
		t.Errorf("more than all of the time is %v", got)
	}
	if list := d.ticket().Targets(true, noon); list != nil {
		t.Errorf("no service level gives %+v", list)
	}
}

// A71: who is not shown the internal target is not shown it here either; lists of requesters have no targets (D8).
func TestTargetsAreCutByStanding(t *testing.T) {
	t.Parallel()
	d := newDesk()
	ticket := under(d)
	for who, want := range map[string]int{"ben": 2, "eva": 2, "mia": 3, "rea": 3} {
		v := ViewOf(d.Directory, ticket, d.standing(who, ticket), noon)
		if len(v.Targets) != want {
			t.Errorf("%s is shown %+v", who, v.Targets)
		}
		if in := v.InList(); (len(in.Targets) == 0) != (want == 2) {
			t.Errorf("%s's list has %+v", who, in.Targets)
		}
	}
}

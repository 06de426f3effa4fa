package core

import (
	"fmt"
	"testing"
	"time"
)

var guardNow = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// The oracle is this table: what passed, what is about to leave, and what becomes of it.
func TestGuard(t *testing.T) {
	t.Parallel()
	l := Limits{AcknowledgementsPerDay: 20, AutomaticPerHour: 20, AutomaticPerDay: 100, BundleAbove: 60}
	ack := Outgoing{Event: EventTicketCreated, Reason: "acknowledgement", Automatic: true, Person: &Person{Origin: Configured}}
	guest := ack
	guest.Person = &Person{Origin: Guest}
	refusal := Outgoing{Event: EventRefusal, Reason: "refusal", Automatic: true}
	notice := Outgoing{Event: EventReopened, Reason: "requester", Automatic: true, Person: &Person{Origin: Configured}}
	news := Outgoing{Event: EventNews, Reason: "news", Automatic: true, Person: &Person{Origin: Configured}}
	hourAgo, dayAgo := guardNow.Add(-50*time.Minute), guardNow.Add(-20*time.Hour)
	for _, c := range []struct {
		name        string
		traffic     Traffic
		mail        Outgoing
		team, flood bool
		want        Verdict
		until       time.Time
	}{
		{"first acknowledgement", Traffic{}, ack, false, false, LetGo, time.Time{}},
		{"the last of the day", Traffic{Answers: 19}, ack, false, false, LetGo, time.Time{}},
		{"one too many", Traffic{Answers: 20}, ack, false, false, Drop, time.Time{}},
		{"an unknown address's last", Traffic{Answers: 4}, guest, false, false, LetGo, time.Time{}},
		{"an unknown address's one too many", Traffic{Answers: 5}, guest, false, false, Drop, time.Time{}},
		{"a refusal to nobody known", Traffic{Answers: 5}, refusal, false, false, Drop, time.Time{}},
		{"an acknowledgement in a flood", Traffic{}, ack, false, true, Drop, time.Time{}},
		{"a notice in a flood", Traffic{}, notice, false, true, LetGo, time.Time{}},
		{"an acknowledgement to the team in a flood", Traffic{}, ack, true, true, Drop, time.Time{}},
		{"below the hour's limit", Traffic{Hour: 19, Day: 99}, notice, false, false, LetGo, time.Time{}},
		{"at the hour's limit", Traffic{Hour: 20, HourSince: hourAgo}, notice, false, false, HoldBack, guardNow.Add(10 * time.Minute)},
		{"behind others", Traffic{Hour: 20, HourSince: hourAgo, Waiting: 45}, notice, false, false, HoldBack, guardNow.Add(2*time.Hour + 10*time.Minute)},
		{"at the day's limit", Traffic{Hour: 3, Day: 100, DaySince: dayAgo}, notice, false, false, HoldBack, guardNow.Add(4 * time.Hour)},
		{"an acknowledgement at the hour's limit", Traffic{Hour: 20, HourSince: hourAgo}, ack, false, false, Drop, time.Time{}},
		{"the day's last news", Traffic{Hour: 3, News: 9}, news, false, false, LetGo, time.Time{}},
		{"news beyond", Traffic{News: 10}, news, true, false, HoldBack, guardNow.Add(time.Hour)},
		{"an acknowledgement after much news", Traffic{News: 500}, ack, false, false, LetGo, time.Time{}},
		{"frozen", Traffic{FrozenUntil: guardNow.Add(time.Hour)}, notice, false, false, HoldBack, guardNow.Add(time.Hour)},
		{"an acknowledgement to the frozen", Traffic{FrozenUntil: guardNow.Add(time.Hour)}, ack, false, false, Drop, time.Time{}},
		{"no longer frozen", Traffic{FrozenUntil: guardNow}, notice, false, false, LetGo, time.Time{}},
		{"suspended", Traffic{Suspended: true}, notice, false, false, Drop, time.Time{}},
		{"a suspended colleague", Traffic{Suspended: true}, notice, true, false, LetGo, time.Time{}},
		{"much for the team", Traffic{Hour: 59, Day: 5000}, notice, true, false, LetGo, time.Time{}},
		{"too much for the team", Traffic{Hour: 60}, notice, true, false, Bundle, time.Time{}},
		{"behind what a digest gathers", Traffic{Hour: 1, Gathering: true}, notice, true, false, Bundle, time.Time{}},
		{"the team is never frozen", Traffic{FrozenUntil: guardNow.Add(time.Hour)}, notice, true, false, LetGo, time.Time{}},
	} {
		traffic := c.traffic
		if r := traffic.Guard(&c.mail, c.team, c.flood, l, guardNow); r.Verdict != c.want || !r.Until.Equal(c.until) || (r.Why == "") != (c.want == LetGo) {
			t.Errorf("%s: %+v, want %s until %s", c.name, r, c.want, c.until)
		}
	}
	none := Traffic{}
	if r := none.Guard(&notice, false, false, Limits{}, guardNow); r.Verdict != HoldBack {
		t.Errorf("a limit of zero is none at all: %+v", r)
	}
}

// What leaves in one page counts for what comes behind it in the same page.
func TestGuardCounts(t *testing.T) {
	t.Parallel()
	l := DefaultLimits()
	notice := Outgoing{Event: EventReopened, Reason: "requester", Automatic: true, Person: &Person{}}
	var traffic Traffic
	got := map[Verdict]int{}
	for range 45 {
		got[traffic.Guard(&notice, false, false, l, guardNow).Verdict]++
	}
	if fmt.Sprint(got) != "map[go:20 wait:25]" || traffic.Waiting != 25 {
		t.Errorf("%v, %d wait", got, traffic.Waiting)
	}
}

func TestUnguarded(t *testing.T) {
	t.Parallel()
	for _, o := range []Outgoing{{Event: EventPublicReply}, {Event: EventSignIn, Automatic: true}, {Event: EventApprovalAsked, Automatic: true},
		{Event: EventAddress, Automatic: true}, {Event: EventDigest, Automatic: true}} {
		if Guarded(&o) {
			t.Errorf("%+v is held by limits", o)
		}
	}
	if !Guarded(&Outgoing{Event: EventReceipt, Automatic: true}) {
		t.Error("a receipt is automatic mail like any other")
	}
}

func TestChase(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return guardNow.Add(time.Duration(minutes) * time.Minute) }
	like := Likeness("We have received your message 4711 and will answer soon.")
	other := Likeness("The printer on the second floor is on fire, please come at once!")
	chase := func(turns, gap int, like ...int64) *Traffic {
		var x Traffic
		for i := range turns + 1 {
			x.Heard = append([]Heard{{at(2 * gap * i), like[i%len(like)]}}, x.Heard...)
			x.Sent = append(x.Sent, at(2*gap*i+gap))
		}
		return &x
	}
	silent := chase(6, 1, like)
	silent.Sent = nil
	for _, c := range []struct {
		name string
		x    *Traffic
		want bool
	}{
		{"four turns", chase(4, 1, like), true},
		{"three turns", chase(3, 1, like), false},
		{"slow", chase(6, 11, like), false},
		{"just quick enough", chase(4, 10, like), true},
		{"a conversation", chase(6, 1, like, other), false},
		{"we say nothing", silent, false},
		{"nothing at all", &Traffic{}, false},
	} {
		if got := c.x.Chased(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestLikeness(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"We have received your message 4711.", "we have received   your message 4712!", true},
		{"", " \n", true},
		{"", "The printer jams.", false},
		{"The printer on the second floor jams.", "My password expired, who can reset it?", false},
		{"Estoy fuera de la oficina hasta el lunes.", "Gracias, ya funciona.", false},
		{"I am out of the office until Monday the 4th and will answer your mail when I am back.",
			"I am out of the office until Friday the 8th and will answer your mail when I am back.", true},
	} {
		if got := Alike(Likeness(c.a), Likeness(c.b)); got != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

// Who stands in for somebody of the desk is told of that work without limits, as long as it is theirs (E14, mail.md 2).
func TestDelegatesAreAtTheDesk(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.p["eva"].Origin = Configured
	d.Absences = []Absence{{Person: d.p["mia"], From: noon, Until: noon.Add(time.Hour), Delegate: d.p["eva"]}}
	for name, want := range map[string]bool{"mia": true, "sol": true, "exa": true, "cop": true, "root": true, "eva": true, "rea": false, "ben": false, "tre": false} {
		if got := d.At(noon).AtTheDesk(d.p[name]); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if d.At(noon.Add(time.Hour)).AtTheDesk(d.p["eva"]) {
		t.Error("eva stands in for nobody any more")
	}
}

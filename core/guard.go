package core

import (
	"slices"
	"time"
)

// Verdict is what the guard says of one mail that is about to leave (mail.md 2: output limits).
type Verdict string

// The verdicts.
const (
	LetGo    Verdict = "go"
	HoldBack Verdict = "wait"   // until a moment
	Drop     Verdict = "cancel" // an answer that comes too late to be one is not sent later
	Bundle   Verdict = "bundle" // goes with the person's next digest
)

// Ruling is a verdict with the reason that operators read, and with HoldBack the moment when to ask again.
type Ruling struct {
	Verdict Verdict
	Why     string
	Until   time.Time
}

// Traffic is what passed of late between the desk and one address.
type Traffic struct {
	Hour, Day           int       // automatic mails that it got in the last hour and day, those under way included, news left out
	News                int       // news of the last day
	Answers             int       // those of the last day that answered a mail: acknowledgements and refusals
	HourSince, DaySince time.Time // the first of those counted
	Waiting             int       // mails that wait for a limit of the address
	Gathering           bool      // a digest gathers what happens
	FrozenUntil         time.Time // its mails and ours were chasing each other
	Suspended           bool      // mail to it came back again and again
	Heard               []Heard   // its mails of the last hour, newest first
	Sent                []time.Time
}

// The limits that are no settings.
const (
	// AnswersToUnknown is how many answers a day an address gets that nobody entered.
	AnswersToUnknown = 5
	// NewsPerDay is how many news an address gets a day.
	NewsPerDay = 10
	// DigestEvery is how far apart the digests to one person are at least.
	DigestEvery = 10 * time.Minute
	// FreezeFor is how long an address gets no automatic mail after its mails and ours chased each other.
	FreezeFor = 24 * time.Hour
	// SuspendAfter mails to an address that came back within SuspendWithin end the automatic mail to it.
	SuspendAfter  = 3
	SuspendWithin = 7 * 24 * time.Hour
	// A flood is more than FloodAbove mails in an hour that are more than FloodTimes the usual.
	FloodAbove = 100
	FloodTimes = 10
)

// UnguardedEvents are told whatever the limits say: somebody waits for each of them and asked for it, or nothing goes on
// without it. The digest stands for mails that were counted.
func UnguardedEvents() []Event {
	return []Event{EventSignIn, EventApprovalAsked, EventAddress, EventDigest}
}

// Guarded tells whether limits concern the mail: all that no person wrote, but for a few.
func Guarded(o *Outgoing) bool {
	return o.Automatic && !slices.Contains(UnguardedEvents(), o.Event)
}

// Answers tells whether a mail only answers one that came in. It is what two robots send each other for ever.
func Answers(o *Outgoing) bool {
	return o.Reason == "acknowledgement" || o.Reason == "in_your_name" || o.Event == EventRefusal
}

// Guard judges one mail by what passed between its address and the desk, and counts it. team says that the recipient works
// at the desk: they are never silenced, and never frozen. flood says that more mail comes in than ever does.
func (t *Traffic) Guard(o *Outgoing, team, flood bool, l Limits, now time.Time) Ruling {
	r := t.judge(o, team, flood, l, now)
	switch r.Verdict {
	case LetGo:
		if o.Event == EventNews { // it uses up nothing that mail about tickets waits for, or is dropped at
			t.News++
			break
		}
		t.Hour, t.Day = t.Hour+1, t.Day+1
		if Answers(o) {
			t.Answers++
		}
	case HoldBack:
		t.Waiting++
	case Bundle:
		t.Gathering = true
	}
	return r
}

func (t *Traffic) judge(o *Outgoing, team, flood bool, l Limits, now time.Time) Ruling {
	answer := Answers(o)
	answers := l.AcknowledgementsPerDay
	if o.Person == nil || o.Person.Origin == Guest {
		answers = min(answers, AnswersToUnknown)
	}
	switch {
	case t.Suspended && !team:
		return Ruling{Verdict: Drop, Why: "the address is suspended: mail to it came back three times in seven days"}
	case answer && flood:
		return Ruling{Verdict: Drop, Why: "a flood of mail comes in: nothing is acknowledged"}
	case answer && t.Answers >= answers:
		return Ruling{Verdict: Drop, Why: "the address got its answers for today"}
	case o.Event == EventNews && t.News >= NewsPerDay:
		return Ruling{HoldBack, "the address got its news for today", now.Add(time.Hour)}
	case team && !answer && (t.Gathering || t.Hour >= l.BundleAbove):
		return Ruling{Verdict: Bundle, Why: "goes with the next digest"}
	case team:
		return Ruling{Verdict: LetGo}
	}
	var until time.Time
	var why string
	for _, limit := range []struct {
		reached bool
		free    time.Time
		why     string
	}{
		{now.Before(t.FrozenUntil), t.FrozenUntil, "the address is frozen: its mails and ours were chasing each other"},
		{t.Hour >= l.AutomaticPerHour, slot(t.HourSince, time.Hour, t.Waiting, l.AutomaticPerHour, now), "the address got its automatic mail for this hour"},
		{t.Day >= l.AutomaticPerDay, slot(t.DaySince, 24*time.Hour, t.Waiting, l.AutomaticPerDay, now), "the address got its automatic mail for today"},
	} {
		if limit.reached && limit.free.After(until) {
			until, why = limit.free, limit.why
		}
	}
	switch {
	case why == "":
		return Ruling{Verdict: LetGo}
	case answer:
		return Ruling{Verdict: Drop, Why: why}
	}
	return Ruling{HoldBack, why, until}
}

// slot is when one more mail may find room: so many are let go in each period, and others wait in front of it. It need not
// be exact, for the mail is judged again then; it keeps a long queue from being looked at again and again.
func slot(since time.Time, period time.Duration, waiting, limit int, now time.Time) time.Time {
	free := now.Add(period)
	if !since.IsZero() && since.Add(period).After(now) {
		free = since.Add(period)
	}
	return free.Add(time.Duration(waiting/max(limit, 1)) * period)
}

// Heard is a mail that came from an address: when, and what its text is like.
type Heard struct {
	At       time.Time
	Likeness int64
}

// The bounds of a chase.
const (
	chaseTurns  = 4
	chaseWithin = 10 * time.Minute
)

// Chased tells whether the address's mails and ours chase each other: four times in a row an automatic mail of ours was
// answered within ten minutes, each time by much the same words.
func (t *Traffic) Chased() bool {
	turns := 0
	for i := 0; i+1 < len(t.Heard) && turns < chaseTurns; i++ {
		answer, before := t.Heard[i], t.Heard[i+1]
		if !Alike(answer.Likeness, before.Likeness) || !slices.ContainsFunc(t.Sent, func(at time.Time) bool {
			return !at.Before(before.At) && at.Before(answer.At) && answer.At.Sub(at) <= chaseWithin
		}) {
			break
		}
		turns++
	}
	return turns == chaseTurns
}

package core

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// under is a ticket of ben's that wants an answer until 16:00, a resolution two days later, and has an internal target of
// 14:00 between them.
func under(d *desk, options ...func(*Ticket)) *Ticket {
	return d.ticket(append([]func(*Ticket){d.with("eva"), d.followed("net"), func(t *Ticket) {
		t.InternalTarget = noon.Add(2 * time.Hour)
		t.Clock = Clock{FirstResponseDue: noon.Add(4 * time.Hour), ResolutionDue: noon.Add(48 * time.Hour), DueAt: noon.Add(4 * time.Hour)}
	}}, options...)...)
}

// E11, E12: everybody who sees the ticket is shown its deadlines; the internal target, also as the current one, only who
// is shown that field (A71, A76).
func TestServiceLevelIsCutByStanding(t *testing.T) {
	t.Parallel()
	d := newDesk()
	ticket := under(d)
	at := func(hours int) string { return noon.Add(time.Duration(hours) * time.Hour).Format(time.RFC3339) }
	shown := func(who string, now time.Time) string {
		raw, err := json.Marshal(ViewOf(d.Directory, ticket, d.standing(who, ticket), now))
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			First      string          `json:"first_response_due"`
			Resolution string          `json:"resolution_due"`
			Current    json.RawMessage `json:"current_target"`
			Overdue    bool            `json:"overdue"`
		}
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		if v.First != at(4) || v.Resolution != at(48) || v.Overdue != now.After(noon.Add(4*time.Hour)) {
			t.Errorf("%s is shown %+v at %v", who, v, now)
		}
		return string(v.Current)
	}
	const answer, internal = `{"target":"first_response","due":"2026-03-04T16:00:00Z","missed":false,"paused":false}`,
		`{"target":"internal_target","due":"2026-03-04T14:00:00Z","missed":false,"paused":false}`
	for _, who := range []string{"ben", "eva"} {
		if got := shown(who, noon); got != answer {
			t.Errorf("%s has the current target %s", who, got)
		}
		if got := shown(who, noon.Add(5*time.Hour)); got != strings.Replace(answer, `"missed":false`, `"missed":true`, 1) {
			t.Errorf("later %s has the current target %s", who, got)
		}
	}
	for _, who := range []string{"mia", "sol", "gus", "man", "rea", "net"} {
		if got := shown(who, noon); got != internal {
			t.Errorf("%s has the current target %s", who, got)
		}
	}
	d.Services[printers].RequesterSees = []string{string(FieldInternalTarget)}
	if got := shown("ben", noon); got != internal {
		t.Errorf("with the internal target switched on, ben has %s", got)
	}
}

// D8: lists of requesters have no deadlines; the team's have.
func TestListsOfRequestersHaveNoDeadlines(t *testing.T) {
	t.Parallel()
	d := newDesk()
	ticket := under(d)
	d.Services[printers].RequesterSees = OptionalFields()
	late := noon.Add(5 * time.Hour)
	for _, who := range []string{"ben", "eva"} {
		if v := ViewOf(d.Directory, ticket, d.standing(who, ticket), late).InList(); v.FirstResponseDue != nil || v.ResolutionDue != nil || v.CurrentTarget != nil || v.Overdue {
			t.Errorf("%s's list has %+v", who, v)
		}
	}
	if v := ViewOf(d.Directory, ticket, d.standing("mia", ticket), late).InList(); v.FirstResponseDue == nil || v.ResolutionDue == nil || v.CurrentTarget == nil || !v.Overdue {
		t.Errorf("mia's list has %+v", v)
	}
}

// A ticket without service level has none of it, and a done one nothing to meet.
func TestViewWithoutDeadlines(t *testing.T) {
	t.Parallel()
	d := newDesk()
	raw, err := json.Marshal(ViewOf(d.Directory, d.ticket(), d.standing("mia", d.ticket()), noon))
	if err != nil || strings.Contains(string(raw), "_due") || strings.Contains(string(raw), "current_target") || strings.Contains(string(raw), "overdue") {
		t.Errorf("%s, %v", raw, err)
	}
	done := under(d, resolved, func(t *Ticket) { t.Clock.DueAt = time.Time{} })
	if v := ViewOf(d.Directory, done, d.standing("mia", done), noon.Add(72*time.Hour)); v.CurrentTarget != nil || v.Overdue || v.ResolutionDue == nil {
		t.Errorf("a resolved ticket has to meet %+v", v)
	}
}

package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

type object = map[string]any

// Each action: who may do it, what it does, who may not, and what cannot be done in that state or form.
func TestActions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	is := func(a answer, field string, want any) {
		t.Helper()
		if got := fmt.Sprint(a.JSON[field]); got != fmt.Sprint(want) {
			t.Errorf("%s is %s, want %v", field, got, want)
		}
	}
	solver := func(a answer, want string) {
		t.Helper()
		p, _ := a.JSON["solver"].(object)
		if got := fmt.Sprint(p["email"]); got != want {
			t.Errorf("the solver is %s, want %s", got, want)
		}
	}
	r.act(403, "ben", path, "take", nil)
	r.act(403, "man", path, "take", nil)
	r.act(403, "rea", path, "take", nil)
	a := r.act(200, "sol", path, "take", nil)
	solver(a, "sol@city.test")
	is(a, "status", "triaged")
	r.act(409, "sol", path, "take", nil)

	r.act(403, "ben", path, "assign", object{"solver": "mia@city.test"})
	r.act(422, "mia", path, "assign", object{})
	r.act(422, "mia", path, "assign", object{"group": "Nobody's"})
	r.act(422, "mia", path, "assign", object{"solver": "man@city.test"}) // never a manager (A49)
	r.act(422, "mia", path, "assign", object{"solver": "mia@city.test", "group": "Field"})
	unknown, known := r.act(422, "mia", path, "assign", object{"solver": "no@city.test"}), r.act(422, "mia", path, "assign", object{"solver": "eva@city.test"})
	if strings.ReplaceAll(unknown.Raw, "no@", "eva@") != known.Raw {
		t.Errorf("known and unknown differ:\n%s\n%s", known.Raw, unknown.Raw)
	}
	a = r.act(200, "mia", path, "assign", object{"group": "Field", "solver": "gus@city.test"})
	solver(a, "gus@city.test")
	is(a, "group", "Field")
	r.act(409, "mia", path, "assign", object{"group": "field", "solver": "gus@city.test"})

	r.act(403, "ben", path, "return", nil)
	a = r.act(200, "gus", path, "return", nil)
	is(a, "group", nil)
	r.act(409, "gus", path, "return", nil)

	r.act(403, "ben", path, "status", object{"status": "waiting"})
	r.act(422, "mia", path, "status", object{"status": "lost"})
	r.act(400, "mia", path, "status", nil)
	r.act(409, "mia", path, "status", object{"status": "closed"}) // only what is resolved
	is(r.act(200, "mia", path, "status", object{"status": "waiting"}), "status", "waiting")
	r.act(409, "mia", path, "status", object{"status": "waiting"})

	r.act(403, "ben", path, "priority", object{"priority": "urgent"})
	r.act(422, "mia", path, "priority", object{"priority": "asap"})
	is(r.act(200, "mia", path, "priority", object{"priority": "high"}), "priority", "high")
	r.act(409, "mia", path, "priority", object{"priority": "high"})

	r.act(403, "rea", path, "category", object{"category": "phone"})
	r.act(422, "mia", path, "category", object{"category": "cars"})
	is(r.act(200, "mia", path, "category", object{"category": "phone"}), "category", "phone")
	r.act(409, "mia", path, "category", object{"category": "phone"})

	r.act(403, "ben", path, "resolve", object{"text": "x"})
	r.act(422, "mia", path, "resolve", object{"txt": "x"})
	a = r.act(200, "man", path, "resolve", object{"text": "Cleaned."})
	is(a, "status", "resolved")
	solver(a, "man@city.test") // A47
	r.act(409, "mia", path, "resolve", nil)
	r.act(409, "mia", path, "assign", object{"solver": "sol@city.test"})

	is(r.act(200, "ben", path, "reopen", nil), "status", "open") // A79; a manager does not keep it (D5)
	r.act(409, "ben", path, "reopen", nil)                       // it is open
	r.act(409, "mia", path, "reopen", nil)

	r.act(409, "mia", path, "close", nil)
	is(r.act(200, "mia", path, "status", object{"status": "resolved"}), "status", "resolved")
	r.act(403, "rea", path, "close", nil)
	is(r.act(200, "ben", path, "close", nil), "status", "closed") // D25
}

func TestReopenDeadline(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	r.act(200, "mia", path, "resolve", nil)
	r.sql("update ticket set resolved_at = resolved_at - interval '8 days'")
	if a := r.act(409, "ben", path, "reopen", nil); a.JSON["code"] != "conflict" {
		t.Errorf("too late: %s", a.Raw)
	}
	if actions := r.get(200, "ben", path).JSON["actions"].([]any); slices.Contains(actions, "reopen") {
		t.Errorf("the requester is offered %v", actions)
	}
	r.act(200, "mia", path, "reopen", nil) // the team has no limit
}

func TestParticipantsAndFollowers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	r.act(422, "ben", path, "participant", object{})
	r.act(422, "ben", path, "participant", object{"add": "eva@city.test", "remove": "eva@city.test"})
	unknown := r.act(422, "ben", path, "participant", object{"add": "nobody@city.test"})
	if known := r.act(422, "ben", path, "participant", object{"add": "ken@vendor.test"}); known.Raw != unknown.Raw {
		t.Errorf("known and unknown differ:\n%s\n%s", known.Raw, unknown.Raw)
	}
	a := r.act(200, "ben", path, "participant", object{"add": "eva@city.test"})
	if people := list(a, "participants"); len(people) != 1 || people[0]["email"] != "eva@city.test" {
		t.Errorf("participants: %v", people)
	}
	r.act(409, "ben", path, "participant", object{"add": "eva@city.test"})
	r.act(409, "mia", path, "follower", object{"add": "eva@city.test"}) // D14
	r.get(200, "eva", path)
	r.act(204, "eva", path, "participant", object{"remove": "eva@city.test"})
	r.get(404, "eva", path)
	r.act(409, "ben", path, "participant", object{"remove": "eva@city.test"})

	r.act(403, "ben", path, "follower", object{"add": "eva@city.test"})
	if a := r.act(200, "mia", path, "follower", object{"add": "eva@city.test"}); len(list(a, "followers")) != 1 {
		t.Errorf("followers: %s", a.Raw)
	}
	r.get(200, "eva", path)
	if followers := list(r.get(200, "ben", path), "followers"); len(followers) != 0 {
		t.Errorf("the requester sees the followers %v", followers)
	}
	r.act(422, "mia", path, "follower", object{"add": "nobody@city.test"})
	r.act(204, "eva", path, "follower", object{"remove": "eva@city.test"})
	r.act(409, "mia", path, "follower", object{"remove": "eva@city.test"})
}

// Two press take on the same version: the second gets a conflict that shows who has it now (E5).
func TestStaleVersionIsAConflictThatShowsTheTicket(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	version := r.get(200, "mia", path).Header.Get("ETag")
	taken := r.act(200, "sol", path, "take", nil, "If-Match", version)
	a := r.act(409, "mia", path, "take", nil, "If-Match", version)
	ticket, _ := a.JSON["ticket"].(object)
	if a.JSON["code"] != "stale" || ticket["solver"].(object)["email"] != "sol@city.test" || ticket["version"] != taken.JSON["version"] {
		t.Errorf("the stale take answers %s", a.Raw)
	}
	if a := r.act(409, "ben", path, "record", object{"text": "x"}, "If-Match", version); strings.Contains(a.Raw, "priority") {
		t.Errorf("the conflict shows the requester the priority: %s", a.Raw)
	}
	r.act(404, "eva", path, "take", nil, "If-Match", version)
	for _, malformed := range []string{"x", `"0"`, "-1"} {
		r.act(422, "mia", path, "take", nil, "If-Match", malformed)
	}
	for i, present := range []string{"%v", `"%v"`, `W/"%v"`} {
		now := r.get(200, "mia", path).JSON["version"]
		r.act(200, []string{"mia", "vic", "sol"}[i], path, "take", nil, "If-Match", fmt.Sprintf(present, now))
	}
	r.act(200, "mia", path, "take", nil, "If-Match", "*")
}

// An exceptional solver who passes a ticket on sees it no more, and the answer to that very command tells nothing (D6).
func TestAnswerIsEmptyWhereTheTicketIsOutOfSight(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	r.get(404, "exa", path)
	r.act(200, "mia", path, "assign", object{"solver": "exa@city.test"})
	r.get(200, "exa", path)
	a := r.act(204, "exa", path, "assign", object{"solver": "sol@city.test"})
	if a.Raw != "" || a.Header.Get("ETag") != "" {
		t.Errorf("the answer tells %q %v", a.Raw, a.Header)
	}
	r.get(404, "exa", path)
}

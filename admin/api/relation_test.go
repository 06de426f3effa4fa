package api_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// number of the ticket at a path.
func number(path string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(path, "/tickets/"))
	return n
}

// A ticket that the actor does not read in full is unknown to them, like one that is not there (D28).
func TestOtherTicketMustBeKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	hidden := ticketPath(r.post(201, "ben", "/tickets", object{"service": "Network", "subject": "Cable", "text": "x"}))
	for action, field := range map[string]string{"link": "number", "merge": "into", "parent": "number"} {
		there := r.act(422, "mia", path, action, object{field: number(hidden)})
		missing := r.act(422, "mia", path, action, object{field: 999999})
		if strings.ReplaceAll(there.Raw, strconv.Itoa(number(hidden)), "999999") != missing.Raw {
			t.Errorf("%s tells hidden from missing:\n%s\n%s", action, there.Raw, missing.Raw)
		}
		r.act(422, "mia", path, action, object{field: number(path)})
		r.act(422, "mia", path, action, object{field: "x"})
		r.act(422, "mia", path, action, object{field: -1})
		r.act(422, "mia", path, action, object{})
		r.act(403, "ben", path, action, object{field: number(hidden)})
		r.act(403, "rea", path, action, object{field: number(hidden)})
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.open("ben", "Alpha"), r.open("eva", "Beta")
	links := func(path, want string) {
		t.Helper()
		if got := fmt.Sprint(r.get(200, "mia", path).JSON["links"]); got != want {
			t.Errorf("%s links %s, want %s", path, got, want)
		}
	}
	r.act(200, "mia", a, "link", object{"number": number(b)})
	links(a, fmt.Sprintf("[%d]", number(b)))
	links(b, fmt.Sprintf("[%d]", number(a)))
	r.act(409, "mia", b, "link", object{"number": number(a)})
	if got := r.get(200, "ben", a).JSON["links"].([]any); len(got) != 0 {
		t.Errorf("the requester sees the links %v", got)
	}
	r.act(200, "mia", b, "link", object{"number": number(a), "undo": true})
	links(a, "[]")
	r.act(409, "mia", a, "link", object{"number": number(b), "undo": true})
}

// Old numbers lead to the surviving ticket for ever, for reading and for acting (E10).
func TestMerge(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	old, kept := r.open("ben", "Twice"), r.open("ben", "Once")
	r.act(200, "ben", old, "record", object{"text": "It smokes."})
	version := r.get(200, "mia", old).Header.Get("ETag")
	r.act(200, "sol", old, "take", nil)
	stale := r.act(409, "mia", old, "merge", object{"into": number(kept)}, "If-Match", version)
	if ticket, _ := stale.JSON["ticket"].(object); ticket["subject"] != "Twice" { // the one that was acted on
		t.Errorf("a stale merge shows %s", stale.Raw)
	}
	a := r.act(200, "mia", old, "merge", object{"into": number(kept)})
	if ticketPath(a) != kept || fmt.Sprint(a.JSON["merged"]) != fmt.Sprintf("[%d]", number(old)) {
		t.Errorf("merged: %s", a.Raw)
	}
	for _, who := range []string{"mia", "ben"} {
		if a := r.get(200, who, old); ticketPath(a) != kept {
			t.Errorf("the old number shows %s to %s", a.Raw, who)
		}
	}
	if !strings.Contains(r.get(200, "ben", old+"/log").Raw, "It smokes.") {
		t.Error("the message did not move along")
	}
	if a := r.act(200, "mia", old, "take", nil); ticketPath(a) != kept {
		t.Errorf("taking the old number answers %s", a.Raw)
	}
	if a := r.act(200, "ben", old, "record", object{"text": "And now?"}); ticketPath(a) != kept {
		t.Errorf("writing to the old number answers %s", a.Raw)
	}
	if a := r.act(409, "mia", old, "take", nil, "If-Match", version); a.JSON["code"] != "stale" || ticketPath(answer{JSON: a.JSON["ticket"].(object)}) != kept {
		t.Errorf("a stale version of the old number answers %s", a.Raw)
	}
	r.act(422, "mia", old, "merge", object{"into": number(kept)}) // one and the same now
	if got := subjects(r.get(200, "mia", "/tickets")); got != "Once" {
		t.Errorf("the list has %q", got)
	}
	r.get(404, "eva", old)
}

func TestParent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	above, below := r.open("ben", "New office"), r.open("eva", "Printer there")
	a := r.act(200, "mia", below, "parent", object{"number": number(above)})
	if a.JSON["parent"] != float64(number(above)) {
		t.Errorf("below: %s", a.Raw)
	}
	if got := fmt.Sprint(r.get(200, "mia", above).JSON["children"]); got != fmt.Sprintf("[%d]", number(below)) {
		t.Errorf("above: %s", got)
	}
	if a := r.get(200, "eva", below); a.JSON["parent"] != nil {
		t.Errorf("the requester sees the parent %v", a.JSON["parent"])
	}
	r.act(409, "mia", below, "parent", object{"number": number(above)})
	r.act(409, "mia", above, "parent", object{"number": number(below)}) // a circle
	r.act(409, "mia", above, "merge", object{"into": number(below)})
	r.act(200, "mia", above, "resolve", nil)
	r.act(409, "mia", above, "close", nil) // the one below is open (E7)
	if a := r.act(200, "mia", below, "parent", object{"number": nil}); a.JSON["parent"] != nil {
		t.Errorf("taken away: %s", a.Raw)
	}
	r.act(409, "mia", below, "parent", object{"number": 0})
	r.act(200, "mia", above, "close", nil)
	r.act(409, "mia", below, "parent", object{"number": number(above)}) // closed
}

package api_test

import (
	"fmt"
	"slices"
	"testing"

	"postdesk/core"
)

// wellFormed is a body that the action takes.
func wellFormed(t testing.TB, a core.Action) any {
	t.Helper()
	bodies := map[core.Action]any{
		core.ActTake: nil, core.ActReturn: nil, core.ActReopen: nil, core.ActClose: nil, core.ActWithdraw: nil,
		core.ActAssign: object{"solver": "nobody@city.test"}, core.ActStatus: object{"status": "waiting"},
		core.ActResolve: object{"text": "x"}, core.ActRecord: object{"text": "x"},
		core.ActPriority: object{"priority": "low"}, core.ActCategory: object{"category": "phone"},
		core.ActParticipant: object{"add": "nobody@city.test"}, core.ActFollower: object{"remove": "rea@city.test"},
		core.ActMove: object{"service": "Network"}, core.ActEdit: object{"subject": "x"}, core.ActSplit: object{"record": "x"},
		core.ActLink: object{"number": 1000}, core.ActDue: object{"internal_target": nil}, core.ActSpam: nil,
		core.ActAsk: object{"approvers": []string{"nobody@city.test"}, "text": "x"}, core.ActCancelAsk: nil,
		core.ActApprove: nil, core.ActReject: object{"text": "x"}, core.ActMerge: object{"into": 1000}, core.ActParent: object{"number": 1000},
	}
	body, ok := bodies[a]
	if !ok {
		t.Fatalf("the test knows no body for %s", a)
	}
	return body
}

// Whoever acts on what they saw learns that it is not so any more, and sees the ticket as it is (E5), in each action.
func TestEveryActionRefusesAStaleVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	version := r.get(200, "mia", path).Header.Get("ETag")
	now := r.act(200, "mia", path, "priority", object{"priority": "high"}).JSON["version"]
	for _, action := range core.Actions() {
		a := r.act(409, "mia", path, string(action), wellFormed(t, action), "If-Match", version)
		if ticket, _ := a.JSON["ticket"].(object); a.JSON["code"] != "stale" || ticket["version"] != now || ticketPath(answer{JSON: ticket}) != path {
			t.Errorf("%s answers %s", action, a.Raw)
		}
	}
	if got := r.get(200, "mia", path).JSON["version"]; got != now {
		t.Errorf("version %v became %v", now, got)
	}
}

// The actions that a ticket offers are those that are not refused as forbidden or impossible (one table for both).
func TestOfferedActionsAreThePossibleOnes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	for _, who := range []string{"ben", "mia", "sol", "man", "rea"} {
		offered := fmt.Sprint(r.get(200, who, path).JSON["actions"])
		for _, action := range core.Actions() {
			body := wellFormed(t, action)
			if slices.Contains([]core.Action{core.ActTake, core.ActStatus, core.ActResolve, core.ActRecord, core.ActPriority, core.ActCategory, core.ActWithdraw,
				core.ActEdit, core.ActSpam}, action) {
				continue // their bodies would do something
			}
			status := r.call(who, "POST", "/api/v1"+path+"/actions/"+string(action), body).Status
			possible := status == 422 || status == 409 && (action == core.ActDue || action == core.ActFollower) // of the body
			if slices.Contains(words(offered), string(action)) != possible {
				t.Errorf("%s is offered %s, and %s answers %d", who, offered, action, status)
			}
		}
	}
}

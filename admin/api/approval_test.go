package api_test

import (
	"strings"
	"testing"
	"time"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "A bigger screen")
	ask := func(approvers []string, more ...any) object {
		o := object{"approvers": approvers, "rule": "all", "text": "May he?"}
		for i := 0; i < len(more); i += 2 {
			o[more[i].(string)] = more[i+1]
		}
		return o
	}
	pat := []string{"pat@city.test"}
	r.act(403, "ben", path, "ask", ask(pat))
	r.act(403, "rea", path, "ask", ask(pat))
	r.act(422, "mia", path, "ask", ask([]string{}))
	r.act(422, "mia", path, "ask", object{"text": "x"})
	r.act(422, "mia", path, "ask", ask([]string{"ben@city.test"})) // nobody approves their own request
	r.act(422, "mia", path, "ask", ask([]string{"pat@city.test", "PAT@city.test"}))
	r.act(422, "mia", path, "ask", ask(pat, "rule", "most"))
	r.act(422, "mia", path, "ask", ask(pat, "expires_at", "soon"))
	r.act(422, "mia", path, "ask", ask(pat, "expires_at", time.Now().Add(-time.Hour)))
	unknown, disabled := r.act(422, "mia", path, "ask", ask([]string{"no@city.test"})), r.act(422, "mia", path, "ask", ask([]string{"off@city.test"}))
	if strings.ReplaceAll(disabled.Raw, "off@", "no@") != unknown.Raw { // D28
		t.Errorf("disabled and unknown differ:\n%s\n%s", disabled.Raw, unknown.Raw)
	}

	expires := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	a := r.act(200, "mia", path, "ask", ask([]string{"pat@city.test", "ken@vendor.test"}, "expires_at", expires))
	approvals := list(a, "approvals")
	if len(approvals) != 1 {
		t.Fatalf("asked: %s", a.Raw)
	}
	q := approvals[0]
	if q["id"] == "" || q["rule"] != "all" || q["state"] != "pending" || q["text"] != "May he?" || q["expires_at"] != expires.Format(time.RFC3339) {
		t.Errorf("the approval is %v", q)
	}
	parts := list(answer{JSON: q}, "approvers")
	if len(parts) != 2 || parts[0]["email"] != "pat@city.test" || parts[0]["state"] != "pending" || parts[0]["at"] != nil {
		t.Errorf("the approvers are %v", parts)
	}
	if hidden := list(r.get(200, "ben", path), "approvals"); len(hidden) != 0 {
		t.Errorf("the requester sees the approvals %v", hidden)
	}
	r.act(200, "mia", path, "resolve", nil)
	r.act(409, "mia", path, "ask", ask(pat))
	if state := list(r.get(200, "mia", path), "approvals")[0]["state"]; state != "cancelled" {
		t.Errorf("of a resolved ticket the approval is %v", state)
	}
	r.get(404, "pat", path)
}

// An approver sees the ticket until they decided, and the answer to their very decision tells nothing any more (A64, D12).
func TestDecide(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "A bigger screen")
	approvals := func(who, want string) {
		t.Helper()
		if got := subjects(r.get(200, who, "/approvals")); got != want {
			t.Errorf("what waits for %s is %q, want %q", who, got, want)
		}
	}
	r.act(404, "pat", path, "approve", nil)
	approvals("pat", "")
	r.act(200, "mia", path, "ask", object{"approvers": []string{"pat@city.test", "eva@city.test", "sol@city.test"}, "text": "May he?"})
	approvals("pat", "A bigger screen")
	approvals("mia", "")
	if seen := r.get(200, "pat", path); len(list(seen, "approvals")) != 1 || !strings.Contains(seen.Raw, `"approve"`) {
		t.Errorf("the approver sees %s", seen.Raw)
	}
	r.act(403, "mia", path, "approve", nil)
	r.act(403, "ben", path, "reject", nil)
	r.act(403, "pat", path, "take", nil)
	r.act(422, "pat", path, "approve", object{"why": "x"})
	r.act(409, "pat", path, "approve", object{"id": "0190a1b2-0000-7000-8000-000000000000"})
	id := list(r.get(200, "pat", path), "approvals")[0]["id"]
	a := r.act(204, "pat", path, "approve", object{"text": "He may.", "id": id})
	if a.Raw != "" || a.Header.Get("ETag") != "" {
		t.Errorf("the answer tells %q %v", a.Raw, a.Header)
	}
	r.get(404, "pat", path)
	approvals("pat", "")
	r.act(404, "pat", path, "reject", nil)
	q := list(r.get(200, "mia", path), "approvals")[0]
	parts := list(answer{JSON: q}, "approvers")
	if q["state"] != "pending" || parts[0]["state"] != "approved" || parts[0]["at"] == nil || parts[0]["text"] != "He may." {
		t.Errorf("after the first decision: %v", q)
	}
	if a := r.act(200, "sol", path, "approve", nil); list(a, "approvals")[0]["state"] != "pending" { // of the team: still sees it
		t.Errorf("after the second decision: %s", a.Raw)
	}
	r.act(409, "sol", path, "reject", nil)
	r.act(204, "eva", path, "reject", object{"text": "Too dear."})
	if state := list(r.get(200, "mia", path), "approvals")[0]["state"]; state != "rejected" {
		t.Errorf("after the last decision the approval is %v", state)
	}
	r.act(409, "mia", path, "cancel_ask", nil)
}

func TestCancelAsk(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "A bigger screen")
	r.act(409, "mia", path, "cancel_ask", nil)
	for _, rule := range []string{"all", "any"} {
		r.act(200, "mia", path, "ask", object{"approvers": []string{"pat@city.test"}, "rule": rule, "text": "May he?"})
	}
	r.act(403, "ben", path, "cancel_ask", nil)
	r.act(403, "pat", path, "cancel_ask", nil)
	r.act(422, "mia", path, "cancel_ask", nil) // which of two?
	r.act(422, "mia", path, "cancel_ask", object{"id": "x"})
	r.act(422, "pat", path, "approve", nil) // which of two?
	first, second := list(r.get(200, "mia", path), "approvals")[0]["id"], list(r.get(200, "mia", path), "approvals")[1]["id"]
	r.act(200, "mia", path, "cancel_ask", object{"id": first})
	r.act(409, "mia", path, "cancel_ask", object{"id": first})
	r.act(409, "pat", path, "approve", object{"id": first})
	r.act(204, "pat", path, "approve", object{"id": second})
	r.act(409, "mia", path, "cancel_ask", object{"id": second})
}

// A delegate decides in place of somebody absent, under their own name (E14).
func TestDelegateDecides(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "A bigger screen")
	r.act(200, "mia", path, "ask", object{"approvers": []string{"pat@city.test"}, "text": "May he?"})
	r.get(404, "eva", path)
	r.want(200, "pat", "PUT", "/api/v1/me/absence", absence(-time.Hour, 24*time.Hour, "eva@city.test"))
	if got := subjects(r.get(200, "eva", "/approvals")); got != "A bigger screen" {
		t.Errorf("what waits for the delegate is %q", got)
	}
	r.act(204, "eva", path, "approve", nil)
	part := list(answer{JSON: list(r.get(200, "mia", path), "approvals")[0]}, "approvers")[0]
	if by, _ := part["decided_by"].(object); part["email"] != "pat@city.test" || part["state"] != "approved" || by["email"] != "eva@city.test" {
		t.Errorf("decided: %v", part)
	}
}

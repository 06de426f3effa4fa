package api_test

import (
	"fmt"
	"testing"
)

// The answer is of who would be told now; nothing is sent (E4).
func TestWho(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("eva", "Paper jam")
	var before, after int
	count := func() (n int) {
		if err := r.city.Store.Pool().QueryRow(t.Context(), "select count(*) from outbox").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before = count()
	told := map[string]object{}
	for _, x := range list(r.get(200, "rea", path+"/who?event=public_reply"), "recipients") {
		if got := keys(x); got != "email hidden language reason role" {
			t.Errorf("a recipient has %s", got)
		}
		told[x["email"].(string)] = x
	}
	mia, eva := told["mia@city.test"], told["eva@city.test"]
	if len(told) != 2 || mia["role"] != "main_solver" || mia["reason"] != "main_solver" || mia["language"] != "en" || fmt.Sprint(mia["hidden"]) != "[]" {
		t.Errorf("told: %v", told)
	}
	if eva["role"] != "requester" || eva["reason"] != "requester" || eva["language"] != "es" || len(eva["hidden"].([]any)) == 0 {
		t.Errorf("told: %v", told)
	}
	if after = count(); after != before {
		t.Errorf("asking queued %d mails", after-before)
	}
	if nobody := list(r.get(200, "mia", path+"/who?event=approval_requested"), "recipients"); len(nobody) != 0 {
		t.Errorf("asked for approval: %v", nobody)
	}
	r.get(403, "eva", path+"/who?event=public_reply") // theirs, and yet not to know who the desk tells
	r.get(404, "ben", path+"/who?event=public_reply")
	for _, malformed := range []string{"", "?event=", "?event=weather"} {
		r.get(422, "mia", path+"/who"+malformed)
	}
	kept := r.open("eva", "Once")
	r.act(200, "mia", path, "merge", object{"into": number(kept)})
	r.get(200, "mia", path+"/who?event=closed") // by a merged number
}

package main

import (
	"testing"
	"time"
)

// A message that was to leave while no daemon ran leaves once, soon after some are started at once.
func TestWhatWaitedWhileNoDaemonRanIsSentOnce(t *testing.T) {
	t.Parallel()
	r := newJobRig(t)
	if _, err := r.store.Pool().Exec(t.Context(), `insert into draft (id, person_id, ticket_number, kind, text, updated_at, send_at)
		select gen_random_uuid(), p.id, t.number, 'reply', 'Try again.', now(), now() - interval '1 hour' from person p, ticket t
		where p.email = 'mia@city.test' and t.subject = 'Paper jam'`); err != nil {
		t.Fatal(err)
	}
	stop := r.daemons(3)
	for limit := time.Now().Add(time.Minute); r.count("select count(*) from draft") > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("it still waits after a minute")
		}
	}
	stop()
	if n := r.count("select count(*) from log_record where text = 'Try again.' and show_to_requester"); n != 1 {
		t.Errorf("it was sent %d times", n)
	}
}

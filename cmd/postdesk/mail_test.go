package main

import (
	"strings"
	"testing"

	"postdesk/core/store/storetest"
)

// An operator who looks at mail whose content is gone is told so, and what is still known of it.
func TestMailWhoseContentIsGone(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	url, _ := strings.CutPrefix(s.environ[0], "POSTDESK_DATABASE_URL=")
	db := storetest.Open(t, url)
	city := storetest.BuildCity(t, db)
	const id = "0190a1b2-0000-7000-8000-000000000001"
	for _, sql := range []string{
		`insert into inbound (mailbox_id, epoch, uidvalidity, uid, sha256, size, received_at, accepted_at, state, reason, sender, raw_dropped_at, finished_at)
			select id, 1, 7, 1, sha256('x'), 1, now(), now(), 'suppressed', 'a loop', 'ben@city.test', now(), now() from mailbox`,
		`insert into outbox (id, mailbox_id, person_id, address, event, role, reason, language, automatic, message_id, state, next_at, created_at, finished_at, content_dropped_at)
			select '` + id + `', m.id, p.id, p.email, 'public_reply', 'requester', 'requester', 'en', true, 'x@city.test', 'rejected', now(), now(), now(), now()
			from mailbox m, person p where p.email = 'ben@city.test'`,
		"insert into outbox_content (outbox_id, content) values ('" + id + "', '{}')",
	} {
		if _, err := db.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if city.Mailbox == 0 {
		t.Fatal("no mailbox")
	}
	if out, _ := s.run(exitDone, "mail", "show", "1"); !strings.Contains(out, "raw bytes removed") || !strings.Contains(out, "state suppressed: a loop") {
		t.Errorf("shown as\n%s", out)
	}
	for _, args := range [][]string{{"mail", "show", "--raw", "1"}, {"mail", "replay", "1"}, {"mail", "replay", id}} {
		if _, errs := s.run(exitFailed, args...); !strings.Contains(errs, "removed") {
			t.Errorf("%v says %s", args, errs)
		}
	}
	for way, want := range map[string]string{"in": "received, applied, duplicate, suppressed, quarantined, parked", "out": "queued, sending, accepted"} {
		if _, errs := s.run(exitUsage, "mail", "ls", way, "--state", "nope"); !strings.Contains(errs, "nope") || !strings.Contains(errs, want) {
			t.Errorf("mail ls %s --state nope says %s", way, errs)
		}
	}
	if out, _ := s.run(exitDone, "mail", "ls", "--state", "suppressed"); !strings.Contains(out, "a loop") {
		t.Errorf("mail ls --state suppressed lists\n%s", out)
	}
	if out, _ := s.run(exitDone, "mail", "show", id); !strings.Contains(out, "content removed") || !strings.Contains(out, "state rejected") {
		t.Errorf("shown as\n%s", out)
	}
}

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// doctorSays wants lines of the doctor in their order; … in one stands for anything.
func doctorSays(t *testing.T, out string, want ...string) {
	t.Helper()
	rest := out
	for _, line := range want {
		parts := strings.Split(line, " … ")
		found := false
		for text := range strings.Lines(rest) {
			found = true
			for _, part := range parts {
				found = found && strings.Contains(text, part)
			}
			if found {
				_, rest, _ = strings.Cut(rest, text)
				break
			}
		}
		if !found {
			t.Errorf("no line %q (in this order) in\n%s", line, out)
			return
		}
	}
}

// TestDoctorProbesTheBorder: beside a running daemon the probe goes its way, says what the border does, opens no ticket and
// changes nothing in the mailbox; the proof is remembered for the settings that it was made with.
func TestDoctorProbesTheBorder(t *testing.T) {
	t.Parallel()
	dovecot := mailhost.StartDovecot(t, accounts())
	postfix := mailhost.StartBorder(t, dovecot)
	d := newDesk(t, deskSettings{binary: checkedBinary, dovecot: dovecot, smtpPort: postfix.SMTPPort, signIn: true})
	strict := strings.ReplaceAll(d.deskFile, "policy: token", "policy: strict")
	path := write(t, d.dir, "strict.yaml", strict)
	if _, errs := d.run(0, "apply", path); strings.Count(errs, "not probed") != 2 || !strings.Contains(errs, "postdesk doctor --mailbox it@city.test --send") {
		t.Errorf("apply warns: %s", errs)
	}
	daemon := d.serve().ready()
	out, _ := d.run(0, "doctor")
	doctorSays(t, out, "ok … database, connection", "ok … database, version: PostgreSQL", "ok … fsync: is on", "ok … full_page_writes: is on", "ok … synchronous_commit: is on",
		"ok … schema: up to date", "ok … it@city.test, imap: 127.0.0.1 … signed in as it, folder INBOX opened", "ok … it@city.test, idle", "ok … it@city.test, after: keep",
		"ok … it@city.test, smtp", "ok … it@city.test, reply addresses", "warning … it@city.test, probe: not sent", "→ run `postdesk doctor --mailbox it@city.test --send`",
		"ok … network@city.test, imap")

	out, _ = d.run(0, "doctor", "--send", "--mailbox", "it@city.test")
	doctorSays(t, out, "ok … reply addresses: mail to it+probe-", "ok … way: taken in, newest first, by imap.city.test, mx.city.test", "ok … border: mx.city.test took it in, and above that mx.city.test says: dmarc=pass",
		"ok … forged results: the forged Authentication-Results stayed, below the border's Received", "ok … sender: proven to be of city.test … policy strict works")
	eventually(t, 20*time.Second, func() error {
		if n := d.count("select count(*) from inbound where class = 'self' and state = 'suppressed' and subject like 'Postdesk doctor%'"); n != 1 {
			return fmt.Errorf("the ledger has the probe %d times as the desk's own", n)
		}
		return nil
	})
	if tickets, mails := d.count("select count(*) from ticket"), d.count("select count(*) from outbox"); tickets != 0 || mails != 0 {
		t.Errorf("%d tickets, %d mails", tickets, mails)
	}
	out, _ = d.run(0, "doctor", "--json")
	var answer struct {
		Checks []struct{ Area, Check, State, Text, Next string }
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatal(err)
	}
	remembered := 0
	for _, c := range answer.Checks {
		if c.Area == "it@city.test" && c.Check == "probe" && c.State == "ok" && strings.Contains(c.Text, "present trust settings") {
			remembered++
		}
	}
	if remembered != 1 {
		t.Errorf("the probe is not remembered: %s", out)
	}
	out, errs := d.run(0, "apply", path)
	if out != "no changes\n" || strings.Count(errs, "not probed") != 1 || strings.Contains(errs, "it@city.test") {
		t.Errorf("apply says %q, warns %q", out, errs)
	}
	// A border that nobody has looked at is none that was proven.
	_, errs = d.run(0, "apply", write(t, d.dir, "other.yaml", strings.ReplaceAll(strict, "borders: [mx.city.test]", "borders: [imap.city.test]")))
	if strings.Count(errs, "not probed") != 2 {
		t.Errorf("other settings: %q", errs)
	}
	out, _ = d.run(0, "doctor", "--mailbox", "it@city.test")
	doctorSays(t, out, "warning … probe: not sent: the trust settings are others")
	daemon.stop()
}

// TestDoctorOfABorderThatSaysNothing: the probe tells that the strict policy would hold every solver's mail, and where
// forged results end.
func TestDoctorOfABorderThatSaysNothing(t *testing.T) {
	t.Parallel()
	dovecot := mailhost.StartDovecot(t, accounts())
	postfix := mailhost.StartPostfix(t, dovecot)
	d := newDesk(t, deskSettings{binary: checkedBinary, dovecot: dovecot, smtpPort: postfix.SMTPPort, signIn: true})
	d.apply(strings.ReplaceAll(d.deskFile, "policy: token", "policy: strict"))
	out, _ := d.run(0, "doctor", "--send", "--mailbox", "it@city.test")
	doctorSays(t, out, "warning … border: no server wrote Authentication-Results", "→ let the border check", "ok … forged results … below the border's Received",
		"warning … sender: nothing proves … solvers' mail like this one would be held", "→ … sign it with DKIM")
	// Mail for a domain of which the server knows nothing is refused where nobody signs in.
	d.apply(strings.Replace(strings.ReplaceAll(strings.Replace(d.deskFile, fmt.Sprint("port: ", postfix.SMTPPort), fmt.Sprint("port: ", postfix.MXPort), 1),
		", username: it, password_env: IT_PASSWORD}\n    start", "}\n    start"), "    opens: Printers\n", "    opens: Printers\n    plus_addresses: false\n    reply_domain: t.city.test\n", 1))
	out, _ = d.run(1, "doctor", "--send", "--mailbox", "it@city.test")
	doctorSays(t, out, "wrong … reply addresses: the server refuses mail to probe-", "→ let it deliver such addresses")
}

// TestDoctorNamesWhatIsWrong: each failure is a line with the next step, nothing else is hidden by it, and the exit code
// tells.
func TestDoctorNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	dovecot := mailhost.StartDovecot(t, accounts(), "protocol imap {", "  imap_capability = IMAP4rev1", "}")
	sink := startSink(t, 0)
	d := newDesk(t, deskSettings{binary: checkedBinary, dovecot: dovecot, smtpPort: sink.port, after: "delete"})
	if _, err := d.pool.Exec(t.Context(), `do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$`); err != nil {
		t.Fatal(err)
	}
	out, _ := d.run(1, "doctor", "--send", "--wait", "3s", "--mailbox", "it@city.test")
	doctorSays(t, out, "wrong … database, synchronous_commit: is off", "→ set synchronous_commit = on", "warning … idle: not offered",
		"warning … after: the server has no UIDPLUS", "→ set after: keep or seen",
		"wrong … probe: taken by the submission server, but not in folder INBOX after 3s", "→ look for pd.")
	sink.mu.Lock()
	sent := len(sink.taken)
	sink.mu.Unlock()
	if remembered := d.count("select count(*) from mailbox where probed is not null"); sent != 1 || remembered != 0 {
		t.Errorf("%d probes sent, %d remembered", sent, remembered)
	}
	good := d.environ
	d.environ = append(good[:len(good):len(good)], "IT_PASSWORD=not-the-password")
	d.apply(strings.ReplaceAll(d.deskFile, fmt.Sprint("smtp: {host: 127.0.0.1, port: ", sink.port), fmt.Sprint("smtp: {host: 127.0.0.1, port: ", closedPort(t))))
	d.environ = good
	out, _ = d.run(1, "doctor", "--send")
	doctorSays(t, out, "wrong … it@city.test, imap: … login refused", "wrong … it@city.test, smtp: … connection refused", "→ correct smtp", "warning … it@city.test, probe: not sent",
		"ok … network@city.test, imap", "wrong … network@city.test, smtp")
	if strings.Contains(out, "not-the-password") {
		t.Error("the password is in the output")
	}
	// A token service that gives none, and one whose tokens the mail server does not take.
	var gives atomic.Bool
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if gives.Load() {
			_, _ = io.WriteString(w, `{"access_token":"a-token","token_type":"Bearer"}`)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
	}))
	t.Cleanup(service.Close)
	d.apply(strings.Replace(d.deskFile, "    opens: Printers\n", "    auth: {method: xoauth2, token_url: \""+service.URL+"/token\", client_id: desk, client_secret_env: IT_PASSWORD}\n    opens: Printers\n", 1))
	out, _ = d.run(1, "doctor", "--mailbox", "it@city.test")
	doctorSays(t, out, "wrong … access token", "→ look at auth of the mailbox")
	gives.Store(true)
	out, _ = d.run(1, "doctor", "--mailbox", "it@city.test")
	doctorSays(t, out, "ok … access token: given by "+service.URL, "wrong … imap")
	if strings.Contains(out, "a-token") {
		t.Error("the token is in the output")
	}
	d.run(2, "doctor", "--mailbox", "nobody@city.test")
	d.run(2, "doctor", "--wait", "1h")
	d.run(2, "doctor", "--send", "--message", filepath.Join(d.dir, "desk.yaml"))
	d.run(2, "doctor", "--message", filepath.Join(d.dir, "nothing.eml"))
}

// TestDoctorExplainsASavedMail needs no database, unless a mailbox's settings are asked for.
func TestDoctorExplainsASavedMail(t *testing.T) {
	t.Parallel()
	p := newProgram(t, binary(t, checkedBinary), "")
	mail := write(t, p.dir, "a.eml", "Authentication-Results: mx.city.test; dmarc=pass header.from=city.test\r\n"+
		"Received: from out.city.test by mx.city.test (Postfix) id 1; Wed, 04 Mar 2026 11:00:00 +0000\r\nFrom: ben@city.test\r\n\r\nx\r\n")
	p.environ = []string{"HOME=" + p.dir}
	out, _ := p.run(0, "doctor", "--message", mail)
	doctorSays(t, out, "warning … message, border: mx.city.test looks like the border", "→ set trust: {authserv_ids: [mx.city.test], borders: [mx.city.test]}", "ok … sender")
}

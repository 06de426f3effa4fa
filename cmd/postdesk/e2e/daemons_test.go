package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// takeover is how long a mailbox may rest after the daemon that held its lease was killed: the lease, and what the other
// needs to notice, with room for a busy machine.
const takeover = 25 * time.Second

// TestTwoDaemonsShareAMailbox: every mail has one effect, although two daemons work on the same mailboxes and outbox;
// when the one with the lease is killed the other takes over. What was worked off is moved on the server, and only then.
func TestTwoDaemonsShareAMailbox(t *testing.T) {
	t.Parallel()
	dovecot := mailhost.StartDovecot(t, accounts())
	sink := startSink(t, 5*time.Millisecond)
	d := newDesk(t, deskSettings{binary: checkedBinary, dovecot: dovecot, smtpPort: sink.port, after: "\"move: Done\""})
	b := &killBench{desk: d, sink: sink}
	first := d.serve().ready() // it holds the leases
	eventually(t, 10*time.Second, func() error {
		if n := d.count("select count(*) from mailbox_state where lease_token is not null"); n != 2 {
			return fmt.Errorf("%d mailboxes are held", n)
		}
		return nil
	})
	second := d.serve().ready()
	sent := someMails(200)
	for _, m := range sent {
		m.twice, m.files = false, nil
		m.raw = m.bytes()
	}

	<-b.deliver(sent[:100])
	b.settled(100)
	done := b.deliver(sent[100:150])
	time.Sleep(50 * time.Millisecond)
	first.kill()
	<-done
	killed := time.Now()
	b.settled(150)
	if took := time.Since(killed); took > takeover {
		t.Errorf("the other daemon took over after %s", took)
	} else {
		t.Logf("the other daemon took over after %s", took.Round(100*time.Millisecond))
	}
	third := d.serve().ready()
	done = b.deliver(sent[150:])
	second.stop() // gives its leases back
	stopped := time.Now()
	<-done
	b.settled(200)
	t.Logf("after a clean stop the next one took %s", time.Since(stopped).Round(100*time.Millisecond))
	b.drainedOutbox()
	b.checkOutbox(sent, b.checkEffects(sent))
	if n := d.count("select count(*) from inbound where state not in ('applied', 'duplicate')"); n > 0 {
		t.Errorf("%d messages are neither applied nor duplicates", n)
	}
	eventually(t, 20*time.Second, func() error {
		_, left := listed(t, dovecot, "it", "INBOX")
		_, moved := listed(t, dovecot, "it", "Done")
		if len(left) > 0 || len(moved) != len(sent) {
			return fmt.Errorf("%d messages left and %d of %d moved", len(left), len(moved), len(sent))
		}
		return nil
	})
	third.stop()
	for _, daemon := range []*daemon{first, second, third} {
		// A mailbox that files what it worked off ends its IDLE all the time: that must not cost connections.
		if log := daemon.logged(); strings.Contains(log, "cannot be read") {
			t.Errorf("a mailbox failed:\n%s", log)
		}
	}
}

// settled waits until n different mails have an effect.
func (b *killBench) settled(n int) {
	b.Helper()
	eventually(b.T, time.Minute, func() error {
		if got := b.count("select count(*) from inbound where state = 'applied'"); got != n {
			return fmt.Errorf("%d of %d mails are applied", got, n)
		}
		return nil
	})
}

// drainedOutbox waits until nothing is to be sent now.
func (b *killBench) drainedOutbox() {
	b.Helper()
	eventually(b.T, time.Minute, func() error {
		if n := b.count("select count(*) from outbox where state in ('queued', 'sending')"); n > 0 {
			return fmt.Errorf("%d mails wait to be sent", n)
		}
		return nil
	})
}

package e2e

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/jackc/pgx/v5"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// arrivalLimit is generous: the goal is 150 ms on an idle machine, and tests run on busy ones. What it guards is that a
// notice of the server is acted on at once, and not at a poll.
const arrivalLimit = time.Second

// TestMailIsATicketAtOnce measures from the server's notice to the committed ticket, one mail after the other. When the
// server gives notice (Dovecot waits half a second itself) is seen by another client that idles beside the daemon.
func TestMailIsATicketAtOnce(t *testing.T) {
	t.Parallel()
	dovecot := mailhost.StartDovecot(t, accounts())
	sink := startSink(t, 0)
	d := newDesk(t, deskSettings{binary: plainBinary, dovecot: dovecot, smtpPort: sink.port})
	daemon := d.serve().ready()
	notices := noticesOf(t, dovecot, "it")
	const mails = 40
	noticed := map[string]time.Time{}
	for i := range mails {
		l := letter{from: "ben@city.test", name: "Ben", to: "it@city.test", subject: fmt.Sprint("Request ", i), text: "Please."}
		raw := l.bytes()
		if err := dovecot.DeliverFrom(l.from, "it", raw); err != nil {
			t.Fatal(err)
		}
		select {
		case noticed[l.id] = <-notices:
		case <-time.After(30 * time.Second):
			t.Fatal("Dovecot does not tell of a mail")
		}
		eventually(t, 30*time.Second, func() error {
			if n := d.count("select count(*) from inbound where state = 'applied'"); n < i+1 {
				return fmt.Errorf("%d of %d mails are applied", n, i+1)
			}
			return nil
		})
	}
	rows, err := d.pool.Query(t.Context(), "select message_id, finished_at from inbound")
	if err != nil {
		t.Fatal(err)
	}
	var id string
	var finished time.Time
	var waits []time.Duration
	if _, err := pgx.ForEachRow(rows, []any{&id, &finished}, func() error {
		waits = append(waits, finished.Sub(noticed[id]))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(waits)
	if len(waits) != mails {
		t.Fatalf("%d mails", len(waits))
	}
	p95 := waits[mails*95/100]
	t.Logf("from notice to ticket: median %s, p95 %s, longest %s", waits[mails/2], p95, waits[mails-1])
	if p95 > arrivalLimit {
		t.Errorf("p95 is %s", p95)
	}
	sink.arrives(t, "mia@city.test", mails)
	daemon.stop()
}

// noticesOf idles in a mailbox and tells when the server announces a mail.
func noticesOf(t *testing.T, d *mailhost.Dovecot, user string) <-chan time.Time {
	t.Helper()
	notices := make(chan time.Time, 100)
	known := uint32(0)
	c, err := imapclient.DialInsecure(net.JoinHostPort(d.Host, strconv.Itoa(d.IMAPPort)), &imapclient.Options{
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil && *data.NumMessages > known {
				known = *data.NumMessages
				notices <- time.Now()
			}
		}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(user, password(user)).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Idle(); err != nil {
		t.Fatal(err)
	}
	return notices
}

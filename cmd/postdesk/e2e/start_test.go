package e2e

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// TestMailBeforeTheStartIsOnlyNoted: what lay in the mailbox when it was added stands in the ledger without its body and
// makes no ticket, also behind a message of a later date and more than one page further on; what comes then is taken.
func TestMailBeforeTheStartIsOnlyNoted(t *testing.T) {
	t.Parallel()
	const old = 700
	dovecot := mailhost.StartDovecot(t, accounts())
	sink := startSink(t, 0)
	request := func(i int) []byte {
		l := letter{from: "ben@city.test", name: "Ben", to: "it@city.test", subject: fmt.Sprint("Request ", i), text: "Please."}
		return l.bytes()
	}
	c, err := imapclient.DialInsecure(net.JoinHostPort(dovecot.Host, strconv.Itoa(dovecot.IMAPPort)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("it", password("it")).Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range old + 1 { // the first one is dated after the start: mailboxes that were copied are in no order
		date := time.Now().AddDate(0, 0, -1)
		if i == 0 {
			date = time.Now().Add(time.Hour)
		}
		raw := request(i)
		a := c.Append("INBOX", int64(len(raw)), &imap.AppendOptions{Time: date})
		if _, err := a.Write(raw); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	d := newDesk(t, deskSettings{binary: checkedBinary, dovecot: dovecot, smtpPort: sink.port, start: "now"})
	daemon := d.serve().ready()
	ledger := func(applied int) {
		t.Helper()
		eventually(t, 40*time.Second, func() error {
			noted := d.count("select count(*) from inbound where state = 'suppressed' and reason = 'before start' and sha256 = '' and subject <> ''")
			taken := d.count("select count(*) from inbound where state = 'applied'")
			if all := d.count("select count(*) from inbound"); noted != old || taken != applied || all != noted+taken {
				return fmt.Errorf("%d noted, %d taken of %d", noted, taken, all)
			}
			return nil
		})
	}
	ledger(1)
	// A message that somebody moves in later is new, whatever its date; so is everything that is delivered.
	raw := request(old + 1)
	a := c.Append("INBOX", int64(len(raw)), &imap.AppendOptions{Time: time.Now().AddDate(0, 0, -1)})
	if _, err := a.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := dovecot.DeliverFrom("ben@city.test", "it", request(old+2)); err != nil {
		t.Fatal(err)
	}
	ledger(3)
	daemon.stop()
	again := d.serve().ready()
	ledger(3)
	again.stop()
}

package e2e

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// TestBouncedRequester plays what happens when the answer to a request cannot be delivered: a real server's report comes
// back into the desk's own mailbox, the mail is known to have failed, and who works on the ticket is told and sees it.
func TestBouncedRequester(t *testing.T) {
	t.Parallel()
	dovecot := mailhost.StartDovecot(t, accounts())
	postfix := mailhost.StartPostfix(t, dovecot)
	d := newDesk(t, deskSettings{binary: checkedBinary, dovecot: dovecot, smtpPort: postfix.SMTPPort, signIn: true})
	const eva = "eva@gone.test" // Postfix takes mail to other domains, and finds that there is nobody
	d.apply(strings.NewReplacer("eva@city.test", eva, "domains: [city.test]", "domains: [city.test, gone.test]").Replace(d.deskFile))
	daemon := d.serve().ready()

	submit(t, postfix, letter{from: eva, name: "Eva", to: "it@city.test", subject: "Toner is empty", text: "Please bring some."})
	opened := arrives(t, dovecot, "mia", 1)
	failed := arrives(t, dovecot, "mia", 2)
	if opened.event() != "ticket_created" || failed.event() != "delivery_failed" || !strings.Contains(failed.text, eva) || !strings.Contains(failed.text, "5.1.2") {
		t.Errorf("mia got %s, then %s: %s", opened.event(), failed.event(), failed.text)
	}
	if n := d.count("select count(*) from outbox where state = 'bounced' and address = $1 and event = 'ticket_created'", eva); n != 1 {
		t.Errorf("%d acknowledgements came back", n)
	}

	mia := d.caller(daemon, "mia")
	n := mia.tickets("")[0].Number
	var log struct {
		Records []struct {
			Kind       string
			Text       string
			Change     struct{ Field, From, To string }
			Deliveries []struct{ To, State, Response string }
		}
	}
	eventually(t, 20*time.Second, func() error { // the record of the bounce is written with the state
		mia.ask("GET", fmt.Sprintf("/tickets/%d/log", n), nil, &log)
		if len(log.Records) != 2 {
			return fmt.Errorf("%d records", len(log.Records))
		}
		return nil
	})
	request, bounce := log.Records[0], log.Records[1]
	if len(request.Deliveries) != 1 || request.Deliveries[0].To != eva || request.Deliveries[0].State != "bounced" {
		t.Errorf("the request shows %+v", request.Deliveries)
	}
	if bounce.Kind != "mail" || bounce.Change.Field != "delivery" || bounce.Change.From != eva || bounce.Change.To != "bounced" || !strings.Contains(bounce.Text, "5.1.2") {
		t.Errorf("the log says %+v", bounce)
	}

	if out, _ := d.run(0, "mail", "ls", "out", "--state", "bounced"); !strings.Contains(out, eva) || !strings.Contains(out, "5.1.2") {
		t.Errorf("the outbox lists\n%s", out)
	}
	if in, _ := d.run(0, "mail", "ls", "in", "--state", "suppressed"); !strings.Contains(in, "bounce: failed 5.1.2") || !strings.Contains(in, fmt.Sprint(n)) {
		t.Errorf("the ledger lists\n%s", in)
	}
	if mails := d.count("select count(*) from outbox"); mails != 3 { // the acknowledgement, the notice, the news
		t.Errorf("%d mails in all", mails)
	}

	// A server says that a mail is late: that is noted with the mail, and told to nobody.
	c, err := smtp.Dial(net.JoinHostPort(postfix.Host, strconv.Itoa(postfix.MXPort)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendMail("", []string{"it@city.test"}, strings.NewReader("From: MAILER-DAEMON@mx.gone.test\r\nTo: it@city.test\r\nSubject: Delayed mail\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"+
		"Reporting-MTA: dns; mx.gone.test\r\n\r\nFinal-Recipient: rfc822; mia@city.test\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n"+
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: "+opened.id+"\r\n\r\n--b--\r\n")); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, func() error {
		var id string
		if err := d.pool.QueryRow(t.Context(), "select id from outbox where state = 'accepted' and note <> ''").Scan(&id); err != nil {
			return err
		}
		if out, _ := d.run(0, "mail", "show", id); !strings.Contains(out, "to mia@city.test") || !strings.Contains(out, "heard of it: ") || !strings.Contains(out, "delayed 4.4.1") {
			t.Errorf("the late mail is shown as\n%s", out)
		}
		return nil
	})
	if mails := d.count("select count(*) from outbox"); mails != 3 {
		t.Errorf("%d mails after the delay", mails)
	}
	daemon.stop()
}

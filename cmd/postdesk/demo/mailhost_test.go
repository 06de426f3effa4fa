package demo

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"
)

const secret = "one demo password"

var people = []string{"it@city.test", "ben@city.test", "eva@city.test", "vic@vendor.test"}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func host(t *testing.T, dir string) *MailHost {
	t.Helper()
	h, err := StartMailHost(dir, "city.test", people, secret)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func dialIMAP(t *testing.T, h *MailHost, o *imapclient.Options) *imapclient.Client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", h.IMAPAddr(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c := imapclient.New(conn, o)
	t.Cleanup(func() { c.Close() })
	return c
}

// open signs in and selects the INBOX.
func open(t *testing.T, h *MailHost, user string) (*imapclient.Client, *imap.SelectData) {
	t.Helper()
	c := dialIMAP(t, h, nil)
	if err := c.Login(user, secret).Wait(); err != nil {
		t.Fatal(err)
	}
	data, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	return c, data
}

// uids lists what the INBOX holds, as "uid subject".
func uids(t *testing.T, h *MailHost, user string) []string {
	t.Helper()
	c, data := open(t, h, user)
	if data.NumMessages == 0 {
		return nil
	}
	all := imap.UIDSet{}
	all.AddRange(1, 0)
	found, err := c.Fetch(all, &imap.FetchOptions{UID: true, Envelope: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range found {
		list = append(list, fmt.Sprintf("%d %s", m.UID, m.Envelope.Subject))
	}
	return list
}

func text(from, subject string) []byte {
	return []byte("From: " + from + "\r\nTo: it@city.test\r\nSubject: " + subject + "\r\n\r\nHello\r\n")
}

func deliver(t *testing.T, h *MailHost, to, subject string) {
	t.Helper()
	if err := h.Deliver("ben@city.test", []string{to}, text("ben@city.test", subject)); err != nil {
		t.Fatal(err)
	}
}

func head(raw []byte) string {
	h, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	return string(h)
}

func TestSubmittedMailIsFetched(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir())
	raw := []byte("From: Ben <ben@city.test>\r\nTo: it+t0ken@city.test\r\nSubject: =?utf-8?q?Impresi=C3=B3n?=\r\n\r\n.one dot\r\n")
	if err := Submit(h.SMTPAddr(), secret, "ben@city.test", []string{"it+t0ken@city.test"}, raw); err != nil {
		t.Fatal(err)
	}
	c, data := open(t, h, "it")
	if data.NumMessages != 1 || data.UIDNext != 2 {
		t.Fatalf("%d messages, UIDNEXT %d", data.NumMessages, data.UIDNext)
	}
	section := &imap.FetchItemBodySection{Peek: true}
	found, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	got := string(found[0].FindBodySection(section))
	want := []string{"Return-Path: <ben@city.test>", "Delivered-To: it+t0ken@city.test",
		"Authentication-Results: mx.city.test; dmarc=pass header.from=city.test", "Received: from "}
	lines := strings.Split(got, "\r\n")
	for i, w := range want {
		if !strings.HasPrefix(lines[i], w) {
			t.Errorf("line %d is %q, want %q", i+1, lines[i], w)
		}
	}
	if !strings.Contains(got, "by mx.city.test with ESMTPA") || !strings.HasSuffix(got, "\r\n\r\n.one dot\r\n") {
		t.Errorf("message:\n%s", got)
	}
	list := h.Inbox("IT@city.test")
	if len(list) != 1 || list[0].Subject != "Impresión" || !strings.Contains(list[0].From, "ben@city.test") || string(list[0].Raw) != got {
		t.Errorf("Inbox: %+v", list)
	}
}

func TestNothingLeavesTheHost(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir())
	for to, want := range map[string]string{
		"nobody@city.test":    "no mailbox nobody@city.test",
		"someone@example.org": "sends no mail to other domains",
	} {
		err := Submit(h.SMTPAddr(), secret, "ben@city.test", []string{to}, text("ben@city.test", "x"))
		var answer *smtp.SMTPError
		if !errors.As(err, &answer) || answer.Code != 550 || !strings.Contains(answer.Message, want) {
			t.Errorf("mail to %s: %v, want 550 and %q", to, err, want)
		}
		if err := h.Deliver("ben@city.test", []string{"eva@city.test", to}, text("ben@city.test", "x")); err == nil {
			t.Errorf("Deliver to %s was accepted", to)
		}
	}
	if got := h.Inbox("eva@city.test"); len(got) != 0 {
		t.Error("a refused delivery reached one of its recipients")
	}
	if err := h.Deliver("ben@city.test", []string{"vic@vendor.test"}, text("ben@city.test", "x")); err != nil {
		t.Errorf("a sample person of another domain: %v", err)
	}
}

func TestPasswordIsAsked(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir())
	for _, c := range [][2]string{{"it", "guess"}, {"it", ""}, {"stranger", secret}} {
		if err := dialIMAP(t, h, nil).Login(c[0], c[1]).Wait(); err == nil {
			t.Errorf("IMAP lets %q in with %q", c[0], c[1])
		}
		if err := Submit(h.SMTPAddr(), c[1], c[0]+"@city.test", []string{"it@city.test"}, text("ben@city.test", "x")); err == nil {
			t.Errorf("SMTP lets %q in with %q", c[0], c[1])
		}
	}
	if _, err := StartMailHost(t.TempDir(), "city.test", people, ""); err == nil {
		t.Error("a host without a password starts")
	}
}

// session hands in a message as a given user ("" = without sign-in) and returns what arrived.
func session(t *testing.T, h *MailHost, user string, raw []byte) string {
	t.Helper()
	c, err := smtp.Dial(h.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if user != "" {
		if err := c.Auth(sasl.NewPlainClient("", user, secret)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SendMail("ben@city.test", []string{"it@city.test"}, bytes.NewReader(raw)); err != nil {
		t.Fatal(err)
	}
	return string(h.Inbox("it@city.test")[0].Raw)
}

func TestEvidenceOnlyForTheOneWhoSignedIn(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir())
	two := "From: ben@city.test\r\nFrom: eva@city.test\r\nSubject: x\r\n\r\n"
	for _, c := range []struct{ name, user, raw, want string }{
		{"own address", "ben@city.test", "From: Ben <BEN@city.test>\r\n\r\nx", "dmarc=pass header.from=city.test"},
		{"own address by local part", "ben", "From: ben@city.test\r\n\r\nx", "dmarc=pass header.from=city.test"},
		{"somebody else's", "ben", "From: eva@city.test\r\n\r\nx", "dmarc=none header.from=city.test"},
		{"nobody signed in", "", "From: ben@city.test\r\n\r\nx", "dmarc=none header.from=city.test"},
		{"two fields", "ben", two, "dmarc=none"},
		{"two addresses", "ben", "From: ben@city.test, eva@city.test\r\n\r\nx", "dmarc=none"},
		{"no From", "ben", "Subject: x\r\n\r\nx", "dmarc=none"},
		{"display name with an address", "ben", "From: \"ben@city.test\" <eva@city.test>\r\n\r\nx", "dmarc=none header.from=city.test"},
	} {
		got := head([]byte(session(t, h, c.user, []byte(c.raw))))
		if !strings.Contains(got, "\r\nAuthentication-Results: mx.city.test; "+c.want+"\r\n") {
			t.Errorf("%s: want %s in\n%s", c.name, c.want, got)
		}
	}
}

func TestForgedResultsAreRemoved(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir())
	for _, forgery := range []string{
		"Authentication-Results: mx.city.test; dmarc=pass header.from=city.test",
		"AUTHENTICATION-RESULTS : MX.city.TEST ; dmarc=pass",
		"Authentication-Results:\r\n mx.city.test;\r\n dmarc=pass",
		"Authentication-Results: (a comment) \"mx.city.test\" 1; dmarc=pass",
		"Authentication-Results: \"mx\\.city.test\"; dmarc=pass",
		"X: a\nAuthentication-Results: mx.city.test; dmarc=pass",
		"X: a\rAuthentication-Results: mx.city.test; dmarc=pass",
		"Return-Path: <eva@city.test>",
	} {
		raw := forgery + "\r\nFrom: eva@city.test\r\nAuthentication-Results: mx.other.test; dkim=pass\r\n" + forgery + "\r\nSubject: s\r\n\r\nbody\r\n"
		got := session(t, h, "ben", []byte(raw))
		_, after, ok := strings.Cut(got, "Received: from")
		if !ok {
			t.Fatalf("no Received field:\n%s", got)
		}
		lower := strings.ToLower(strings.ReplaceAll(after, "\\", ""))
		_, fields, _ := strings.Cut(lower, "+0000\r\n") // the host's own Received names it too
		if strings.Contains(fields, "dmarc=pass") || strings.Contains(fields, "return-path") {
			t.Errorf("%q is still in\n%s", forgery, got)
		}
		for _, want := range []string{"mx.other.test", "Subject: s\r\n\r\nbody\r\n"} {
			if !strings.Contains(after, want) {
				t.Errorf("%q: %q is lost:\n%s", forgery, want, got)
			}
		}
	}
}

func TestMessageOfOnlyForgeriesKeepsItsBody(t *testing.T) {
	t.Parallel()
	got := string(withoutForgeries([]byte("Return-Path: <a@b>\r\n\r\nbody"), "mx.city.test"))
	if got != "\r\nbody" {
		t.Errorf("%q", got)
	}
}

func TestIdleReportsNewMail(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir())
	told := make(chan uint32, 8)
	c := dialIMAP(t, h, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				told <- *d.NumMessages
			}
		}}})
	if err := c.Login("it@city.test", secret).Wait(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []imap.Cap{imap.CapUIDPlus, imap.CapMove, imap.CapIdle} {
		if !c.Caps().Has(want) {
			t.Errorf("capability %s is missing", want)
		}
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, h, "it+x@city.test", "new")
	select {
	case n := <-told:
		if n != 1 {
			t.Errorf("%d messages", n)
		}
	case <-time.After(10 * time.Second):
		t.Error("IDLE says nothing")
	}
	if err := idle.Close(); err != nil {
		t.Error(err)
	}
}

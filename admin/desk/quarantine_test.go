package desk_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// plainReader reads mails of one plain part.
type plainReader struct{ helpdesk.MailReader }

func (plainReader) ReadContent(_ context.Context, raw io.Reader) (c helpdesk.MailContent, err error) {
	m, err := mail.ReadMessage(raw)
	if err != nil {
		return c, err
	}
	text, err := io.ReadAll(m.Body)
	if from, err := mail.ParseAddress(m.Header.Get("From")); err == nil {
		c.From = core.Ref{Email: from.Address, Name: from.Name}
	}
	c.Subject, c.Text, c.MessageID = m.Header.Get("Subject"), strings.TrimSpace(string(text)), strings.Trim(m.Header.Get("Message-ID"), "<>")
	return c, err
}

// held puts a mail into the quarantine of Printers and returns its page.
func (w *world) held(t testing.TB, from, subject, text string, why core.Held) string {
	t.Helper()
	w.help.ReadMailWith(plainReader{})
	uid := uint32(time.Now().UnixNano() >> 10 & 0x7fffffff)
	raw := fmt.Appendf(nil, "From: %s\r\nSubject: %s\r\nMessage-ID: <%d@held.test>\r\n\r\n%s\r\n", from, subject, uid, text)
	err := w.Store.AcceptPage(t.Context(), w.Mailbox, store.MailboxPosition{Epoch: 1, UIDValidity: 7},
		[]store.RawMail{{UID: uid, ReceivedAt: time.Now(), SHA256: sha256.Sum256(raw), Size: int64(len(raw)), Data: raw}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := w.Store.ClaimInbound(t.Context(), w.Mailbox, 1, nil)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d messages wait: %v", len(rows), err)
	}
	address := ""
	if a, err := mail.ParseAddress(from); err == nil {
		address = a.Address
	}
	_, err = w.help.ApplyMail(t.Context(), rows[0].ID, helpdesk.Letter{From: address, Sender: address, Subject: subject, Evidence: "no Received by a trusted border"},
		func(*helpdesk.Mail) (store.Outcome, error) {
			return store.Outcome{State: core.InboundQuarantined, Reason: why.String(), Held: why, Service: w.Printers}, nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/quarantine/%d", rows[0].ID)
}

var unknownSender = core.Held{Key: "no_requester", Args: []string{"Printers"}}

// The team reads held mail as plain text, in its own language, and finds the way there with a count; nobody else does.
func TestTeamReadsHeldMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.held(t, "Kim Lee <kim@else.test>", "Door <b>badge</b>", "Please <script>let me in</script>\nhttps://evil.test/x", unknownSender)
	for _, who := range []string{"ben", "rea", "exa", "net", "root", "tre"} {
		b := w.as(t, who)
		if got := b.get("/quarantine"); got.status != 404 && who != "net" {
			t.Errorf("%s gets the list: %d", who, got.status)
		}
		b.get(path).want(404)
		for _, decision := range []string{"accept", "refuse"} {
			b.post(path + "/" + decision).want(404)
		}
		b.post(path+"/attach", "number", "1001").want(404)
		if who != "net" && len(find(b.get("/dashboard/ithelpdesk").root, "nav.rail .count")) > 0 {
			t.Errorf("%s is shown a count", who)
		}
	}
	mia := w.as(t, "mia")
	if got := mia.get("/dashboard/ithelpdesk").want(200).text("nav.rail .count"); got != "1" {
		t.Errorf("the count is %q", got)
	}
	list := mia.get("/quarantine").want(200)
	for _, s := range []string{"kim@else.test", "Door <b>badge</b>", "The sender is no requester of Printers", "Printers"} {
		if !strings.Contains(list.text(".list"), s) {
			t.Errorf("the list lacks %q: %s", s, list.text(".list"))
		}
	}
	one := mia.get(path).want(200)
	if got := one.text(".thread .plain"); got != "Please <script>let me in</script> https://evil.test/x" || len(find(one.root, ".thread a")) > 0 {
		t.Errorf("the text is shown as %q", got)
	}
	for _, s := range []string{"kim@else.test", "Kim Lee", "no Received by a trusted border"} {
		if !strings.Contains(one.text("article"), s) {
			t.Errorf("the page lacks %q", s)
		}
	}
	if got := w.as(t, "sol").get(path).want(200).text(".because"); !strings.Contains(got, "El remitente no es solicitante de Printers") {
		t.Errorf("in Spanish it says %q", got)
	}
	man := w.as(t, "man").get(path).want(200) // a manager may sort, and not open for others (A5)
	if strings.Contains(string(man.body), "/accept") || !strings.Contains(string(man.body), "/refuse") {
		t.Error("a manager is offered the wrong buttons")
	}
}

// Each decision does what its operation does, under the triager's name, once.
func TestTeamDecidesAboutHeldMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mia := w.as(t, "mia")
	path := w.held(t, "Kim Lee <kim@else.test>", "Badge", "Please let me in.", unknownSender)
	if got := mia.get(path + "/accept").status; got != 404 && got != 405 {
		t.Errorf("a GET decides: %d", got)
	}
	shown := mia.follow(mia.post(path + "/accept"))
	if !strings.Contains(shown.text("article"), "Please let me in.") || !strings.Contains(shown.text(".said"), "The mail opened ticket #1001.") {
		t.Errorf("after accepting: %s", shown.text("main"))
	}
	again := mia.post(path + "/accept")
	if again.status != 409 || !strings.Contains(again.text(".alert"), "decided about this mail already") {
		t.Errorf("accepted twice: %d %s", again.status, again.text(".alert"))
	}
	path = w.held(t, "kim@else.test", "More", "It belongs to the first.", unknownSender)
	for _, wrong := range []string{"4711", "the first", "-3"} {
		got := mia.post(path+"/attach", "number", wrong).want(422)
		if !strings.Contains(got.text(".alert"), "no such ticket") || !strings.Contains(string(got.body), `value="`+wrong+`"`) {
			t.Errorf("%q: %s", wrong, got.text(".alert"))
		}
	}
	shown = mia.follow(mia.post(path+"/attach", "number", "#1001"))
	if !strings.Contains(shown.text(".thread"), "It belongs to the first.") {
		t.Errorf("after attaching: %s", shown.text(".thread"))
	}
	path = w.held(t, "kim@else.test", "Spam", "Buy.", unknownSender)
	shown = mia.follow(mia.post(path + "/refuse"))
	if !strings.Contains(shown.text("main"), "No mail is held.") {
		t.Errorf("after refusing: %s", shown.text("main"))
	}
	mia.get(path).want(409)
	path = w.held(t, "nobody", "No sender", "?", core.Held{Key: "no_sender"})
	if got := mia.post(path + "/accept"); got.status != 409 {
		t.Errorf("mail without a sender: %d", got.status)
	}
	mia.post(path+"/refuse", "also", "this").want(400)
	mia.post(path + "/forward").want(404)
}

// D15: who is copied stands below the message for the team, with a button that adds them; whoever takes part already does
// not.
func TestCopiedPeopleHaveAnAddButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Paper jam", Text: "It jams."})
	w.exec(t, "update log_record set copied = '{eva@city.test,kim@else.test}' where ticket_number = $1 and kind = 'message'", n)
	mia, at := w.as(t, "mia"), fmt.Sprintf("/dashboard/ithelpdesk/%d", n)
	if got := mia.get(at).want(200).text(".copied"); !strings.Contains(got, "eva@city.test") || !strings.Contains(got, "kim@else.test") {
		t.Errorf("copied: %q", got)
	}
	if ben := w.as(t, "ben").get(at).want(200); strings.Contains(string(ben.body), "kim@else.test") {
		t.Error("the requester is shown who is copied")
	}
	version := func() string { return fmt.Sprint(w.ticketVersion(t, n)) }
	mia.follow(mia.post(at+"/actions/participant", "version", version(), "add", "eva@city.test"))
	if got := mia.get(at).text(".copied"); strings.Contains(got, "eva@city.test") || !strings.Contains(got, "kim@else.test") {
		t.Errorf("after adding: %q", got)
	}
	mia.post(at+"/actions/participant", "version", version(), "add", "kim@else.test").want(422)
}

func (w *world) ticketVersion(t testing.TB, n core.Number) int {
	t.Helper()
	ticket, err := w.Store.Ticket(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return ticket.Version
}

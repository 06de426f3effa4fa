package desk_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// resolver reads every mail as one that resolves a ticket with a sentence.
type resolver struct{ n core.Number }

func (resolver) ReadContent(context.Context, io.Reader) (helpdesk.MailContent, error) {
	return helpdesk.MailContent{}, errors.New("nobody triages here")
}

func (r resolver) Reread(_ context.Context, row *store.Inbound, _ io.Reader) (helpdesk.Reread, error) {
	return helpdesk.Reread{Letter: helpdesk.Letter{From: row.Sender}, Commands: []string{"#resolve"}, Text: "New rollers are in. <b>Try it</b>.", Files: []string{"before.jpg"},
		Carry: func(ctx context.Context, m *helpdesk.Mail) (store.Outcome, error) {
			m.Become(m.Sender(), core.SignedIn)
			n, err := m.Resolve(ctx, r.n, helpdesk.NewRecord{Text: "New rollers are in."})
			return store.Outcome{State: core.InboundApplied, Ticket: n}, err
		}}, nil
}

// unproven lets a mail come in that resolves the ticket in the person's name and is not proven: the page with its button.
func (w *world) unproven(t testing.TB, who string, n core.Number) (path string, inbound int64) {
	t.Helper()
	w.help.ReadMailWith(resolver{n})
	raw := []byte(fmt.Sprintf("From: %s\r\n\r\n#resolve %d", w.People[who].Email, time.Now().UnixNano()))
	at := store.MailboxPosition{Epoch: 1, UIDValidity: 7}
	uid := uint32(time.Now().UnixNano() >> 10 & 0x7fffffff)
	err := w.Store.AcceptPage(t.Context(), w.Mailbox, at, []store.RawMail{{UID: uid, ReceivedAt: time.Now(), SHA256: sha256.Sum256(raw), Size: int64(len(raw)), Data: raw}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := w.Store.ClaimInbound(t.Context(), w.Mailbox, 1, nil)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d messages wait: %v", len(rows), err)
	}
	letter := helpdesk.Letter{From: w.People[who].Email, Sender: w.People[who].Email, Subject: "Re: Payroll printer"}
	_, err = w.help.ApplyMail(t.Context(), rows[0].ID, letter, func(m *helpdesk.Mail) (store.Outcome, error) {
		m.Become(m.Sender(), core.Unverified)
		path, err = m.AskConfirmation(t.Context(), m.Sender(), n)
		return store.Outcome{State: core.InboundQuarantined, Reason: "not proven", Service: w.Printers}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return path, rows[0].ID
}

func (w *world) status(t testing.TB, n core.Number) core.Status {
	t.Helper()
	ticket, err := w.Store.Ticket(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return ticket.Status
}

func (w *world) ledger(t testing.TB, id int64) *store.Inbound {
	t.Helper()
	row, err := w.Store.Inbound(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func TestConfirmingAMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	path, id := w.unproven(t, "sol", n)

	// Whoever is not signed in is led to the door and back.
	stranger := w.browser(t)
	if p := stranger.get(path); p.status != http.StatusSeeOther || !strings.Contains(p.header.Get("Location"), "next=%2Fconfirm%2F") {
		t.Errorf("without a session: %d to %s", p.status, p.header.Get("Location"))
	}
	w.as(t, "mia").get(path).want(http.StatusNotFound)
	w.as(t, "mia").post(path, "answer", "mine").want(http.StatusNotFound)
	w.as(t, "sol").get("/confirm/0").want(http.StatusNotFound)

	sol := w.as(t, "sol")
	for range 2 { // looking changes nothing
		page := sol.get(path).want(http.StatusOK)
		if got := page.text(".asks"); got != "#resolve" {
			t.Errorf("it shows %q as what is asked", got)
		}
		if !strings.Contains(page.text(".body"), "New rollers are in. <b>Try it</b>.") || !strings.Contains(page.text(".body"), "before.jpg") {
			t.Errorf("it shows %q as what is written", page.text(".body"))
		}
		if !strings.Contains(page.text("dl"), "Payroll printer") {
			t.Errorf("it names the ticket as %q", page.text("dl"))
		}
	}
	if w.status(t, n) == core.Resolved || w.ledger(t, id).State != core.InboundQuarantined {
		t.Fatal("looking carried it out")
	}
	sol.post(path, "answer", "perhaps").want(http.StatusBadRequest)
	sol.post(path).want(http.StatusBadRequest)

	page := sol.follow(sol.post(path, "answer", "mine"))
	if w.status(t, n) != core.Resolved {
		t.Error("the button did not carry it out")
	}
	if row := w.ledger(t, id); row.State != core.InboundApplied || row.Ticket != n || !strings.HasPrefix(row.Reason, "confirmed by sol@city.test") {
		t.Errorf("the ledger says %+v", row)
	}
	if say := printer(t, core.Spanish); page.text(".said") != say.T("confirm.said.done") {
		t.Errorf("it says %q", page.text(".said"))
	}
	again := sol.post(path, "answer", "mine").want(http.StatusConflict)
	if say := printer(t, core.Spanish); again.text(".alert") != say.T("error.confirm.done") || len(again.find("button[name=answer]")) != 0 {
		t.Errorf("a second press is told %q", again.text(".alert"))
	}
	sol.post(path, "answer", "not_mine").want(http.StatusConflict)
}

func TestThatWasNotMe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	path, id := w.unproven(t, "sol", n)
	tokens := func() (live int) {
		t.Helper()
		if err := w.Store.Pool().QueryRow(t.Context(), "select count(*) from reply_token where person_id = $1 and ticket_number = $2 and revoked_at is null",
			w.People["sol"].ID, n).Scan(&live); err != nil {
			t.Fatal(err)
		}
		return live
	}
	if tokens() == 0 {
		t.Fatal("there is no address to lose")
	}
	sol := w.as(t, "sol")
	page := sol.follow(sol.post(path, "answer", "not_mine"))
	if say := printer(t, core.Spanish); page.text(".said") != say.T("confirm.said.denied") || page.text("h1") != say.T("confirm.title_over") {
		t.Errorf("it says %q, %q", page.text(".said"), page.text("h1"))
	}
	if row := w.ledger(t, id); row.State != core.InboundSuppressed || w.status(t, n) == core.Resolved {
		t.Errorf("the mail ended %s: %s", row.State, row.Reason)
	}
	if live := tokens(); live != 0 {
		t.Errorf("%d addresses still work", live)
	}
	sol.post(path, "answer", "mine").want(http.StatusConflict)
	entries, _, err := w.help.Audit(t.Context(), w.People["root"], 0, 5)
	if err != nil || len(entries) == 0 || entries[0].Noun != core.AuditMail || entries[0].ActorName != "sol@city.test" || entries[0].After["state"] != "suppressed" {
		t.Errorf("the audit has %+v, %v", entries, err)
	}
}

func TestConfirmationThatIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	say := printer(t, core.Spanish)
	for key, end := range map[string]func(path string, id int64){
		"expired": func(path string, _ int64) {
			w.exec(t, "update confirmation set expires_at = now() - interval '1 second' where '/confirm/' || id = $1", path)
		},
		"overtaken": func(_ string, id int64) {
			if err := w.help.RefuseHeld(t.Context(), core.Actor{Person: w.People["mia"], Via: core.ViaDesk, Level: core.SignedIn}, id); err != nil {
				t.Fatal(err)
			}
		},
	} {
		path, id := w.unproven(t, "sol", n)
		end(path, id)
		sol := w.as(t, "sol")
		if page := sol.get(path).want(http.StatusOK); len(page.find("button[name=answer]")) != 0 || !strings.Contains(page.text(".confirm"), say.T("confirm."+key)) {
			t.Errorf("%s: the page says %q", key, page.text(".confirm"))
		}
		if page := sol.post(path, "answer", "mine").want(http.StatusConflict); page.text(".alert") != say.T("error.confirm."+key) {
			t.Errorf("%s: the button says %q", key, page.text(".alert"))
		}
		if w.status(t, n) == core.Resolved {
			t.Errorf("%s: it was carried out", key)
		}
	}
}

// Two presses at once carry it out once.
func TestConfirmingTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	path, _ := w.unproven(t, "sol", n)
	actor, results := core.Actor{Person: w.People["sol"], Via: core.ViaDesk, Level: core.SignedIn}, make(chan error)
	for range 8 {
		go func() {
			_, err := w.help.ConfirmMail(context.WithoutCancel(t.Context()), actor, strings.TrimPrefix(path, "/confirm/"))
			results <- err
		}()
	}
	done := 0
	for range 8 {
		switch err := <-results; {
		case err == nil:
			done++
		case core.CodeOf(err) != core.Conflict:
			t.Error(err)
		}
	}
	if done != 1 {
		t.Errorf("%d of 8 presses carried it out", done)
	}
}

// The page is read, pressed and done with in a browser, in each language, light on a phone.
func TestBrowserConfirms(t *testing.T) {
	t.Parallel()
	for who, lang := range map[string]core.Language{"mia": core.English, "sol": core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			n := w.sample(t)
			path, _ := w.unproven(t, who, n)
			say := printer(t, lang)
			c := newChrome(t, w.url)
			c.do("the door", chromedp.EmulateViewport(360, 740), chromedp.Navigate(w.url+path), chromedp.WaitVisible(chromedp.CSS("main.door")))
			c.do("sign in", chromedp.SendKeys(chromedp.CSS("[name=email]"), w.People[who].Email), chromedp.SendKeys(chromedp.CSS("[name=password]"), password),
				chromedp.Click(chromedp.CSS("[name=how][value=password]")), chromedp.WaitVisible(chromedp.CSS(".confirm")))
			c.sound("confirm on a phone")
			c.sees(say.T("confirm.title"), "#resolve", say.T("confirm.mine"), say.T("confirm.not_mine"))
			c.do("wide", chromedp.EmulateViewport(1440, 900))
			c.sound("confirm")
			c.do("yes", chromedp.Click(chromedp.CSS("[name=answer][value=mine]")), chromedp.WaitVisible(chromedp.CSS("article.detail")))
			c.sees(say.T("confirm.said.done"))
			if w.status(t, n) != core.Resolved {
				t.Error("it was not carried out")
			}
			c.do("again", chromedp.Navigate(w.url+path), chromedp.WaitVisible(chromedp.CSS(".confirm")))
			c.sound("confirmed before")
			c.sees(say.T("confirm.title_over"))
		})
	}
}

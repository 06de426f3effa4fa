package desk_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// byMail puts a raw mail into the ledger, as one that something was made of.
func (w *world) byMail(t testing.TB, raw string) *helpdesk.MailSource {
	t.Helper()
	uid := uint32(time.Now().UnixNano() >> 10 & 0x7fffffff)
	err := w.Store.AcceptPage(t.Context(), w.Mailbox, store.MailboxPosition{Epoch: 1, UIDValidity: 7},
		[]store.RawMail{{UID: uid, ReceivedAt: time.Now(), SHA256: sha256.Sum256([]byte(raw)), Size: int64(len(raw)), Data: []byte(raw)}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := w.Store.ClaimInbound(t.Context(), w.Mailbox, 1, nil)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d messages wait: %v", len(rows), err)
	}
	w.exec(t, "update inbound set state = 'applied', sender = 'ben@city.test', evidence = 'dmarc=pass', finished_at = now() where id = $1", rows[0].ID)
	yes := true
	return &helpdesk.MailSource{Inbound: rows[0].ID, MessageID: fmt.Sprint(uid, "@made.test"), Verified: &yes}
}

// sent puts mails of these states for a ticket's first message into the outbox, each to the person of the city.
func (w *world) sent(t testing.TB, n core.Number, states map[string]core.OutboundState) {
	t.Helper()
	for who, state := range states {
		w.exec(t, `insert into outbox (id, ticket_number, record_id, mailbox_id, person_id, address, event, role, reason, language, automatic, message_id, state, response, next_at, created_at)
			select gen_random_uuid(), $1, (select id from log_record where ticket_number = $1 and kind = 'message' order by at limit 1), min(id), $2, $3, 'public_reply', 'requester',
				'requester', 'en', false, gen_random_uuid()::text, $4, 'said ' || $4, now(), now() from mailbox`, n, w.People[who].ID, w.People[who].Email, state)
	}
}

// The team sees at each message which mails tell of it and where they stand; the requester's side sees none of that.
func TestMailsOfAMessageAreShownToTheTeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	w.exec(t, "delete from reply_token")
	w.exec(t, "delete from outbox_content")
	w.exec(t, "delete from outbox")
	w.sent(t, n, map[string]core.OutboundState{"ben": "accepted", "eva": "accepted", "pat": "queued", "gil": "sending", "sol": "bounced", "rea": "uncertain", "man": "cancelled",
		"net": "parked", "exa": "rejected"})
	for _, who := range []string{"mia", "rea"} {
		line := w.as(t, who).get(at(n)).want(200).text(".msg .mails summary")
		for _, part := range []string{"9 mails:", "accepted for", "waiting for", "came back from Sol", "perhaps not delivered to", "no longer sent to", "given up for", "refused for"} {
			if !strings.Contains(line, part) {
				t.Errorf("%s is told %q, which lacks %q", who, line, part)
			}
		}
		if strings.Index(line, "came back") > strings.Index(line, "accepted") {
			t.Errorf("what went wrong does not stand first: %q", line)
		}
	}
	details := w.as(t, "mia").get(at(n)).text(".msg .mails li")
	if !strings.Contains(details, "accepted for ben@city.test said accepted") || strings.Count(details, "\n") != 8 {
		t.Errorf("one by one: %q", details)
	}
	if page := w.as(t, "ben").get(at(n)).want(200); len(page.find(".mails")) > 0 || strings.Contains(string(page.body), "came back") {
		t.Error("the requester is told of mails")
	}
}

// Leaving out events is kept for the session, and leaves out no word and no lost mail.
func TestHistoryCanBeMessagesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	b := w.as(t, "mia")
	if shown := b.get(at(n)).find(".log"); len(shown) > 0 {
		t.Error("a switch with nothing to leave out")
	}
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.Take(t.Context(), n, 0)
		for _, to := range []core.Priority{core.High, core.Low, core.Urgent} {
			if err == nil {
				_, err = a.SetPriority(t.Context(), n, to, 0)
			}
		}
		return err
	})
	w.record(t, "mia", n, "A note", false)
	all := b.get(at(n))
	events := len(all.find(".ev"))
	if events < 4 || len(all.find(".msg")) != 2 {
		t.Fatalf("%d events and %d messages", events, len(all.find(".msg")))
	}
	w.exec(t, `insert into outbox (id, ticket_number, record_id, mailbox_id, address, event, role, reason, language, automatic, message_id, state, response, next_at, created_at)
		select gen_random_uuid(), $1, (select id from log_record where ticket_number = $1 and kind = 'assignment'), min(id), 'x@city.test', 'assigned', 'solver', 'solver', 'en', true, 'x@made.test',
			'bounced', '550 no', now(), now() from mailbox`, n)
	var messages string
	for _, link := range all.find(".log a") {
		if attr(link, "data-log") == "messages" {
			messages = attr(link, "href")
		}
	}
	for range 2 {
		few := b.get(messages).want(200)
		if len(few.find(".ev")) != 1 || !strings.Contains(few.text(".ev"), "x@city.test") || len(few.find(".msg")) != 2 {
			t.Errorf("messages only: %d events (%s), %d messages", len(few.find(".ev")), few.text(".ev"), len(few.find(".msg")))
		}
		messages = at(n) // the session remembers
	}
	if again := b.get(at(n) + "?log=all"); len(again.find(".ev")) != events {
		t.Errorf("everything again: %d events", len(again.find(".ev")))
	}
	if other := w.as(t, "sol").get(at(n)); len(other.find(".ev")) != events {
		t.Error("what one reader chose holds for another")
	}
}

// A long text is folded at the end of a line, and nothing of it is lost; a text that is hardly longer stays open.
func TestLongTextsAreFolded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lines := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "line %d\n", i+1)
		}
		return strings.TrimSpace(b.String())
	}
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Logs", Text: lines(60)})
	w.record(t, "ben", n, lines(200), true)
	w.record(t, "ben", n, strings.Repeat("ñandú ", 2_000), true)
	p := w.as(t, "mia").get(at(n)).want(200)
	bodies := p.find(".msg .body")
	if len(bodies) != 3 || len(find(bodies[0], ".rest")) != 0 || len(find(bodies[1], ".rest")) != 1 || len(find(bodies[2], ".rest")) != 1 {
		t.Fatalf("folded: %d bodies, %q", len(bodies), p.text(".rest summary"))
	}
	if said := p.text(".rest summary .when-closed"); !strings.HasPrefix(said, "Show 155 more lines\nShow ") {
		t.Errorf("the folds say %q", said)
	}
	whole := strings.Fields(strings.NewReplacer("Show 155 more lines", "", "Show less", "").Replace(text(bodies[1])))
	if want := strings.Fields(lines(200)); !slices.Equal(whole, want) {
		t.Errorf("of %d words %d are left: %q …", len(want), len(whole), whole[:min(len(whole), 120)])
	}
	if got := strings.Count(text(bodies[2]), "ñandú"); got != 2_000 {
		t.Errorf("of one long line %d words are left", got)
	}
}

// Days are named where the log has more than one.
func TestDaysAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "One"})
	if shown := w.as(t, "mia").get(at(n)).find(".day"); len(shown) > 0 {
		t.Errorf("one day is named %q", text(shown[0]))
	}
	w.exec(t, "update log_record set at = at - interval '40 days' where ticket_number = $1", n)
	w.record(t, "mia", n, "Two", true)
	w.exec(t, "update log_record set at = now() - interval '24 hours' where ticket_number = $1 and text = 'Two'", n)
	w.record(t, "mia", n, "Three", true)
	for lang, want := range map[string]string{"en": "Yesterday\nToday", "es": "Ayer\nHoy"} {
		got := w.as(t, "mia").get(at(n) + "?lang=" + lang).text(".day")
		if !strings.HasSuffix(got, want) || strings.Count(got, "\n") != 2 {
			t.Errorf("%s: %q", lang, got)
		}
	}
}

const benMail = "From: =?utf-8?B?QsOpbg==?= <ben@city.test>\r\nTo: it+r.aaaaaaaabbbbbbbbccccccccdddddddd22@city.test\r\nSubject: =?utf-8?Q?T=C3=B3ner?=\r\n <script>alert(1)</script>\r\n" +
	"Message-ID: <one@made.test>\r\nX-Secret-Route: relay 7\r\nContent-Type: text/html\r\n\r\n<b>Empty.</b>\r\nsent to it+r.aaaaaaaabbbbbbbbccccccccdddddddd22@city.test\r\n"

// The original says more than the ticket: those who read the whole log may read it, and nobody else (mail.md 6).
func TestOriginalMailIsForWhoReadsTheWholeLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty.", Mail: w.byMail(t, benMail)})
	w.do(t, "ben", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.AddParticipant(t.Context(), n, w.People["pat"], 0)
		return err
	})
	w.record(t, "mia", n, "From the desk", true)
	other := w.open(t, "ben", helpdesk.NewTicket{Subject: "Other", Text: "Other."})
	log := w.log(t, "mia", n)
	mail := at(n) + "/records/" + log[0].ID + "/mail"
	for _, who := range []string{"mia", "sol", "gil", "man", "rea"} {
		b := w.as(t, who)
		if link := b.get(at(n)).find(".under a"); len(link) != 1 || attr(link[0], "href") != mail {
			t.Errorf("%s is not led to it", who)
		}
		p := b.get(mail).want(200)
		if got := p.text(".headers dd"); !strings.HasPrefix(got, "Bén <ben@city.test>\nit+r.**********************************@city.test\nTóner <script>alert(1)</script>\n<one@made.test>\ndmarc=pass") {
			t.Errorf("%s: headers %q", who, got)
		}
		if source := p.text(".source"); !strings.Contains(source, "X-Secret-Route: relay 7") || !strings.Contains(source, "<b>Empty.</b>") || strings.Contains(string(p.body), "aaaaaaaabbb") {
			t.Errorf("%s: source %q", who, source)
		}
		for path, kind := range map[string]string{"/source": "text/plain; charset=utf-8", ".eml": "application/octet-stream"} {
			p := b.get(mail + path).want(200)
			h := p.header
			if h.Get("Content-Type") != kind || h.Get("Content-Security-Policy") != "sandbox; default-src 'none'; frame-ancestors 'self'" || h.Get("X-Content-Type-Options") != "nosniff" ||
				(path == ".eml") != strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=") || len(p.body) != len(benMail) || strings.Contains(string(p.body), "aaaaaaaabbb") {
				t.Errorf("%s%s: %v, %d bytes of %d", mail, path, h, len(p.body), len(benMail))
			}
		}
	}
	for _, who := range []string{"ben", "pat", "eva", "root", "tre"} {
		b := w.as(t, who)
		for _, path := range []string{"", "/source", ".eml"} {
			b.get(mail + path).want(404)
		}
		if p := b.get(at(n)); len(p.find(".under")) > 0 {
			t.Errorf("%s is led to the original", who)
		}
	}
	w.browser(t).get(mail).want(303)
	mia := w.as(t, "mia")
	mia.get(at(other) + "/records/" + log[0].ID + "/mail").want(404)
	mia.get(at(n) + "/records/" + log[1].ID + "/mail").want(404)
	mia.get(at(n) + "/records/nothing/mail").want(404)
	w.exec(t, "update inbound set raw_dropped_at = now()")
	if p := mia.get(mail).want(404); !strings.Contains(p.text("main"), printer(t, core.English).T("error.retention.mail")) {
		t.Errorf("a mail that is not kept any more: %q", p.text("main"))
	}
}

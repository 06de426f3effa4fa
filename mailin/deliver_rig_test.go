package mailin

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// office is a desk that raw mails are delivered to, with the people of storetest.City.
type office struct {
	*testing.T
	*storetest.City
	desk   *helpdesk.Helpdesk
	worker *Worker
	now    time.Time
	at     store.MailboxPosition
	uid    uint32
	seen   int64 // the outbox up to here was looked at

	digests string // the query of digest
}

func newOffice(t *testing.T) *office { return officeOn(t, storetest.NewCity(t)) }

func officeOn(t *testing.T, city *storetest.City) *office {
	o := &office{T: t, City: city, now: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	o.desk = helpdesk.New(o.Store, func() time.Time { return o.now })
	o.worker = &Worker{Store: o.Store, Desk: o.desk, Log: slog.New(slog.DiscardHandler), Loop: "our-loop"}
	o.desk.ReadMailWith(o.worker)
	o.sql("update mailbox set authserv_ids = '{mx.city.test}', borders = '{mx.city.test}'")
	o.at = store.MailboxPosition{Epoch: 1, UIDValidity: 7}
	return o
}

// sql changes the configuration behind the program's back; the picture of it is renewed.
func (o *office) sql(statement string, args ...any) {
	o.Helper()
	for _, s := range []string{statement, "update desk set version = version + 1"} {
		if _, err := o.Store.Pool().Exec(o.Context(), s, args...); err != nil {
			o.Fatalf("%s: %v", s, err)
		}
		args = nil
	}
}

// post is a mail to be written; zero fields have defaults.
type post struct {
	top                                              string // trace fields, as the servers put them above the rest
	from, to, cc, subject, id, reply, refs, body, as string
}

func (p post) raw(o *office) string {
	o.uid++
	or := func(s, fallback string) string {
		if s == "" {
			return fallback
		}
		return s
	}
	head := p.top
	if p.from != "-" {
		head += "From: " + p.from + "\r\n"
	}
	head += "To: " + or(p.to, "it@city.test") + "\r\n"
	for _, f := range [][2]string{{"Cc", p.cc}, {"In-Reply-To", p.reply}, {"References", p.refs}} {
		if f[1] != "" {
			head += f[0] + ": " + f[1] + "\r\n"
		}
	}
	head += "Subject: " + or(p.subject, "Paper jam") + "\r\nMessage-ID: <" + or(p.id, fmt.Sprintf("m%d@sender.test", o.uid)) + ">\r\n" +
		"Date: Wed, 04 Mar 2026 11:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: " + or(p.as, "text/plain; charset=utf-8") + "\r\n"
	return head + "\r\n" + or(p.body, "It jams.") + "\r\n"
}

// send delivers a mail and returns its line in the ledger.
func (o *office) send(p post) *store.Inbound { o.Helper(); return o.sendRaw(o.Mailbox, p.raw(o)) }

func (o *office) sendRaw(box core.MailboxID, raw string) *store.Inbound {
	o.Helper()
	rows := o.accept(box, raw)
	if len(rows) != 1 {
		o.Fatalf("%d messages wait", len(rows))
	}
	return o.apply(rows[0])
}

// accept puts raw mails into the ledger and claims what waits.
func (o *office) accept(box core.MailboxID, raws ...string) []*store.Inbound {
	o.Helper()
	o.now = o.now.Add(time.Minute)
	var page []store.RawMail
	for _, raw := range raws {
		o.uid++
		m := store.RawMail{UID: o.uid, ReceivedAt: o.now, SHA256: sha256.Sum256([]byte(raw)), Size: int64(len(raw)), Data: []byte(raw)}
		if len(raw) > store.InlineLimit {
			if _, _, err := o.Store.PutBlob(o.Context(), strings.NewReader(raw)); err != nil {
				o.Fatal(err)
			}
			m.Data = nil
		}
		page = append(page, m)
	}
	at := o.at
	at.Cursor = o.uid
	if err := o.Store.AcceptPage(o.Context(), box, at, page, o.now); err != nil {
		o.Fatal(err)
	}
	return o.claim(box)
}

func (o *office) claim(box core.MailboxID) []*store.Inbound {
	o.Helper()
	rows, err := o.Store.ClaimInbound(o.Context(), box, 1000, nil)
	if err != nil {
		o.Fatal(err)
	}
	return rows
}

func (o *office) apply(row *store.Inbound) *store.Inbound {
	o.Helper()
	if err := o.worker.Apply(o.Context(), row); err != nil {
		o.Fatal(err)
	}
	out, err := o.Store.Inbound(o.Context(), row.ID)
	if err != nil {
		o.Fatal(err)
	}
	return out
}

// is wants the state, and of applied mail the ticket (0 = any).
func (o *office) is(what string, row *store.Inbound, state core.InboundState, n core.Number) {
	o.Helper()
	if row.State != state || n != 0 && row.Ticket != n {
		o.Errorf("%s: %s in ticket %d (%s), want %s in %d", what, row.State, row.Ticket, row.Reason, state, n)
	}
}

// open opens ben's ticket by mail and forgets its notices.
func (o *office) open(p post) core.Number {
	o.Helper()
	if p.from == "" {
		p.from = "Ben Staff <ben@city.test>"
	}
	row := o.send(p)
	o.is("opening", row, core.InboundApplied, 0)
	return row.Ticket
}

func (o *office) do(who string, fn func(*helpdesk.Act) error) {
	o.Helper()
	o.now = o.now.Add(time.Minute)
	if err := o.desk.Do(o.Context(), core.Actor{Person: o.People[who], Via: core.ViaDesk, Level: core.SignedIn}, fn); err != nil {
		o.Fatalf("%s: %v", who, err)
	}
}

func (o *office) take(who string, n core.Number) {
	o.Helper()
	o.do(who, func(a *helpdesk.Act) error { _, err := a.Take(o.Context(), n, 0); return err })
}

func (o *office) write(who string, n core.Number, text string, show bool) {
	o.Helper()
	o.do(who, func(a *helpdesk.Act) error {
		_, err := a.AddRecord(o.Context(), n, helpdesk.NewRecord{Text: text, Show: &show})
		return err
	})
}

func (o *office) ticket(n core.Number) *core.Ticket {
	o.Helper()
	t, err := o.Store.Ticket(o.Context(), n)
	if err != nil {
		o.Fatal(err)
	}
	return t
}

func (o *office) records(n core.Number) []*core.Record {
	o.Helper()
	records, err := o.Store.Records(o.Context(), n)
	if err != nil {
		o.Fatal(err)
	}
	return records
}

// last is the newest record of a ticket that holds words.
func (o *office) last(n core.Number) *core.Record {
	o.Helper()
	records := o.records(n)
	for _, r := range slices.Backward(records) {
		if r.Kind == core.KindMessage || r.Kind == core.KindNote || r.Kind == core.KindMail {
			return r
		}
	}
	o.Fatalf("ticket %d has no words in %d records", n, len(records))
	return nil
}

// mails are the notices queued since the last look, as "event to"; sorted.
func (o *office) mails() []string {
	o.Helper()
	rows, err := o.Store.Pool().Query(o.Context(), "select seq, event || ' ' || address from outbox where seq > $1 order by seq", o.seen)
	if err != nil {
		o.Fatal(err)
	}
	defer rows.Close()
	list := []string{}
	for rows.Next() {
		var s string
		if err := rows.Scan(&o.seen, &s); err != nil {
			o.Fatal(err)
		}
		list = append(list, strings.TrimSuffix(s, "@city.test"))
	}
	slices.Sort(list)
	return list
}

func (o *office) told(what string, want ...string) {
	o.Helper()
	slices.Sort(want)
	if got := o.mails(); !slices.Equal(got, append([]string{}, want...)) {
		o.Errorf("%s: told %q, want %q", what, got, want)
	}
}

// notice is the newest mail of the desk to somebody about a ticket: its reply addresses and Message-ID, and all it says.
type notice struct{ reply, note, id, content string }

func (o *office) notice(n core.Number, who string) (x notice) {
	o.Helper()
	err := o.Store.Pool().QueryRow(o.Context(), `select content->>'reply_address', coalesce(content->>'note_address', ''), message_id, content::text
		from outbox join outbox_content on outbox_id = id where ticket_number = $1 and address = $2 order by seq desc limit 1`,
		n, o.People[who].Email).Scan(&x.reply, &x.note, &x.id, &x.content)
	if err != nil {
		o.Fatalf("no notice for %s: %v", who, err)
	}
	return x
}

// Trace fields as the border writes them.
const (
	passed = "Authentication-Results: mx.city.test; dmarc=pass (p=reject) header.from=city.test\r\n" + border
	failed = "Authentication-Results: mx.city.test; dmarc=fail header.from=city.test\r\n" + border
	border = "Received: from client (client [192.0.2.1])\r\n\tby mx.city.test (Postfix) with ESMTPS id 1; Wed, 04 Mar 2026 11:00:00 +0000\r\n"
)

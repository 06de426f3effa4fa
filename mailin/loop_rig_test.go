package mailin

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
)

// ring is an office whose mail is really delivered: to parties that may answer by themselves, and so may the desk, for a
// day of a clock that jumps from one event to the next.
type ring struct {
	*office
	lease   uuid.UUID
	answers map[string]func(got) []post // by address: what the party does with a mail; of others nothing comes back
	waits   []due
	robots  map[string]int // automatic mails by address
	people  map[string]int // mails of people, by address
	events  map[core.Event]int
	written int // mails that came in
}

// got is a mail that reached a party.
type got struct {
	id, subject, replyTo, text, to string
	automatic                      bool
	nth                            int // how many the party got before
	at                             time.Time
}

type due struct {
	at time.Time
	p  post
}

func newRing(t *testing.T) *ring {
	r := &ring{office: newOffice(t), lease: uuid.New()}
	r.sql("update service set unknown_senders = 'guest' where id = $1", r.Printers)
	r.clear()
	return r
}

// clear begins a new case, so much later that nothing of the last one counts.
func (r *ring) clear() {
	r.now = r.now.Add(9 * 24 * time.Hour)
	r.answers, r.waits = map[string]func(got) []post{}, nil
	r.robots, r.people, r.events, r.written = map[string]int{}, map[string]int{}, map[core.Event]int{}, 0
}

// day lets a day pass: the mails given come in now, and what parties answer some minutes later.
func (r *ring) day(delay time.Duration, first ...post) {
	r.Helper()
	end := r.now.Add(24 * time.Hour)
	for _, p := range first {
		r.waits = append(r.waits, due{r.now, p})
	}
	for steps := 0; ; steps++ {
		if steps > 3000 {
			r.Fatal("the day does not end")
		}
		r.bringOut(delay)
		next := r.outboxDue(end)
		for _, w := range r.waits {
			if w.at.Before(next) {
				next = w.at
			}
		}
		if !next.Before(end) {
			break
		}
		if next.After(r.now) {
			r.now = next
		}
		var now []string
		r.waits = slices.DeleteFunc(r.waits, func(w due) bool {
			if w.at.After(r.now) {
				return false
			}
			now = append(now, w.p.raw(r.office))
			return true
		})
		r.bringIn(now)
	}
	r.now = end
}

func (r *ring) bringIn(raws []string) {
	r.Helper()
	for _, row := range r.acceptAll(raws) {
		if err := r.worker.Apply(r.Context(), row); err != nil {
			r.Fatal(err)
		}
	}
}

// acceptAll puts mails into the ledger, all at this moment, and claims them.
func (r *ring) acceptAll(raws []string) (rows []*store.Inbound) {
	r.Helper()
	for page := range slices.Chunk(raws, 500) {
		var mails []store.RawMail
		for _, raw := range page {
			r.uid++
			mails = append(mails, store.RawMail{UID: r.uid, ReceivedAt: r.now, SHA256: sha256.Sum256([]byte(raw)), Size: int64(len(raw)), Data: []byte(raw)})
		}
		at := r.at
		at.Cursor = r.uid
		if err := r.Store.AcceptPage(r.Context(), r.Mailbox, at, mails, r.now); err != nil {
			r.Fatal(err)
		}
		r.written += len(page)
		rows = append(rows, r.claim(r.Mailbox)...)
	}
	return rows
}

// bringOut is the far end: it takes whatever may leave, and lets each party answer.
func (r *ring) bringOut(delay time.Duration) {
	r.Helper()
	for {
		leased, err := r.desk.LeaseMail(r.Context(), r.lease, 50)
		if err != nil {
			r.Fatal(err)
		}
		if len(leased) == 0 {
			break
		}
		for _, l := range leased {
			x := got{id: l.MessageID, replyTo: l.Content.ReplyAddress, to: l.Address, automatic: l.Automatic, nth: r.robots[l.Address] + r.people[l.Address], at: r.now,
				subject: strings.TrimSpace(l.Content.Ticket.Tag + " " + l.Content.Ticket.Subject),
				text:    fmt.Sprintf("%s for %s\r\n\r\nWhat a mail of the desk says, in many words, and then whose it is:\r\n%s", l.Event, l.Address, l.ID)}
			if ok, err := r.Store.BeginData(r.Context(), r.lease, l.ID, []byte(x.text), nil, core.WordsKey(x.text), r.now); err != nil || !ok {
				r.Fatalf("begin: %v %v", ok, err)
			}
			if err := r.Store.FinishMail(r.Context(), r.lease, l, store.Ending{State: core.OutboundAccepted, Response: "250 ok", Next: r.now}, r.now); err != nil {
				r.Fatal(err)
			}
			r.events[l.Event]++
			if l.Automatic {
				r.robots[l.Address]++
			} else {
				r.people[l.Address]++
			}
			if answer := r.answers[l.Address]; answer != nil {
				for _, p := range answer(x) {
					r.waits = append(r.waits, due{r.now.Add(delay), p})
				}
			}
		}
	}
	if err := r.Store.RecoverOutbox(r.Context(), r.now); err != nil { // ends what digests carried
		r.Fatal(err)
	}
}

// outboxDue is when the next mail that waits is due, or the end.
func (r *ring) outboxDue(end time.Time) time.Time {
	r.Helper()
	var at *time.Time
	if err := r.Store.Pool().QueryRow(r.Context(), "select min(next_at) from outbox where state = 'queued' and not bundled and next_at > $1", r.now).Scan(&at); err != nil {
		r.Fatal(err)
	}
	if at == nil || at.After(end) {
		return end
	}
	return *at
}

// nothingLost wants every mail of the ledger at an end, as many as were written since id.
func (r *ring) nothingLost(what string, since int64) {
	r.Helper()
	var all, open int
	err := r.Store.Pool().QueryRow(r.Context(), "select count(*), count(*) filter (where state = 'received') from inbound where id > $1", since).Scan(&all, &open)
	if err != nil || all != r.written || open != 0 {
		r.Errorf("%s: %d of %d mails are in the ledger, %d of them unread: %v", what, all, r.written, open, err)
	}
}

func (r *ring) lastInbound() (id int64) {
	r.Helper()
	if err := r.Store.Pool().QueryRow(r.Context(), "select coalesce(max(id), 0) from inbound").Scan(&id); err != nil {
		r.Fatal(err)
	}
	return id
}

// states are all tickets' states.
func (r *ring) states() map[core.Number]string {
	r.Helper()
	rows, err := r.Store.Pool().Query(r.Context(), "select number, status || ' ' || priority || ' ' || coalesce(solver_id, 0) from ticket")
	if err != nil {
		r.Fatal(err)
	}
	defer rows.Close()
	found := map[core.Number]string{}
	for rows.Next() {
		var n core.Number
		var s string
		if err := rows.Scan(&n, &s); err != nil {
			r.Fatal(err)
		}
		found[n] = s
	}
	return found
}

// passing are the trace fields of mail that its own domain vouches for.
func passing(domain string) string {
	return "Authentication-Results: mx.city.test; dmarc=pass header.from=" + domain + "\r\n" + border
}

package mailin

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"postdesk/core"
)

// Ten thousand mails in other people's names in one night: none of those people gets a word, the team's notices come in
// digests, and each mail is somewhere.
func TestTenThousandForgedMails(t *testing.T) {
	t.Parallel()
	const forged = 10_000
	r := newRing(t)
	r.sql("update service set unknown_senders = 'hold' where id = $1", r.Printers)
	since := r.lastInbound()
	var raws []string
	for i := range forged {
		p := post{from: fmt.Sprintf("victim%d@else%d.test", i, i%200), subject: fmt.Sprintf("Offer %d", i), body: fmt.Sprintf("Buy %d now.", i)}
		switch {
		case i%50 == 0: // in the name of staff, which the border sees
			p.from, p.top = ben, failed
		case i%3 == 0:
			p.top = failed
		}
		raws = append(raws, p.raw(r.office))
	}
	r.flood(raws)
	r.day(time.Minute)
	for address, n := range r.robots {
		if address != mia {
			t.Errorf("%s got %d automatic mails", address, n)
		}
	}
	if r.events[core.EventDigest] == 0 || r.robots[mia] > 60+r.events[core.EventDigest] || r.events[core.EventDigest] > 2 {
		t.Errorf("the main solver got %d mails, by event %v: want 60, and the others in a digest", r.robots[mia], r.events)
	}
	r.nothingLost("flood", since)
	var notTold int
	if err := r.Store.Pool().QueryRow(t.Context(), "select count(*) from outbox where state <> 'accepted' and address = $1", mia).Scan(&notTold); err != nil || notTold != 0 {
		t.Errorf("%d notices did not end with their digest: %v", notTold, err)
	}
}

// flood brings mails in as several lanes do.
func (r *ring) flood(raws []string) {
	r.Helper()
	rows := r.acceptAll(raws)
	lanes := make(chan int, len(rows))
	for i := range rows {
		lanes <- i
	}
	close(lanes)
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			for i := range lanes {
				if err := r.worker.Apply(context.WithoutCancel(r.Context()), rows[i]); err != nil {
					r.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}

// A flood of real mail stops acknowledgements and nothing else; below it, and when the usual is as much, they go on
// (mail.md 2).
func TestFloodStopsAcknowledgements(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	mailsOf := func(n int, tag string) {
		var raws []string
		for i := range n {
			raws = append(raws, post{top: passing("city.test"), from: []string{ben, "eva@city.test", "pat@city.test"}[i%3], cc: "", subject: fmt.Sprint(tag, i), body: fmt.Sprint(tag, i)}.raw(r.office))
		}
		r.flood(raws)
		r.bringOut(time.Minute)
		r.now = r.now.Add(2 * time.Hour)
	}
	acks := func() map[string]int {
		m := maps.Clone(r.robots)
		delete(m, mia)
		clear(r.robots)
		return m
	}
	mailsOf(45, "some ")
	if got := acks(); got[ben] != 15 || got["eva@city.test"] != 15 || got["pat@city.test"] != 15 {
		t.Errorf("below a flood: %v", got)
	}
	r.now = r.now.Add(30 * time.Hour)
	mailsOf(150, "many ")
	if got := acks(); len(got) != 0 {
		t.Errorf("in a flood: %v", got)
	}
	var said int
	if err := r.Store.Pool().QueryRow(t.Context(), "select count(*) from outbox where state = 'cancelled' and response like 'a flood%'").Scan(&said); err != nil || said != 150 {
		t.Errorf("%d acknowledgements say why they were not sent: %v", said, err)
	}
	r.now = r.now.Add(30 * time.Hour)
	mailsOf(6, "few ")
	if got := acks(); got[ben] != 2 {
		t.Errorf("after the flood: %v", got)
	}
	// The same hundred and fifty are no flood where that is a usual hour.
	if _, err := r.Store.Pool().Exec(t.Context(), `insert into inbound (mailbox_id, epoch, uidvalidity, uid, received_at, accepted_at, sha256, size, state, class)
		select $1, 1, 7, 1000000 + i, $2, $2, '', 1, 'applied', 'human' from generate_series(1, 2600) i`, r.Mailbox, r.now.Add(-3*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	r.now = r.now.Add(30 * time.Hour)
	mailsOf(150, "usual ")
	if got := acks(); got[ben] != 20 {
		t.Errorf("in a usual hour: %v, want the 20 of a day", got)
	}
}

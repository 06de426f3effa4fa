package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// openTicket opens a ticket of Ben's in which nothing is written.
func openTicket(t *testing.T, c *storetest.City) (n core.Number) {
	t.Helper()
	err := c.Store.InTx(t.Context(), func(tx *store.Tx) (err error) {
		if n, err = tx.NextNumber(t.Context()); err != nil {
			return err
		}
		now := time.Now()
		tx.AddTicket(&core.Ticket{Number: n, Version: 1, Service: c.Printers, Subject: "Jam", Status: core.Open, Category: "hardware", Priority: core.Normal,
			Requester: c.People["ben"], OpenedVia: core.ViaDesk, RootMessageID: "root@city.test", CreatedAt: now, UpdatedAt: now})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// logged writes a record of the ticket that is named after the time, as helpdesk names them.
func logged(t *testing.T, s *store.Store, n core.Number, r core.Record) string {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	ms := r.At.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	r.ID, r.Ticket, r.Via = id.String(), n, core.ViaDesk
	if err := s.InTx(t.Context(), func(tx *store.Tx) error { return tx.AddRecord(&r) }); err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func TestNewRecordsAreFoundByTheirNames(t *testing.T) {
	t.Parallel()
	c := storetest.NewCity(t)
	n := openTicket(t, c)
	now := time.Date(2026, 5, 6, 7, 8, 9, 500_000_000, time.UTC)
	before := logged(t, c.Store, n, core.Record{At: now.Add(-time.Millisecond), Kind: core.KindNote})
	at := logged(t, c.Store, n, core.Record{At: now, Kind: core.KindNote})
	later := logged(t, c.Store, n, core.Record{At: now.Add(time.Second), Kind: core.KindNote, Text: "later", Author: c.People["mia"]})
	foreign := uuid.MustParse("ffffffff-0000-4000-8000-000000000000") // not named after any time
	if _, err := c.Store.Pool().Exec(t.Context(), `insert into log_record (id, ticket_number, at, kind, via, show_to_requester)
		values ($1, $2, $3, 'note', 'desk', false)`, foreign, n, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	ids, err := c.Store.RecordsNamed(t.Context(), now, now.Add(time.Hour))
	if err != nil || len(ids) != 2 || ids[0] != at || ids[1] != later {
		t.Fatalf("%v, %v; want %s, %s and not %s", ids, err, at, later, before)
	}
	records, err := c.Store.RecordsByID(t.Context(), ids[1:])
	if err != nil || len(records) != 1 || records[0].Text != "later" || records[0].Author.Email != "mia@city.test" {
		t.Errorf("%+v, %v", records, err)
	}
}

func TestUnreadIsWhatOthersWroteSinceOneLooked(t *testing.T) {
	t.Parallel()
	c := storetest.NewCity(t)
	n := openTicket(t, c)
	now := time.Now().UTC().Truncate(time.Microsecond)
	mia, ben := c.People["mia"], c.People["ben"]
	unread := func(who *core.Person, internal bool, since time.Time) bool {
		t.Helper()
		found, err := c.Store.Unread(t.Context(), who.ID, []store.Reading{{Number: n, Internal: internal, Since: since}}, now)
		if err != nil {
			t.Fatal(err)
		}
		return found[n]
	}
	seen := func(who *core.Person, at time.Time, unread bool) {
		t.Helper()
		if err := c.Store.InTx(t.Context(), func(tx *store.Tx) error { tx.MarkSeen(who.ID, n, at, unread); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what string, got, want bool) {
		t.Helper()
		if got != want {
			t.Errorf("%s: unread %v", what, got)
		}
	}
	want("nothing is written", unread(mia, true, time.Time{}), false)
	logged(t, c.Store, n, core.Record{At: now.Add(-31 * 24 * time.Hour), Kind: core.KindMessage, ShowToRequester: true, Author: ben})
	want("older than 30 days", unread(mia, true, time.Time{}), false)
	logged(t, c.Store, n, core.Record{At: now.Add(-50 * time.Minute), Kind: core.KindStatus, ShowToRequester: true, Author: ben})
	want("an event", unread(mia, true, time.Time{}), false)
	logged(t, c.Store, n, core.Record{At: now.Add(-40 * time.Minute), Kind: core.KindMessage, ShowToRequester: true, Author: ben})
	want("never opened", unread(mia, true, time.Time{}), true)
	want("their own words", unread(ben, false, time.Time{}), false)
	seen(mia, now.Add(-30*time.Minute), false)
	want("opened since", unread(mia, true, time.Time{}), false)
	logged(t, c.Store, n, core.Record{At: now.Add(-20 * time.Minute), Kind: core.KindNote, Author: c.People["sol"]})
	want("a note, for the team", unread(mia, true, time.Time{}), true)
	want("a note, for the requester", unread(ben, false, time.Time{}), false)
	logged(t, c.Store, n, core.Record{At: now.Add(-10 * time.Minute), Kind: core.KindMessage, ShowToRequester: true, Author: c.People["sol"]})
	want("an answer, for the requester", unread(ben, false, time.Time{}), true)
	want("an answer before one came", unread(ben, false, now), false)
	seen(mia, now, false)
	seen(mia, now.Add(-time.Hour), false) // a slow request of an older page
	want("the later look counts", unread(mia, true, time.Time{}), false)
	seen(mia, now, true)
	want("marked", unread(mia, true, time.Time{}), true)
	seen(mia, now, false)
	seen(ben, now.Add(-time.Hour), false)
	if _, err := c.Store.Pool().Exec(t.Context(), "update ticket set status = 'resolved', resolved_at = now() where number = $1", n); err != nil {
		t.Fatal(err)
	}
	want("done", unread(ben, false, time.Time{}), false)
}

func TestPresenceEndsByItselfAndBySweeping(t *testing.T) {
	t.Parallel()
	c := storetest.NewCity(t)
	n, now := openTicket(t, c), time.Now().UTC()
	err := c.Store.InTx(t.Context(), func(tx *store.Tx) error {
		tx.Enter(c.People["sol"].ID, n, false, now.Add(-30*time.Second))
		tx.Enter(c.People["mia"].ID, n, false, now.Add(-20*time.Second))
		tx.Enter(c.People["mia"].ID, n, true, now)
		tx.Enter(c.People["rea"].ID, n, true, now)
		tx.Leave(c.People["rea"].ID, n)
		tx.Enter(c.People["gus"].ID, n, true, now.Add(-2*time.Hour))
		tx.MarkSeen(c.People["gus"].ID, n, now.Add(-31*24*time.Hour), false)
		tx.MarkSeen(c.People["gil"].ID, n, now.Add(-31*24*time.Hour), true)
		tx.MarkSeen(c.People["mia"].ID, n, now, false)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err := c.Store.Presence(t.Context(), []core.Number{n, n + 1}, now.Add(-40*time.Second))
	if who := found[n]; err != nil || len(found) != 1 || len(who) != 2 || who[0].Name != "Mia Main" || !who[0].Writing || who[1].Name != "Sol Vega" || who[1].Writing {
		t.Errorf("%+v, %v", found, err)
	}
	if err := c.Store.SweepLive(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"presence": 2, "ticket_seen": 2} {
		var left int
		if err := c.Store.Pool().QueryRow(t.Context(), "select count(*) from "+table).Scan(&left); err != nil || left != want {
			t.Errorf("%s has %d rows, %v", table, left, err)
		}
	}
}

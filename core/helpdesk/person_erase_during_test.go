package helpdesk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// message is the record of a ticket that says the text.
func (c *city) message(n core.Number, text string) string {
	c.Helper()
	ids := c.strings("select id::text from log_record where ticket_number = $1 and text = $2", n, text)
	if len(ids) != 1 {
		c.Fatalf("%d records of %d say %q", len(ids), n, text)
	}
	return ids[0]
}

func (c *city) split(who string, n core.Number, record string) core.Number {
	c.Helper()
	return c.done(who, func(a *helpdesk.Act) (core.Number, error) { return a.SplitTicket(c.Context(), n, record, 0) })
}

// during erases Ben, and does something when the erasure comes to a stage for the first time.
func (c *traces) during(stage helpdesk.ErasureStage, do func()) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	defer cancel()
	done := false
	_, err := c.desk.ErasePerson(ctx, core.Actor{}, c.People["ben"].Email, helpdesk.EraseOptions{Yes: true, Progress: func(p helpdesk.ErasureProgress) {
		if p.Stage == stage && !done {
			done = true
			do()
		}
	}})
	if err != nil {
		c.Fatal(err)
	}
	if !done {
		c.Fatalf("it never came to %s", stage)
	}
	c.gone()
}

// A ticket that is split off while somebody is erased has their words, from a time at which they were gone already.
func TestSplittingDuringErasureLeavesNoTrace(t *testing.T) {
	t.Parallel()
	for _, stage := range []helpdesk.ErasureStage{helpdesk.ErasureSearch, helpdesk.ErasureTickets} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			c := newTraces(t)
			theirs := c.message(c.others, word("log_record.text"))
			c.during(stage, func() {
				n := c.split("sol", c.others, theirs)
				c.split("sol", n, c.message(n, word("log_record.text")))
			})
			if n := c.number("select count(*) from log_record where text = $1 and author_id = $2", core.ErasedText, c.People["ben"].ID); n < 3 {
				t.Errorf("%d texts of Ben are seen to have been", n)
			}
		})
	}
}

// What is edited of the request while its requester is erased is logged with what stood there before.
func TestEditingDuringErasureLeavesNoTrace(t *testing.T) {
	t.Parallel()
	c := newTraces(t)
	c.sql("update log_record set text = 'zqzq jams' where ticket_number = $1 and text = 'It jams.'", c.own)
	subject, text := "Paper", "The desk's summary."
	c.during(helpdesk.ErasureSearch, func() {
		c.done("sol", func(a *helpdesk.Act) (core.Number, error) {
			return a.EditTicket(c.Context(), c.own, helpdesk.Edit{Subject: &subject, Text: &text}, 0)
		})
	})
	if n := c.number("select count(*) from log_record where ticket_number = $1 and change->>'field' = 'subject' and change->>'from' = $2", c.own, core.ErasedText); n != 1 {
		t.Errorf("%d records tell that the subject was changed", n)
	}
}

// In the log that a request of theirs was merged into stands what the request said before, and what quotes it.
func TestMergedRequestLeavesNoTrace(t *testing.T) {
	t.Parallel()
	for _, stage := range []helpdesk.ErasureStage{"", helpdesk.ErasureSearch} {
		t.Run("at "+string(stage), func(t *testing.T) {
			t.Parallel()
			c := newTraces(t)
			merge := func() {
				if err := c.merge("sol", c.own, c.others); err != nil {
					t.Error(err)
				}
			}
			if stage == "" {
				merge()
				stage, merge = helpdesk.ErasureSearch, func() {}
			}
			c.during(stage, merge)
			if v, err := c.desk.Ticket(t.Context(), c.People["mia"], c.others); err != nil || v.Subject != "Paper jam" {
				t.Errorf("the other's request says %q, %v", v.Subject, err)
			}
		})
	}
}

// Without an end to it, an erasure that cannot do its work would keep the database busy for ever.
func TestErasureThatChangesNothingStops(t *testing.T) {
	t.Parallel()
	c := newTraces(t)
	c.sql(`create function refuse() returns trigger language plpgsql as 'begin return null; end'`)
	c.sql(`create trigger refuse before update on log_record for each row execute function refuse()`)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	erase := func() error {
		_, err := c.desk.ErasePerson(ctx, core.Actor{}, c.People["ben"].Email, helpdesk.EraseOptions{Yes: true})
		return err
	}
	if err := erase(); err == nil || !strings.Contains(err.Error(), "tickets keep words of the person") {
		t.Fatalf("it ended with %v", err)
	}
	c.sql("drop trigger refuse on log_record")
	if err := erase(); err != nil {
		t.Fatal(err)
	}
	c.gone()
}

// Counting goes through much; the transaction that everybody waits for begins after it.
func TestNobodyWaitsWhileErasureCounts(t *testing.T) {
	t.Parallel()
	c := newTraces(t)
	lock, err := c.Store.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback(context.Background()) }()
	if _, err := lock.Exec(t.Context(), "lock table attachment in access exclusive mode"); err != nil {
		t.Fatal(err)
	}
	erased := make(chan error, 1)
	go func() {
		_, err := c.erase(helpdesk.EraseOptions{})
		erased <- err
	}()
	for waiting := 0; waiting == 0; time.Sleep(10 * time.Millisecond) {
		waiting = c.number("select count(*) from pg_locks where relation = 'attachment'::regclass and not granted")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err = c.Store.InTx(ctx, func(tx *store.Tx) error { _, err := tx.Administrators(ctx); return err })
	if err != nil {
		t.Errorf("the desk stands still: %v", err)
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-erased; err != nil {
		t.Fatal(err)
	}
	c.gone()
}

// The name of two people does not tell who is meant.
func TestNamesakesKeepTheirName(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql("update person set name = 'sol vega' where id = $1", c.People["mia"].ID)
	n := c.open("ben")
	if err := c.assign("mia", n, "sol", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.ErasePerson(t.Context(), core.Actor{}, "sol@city.test", helpdesk.EraseOptions{Yes: true}); err != nil {
		t.Fatal(err)
	}
	if k := c.number("select count(*) from log_record where ticket_number = $1 and change->>'to' = 'Sol Vega'", n); k != 1 {
		t.Errorf("%d records name Sol Vega", k)
	}
}

func TestPersonWithoutNameIsErased(t *testing.T) {
	t.Parallel()
	c := newTraces(t)
	c.sql("update person set name = '' where id = $1", c.People["ben"].ID)
	if _, err := c.erase(helpdesk.EraseOptions{}); err != nil {
		t.Fatal(err)
	}
}

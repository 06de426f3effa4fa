package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

var errHere = errors.New("here")

// ledger is a store with a mailbox, and people and services around it.
type ledger struct {
	*testing.T
	*storetest.City
	now time.Time
}

func newLedger(t *testing.T) *ledger {
	return &ledger{T: t, City: storetest.NewCity(t), now: time.Now().UTC().Truncate(time.Second)}
}

// ask reads one number.
func (l *ledger) ask(sql string, args ...any) (n int) {
	l.Helper()
	if err := l.Store.Pool().QueryRow(l.Context(), sql, args...).Scan(&n); err != nil {
		l.Fatalf("%s: %v", sql, err)
	}
	return n
}

func (l *ledger) run(sql string, args ...any) {
	l.Helper()
	if _, err := l.Store.Pool().Exec(l.Context(), sql, args...); err != nil {
		l.Fatalf("%s: %v", sql, err)
	}
}

// add writes a ticket of ben's; twice with the same number violates its key.
func (l *ledger) add(tx *store.Tx, n core.Number) {
	tx.AddTicket(&core.Ticket{Number: n, Version: 1, Service: l.Printers, Subject: "x", Status: core.Open, Category: "other", Priority: core.Normal,
		Requester: l.People["ben"], OpenedVia: core.ViaMail, RootMessageID: "x", CreatedAt: l.now, UpdatedAt: l.now})
}

func (l *ledger) tickets() int { l.Helper(); return l.ask("select count(*) from ticket") }

// tx runs fn and says what came of it; nothing may be left open behind it.
func (l *ledger) tx(fn func(*store.Tx) error) error {
	l.Helper()
	err := l.Store.InTx(l.Context(), fn)
	const open = `select (select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%')
		+ (select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database()))`
	left := l.ask(open)
	for end := time.Now().Add(20 * time.Second); left != 0 && time.Now().Before(end); left = l.ask(open) {
		time.Sleep(20 * time.Millisecond) // the server notices a little later that a connection was cut
	}
	if left != 0 {
		l.Errorf("%d transactions or locks are left behind", left)
	}
	return err
}

func TestTransactionIsAllOrNothing(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 1); l.add(tx, 2); return nil }); err != nil || l.tickets() != 2 {
		t.Fatalf("%d tickets: %v", l.tickets(), err)
	}
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 3); return errHere }); !errors.Is(err, errHere) || l.tickets() != 2 {
		t.Errorf("an error: %v, %d tickets", err, l.tickets())
	}
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 3); _ = tx.Flush(t.Context()); return errHere }); !errors.Is(err, errHere) || l.tickets() != 2 {
		t.Errorf("an error after a write: %v, %d tickets", err, l.tickets())
	}
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 3); l.add(tx, 1); l.add(tx, 4); return nil }); err == nil || l.tickets() != 2 {
		t.Errorf("a failing write within the batch: %v, %d tickets", err, l.tickets())
	}
	// A caller who overlooks that a write failed must not be told that it was committed.
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 3); l.add(tx, 1); _ = tx.Flush(t.Context()); return nil }); err == nil || l.tickets() != 2 {
		t.Errorf("an overlooked failure: %v, %d tickets", err, l.tickets())
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is swallowed")
			}
		}()
		_ = l.tx(func(tx *store.Tx) error { l.add(tx, 3); _ = tx.Flush(t.Context()); panic("oh") })
	}()
	if err := l.tx(func(tx *store.Tx) error { return nil }); err != nil || l.tickets() != 2 {
		t.Errorf("after a panic: %v, %d tickets", err, l.tickets())
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := l.Store.InTx(ctx, func(tx *store.Tx) error { l.add(tx, 3); _ = tx.Flush(ctx); cancel(); return nil })
	if !errors.Is(err, context.Canceled) || l.tickets() != 2 {
		t.Errorf("cancelled before the commit: %v, %d tickets", err, l.tickets())
	}
	if err := l.Store.InTx(ctx, func(tx *store.Tx) error { return nil }); err == nil {
		t.Error("a cancelled context begins a transaction")
	}
	for range 60 { // no connection was lost on the way
		if err := l.tx(func(tx *store.Tx) error { _, err := tx.Ticket(t.Context(), 1); return err }); err != nil {
			t.Fatal(err)
		}
	}
}

// What was written is seen by the reads behind it, and by nobody else before the commit.
func TestReadsSeeTheWritesBefore(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	err := l.tx(func(tx *store.Tx) error {
		l.add(tx, 1)
		if got, err := tx.Ticket(t.Context(), 1); err != nil || got.Requester.Email != "ben@city.test" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := l.Store.Ticket(t.Context(), 1); core.CodeOf(err) != core.NotFound {
			t.Errorf("seen from outside: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A refused command undoes itself and nothing else (mail.md 1).
func TestSavepointUndoesOnlyItself(t *testing.T) {
	t.Parallel()
	for name, failing := range map[string]func(*ledger, *store.Tx) error{
		"a refusal":                func(l *ledger, tx *store.Tx) error { l.add(tx, 10); return errHere },
		"a refusal after a write":  func(l *ledger, tx *store.Tx) error { l.add(tx, 10); _ = tx.Flush(l.Context()); return errHere },
		"a write that fails":       func(l *ledger, tx *store.Tx) error { l.add(tx, 10); l.add(tx, 1); return nil },
		"a write that fails early": func(l *ledger, tx *store.Tx) error { l.add(tx, 1); return tx.Flush(l.Context()) },
		"one within another": func(l *ledger, tx *store.Tx) error {
			l.add(tx, 10)
			return tx.Savepoint(l.Context(), func() error { l.add(tx, 11); return errHere })
		},
		"one that is fine in a bad": func(l *ledger, tx *store.Tx) error {
			_ = tx.Savepoint(l.Context(), func() error { l.add(tx, 11); return nil })
			return errHere
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			err := l.tx(func(tx *store.Tx) error {
				l.add(tx, 1)
				if err := tx.Savepoint(t.Context(), func() error { return failing(l, tx) }); err == nil {
					t.Error("the failure is not told")
				}
				// What needs its answer at once stands behind the undoing.
				if _, _, err := tx.AddPerson(t.Context(), core.Person{Email: "new@city.test", Origin: core.Guest}, l.now); err != nil {
					t.Errorf("a person behind it: %v", err)
				}
				if err := tx.Savepoint(t.Context(), func() error { l.add(tx, 3); return nil }); err != nil {
					t.Errorf("the next command: %v", err)
				}
				l.add(tx, 2)
				return nil
			})
			if err != nil || l.tickets() != 3 || l.ask("select count(*) from ticket where number in (1, 2, 3)") != 3 || l.ask("select count(*) from person where email = 'new@city.test'") != 1 {
				t.Errorf("%v; %d tickets", err, l.tickets())
			}
		})
	}
}

// Where not even the undoing works, nothing of the transaction is committed, whatever its caller goes on to do.
func TestSavepointThatCannotBeUndoneEndsAll(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := l.tx(func(tx *store.Tx) error {
		l.add(tx, 1)
		if err := tx.Savepoint(ctx, func() error { l.add(tx, 2); _ = tx.Flush(ctx); cancel(); return errHere }); !errors.Is(err, errHere) {
			t.Errorf("the refusal is not told: %v", err)
		}
		l.add(tx, 3)
		return nil
	})
	if err == nil || l.tickets() != 0 {
		t.Errorf("%v; %d tickets", err, l.tickets())
	}
}

// A change of the configuration waits for the transactions that run, and new ones wait for it: nobody acts on roles that a
// committed change has taken away.
func TestConfigurationIsOrderedAgainstEverything(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	before, err := l.Store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	running, finish := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		first <- l.Store.InTx(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Directory(t.Context()); err != nil { // it has begun: nothing is sent before the first question
				return err
			}
			close(running)
			<-finish
			d, err := tx.Directory(t.Context())
			if err == nil && d.Version != before.Version {
				t.Errorf("the picture changed within a transaction: %d, then %d", before.Version, d.Version)
			}
			return err
		})
	}()
	<-running
	changed := make(chan error, 1)
	go func() {
		changed <- l.Store.InConfigTx(t.Context(), func(tx *store.Tx) error {
			tx.DropGrant(core.Grant{Service: l.Printers, Role: core.MainSolver, Person: l.People["mia"].ID})
			return nil
		})
	}()
	limit := time.Now().Add(10 * time.Second)
	for l.ask("select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())") == 0 {
		if time.Now().After(limit) {
			t.Fatal("the change does not wait")
		}
		time.Sleep(5 * time.Millisecond)
	}
	select {
	case err := <-changed:
		t.Fatalf("the change did not wait: %v", err)
	default:
	}
	second := make(chan error, 1)
	go func() {
		second <- l.Store.InTx(t.Context(), func(tx *store.Tx) error {
			d, err := tx.Directory(t.Context())
			if err == nil {
				if roles, _ := d.RolesOf(l.People["mia"], l.Printers, nil); roles.Has(core.MainSolver) {
					t.Error("a transaction behind the change acts on the role that it took")
				}
			}
			return err
		})
	}()
	close(finish)
	for _, done := range []chan error{first, changed, second} {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := l.Store.InConfigTx(t.Context(), func(tx *store.Tx) error {
		tx.DropGrant(core.Grant{Service: l.Printers, Role: core.Solver, Person: l.People["sol"].ID})
		if err := tx.Flush(t.Context()); err != nil {
			return err
		}
		if d, err := tx.ConfiguredDirectory(t.Context()); err != nil || len(d.Grants[l.Printers]) != len(before.Grants[l.Printers])-2 {
			t.Errorf("within the change: %v", err)
		}
		return errHere
	}); !errors.Is(err, errHere) {
		t.Error(err)
	}
	d, err := l.Store.Directory(t.Context())
	if roles, _ := d.RolesOf(l.People["sol"], l.Printers, nil); err != nil || !roles.Has(core.Solver) {
		t.Errorf("a change that was undone is in the picture: %v", err)
	}
}

func newLease() uuid.UUID { return store.NewLease() }

// Regression: the picture that a change of the configuration begins with was kept as the one that it led to.
func TestPictureDuringAChangeIsNotTheNextOne(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	if err := l.Store.InConfigTx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Directory(t.Context()); err != nil {
			return err
		}
		now := time.Now()
		tx.SaveAbsence(core.Absence{Person: l.People["mia"], From: now, Until: now.Add(time.Hour)})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if d, err := l.Store.Directory(t.Context()); err != nil || len(d.Absences) != 1 {
		t.Errorf("the change does not show: %v, %v", d.Absences, err)
	}
}

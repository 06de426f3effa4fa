package store_test

import (
	"sync"
	"testing"

	"postdesk/core"
	"postdesk/core/store"
)

// Of two transactions that wait for each other the database ends one, which then runs again: nobody hears of it.
func TestDeadlockRunsAgain(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	if err := l.tx(func(tx *store.Tx) error { l.add(tx, 2001); l.add(tx, 2002); return nil }); err != nil {
		t.Fatal(err)
	}
	var runs int
	var mu sync.Mutex
	var first sync.WaitGroup // both hold their first ticket before either asks for its second
	first.Add(2)
	errs := make(chan error, 2)
	for _, order := range [][2]core.Number{{2001, 2002}, {2002, 2001}} {
		var once sync.Once
		go func() {
			errs <- l.Store.InTx(t.Context(), func(tx *store.Tx) error {
				mu.Lock()
				runs++
				mu.Unlock()
				if _, err := tx.LockTicket(t.Context(), order[0]); err != nil {
					return err
				}
				once.Do(func() { first.Done(); first.Wait() })
				_, err := tx.LockTicket(t.Context(), order[1])
				return err
			})
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if runs < 3 { // more where the one that runs again is in the way again
		t.Errorf("%d runs, not 3 at least: both once, and one again", runs)
	}
}

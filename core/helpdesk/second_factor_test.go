package helpdesk_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postdesk/core"
)

func (c *city) code(who string, ahead int64) string {
	c.Helper()
	secret, _, _, err := c.Store.FactorSecret(c.Context(), c.People[who].ID)
	if err != nil {
		c.Fatal(err)
	}
	return core.TOTPCode(secret, core.TOTPStep(c.now)+ahead)
}

// Of many requests with one code one wins, whichever daemon answers it.
func TestACodeIsTakenOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ben := c.People["ben"]
	if err := c.desk.BeginSecondFactor(t.Context(), ben); err != nil {
		t.Fatal(err)
	}
	recovery, err := c.desk.ConfirmSecondFactor(t.Context(), ben, c.code("ben", 0), "")
	if err != nil || len(recovery) != 10 {
		t.Fatalf("%v %v", recovery, err)
	}
	c.now = c.now.Add(time.Minute)
	for what, code := range map[string]string{"code": c.code("ben", 0), "recovery code": recovery[0]} {
		var won atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := c.desk.CheckSecondFactor(t.Context(), ben, code); err == nil {
					won.Add(1)
				} else if core.CodeOf(err) != core.Invalid {
					t.Errorf("%s: %v", what, err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("a %s is taken %d times", what, won.Load())
		}
	}
	if err := c.desk.BeginSecondFactor(t.Context(), ben); err != nil { // one that counts stays
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Minute)
	if _, err := c.desk.CheckSecondFactor(t.Context(), ben, c.code("ben", 0)); err != nil {
		t.Error(err)
	}
	if err := c.desk.ResetSecondFactor(t.Context(), "ben@city.test"); err != nil {
		t.Fatal(err)
	}
	if has, err := c.desk.HasSecondFactor(t.Context(), ben); err != nil || has {
		t.Errorf("after the reset: %v %v", has, err)
	}
	if n := c.number("select count(*) from recovery_code"); n != 0 {
		t.Errorf("%d recovery codes are left", n)
	}
	if _, err := c.desk.CheckSecondFactor(t.Context(), ben, recovery[1]); core.CodeOf(err) != core.Conflict {
		t.Errorf("a recovery code of before: %v", err)
	}
}

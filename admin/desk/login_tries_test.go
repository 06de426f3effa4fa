package desk

import (
	"context"
	"fmt"
	"testing"
	"time"

	"postdesk/core"
)

// slow makes tries with a clock of the test's own, and notes the waits instead of waiting.
func slow() (t *tries, now *time.Time, waits *[]time.Duration) {
	now, waits = new(time.Time), new([]time.Duration)
	*now = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	t = newTries(func() time.Time { return *now })
	t.pause = func(_ context.Context, d time.Duration) error { *waits = append(*waits, d); return nil }
	return t, now, waits
}

func TestTriesOfAnAccountAreSlowedNotLocked(t *testing.T) {
	t.Parallel()
	tr, now, waits := slow()
	for i := range 12 { // from as many networks, each after the one before
		ok, err := tr.begin(t.Context(), "mia@city.test", fmt.Sprintf("192.0.2.%d", i))
		if err != nil || !ok {
			t.Fatalf("try %d: %v %v", i+1, ok, err)
		}
		if len(*waits) > 0 {
			*now = now.Add((*waits)[len(*waits)-1])
		}
	}
	want := "[1s 2s 4s 8s 16s 30s 30s]"
	if got := fmt.Sprint(*waits); got != want {
		t.Errorf("waits %s, want %s", got, want)
	}
	*waits = nil
	if _, err := tr.begin(t.Context(), "sol@city.test", "192.0.2.1"); err != nil || len(*waits) != 0 {
		t.Errorf("another account waits %v", *waits)
	}
	*now = now.Add(triesWindow + time.Second)
	if _, err := tr.begin(t.Context(), "mia@city.test", "192.0.2.1"); err != nil || len(*waits) != 0 {
		t.Errorf("after the window it waits %v", *waits)
	}
}

// Guesses from many networks at the same moment wait for each other: side by side they would all be made after one wait.
func TestTriesOfAnAccountWaitInLine(t *testing.T) {
	t.Parallel()
	tr, now, waits := slow()
	refused := 0
	for i := range 100 {
		if ok, _ := tr.begin(t.Context(), "mia@city.test", fmt.Sprintf("192.0.2.%d", i)); !ok {
			refused++
		}
	}
	if got := fmt.Sprint(*waits); got != "[1s 3s 7s 15s 31s]" || refused != 90 {
		t.Errorf("waits %s, %d refused", got, refused)
	}
	if ok, _ := tr.begin(t.Context(), "mia@city.test known browser", "192.0.2.200"); !ok || len(*waits) != 5 {
		t.Error("the owner's own browser waits behind the guesses")
	}
	*now = now.Add(31 * time.Second)
	if ok, _ := tr.begin(t.Context(), "mia@city.test", "192.0.2.201"); !ok {
		t.Error("once the line is empty nobody gets in")
	}
}

func TestTriesOfANetworkEnd(t *testing.T) {
	t.Parallel()
	tr, now, _ := slow()
	for i := range triesPerAddress {
		if ok, _ := tr.begin(t.Context(), fmt.Sprintf("p%d@city.test", i), "192.0.2.1"); !ok {
			t.Fatalf("try %d is refused", i+1)
		}
	}
	if ok, _ := tr.begin(t.Context(), "mia@city.test", "192.0.2.1"); ok {
		t.Error("the network goes on")
	}
	if ok, _ := tr.begin(t.Context(), "mia@city.test", "192.0.2.2"); !ok {
		t.Error("another network is refused")
	}
	*now = now.Add(triesWindow + time.Second)
	if ok, _ := tr.begin(t.Context(), "mia@city.test", "192.0.2.1"); !ok {
		t.Error("the network stays refused")
	}
}

func TestSuccessForgetsTries(t *testing.T) {
	t.Parallel()
	tr, _, waits := slow()
	for range 40 {
		if ok, _ := tr.begin(t.Context(), "mia@city.test", "192.0.2.1"); !ok {
			t.Fatal("somebody who signs in often is refused")
		}
		tr.succeeded("mia@city.test", "192.0.2.1")
	}
	if len(*waits) != 0 {
		t.Errorf("they wait %v", *waits)
	}
}

// A flood of made-up accounts must not grow the memory without end.
func TestTriesStayBounded(t *testing.T) {
	t.Parallel()
	tr, _, _ := slow()
	for i := range maxTracked * 2 {
		_, _ = tr.begin(t.Context(), fmt.Sprintf("p%d@city.test", i), fmt.Sprintf("network %d", i))
	}
	if len(tr.at) > maxTracked+2 {
		t.Errorf("%d are remembered", len(tr.at))
	}
}

func TestOnlyPlacesOfThisDeskAreNext(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/dashboard/ithelpdesk/7?status=open": "/dashboard/ithelpdesk/7?status=open",
		"":                                    home,
		"//evil.test/":                        home,
		`/\evil.test/`:                        home,
		"https://evil.test/":                  home,
		"javascript:alert(1)":                 home,
		"dashboard":                           home,
		"/\t/evil.test":                       home,
		"/login?next=/login":                  home,
	} {
		if got := samePlace(next); got != want {
			t.Errorf("%q: %s, want %s", next, got, want)
		}
	}
}

// What strangers type at the door never counts as a try at somebody's second factor, or at their present password.
func TestNothingTypedAtTheDoorKeepsSecretsWaiting(t *testing.T) {
	t.Parallel()
	tr, _, waits := slow()
	mia := &core.Person{ID: 12}
	for _, secret := range []string{"second", "password"} {
		for i := range freeTries {
			if _, err := tr.begin(t.Context(), core.FoldAddress(ownTries(secret, mia)), fmt.Sprintf("192.0.2.%d", i)); err != nil {
				t.Fatal(err)
			}
		}
		if ok, err := tr.begin(t.Context(), ownTries(secret, mia), "192.0.2.100"); err != nil || !ok || len(*waits) != 0 {
			t.Errorf("%s: %v %v, waits %v", secret, ok, err, *waits)
		}
	}
}

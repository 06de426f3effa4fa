package desk

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"postdesk/core"
)

// Guessing is slowed, and nobody can lock an owner out by it. Within triesWindow an account has freeTries; each further one
// waits, twice as long as the one before, up to maxWait, and behind those that wait already: from however many networks, one
// guess is made at a time. Who would wait longer than maxQueue is refused; the owner, who signed in with the same browser
// before, is counted apart, and a mailed link waits for nobody. One network has triesPerAddress, then it is refused until
// the window has passed.
const (
	triesWindow     = 15 * time.Minute
	freeTries       = 5
	triesPerAddress = 30
	maxWait         = 30 * time.Second
	maxQueue        = 45 * time.Second // below what the server gives an answer
	maxTracked      = 20_000           // accounts and addresses remembered at most
)

// tries remembers the failed tries of the last window. It is safe for concurrent use.
type tries struct {
	now   func() time.Time
	pause func(context.Context, time.Duration) error // waits; tests replace it

	mu   sync.Mutex
	at   map[string][]time.Time
	next map[string]time.Time // account → when the last of those who wait has its turn
}

func newTries(now func() time.Time) *tries {
	return &tries{now: now, at: map[string][]time.Time{}, next: map[string]time.Time{}, pause: func(ctx context.Context, d time.Duration) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// ownTries is what tries at a person's own secret are counted under: in capitals, which nothing typed as an address at the
// door has, or whoever types it there would keep the owner waiting.
func ownTries(what string, p *core.Person) string {
	return strings.ToUpper(what) + " " + strconv.FormatInt(int64(p.ID), 10)
}

// begin counts a try before it is made, so that many at once count as many. It waits where the account is slowed; ok is
// false where the address has had too many, or too many wait for the account. An account "" counts for the address alone.
func (t *tries) begin(ctx context.Context, account, address string) (ok bool, err error) {
	wait, ok := t.count(account, "address "+address)
	if !ok || wait == 0 {
		return ok, nil
	}
	return true, t.pause(ctx, wait)
}

func (t *tries) count(account, address string) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.at) > maxTracked {
		t.sweep()
	}
	now := t.now()
	if len(t.recent(address)) >= triesPerAddress {
		return 0, false
	}
	t.at[address] = append(t.at[address], now)
	if account == "" {
		return 0, true
	}
	account = "account " + account
	before := len(t.recent(account))
	if before >= freeTries {
		turn := now
		if next := t.next[account]; next.After(now) {
			turn = next
		}
		turn = turn.Add(min(time.Second<<min(before-freeTries, 10), maxWait))
		if wait = turn.Sub(now); wait > maxQueue {
			return 0, false
		}
		t.next[account] = turn
	}
	if before < triesPerAddress { // more say nothing new
		t.at[account] = append(t.at[account], now)
	}
	return wait, true
}

// succeeded forgets the account's tries, and the one that succeeded at its address.
func (t *tries) succeeded(account, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.at, "account "+account)
	delete(t.next, "account "+account)
	if at := t.at["address "+address]; len(at) > 0 {
		t.at["address "+address] = at[:len(at)-1]
	}
}

func (t *tries) recent(key string) []time.Time {
	at := t.at[key]
	for len(at) > 0 && t.now().Sub(at[0]) > triesWindow {
		at = at[1:]
	}
	if len(at) == 0 {
		delete(t.at, key)
		delete(t.next, key)
		return nil
	}
	t.at[key] = at
	return at
}

// sweep drops what has passed; where a flood keeps the map full nonetheless, it starts anew.
func (t *tries) sweep() {
	for key := range t.at {
		t.recent(key)
	}
	if len(t.at) > maxTracked {
		clear(t.at)
		clear(t.next)
	}
}

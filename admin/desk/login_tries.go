package desk

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Sign-in is slowed, never locked: whoever could lock an account could lock its owner out. Within triesWindow an account
// has freeTries; each further one waits, twice as long as the one before, up to maxWait. One network address has
// triesPerAddress, then it is refused until the window has passed.
const (
	triesWindow     = 15 * time.Minute
	freeTries       = 5
	triesPerAddress = 30
	maxWait         = 30 * time.Second
	maxTracked      = 20_000 // accounts and addresses remembered at most
)

// tries remembers the failed tries of the last window. It is safe for concurrent use.
type tries struct {
	now   func() time.Time
	pause func(context.Context, time.Duration) error // waits; tests replace it

	mu sync.Mutex
	at map[string][]time.Time
}

func newTries(now func() time.Time) *tries {
	return &tries{now: now, at: map[string][]time.Time{}, pause: func(ctx context.Context, d time.Duration) error {
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

// begin counts a try before it is made, so that many at once count as many. It waits where the account is slowed; ok is
// false where the address has had too many.
func (t *tries) begin(ctx context.Context, account, address string) (ok bool, err error) {
	wait, ok := t.count("account "+account, "address "+address)
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
	if len(t.recent(address)) >= triesPerAddress {
		return 0, false
	}
	t.at[address] = append(t.at[address], t.now())
	before := len(t.recent(account))
	if before < triesPerAddress { // more say nothing new
		t.at[account] = append(t.at[account], t.now())
	}
	if before < freeTries {
		return 0, true
	}
	return min(time.Second<<min(before-freeTries, 10), maxWait), true
}

// succeeded forgets the account's tries, and the one that succeeded at its address.
func (t *tries) succeeded(account, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.at, "account "+account)
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
	}
}

// clientAddress is whose try it is: the network of the other end, or, where a proxy on this machine stands before us, of
// the last address that the proxy added itself.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip := net.ParseIP(host)
	if forwarded := r.Header.Values("X-Forwarded-For"); ip.IsLoopback() && len(forwarded) > 0 {
		list := strings.Split(forwarded[len(forwarded)-1], ",")
		if last := net.ParseIP(strings.TrimSpace(list[len(list)-1])); last != nil {
			ip = last
		}
	}
	if ip == nil {
		return host
	}
	if ip.To4() == nil {
		return ip.Mask(net.CIDRMask(64, 128)).String() // one household has a whole /64
	}
	return ip.String()
}

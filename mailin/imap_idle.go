package mailin

import (
	"context"
	"errors"
	"time"
)

const (
	maxIdle    = 9 * time.Minute // servers and firewalls drop silent connections from 10 minutes on
	pollEvery  = time.Minute     // where there is no IDLE
	beginGrace = time.Second     // for the server to say "+" after nobody wants to wait any more
)

// Idle waits until the folder grew since the last ListUIDs, but no longer than atMost (9 minutes at most, one
// minute without IDLE), then asks the server with a NOOP, so that a dead connection is found. It returns changed at
// once when mail is announced. When ctx ends, a running IDLE is ended properly and the error of ctx returned;
// the connection can still be used.
func (m *IMAP) Idle(ctx context.Context, atMost time.Duration) (changed bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	end := func(context.Context) error { return nil }
	if m.canIdle() {
		// A ctx that ends while the server says "+" must not cost the connection: that IDLE is ended properly too.
		begin, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		defer context.AfterFunc(ctx, func() { time.AfterFunc(beginGrace, cancel) })()
		switch end, err = m.idle(begin); {
		case errors.Is(err, ErrRefused): // advertised, but not for this folder or not now
			m.noIdle = true
		case err != nil:
			return false, err
		}
	}
	if !m.canIdle() {
		atMost = min(atMost, pollEvery)
		end = func(context.Context) error { return nil }
	}
	timer := time.NewTimer(min(atMost, maxIdle))
	defer timer.Stop()
	select {
	case <-m.grown:
		changed = true
	case <-timer.C:
	case <-m.client.Closed():
	case <-ctx.Done():
	}
	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := end(leave); err != nil {
		return changed, err
	}
	if ctx.Err() != nil || changed {
		return changed, ctx.Err()
	}
	if err := m.noop(ctx); err != nil {
		return false, err
	}
	select {
	case <-m.grown:
		changed = true
	default:
	}
	return changed, nil
}

package mailin

import (
	"context"
	"fmt"
	"net"
	"time"
)

const (
	defaultCommandTimeout = time.Minute
	leaveTimeout          = 5 * time.Second // to end IDLE or log out when nobody wants to wait
	cutGrace              = 3 * time.Second // for a command to notice that its connection was cut
	answerBudget          = 32 << 20        // bytes that the answer to one command may have, bodies aside
)

// exec runs one command and gives its bare error. The library knows no time-outs for answers: when ctx or
// CommandTimeout ends, the connection is cut, which ends every command but a few that wait for a continuation
// request that can no longer come; those are left behind.
func (m *IMAP) exec(ctx context.Context, command func() error) error {
	if m.dead.Load() {
		return net.ErrClosed
	}
	ctx, cancel := m.deadline(ctx)
	defer cancel()
	m.conn.budget.Store(m.perAnswer)
	done := make(chan error, 1)
	go func() { done <- command() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		m.cut()
		select {
		case <-done:
		case <-time.After(cutGrace):
		}
		return context.Cause(ctx)
	}
}

func (m *IMAP) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, m.cfg.CommandTimeout,
		fmt.Errorf("no answer within %s: %w", m.cfg.CommandTimeout, context.DeadlineExceeded))
}

// do is exec with an error for the operator.
func (m *IMAP) do(ctx context.Context, doing string, command func() error) error {
	return m.failed(doing, m.exec(ctx, command))
}

func (m *IMAP) failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	if isAnswer(err) {
		return m.cfg.fail(doing, ErrRefused, err)
	}
	m.cut() // whatever else went wrong, the library and the server no longer agree on where they are
	return m.cfg.fail(doing, ErrConnection, err)
}

// cut ends the connection without waiting for anything. imapclient.Client.Close would wait for its reader, which
// waits for whoever reads the running FETCH.
func (m *IMAP) cut() {
	m.dead.Store(true)
	m.raw.Close()
}

// Alive tells whether the connection was good when last used.
func (m *IMAP) Alive() bool {
	select {
	case <-m.client.Closed():
		return false
	default:
		return !m.dead.Load()
	}
}

// Close ends the connection: with a LOGOUT where no method is running, else by cutting it, which ends that
// method. It may be called from any goroutine and more than once, and returns within a few seconds.
func (m *IMAP) Close() {
	if m.mu.TryLock() {
		if m.Alive() && m.loggedIn {
			ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
			_ = m.exec(ctx, func() error { return m.client.Logout().Wait() }) // a courtesy, whatever comes of it
			cancel()
		}
		m.mu.Unlock()
	}
	m.cut()
	select {
	case <-m.client.Closed():
	case <-time.After(cutGrace):
	}
}

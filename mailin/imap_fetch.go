package mailin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

const (
	slowestBody       = 32 << 10  // bytes a second, below it a body counts as stuck
	defaultMaxMessage = 128 << 20 // bytes
)

var errStuck = fmt.Errorf("the answer came too slowly: %w", context.DeadlineExceeded)

// Fetched is one message as it comes in. Body is the message as stored, byte by byte, and is good only until the
// function that gets it returns; it ends in io.ErrUnexpectedEOF when the connection breaks.
type Fetched struct {
	UID          uint32
	InternalDate time.Time // zero when the server tells it behind the body
	Size         int64     // RFC822.SIZE, an estimate on some servers
	Body         io.Reader
}

// FetchLimits bounds one Fetch.
type FetchLimits struct {
	MaxMessage int64 // bytes, 128 MiB when zero; a longer body is ErrTooLarge and ends the connection: ask Sizes first
	First      int64 // bytes of each message to fetch, all when zero
}

// FetchResult says what became of each UID asked for, each list in the order of asking.
type FetchResult struct {
	Whole   []uint32 // fn had every byte of it
	Missing []uint32 // still in the folder, but no body came: ask again, it is not empty
	Gone    []uint32 // no longer in the folder
}

// Fetch streams messages to fn in the order in which the server sends them, without setting \Seen. Nothing that fn
// got counts before Fetch returned nil: only then the server confirmed the command, and Whole names the messages
// that came to their last byte. With an error there is no result at all; after ErrRefused (some servers refuse a
// whole page for one bad message) and ErrTooLarge ask for the messages one by one. An error of fn ends the connection and is
// returned wrapped. fn must not call methods of m, and its time counts.
//
// Page by Sizes: this takes any number of UIDs, but fails as one.
func (m *IMAP) Fetch(ctx context.Context, uids []uint32, limits FetchLimits, fn func(Fetched) error) (FetchResult, error) {
	if limits.MaxMessage <= 0 {
		limits.MaxMessage = defaultMaxMessage
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	whole := make(map[uint32]bool, len(uids))
	err := inChunks(uids, func(chunk []uint32) error {
		part, err := m.fetchInTime(ctx, chunk, limits, fn)
		for u := range part {
			whole[u] = true
		}
		return err
	})
	if err != nil {
		return FetchResult{}, err
	}
	var r FetchResult
	var without []uint32
	for _, u := range uids {
		if whole[u] {
			r.Whole = append(r.Whole, u)
		} else if u != 0 {
			without = append(without, u)
		}
	}
	if len(without) == 0 {
		return r, nil
	}
	// A server may answer OK without a literal, and the library takes news of flags, or a body before its UID, in
	// the place of the answer: neither is an empty message. What is not listed any more was removed meanwhile.
	listed, err := m.listed(ctx, without)
	if err != nil {
		return FetchResult{}, err
	}
	for _, u := range without {
		if _, ok := slices.BinarySearch(listed, u); ok {
			r.Missing = append(r.Missing, u)
		} else {
			r.Gone = append(r.Gone, u)
		}
	}
	return r, nil
}

// fetchInTime gives each message its own deadline, counted from its announced size. It waits for fn, unlike exec.
func (m *IMAP) fetchInTime(ctx context.Context, uids []uint32, limits FetchLimits, fn func(Fetched) error) (map[uint32]bool, error) {
	if m.dead.Load() {
		return nil, m.failed("UID FETCH", net.ErrClosed)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, m.cut)()
	alarm := time.AfterFunc(m.cfg.CommandTimeout, func() { cancel(errStuck) })
	defer alarm.Stop()
	m.conn.budget.Store(m.perAnswer)
	whole, err := m.fetchBodies(ctx, uids, limits, alarm, fn)
	own, isOwn := errors.AsType[*notTaken](err)
	late := context.Cause(ctx)
	switch {
	case isOwn:
		return nil, fmt.Errorf("%s: %w", m.cfg.where(), own)
	case err != nil && late != nil:
		err = late
	}
	return whole, m.failed("UID FETCH", err)
}

// notTaken is an error that says nothing about the connection: the function that bodies are handed to did not want
// this one, or the limit does not allow it.
type notTaken struct {
	uid uint32
	err error
}

func (e *notTaken) Error() string { return fmt.Sprintf("take in uid %d: %v", e.uid, e.err) }
func (e *notTaken) Unwrap() error { return e.err }

// wholeBody reads a literal. The library ends one with io.EOF also when the connection broke inside it.
type wholeBody struct {
	literal io.Reader
	left    int64
	broken  error
}

func (b *wholeBody) Read(p []byte) (int, error) {
	if b.broken != nil {
		return 0, b.broken // for good: the library's reader goes on after the first error
	}
	n, err := b.literal.Read(p)
	b.left -= int64(n)
	if err == io.EOF && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		b.broken = err
	}
	return n, err
}

package mailin

import (
	"context"
	"slices"
	"time"
)

const (
	uidsPerCommand  = 500        // keeps a command line below the 8 kB of RFC 7162 section 4
	firstListWindow = 50_000     // UIDs in one SEARCH, doubled where they are sparse
	maxListed       = 10_000_000 // UIDs that one SEARCH may answer
)

// Status gives UIDVALIDITY and UIDNEXT as of the last time the folder was opened. UIDNEXT is 0 where the server does
// not tell it.
func (m *IMAP) Status() (uidValidity, uidNext uint32) {
	return m.uidValidity.Load(), m.uidNext.Load()
}

// Refresh opens the folder again, so that Status is true. STATUS would be cheaper, but servers may answer it from
// a cache for the folder that is open (RFC 9051 section 6.3.11).
func (m *IMAP) Refresh(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.selectFolder(ctx, m.readOnly)
}

// writable opens the folder for changes, if it is not yet.
func (m *IMAP) writable(ctx context.Context) error {
	if !m.readOnly {
		return nil
	}
	before := m.uidValidity.Load()
	if err := m.selectFolder(ctx, false); err != nil {
		return err
	}
	if m.uidValidity.Load() != before {
		return m.cfg.fail("open the folder for changes", ErrEpoch, nil)
	}
	return nil
}

// ListUIDs gives the UIDs from fromUID on that are in the folder now, ascending. It asks in windows, so that no
// answer is longer than the library and the deadline can take.
func (m *IMAP) ListUIDs(ctx context.Context, fromUID uint32) ([]uint32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	// A session sees new mail only once the server had an occasion to announce it (RFC 9051 section 5.2).
	if err := m.noop(ctx); err != nil {
		return nil, err
	}
	select {
	case <-m.grown: // this listing sees it
	default:
	}
	var listed []uint32
	next := uint64(m.uidNext.Load())
	for low, width := uint64(max(fromUID, 1)), uint64(firstListWindow); ; {
		high := low + width - 1
		last := high+1 >= next
		stop := uint32(high)
		if last {
			stop = 0 // also what came after the folder was opened
		}
		uids, err := m.searchRange(ctx, uint32(low), stop)
		if err != nil {
			return nil, err
		}
		// "n:*" past the end names the last message (section 9, seq-range), so the answer is looked at again.
		uids = slices.DeleteFunc(uids, func(u uint32) bool { return uint64(u) < low || !last && uint64(u) > high })
		listed = append(listed, uids...)
		if last {
			return listed, nil
		}
		if len(uids) < firstListWindow/10 {
			width *= 2
		}
		low = high + 1
	}
}

// inChunks calls f with a few hundred UIDs at a time, and never with 0, which would be written "*" and name the last
// message, whichever that is.
func inChunks(uids []uint32, f func([]uint32) error) error {
	for chunk := range slices.Chunk(slices.DeleteFunc(slices.Clone(uids), func(u uint32) bool { return u == 0 }), uidsPerCommand) {
		if err := f(chunk); err != nil {
			return err
		}
	}
	return nil
}

// Envelope is what is kept of a mail older than the mailbox's start: the server's summary of its header
// (RFC 9051 section 7.5.2), decoded and harmless to store and show.
type Envelope struct {
	UID                      uint32
	MessageID, From, Subject string // MessageID without angle brackets, From a bare address
	Date, InternalDate       time.Time
	Size                     int64 // bytes
}

// listed gives those of the UIDs that are in the folder, ascending.
func (m *IMAP) listed(ctx context.Context, uids []uint32) ([]uint32, error) {
	if err := m.noop(ctx); err != nil { // so that the server takes notice of what others removed
		return nil, err
	}
	var found []uint32
	err := inChunks(uids, func(chunk []uint32) error {
		part, err := m.search(ctx, uidSet(chunk))
		found = append(found, part...)
		return err
	})
	slices.Sort(found)
	return found, err
}

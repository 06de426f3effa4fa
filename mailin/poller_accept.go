package mailin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// A page is what one transaction accepts; larger messages come alone and stream.
const (
	pageMails    = 100
	pageBytes    = 4 << 20
	streamBytes  = 1 << 20
	messageLimit = 128 << 20
	giveUpAfter  = 3 // tries for a message that the server lists but does not give
)

// accept takes messages into the ledger, in pages.
func (p *Poller) accept(ctx context.Context, server *IMAP, uids []uint32) error {
	for window := range slices.Chunk(uids, 500) {
		rest, err := p.acceptBeforeStart(ctx, server, window)
		if err != nil {
			return err
		}
		sizes, err := server.Sizes(ctx, rest)
		if err != nil {
			return err
		}
		for len(rest) > 0 {
			n, bytes := 0, int64(0)
			for n < len(rest) && n < pageMails && (n == 0 || bytes+sizes[rest[n]] <= pageBytes) {
				bytes += sizes[rest[n]]
				n++
			}
			if err := p.acceptPage(ctx, server, rest[:n], sizes); err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	return nil
}

// acceptBeforeStart notes the messages that are older than the mailbox's start with their envelopes only, and returns
// the others. That is for the first listing, however many runs it takes; what comes in later is taken whatever its date.
func (p *Poller) acceptBeforeStart(ctx context.Context, server *IMAP, uids []uint32) ([]uint32, error) {
	if p.Box.Start.IsZero() || p.at.Listed {
		return uids, nil
	}
	envelopes, err := server.Headers(ctx, uids)
	if err != nil {
		return nil, err
	}
	start := p.Box.Start.Truncate(time.Second) // as exact as INTERNALDATE is
	var page []store.RawMail
	for _, e := range envelopes {
		if e.InternalDate.Before(start) {
			page = append(page, store.RawMail{UID: e.UID, ReceivedAt: e.InternalDate, Size: e.Size, State: core.InboundSuppressed,
				Reason: "before start", MessageID: e.MessageID, Sender: e.From, Subject: e.Subject, Filed: true})
		}
	}
	if len(page) == 0 {
		return uids, nil
	}
	// The cursor stays: it moves on only behind messages that are in the ledger, in their order.
	if err := p.Store.AcceptPage(ctx, p.Box.ID, store.MailboxPosition{Epoch: p.at.Epoch, UIDValidity: p.at.UIDValidity}, page, p.Now()); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool {
		return slices.ContainsFunc(page, func(m store.RawMail) bool { return m.UID == uid })
	}), nil
}

// acceptPage fetches and commits one page; what did not come whole is asked for again next time, and not passed by.
func (p *Poller) acceptPage(ctx context.Context, server *IMAP, uids []uint32, sizes map[uint32]int64) error {
	if len(uids) == 1 && sizes[uids[0]] > messageLimit {
		return p.commit(ctx, []store.RawMail{p.unread(uids[0], sizes[uids[0]], fmt.Sprintf("larger than %d MB", messageLimit>>20))}, uids)
	}
	page, missing, err := p.fetch(ctx, server, uids, sizes)
	if errors.Is(err, ErrRefused) && len(uids) > 1 { // one message that the server cannot give must not hold up its neighbours
		for _, uid := range uids {
			if err := p.acceptPage(ctx, server, []uint32{uid}, sizes); err != nil {
				return err
			}
		}
		return nil
	}
	// What did not come is asked for again at once: mostly news of flags came in its place, and a reply behind it must not
	// be taken without its parent.
	for try := 1; err == nil && len(missing) > 0 && try < giveUpAfter; try++ {
		var more []store.RawMail
		more, missing, err = p.fetch(ctx, server, missing, sizes)
		page = append(page, more...)
	}
	if err != nil && !errors.Is(err, ErrRefused) {
		return err
	}
	for _, uid := range missing {
		if p.tries[uid]++; p.tries[uid] >= giveUpAfter {
			delete(p.tries, uid)
			page = append(page, p.unread(uid, sizes[uid], "the server lists it but does not give it"))
		}
	}
	return p.commit(ctx, page, uids)
}

// fetch gives the messages that came whole, and which are listed and did not come. Refused by the server, none came.
func (p *Poller) fetch(ctx context.Context, server *IMAP, uids []uint32, sizes map[uint32]int64) (page []store.RawMail, missing []uint32, err error) {
	result, err := server.Fetch(ctx, uids, FetchLimits{MaxMessage: messageLimit}, func(f Fetched) error {
		m := store.RawMail{UID: f.UID, ReceivedAt: f.InternalDate, Size: f.Size}
		if err := p.take(ctx, &m, f.Body, sizes[f.UID]); err != nil {
			return err
		}
		page = append(page, m)
		return nil
	})
	if err != nil {
		return nil, uids, err
	}
	return slices.DeleteFunc(page, func(m store.RawMail) bool { return !slices.Contains(result.Whole, m.UID) }), result.Missing, nil
}

// unread is a message that is in the ledger without its bytes: parked, for a person to look at.
func (p *Poller) unread(uid uint32, size int64, why string) store.RawMail {
	return store.RawMail{UID: uid, Size: size, ReceivedAt: p.Now(), State: core.InboundParked, Reason: why, Filed: true}
}

// take reads one body: a small one into the page, a large one through to storage.
func (p *Poller) take(ctx context.Context, m *store.RawMail, body io.Reader, size int64) (err error) {
	if m.ReceivedAt.IsZero() {
		m.ReceivedAt = p.Now()
	}
	m.Old = m.ReceivedAt.Before(p.oldTil)
	m.Filed = !p.files()
	if size > streamBytes {
		m.SHA256, m.Size, err = p.Store.PutBlob(ctx, body)
		return err
	}
	if m.Data, err = io.ReadAll(body); err != nil {
		return err
	}
	if m.Data == nil {
		m.Data = []byte{}
	}
	m.SHA256, m.Size = sha256Of(m.Data), int64(len(m.Data))
	return nil
}

// commit is transaction 1: the page and the cursor. The cursor stops before the first message, of this page or of one
// before, that is not accounted for.
func (p *Poller) commit(ctx context.Context, page []store.RawMail, asked []uint32) error {
	for _, m := range page {
		delete(p.tries, m.UID) // it came after all
	}
	at := p.at
	for _, uid := range asked {
		if slices.ContainsFunc(slices.Collect(maps.Keys(p.tries)), func(tried uint32) bool { return p.at.Cursor < tried && tried <= uid }) {
			break
		}
		at.Cursor = max(at.Cursor, uid)
	}
	if err := p.Store.AcceptPage(ctx, p.Box.ID, at, page, p.Now()); err != nil {
		return err
	}
	p.at = at
	accepted.WithLabelValues(p.Box.Address).Add(float64(len(page)))
	p.Lanes.Wake()
	return nil
}

package mailin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
)

// The rhythm of a mailbox (mail.md 1).
const (
	lookEvery      = time.Minute     // a look at the server even where IDLE announced nothing
	reconcileEvery = time.Hour       // what the server lists minus the ledger must be nothing
	renewEvery     = 5 * time.Second // of a lease of 20 s
	standbyEvery   = 3 * time.Second // how often a daemon without the lease asks for it
	retryAtMost    = time.Minute
	refusedRetry   = 5 * time.Minute // after a refused password: asking often would lock the account
)

// A page is what one transaction accepts; larger messages come alone and stream.
const (
	pageMails    = 100
	pageBytes    = 4 << 20
	streamBytes  = 1 << 20
	messageLimit = 128 << 20
	giveUpAfter  = 3 // tries for a message that the server lists but does not give
)

// Poller keeps one mailbox's ledger: it holds the lease, listens, fetches by UID, and files on the server what was
// worked off. Its failures are its mailbox's alone.
type Poller struct {
	Store  *store.Store
	Box    core.MailboxAccess
	Dial   func(ctx context.Context) (*IMAP, error)
	Lanes  *Lanes
	Log    *slog.Logger
	Now    func() time.Time
	lease  uuid.UUID
	at     store.MailboxPosition
	tries  map[uint32]int // messages that did not come, by UID
	oldTil time.Time      // in a later epoch: what the server got before this was handled before
}

// Run works until ctx ends, then gives the lease back.
func (p *Poller) Run(ctx context.Context) {
	p.lease, p.tries = store.NewLease(), map[uint32]int{}
	wait := time.Second
	for ctx.Err() == nil {
		held, err := p.Store.LeaseMailbox(ctx, p.Box.ID, p.lease)
		switch {
		case err != nil:
			p.Log.Warn("lease of mailbox", "mailbox", p.Box.Address, "error", err)
			sleep(ctx, wait)
			continue
		case !held:
			sleep(ctx, standbyEvery)
			continue
		}
		begun := time.Now()
		err = p.hold(ctx)
		if ctx.Err() != nil {
			break
		}
		if time.Since(begun) > lookEvery {
			wait = time.Second
		}
		p.fail(ctx, err)
		pause := wait
		if errors.Is(err, ErrAuth) {
			pause = refusedRetry
		}
		sleep(ctx, pause)
		wait = min(2*wait, retryAtMost)
	}
	p.Lanes.Leave(p.Box.ID)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := p.Store.ReturnMailbox(end, p.Box.ID, p.lease); err != nil {
		p.Log.Warn("return lease of mailbox", "mailbox", p.Box.Address, "error", err)
	}
}

func (p *Poller) fail(ctx context.Context, err error) {
	if err == nil || store.Transient(err) && !isMailServer(err) {
		p.Log.Warn("mailbox waits for the database", "mailbox", p.Box.Address, "error", err)
		return
	}
	p.Log.Error("mailbox cannot be read; mail waits on the server", "mailbox", p.Box.Address, "error", err)
	mailboxFailures.WithLabelValues(p.Box.Address).Inc()
	if err := p.Store.MailboxFailed(ctx, p.Box.ID, err.Error(), p.Now()); err != nil {
		p.Log.Warn("note failure of mailbox", "mailbox", p.Box.Address, "error", err)
	}
}

func isMailServer(err error) bool {
	for _, kind := range []error{ErrUnreachable, ErrTLS, ErrAuth, ErrToken, ErrFolder, ErrConnection, ErrRefused, ErrTooLarge, ErrEpoch} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// hold works with the server while the lease is renewed beside; whichever ends first ends both.
func (p *Poller) hold(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		for sleep(ctx, renewEvery) {
			held, err := p.Store.LeaseMailbox(ctx, p.Box.ID, p.lease)
			if err == nil && !held {
				cancel(errors.New("another daemon took the mailbox"))
			}
		}
	})
	defer renewing.Wait()
	defer cancel(nil)
	p.Lanes.Join(p.Box.ID)
	server, err := p.Dial(ctx)
	if err != nil {
		return err
	}
	defer server.Close()
	err = p.session(ctx, server)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// session is one connection's life.
func (p *Poller) session(ctx context.Context, server *IMAP) error {
	if err := p.position(ctx, server); err != nil {
		return err
	}
	var reconciled, noted time.Time
	for {
		if time.Since(reconciled) >= reconcileEvery {
			if !reconciled.IsZero() {
				if err := server.Refresh(ctx); err != nil {
					return err
				}
				if err := p.position(ctx, server); err != nil {
					return err
				}
			}
			if err := p.reconcile(ctx, server); err != nil {
				return err
			}
			reconciled = time.Now()
		} else if err := p.catchUp(ctx, server); err != nil {
			return err
		}
		if err := p.file(ctx, server); err != nil {
			return err
		}
		if time.Since(noted) > renewEvery {
			if err := p.Store.MailboxOK(ctx, p.Box.ID, p.Now()); err != nil {
				return err
			}
			noted = time.Now()
		}
		if err := p.listen(ctx, server); err != nil {
			return err
		}
	}
}

// listen waits for the server's notice, for the minute to pass, or for messages that can be filed now.
func (p *Poller) listen(ctx context.Context, server *IMAP) error {
	idle, stop := context.WithCancel(ctx)
	defer stop()
	if p.files() {
		go func() {
			select {
			case <-p.Lanes.Finished(p.Box.ID):
				stop()
			case <-idle.Done():
			}
		}()
	}
	_, err := server.Idle(idle, lookEvery)
	if err != nil && idle.Err() != nil && ctx.Err() == nil {
		return nil
	}
	return err
}

// position begins a new epoch where the UIDs have lost their meaning: UIDVALIDITY changed or UIDNEXT fell.
func (p *Poller) position(ctx context.Context, server *IMAP) error {
	at, err := p.Store.Position(ctx, p.Box.ID)
	if err != nil {
		return err
	}
	validity, next := server.Status()
	if at.Epoch > 0 && at.UIDValidity == validity && (next == 0 || next > at.Cursor) {
		p.at = at
		return nil
	}
	if at.Epoch > 0 {
		if p.oldTil, err = p.Store.LastRound(ctx, p.Box.ID); err != nil {
			return err
		}
		p.Log.Warn("the mailbox was made anew or restored: everything is listed again", "mailbox", p.Box.Address,
			"uidvalidity", validity, "before", at.UIDValidity)
	}
	p.at, err = p.Store.NewEpoch(ctx, p.Box.ID, at, validity)
	return err
}

// catchUp accepts what is new behind the cursor.
func (p *Poller) catchUp(ctx context.Context, server *IMAP) error {
	uids, err := server.ListUIDs(ctx, p.at.Cursor+1)
	if err != nil || len(uids) == 0 {
		return err
	}
	return p.accept(ctx, server, uids)
}

// reconcile compares what the server lists with the ledger, and fetches what is missing there.
func (p *Poller) reconcile(ctx context.Context, server *IMAP) error {
	uids, err := server.ListUIDs(ctx, 1)
	if err != nil {
		return err
	}
	missing, err := p.missing(ctx, uids)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		if err := p.accept(ctx, server, missing); err != nil {
			return err
		}
		if missing, err = p.missing(ctx, missing); err != nil {
			return err
		}
	}
	return p.Store.Reconciled(ctx, p.Box.ID, len(missing), p.Now())
}

// missing are the UIDs that the ledger lacks, asked in windows.
func (p *Poller) missing(ctx context.Context, uids []uint32) ([]uint32, error) {
	var missing []uint32
	for window := range slices.Chunk(uids, 5000) {
		known, err := p.Store.LedgerUIDs(ctx, p.Box.ID, p.at, window[0], window[len(window)-1])
		if err != nil {
			return nil, err
		}
		for _, uid := range window {
			if _, found := slices.BinarySearch(known, uid); !found {
				missing = append(missing, uid)
			}
		}
	}
	return missing, nil
}

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
// the others. What comes in later is taken whatever its date.
func (p *Poller) acceptBeforeStart(ctx context.Context, server *IMAP, uids []uint32) ([]uint32, error) {
	if p.Box.Start.IsZero() || p.at.Cursor > 0 {
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
	var page []store.RawMail
	result, err := server.Fetch(ctx, uids, FetchLimits{MaxMessage: messageLimit}, func(f Fetched) error {
		m := store.RawMail{UID: f.UID, ReceivedAt: f.InternalDate, Size: f.Size}
		if err := p.take(ctx, &m, f.Body, sizes[f.UID]); err != nil {
			return err
		}
		page = append(page, m)
		return nil
	})
	if errors.Is(err, ErrRefused) && len(uids) > 1 { // one message that the server cannot give must not hold up its neighbours
		for _, uid := range uids {
			if err := p.acceptPage(ctx, server, []uint32{uid}, sizes); err != nil {
				return err
			}
		}
		return nil
	}
	missing := result.Missing
	if errors.Is(err, ErrRefused) {
		missing, err = uids, nil
	}
	if err != nil {
		return err
	}
	page = slices.DeleteFunc(page, func(m store.RawMail) bool { return !slices.Contains(result.Whole, m.UID) })
	for _, uid := range missing {
		if p.tries[uid]++; p.tries[uid] >= giveUpAfter {
			delete(p.tries, uid)
			page = append(page, p.unread(uid, sizes[uid], "the server lists it but does not give it"))
		}
	}
	return p.commit(ctx, page, uids)
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

// commit is transaction 1: the page and the cursor. The cursor stops before the first message of the page that is not
// accounted for.
func (p *Poller) commit(ctx context.Context, page []store.RawMail, asked []uint32) error {
	at := p.at
	for _, uid := range asked {
		if p.tries[uid] > 0 {
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

// files tells whether anything is done on the server to what was worked off.
func (p *Poller) files() bool {
	return p.Box.After.Action != "" && p.Box.After.Action != core.AfterKeep
}

// file marks, moves or deletes on the server what the ledger has finished; never before that is committed.
func (p *Poller) file(ctx context.Context, server *IMAP) error {
	for p.files() {
		rows, err := p.Store.Unfiled(ctx, p.Box.ID, p.at, 500)
		if err != nil || len(rows) == 0 {
			return err
		}
		uids, ids := make([]uint32, 0, len(rows)), make([]int64, 0, len(rows))
		for uid, id := range rows {
			uids, ids = append(uids, uid), append(ids, id)
		}
		slices.Sort(uids)
		switch p.Box.After.Action {
		case core.AfterSeen:
			err = server.MarkSeen(ctx, uids)
		case core.AfterMove:
			_, err = server.Move(ctx, uids, p.Box.After.Folder)
		case core.AfterDelete:
			_, err = server.Delete(ctx, uids)
		}
		if err != nil {
			return err
		}
		if err := p.Store.MarkFiled(ctx, ids); err != nil {
			return err
		}
	}
	return nil
}

// sleep waits; false = ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

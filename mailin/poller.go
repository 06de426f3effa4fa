package mailin

import (
	"context"
	"errors"
	"log/slog"
	"maps"
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
	renewEvery     = 3 * time.Second // of a lease of store.LeaseTime
	standbyEvery   = 3 * time.Second // how often a daemon without the lease asks for it
	retryAtMost    = time.Minute
	refusedRetry   = 5 * time.Minute // after a refused password: asking often would lock the account
	databaseRetry  = time.Second
)

// Poller keeps one mailbox's ledger: it holds the lease, listens, fetches by UID, and files on the server what was
// worked off. Its failures are its mailbox's alone.
type Poller struct {
	Store   *store.Store
	Box     core.MailboxAccess
	Dial    func(ctx context.Context) (*IMAP, error)
	Lanes   *Lanes
	Log     *slog.Logger
	Now     func() time.Time
	lease   uuid.UUID
	at      store.MailboxPosition
	failing bool           // said so in the log, and owes it the news that it is over
	tries   map[uint32]int // messages that did not come, by UID
	oldTil  time.Time      // in a later epoch: what the server got before this was handled before
}

// Run works until ctx ends, then gives the lease back.
func (p *Poller) Run(ctx context.Context) {
	p.lease, p.tries = store.NewLease(), map[uint32]int{}
	for ctx.Err() == nil {
		held, err := p.Store.LeaseMailbox(ctx, p.Box.ID, p.lease)
		if err != nil {
			p.Log.Warn("lease of mailbox", "mailbox", p.Box.Address, "error", err)
			sleep(ctx, databaseRetry)
		} else if held {
			p.hold(ctx)
		} else {
			sleep(ctx, standbyEvery)
		}
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := p.Store.ReturnMailbox(end, p.Box.ID, p.lease); err != nil {
		p.Log.Warn("return lease of mailbox", "mailbox", p.Box.Address, "error", err)
	}
}

// hold works off the mailbox until ctx ends or another daemon has the lease. What is in the ledger is applied also while
// the server cannot be reached.
func (p *Poller) hold(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	defer renewing.Wait()
	defer cancel()
	renewing.Go(func() {
		for sleep(ctx, renewEvery) {
			held, err := p.Store.LeaseMailbox(ctx, p.Box.ID, p.lease)
			if err == nil && !held {
				p.Log.Info("another daemon took the mailbox", "mailbox", p.Box.Address)
				cancel()
			}
		}
	})
	p.Lanes.Join(p.Box.ID)
	defer p.Lanes.Leave(p.Box.ID)
	for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, retryAtMost) {
		listened, err := p.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		if listened {
			wait = time.Second
		}
		pause := wait
		switch {
		case errors.Is(err, ErrAuth):
			pause = refusedRetry
		case store.Transient(err) && !isMailServer(err):
			p.Log.Warn("mailbox waits for the database", "mailbox", p.Box.Address, "error", err)
			sleep(ctx, databaseRetry)
			wait = time.Second
			continue
		}
		p.fail(ctx, err)
		sleep(ctx, pause)
	}
}

// connect is one connection's life; listened tells whether it came to waiting for new mail.
func (p *Poller) connect(ctx context.Context) (listened bool, err error) {
	server, err := p.Dial(ctx)
	if err != nil {
		return false, err
	}
	defer server.Close()
	return p.session(ctx, server)
}

func (p *Poller) fail(ctx context.Context, err error) {
	p.failing = true
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

// session works with the server until something fails.
func (p *Poller) session(ctx context.Context, server *IMAP) (listened bool, err error) {
	if err := p.position(ctx, server); err != nil {
		return false, err
	}
	var reconciled, noted time.Time
	for ; ; listened = true {
		if time.Since(reconciled) >= reconcileEvery {
			if !reconciled.IsZero() {
				if err := server.Refresh(ctx); err != nil {
					return listened, err
				}
				if err := p.position(ctx, server); err != nil {
					return listened, err
				}
			}
			if err := p.reconcile(ctx, server); err != nil {
				return listened, err
			}
			reconciled = time.Now()
		} else if err := p.catchUp(ctx, server); err != nil {
			return listened, err
		}
		if err := p.file(ctx, server); err != nil {
			return listened, err
		}
		if time.Since(noted) > renewEvery {
			if err := p.Store.MailboxOK(ctx, p.Box.ID, p.Now()); err != nil {
				return listened, err
			}
			noted = time.Now()
			if p.failing {
				p.failing = false
				p.Log.Info("mailbox is read again", "mailbox", p.Box.Address)
			}
		}
		if err := p.listen(ctx, server); err != nil {
			return listened, err
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
	if err != nil {
		return err
	}
	maps.DeleteFunc(p.tries, func(uid uint32, _ int) bool { // removed on the server: nothing to wait for
		_, listed := slices.BinarySearch(uids, uid)
		return !listed && uid > p.at.Cursor
	})
	if len(p.tries) > 0 { // the cursor stands before a message that did not come: the ledger has some of those behind it
		if uids, err = p.missing(ctx, uids); err != nil {
			return err
		}
	}
	if len(uids) == 0 {
		return nil
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
	if err := p.Store.Reconciled(ctx, p.Box.ID, len(missing), p.Now()); err != nil {
		return err
	}
	p.at.Listed = true
	return nil
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

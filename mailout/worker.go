package mailout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

const (
	senders     = 8
	leaseMails  = 50
	pollEvery   = time.Second
	renewEvery  = 3 * time.Second
	downFor     = 5 * time.Second  // after a failed dial nobody dials that mailbox's server again
	recordFor   = 60 * time.Second // how long the result of a sending is tried to be written
	giveUpAfter = 5 * 24 * time.Hour
	smallMail   = 48 << 10 // files up to here are rendered in memory; larger mails through the content store
)

// backoff is how long a mail waits after its n-th attempt that came to nothing (mail.md 1).
func backoff(attempts int) time.Duration {
	steps := []time.Duration{5 * time.Second, 20 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute}
	if attempts <= len(steps) {
		return steps[max(attempts, 1)-1]
	}
	return time.Hour
}

// Worker sends the mail of the outbox. Rows are leased in pages; each is rendered for its one recipient, its bytes are
// kept with the commit that precedes the closing dot, and what the server said is recorded.
type Worker struct {
	Store    *store.Store
	Desk     *helpdesk.Helpdesk
	Renderer *Renderer
	// Server says how to submit for a mailbox. It is asked at each dial.
	Server    func(ctx context.Context, box core.MailboxID) (SMTPConfig, error)
	PublicURL string
	Loop      string
	Log       *slog.Logger

	lease uuid.UUID
	free  chan struct{} // a token = a mail was finished, which may let another one go

	mu    sync.Mutex
	held  map[string]bool // leased by us and not finished
	downs map[core.MailboxID]down
}

type down struct {
	until time.Time
	err   error
}

// Run sends until ctx ends; mails that are under way then are brought to their end, the others given back.
func (w *Worker) Run(ctx context.Context) {
	w.lease, w.free = store.NewLease(), make(chan struct{}, 1)
	w.held, w.downs = map[string]bool{}, map[core.MailboxID]down{}
	work := make(chan *store.Leased)
	var running sync.WaitGroup
	for range senders {
		running.Go(func() { w.sender(context.WithoutCancel(ctx), work) })
	}
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	var keeper sync.WaitGroup
	keeper.Go(func() { w.keep(keeping) })
	w.feed(ctx, work)
	close(work)
	running.Wait()
	stop()
	keeper.Wait()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := w.Store.ReturnMail(end, w.lease); err != nil {
		w.Log.Warn("return leases of mail", "error", err)
	}
}

// feed leases what is due and gives it to the senders.
func (w *Worker) feed(ctx context.Context, work chan<- *store.Leased) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		leased, err := w.Desk.LeaseMail(ctx, w.lease, leaseMails)
		if err != nil && ctx.Err() == nil {
			w.Log.Warn("lease mail", "error", err)
		}
		w.hold(leased)
		for _, l := range leased {
			select {
			case work <- l:
			case <-ctx.Done():
				return
			}
		}
		if len(leased) == leaseMails {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-w.free:
		case <-w.Store.OutboxWake():
		}
	}
}

func (w *Worker) hold(leased []*store.Leased) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range leased {
		w.held[l.ID] = true
	}
}

// keep renews the leases of what is under way, and takes up what other daemons left.
func (w *Worker) keep(ctx context.Context) {
	renew := time.NewTicker(renewEvery)
	defer renew.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
		}
		// First renew, or after an absence of the database our own mails would look like a dead daemon's.
		err := w.Store.RenewOutbox(ctx, w.lease, w.holding(), w.Desk.Now())
		if err == nil {
			err = w.Store.RecoverOutbox(ctx, w.Desk.Now())
		}
		if err != nil && ctx.Err() == nil {
			w.Log.Warn("keep leases of mail", "error", err)
		}
	}
}

func (w *Worker) holding() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.held))
}

// sender sends one mail after the other over connections of its own, one for each mailbox.
func (w *Worker) sender(ctx context.Context, work <-chan *store.Leased) {
	conns := map[core.MailboxID]*Conn{}
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for l := range work {
		begun := time.Now()
		out := w.send(ctx, conns, l)
		w.record(ctx, l, out)
		sendSeconds.Observe(time.Since(begun).Seconds())
		w.mu.Lock()
		delete(w.held, l.ID)
		w.mu.Unlock()
		select {
		case w.free <- struct{}{}:
		default:
		}
	}
}

func (w *Worker) send(ctx context.Context, conns map[core.MailboxID]*Conn, l *store.Leased) Outcome {
	content, raw, sum, words, err := w.bytes(ctx, l)
	var field *FieldError
	switch {
	case errors.As(err, &field):
		return Outcome{Class: Permanent, Phase: PhaseLocal, Response: err.Error(), Err: err}
	case err != nil:
		return Outcome{Class: Temporary, Phase: PhaseLocal, Response: err.Error(), Err: err}
	}
	conn, err := w.conn(ctx, conns, l.Mailbox)
	if err != nil {
		return Outcome{Class: Temporary, Phase: PhaseLocal, Response: err.Error(), Err: err}
	}
	return conn.Send(ctx, l.Content.FromAddress, l.Address, content, func(ctx context.Context) error {
		mine, err := w.Store.BeginData(ctx, w.lease, l.ID, raw, sum, words, w.Desk.Now())
		if err == nil && !mine {
			err = errors.New("the lease of this mail was lost")
		}
		return err
	})
}

// conn gives the sender's connection for a mailbox, a new one where there is none that can be used.
func (w *Worker) conn(ctx context.Context, conns map[core.MailboxID]*Conn, box core.MailboxID) (*Conn, error) {
	if c := conns[box]; c != nil {
		if c.Usable() {
			return c, nil
		}
		c.Close()
		delete(conns, box)
	}
	w.mu.Lock()
	d := w.downs[box]
	w.mu.Unlock()
	if time.Now().Before(d.until) {
		return nil, d.err
	}
	config, err := w.Server(ctx, box)
	if err != nil {
		return nil, err
	}
	c, err := Dial(ctx, config)
	if err != nil {
		w.Log.Error("mail cannot be submitted; it waits here", "mailbox", box, "error", err)
		w.mu.Lock()
		w.downs[box] = down{time.Now().Add(downFor), err}
		w.mu.Unlock()
		return nil, err
	}
	conns[box] = c
	return c, nil
}

// bytes gives what is sent: the bytes of the first attempt, or new ones, which are kept with the data phase: small ones
// in the row (raw), large ones in the content store (sum). words is the key of its words.
func (w *Worker) bytes(ctx context.Context, l *store.Leased) (content io.WriterTo, raw, sum, words []byte, err error) {
	switch {
	case l.Raw != nil:
		return bytes.NewReader(l.Raw), nil, nil, nil, nil
	case l.RawSum != nil:
		return w.stored(ctx, l.RawSum), nil, nil, nil, nil
	}
	letter, err := w.Renderer.Render(l.Outgoing, w.PublicURL)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	words = core.WordsKey(letter.Text)
	letter.Loop = w.Loop
	var size int64
	for _, f := range l.Content.Files {
		size += f.Size
		letter.Attachments = append(letter.Attachments, Attachment{Name: f.Name, ContentType: f.ContentType, Size: f.Size, Open: func() (io.ReadCloser, error) {
			return w.Store.OpenBlob(ctx, sum32(f.SHA256))
		}})
	}
	if size <= smallMail {
		var buf bytes.Buffer
		if _, err := letter.WriteTo(&buf); err != nil {
			return nil, nil, nil, nil, err
		}
		return bytes.NewReader(buf.Bytes()), buf.Bytes(), nil, words, nil
	}
	reader, writer := io.Pipe()
	go func() {
		_, err := letter.WriteTo(writer)
		writer.CloseWithError(err)
	}()
	digest, _, err := w.Store.PutBlob(ctx, reader)
	reader.CloseWithError(err)
	if err != nil {
		return nil, nil, nil, nil, fmt.Errorf("keep the mail: %w", err)
	}
	return w.stored(ctx, digest[:]), nil, digest[:], words, nil
}

// storedMail streams a mail's bytes from the content store.
type storedMail struct {
	open func() (io.ReadCloser, error)
}

func (w *Worker) stored(ctx context.Context, sum []byte) storedMail {
	return storedMail{func() (io.ReadCloser, error) { return w.Store.OpenBlob(ctx, sum32(sum)) }}
}

// WriteTo writes the whole mail.
func (s storedMail) WriteTo(to io.Writer) (int64, error) {
	r, err := s.open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(to, r)
}

func sum32(b []byte) (sum [32]byte) {
	copy(sum[:], b)
	return sum
}

// record writes what became of a sending. After a 250 it tries for a while, for a result that is not written makes a
// delivered mail uncertain.
func (w *Worker) record(ctx context.Context, l *store.Leased, out Outcome) {
	now := w.Desk.Now()
	state, next := core.OutboundAccepted, now
	switch out.Class {
	case Permanent:
		state = core.OutboundRejected
	case Temporary, Aborted:
		state, next = core.OutboundQueued, now.Add(backoff(l.Attempts))
		if now.Sub(l.CreatedAt) > giveUpAfter {
			state = core.OutboundParked
		}
	case Uncertain:
		state, next = core.OutboundUncertain, now.Add(store.UncertainWait)
		if l.Resent {
			state = core.OutboundParked
		}
	}
	response := out.Response
	if response == "" && out.Err != nil {
		response = out.Err.Error()
	}
	sent.WithLabelValues(string(state)).Inc()
	if state != core.OutboundAccepted {
		w.Log.Warn("mail not delivered", "outbox", l.ID, "ticket", l.Ticket, "state", state, "phase", out.Phase, "attempt", l.Attempts, "response", response)
	}
	ending := store.Ending{State: state, Response: response, Next: next}
	tell := state == core.OutboundRejected || state == core.OutboundParked
	for deadline := time.Now().Add(recordFor); ; time.Sleep(500 * time.Millisecond) {
		var err error
		if tell {
			err = w.Desk.MailFailed(ctx, w.lease, l, ending)
		} else {
			err = w.Store.FinishMail(ctx, w.lease, l, ending, now)
		}
		switch {
		case err == nil:
			return
		case tell && !store.Transient(err): // who cannot be told must not make the mail go out once more
			w.Log.Error("tell the solver side of a failed mail", "outbox", l.ID, "error", err)
			tell = false
		case !store.Transient(err) || time.Now().After(deadline):
			w.Log.Error("result of a mail not recorded", "outbox", l.ID, "state", state, "error", err)
			return
		}
	}
}

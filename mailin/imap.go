package mailin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-message/charset"
)

// IMAP is one connection to one mailbox folder. It works by UID only and never changes a flag by reading. Its
// methods run one after the other, whoever calls them; each ends in time, since a command without an answer
// within CommandTimeout, or whose context ends, has its connection closed. After ErrConnection, Alive is false and
// only a new DialIMAP helps.
type IMAP struct {
	cfg    IMAPConfig
	client *imapclient.Client
	conn   *imapConn
	raw    net.Conn

	perAnswer int64 // bytes that the answer to one command may have, bodies aside

	mu       sync.Mutex // held by the method that is running
	dead     atomic.Bool
	caps     imap.CapSet
	loggedIn bool
	readOnly bool // EXAMINEd
	noIdle   bool // IDLE was advertised and refused
	permits  []imap.Flag

	uidValidity, uidNext atomic.Uint32
	count                atomic.Uint32
	grown                chan struct{} // full when EXISTS grew since the last listing
}

// DialIMAP connects, logs in and opens the folder read-only. It ends within CommandTimeout. The error says what the
// operator has to correct: ErrUnreachable, ErrTLS, ErrAuth, ErrFolder, or ErrRefused for a server that is busy.
func DialIMAP(ctx context.Context, cfg IMAPConfig) (*IMAP, error) {
	if cfg.Folder == "" {
		cfg.Folder = "INBOX"
	}
	if cfg.CommandTimeout <= 0 {
		cfg.CommandTimeout = defaultCommandTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.CommandTimeout,
		fmt.Errorf("not done within %s: %w", cfg.CommandTimeout, context.DeadlineExceeded))
	defer cancel()
	conn, raw, err := cfg.connect(ctx)
	if err != nil {
		return nil, err
	}
	m := &IMAP{cfg: cfg, conn: conn, raw: raw, perAnswer: answerBudget, readOnly: true, grown: make(chan struct{}, 1)}
	conn.budget.Store(answerBudget)
	m.client = imapclient.New(conn, &imapclient.Options{
		WordDecoder: &mime.WordDecoder{CharsetReader: charset.Reader},
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: m.noteMailbox,
			Expunge: func(uint32) { m.count.Add(^uint32(0)) },
		},
	})
	if err := m.open(ctx); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *IMAP) open(ctx context.Context) error {
	if err := m.exec(ctx, m.client.WaitGreeting); err != nil {
		return m.cfg.fail("greeting", ErrUnreachable, err)
	}
	if err := m.login(ctx); err != nil {
		return err
	}
	// What a server can do differs before and after the login. It is asked in so many words, since the library
	// forgets the old list only after it has let the login return.
	err := m.do(ctx, "CAPABILITY", func() (err error) {
		m.caps, err = m.client.Capability().Wait()
		return err
	})
	if err != nil {
		return err
	}
	return m.selectFolder(ctx, true)
}

// login proves who we are. After a failed AUTHENTICATE the client cannot be used any more; DialIMAP closes it.
func (m *IMAP) login(ctx context.Context) error {
	var caps imap.CapSet
	if err := m.do(ctx, "CAPABILITY", func() error { caps = m.client.Caps(); return nil }); err != nil {
		return err
	}
	method, mechanism, err := m.cfg.mechanism(ctx, func(name string) bool { return caps.Has(imap.Cap(name)) })
	if err != nil {
		return err
	}
	err = m.exec(ctx, func() error {
		if mechanism == nil {
			return m.client.Login(m.cfg.Username, m.cfg.Password).Wait()
		}
		return m.client.Authenticate(mechanism)
	})
	if _, refused := errors.AsType[*tokenRefused](err); refused || isFinalNo(err) {
		return m.cfg.fail("login by "+method, ErrAuth, err)
	}
	m.loggedIn = err == nil
	return m.failed("login by "+method, err)
}

// isAnswer tells a server's NO or BAD from every other error.
func isAnswer(err error) bool {
	_, ok := errors.AsType[*imap.Error](err)
	return ok
}

// isFinalNo tells a server's NO or BAD that the operator has to mend from one that says it is busy (RFC 5530).
func isFinalNo(err error) bool {
	no, ok := errors.AsType[*imap.Error](err)
	return ok && !slices.Contains([]imap.ResponseCode{imap.ResponseCodeUnavailable, imap.ResponseCodeInUse,
		imap.ResponseCodeLimit, imap.ResponseCodeServerBug, imap.ResponseCodeOverQuota}, no.Code)
}

func (m *IMAP) selectFolder(ctx context.Context, readOnly bool) error {
	var data *imap.SelectData
	err := m.exec(ctx, func() (err error) {
		data, err = m.client.Select(m.cfg.Folder, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
		return err
	})
	switch {
	case isFinalNo(err):
		return m.cfg.fail("open the folder", ErrFolder, err)
	case err != nil:
		return m.failed("open the folder", err)
	case data.UIDValidity == 0:
		return m.cfg.fail("open the folder", ErrFolder, errors.New("no UIDVALIDITY: its UIDs are not lasting"))
	}
	m.readOnly, m.permits = readOnly, data.PermanentFlags
	m.uidValidity.Store(data.UIDValidity)
	m.uidNext.Store(uint32(data.UIDNext))
	m.count.Store(data.NumMessages)
	return nil
}

// noteMailbox runs in the library's reader and must not block.
func (m *IMAP) noteMailbox(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages == nil || m.count.Swap(*data.NumMessages) >= *data.NumMessages {
		return
	}
	select {
	case m.grown <- struct{}{}:
	default:
	}
}

// searchRange lists the UIDs that exist from low to high, ascending. A high of 0 is written "*".
func (m *IMAP) searchRange(ctx context.Context, low, high uint32) ([]uint32, error) {
	return m.search(ctx, imap.UIDSet{{Start: imap.UID(low), Stop: imap.UID(high)}})
}

func (m *IMAP) search(ctx context.Context, set imap.UIDSet) ([]uint32, error) {
	var data *imap.SearchData
	err := m.do(ctx, "UID SEARCH", func() (err error) {
		data, err = m.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil).Wait()
		return err
	})
	if err != nil {
		return nil, err
	}
	// SearchData.AllUIDs panics on a UID 0 and never ends on a range up to the last possible UID.
	found, _ := data.All.(imap.UIDSet)
	var uids []uint32
	for _, r := range found {
		if r.Start == 0 || r.Stop < r.Start || uint64(r.Stop-r.Start)+uint64(len(uids)) >= maxListed {
			return nil, m.failed("UID SEARCH", fmt.Errorf("the server lists impossible UIDs: %d:%d", r.Start, r.Stop))
		}
		for n := uint64(r.Start); n <= uint64(r.Stop); n++ {
			uids = append(uids, uint32(n))
		}
	}
	return uids, nil
}

// uidSet is for UIDs that passed inChunks.
func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	return set
}

// Sizes asks for RFC822.SIZE in bytes. A UID without a size is not in the answer; Fetch tells whether it is gone.
func (m *IMAP) Sizes(ctx context.Context, uids []uint32) (map[uint32]int64, error) {
	answers, err := m.fetchItems(ctx, uids, &imap.FetchOptions{UID: true, RFC822Size: true})
	sizes := make(map[uint32]int64, len(uids))
	for _, e := range answers {
		if e.Size >= 0 {
			sizes[e.UID] = e.Size
		}
	}
	return sizes, err
}

// Headers gives envelopes, ascending by UID, without those that the server did not tell.
func (m *IMAP) Headers(ctx context.Context, uids []uint32) ([]Envelope, error) {
	all, err := m.fetchItems(ctx, uids, &imap.FetchOptions{UID: true, Envelope: true, InternalDate: true, RFC822Size: true})
	all = slices.DeleteFunc(all, func(e Envelope) bool { return e.Size < 0 }) // news of flags that came in its place
	slices.SortFunc(all, func(a, b Envelope) int { return cmp.Compare(a.UID, b.UID) })
	return all, err
}

// fetchItems fetches small items. A message without a size in the answer has Size -1.
func (m *IMAP) fetchItems(ctx context.Context, uids []uint32, options *imap.FetchOptions) ([]Envelope, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Envelope
	err := inChunks(uids, func(chunk []uint32) error {
		var got []Envelope
		err := m.do(ctx, "UID FETCH", func() error {
			command := m.client.Fetch(uidSet(chunk), options)
			for msg := command.Next(); msg != nil; msg = command.Next() {
				got = append(got, readEnvelope(msg))
			}
			return command.Close()
		})
		if err == nil {
			all = append(all, got...)
		}
		return err
	})
	return all, err
}

func readEnvelope(msg *imapclient.FetchMessageData) Envelope {
	e := Envelope{Size: -1}
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			e.UID = uint32(item.UID)
		case imapclient.FetchItemDataInternalDate:
			e.InternalDate = item.Time
		case imapclient.FetchItemDataRFC822Size:
			e.Size = item.Size
		case imapclient.FetchItemDataEnvelope:
			e.Date, e.MessageID, e.Subject = item.Envelope.Date, cleanHeader(item.Envelope.MessageID), cleanHeader(item.Envelope.Subject)
			if len(item.Envelope.From) > 0 {
				e.From = cleanHeader(item.Envelope.From[0].Addr())
			}
		}
	}
	return e
}

// fetchBodies runs one FETCH of bodies and hands them to fn. whole names the bodies that fn had to their last byte;
// it is worth something only without error, which means that the tagged OK came too.
func (m *IMAP) fetchBodies(ctx context.Context, uids []uint32, limits FetchLimits, alarm *time.Timer, fn func(Fetched) error) (whole map[uint32]bool, err error) {
	section := &imap.FetchItemBodySection{Peek: true}
	if limits.First > 0 {
		section.Partial = &imap.SectionPartial{Size: limits.First}
	}
	whole = make(map[uint32]bool, len(uids))
	command := m.client.Fetch(uidSet(uids), &imap.FetchOptions{
		UID: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{section}})
fetching:
	for msg := command.Next(); msg != nil; msg = command.Next() {
		f := Fetched{Size: -1}
		for item := msg.Next(); item != nil; item = msg.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				f.UID = uint32(item.UID)
			case imapclient.FetchItemDataInternalDate:
				f.InternalDate = item.Time
			case imapclient.FetchItemDataRFC822Size:
				f.Size = item.Size
			case imapclient.FetchItemDataBodySection:
				if item.Literal == nil || whole[f.UID] || !item.MatchCommand(section) || item.Literal.Size() == 0 && f.Size != 0 {
					continue // NIL, said twice, something else, or empty though the message is not: no body
				}
				if err = m.readBody(f, item.Literal, limits, alarm, fn); err == nil {
					whole[f.UID] = true
				}
			}
			if err != nil {
				break fetching
			}
		}
	}
	if err != nil {
		m.cut() // or the rest would be downloaded for nothing
		if _, own := errors.AsType[*notTaken](err); !own {
			// A literal that ended in an error must not be touched, which Close does, until the library's reader
			// has ended too: both would read from the same buffer.
			<-m.client.Closed()
		}
	}
	if ended := command.Close(); err == nil {
		err = ended
	}
	return whole, err
}

// readBody hands one literal to fn and sees to it that it is read to its announced end.
func (m *IMAP) readBody(f Fetched, literal imap.LiteralReader, limits FetchLimits, alarm *time.Timer, fn func(Fetched) error) error {
	size := literal.Size()
	if size > limits.MaxMessage {
		return &notTaken{f.UID, fmt.Errorf("%w: %d bytes, not %d", ErrTooLarge, size, limits.MaxMessage)}
	}
	m.conn.budget.Add(size)
	alarm.Reset(m.cfg.CommandTimeout + time.Duration(size/slowestBody)*time.Second)
	defer alarm.Reset(m.cfg.CommandTimeout)
	body := &wholeBody{literal: literal, left: size}
	f.Body = body
	err := fn(f)
	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}
	if body.broken == nil && err != nil {
		return &notTaken{f.UID, err}
	}
	return body.broken // what fn says then is only a consequence
}

func (m *IMAP) noop(ctx context.Context) error {
	return m.do(ctx, "NOOP", func() error { return m.client.Noop().Wait() })
}

// idle starts IDLE and gives the function that ends it.
func (m *IMAP) idle(ctx context.Context) (end func(context.Context) error, err error) {
	var command *imapclient.IdleCommand
	err = m.do(ctx, "IDLE", func() (err error) { command, err = m.client.Idle(); return err })
	return func(ctx context.Context) error {
		return m.do(ctx, "IDLE", func() error {
			if err := command.Close(); err != nil {
				return err
			}
			return command.Wait()
		})
	}, err
}

func (m *IMAP) canIdle() bool { return m.caps.Has(imap.CapIdle) && !m.noIdle }

// canExpunge: UID EXPUNGE (RFC 4315) removes what it is told to. Plain EXPUNGE removes whatever anybody marked.
func (m *IMAP) canExpunge() bool { return m.caps.Has(imap.CapUIDPlus) }

func (m *IMAP) canMove() bool { return m.caps.Has(imap.CapMove) }

// canKeep tells whether the folder stores this keyword (PERMANENTFLAGS, RFC 9051 section 7.1).
func (m *IMAP) canKeep(keyword string) bool {
	return len(m.permits) == 0 || slices.ContainsFunc(m.permits, func(f imap.Flag) bool {
		return f == imap.FlagWildcard || strings.EqualFold(string(f), keyword)
	})
}

func (m *IMAP) addFlag(ctx context.Context, uids []uint32, flag string) error {
	return m.do(ctx, "UID STORE "+flag, func() error {
		return m.client.Store(uidSet(uids), &imap.StoreFlags{
			Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.Flag(flag)}}, nil).Close()
	})
}

// moveOnce asks the library for its present opinion of the server: where that has no MOVE, its Move sends COPY, STORE
// and EXPUNGE without waiting for the COPY, and destroys what could not be copied.
func (m *IMAP) moveOnce(ctx context.Context, uids []uint32, folder string) error {
	return m.do(ctx, "UID MOVE to "+folder, func() error {
		if !m.client.Caps().Has(imap.CapMove) {
			return errors.New("the server took its MOVE back")
		}
		_, err := m.client.Move(uidSet(uids), folder).Wait()
		return err
	})
}

func (m *IMAP) copyOnce(ctx context.Context, uids []uint32, folder string) error {
	return m.do(ctx, "UID COPY to "+folder, func() error {
		_, err := m.client.Copy(uidSet(uids), folder).Wait()
		return err
	})
}

func (m *IMAP) expunge(ctx context.Context, uids []uint32) error {
	return m.do(ctx, "UID EXPUNGE", func() error {
		gone, err := m.client.UIDExpunge(uidSet(uids)).Collect()
		m.count.Add(-uint32(len(gone))) // these do not pass by the Expunge handler
		return err
	})
}

func (m *IMAP) create(ctx context.Context, folder string) error {
	return m.do(ctx, "CREATE "+folder, func() error { return m.client.Create(folder, nil).Wait() })
}

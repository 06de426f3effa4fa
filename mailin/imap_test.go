package mailin

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// served runs a mail server in memory with one user, it/secret, and gives the way to reach it.
func served(t *testing.T, mode string, caps ...imap.Cap) (IMAPConfig, *imapmemserver.User) {
	t.Helper()
	user := imapmemserver.NewUser("it", "secret")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	users := imapmemserver.New()
	users.AddUser(user)
	pool, cert := ca()
	set := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, c := range caps {
		set[c] = struct{}{}
	}
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return users.NewSession(), nil, nil
		},
		Caps:         set,
		Logger:       log.New(io.Discard, "", 0),
		TLSConfig:    &tls.Config{Certificates: []tls.Certificate{cert}},
		InsecureAuth: mode == "none",
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if mode == "implicit" {
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}})
	}
	ended := make(chan error)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return IMAPConfig{Host: "127.0.0.1", Port: port, TLS: mode, RootCAs: pool,
		Username: "it", Password: "secret", CommandTimeout: 10 * time.Second}, user
}

func put(t *testing.T, user *imapmemserver.User, text string) {
	t.Helper()
	if _, err := user.Append("INBOX", bytes.NewReader([]byte(text)), &imap.AppendOptions{Time: arrived}); err != nil {
		t.Fatal(err)
	}
}

var arrived = time.Date(2026, 11, 3, 9, 30, 0, 0, time.UTC)

func mailText(n int) string {
	return fmt.Sprintf("Message-ID: <m%d@city.test>\r\nFrom: =?ISO-8859-1?Q?Jos=E9?= <jose@city.test>\r\n"+
		"Subject: =?windows-1252?Q?impresi=F3n_%d?=\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n\r\nHello %d\r\n", n, n, n)
}

func unseen(t *testing.T, user *imapmemserver.User, folder string) (unseen, all uint32) {
	t.Helper()
	data, err := user.Status(folder, &imap.StatusOptions{NumUnseen: true, NumMessages: true})
	if err != nil {
		t.Fatal(err)
	}
	return *data.NumUnseen, *data.NumMessages
}

func TestMailboxFromEndToEnd(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"implicit", "starttls", "none"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			cfg, user := served(t, mode, imap.CapMove, imap.CapUIDPlus)
			for n := 1; n <= 5; n++ {
				put(t, user, mailText(n))
			}
			m, ctx := dial(t, cfg), t.Context()
			if validity, next := m.Status(); validity == 0 || next != 6 {
				t.Fatalf("UIDVALIDITY %d, UIDNEXT %d", validity, next)
			}
			uids, err := m.ListUIDs(ctx, 2)
			if err != nil || !slices.Equal(uids, []uint32{2, 3, 4, 5}) {
				t.Fatal(uids, err)
			}
			if sizes, err := m.Sizes(ctx, []uint32{2, 99}); err != nil || len(sizes) != 1 || sizes[2] != int64(len(mailText(2))) {
				t.Fatal(sizes, err)
			}
			envelopes, err := m.Headers(ctx, []uint32{3, 2})
			if err != nil || len(envelopes) != 2 {
				t.Fatal(envelopes, err)
			}
			e := envelopes[0]
			if e.UID != 2 || e.MessageID != "m2@city.test" || e.From != "jose@city.test" || e.Subject != "impresión 2" ||
				e.Size != int64(len(mailText(2))) || !e.InternalDate.Equal(arrived) || e.Date.Day() != 2 {
				t.Errorf("envelope %+v", e)
			}

			if err := m.MarkSeen(ctx, []uint32{1}); err != nil { // from now on the folder is open for changes
				t.Fatal(err)
			}
			got := map[uint32]string{}
			r, err := m.Fetch(ctx, []uint32{5, 2, 3, 77}, FetchLimits{}, func(f Fetched) error {
				if !f.InternalDate.Equal(arrived) || f.Size != int64(len(mailText(int(f.UID)))) {
					t.Errorf("uid %d: %v, %d bytes", f.UID, f.InternalDate, f.Size)
				}
				return collect(got)(f)
			})
			if err != nil || !slices.Equal(r.Whole, []uint32{5, 2, 3}) || !slices.Equal(r.Gone, []uint32{77}) || r.Missing != nil {
				t.Fatalf("%+v, %v", r, err)
			}
			for _, u := range r.Whole {
				if got[u] != mailText(int(u)) {
					t.Errorf("uid %d: %q", u, got[u])
				}
			}
			if n, all := unseen(t, user, "INBOX"); n != 4 || all != 5 {
				t.Errorf("%d of %d unseen: reading changed flags", n, all)
			}
			if moved, err := m.Move(ctx, []uint32{2, 3}, "Done"); !moved || err != nil {
				t.Fatal(moved, err)
			}
			if _, all := unseen(t, user, "Done"); all != 2 {
				t.Errorf("%d messages in Done", all)
			}
			if deleted, err := m.Delete(ctx, []uint32{1}); !deleted || err != nil {
				t.Fatal(deleted, err)
			}
			if err := m.MarkKeyword(ctx, []uint32{4}, "$Postdesk"); err != nil {
				t.Fatal(err)
			}
			if uids, err := m.ListUIDs(ctx, 1); err != nil || !slices.Equal(uids, []uint32{4, 5}) {
				t.Fatal(uids, err)
			}

			time.AfterFunc(50*time.Millisecond, func() { put(t, user, mailText(6)) })
			within(t, 5*time.Second, func() {
				if changed, err := m.Idle(ctx, time.Minute); !changed || err != nil {
					t.Error(changed, err)
				}
			})
			if uids, err := m.ListUIDs(ctx, 6); err != nil || !slices.Equal(uids, []uint32{6}) {
				t.Fatal(uids, err)
			}
			if err := m.Refresh(ctx); err != nil {
				t.Fatal(err)
			}
			if _, next := m.Status(); next != 7 {
				t.Errorf("UIDNEXT %d after a refresh", next)
			}
			m.Close()
			m.Close()
			if m.Alive() {
				t.Error("alive after Close")
			}
		})
	}
}

func TestServerRejectsWrongPasswordAndUnknownFolder(t *testing.T) {
	t.Parallel()
	cfg, _ := served(t, "starttls")
	cfg.Folder = "INBOX/Nowhere"
	refused(t, cfg, ErrFolder, "No such mailbox")
	for _, method := range []string{"plain", "login"} {
		cfg.AuthMethod, cfg.Password = method, "wrong"
		refused(t, cfg, ErrAuth, "login by "+method)
	}
}

func TestNoKeywordIsInvented(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("")
		s.expect("SELECT INBOX")
		s.say("* 3 EXISTS", "* OK [UIDVALIDITY 7] v", `* OK [PERMANENTFLAGS (\Seen)] p`, "$ OK open")
	})
	for _, keyword := range []string{"", "two words", "a\r\nb", "Fine"} {
		if err := m.MarkKeyword(t.Context(), []uint32{41}, keyword); err == nil {
			t.Errorf("%q was set", keyword)
		}
	}
}

func TestNoUIDsNoCommand(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) { s.hello("MOVE UIDPLUS") })
	for _, uids := range [][]uint32{nil, {0}} {
		if r, err := m.Fetch(t.Context(), uids, FetchLimits{}, nil); err != nil || len(r.Whole) > 0 {
			t.Error(r, err)
		}
		if sizes, err := m.Sizes(t.Context(), uids); err != nil || len(sizes) > 0 {
			t.Error(sizes, err)
		}
	}
	if moved, err := m.Move(t.Context(), nil, "Done"); !moved || err != nil {
		t.Error(moved, err)
	}
}

func TestManyUIDsAreAskedInChunks(t *testing.T) {
	t.Parallel()
	var uids []uint32
	for n := uint32(1); n <= 2400; n += 2 {
		uids = append(uids, n*1_000_000)
	}
	asked := 0
	m := dialed(t, func(s *script) {
		s.hello("")
		for asked < len(uids) {
			set := s.expect(`UID FETCH (\S+) \(UID RFC822.SIZE\)`)[1]
			if len(set) > 8000 {
				s.t.Errorf("a command of %d bytes", len(set))
			}
			for _, u := range strings.Split(set, ",") {
				asked++
				s.say(fmt.Sprintf("* %d FETCH (UID %s RFC822.SIZE %d)", asked, u, asked))
			}
			s.say("$ OK fetched")
		}
	})
	sizes, err := m.Sizes(t.Context(), uids)
	if err != nil || len(sizes) != len(uids) || sizes[uids[1199]] != 1200 {
		t.Fatal(len(sizes), err)
	}
}

// It measures the heap, so it is the one test that must not run beside others.
func TestLargeMessageDoesNotSitInMemory(t *testing.T) {
	const size = 30 << 20
	m := dialed(t, func(s *script) {
		s.hello("")
		s.expect(fmt.Sprintf(bodyFetch, "41"))
		s.raw(fmt.Sprintf("* 2 FETCH (UID 41 RFC822.SIZE %d BODY[] {%d}\r\n", size, size))
		chunk := bytes.Repeat([]byte("x"), 64<<10)
		for range size / len(chunk) {
			s.conn.Write(chunk)
		}
		s.raw(")\r\n")
		s.say("$ OK fetched")
	})
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	m.perAnswer = 64 << 10 // what it bounds is everything but bodies
	before, most, read := heap(), uint64(0), 0
	buf := make([]byte, 64<<10)
	r, err := m.Fetch(t.Context(), []uint32{41}, FetchLimits{}, func(f Fetched) error {
		for next := 0; ; {
			n, err := f.Body.Read(buf)
			if read += n; read >= next {
				most, next = max(most, heap()), next+5<<20
			}
			if err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
	if err != nil || !slices.Equal(r.Whole, []uint32{41}) || read != size {
		t.Fatal(r, err, read)
	}
	if most > before+1<<20 {
		t.Errorf("the heap grew by %d kB", (most-before)>>10)
	}
}

package mailin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

const bodyFetch = `UID FETCH %s \(UID (?:RFC822.SIZE INTERNALDATE|INTERNALDATE RFC822.SIZE) BODY.PEEK\[\]\)`

// collect is a fetch function that keeps bodies as text.
func collect(got map[uint32]string) func(Fetched) error {
	return func(f Fetched) error {
		b, err := io.ReadAll(f.Body)
		got[f.UID] = string(b)
		return err
	}
}

func TestCutInsideLiteralIsNoMessage(t *testing.T) {
	t.Parallel()
	for name, fn := range map[string]func(t *testing.T) func(Fetched) error{
		"read to its end": func(t *testing.T) func(Fetched) error {
			return func(f Fetched) error {
				n, err := io.Copy(io.Discard, f.Body)
				if f.UID == 41 && (!errors.Is(err, io.ErrUnexpectedEOF) || n != 1000) {
					t.Errorf("read %d bytes of 500000 and %v", n, err)
				}
				return nil // a careless function changes nothing
			}
		},
		"not read": func(*testing.T) func(Fetched) error { return func(Fetched) error { return nil } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := dialed(t, func(s *script) {
				s.hello("")
				s.expect(fmt.Sprintf(bodyFetch, "40:41"))
				s.say("* 1 FETCH (UID 40 RFC822.SIZE 5 BODY[] {5}")
				s.raw("hello)\r\n* 2 FETCH (UID 41 RFC822.SIZE 500000 BODY[] {500000}\r\n" + strings.Repeat("x", 1000))
				s.cut()
			})
			r, err := m.Fetch(t.Context(), []uint32{40, 41}, FetchLimits{}, fn(t))
			if !errors.Is(err, ErrConnection) || r.Whole != nil || m.Alive() {
				t.Fatalf("%+v, %v, alive %v", r, err, m.Alive())
			}
		})
	}
}

func TestLiteralWithoutTaggedOKIsNoMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, end string
		kind      error
		alive     bool
	}{
		{"cut after the literal", "", ErrConnection, false},
		{"cut after the response", ")\r\n", ErrConnection, false},
		{"cut inside the tagged line", ")\r\n%s OK", ErrConnection, false},
		{"tagged NO", ")\r\n%s NO some could not be read\r\n", ErrRefused, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := dialed(t, func(s *script) {
				s.hello("")
				s.expect(fmt.Sprintf(bodyFetch, "40"))
				s.raw("* 1 FETCH (UID 40 RFC822.SIZE 5 BODY[] {5}\r\nhello" + strings.ReplaceAll(c.end, "%s", s.tag))
				if !c.alive {
					s.cut()
				}
			})
			got := map[uint32]string{}
			r, err := m.Fetch(t.Context(), []uint32{40}, FetchLimits{}, collect(got))
			if !errors.Is(err, c.kind) || r.Whole != nil || m.Alive() != c.alive {
				t.Fatalf("%+v, %v, alive %v", r, err, m.Alive())
			}
			if got[40] != "hello" {
				t.Fatalf("got %v: the case does not test what it should", got)
			}
		})
	}
}

func TestMoveNeverExpungesWhatWasNotCopied(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("UIDPLUS")
		s.writable()
		s.expect(`UID COPY 41 "Done"`)
		s.say("$ NO [OVERQUOTA] full")
		s.expect(`CREATE "Done"`)
		s.say("$ NO [ALREADYEXISTS] it is there")
		s.expect(`UID COPY 41 "Done"`)
		s.say("$ NO [OVERQUOTA] full")
	}) // and neither STORE nor EXPUNGE
	if moved, err := m.Move(t.Context(), []uint32{41}, "Done"); moved || !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "full") {
		t.Fatal(moved, err)
	}
}

func TestMoveWithoutCapabilityWaitsForEachStep(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("UIDPLUS")
		s.writable()
		s.expect(`UID COPY 41:42 "Done"`)
		s.quiet()
		s.say("$ OK [COPYUID 1 41:42 1:2] copied")
		s.expect(`UID STORE 41:42 \+FLAGS.SILENT \(\\Deleted\)`)
		s.quiet()
		s.say("$ OK stored")
		s.expect(`UID EXPUNGE 41:42`)
		s.say("* 2 EXPUNGE", "* 2 EXPUNGE", "$ OK expunged")
	})
	if moved, err := m.Move(t.Context(), []uint32{42, 41, 0}, "Done"); !moved || err != nil {
		t.Fatal(moved, err)
	}
	if m.count.Load() != 1 {
		t.Errorf("count %d after two of three were expunged: new mail would go unnoticed", m.count.Load())
	}
}

func TestStoreRefusedExpungesNothing(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("UIDPLUS")
		s.writable()
		s.expect(`UID STORE 41 \+FLAGS.SILENT \(\\Deleted\)`)
		s.say("$ NO read-only")
	})
	if deleted, err := m.Delete(t.Context(), []uint32{41}); deleted || !errors.Is(err, ErrRefused) {
		t.Fatal(deleted, err)
	}
}

func TestMoveAndDeleteWithoutUIDPLUSKeepAndMark(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("IDLE")
		s.writable()
		for range 2 {
			s.expect(`UID STORE 41 \+FLAGS.SILENT \(PostdeskDone\)`)
			s.say("$ OK stored")
		}
	})
	if moved, err := m.Move(t.Context(), []uint32{41}, "Done"); moved || err != nil {
		t.Fatal(moved, err)
	}
	if deleted, err := m.Delete(t.Context(), []uint32{41}); deleted || err != nil {
		t.Fatal(deleted, err)
	}
}

func TestMoveCreatesMissingFolder(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("MOVE")
		s.writable()
		s.expect(`UID MOVE 41 "Hecho/&AOE-"`)
		s.say("$ NO no such mailbox")
		s.expect(`CREATE "Hecho/&AOE-"`)
		s.say("$ OK created")
		s.expect(`UID MOVE 41 "Hecho/&AOE-"`)
		s.say("* OK [COPYUID 1 41 1] moved", "* 2 EXPUNGE", "$ OK moved")
	})
	if moved, err := m.Move(t.Context(), []uint32{41}, "Hecho/á"); !moved || err != nil {
		t.Fatal(moved, err)
	}
}

// Two daemons, or a person, may make the folder at the same moment.
func TestMoveIntoFolderThatSomebodyElseJustMade(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("MOVE")
		s.writable()
		s.expect(`UID MOVE 41 "Done"`)
		s.say("$ NO [TRYCREATE] no such mailbox")
		s.expect(`CREATE "Done"`)
		s.say("$ NO [ALREADYEXISTS] it is there")
		s.expect(`UID MOVE 41 "Done"`)
		s.say("* OK [COPYUID 1 41 1] moved", "* 2 EXPUNGE", "$ OK moved")
	})
	if moved, err := m.Move(t.Context(), []uint32{41}, "Done"); !moved || err != nil {
		t.Fatal(moved, err)
	}
}

func TestMoveTakenBackDestroysNothing(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("MOVE UIDPLUS")
		s.expect("SELECT INBOX")
		s.say("* CAPABILITY IMAP4rev1")
		s.opened()
	}) // the library would send COPY, STORE and EXPUNGE in one go
	if moved, err := m.Move(t.Context(), []uint32{41}, "Done"); moved || err == nil {
		t.Fatal(moved, err)
	}
}

func TestChangesRefuseANewEpoch(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("UIDPLUS")
		s.expect("SELECT INBOX")
		s.say("* 3 EXISTS", "* OK [UIDVALIDITY 8] v", "* OK [UIDNEXT 43] n", "$ OK open")
	})
	if _, err := m.Delete(t.Context(), []uint32{41}); !errors.Is(err, ErrEpoch) {
		t.Fatal(err)
	}
}

func TestNoCommandHangs(t *testing.T) {
	t.Parallel()
	uids := []uint32{41}
	for name, command := range map[string]func(context.Context, *IMAP) error{
		"Refresh":     func(ctx context.Context, m *IMAP) error { return m.Refresh(ctx) },
		"ListUIDs":    func(ctx context.Context, m *IMAP) error { _, err := m.ListUIDs(ctx, 1); return err },
		"Sizes":       func(ctx context.Context, m *IMAP) error { _, err := m.Sizes(ctx, uids); return err },
		"Headers":     func(ctx context.Context, m *IMAP) error { _, err := m.Headers(ctx, uids); return err },
		"MarkSeen":    func(ctx context.Context, m *IMAP) error { return m.MarkSeen(ctx, uids) },
		"MarkKeyword": func(ctx context.Context, m *IMAP) error { return m.MarkKeyword(ctx, uids, "x") },
		"Move":        func(ctx context.Context, m *IMAP) error { _, err := m.Move(ctx, uids, "Done"); return err },
		"Delete":      func(ctx context.Context, m *IMAP) error { _, err := m.Delete(ctx, uids); return err },
		"Idle":        func(ctx context.Context, m *IMAP) error { _, err := m.Idle(ctx, time.Minute); return err },
		"Fetch": func(ctx context.Context, m *IMAP) error {
			_, err := m.Fetch(ctx, uids, FetchLimits{}, func(Fetched) error { return nil })
			return err
		},
	} {
		for _, by := range []string{"deadline", "cancel"} {
			t.Run(name+" by "+by, func(t *testing.T) {
				t.Parallel()
				release := make(chan struct{})
				defer close(release)
				m := dialed(t, func(s *script) {
					s.hello("IDLE MOVE UIDPLUS")
					s.expect(".*")
					<-release // and not a word
				})
				ctx, want := t.Context(), context.DeadlineExceeded
				if by == "cancel" {
					var cancel context.CancelFunc
					ctx, cancel = context.WithCancel(ctx)
					defer time.AfterFunc(50*time.Millisecond, cancel).Stop()
					want = context.Canceled
				} else {
					m.cfg.CommandTimeout = 50 * time.Millisecond
				}
				within(t, 2*time.Second, func() {
					if err := command(ctx, m); !errors.Is(err, ErrConnection) || !errors.Is(err, want) {
						t.Errorf("got %v", err)
					}
				})
				if m.Alive() {
					t.Error("still alive: the next answer would be taken for that of another command")
				}
			})
		}
	}
}

func TestStalledLiteralEnds(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	m := dialed(t, func(s *script) {
		s.hello("")
		s.expect(fmt.Sprintf(bodyFetch, "41"))
		s.raw("* 1 FETCH (UID 41 RFC822.SIZE 1000 BODY[] {1000}\r\nhel")
		<-release
	})
	m.cfg.CommandTimeout = 50 * time.Millisecond
	within(t, 2*time.Second, func() {
		r, err := m.Fetch(t.Context(), []uint32{41}, FetchLimits{}, func(f Fetched) error {
			_, err := io.Copy(io.Discard, f.Body)
			return err
		})
		if !errors.Is(err, ErrConnection) || !errors.Is(err, context.DeadlineExceeded) || r.Whole != nil {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestCloseDuringUndrainedFetchReturns(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("")
		s.expect(fmt.Sprintf(bodyFetch, "1:400"))
		for n := 1; n <= 400; n++ { // more than the library holds back
			s.say(fmt.Sprintf("* %d FETCH (UID %d RFC822.SIZE 5 BODY[] {5}", n, n))
			s.raw("hello)\r\n")
		}
	})
	var uids []uint32
	for n := uint32(1); n <= 400; n++ {
		uids = append(uids, n)
	}
	taken, closed, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		_, err := m.Fetch(t.Context(), uids, FetchLimits{}, func(f Fetched) error {
			if f.UID == 1 {
				close(taken)
				<-closed
			}
			return nil
		})
		ended <- err
	}()
	<-taken
	within(t, 8*time.Second, m.Close)
	close(closed)
	within(t, 3*time.Second, func() {
		if err := <-ended; !errors.Is(err, ErrConnection) {
			t.Error(err)
		}
	})
}

func TestAnswersWithoutBodyAreMissing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"OK without literal":         "",
		"size only":                  "* 2 FETCH (UID 41 RFC822.SIZE 5)\r\n",
		"NIL":                        "* 2 FETCH (UID 41 RFC822.SIZE 5 BODY[] NIL)\r\n",
		"empty though it has a size": "* 2 FETCH (UID 41 RFC822.SIZE 5 BODY[] {0}\r\n)\r\n",
		"empty and no size":          "* 2 FETCH (UID 41 BODY[] \"\")\r\n",
		"another section":            "* 2 FETCH (UID 41 RFC822.SIZE 5 BODY[TEXT] {5}\r\nhello)\r\n",
		"flags in its place":         "* 2 FETCH (UID 41 FLAGS (\\Seen))\r\n* 2 FETCH (UID 41 RFC822.SIZE 5 BODY[] {5}\r\nhello)\r\n",
		"body before UID":            "* 2 FETCH (RFC822.SIZE 5 BODY[] {5}\r\nhello UID 41)\r\n",
		"another message":            "* 2 FETCH (UID 39 RFC822.SIZE 5 BODY[] {5}\r\nhello)\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := dialed(t, func(s *script) {
				s.hello("")
				s.expect(fmt.Sprintf(bodyFetch, "40:42"))
				s.raw("* 1 FETCH (UID 40 RFC822.SIZE 3 BODY[] {3}\r\nhi!)\r\n" + answer)
				s.say("$ OK fetched")
				s.listing("41:42", " 41")
			})
			got := map[uint32]string{}
			r, err := m.Fetch(t.Context(), []uint32{40, 41, 42}, FetchLimits{}, collect(got))
			if err != nil || !slices.Equal(r.Whole, []uint32{40}) || !slices.Equal(r.Missing, []uint32{41}) || !slices.Equal(r.Gone, []uint32{42}) {
				t.Fatalf("%+v, %v", r, err)
			}
			if len(got) != 1 || got[40] != "hi!" {
				t.Fatalf("bodies %v", got)
			}
		})
	}
}

func TestEmptyMessageIsAMessage(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("")
		s.expect(fmt.Sprintf(bodyFetch, "41"))
		s.raw("* 2 FETCH (UID 41 RFC822.SIZE 0 BODY[] {0}\r\n)\r\n")
		s.say("$ OK fetched")
	})
	got := map[uint32]string{}
	r, err := m.Fetch(t.Context(), []uint32{41}, FetchLimits{}, collect(got))
	if err != nil || !slices.Equal(r.Whole, []uint32{41}) || len(got) != 1 {
		t.Fatalf("%+v, %v, %v", r, err, got)
	}
}

func TestNoSizeOrEnvelopeFromNewsOfFlags(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("")
		for range 2 {
			s.expect(`UID FETCH 41 \(.*\)`)
			s.say(`* 2 FETCH (UID 41 FLAGS (\Seen))`, "$ OK fetched")
		}
	})
	if sizes, err := m.Sizes(t.Context(), []uint32{41}); err != nil || len(sizes) != 0 {
		t.Error(sizes, err)
	}
	if envelopes, err := m.Headers(t.Context(), []uint32{41}); err != nil || len(envelopes) != 0 {
		t.Error(envelopes, err)
	}
}

func TestUnknownUntaggedDataEndsTheConnectionCleanly(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("QRESYNC CONDSTORE ENABLE UIDPLUS") // and no ENABLE comes
		s.expect("NOOP")
		s.say("* VANISHED 41", "$ OK noop")
	})
	_, err := m.ListUIDs(t.Context(), 1)
	if !errors.Is(err, ErrConnection) || m.Alive() {
		t.Fatal(err, m.Alive())
	}
	within(t, time.Second, func() {
		if _, err := m.ListUIDs(t.Context(), 1); !errors.Is(err, ErrConnection) {
			t.Error(err)
		}
	})
}

func TestListPastTheEndIsEmpty(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("")
		s.listing(`43:\*`, " 42")
	})
	if uids, err := m.ListUIDs(t.Context(), 43); err != nil || len(uids) != 0 {
		t.Fatal(uids, err)
	}
}

func TestListTakesWhatCameAfterTheFolderWasOpened(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("")
		s.listing(`41:\*`, " 42 41 43 44")
	})
	if uids, err := m.ListUIDs(t.Context(), 41); err != nil || !slices.Equal(uids, []uint32{41, 42, 43, 44}) {
		t.Fatal(uids, err)
	}
}

func TestListInWindows(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.login("")
		s.expect("EXAMINE INBOX")
		s.say("* 120000 EXISTS", "* OK [UIDVALIDITY 7] v", "* OK [UIDNEXT 4000120001] n", "$ OK open")
		s.expect("NOOP")
		s.say("$ OK noop")
		for commands := 1; ; commands++ {
			var low, high uint64
			window := s.expect(`UID SEARCH UID (\d+):(\d+|\*)`)
			fmt.Sscan(window[1], &low)
			if fmt.Sscan(window[2], &high); window[2] == "*" {
				high = 4000120000
			}
			var b strings.Builder
			for u := low; u <= min(high, 100000); u++ { // densely at first, then nothing for long
				fmt.Fprintf(&b, " %d", u)
			}
			for u := max(low, 4000100001); u <= high; u++ {
				fmt.Fprintf(&b, " %d", u)
			}
			s.say("* SEARCH"+b.String(), "$ OK listed")
			if window[2] == "*" {
				if commands > 25 {
					s.t.Errorf("%d commands for a sparse mailbox", commands)
				}
				return
			}
		}
	})
	uids, err := m.ListUIDs(t.Context(), 0)
	if err != nil || len(uids) != 120000 || !slices.IsSorted(uids) || uids[0] != 1 || uids[119999] != 4000120000 {
		t.Fatal(len(uids), err)
	}
}

func TestImpossibleUIDsEndTheConnection(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"SEARCH 0 41", `ESEARCH (TAG "$") UID ALL 1:4294967295`} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			m := dialed(t, func(s *script) {
				s.hello("ESEARCH")
				s.expect("NOOP")
				s.say("$ OK noop")
				s.expect(`UID SEARCH .*`)
				s.say("* "+strings.ReplaceAll(answer, "$", s.tag), "$ OK listed")
			})
			if uids, err := m.ListUIDs(t.Context(), 1); !errors.Is(err, ErrConnection) {
				t.Fatal(len(uids), err)
			}
		})
	}
}

func TestEndlessAnswerEndsTheConnection(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("")
		s.expect("NOOP")
		s.raw("* OK ")
		for {
			if _, err := io.WriteString(s.conn, strings.Repeat("x", 1<<10)); err != nil {
				return
			}
		}
	})
	m.perAnswer = 64 << 10
	within(t, 3*time.Second, func() {
		if _, err := m.ListUIDs(t.Context(), 1); !errors.Is(err, ErrConnection) || !errors.Is(err, errFlood) && !strings.Contains(err.Error(), errFlood.Error()) {
			t.Error(err)
		}
	})
}

func TestBodyOverTheLimitIsNotRead(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("")
		s.expect(fmt.Sprintf(bodyFetch, "41"))
		s.raw("* 2 FETCH (UID 41 RFC822.SIZE 10 BODY[] {9223372036854775807}\r\n")
		for {
			if _, err := io.WriteString(s.conn, strings.Repeat("x", 1<<10)); err != nil {
				return
			}
		}
	})
	_, err := m.Fetch(t.Context(), []uint32{41}, FetchLimits{MaxMessage: 1000}, func(Fetched) error {
		t.Error("handed on")
		return nil
	})
	if !errors.Is(err, ErrTooLarge) || m.Alive() {
		t.Fatal(err)
	}
}

func TestErrorOfTheTakerEndsTheFetch(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("")
		s.expect(fmt.Sprintf(bodyFetch, "40:41"))
		for {
			if _, err := io.WriteString(s.conn, "* 1 FETCH (UID 40 RFC822.SIZE 5 BODY[] {5}\r\nhello)\r\n"); err != nil {
				return
			}
		}
	})
	full := errors.New("disk full")
	r, err := m.Fetch(t.Context(), []uint32{40, 41}, FetchLimits{}, func(Fetched) error { return full })
	if !errors.Is(err, full) || errors.Is(err, ErrConnection) || r.Whole != nil || m.Alive() {
		t.Fatal(r, err)
	}
}

func TestFirstBytesOnly(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("")
		s.expect(`UID FETCH 41 \(UID .* BODY.PEEK\[\]<0.4>\)`)
		s.raw("* 2 FETCH (UID 41 RFC822.SIZE 5000 BODY[]<0> {4}\r\nhell)\r\n")
		s.say("$ OK fetched")
	})
	got := map[uint32]string{}
	r, err := m.Fetch(t.Context(), []uint32{41}, FetchLimits{First: 4}, collect(got))
	if err != nil || !slices.Equal(r.Whole, []uint32{41}) || got[41] != "hell" {
		t.Fatal(r, err, got)
	}
}

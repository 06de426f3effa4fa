package mailin

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestIdleIsRenewedBelowTenMinutes(t *testing.T) {
	t.Parallel()
	if maxIdle >= 10*time.Minute {
		t.Errorf("IDLE is held for %s", maxIdle)
	}
	m := dialed(t, func(s *script) {
		s.hello("IDLE")
		s.expect("IDLE")
		s.say("+ idling", "* OK still here")
		s.quiet()
		s.expectLine("DONE")
		s.say("$ OK idled")
		s.expect("NOOP")
		s.say("$ OK noop")
	})
	if changed, err := m.Idle(t.Context(), 150*time.Millisecond); changed || err != nil {
		t.Fatal(changed, err)
	}
}

func TestIdleReturnsAtOnceWhenMailComes(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("IDLE")
		s.expect("IDLE")
		s.say("+ idling", "* 2 FETCH (FLAGS (\\Seen))", "* 1 EXPUNGE", "* 2 EXISTS")
		s.quiet() // none of these is new mail
		s.say("* 3 EXISTS", "* 1 RECENT")
		s.expectLine("DONE")
		s.say("$ OK idled")
	})
	within(t, 2*time.Second, func() {
		if changed, err := m.Idle(t.Context(), time.Minute); !changed || err != nil {
			t.Error(changed, err)
		}
	})
}

func TestMailAnnouncedBeforeIdleIsNotMissed(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("IDLE")
		s.expect(`UID FETCH 41 .*`)
		s.say("* 4 EXISTS", "$ OK fetched")
		s.expect("IDLE")
		s.say("+ idling")
		s.expectLine("DONE")
		s.say("$ OK idled")
	})
	if _, err := m.Sizes(t.Context(), []uint32{41}); err != nil {
		t.Fatal(err)
	}
	within(t, 2*time.Second, func() {
		if changed, err := m.Idle(t.Context(), time.Minute); !changed || err != nil {
			t.Error(changed, err)
		}
	})
}

func TestMailAlreadyListedDoesNotWake(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("IDLE")
		s.expect("NOOP")
		s.say("* 4 EXISTS", "$ OK noop")
		s.expect("UID SEARCH .*")
		s.say("* SEARCH 40 41 42 43", "$ OK listed")
		s.expect("IDLE")
		s.say("+ idling")
		s.quiet()
		s.expectLine("DONE")
		s.say("$ OK idled")
		s.expect("NOOP")
		s.say("$ OK noop")
	})
	if uids, err := m.ListUIDs(t.Context(), 1); err != nil || len(uids) != 4 {
		t.Fatal(uids, err)
	}
	if changed, err := m.Idle(t.Context(), 150*time.Millisecond); changed || err != nil {
		t.Fatal(changed, err)
	}
}

func TestIdleEndsCleanlyWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	m := dialed(t, func(s *script) {
		s.hello("IDLE")
		s.expect("IDLE")
		s.say("+ idling")
		s.quiet()
		cancel()
		s.expectLine("DONE")
		s.say("$ OK idled")
		s.expect("EXAMINE INBOX")
		s.opened()
	})
	within(t, 2*time.Second, func() {
		if _, err := m.Idle(ctx, time.Minute); !errors.Is(err, context.Canceled) || errors.Is(err, ErrConnection) {
			t.Error(err)
		}
	})
	if err := m.Refresh(t.Context()); err != nil {
		t.Errorf("not usable any more: %v", err)
	}
}

func TestIdleSeesABrokenConnection(t *testing.T) {
	t.Parallel()
	m := dialed(t, func(s *script) {
		s.hello("IDLE")
		s.expect("IDLE")
		s.say("+ idling")
		s.cut()
	})
	within(t, 2*time.Second, func() {
		if _, err := m.Idle(t.Context(), time.Minute); !errors.Is(err, ErrConnection) {
			t.Error(err)
		}
	})
}

func TestWithoutIdleNoopPolls(t *testing.T) {
	t.Parallel()
	if pollEvery > time.Minute {
		t.Errorf("polls every %s", pollEvery)
	}
	for name, c := range map[string]struct {
		caps string
		play func(*script)
	}{
		"not advertised": {"UIDPLUS", func(*script) {}},
		"refused": {"IDLE", func(s *script) {
			s.expect("IDLE")
			s.say("$ NO not here")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := dialed(t, func(s *script) {
				s.hello(c.caps)
				c.play(s)
				s.expect("NOOP")
				s.say("$ OK noop")
				s.expect("NOOP") // and IDLE is not tried again
				s.say("* 4 EXISTS", "$ OK noop")
			})
			for _, want := range []bool{false, true} {
				if changed, err := m.Idle(t.Context(), 20*time.Millisecond); changed != want || err != nil {
					t.Fatal(changed, err)
				}
			}
		})
	}
}

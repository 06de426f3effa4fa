package mailout

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

const sampleMail = "Subject: hello\r\n\r\nbody\r\n"

func send(c *Conn, content string, hook func(context.Context) error) Outcome {
	return c.Send(context.Background(), "it+bounce@city.test", "ana@city.test", strings.NewReader(content), hook)
}

func nothing(context.Context) error { return nil }

// failing stands for any source that breaks off after some of the content.
type failing struct {
	first string
	err   error // nil = panic
}

func (f failing) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, f.first)
	if err == nil {
		if f.err == nil {
			panic("source broke")
		}
		err = f.err
	}
	return int64(n), err
}

func TestEachAnswerAtEachStageHasItsOutcome(t *testing.T) {
	t.Parallel()
	type want struct {
		class     Class
		phase     Phase
		code      int
		usable    bool
		delivered int
	}
	steps := []struct {
		step  string
		phase Phase
	}{{"MAIL", PhaseMail}, {"RCPT", PhaseRcpt}, {"DATA", PhaseData}, {"dot", PhaseDot}}
	for _, s := range steps {
		silent, atDot := Temporary, 0
		if s.step == "dot" {
			silent, atDot = Uncertain, 1
		}
		for reply, w := range map[string]want{
			"421 4.3.2 shutting down":            {Temporary, s.phase, 421, false, atDot},
			"451-4.7.1 wait\r\n451 4.7.1 longer": {Temporary, s.phase, 451, true, atDot},
			"452 4.2.2 full":                     {Temporary, s.phase, 452, true, atDot},
			"550 5.1.1 no such user":             {Permanent, s.phase, 550, true, atDot},
			"554-5.7.1 no\r\n554 5.7.1 thanks":   {Permanent, s.phase, 554, true, atDot},
			"150 what":                           {silent, s.phase, 150, false, atDot},
			"hello there":                        {silent, s.phase, 0, false, atDot},
			drop:                                 {silent, s.phase, 0, false, atDot},
			hang:                                 {silent, s.phase, 0, false, atDot},
			strings.Repeat("250-x\r\n", 200_000): {silent, s.phase, 0, false, atDot},
		} {
			name := s.step + "/" + strings.Trim(reply[:min(len(reply), 12)], "\x00")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				server := startScript(t, answersOf(s.step, reply))
				cfg := server.config()
				if reply == hang {
					cfg.Timeout, cfg.FinalTimeout = 500*time.Millisecond, 500*time.Millisecond
				}
				c := dial(t, cfg)
				began := time.Now()
				got := send(c, sampleMail, nothing)
				if took := time.Since(began); took > 30*time.Second {
					t.Errorf("took %s", took)
				}
				if got.Class != w.class || got.Phase != w.phase || got.Code != w.code || got.Err == nil {
					t.Errorf("outcome %+v, want %+v", got, w)
				}
				if w.code != 0 && !strings.HasPrefix(got.Response, reply[:3]+" "+reply[4:8]) {
					t.Errorf("response %q, the server said %q", got.Response, reply)
				}
				if c.Usable() != w.usable {
					t.Errorf("usable = %v, want %v", c.Usable(), w.usable)
				}
				server.seen(t, w.delivered, 0)
				if w.usable { // the next mail goes out on the same connection, untouched by the refused one
					if next := send(c, sampleMail, nothing); next.Class != Accepted {
						t.Errorf("next mail: %+v", next)
					}
					server.seen(t, w.delivered+1, 0)
				}
			})
		}
	}
}

func TestRepliesKeepTheirEnhancedStatusAndAllLines(t *testing.T) {
	t.Parallel()
	server := startScript(t, answersOf(
		"RCPT", "550-5.1.1 nobody of that name\r\n550 5.1.1 see help.test",
		"dot", "250-2.0.0 thanks\r\n250 2.0.0 queued as 7F",
		"dot", "251 2.1.5 will forward",
		"dot", "550 5.7.1 \x00\xff"+strings.Repeat("é", 2000)))
	c := dial(t, server.config())
	for _, want := range []struct {
		class    Class
		response string
	}{
		{Permanent, "550 5.1.1 nobody of that name\n5.1.1 see help.test"},
		{Accepted, "250 2.0.0 thanks\n2.0.0 queued as 7F"},
		{Accepted, "251 2.1.5 will forward"},
		{Permanent, "550 5.7.1 \uFFFD" + strings.Repeat("é", 493)},
	} {
		got := send(c, sampleMail, nothing)
		if got.Class != want.class || got.Response != want.response {
			t.Errorf("%s %q, want %s %q", got.Class, got.Response, want.class, want.response)
		}
	}
}

func TestTwoRepliesToOneCommandEndTheConnection(t *testing.T) {
	t.Parallel()
	// The second line would be taken for the answer to the final dot.
	server := startScript(t, answersOf("DATA", "354 go on\r\n250 2.0.0 queued"))
	c := dial(t, server.config())
	if got := send(c, sampleMail, nothing); got.Class != Temporary || got.Phase != PhaseData || c.Usable() {
		t.Errorf("outcome %+v, usable %v", got, c.Usable())
	}
}

// The trap: after a failed hook or source, whatever is said next on the
// connection would begin with the closing dot and deliver the mail.
func TestNoDotAfterAFailedHook(t *testing.T) {
	t.Parallel()
	boom := errors.New("record phase data")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for name, hook := range map[string]func(context.Context, *Conn) error{
		"error":     func(context.Context, *Conn) error { return boom },
		"cancelled": func(context.Context, *Conn) error { cancel(); return nil },
		"closed":    func(_ context.Context, c *Conn) error { c.Close(); return nil },
		"panic":     func(context.Context, *Conn) error { panic("hook broke") },
		"too late":  func(ctx context.Context, _ *Conn) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			server := startScript(t, nil)
			cfg := server.config()
			if name == "too late" {
				cfg.Timeout = 500 * time.Millisecond
			}
			sendCtx := context.Background()
			if name == "cancelled" {
				sendCtx = ctx
			}
			c := dial(t, cfg)
			called := 0
			got := func() (out Outcome) {
				defer func() {
					if recover() != nil {
						out = Outcome{Class: Aborted, Phase: PhaseHook, Err: boom}
					}
				}()
				return c.Send(sendCtx, "", "ana@city.test", strings.NewReader(sampleMail), func(ctx context.Context) error {
					called++
					return hook(ctx, c)
				})
			}()
			if got.Class != Aborted || got.Phase != PhaseHook || got.Err == nil || called != 1 {
				t.Errorf("outcome %+v after %d calls", got, called)
			}
			if name == "error" && !errors.Is(got.Err, boom) {
				t.Errorf("error %v does not wrap the hook's", got.Err)
			}
			nothingFollows(t, c, server)
		})
	}
}

func TestNoDotAfterAFailedSource(t *testing.T) {
	t.Parallel()
	broken := errors.New("chunk 2 is gone")
	for name, content := range map[string]io.WriterTo{
		"at once":           failing{"", broken},
		"in the first line": failing{"Subject: x", broken},
		"after a line end":  failing{sampleMail, broken},
		"after much":        failing{strings.Repeat(sampleMail, 10_000), broken},
		"panic":             failing{sampleMail, nil},
		"consumed reader":   strings.NewReader(""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startScript(t, nil)
			c := dial(t, server.config())
			got := func() (out Outcome) {
				defer func() {
					if recover() != nil {
						out = Outcome{Class: Aborted, Phase: PhaseContent, Err: broken}
					}
				}()
				return c.Send(t.Context(), "", "ana@city.test", content, func(context.Context) error {
					t.Error("the hook was called for half a mail")
					return nil
				})
			}()
			if got.Class != Aborted || got.Phase != PhaseContent || got.Err == nil {
				t.Errorf("outcome %+v", got)
			}
			nothingFollows(t, c, server)
		})
	}
}

// nothingFollows tries everything that could still write to the connection.
func nothingFollows(t *testing.T, c *Conn, server *scriptServer) {
	t.Helper()
	if c.Usable() {
		t.Error("the connection is still offered")
	}
	if got := send(c, sampleMail, nothing); got.Class != Temporary || got.Phase != PhaseLocal {
		t.Errorf("another Send: %+v", got)
	}
	_ = c.client.Reset()
	_ = c.client.Quit()
	c.Close()
	server.seen(t, 0, 1)
	if server.heard("MAIL") != 1 || server.heard("RSET")+server.heard("QUIT") != 0 {
		t.Errorf("commands %q", server.commands)
	}
}

func TestServerThatStopsInTheContentDeliversNothing(t *testing.T) {
	t.Parallel()
	large := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 300_000)
	for _, test := range []struct {
		answer string
		class  Class
		code   int
	}{
		{drop, Temporary, 0},
		{"552 5.3.4 too large", Permanent, 552},
		{"421 4.3.2 shutting down", Temporary, 421},
		{"250 2.0.0 queued", Temporary, 0},
	} {
		t.Run(strings.Trim(test.answer, "\x00"), func(t *testing.T) {
			t.Parallel()
			server := startScript(t, answersOf("content", test.answer))
			c := dial(t, server.config())
			got := send(c, large, func(context.Context) error {
				t.Error("the hook was called although the content did not leave")
				return nil
			})
			if got.Class != test.class || got.Phase != PhaseContent || got.Code != test.code || c.Usable() {
				t.Errorf("outcome %+v, usable %v", got, c.Usable())
			}
		})
	}
}

func TestCancelledContextEndsEachWait(t *testing.T) {
	t.Parallel()
	large := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 300_000)
	for step, want := range map[string]Class{"MAIL": Temporary, "RCPT": Temporary, "DATA": Temporary, "content": Temporary, "dot": Uncertain} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			answer, content := hang, sampleMail
			if step == "content" {
				answer, content = stall, large
			}
			server := startScript(t, answersOf(step, answer))
			cfg := server.config()
			cfg.Timeout, cfg.FinalTimeout = time.Hour, time.Hour
			c := dial(t, cfg)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			began := time.Now()
			got := c.Send(ctx, "", "ana@city.test", strings.NewReader(content), nothing)
			if got.Class != want || c.Usable() || time.Since(began) > 30*time.Second {
				t.Errorf("outcome %+v, usable %v after %s", got, c.Usable(), time.Since(began))
			}
		})
	}
}

func TestConnectionServesManyMailsWithoutOverhead(t *testing.T) {
	t.Parallel()
	server := startScript(t, nil)
	c := dial(t, server.config())
	const mails = 50
	for range mails {
		if got := send(c, sampleMail, nothing); got.Class != Accepted || got.Response != "250 2.0.0 queued as 1" || got.Err != nil {
			t.Fatalf("outcome %+v", got)
		}
	}
	c.Close()
	if got := len(server.commands); server.conns != 1 || got != 1+3*mails+1 {
		t.Errorf("%d connections and %d commands for %d mails", server.conns, got, mails)
	}
	c.idle = 0
	if c.Usable() {
		t.Error("a closed connection is offered")
	}
}

func TestRestedConnectionIsNotOffered(t *testing.T) {
	t.Parallel()
	server := startScript(t, nil)
	c := dial(t, server.config())
	if !c.Usable() {
		t.Fatal("a new connection is not usable")
	}
	c.lastUsed = c.lastUsed.Add(-c.idle)
	if c.Usable() {
		t.Error("a connection that rested for its limit is offered")
	}
}

func (p pieces) WriteTo(w io.Writer) (sum int64, err error) {
	for rest := []byte(p.content); len(rest) > 0 && err == nil; {
		var n int
		n, err = w.Write(rest[:min(p.size, len(rest))])
		rest = rest[n:]
		sum += int64(n)
	}
	return sum, err
}

package mailout

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// realServer is a go-smtp server that keeps its mail.
type realServer struct {
	mu    sync.Mutex
	mails []string // content as decoded by the server
	ids   []string // who had signed in
	rcpt  func(to string) error
}

type session struct {
	server   *realServer
	identity string
	known    func(mechanism, user, secret string) bool
}

func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.server.rcpt != nil {
		return s.server.rcpt(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, string(content))
	s.server.ids = append(s.server.ids, s.identity)
	return nil
}

// signing is a session that offers AUTH.
type signing struct {
	session
	mechanisms []string
}

func (s *signing) AuthMechanisms() []string { return s.mechanisms }

func (s *signing) check(mechanism, user, secret string) error {
	if !s.known(mechanism, user, secret) {
		return smtp.ErrAuthFailed
	}
	s.identity = mechanism + ":" + user
	return nil
}

func (s *signing) Auth(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case "PLAIN":
		return sasl.NewPlainServer(func(_, user, password string) error { return s.check(mechanism, user, password) }), nil
	case "LOGIN":
		return &dialogue{prompts: []string{"Username:", "Password:"}, done: func(a []string) error { return s.check(mechanism, a[0], a[1]) }}, nil
	case "XOAUTH2":
		return &dialogue{prompts: []string{""}, done: func(a []string) error {
			user, token, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(a[0], "user="), "\x01\x01"), "\x01auth=Bearer ")
			return s.check(mechanism, user, token)
		}}, nil
	case "OAUTHBEARER":
		return sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
			// go-sasl hands out the name as it was encoded (RFC 5801 section 4).
			if s.check(mechanism, strings.NewReplacer("=2C", ",", "=3D", "=").Replace(o.Username), o.Token) != nil {
				return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer"}
			}
			return nil
		}), nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// dialogue is a mechanism that asks a fixed list of questions.
type dialogue struct {
	prompts, answers []string
	done             func(answers []string) error
}

func (d *dialogue) Next(response []byte) ([]byte, bool, error) {
	if response != nil {
		d.answers = append(d.answers, string(response))
	}
	if n := len(d.answers); n < len(d.prompts) {
		return []byte(d.prompts[n]), false, nil
	}
	return nil, true, d.done(d.answers)
}

// start runs the server; mode says how it speaks TLS. mechanisms nil = no AUTH.
func (r *realServer) start(t *testing.T, mode TLSMode, config *tls.Config, mechanisms ...string) SMTPConfig {
	t.Helper()
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		s := session{server: r, known: func(mechanism, user, secret string) bool { return user == "it=1,x" && secret == "right" }}
		if mechanisms == nil {
			return &s, nil
		}
		return &signing{s, mechanisms}, nil
	}))
	server.Domain, server.AllowInsecureAuth = "real.test", true
	server.ReadTimeout, server.WriteTimeout = 20*time.Second, 20*time.Second
	server.ErrorLog = discard{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	switch mode {
	case TLSImplicit:
		listener = tls.NewListener(listener, config)
	case TLSStart:
		server.TLSConfig = config
	}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Close()
		running.Wait()
	})
	return SMTPConfig{Host: "localhost", Port: port, TLS: mode, Timeout: 10 * time.Second, FinalTimeout: 10 * time.Second}
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

func TestRealServerTakesMailInEveryTLSMode(t *testing.T) {
	t.Parallel()
	pool, config := authority(t, "localhost")
	for _, mode := range []TLSMode{TLSImplicit, TLSStart, TLSNone} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			server := &realServer{rcpt: func(to string) error {
				if strings.HasPrefix(to, "gone@") {
					return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
				}
				return nil
			}}
			cfg := server.start(t, mode, config, "PLAIN")
			cfg.RootCAs, cfg.Username, cfg.Password = pool, "it=1,x", "right"
			c := dial(t, cfg)
			want := []string{sampleMail, "a\r\n.\r\n..\r\n.b\r\n", strings.Repeat("z", 900) + "\r\n"}
			for _, content := range want {
				if out := send(c, content, nothing); out.Class != Accepted || !strings.HasPrefix(out.Response, "250 2.0.0 ") {
					t.Fatalf("outcome %+v", out)
				}
				out := c.Send(t.Context(), "", "gone@city.test", strings.NewReader(content), nothing)
				if out.Class != Permanent || out.Response != "550 5.1.1 no such user" || !c.Usable() {
					t.Fatalf("refused recipient: %+v", out)
				}
			}
			failed := send(c, "never\r\n", func(context.Context) error { return io.ErrUnexpectedEOF })
			if failed.Class != Aborted {
				t.Errorf("outcome %+v", failed)
			}
			c.Close()
			again := dial(t, cfg)
			if out := send(again, sampleMail, nothing); out.Class != Accepted {
				t.Errorf("outcome %+v", out)
			}
			again.Close()
			if got := strings.Join(server.mails, "|"); got != strings.Join(append(want, sampleMail), "|") {
				t.Errorf("the server has %q", got)
			}
			if server.ids[0] != "PLAIN:it=1,x" {
				t.Errorf("signed in as %q", server.ids)
			}
		})
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	token := func(context.Context) (string, error) { return "right", nil }
	for _, test := range []struct {
		name    string
		offered []string
		set     func(*SMTPConfig)
		want    string // identity; "" = an error
		refused bool   // the server said no
	}{
		{"plain by default", []string{"LOGIN", "PLAIN"}, func(*SMTPConfig) {}, "PLAIN", false},
		{"login where plain is missing", []string{"LOGIN"}, func(*SMTPConfig) {}, "LOGIN", false},
		{"login by choice", []string{"PLAIN", "LOGIN"}, func(c *SMTPConfig) { c.AuthMethod = AuthLogin }, "LOGIN", false},
		{"token", []string{"PLAIN", "XOAUTH2"}, func(c *SMTPConfig) { c.Token = token }, "XOAUTH2", false},
		{"bearer", []string{"OAUTHBEARER", "XOAUTH2"}, func(c *SMTPConfig) { c.Token, c.AuthMethod = token, AuthOAuthBearer }, "OAUTHBEARER", false},
		{"wrong password", []string{"PLAIN"}, func(c *SMTPConfig) { c.Password = "wrong" }, "", true},
		{"wrong password, login", []string{"LOGIN"}, func(c *SMTPConfig) { c.Password = "wrong" }, "", true},
		{"old token", []string{"XOAUTH2"}, func(c *SMTPConfig) {
			c.Token = func(context.Context) (string, error) { return "old", nil }
		}, "", true},
		{"old token, bearer", []string{"OAUTHBEARER"}, func(c *SMTPConfig) {
			c.Token, c.AuthMethod = func(context.Context) (string, error) { return "old", nil }, AuthOAuthBearer
		}, "", false}, // go-smtp answers 454 here, and only 5xx is a refusal
		{"no token", []string{"XOAUTH2"}, func(c *SMTPConfig) {
			c.Token = func(context.Context) (string, error) { return "", errors.New("identity provider is down") }
		}, "", false},
		{"token method without source", []string{"XOAUTH2"}, func(c *SMTPConfig) { c.AuthMethod = AuthXOAuth2 }, "", false},
		{"method is not offered", []string{"PLAIN"}, func(c *SMTPConfig) { c.AuthMethod = AuthLogin }, "", false},
		{"method is unknown", []string{"PLAIN", "NTLM"}, func(c *SMTPConfig) { c.AuthMethod = "ntlm" }, "", false},
		{"nothing is offered", nil, func(*SMTPConfig) {}, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := &realServer{}
			cfg := server.start(t, TLSNone, nil, test.offered...)
			cfg.Username, cfg.Password = "it=1,x", "right"
			test.set(&cfg)
			c, err := Dial(t.Context(), cfg)
			if test.want == "" {
				if err == nil {
					c.Close()
				}
				if err == nil || errors.Is(err, ErrAuthentication) != test.refused {
					t.Errorf("Dial: %v", err)
				}
				if err != nil && (strings.Contains(err.Error(), "wrong") || strings.Contains(err.Error(), "old")) {
					t.Errorf("the error holds a secret: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if out := send(c, sampleMail, nothing); out.Class != Accepted || server.ids[0] != test.want+":it=1,x" {
				t.Errorf("outcome %+v as %q", out, server.ids)
			}
		})
	}
}

func (farAway) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 25} }

func TestDialEndsInTime(t *testing.T) {
	t.Parallel()
	pool, config := authority(t, "localhost")
	for name, test := range map[string]struct {
		answers map[string][]string
		mode    TLSMode
	}{
		"no greeting":         {answersOf("greeting", hang), TLSNone},
		"refused":             {answersOf("greeting", "554 5.3.2 not you"), TLSNone},
		"no EHLO":             {answersOf("EHLO", hang), TLSNone},
		"no STARTTLS":         {answersOf("EHLO", "250-script.test\r\n250 STARTTLS", "STARTTLS", hang), TLSStart},
		"no handshake":        {answersOf("greeting", hang), TLSImplicit},
		"greeting never ends": {answersOf("greeting", strings.Repeat("220-x\r\n", 200_000)), TLSNone},
		"unknown mode":        {answersOf(), "tls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startScriptTLS(t, test.answers, config)
			cfg := server.config()
			cfg.TLS, cfg.RootCAs, cfg.Timeout = test.mode, pool, 500*time.Millisecond
			began := time.Now()
			c, err := Dial(t.Context(), cfg)
			if err == nil {
				c.Close()
			}
			if err == nil || time.Since(began) > 30*time.Second {
				t.Errorf("Dial: %v after %s", err, time.Since(began))
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		server := startScript(t, answersOf("greeting", hang))
		cfg := server.config()
		cfg.Timeout = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := Dial(ctx, cfg); err == nil || time.Since(began) > 30*time.Second {
			t.Errorf("Dial: %v after %s", err, time.Since(began))
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
		cfg := SMTPConfig{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, TLS: TLSNone}
		if _, err := Dial(t.Context(), cfg); err == nil {
			t.Error("Dial succeeded")
		}
	})
}

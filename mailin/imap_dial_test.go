package mailin

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// refused dials and checks that the error is one line that names the server, the user, the folder and the kind.
func refused(t *testing.T, cfg IMAPConfig, kind error, says string) {
	t.Helper()
	within(t, 8*time.Second, func() {
		m, err := DialIMAP(t.Context(), cfg)
		if err == nil {
			m.Close()
			t.Error("connected")
			return
		}
		for _, k := range []error{ErrUnreachable, ErrTLS, ErrAuth, ErrToken, ErrFolder, ErrConnection, ErrRefused, ErrEpoch} {
			if errors.Is(err, k) != (k == kind) {
				t.Errorf("is %v: %v; wanted %v\n%v", k, errors.Is(err, k), kind, err)
			}
		}
		for _, part := range []string{cfg.address(), cfg.Username, "INBOX", kind.Error(), says} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q is not in: %v", part, err)
			}
		}
		if strings.ContainsAny(err.Error(), "\r\n\x1b") || strings.Contains(err.Error(), "secret") {
			t.Errorf("not for a log: %q", err)
		}
	})
}

func TestWrongPasswordSaysSo(t *testing.T) {
	t.Parallel()
	for answer, kind := range map[string]error{
		"NO [AUTHENTICATIONFAILED] invalid \x1b[31mcredentials": ErrAuth,
		"BAD what":                      ErrAuth,
		"NO [UNAVAILABLE] try later":    ErrRefused,
		"NO [LIMIT] too many":           ErrRefused,
		"NO [OVERQUOTA] bandwidth used": ErrRefused,
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			refused(t, scripted(t, func(s *script) {
				s.say("* OK [CAPABILITY IMAP4rev1] ready")
				s.expect(`LOGIN "it" "secret"`)
				s.say("$ " + answer)
			}), kind, "login")
		})
	}
}

func TestPasswordIsNotSentWhereLoginIsDisabled(t *testing.T) {
	t.Parallel()
	refused(t, scripted(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] ready")
	}), ErrAuth, "LOGINDISABLED")
}

func TestUnreachableSaysSo(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	refused(t, IMAPConfig{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: "none", Username: "it"}, ErrUnreachable, "refused")
}

func TestSilentServerIsUnreachable(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"implicit", "starttls", "none"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			cfg := scripted(t, func(s *script) { io.Copy(io.Discard, s.r) })
			cfg.TLS, cfg.CommandTimeout = mode, 100*time.Millisecond
			refused(t, cfg, ErrUnreachable, "within 100ms")
		})
	}
}

func TestBusyServerIsUnreachable(t *testing.T) {
	t.Parallel()
	refused(t, scripted(t, func(s *script) { s.say("* BYE too many connections") }), ErrUnreachable, "too many connections")
}

func TestMissingFolderSaysSo(t *testing.T) {
	t.Parallel()
	refused(t, scripted(t, func(s *script) {
		s.login("")
		s.expect("EXAMINE INBOX")
		s.say("$ NO [NONEXISTENT] no such mailbox")
	}), ErrFolder, "no such mailbox")
}

func TestFolderWithoutUIDVALIDITYIsRefused(t *testing.T) {
	t.Parallel()
	refused(t, scripted(t, func(s *script) {
		s.login("")
		s.expect("EXAMINE INBOX")
		s.say("* 3 EXISTS", "$ OK open")
	}), ErrFolder, "UIDVALIDITY")
}

func TestPreauthIsRefused(t *testing.T) {
	t.Parallel()
	refused(t, scripted(t, func(s *script) {
		s.say("* PREAUTH [CAPABILITY IMAP4rev1] welcome")
	}), ErrAuth, "PREAUTH")
}

// What follows guards STARTTLS: whatever goes wrong, the password is never sent in the clear.

func starttls(t *testing.T, play func(*script)) IMAPConfig {
	cfg := scripted(t, play)
	cfg.TLS = "starttls"
	cfg.RootCAs, _ = ca()
	return cfg
}

func TestStartTLSRefusesBufferedPlaintext(t *testing.T) {
	t.Parallel()
	refused(t, starttls(t, func(s *script) {
		s.say("* OK ready")
		s.expect("STARTTLS")
		s.raw(s.tag + " OK go\r\n* PREAUTH injected\r\n")
		io.Copy(io.Discard, s.r)
	}), ErrTLS, "plaintext")
}

func TestStartTLSRefusesPreauth(t *testing.T) {
	t.Parallel()
	refused(t, starttls(t, func(s *script) { s.say("* PREAUTH welcome") }), ErrTLS, "PREAUTH")
}

func TestStartTLSNeverFallsBackToPlaintext(t *testing.T) {
	t.Parallel()
	refused(t, starttls(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1] ready")
		s.expect("STARTTLS")
		s.say("$ NO not today")
	}), ErrTLS, "not today")
}

func TestStartTLSSurvivesACutAnswer(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"", " OK go", " OK go\r"} {
		refused(t, starttls(t, func(s *script) {
			s.say("* OK ready")
			s.expect("STARTTLS")
			s.raw(s.tag + answer)
			s.cut()
		}), ErrUnreachable, "STARTTLS")
	}
}

func TestStartTLSForgetsCapabilitiesFromBefore(t *testing.T) {
	t.Parallel()
	m := dial(t, starttls(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED MOVE] ready")
		s.expect("STARTTLS")
		s.say("* CAPABILITY IMAP4rev1 LOGINDISABLED MOVE", "$ OK [CAPABILITY IMAP4rev1 LOGINDISABLED MOVE] go")
		if !s.secure() {
			s.t.Error("no TLS")
			return
		}
		s.expect("CAPABILITY")
		s.say("* CAPABILITY IMAP4rev1 IDLE", "$ OK those")
		s.expect(`LOGIN "it" "secret"`)
		s.loggedIn("IMAP4rev1 IDLE")
		s.expect("EXAMINE INBOX")
		s.opened()
	}))
	if m.canMove() || !m.canIdle() {
		t.Errorf("believes in %v", m.caps)
	}
}

func TestCertificateIsVerified(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"implicit", "starttls"} {
		for name, change := range map[string]func(*IMAPConfig){
			"unknown authority": func(c *IMAPConfig) { c.RootCAs = nil },
			"another name":      func(c *IMAPConfig) { c.Host = "localhost" },
		} {
			t.Run(mode+" "+name, func(t *testing.T) {
				t.Parallel()
				cfg := starttls(t, func(s *script) {
					if mode == "starttls" {
						s.say("* OK ready")
						s.expect("STARTTLS")
						s.say("$ OK go")
					}
					if s.secure() {
						s.t.Error("the client accepted the certificate")
					}
				})
				cfg.TLS = mode
				change(&cfg)
				refused(t, cfg, ErrTLS, "certificate")
			})
		}
	}
}

func TestImplicitTLSAgainstPlaintextTellsTheSetting(t *testing.T) {
	t.Parallel()
	cfg := scripted(t, func(s *script) {
		s.say("* OK ready")
		io.Copy(io.Discard, s.r)
	})
	cfg.TLS = ""
	refused(t, cfg, ErrTLS, "tls: starttls")
}

func TestUnknownSettingsAreRefused(t *testing.T) {
	t.Parallel()
	cfg := scripted(t, func(*script) {})
	cfg.TLS = "maybe"
	refused(t, cfg, ErrTLS, "maybe")
	cfg = scripted(t, func(s *script) { s.say("* OK [CAPABILITY IMAP4rev1] ready") })
	cfg.AuthMethod = "ntlm"
	refused(t, cfg, ErrAuth, "ntlm")
}

func TestXOAUTH2(t *testing.T) {
	t.Parallel()
	refusal := base64.StdEncoding.EncodeToString([]byte(`{"status":"401","schemes":"bearer","scope":"mail"}`))
	xoauth2 := base64.StdEncoding.EncodeToString([]byte("user=it\x01auth=Bearer tok\x01\x01"))
	for _, c := range []struct {
		name, method string
		play         func(*script)
		kind         error
		says         string
	}{
		{"accepted", "", func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready")
			s.expect("AUTHENTICATE XOAUTH2 " + xoauth2)
			s.loggedIn("IMAP4rev1")
			s.expect("EXAMINE INBOX")
			s.opened()
		}, nil, ""},
		{"accepted without SASL-IR", "xoauth2", func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] ready")
			s.expect("AUTHENTICATE XOAUTH2")
			s.say("+ ")
			s.expectLine(xoauth2)
			s.loggedIn("IMAP4rev1")
			s.expect("EXAMINE INBOX")
			s.opened()
		}, nil, ""},
		{"refused by challenge", "", func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready")
			s.expect("AUTHENTICATE XOAUTH2 .*")
			s.say("+ " + refusal) // the client is wedged from here on: it closes
		}, ErrAuth, "status 401"},
		{"refused plainly", "", func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready")
			s.expect("AUTHENTICATE XOAUTH2 .*")
			s.say("$ NO AUTHENTICATE failed.")
		}, ErrAuth, "AUTHENTICATE failed"},
		{"oauthbearer refused", "oauthbearer", func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] ready")
			s.expect("AUTHENTICATE OAUTHBEARER .*")
			s.say("+ " + refusal)
		}, ErrAuth, "401"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := scripted(t, c.play)
			cfg.AuthMethod, cfg.Password = c.method, ""
			cfg.Token = func(context.Context) (string, error) { return "tok", nil }
			if c.kind == nil {
				dial(t, cfg)
				return
			}
			refused(t, cfg, c.kind, c.says)
		})
	}
}

func TestMissingTokenIsNoWrongPassword(t *testing.T) {
	t.Parallel()
	cfg := scripted(t, func(s *script) { s.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready") })
	cfg.Token = func(context.Context) (string, error) { return "", errors.New("token endpoint answers 503") }
	refused(t, cfg, ErrToken, "503")
}

func TestPlainIsUsedWhereOffered(t *testing.T) {
	t.Parallel()
	cfg := scripted(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1 SASL-IR LOGINDISABLED AUTH=PLAIN] ready")
		s.expect("AUTHENTICATE PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00it\x00contraseña")))
		s.loggedIn("IMAP4rev1")
		s.expect("EXAMINE INBOX")
		s.opened()
	})
	cfg.Password = "contraseña"
	dial(t, cfg)
}

func TestAuthenticateAnsweredTwiceDoesNotHang(t *testing.T) {
	t.Parallel()
	cfg := scripted(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready")
		s.expect("AUTHENTICATE PLAIN")
		s.raw("+ \r\n" + s.tag + " NO no\r\n")
		s.r.ReadString('\n')
	})
	cfg.CommandTimeout = 100 * time.Millisecond
	within(t, 4*time.Second, func() {
		if m, err := DialIMAP(t.Context(), cfg); err == nil {
			m.Close()
			t.Error("connected")
		}
	})
}

// The library asks again by itself after a login without capabilities, at a moment of its own.
func TestCapabilitiesAreThoseAfterTheLogin(t *testing.T) {
	t.Parallel()
	m := dial(t, scripted(t, func(s *script) {
		s.say("* OK [CAPABILITY IMAP4rev1] ready")
		s.expect("LOGIN .*")
		s.say("$ OK in")
		for asked, open := 0, false; asked < 2 || !open; {
			if s.expect("CAPABILITY|EXAMINE INBOX")[0] == "CAPABILITY" {
				asked++
				s.say("* CAPABILITY IMAP4rev1 MOVE IDLE", "$ OK those")
			} else {
				open = true
				s.opened()
			}
		}
	}))
	if !m.canMove() || !m.canIdle() || m.canExpunge() {
		t.Errorf("believes in %v", m.caps)
	}
}

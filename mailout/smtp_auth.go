package mailout

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// AuthMethod is a SASL mechanism for signing in (RFC 4954).
type AuthMethod string

// The methods of a desk file.
const (
	AuthPlain       AuthMethod = "plain"       // RFC 4616
	AuthLogin       AuthMethod = "login"       // Microsoft's older form of it
	AuthXOAuth2     AuthMethod = "xoauth2"     // Google's and Microsoft's bearer tokens
	AuthOAuthBearer AuthMethod = "oauthbearer" // RFC 7628
)

// ErrAuthentication marks a Dial error in which the server refused the
// credentials: somebody has to look at the mailbox's settings.
var ErrAuthentication = errors.New("authentication refused")

func (c *Conn) authenticate(ctx context.Context) error {
	if c.cfg.Username == "" {
		return nil
	}
	if c.cfg.TLS == TLSNone && !loopback(c.link.RemoteAddr()) {
		return errors.New("credentials are not sent without TLS, but to this machine")
	}
	method, err := c.authMethod()
	if err != nil {
		return err
	}
	var mechanism smtp.Auth
	switch method {
	case AuthPlain: // whether plain text will do was decided above
		mechanism = smtp.PlainAuth("", c.cfg.Username, c.cfg.Password, c.cfg.Host, true)
	case AuthLogin:
		mechanism = smtp.LoginAuth(c.cfg.Username, c.cfg.Password, c.cfg.Host, true)
	default:
		if c.cfg.Token == nil {
			return fmt.Errorf("AUTH %s: no token source", method)
		}
		token, err := c.cfg.Token(ctx)
		if err != nil {
			return fmt.Errorf("AUTH %s: token: %w", method, err)
		}
		c.link.extend(c.cfg.Timeout)
		mechanism = smtp.XOAuth2Auth(c.cfg.Username, token)
		if method == AuthOAuthBearer {
			mechanism = bearer{c.cfg.Username, token}
		}
	}
	err = c.client.Auth(mechanism)
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code/100 == 5 {
		return fmt.Errorf("AUTH %s: %w: %w", method, ErrAuthentication, err)
	}
	if err != nil {
		return fmt.Errorf("AUTH %s: %w", method, err)
	}
	return nil
}

// authMethod picks the mechanism and makes sure that the server offers it.
func (c *Conn) authMethod() (AuthMethod, error) {
	candidates := []AuthMethod{c.cfg.AuthMethod}
	switch {
	case c.cfg.AuthMethod != "":
	case c.cfg.Token != nil:
		candidates = []AuthMethod{AuthXOAuth2}
	default:
		candidates = []AuthMethod{AuthPlain, AuthLogin}
	}
	_, parameters := c.client.Extension("AUTH")
	offered := strings.Fields(strings.ToLower(parameters))
	for _, m := range candidates {
		if !slices.Contains([]AuthMethod{AuthPlain, AuthLogin, AuthXOAuth2, AuthOAuthBearer}, m) {
			return "", fmt.Errorf("unknown AUTH method %q", m)
		}
		if slices.Contains(offered, string(m)) {
			return m, nil
		}
	}
	return "", fmt.Errorf("server offers AUTH %q, not %q", parameters, candidates)
}

func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// bearer is OAUTHBEARER (RFC 7628), which go-mail does not have.
type bearer struct{ username, token string }

func (b bearer) Start(*smtp.ServerInfo) (string, []byte, error) {
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(b.username) // RFC 5801 section 4
	return "OAUTHBEARER", []byte("n,a=" + name + ",\x01auth=Bearer " + b.token + "\x01\x01"), nil
}

// Next acknowledges the error report of a failed attempt (RFC 7628 3.2.3); the
// server's refusal follows.
func (b bearer) Next(_ []byte, more bool) ([]byte, error) {
	if more {
		return []byte{0x01}, nil
	}
	return nil, nil
}

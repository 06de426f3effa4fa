package mailout

// Transport to a submission server (RFC 5321, 6409), and the only file besides
// smtp_auth.go that knows go-mail. It uses go-mail's smtp sub-package and not
// its mail.Client: that client renders its own Msg where the stored bytes have
// to go out again, offers no moment between content and closing dot, and asks
// NOOP before and RSET after every mail.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// TLSMode says how a connection is encrypted.
type TLSMode string

// The modes of a desk file. The empty mode is TLSImplicit. No mode falls back to a weaker one.
const (
	TLSImplicit TLSMode = "implicit" // TLS from the first byte (RFC 8314)
	TLSStart    TLSMode = "starttls" // STARTTLS (RFC 3207) or no connection at all
	TLSNone     TLSMode = "none"     // plain text
)

// SMTPConfig names a submission server and the way to sign in there.
type SMTPConfig struct {
	Host string
	Port int     // 0 = 465, 587 or 25 by TLS mode
	TLS  TLSMode // "" = TLSImplicit

	// Username "" signs nobody in. Password serves plain and login; Token, asked
	// at each Dial, serves xoauth2 and oauthbearer. Credentials go out only over
	// TLS or to a loopback address.
	Username, Password string
	Token              func(ctx context.Context) (string, error)
	AuthMethod         AuthMethod // "" = xoauth2 where Token is set, else plain or login as offered

	RootCAs *x509.CertPool // nil = the system's; certificates are always verified

	// Hello is the name given in EHLO; "" is the address literal of our end (RFC 5321 4.1.4).
	Hello string
	// Timeout bounds each wait for a reply, each 32 KiB of content and the hook;
	// 0 = one minute.
	Timeout time.Duration
	// FinalTimeout bounds the wait for the answer to the final dot; 0 = ten
	// minutes, because giving up sooner makes doubles (RFC 5321 4.5.3.2.6).
	FinalTimeout time.Duration
}

// Class is what became of one mail, and so what may be done with it next.
type Class string

// The classes of an Outcome.
const (
	Accepted  Class = "accepted"  // the server took responsibility: never send again
	Temporary Class = "temporary" // nothing was delivered: try again later
	Permanent Class = "permanent" // nothing was delivered, and trying again will not help
	Uncertain Class = "uncertain" // the final dot was or may have been written, and no answer was read
	Aborted   Class = "aborted"   // given up on our side: the connection was cut, the dot can never be written
)

// Phase is the last step of a Send that was begun.
type Phase string

// The phases of a Send, in order.
const (
	PhaseLocal   Phase = "local"   // nothing was sent
	PhaseMail    Phase = "mail"    // MAIL FROM
	PhaseRcpt    Phase = "rcpt"    // RCPT TO
	PhaseData    Phase = "data"    // DATA
	PhaseContent Phase = "content" // the content, without its closing dot
	PhaseHook    Phase = "hook"    // beforeDot
	PhaseDot     Phase = "dot"     // the closing dot and its answer
)

// Outcome reports one Send.
type Outcome struct {
	Class    Class
	Phase    Phase
	Code     int    // reply code; 0 when the server said nothing in Phase
	Response string // that reply with its code and enhanced status (RFC 3463); lines joined by \n, valid UTF-8, at most 1,000 bytes
	Err      error  // nil when Accepted
}

const (
	defaultTimeout      = time.Minute
	defaultFinalTimeout = 10 * time.Minute
	// idleLimit is how long a connection may rest and still be offered again:
	// servers hang up on silent clients, and finding out costs an attempt.
	idleLimit     = 30 * time.Second
	replyLimit    = 1 << 20 // bytes that a server may send while we wait for one reply
	responseLimit = 1000
)

var (
	errUnusable  = errors.New("connection is not usable any more")
	errOutOfStep = errors.New("server sent more than one reply")
	errEmpty     = errors.New("content is empty")
)

// Conn is one connection to a submission server, good for many mails, one at a
// time. Only Close may be called beside a running Send.
type Conn struct {
	cfg    SMTPConfig
	link   *link
	client *smtp.Client
	// talk is held while commands are exchanged: a QUIT in the middle of a DATA
	// would first write its closing dot.
	talk     sync.Mutex
	dead     atomic.Bool
	lastUsed time.Time
	idle     time.Duration
}

// Dial connects, secures, greets and signs in. Every error means "not now" for
// the mails that wait; errors.Is(err, ErrAuthentication) tells that the server
// refused the credentials.
func Dial(ctx context.Context, cfg SMTPConfig) (*Conn, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("smtp %s: %w", cfg.Host, err)
	}
	address := net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port))
	dialer := net.Dialer{Timeout: cfg.Timeout}
	raw, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	c := &Conn{cfg: cfg, link: &link{Conn: raw}, idle: idleLimit}
	stop := context.AfterFunc(ctx, c.cut)
	err = c.open(ctx)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		c.cut()
		return nil, fmt.Errorf("smtp %s: %w", address, err)
	}
	c.lastUsed = time.Now()
	return c, nil
}

func (cfg *SMTPConfig) complete() error {
	ports := map[TLSMode]int{TLSImplicit: 465, TLSStart: 587, TLSNone: 25}
	if cfg.TLS == "" {
		cfg.TLS = TLSImplicit
	}
	port, known := ports[cfg.TLS]
	if !known {
		return fmt.Errorf("unknown TLS mode %q", cfg.TLS)
	}
	if cfg.Port == 0 {
		cfg.Port = port
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.FinalTimeout <= 0 {
		cfg.FinalTimeout = defaultFinalTimeout
	}
	return nil
}

func (c *Conn) open(ctx context.Context) error {
	tlsConfig := &tls.Config{ServerName: c.cfg.Host, RootCAs: c.cfg.RootCAs, MinVersion: tls.VersionTLS12}
	c.link.extend(c.cfg.Timeout)
	stream := net.Conn(c.link)
	if c.cfg.TLS == TLSImplicit {
		secured := tls.Client(c.link, tlsConfig)
		if err := secured.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
		stream = secured
	}
	client, err := smtp.NewClient(stream, c.cfg.Host)
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	c.client = client
	c.link.extend(c.cfg.Timeout)
	if err := client.Hello(c.hello()); err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	if c.cfg.TLS == TLSStart {
		if err := c.startTLS(tlsConfig); err != nil {
			return fmt.Errorf("STARTTLS: %w", err)
		}
	}
	c.link.extend(c.cfg.Timeout)
	return c.authenticate(ctx)
}

// startTLS never goes on in plain text: a server that does not offer STARTTLS is
// an error, and so is anything that was read beyond its answer, since those bytes
// may be an attacker's (RFC 3207 section 5).
func (c *Conn) startTLS(config *tls.Config) error {
	if offered, _ := c.client.Extension("STARTTLS"); !offered {
		return errors.New("server does not offer it")
	}
	plain := c.client.Text
	c.link.extend(c.cfg.Timeout)
	if err := c.client.StartTLS(config); err != nil {
		return err
	}
	if plain.R.Buffered() > 0 {
		return errOutOfStep
	}
	return nil
}

func (c *Conn) hello() string {
	if c.cfg.Hello != "" {
		return c.cfg.Hello
	}
	host, _, err := net.SplitHostPort(c.link.LocalAddr().String())
	if err != nil {
		return "localhost"
	}
	if strings.Contains(host, ":") {
		host = "IPv6:" + host
	}
	return "[" + host + "]"
}

// Usable reports whether another Send may be tried: the connection is open, in
// step with the server and has not rested for more than 30 seconds.
func (c *Conn) Usable() bool {
	return !c.dead.Load() && c.client.Text.R.Buffered() == 0 && time.Since(c.lastUsed) < c.idle
}

// Close says QUIT where that is safe and closes the connection. It cuts short a
// Send that is running.
func (c *Conn) Close() {
	if c.talk.TryLock() {
		if !c.dead.Load() {
			c.link.extend(min(c.cfg.Timeout, 5*time.Second))
			_ = c.client.Quit() // courtesy: what was accepted stays accepted
		}
		c.dead.Store(true)
		c.talk.Unlock()
	}
	c.cut()
}

// cut closes the network connection itself, so that nothing that is still
// buffered or written later, above all a closing dot, can reach the server.
func (c *Conn) cut() {
	c.dead.Store(true)
	_ = c.link.Close()
}

// link is the network connection below TLS with a bound on time and bytes for
// each wait.
type link struct {
	net.Conn
	left atomic.Int64
}

func (l *link) extend(wait time.Duration) {
	l.left.Store(replyLimit)
	_ = l.SetDeadline(time.Now().Add(wait)) // fails on a closed connection only, and then so does the next read
}

func (l *link) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if l.left.Add(int64(-n)) < 0 {
		return n, fmt.Errorf("server sent more than %d bytes for one reply", replyLimit)
	}
	return n, err
}

// outcomeOf classifies what a phase ended with, by what the server said.
func outcomeOf(phase Phase, err error) Outcome {
	out := Outcome{Class: Temporary, Phase: phase, Err: fmt.Errorf("%s: %w", phase, err)}
	if phase == PhaseDot {
		out.Class = Uncertain
	}
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		return out
	}
	out.Code, out.Response = reply.Code, responseText(reply.Code, reply.Msg)
	switch {
	case reply.Code/100 == 4:
		out.Class = Temporary
	case reply.Code/100 == 5:
		out.Class = Permanent
	case reply.Code/100 == 2 && phase == PhaseDot: // not 250, but a "yes"
		out.Class, out.Err = Accepted, nil
	}
	return out
}

// responseText makes a reply fit for a database column and a page.
func responseText(code int, text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	text = strings.TrimSpace(fmt.Sprintf("%03d %s", code, text))
	if len(text) > responseLimit {
		text = strings.ToValidUTF8(text[:responseLimit], "")
	}
	return text
}

package mailin

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
)

// What can be wrong with a mailbox, in words for the operator who has to put it right. Every error of DialIMAP and
// of the methods of IMAP wraps at most one of these and names the server, the user and the folder.
var (
	// ErrUnreachable: no connection, or no answer in time while connecting.
	ErrUnreachable = errors.New("cannot reach the mail server: check host, port and firewall")
	// ErrTLS: the certificate does not verify, or the server cannot do what the tls setting asks. Never
	// answered with a plaintext connection.
	ErrTLS = errors.New("no secure connection: check the tls setting, the host name and the certificate")
	// ErrAuth: the server said no to the user name with this password or token. Trying again does not help.
	ErrAuth = errors.New("login refused: check user name and password (or renew the token)")
	// ErrToken: the access token could not be had. Its cause says whether trying again helps.
	ErrToken = errors.New("no access token: check the auth settings and the token service")
	// ErrFolder: the folder is not there or may not be opened.
	ErrFolder = errors.New("cannot open the folder: check the folder setting")
	// ErrConnection: the connection broke or a command had no answer in time. Dial again.
	ErrConnection = errors.New("connection to the mail server lost")
	// ErrRefused: the server answered NO or BAD. The connection goes on.
	ErrRefused = errors.New("the mail server refused")
	// ErrTooLarge: a body is longer than the limit of Fetch. The connection is gone.
	ErrTooLarge = errors.New("the message is larger than the limit")
	// ErrEpoch: UIDVALIDITY changed, so that the UIDs at hand name other messages (RFC 9051 section 2.3.1.1).
	ErrEpoch = errors.New("the mailbox was made anew (UIDVALIDITY changed)")
)

// IMAPConfig says where a mailbox is and how to get in.
type IMAPConfig struct {
	Host     string
	Port     int
	TLS      string // implicit (also when empty), starttls or none
	Username string
	Password string
	// Token gives a fresh OAuth access token for each login; nil means Password.
	Token func(ctx context.Context) (string, error)
	// AuthMethod is plain, login, xoauth2 or oauthbearer. Empty: xoauth2 with a Token, else whichever of
	// AUTHENTICATE PLAIN and LOGIN the server offers.
	AuthMethod string
	Folder     string         // INBOX when empty
	RootCAs    *x509.CertPool // nil: those of the system. There is no way to skip verification.
	// CommandTimeout bounds the wait for the answer to one command, and the whole of connecting and logging in;
	// one minute when zero. After it the connection is closed.
	CommandTimeout time.Duration
}

func (c IMAPConfig) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// where names the mailbox in every error.
func (c IMAPConfig) where() string {
	return fmt.Sprintf("imap %s, user %s, folder %s", c.address(), c.Username, c.Folder)
}

// fail makes the one line that an operator reads. What a server wrote is shortened and cannot break the line.
func (c IMAPConfig) fail(doing string, kind, cause error) error {
	if cause == nil {
		return fmt.Errorf("%s: %s: %w", c.where(), doing, kind)
	}
	return fmt.Errorf("%s: %s: %w: %w", c.where(), doing, kind, oneLine{cause})
}

// oneLine shows an error without control characters and not endlessly.
type oneLine struct{ error }

func (e oneLine) Unwrap() error { return e.error }

func (e oneLine) Error() string {
	s := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, e.error.Error())
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}

// imapConn is the connection as the IMAP client sees it. It counts what the server sends, so that endless data
// ends the connection and not the daemon's memory, and it ignores the client's own deadlines: those end a literal
// after five minutes whatever its size, ours (IMAP.do, IMAP.Fetch) know how much is under way.
type imapConn struct {
	net.Conn
	from   io.Reader // Conn, with what was read ahead of it
	budget atomic.Int64
}

var errFlood = errors.New("the server sends more than was asked for")

func (c *imapConn) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if c.budget.Add(int64(-n)) < 0 {
		return 0, errFlood
	}
	return n, err
}

func (c *imapConn) SetReadDeadline(time.Time) error  { return nil }
func (c *imapConn) SetWriteDeadline(time.Time) error { return nil }

// connect opens the connection, makes it secure and reads the greeting. raw is the TCP connection underneath:
// closing it never blocks, whereas closing a TLS connection may wait to say goodbye.
func (c IMAPConfig) connect(ctx context.Context) (conn *imapConn, raw net.Conn, err error) {
	tcp, err := new(net.Dialer).DialContext(ctx, "tcp", c.address())
	if err != nil {
		return nil, nil, c.fail("connect", ErrUnreachable, err)
	}
	defer context.AfterFunc(ctx, func() { tcp.Close() })()
	switch c.TLS {
	case "", "implicit":
		var secure net.Conn
		if secure, err = c.secure(ctx, tcp); err == nil {
			conn, err = c.greeted(secure)
		}
	case "starttls":
		conn, err = c.startTLS(ctx, tcp)
	case "none":
		conn, err = c.greeted(tcp)
	default:
		err = c.fail("connect", ErrTLS, fmt.Errorf("tls: %q is none of implicit, starttls, none", c.TLS))
	}
	if err != nil {
		tcp.Close()
		if late := context.Cause(ctx); late != nil && !errors.Is(err, late) {
			err = fmt.Errorf("%w (%w)", err, late)
		}
		return nil, nil, err
	}
	return conn, tcp, nil
}

func (c IMAPConfig) secure(ctx context.Context, raw net.Conn) (net.Conn, error) {
	secure := tls.Client(raw, &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12})
	err := secure.HandshakeContext(ctx)
	if err == nil {
		return secure, nil
	}
	if ctx.Err() != nil {
		return nil, c.fail("TLS", ErrUnreachable, context.Cause(ctx))
	}
	if _, plain := errors.AsType[tls.RecordHeaderError](err); plain {
		err = fmt.Errorf("the server speaks no TLS here (perhaps tls: starttls): %w", err)
	}
	return nil, c.fail("TLS", ErrTLS, err)
}

// greeted reads the greeting and puts it back. The library would see it too, but may lose its text when the
// connection is closed behind it, and "too many connections" is what the operator has to know.
func (c IMAPConfig) greeted(conn net.Conn) (*imapConn, error) {
	lines := bufio.NewReaderSize(conn, longestLine)
	line, err := c.greeting(lines)
	return &imapConn{Conn: conn, from: io.MultiReader(strings.NewReader(line+"\r\n"), lines)}, err
}

func (c IMAPConfig) greeting(lines *bufio.Reader) (string, error) {
	line, err := readLine(lines)
	switch {
	case err != nil && (c.TLS == "starttls" || c.TLS == "none"):
		return "", c.fail("greeting", ErrUnreachable, fmt.Errorf("%w (a port for tls: implicit stays silent)", err))
	case err != nil:
		return "", c.fail("greeting", ErrUnreachable, err)
	case hasWord(line, "*", "PREAUTH") && c.TLS == "starttls":
		// RFC 9051 section 7.1.4: nothing can be upgraded any more, and whoever wrote it wants plaintext.
		return "", c.fail("greeting", ErrTLS, errors.New("PREAUTH on a plaintext connection"))
	case hasWord(line, "*", "PREAUTH"):
		return "", c.fail("greeting", ErrAuth, errors.New("PREAUTH: the server does not ask who we are"))
	case !hasWord(line, "*", "OK"):
		return "", c.fail("greeting", ErrUnreachable, errors.New(line))
	}
	return line, nil
}

// startTLS upgrades a plaintext connection (RFC 9051 section 6.2.1). It is done here and not by the library, which
// sends STARTTLS before it saw the greeting, keeps capabilities written into the plaintext answer, and waits for
// ever when the connection ends inside that answer. Everything said before TLS is thrown away: the client gets a
// greeting of our own and asks for the capabilities itself.
func (c IMAPConfig) startTLS(ctx context.Context, raw net.Conn) (*imapConn, error) {
	lines := bufio.NewReaderSize(raw, longestLine)
	if _, err := c.greeting(lines); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(raw, "S1 STARTTLS\r\n"); err != nil {
		return nil, c.fail("STARTTLS", ErrUnreachable, err)
	}
	line, err := "", error(nil)
	for range 100 { // what comes before the answer was said in the clear by whoever and is worth nothing
		if line, err = readLine(lines); err != nil {
			return nil, c.fail("STARTTLS", ErrUnreachable, err)
		}
		if !strings.HasPrefix(line, "* ") {
			break
		}
	}
	if !hasWord(line, "S1", "OK") {
		return nil, c.fail("STARTTLS", ErrTLS, errors.New(line))
	}
	if lines.Buffered() > 0 {
		// An answer that came before the handshake would be taken for one that came through TLS.
		return nil, c.fail("STARTTLS", ErrTLS, errors.New("plaintext was sent behind the answer to STARTTLS"))
	}
	secure, err := c.secure(ctx, raw)
	if err != nil {
		return nil, err
	}
	return &imapConn{Conn: secure, from: io.MultiReader(strings.NewReader("* OK secured\r\n"), secure)}, nil
}

const longestLine = 8 << 10 // bytes, of a greeting or an answer to STARTTLS

func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	return strings.TrimRight(string(line), "\r\n"), err
}

// hasWord tells whether a response line starts with this tag and status, in any case.
func hasWord(line, tag, status string) bool {
	f := strings.Fields(line)
	return len(f) >= 2 && f[0] == tag && strings.EqualFold(f[1], status)
}

package mailin

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// script is one end of an IMAP conversation that a test writes down line by line: what the client has to say and
// what the server answers, however wrong.
type script struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
	tag  string // of the last command expected
}

// scripted serves one connection with play on a free port and gives the configuration to reach it. When play
// returns, the client may still log out or close; any other word of it is an error.
func scripted(t *testing.T, play func(*script)) IMAPConfig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s := &script{t: t, conn: conn}
		defer func() { s.conn.Close() }()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		s.r = bufio.NewReader(conn)
		play(s)
		s.end()
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return IMAPConfig{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: "none",
		Username: "it", Password: "secret", CommandTimeout: 10 * time.Second}
}

// expect reads one command and remembers its tag. The pattern is for what follows the tag.
func (s *script) expect(pattern string) []string {
	line, err := s.r.ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if err != nil {
		s.t.Errorf("expected %q, got %q and %v", pattern, line, err)
		runtime.Goexit()
	}
	tag, command, _ := strings.Cut(line, " ")
	found := regexp.MustCompile("^" + pattern + "$").FindStringSubmatch(command)
	if found == nil {
		s.t.Errorf("expected %q, got %q", pattern, line)
		runtime.Goexit()
	}
	s.tag = tag
	return found
}

// expectLine is expect for a line without a tag.
func (s *script) expectLine(want string) {
	if line, err := s.r.ReadString('\n'); strings.TrimRight(line, "\r\n") != want {
		s.t.Errorf("expected the line %q, got %q and %v", want, line, err)
		runtime.Goexit()
	}
}

// raw sends bytes as they are; say sends lines, where "$" at the start stands for the tag.
func (s *script) raw(text string) { io.WriteString(s.conn, text) }

func (s *script) say(lines ...string) {
	for _, line := range lines {
		if strings.HasPrefix(line, "$ ") {
			line = s.tag + line[1:]
		}
		s.raw(line + "\r\n")
	}
}

// quiet sees to it that the client waits.
func (s *script) quiet() {
	s.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if b, err := s.r.Peek(1); err == nil {
		s.t.Errorf("the client did not wait for the answer, it said %q…", b)
	}
	s.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
}

// cut ends the conversation like a broken line.
func (s *script) cut() {
	s.conn.Close()
	runtime.Goexit()
}

func (s *script) end() {
	for {
		line, err := s.r.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		if command != "LOGOUT" {
			s.t.Errorf("the client said %q beyond the script", line)
			return
		}
		s.raw("* BYE\r\n" + tag + " OK bye\r\n")
	}
}

// hello plays everything up to the opened folder: three messages, UIDs 40 to 42.
func (s *script) hello(caps string) {
	s.login(caps)
	s.expect("EXAMINE INBOX")
	s.opened()
}

func (s *script) login(caps string) {
	caps = strings.TrimSpace("IMAP4rev1 " + caps)
	s.say("* OK [CAPABILITY " + caps + "] ready")
	s.expect(`LOGIN "it" "secret"`)
	s.loggedIn(caps)
}

// loggedIn plays the answer to a login and the question that follows.
func (s *script) loggedIn(caps string) {
	s.say("$ OK [CAPABILITY IMAP4rev1] in")
	s.expect("CAPABILITY")
	s.say("* CAPABILITY "+caps, "$ OK those")
}

func (s *script) opened() {
	s.say("* 3 EXISTS", "* OK [UIDVALIDITY 7] v", "* OK [UIDNEXT 43] n", `* OK [PERMANENTFLAGS (\Seen \Deleted \*)] p`, "$ OK open")
}

// writable plays the SELECT before the first change.
func (s *script) writable() {
	s.expect("SELECT INBOX")
	s.opened()
}

// listing plays the second look after a FETCH that left something out.
func (s *script) listing(search, answer string) {
	s.expect("NOOP")
	s.say("$ OK noop")
	s.expect("UID SEARCH UID " + search)
	s.say("* SEARCH"+answer, "$ OK listed")
}

// dialed is a client in conversation with play.
func dialed(t *testing.T, play func(*script)) *IMAP {
	t.Helper()
	return dial(t, scripted(t, play))
}

func dial(t *testing.T, cfg IMAPConfig) *IMAP {
	t.Helper()
	m, err := DialIMAP(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// within fails the test when f takes longer than d.
func within(t *testing.T, d time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(d):
		buf := make([]byte, 1<<20)
		t.Fatalf("not done within %s\n%s", d, buf[:runtime.Stack(buf, true)])
	}
}

// ca makes a private authority and a certificate of it for 127.0.0.1, once for all tests.
var ca = sync.OnceValues(func() (*x509.CertPool, tls.Certificate) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	sign := func(n int64, authority bool, parent *x509.Certificate) *x509.Certificate {
		c := &x509.Certificate{SerialNumber: big.NewInt(n), Subject: pkix.Name{CommonName: fmt.Sprint("test ", n)},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: authority,
			BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
		if parent == nil {
			parent = c
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, key)
		if err != nil {
			panic(err)
		}
		c, _ = x509.ParseCertificate(der)
		return c
	}
	root := sign(1, true, nil)
	leaf := sign(2, false, root)
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return pool, tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
})

// secure continues the conversation inside TLS.
func (s *script) secure() bool {
	_, cert := ca()
	c := tls.Server(&readAhead{s.conn, s.r}, &tls.Config{Certificates: []tls.Certificate{cert}})
	if err := c.HandshakeContext(context.Background()); err != nil {
		return false
	}
	s.conn, s.r = c, bufio.NewReader(c)
	return true
}

type readAhead struct {
	net.Conn
	r io.Reader
}

func (c *readAhead) Read(p []byte) (int, error) { return c.r.Read(p) }

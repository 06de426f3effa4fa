package mailout

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Answers of a scriptServer that are no replies.
const (
	drop  = "\x00drop"  // close the connection instead of answering
	hang  = "\x00hang"  // never answer
	stall = "\x00stall" // for "content": stop reading
)

// scriptServer is an SMTP server that says what a test tells it to. Of its own it
// refuses only a MAIL inside a transaction. It keeps everything that it saw.
type scriptServer struct {
	host string
	port int

	mu        sync.Mutex
	answers   map[string][]string // by verb, "greeting", "content" or "dot": the next replies; without one, the usual reply
	commands  []string            // lines outside of content
	delivered []string            // contents that were ended by a dot, as they stood on the wire
	partial   []string            // contents that were not
	conns     int

	over chan struct{} // closed when the test ends
}

var usual = map[string]string{
	"greeting": "220 script.test ready",
	"EHLO":     "250-script.test\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME",
	"MAIL":     "250 2.1.0 ok", "RCPT": "250 2.1.5 ok", "DATA": "354 go on", "dot": "250 2.0.0 queued as 1",
	"RSET": "250 2.0.0 reset", "QUIT": "221 2.0.0 bye",
}

// answersOf writes a script: pairs of a step and one reply; a step may come again for the next time.
func answersOf(pairs ...string) map[string][]string {
	m := map[string][]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = append(m[pairs[i]], pairs[i+1])
	}
	return m
}

func startScript(t *testing.T, answers map[string][]string) *scriptServer {
	t.Helper()
	return startScriptTLS(t, answers, nil)
}

func startScriptTLS(t *testing.T, answers map[string][]string, config *tls.Config) *scriptServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if answers == nil {
		answers = answersOf()
	}
	s := &scriptServer{host: "127.0.0.1", port: listener.Addr().(*net.TCPAddr).Port, answers: answers, over: make(chan struct{})}
	var running sync.WaitGroup
	var open sync.Map
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Store(conn, nil)
			running.Go(func() {
				defer conn.Close()
				s.serve(conn, config)
			})
		}
	})
	t.Cleanup(func() {
		close(s.over)
		listener.Close()
		open.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
		running.Wait()
	})
	return s
}

func (s *scriptServer) next(step string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if queue := s.answers[step]; len(queue) > 0 {
		s.answers[step] = queue[1:]
		return queue[0]
	}
	return usual[step]
}

func (s *scriptServer) serve(conn net.Conn, config *tls.Config) {
	s.mu.Lock()
	s.conns++
	s.mu.Unlock()
	lines := bufio.NewReader(conn)
	say := func(step string) (string, bool) {
		reply := s.next(step)
		switch reply {
		case drop:
			return reply, false
		case hang:
			for { // until the client gives up
				if _, err := lines.ReadByte(); err != nil {
					return reply, false
				}
			}
		}
		_, err := fmt.Fprintf(conn, "%s\r\n", reply)
		return reply, err == nil
	}
	if _, ok := say("greeting"); !ok {
		return
	}
	inside := false // a transaction
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.commands = append(s.commands, line)
		s.mu.Unlock()
		verb, _, _ := strings.Cut(line, " ")
		if verb == "MAIL" && inside {
			fmt.Fprint(conn, "503 5.5.1 nested MAIL\r\n")
			continue
		}
		reply, ok := say(verb)
		if !ok || verb == "QUIT" {
			return
		}
		switch {
		case verb == "MAIL" && strings.HasPrefix(reply, "250"):
			inside = true
		case verb == "RSET":
			inside = false
		case verb == "STARTTLS" && config != nil:
			secured := tls.Server(conn, config)
			conn, lines = secured, bufio.NewReader(secured)
		case verb == "DATA" && strings.HasPrefix(reply, "354"):
			if !s.content(lines, conn) {
				return
			}
			if _, ok := say("dot"); !ok {
				return
			}
			inside = false
		}
	}
}

// content reads to the dot, or does what the script says in the middle.
func (s *scriptServer) content(lines *bufio.Reader, conn net.Conn) bool {
	s.mu.Lock()
	queue := s.answers["content"]
	s.mu.Unlock()
	var b strings.Builder
	for first := true; ; first = false {
		line, err := lines.ReadString('\n')
		b.WriteString(line)
		if err != nil {
			s.mu.Lock()
			s.partial = append(s.partial, b.String())
			s.mu.Unlock()
			return false
		}
		if line == ".\r\n" {
			s.mu.Lock()
			s.delivered = append(s.delivered, strings.TrimSuffix(b.String(), line))
			s.mu.Unlock()
			return true
		}
		if first && len(queue) > 0 {
			s.next("content")
			switch queue[0] {
			case drop:
				return false
			case stall:
				<-s.over
				return false
			default:
				fmt.Fprintf(conn, "%s\r\n", queue[0])
				return false
			}
		}
	}
}

// seen waits until every content that was begun has been ended one way or the other.
func (s *scriptServer) seen(t *testing.T, delivered, partial int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		s.mu.Lock()
		d, p := len(s.delivered), len(s.partial)
		s.mu.Unlock()
		if d == delivered && p == partial {
			return
		}
		if d > delivered || p > partial || time.Now().After(deadline) {
			t.Fatalf("the server saw %d mails delivered and %d cut off, want %d and %d", d, p, delivered, partial)
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *scriptServer) heard(prefix string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.commands {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

func (s *scriptServer) config() SMTPConfig {
	return SMTPConfig{Host: s.host, Port: s.port, TLS: TLSNone, Timeout: 10 * time.Second, FinalTimeout: 10 * time.Second}
}

func dial(t *testing.T, cfg SMTPConfig) *Conn {
	t.Helper()
	c, err := Dial(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

package e2e

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// sink is a mail server that takes everything and remembers in which order. It is never killed, so it knows what was
// really sent.
type sink struct {
	port int
	slow time.Duration // at most so long a mail takes, so that a kill finds some under way

	mu    sync.Mutex
	taken []string          // Message-IDs, in the order of their acceptance
	times map[string]int    // how often each came
	raw   map[string][]byte // the last one of each
}

func startSink(t testing.TB, slow time.Duration) *sink {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{port: listener.Addr().(*net.TCPAddr).Port, slow: slow, times: map[string]int{}, raw: map[string][]byte{}}
	server := smtp.NewServer(s)
	server.Domain = "sink.test"
	server.ErrorLog = log.New(io.Discard, "", 0) // killed clients are the point of some tests
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends with Close
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
	return s
}

// NewSession serves one connection (smtp.Backend).
func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return &sinkSession{s}, nil }

type sinkSession struct{ *sink }

func (sinkSession) Reset()                               {}
func (sinkSession) Logout() error                        { return nil }
func (sinkSession) Mail(string, *smtp.MailOptions) error { return nil }
func (sinkSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data takes a mail that came to its closing dot. What was cut before ends in an error and does not count.
func (s sinkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	id := ""
	for line := range strings.Lines(string(raw)) {
		if value, found := strings.CutPrefix(line, "Message-ID: <"); found {
			id, _, _ = strings.Cut(value, ">")
			break
		}
	}
	s.mu.Lock()
	s.taken = append(s.taken, id)
	s.times[id]++
	s.raw[id] = raw
	s.mu.Unlock()
	if s.slow > 0 { // after it was taken and before the answer: a kill now loses the 250
		time.Sleep(rand.N(s.slow))
	}
	return nil
}

// arrives waits until n mails to an address were taken and gives the last one.
func (s *sink) arrives(t *testing.T, address string, n int) (last received) {
	t.Helper()
	eventually(t, 60*time.Second, func() error {
		var got []received
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, id := range s.taken {
			if m := readMail(t, s.raw[id]); m.to == address {
				got = append(got, m)
			}
		}
		if len(got) < n {
			return fmt.Errorf("%d of %d mails to %s: %s", len(got), n, address, events(got))
		}
		last = got[n-1]
		return nil
	})
	return last
}

package main

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// sink is a submission server that takes every mail and keeps none.
type sink struct {
	server   *smtp.Server
	listener net.Listener
	mails    atomic.Int64
}

func newSink() (*sink, error) {
	s := &sink{}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sinkSession{s}, nil }))
	s.server.Domain, s.server.AllowInsecureAuth = "sink.test", true
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	go func() { _ = s.server.Serve(s.listener) }()
	return s, nil
}

func (s *sink) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *sink) close() { _ = s.server.Close() }

// await waits until n mails came in all, and says when that was.
func (s *sink) await(n int64, atMost time.Duration) (time.Time, error) {
	for end := time.Now().Add(atMost); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if s.mails.Load() >= n {
			return time.Now(), nil
		}
	}
	return time.Time{}, errors.New("not every mail came to the sink")
}

type sinkSession struct{ sink *sink }

// AuthMechanisms lets anybody sign in, so that the daemon works as with a real server.
func (*sinkSession) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth believes everything.
func (*sinkSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, _ string) error { return nil }), nil
}

// Mail takes any sender.
func (*sinkSession) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt takes any recipient.
func (*sinkSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data reads the mail and counts it.
func (s *sinkSession) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	if err == nil {
		s.sink.mails.Add(1)
	}
	return err
}

// Reset has nothing to forget.
func (*sinkSession) Reset() {}

// Logout has nothing to give back.
func (*sinkSession) Logout() error { return nil }

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// noticeProxy stands between the daemon and the IMAP server and notes when the server says that there is mail: a line
// `* n EXISTS` (RFC 9051 section 7.4.1). It changes nothing.
type noticeProxy struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	first time.Time // notice since forget
	conns []net.Conn
}

func newNoticeProxy(host string, port int) (*noticeProxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &noticeProxy{listener: l, server: net.JoinHostPort(host, fmt.Sprint(port))}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p, nil
}

func (p *noticeProxy) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

func (p *noticeProxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}

func (p *noticeProxy) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.first = time.Time{}
}

// seen is when the first notice since forget came.
func (p *noticeProxy) seen() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first, !p.first.IsZero()
}

func (p *noticeProxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	p.mu.Lock()
	p.conns = append(p.conns, client, server)
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if bytes.Contains(buf[:n], []byte(" EXISTS\r\n")) {
			p.mu.Lock()
			if p.first.IsZero() {
				p.first = time.Now()
			}
			p.mu.Unlock()
		}
		if _, werr := client.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

// Package demo is in charge of the sample world that a first run shows: a mail host of its own for the sample people, the
// mail program with which they write and answer, and the page that shows what each of them receives.
//
// The mail host is a real SMTP and IMAP server on the loopback interface. Nothing leaves it: mail for anybody but its own
// people is refused.
package demo

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-smtp"
)

// maxMessage bounds one message, in bytes.
const maxMessage = 64 << 20

// MailHost holds the mailboxes of the sample people and serves them over SMTP and IMAP.
type MailHost struct {
	domain   string
	password string
	boxes    map[string]*mailbox // by address, lower case; fixed after the start

	smtp       *smtp.Server
	imap       *imapserver.Server
	smtpListen net.Listener
	imapListen net.Listener
	serving    sync.WaitGroup
	closing    sync.Once
	closed     error // what closing said
}

// StartMailHost serves a mailbox to each of users, who are named by address and sign in with that address (or its local
// part, in the host's own domain) and the one password. Mail is kept below dir/mail and is there again after a restart,
// under the same UIDs and on the same ports where they are still free.
func StartMailHost(dir, domain string, users []string, password string) (*MailHost, error) {
	if password == "" {
		return nil, errors.New("sample mail host: the password is empty")
	}
	h := &MailHost{domain: strings.ToLower(domain), password: password, boxes: map[string]*mailbox{}}
	for _, u := range users {
		address, err := cleanAddress(u)
		if err != nil {
			return nil, fmt.Errorf("sample mail host: %w", err)
		}
		if h.boxes[address] != nil {
			continue
		}
		if h.boxes[address], err = openMailbox(mailDir(dir, address), address); err != nil {
			return nil, fmt.Errorf("sample mail host: %w", err)
		}
	}
	before, _ := ReadPorts(dir) // none on the first run
	var err error
	if h.smtpListen, err = listen(before.SMTP); err != nil {
		return nil, err
	}
	if h.imapListen, err = listen(before.IMAP); err != nil {
		return nil, errors.Join(err, h.smtpListen.Close())
	}
	if err := writePorts(dir, Ports{SMTP: h.SMTPAddr(), IMAP: h.IMAPAddr()}); err != nil {
		return nil, errors.Join(err, h.smtpListen.Close(), h.imapListen.Close())
	}
	h.smtp, h.imap = h.newSMTP(), h.newIMAP()
	// Both return when Close has closed their listeners; before that an error means a listener that broke, and then
	// clients see refused connections.
	h.serving.Go(func() { h.smtp.Serve(h.smtpListen) })
	h.serving.Go(func() { h.imap.Serve(h.imapListen) })
	return h, nil
}

// listen takes the address of the last run where that is still free, so that mail programs set up once keep working.
func listen(before string) (net.Listener, error) {
	if before != "" {
		if l, err := net.Listen("tcp", before); err == nil {
			return l, nil
		}
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// SMTPAddr is host:port for submission, without TLS.
func (h *MailHost) SMTPAddr() string { return h.smtpListen.Addr().String() }

// IMAPAddr is host:port for reading, without TLS.
func (h *MailHost) IMAPAddr() string { return h.imapListen.Addr().String() }

// Close ends both servers and their connections. What was accepted is on disk already. It may be called again.
func (h *MailHost) Close() error {
	h.closing.Do(func() {
		h.closed = errors.Join(h.smtp.Close(), h.imap.Close())
		// A server that is closed before it has begun to serve does not know its listener yet.
		for _, l := range []net.Listener{h.smtpListen, h.imapListen} {
			if err := l.Close(); !errors.Is(err, net.ErrClosed) {
				h.closed = errors.Join(h.closed, err)
			}
		}
		h.serving.Wait()
	})
	return h.closed
}

// Users are the addresses with a mailbox, sorted.
func (h *MailHost) Users() []string {
	var all []string
	for address := range h.boxes {
		all = append(all, address)
	}
	slices.Sort(all)
	return all
}

// Inbox is what an address has received and not removed, newest first. It is nil for an address without a mailbox.
func (h *MailHost) Inbox(address string) []StoredMail {
	box := h.boxes[strings.ToLower(address)]
	if box == nil {
		return nil
	}
	return box.list()
}

// Deliver hands in a message as the person from, who needs no password here: the caller speaks for the sample people.
// Each recipient gets a copy of its own. The error names a recipient who has no mailbox; then nothing was delivered.
func (h *MailHost) Deliver(from string, to []string, raw []byte) error {
	sender, err := cleanAddress(from)
	if err != nil {
		return err
	}
	e := envelope{from: from, helo: "mail-program." + h.domain, user: sender, received: time.Now()}
	for _, t := range to {
		box, err := h.mailboxFor(t)
		if err != nil {
			return err
		}
		e.to = append(e.to, recipient{address: t, box: box})
	}
	return h.accept(e, raw)
}

// mailboxFor finds whose mailbox a recipient address names. What follows a plus belongs to the person before it, in the
// manner of RFC 5233.
func (h *MailHost) mailboxFor(address string) (*mailbox, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return nil, fmt.Errorf("%q is not a mail address", address)
	}
	local, domain := strings.ToLower(address[:at]), strings.ToLower(address[at+1:])
	local, _, _ = strings.Cut(local, "+")
	if box := h.boxes[local+"@"+domain]; box != nil {
		return box, nil
	}
	if domain == h.domain {
		return nil, fmt.Errorf("no mailbox %s@%s on this sample host", local, domain)
	}
	return nil, fmt.Errorf("this sample host sends no mail to other domains (%s)", domain)
}

// signIn returns the address of the mailbox whose owner signs in, "" where name or password are wrong.
func (h *MailHost) signIn(name, password string) string {
	name = strings.ToLower(name)
	if !strings.Contains(name, "@") {
		name += "@" + h.domain
	}
	right := subtle.ConstantTimeCompare([]byte(password), []byte(h.password)) == 1
	if !right || h.boxes[name] == nil {
		return ""
	}
	return name
}

// cleanAddress takes only addresses that are safe as a file name and in a header line.
func cleanAddress(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	local, domain, ok := strings.Cut(s, "@")
	bad := func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}
	if !ok || local == "" || domain == "" || local[0] == '.' || strings.ContainsFunc(local, bad) || strings.ContainsFunc(domain, bad) {
		return "", fmt.Errorf("%q cannot be a sample person's address", s)
	}
	return s, nil
}

// Ports are the host:port addresses of a host's servers.
type Ports struct {
	SMTP string `json:"smtp"`
	IMAP string `json:"imap"`
}

// ReadPorts tells another process where the mail host of dir listens, or did last.
func ReadPorts(dir string) (Ports, error) {
	var p Ports
	b, err := os.ReadFile(filepath.Join(dir, "mail", "ports.json"))
	if err != nil {
		return p, fmt.Errorf("ports of the sample mail host: %w", err)
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, fmt.Errorf("ports of the sample mail host: %w", err)
	}
	return p, nil
}

func writePorts(dir string, p Ports) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "mail"), 0o700); err != nil {
		return err
	}
	return writeDurably(filepath.Join(dir, "mail", "ports.json"), append(b, '\n'), time.Now())
}

func mailDir(dir, address string) string { return filepath.Join(dir, "mail", address) }

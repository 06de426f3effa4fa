package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// letter is a mail that a test writes.
type letter struct {
	from, name, to, subject, text string
	id                            string // made where empty
	inReplyTo                     string
	files                         []file
	verified                      bool // mx.city.test says that the sender's domain is genuine
}

type file struct {
	name    string
	content []byte
}

func newFile(name string, size int) file {
	content := make([]byte, size)
	rand.Read(content)
	return file{name, content}
}

func (l *letter) bytes() []byte {
	var b bytes.Buffer
	if l.id == "" {
		l.id = rand.Text() + "@client.test"
	}
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	date := time.Now().Format(time.RFC1123Z)
	if l.verified {
		header("Authentication-Results", "mx.city.test; dmarc=pass header.from="+domainOf(l.from))
		header("Received", "from client.test by mx.city.test; "+date)
	}
	header("From", l.name+" <"+l.from+">")
	header("To", l.to)
	header("Subject", l.subject)
	header("Date", date)
	header("Message-ID", "<"+l.id+">")
	if l.inReplyTo != "" {
		header("In-Reply-To", l.inReplyTo)
		header("References", l.inReplyTo)
	}
	header("MIME-Version", "1.0")
	text := func() {
		b.WriteString("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
		b.WriteString(strings.ReplaceAll(l.text, "\n", "\r\n") + "\r\n")
	}
	if len(l.files) == 0 {
		text()
		return b.Bytes()
	}
	const boundary = "a-boundary-of-these-tests"
	header("Content-Type", `multipart/mixed; boundary="`+boundary+`"`)
	b.WriteString("\r\n--" + boundary + "\r\n")
	text()
	for _, f := range l.files {
		fmt.Fprintf(&b, "--%s\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n", boundary, f.name)
		for rest := base64.StdEncoding.EncodeToString(f.content); rest != ""; {
			n := min(76, len(rest))
			b.WriteString(rest[:n] + "\r\n")
			rest = rest[n:]
		}
	}
	b.WriteString("--" + boundary + "--\r\n")
	return b.Bytes()
}

func domainOf(address string) string { return address[strings.LastIndex(address, "@")+1:] }

// submit hands a letter to Postfix: as the person it is from, or as another mail server where that is no person here.
func submit(t testing.TB, p *mailhost.Postfix, l letter) {
	t.Helper()
	user, domain, _ := strings.Cut(l.from, "@")
	port := p.SMTPPort
	if domain != mailhost.Domain {
		port = p.MXPort
	}
	c, err := smtp.Dial(net.JoinHostPort(p.Host, strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if domain == mailhost.Domain {
		if err := c.Auth(sasl.NewPlainClient("", user, password(user))); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SendMail(l.from, []string{l.to}, bytes.NewReader(l.bytes())); err != nil {
		t.Fatal(err)
	}
}

// received is a mail as its recipient's mail program shows it.
type received struct {
	to, id, subject, replyTo, reason, auto string
	text, html                             string
	files                                  []file
	raw                                    string
}

// event and role are what the reason header says.
func (r received) event() string { return reasonPart(r.reason, "event=") }
func (r received) role() string  { return reasonPart(r.reason, "role=") }

func reasonPart(reason, name string) string {
	for part := range strings.SplitSeq(reason, ";") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(part), name); ok {
			return value
		}
	}
	return ""
}

func readMail(t testing.TB, raw []byte) received {
	t.Helper()
	m, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	r := received{raw: string(raw), id: m.Header.Get("Message-Id"), reason: m.Header.Get("X-Postdesk-Reason"), auto: m.Header.Get("Auto-Submitted")}
	if r.subject, err = m.Header.Subject(); err != nil {
		t.Fatal(err)
	}
	address := func(name string) string {
		if list, err := m.Header.AddressList(name); err == nil && len(list) == 1 {
			return list[0].Address
		}
		return ""
	}
	r.to, r.replyTo = address("To"), address("Reply-To")
	for {
		part, err := m.NextPart()
		if err == io.EOF {
			return r
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch h := part.Header.(type) {
		case *mail.InlineHeader:
			if kind, _, _ := h.ContentType(); kind == "text/html" {
				r.html = string(content)
			} else {
				r.text = strings.ReplaceAll(string(content), "\r\n", "\n")
			}
		case *mail.AttachmentHeader:
			name, err := h.Filename()
			if err != nil {
				t.Fatal(err)
			}
			r.files = append(r.files, file{name, content})
		}
	}
}

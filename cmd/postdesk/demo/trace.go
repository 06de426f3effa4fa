package demo

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// envelope is what SMTP says about a message, beside the message.
type envelope struct {
	from     string // return path, "" = null
	to       []recipient
	helo     string
	user     string // address of the person who signed in, "" = nobody
	received time.Time
}

type recipient struct {
	address string // as given, with what follows the plus
	box     *mailbox
}

// accept puts a copy into the mailbox of each recipient. It returns when all of them are on disk.
func (h *MailHost) accept(e envelope, raw []byte) error {
	raw = withoutForgeries(canonical(raw), h.authservID())
	for _, r := range e.to {
		stamped := append(h.trace(e, r, raw), raw...)
		if _, err := r.box.add(stamped, e.received); err != nil {
			return err
		}
	}
	return nil
}

// authservID names this host in the results it writes (RFC 8601, section 2.5).
func (h *MailHost) authservID() string { return "mx." + h.domain }

// trace is what the host writes on top of a message: the final delivery's fields (RFC 5321, section 4.4), and the result
// of authentication above the Received field of the border it was found at (RFC 8601, section 4.1).
func (h *MailHost) trace(e envelope, r recipient, raw []byte) []byte {
	var b bytes.Buffer
	protocol := "ESMTP"
	if e.user != "" {
		protocol = "ESMTPA" // RFC 3848
	}
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", printable(e.from))
	fmt.Fprintf(&b, "Delivered-To: %s\r\n", printable(r.address))
	fmt.Fprintf(&b, "Authentication-Results: %s; %s\r\n", h.authservID(), h.verdict(e.user, raw))
	fmt.Fprintf(&b, "Received: from %s ([127.0.0.1])\r\n\tby %s with %s id %s\r\n\tfor <%s>; %s\r\n",
		printable(e.helo), h.authservID(), protocol, rand.Text()[:12], printable(r.address), e.received.Format(time.RFC1123Z))
	return b.Bytes()
}

// verdict stands for the DMARC check of a real border: whoever signed in as the From address has shown what an aligned
// signature shows. All other mail has no evidence, neither for nor against.
func (h *MailHost) verdict(user string, raw []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || len(m.Header["From"]) != 1 {
		return "dmarc=none"
	}
	from, err := m.Header.AddressList("From")
	if err != nil || len(from) != 1 {
		return "dmarc=none"
	}
	address, err := cleanAddress(from[0].Address)
	if err != nil {
		return "dmarc=none"
	}
	_, domain, _ := strings.Cut(address, "@")
	result := "none"
	if user == address {
		result = "pass"
	}
	return "dmarc=" + result + " header.from=" + domain
}

// canonical gives every line the ending CR LF, so that no reader can see lines where another sees none.
func canonical(raw []byte) []byte {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
}

// withoutForgeries removes the results that claim to be ours (RFC 8601, section 5) and return paths that only the final
// delivery may write (RFC 5321, section 4.4). raw is canonical.
func withoutForgeries(raw []byte, id string) []byte {
	head, body, whole := bytes.Cut(raw, []byte("\r\n\r\n"))
	var kept, field []byte
	flush := func() {
		if !forged(string(field), id) {
			kept = append(kept, field...)
		}
		field = nil
	}
	for line := range bytes.Lines(head) {
		if line[0] != ' ' && line[0] != '\t' {
			flush()
		}
		field = append(field, line...)
	}
	flush()
	if !whole {
		return kept
	}
	kept = bytes.TrimSuffix(kept, []byte("\r\n"))
	if len(kept) > 0 {
		kept = append(kept, "\r\n"...)
	}
	return append(append(kept, "\r\n"...), body...)
}

// forged looks for the name anywhere in the field, so that comments and quoting before it hide nothing. It removes a
// little more than needed, which the standard allows.
func forged(field, id string) bool {
	name, value, _ := strings.Cut(field, ":")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "return-path":
		return true
	case "authentication-results":
		plain := strings.NewReplacer("\r\n", "", "\\", "").Replace(value)
		return strings.Contains(strings.ToLower(plain), id)
	}
	return false
}

// printable keeps what a client says from starting a header line of its own.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("<>()", r) {
			return -1
		}
		return r
	}, s)
}

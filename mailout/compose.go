package mailout

// A letter as RFC 5322 and MIME bytes, by the standard library's writers and not
// go-mail's Msg: those are streams that take our boundaries, so that the same
// letter gives the same bytes on every run, where Msg sorts headers its own way,
// adds its own, and draws boundaries at random. It is also less code.

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// Letter is one mail to one person. Text fields (names, Subject, Reason, Loop,
// file names) take any string: what could break a header is removed. Addresses
// and ids are refused when they are not clean (FieldError).
type Letter struct {
	MessageID  string   // with or without angle brackets; fixed before the first attempt
	InReplyTo  string   // id of the message answered, may be empty
	References []string // the ticket's root first, the message answered last

	FromName, FromAddress string
	ReplyTo               string // address, may be empty
	ToName, To            string
	Subject               string
	Text, HTML            string // HTML may be empty
	Date                  time.Time

	AutoSubmitted   string // "" for a person's reply, "auto-replied" or "auto-generated" (RFC 3834)
	Reason          string // X-Postdesk-Reason
	Loop            string // X-Postdesk-Loop
	ThreadIndex     string // Thread-Index, see NewThreadIndex; a root without one gets it from MessageID and Date
	ListUnsubscribe string // value of List-Unsubscribe (RFC 2369), in angle brackets

	Attachments []Attachment
}

// Attachment is one file of a letter, read once for each WriteTo.
type Attachment struct {
	Name        string
	ContentType string // anything unusable becomes application/octet-stream
	Size        int64  // exact length of what Open gives; anything else fails the letter
	Open        func() (io.ReadCloser, error)
}

// FieldError tells which field of a letter cannot be written.
type FieldError struct {
	Field string
	Err   error
}

func (e *FieldError) Error() string { return "letter: " + e.Field + ": " + e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }

// WriteTo writes the message with CRLF line ends. The same letter gives the same
// bytes. Nothing is written when a field is refused; after any other error what
// was written is incomplete.
func (l Letter) WriteTo(w io.Writer) (int64, error) {
	head, err := l.header()
	if err != nil {
		return 0, err
	}
	out := &countingWriter{w: w}
	if _, err := out.Write(head); err != nil {
		return out.n, err
	}
	return out.n, l.writeBody(out)
}

// header holds everything above the MIME structure, in a fixed order.
func (l Letter) header() ([]byte, error) {
	if l.Date.IsZero() {
		return nil, &FieldError{"Date", errors.New("is missing")}
	}
	switch l.AutoSubmitted {
	case "", "auto-replied", "auto-generated":
	default:
		return nil, &FieldError{"AutoSubmitted", fmt.Errorf("unknown value %.40q", l.AutoSubmitted)}
	}
	var h headerWriter
	h.raw("Date", l.Date.Format(time.RFC1123Z))
	h.mailbox("From", l.FromName, l.FromAddress)
	h.mailbox("To", l.ToName, l.To)
	if l.ReplyTo != "" {
		h.mailbox("Reply-To", "", l.ReplyTo)
	}
	h.text("Subject", l.Subject)
	h.ids("Message-ID", []string{l.MessageID})
	if l.InReplyTo != "" {
		h.ids("In-Reply-To", []string{l.InReplyTo})
	}
	if references := l.references(); len(references) > 0 {
		h.ids("References", references)
	} else if l.ThreadIndex == "" {
		l.ThreadIndex = NewThreadIndex(l.MessageID, l.Date)
	}
	if l.ThreadIndex != "" {
		h.threadIndex(l.ThreadIndex)
	}
	if l.AutoSubmitted != "" {
		h.raw("Auto-Submitted", l.AutoSubmitted)
		h.raw("X-Auto-Response-Suppress", "All")
	}
	if l.Reason != "" {
		h.text("X-Postdesk-Reason", l.Reason)
	}
	if l.Loop != "" {
		h.text("X-Postdesk-Loop", l.Loop)
	}
	if l.ListUnsubscribe != "" {
		h.links("List-Unsubscribe", l.ListUnsubscribe)
	}
	h.raw("MIME-Version", "1.0")
	return h.b.Bytes(), h.err
}

// writeBody writes the MIME structure, starting with its own header lines:
// multipart/mixed where there are files, in it multipart/alternative where there
// is HTML, in it text/plain.
func (l Letter) writeBody(w io.Writer) error {
	if len(l.Attachments) == 0 {
		return l.writeText(w)
	}
	mixed, err := l.multipart(w, "mixed")
	if err != nil {
		return err
	}
	// writeText begins with header lines of its own, so the part is opened bare.
	if _, err := fmt.Fprintf(w, "--%s\r\n", mixed.Boundary()); err != nil {
		return err
	}
	if err := l.writeText(w); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\r\n"); err != nil {
		return err
	}
	for _, a := range l.Attachments {
		if err := a.writePart(mixed); err != nil {
			return fmt.Errorf("attachment %.80q: %w", a.Name, err)
		}
	}
	return mixed.Close()
}

// writeText writes text/plain, or multipart/alternative with the plain form first (RFC 2046 5.1.4).
func (l Letter) writeText(w io.Writer) error {
	if l.HTML == "" {
		if _, err := io.WriteString(w, "Content-Type: "+plainText+"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"); err != nil {
			return err
		}
		return writeQuotedPrintable(w, l.Text)
	}
	alternative, err := l.multipart(w, "alternative")
	if err != nil {
		return err
	}
	for _, form := range []struct{ contentType, text string }{{plainText, l.Text}, {"text/html; charset=utf-8", l.HTML}} {
		part, err := alternative.CreatePart(textproto.MIMEHeader{
			"Content-Type":              {form.contentType},
			"Content-Transfer-Encoding": {"quoted-printable"},
		})
		if err != nil {
			return err
		}
		if err := writeQuotedPrintable(part, form.text); err != nil {
			return err
		}
	}
	return alternative.Close()
}

const plainText = "text/plain; charset=utf-8"

// multipart begins a structure whose boundary comes from the Message-ID. "=_" can
// stand neither in quoted-printable nor in base64, so no content can hold it.
func (l Letter) multipart(w io.Writer, kind string) (*multipart.Writer, error) {
	sum := sha256.Sum256([]byte(kind + "\n" + bareID(l.MessageID)))
	m := multipart.NewWriter(w)
	boundary := "=_" + kind + "_" + hex.EncodeToString(sum[:12])
	if err := m.SetBoundary(boundary); err != nil {
		return nil, err
	}
	_, err := fmt.Fprintf(w, "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n\r\n", kind, boundary)
	return m, err
}

func writeQuotedPrintable(w io.Writer, text string) error {
	q := quotedprintable.NewWriter(w)
	if _, err := io.WriteString(q, strings.ToValidUTF8(text, "\uFFFD")); err != nil {
		return err
	}
	return q.Close()
}

func (a Attachment) writePart(m *multipart.Writer) error {
	part, err := m.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {safeContentType(a.ContentType)},
		"Content-Disposition":       {mime.FormatMediaType("attachment", map[string]string{"filename": fileName(a.Name)})},
		"Content-Transfer-Encoding": {"base64"},
	})
	if err != nil {
		return err
	}
	file, err := a.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	encoder := base64.NewEncoder(base64.StdEncoding, &lineBreaker{w: part})
	n, err := io.Copy(encoder, file)
	if err != nil {
		return err
	}
	if n != a.Size {
		return fmt.Errorf("has %d bytes instead of %d", n, a.Size)
	}
	return encoder.Close()
}

// safeContentType keeps type, subtype and a text's charset. message/* and
// multipart/* must not be base64 (RFC 2045 6.4), so they travel as plain files.
func safeContentType(contentType string) string {
	const unknown = "application/octet-stream"
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.Contains(kind, "/") || len(kind) > 100 ||
		strings.HasPrefix(kind, "message/") || strings.HasPrefix(kind, "multipart/") {
		return unknown
	}
	keep := map[string]string{}
	if charset := parameters["charset"]; charset != "" && len(charset) <= 40 && strings.HasPrefix(kind, "text/") {
		keep["charset"] = charset
	}
	if safe := mime.FormatMediaType(kind, keep); safe != "" {
		return safe
	}
	return unknown
}

// maxFileName is what file systems take; percent-encoded (RFC 2231) it still fits a line of 998.
const maxFileName = 255

// fileName removes folders and what no name needs, and shortens before the extension.
func fileName(name string) string {
	name = cleanText(name)
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if name == "" || name == "." || name == ".." {
		return "attachment"
	}
	extension := path.Ext(name)
	if len(extension) > 20 {
		extension = ""
	}
	stem := strings.TrimSuffix(name, extension)
	for len(stem)+len(extension) > maxFileName {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return stem + extension
}

// lineBreaker breaks base64 into lines of 76 (RFC 2045 6.8).
type lineBreaker struct {
	w    io.Writer
	used int
}

func (b *lineBreaker) Write(p []byte) (int, error) {
	const width = 76
	var lines bytes.Buffer
	for rest := p; len(rest) > 0; {
		if b.used == width {
			lines.WriteString("\r\n")
			b.used = 0
		}
		n := min(width-b.used, len(rest))
		lines.Write(rest[:n])
		b.used += n
		rest = rest[n:]
	}
	if _, err := b.w.Write(lines.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

package demo

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
)

// NewMail is what a person fills in to write a mail.
type NewMail struct {
	From    string // "Name <address>" or an address
	To      string // one or several, with commas; where empty, a reply goes to who wants it
	Cc      string
	Subject string // where empty, a reply takes the answered one
	Text    string
	Attach  []string // paths of files
	Files   []File   // files at hand
	// InReplyTo is the message that is answered; it is quoted below the text. Nil: a new mail.
	InReplyTo *StoredMail
	Language  string    // of the writer's mail program: es, else English
	Date      time.Time // zero: now
}

// Compose writes the message as usual mail programs do. Recipients tells for whom it then has to be handed in.
func Compose(m NewMail) ([]byte, error) {
	answered := letter{}
	if m.InReplyTo != nil {
		answered = readLetter(m.InReplyTo.Raw, true)
		if m.To == "" {
			// RFC 5322, section 3.6.3: Reply-To says where answers go.
			if m.To = answered.ReplyTo; m.To == "" {
				m.To = answered.From
			}
		}
		if m.Subject == "" {
			m.Subject = replySubject(answered.Subject)
		}
	}
	if m.Date.IsZero() {
		m.Date = time.Now()
	}
	h, err := m.header(answered)
	if err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	text := strings.ReplaceAll(m.Text, "\r\n", "\n")
	if m.InReplyTo != nil {
		text = strings.TrimRight(text, "\n") + "\n\n" + quote(answered, m.InReplyTo.Received, m.Language)
	}
	files, err := m.files()
	if err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	var b bytes.Buffer
	if err := writeParts(&b, h, text, files); err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	return b.Bytes(), nil
}

// Recipients are the addresses in a message's To and Cc.
func Recipients(raw []byte) ([]string, error) {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("recipients: %w", err)
	}
	var all []string
	for _, name := range []string{"To", "Cc"} {
		list, err := m.Header.AddressList(name)
		if err != nil && !errors.Is(err, netmail.ErrHeaderNotPresent) {
			return nil, fmt.Errorf("recipients: %w", err)
		}
		for _, a := range list {
			all = append(all, a.Address)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("the mail has no recipient")
	}
	return all, nil
}

func (m NewMail) header(answered letter) (mail.Header, error) {
	var h mail.Header
	from, err := mail.ParseAddress(m.From)
	if err != nil {
		return h, fmt.Errorf("sender %q: %w", m.From, err)
	}
	to, err := mail.ParseAddressList(m.To)
	if err != nil {
		return h, fmt.Errorf("recipient %q: %w", m.To, err)
	}
	h.SetDate(m.Date)
	h.SetAddressList("From", []*mail.Address{from})
	h.SetAddressList("To", to)
	if m.Cc != "" {
		cc, err := mail.ParseAddressList(m.Cc)
		if err != nil {
			return h, fmt.Errorf("copy to %q: %w", m.Cc, err)
		}
		h.SetAddressList("Cc", cc)
	}
	h.SetSubject(strings.Join(strings.Fields(m.Subject), " "))
	_, domain, _ := strings.Cut(from.Address, "@")
	h.SetMessageID(rand.Text() + "@" + domain)
	if answered.MessageID != "" {
		h.Set("In-Reply-To", answered.MessageID)
		h.Set("References", strings.Join(append(answered.References, answered.MessageID), " "))
	}
	h.Set("Mime-Version", "1.0")
	h.Set("User-Agent", "Postdesk sample mail program")
	return h, nil
}

func (m NewMail) files() ([]File, error) {
	var files []File
	for _, path := range m.Attach {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: filepath.Base(path), Data: data})
	}
	return append(files, m.Files...), nil
}

// writeParts writes one text part, or a multipart/mixed message where there are attachments.
func writeParts(w io.Writer, h mail.Header, text string, files []File) error {
	const kind, coding = "text/plain; charset=utf-8", "quoted-printable"
	if len(files) == 0 {
		h.Set("Content-Type", kind)
		h.Set("Content-Transfer-Encoding", coding)
		part, err := message.CreateWriter(w, h.Header)
		if err != nil {
			return err
		}
		return writeAll(part, []byte(text))
	}
	h.SetContentType("multipart/mixed", map[string]string{"boundary": "part-" + rand.Text()})
	mixed, err := message.CreateWriter(w, h.Header)
	if err != nil {
		return err
	}
	var th message.Header
	th.Set("Content-Type", kind)
	th.Set("Content-Transfer-Encoding", coding)
	part, err := mixed.CreatePart(th)
	if err != nil {
		return err
	}
	if err := writeAll(part, []byte(text)); err != nil {
		return err
	}
	for _, f := range files {
		if part, err = mixed.CreatePart(fileHeader(f)); err != nil {
			return err
		}
		if err := writeAll(part, f.Data); err != nil {
			return err
		}
	}
	return mixed.Close()
}

func fileHeader(f File) message.Header {
	kind := f.Type
	if kind == "" {
		if kind = mime.TypeByExtension(filepath.Ext(f.Name)); kind == "" {
			kind = http.DetectContentType(f.Data)
		}
	}
	var h message.Header
	h.Set("Content-Type", kind)
	h.SetContentDisposition("attachment", map[string]string{"filename": baseName(f.Name)}) // RFC 2231 where not ASCII
	h.Set("Content-Transfer-Encoding", "base64")
	return h
}

func writeAll(w *message.Writer, data []byte) error {
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

// replySubject adds one Re, however many answers came before.
func replySubject(s string) string {
	if len(s) >= 3 && strings.EqualFold(s[:3], "re:") {
		return s
	}
	return "Re: " + s
}

// quote is the answered message with marks, below a line that says whose it is, in the writer's language.
func quote(l letter, received time.Time, language string) string {
	when := l.Date
	if when.IsZero() {
		when = received
	}
	var b strings.Builder
	if language == "es" {
		days := []string{"dom", "lun", "mar", "mié", "jue", "vie", "sáb"}
		months := []string{"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"}
		fmt.Fprintf(&b, "El %s, %d %s %d a las %s, %s escribió:\n", days[when.Weekday()], when.Day(), months[when.Month()-1],
			when.Year(), when.Format("15:04"), l.From)
	} else {
		fmt.Fprintf(&b, "On %s, %s wrote:\n", when.Format("Mon, Jan 2, 2006 at 3:04 PM"), l.From)
	}
	b.WriteString("\n")
	for line := range strings.Lines(strings.TrimRight(l.plain(), "\n")) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, ">"):
			b.WriteString(">" + line + "\n")
		default:
			b.WriteString("> " + line + "\n")
		}
	}
	return b.String()
}

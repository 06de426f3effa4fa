package demo

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/charset"
	"golang.org/x/net/html"
)

// letter is a message as a mail program shows it.
type letter struct {
	Subject, From, To, Cc, ReplyTo string
	Date                           time.Time
	MessageID                      string
	References                     []string
	Text                           string // of the text part, "" where there is only HTML
	HTML                           string // of the HTML part
	Files                          []File
	Why                            string // for which role and event the desk wrote
}

// File is an attachment, or a picture that the HTML refers to by its content id.
type File struct {
	Name      string
	Type      string
	ContentID string
	Data      []byte
}

var words = mime.WordDecoder{CharsetReader: charset.Reader}

// decode reads encoded words (RFC 2047); what cannot be read is shown as it stands.
func decode(s string) string {
	if d, err := words.DecodeHeader(s); err == nil {
		return d
	}
	return s
}

// newStored reads the two fields that lists show.
func newStored(n uint32, raw []byte, received time.Time) StoredMail {
	l := readLetter(raw, false)
	return StoredMail{Number: n, Raw: raw, Received: received, Subject: l.Subject, From: l.From}
}

// readLetter is forgiving, as mail programs are: of a broken message it returns what could be read.
func readLetter(raw []byte, bodies bool) letter {
	var l letter
	e, err := message.Read(bytes.NewReader(raw))
	if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		l.Text = string(raw)
		return l
	}
	get := func(name string) string { return decode(strings.TrimSpace(e.Header.Get(name))) }
	l.Subject, l.From, l.To, l.Cc, l.ReplyTo = get("Subject"), get("From"), get("To"), get("Cc"), get("Reply-To")
	l.MessageID = strings.TrimSpace(e.Header.Get("Message-Id"))
	l.References = strings.Fields(e.Header.Get("References"))
	l.Why = reason(get("X-Postdesk-Reason"))
	if d, err := mail.ParseDate(e.Header.Get("Date")); err == nil {
		l.Date = d
	}
	if bodies {
		l.collect(e, 0)
	}
	return l
}

// reason shortens "role=reader; event=resolved; service=IT" to the values.
func reason(field string) string {
	var values []string
	for pair := range strings.SplitSeq(field, ";") {
		name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok {
			value = name
		}
		if value != "" {
			values = append(values, strings.ReplaceAll(value, "_", " "))
		}
	}
	return strings.Join(values, " · ")
}

// collect walks the parts. The first text and the first HTML part that are not attachments are the message.
func (l *letter) collect(e *message.Entity, depth int) {
	if mr := e.MultipartReader(); mr != nil && depth < 20 {
		for {
			p, err := mr.NextPart()
			if p == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
				return // io.EOF, or a part that cannot be read: the rest has no known beginning
			}
			l.collect(p, depth+1)
		}
	}
	kind, params, _ := e.Header.ContentType()
	disposition, dparams, _ := e.Header.ContentDisposition()
	data, err := io.ReadAll(io.LimitReader(e.Body, maxMessage))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && len(data) == 0 {
		return
	}
	name := decode(dparams["filename"])
	if name == "" {
		name = decode(params["name"])
	}
	shown := disposition != "attachment" && name == ""
	switch {
	case shown && kind == "text/plain" && l.Text == "":
		l.Text = strings.ReplaceAll(string(data), "\r\n", "\n")
	case shown && kind == "text/html" && l.HTML == "":
		l.HTML = string(data)
	default:
		if name == "" {
			name = strings.ReplaceAll(kind, "/", ".")
		}
		l.Files = append(l.Files, File{Name: baseName(name), Type: kind, Data: data,
			ContentID: strings.Trim(strings.TrimSpace(e.Header.Get("Content-Id")), "<>")})
	}
}

// baseName takes the directories off a name that a stranger chose.
func baseName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if strings.Trim(name, ". ") == "" {
		return "file"
	}
	return name
}

// plain is the message as text: for quoting it.
func (l letter) plain() string {
	if l.Text != "" || l.HTML == "" {
		return l.Text
	}
	return textOf(l.HTML)
}

// textOf writes out an HTML text roughly, one block a line.
func textOf(source string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(source))
	hidden := ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			lines := strings.Split(b.String(), "\n")
			for i := range lines {
				lines[i] = strings.Join(strings.Fields(lines[i]), " ")
			}
			text := strings.Join(lines, "\n")
			for strings.Contains(text, "\n\n\n") {
				text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
			}
			return strings.TrimSpace(text)
		case html.TextToken:
			if hidden == "" {
				b.WriteString(strings.ReplaceAll(string(z.Text()), "\n", " "))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch tag := string(name); tag {
			case "style", "script", "title":
				hidden = tag
			case "br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote", "table":
				b.WriteByte('\n')
			case "td", "th":
				b.WriteByte(' ')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch tag := string(name); tag {
			case hidden:
				hidden = ""
			case "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote", "table":
				b.WriteByte('\n')
			}
		}
	}
}

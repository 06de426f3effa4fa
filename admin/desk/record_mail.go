package desk

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"golang.org/x/text/encoding/htmlindex"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/templates"
)

// originalPage is the mail that a record came by: its headers in plain words, and its source as text.
type originalPage struct {
	web.Frame
	helpdesk.Original
	Number  core.Number
	Headers []mailHeader
	Source  string
	Cut     bool // the source goes on
	Base    string
	Back    string
}

type mailHeader struct{ Name, Value string }

const (
	sourceBytes = 64 << 10 // how much of the source the page has; all of it is one link away
	headerLimit = 2_000    // how many characters of one header it shows
)

// shownHeaders are those that say where a mail comes from and belongs to; all of them stand in the source.
var shownHeaders = []string{"From", "Sender", "Reply-To", "To", "Cc", "Date", "Subject", "Message-ID", "In-Reply-To", "Auto-Submitted", "List-Id"}

// openOriginal opens the mail of the address. That it was read is noted: it says more than the ticket does.
func (v *visit) openOriginal() (core.Number, helpdesk.Original, io.ReadCloser, error) {
	n, err := v.number()
	if err != nil {
		return 0, helpdesk.Original{}, nil, err
	}
	original, raw, err := v.Helpdesk.OpenOriginal(v.r.Context(), v.me, n, chi.URLParam(v.r, "id"))
	if err == nil {
		v.Log.InfoContext(v.r.Context(), "original mail read", "ticket", n, "record", original.Record.ID, "person", v.me.ID)
	}
	return n, original, raw, err
}

// showOriginal shows the beginning of the mail as it came.
func showOriginal(v *visit) error {
	n, original, raw, err := v.openOriginal()
	if err != nil {
		return err
	}
	defer raw.Close()
	source, err := io.ReadAll(io.LimitReader(raw, sourceBytes))
	if err != nil {
		return fmt.Errorf("original mail: %w", err)
	}
	p := originalPage{Original: original, Number: n, Headers: headersOf(source), Cut: int64(len(source)) < original.Bytes,
		Base: ticketPath(n) + "/records/" + original.Record.ID + "/mail", Back: ticketPath(n) + "#r-" + original.Record.ID}
	p.Source = templates.Plain(string(source))
	p.Frame = v.frame(v.printer.T("desk.original.title"), p.Base)
	return v.pages.Render(v.w, http.StatusOK, "original", p)
}

// sourceOfOriginal streams the whole mail as text.
func sourceOfOriginal(v *visit) error { return v.sendOriginal("text/plain; charset=utf-8", "inline") }

// saveOriginal streams it for a mail program to open.
func saveOriginal(v *visit) error { return v.sendOriginal("application/octet-stream", "attachment") }

func (v *visit) sendOriginal(kind, disposition string) error {
	n, original, raw, err := v.openOriginal()
	if err != nil {
		return err
	}
	defer raw.Close()
	v.w.Header().Set("Content-Length", strconv.FormatInt(original.Bytes, 10))
	name := fmt.Sprintf("%d-%s.eml", n, original.Record.At.UTC().Format("20060102-150405"))
	return v.download(n, name, kind, disposition, func(w io.Writer) error {
		_, err := io.Copy(w, raw)
		return err
	})
}

// headersOf reads the headers that the page shows (RFC 5322, 2.2), whatever else is wrong with the mail.
func headersOf(source []byte) []mailHeader {
	found := map[string][]string{}
	last := ""
	for line := range strings.Lines(strings.ToValidUTF8(string(source), "\uFFFD")) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if values := found[last]; line[0] == ' ' || line[0] == '\t' { // goes on
			if len(values) > 0 {
				values[len(values)-1] += " " + strings.TrimSpace(line)
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if last = strings.ToLower(strings.TrimSpace(name)); ok {
			found[last] = append(found[last], strings.TrimSpace(value))
		}
	}
	words := mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return e.NewDecoder().Reader(in), nil
	}}
	var shown []mailHeader
	for _, name := range shownHeaders {
		for _, value := range found[strings.ToLower(name)] {
			if decoded, err := words.DecodeHeader(value); err == nil {
				value = decoded
			}
			value = strings.ReplaceAll(templates.Plain(value), "\n", " ")
			if runes := []rune(value); len(runes) > headerLimit {
				value = string(runes[:headerLimit]) + " …"
			}
			shown = append(shown, mailHeader{name, value})
		}
	}
	return shown
}

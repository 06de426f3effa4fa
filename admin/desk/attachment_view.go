package desk

import (
	"bytes"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/templates"
)

// How much of a text is previewed.
const (
	viewLines = 200
	viewBytes = 256 << 10
	viewLine  = 2_000 // characters of one line
)

// viewer is a file looked at, between the ticket's others.
type viewer struct {
	web.Frame
	File     file
	Show     string // picture, pdf, text, or "" = it cannot be shown
	Text     string
	Cut      bool  // the text goes on
	Prev     *file // nil = it is the first one
	Next     *file
	At, Of   int
	Back     string // where it stands in the ticket
	Subject  string
	Download string // address of all files together; "" = there is one only
}

// viewAttachment shows a file, or says why it cannot be shown. Text is shown as text whatever it says it is: a page or
// drawing that somebody sent is never run.
func viewAttachment(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	view, records, err := v.Helpdesk.Log(v.r.Context(), v.me, n)
	if err != nil {
		return err
	}
	p := viewer{Subject: view.Subject}
	if !p.find(view.Number, records, chi.URLParam(v.r, "id")) {
		return core.Refuse(core.NotFound, "error.not_found")
	}
	f, err := v.openFile(view.Number, p.File.ID)
	if err != nil {
		return err
	}
	defer f.Close()
	switch {
	case shownInline(f.ContentType) && f.is(f.ContentType):
		p.Show = "picture"
	case f.is(pdfKind):
		p.Show = "pdf"
	default:
		if p.Text, p.Cut, err = beginning(f.content, f.Size); err != nil {
			return err
		}
		if p.Text != "" || f.Size == 0 {
			p.Show = "text"
		}
	}
	p.Frame = v.frame(f.Name, p.File.View)
	p.Part = web.Wants(v.r, "viewer")
	if p.Part {
		return v.pages.RenderPart(v.w, http.StatusOK, "attachment", "viewer", p)
	}
	return v.pages.Render(v.w, http.StatusOK, "attachment", p)
}

// find looks the file up among those of the ticket, in the order of the log.
func (p *viewer) find(n core.Number, records []core.RecordView, id string) bool {
	var all []file
	for _, r := range records {
		for _, f := range filesOf(n, r) {
			if f.ID == id {
				p.Back = ticketPath(n) + "#r-" + r.ID
			}
			if !f.Removed {
				f.View = viewOf(f) // the way on leads over what is for saving only
				all = append(all, f)
			}
		}
	}
	at := slices.IndexFunc(all, func(f file) bool { return f.ID == id })
	if at < 0 {
		return false
	}
	p.File, p.At, p.Of = all[at], at+1, len(all)
	if at > 0 {
		p.Prev = &all[at-1]
	}
	if at+1 < len(all) {
		p.Next = &all[at+1]
	}
	if len(all) > 1 {
		p.Download = ticketPath(n) + "/attachments.zip"
	}
	return true
}

// beginning reads the first lines of a file as text; "" where it is none. cut tells that it goes on.
func beginning(r io.Reader, size int64) (text string, cut bool, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, viewBytes))
	if err != nil {
		return "", false, err
	}
	cut = int64(len(raw)) < size
	if text = decoded(raw); text == "" {
		return "", false, nil
	}
	lines := strings.SplitAfterN(templates.Plain(text), "\n", viewLines+1)
	if len(lines) > viewLines {
		cut = cut || lines[viewLines] != ""
		lines = lines[:viewLines]
	}
	for i, line := range lines {
		if runes := []rune(line); len(runes) > viewLine {
			lines[i] = string(runes[:viewLine]) + " …\n"
		}
	}
	return strings.Join(lines, ""), cut, nil
}

// decoded is what bytes say: UTF-8; UTF-16 where they begin so, as logs of Windows do; else, where they have no NUL,
// Windows-1252. "" = they are no text.
func decoded(raw []byte) string {
	var from encoding.Encoding = charmap.Windows1252
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}), bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case bytes.IndexByte(raw, 0) >= 0 || strings.HasPrefix(http.DetectContentType(raw), "application/"):
		return ""
	case isUTF8(raw):
		return strings.TrimPrefix(strings.ToValidUTF8(string(raw), ""), "\ufeff")
	}
	text, err := from.NewDecoder().Bytes(raw)
	if err != nil {
		return ""
	}
	return string(text)
}

// isUTF8 tells whether bytes are UTF-8, of which the last character may be cut.
func isUTF8(raw []byte) bool {
	for i := range min(utf8.UTFMax, len(raw)+1) {
		if utf8.Valid(raw[:len(raw)-i]) {
			return true
		}
	}
	return false
}

// textKinds are names' ends of files that are text, whatever they are sent as.
var textKinds = []string{".bat", ".cfg", ".conf", ".csv", ".eml", ".htm", ".html", ".ics", ".ini", ".json", ".log", ".md", ".ps1", ".reg",
	".sh", ".sql", ".svg", ".toml", ".txt", ".vcf", ".xml", ".yaml", ".yml"}

// filesOf are the files of a record, pictures first.
func filesOf(n core.Number, r core.RecordView) []file {
	files := make([]file, 0, len(r.Attachments))
	for _, a := range r.Attachments {
		files = append(files, fileOf(n, a))
	}
	slices.SortStableFunc(files, func(a, b file) int {
		switch {
		case a.Image == b.Image:
			return 0
		case a.Image:
			return -1
		}
		return 1
	})
	return files
}

// fileOf tells how a file is offered, by what its sender says it is: the viewer looks at what it is.
func fileOf(n core.Number, a core.AttachmentView) file {
	f := file{AttachmentView: a, Href: ticketPath(n) + "/attachments/" + a.ID}
	kind, _, _ := strings.Cut(a.ContentType, "/")
	switch {
	case shownInline(a.ContentType):
		f.Kind, f.Image = "picture", a.Size <= previewLimit && !a.Removed
	case a.ContentType == pdfKind:
		f.Kind = "pdf"
	case kind == "text" || a.ContentType == "message/rfc822" || a.ContentType == "application/json" || slices.Contains(textKinds, strings.ToLower(path.Ext(a.Name))):
		f.Kind = "text"
	default:
		return f
	}
	f.View = viewOf(f)
	return f
}

func viewOf(f file) string { return f.Href + "/view" }

package mailout

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
)

func letter() Letter {
	return Letter{
		MessageID: "<t1042.7@city.test>", InReplyTo: "<reply@vendor.test>",
		References: []string{"<root@city.test>", "<reply@vendor.test>"},
		FromName:   "Sol Vega (IT)", FromAddress: "it@city.test", ReplyTo: "it+abc@city.test",
		ToName: "Ana Ruiz", To: "ana@city.test",
		Subject: "[IT #1042] The printer says “no”", Text: "Hello Ana,\n\nit prints again.\n", HTML: "<p>Hello Ana,</p>\n<p>it prints <b>again</b>.</p>\n",
		Date:          time.Date(2026, 11, 20, 9, 30, 0, 0, time.FixedZone("", -6*3600)),
		AutoSubmitted: "auto-generated", Reason: "role=main_solver; event=ticket_created; service=Printers", Loop: "a1b2",
		ThreadIndex: NewThreadIndex("root@city.test", time.Unix(1790000000, 0)), ListUnsubscribe: "<https://desk.city.test/n/1>, <mailto:it@city.test>",
		Attachments: []Attachment{file("page.txt", "text/plain; charset=iso-8859-1", "a\r\n.\r\n\xe9"), file("plan año.pdf", "application/pdf", strings.Repeat("%PDF", 1000))},
	}
}

func file(name, contentType, content string) Attachment {
	return Attachment{Name: name, ContentType: contentType, Size: int64(len(content)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

func render(t *testing.T, l Letter) string {
	t.Helper()
	var b bytes.Buffer
	n, err := l.WriteTo(&b)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(b.Len()) {
		t.Errorf("WriteTo counted %d of %d bytes", n, b.Len())
	}
	return b.String()
}

// leaf is one part that holds content, decoded by the standard library.
type leaf struct{ contentType, name, content string }

func leaves(t *testing.T, contentType, encoding, disposition string, body io.Reader) []leaf {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("content type %q: %v", contentType, err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		var all []leaf
		for r := multipart.NewReader(body, parameters["boundary"]); ; {
			part, err := r.NextRawPart()
			if err == io.EOF {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			h := part.Header
			all = append(all, leaves(t, h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), h.Get("Content-Disposition"), part)...)
		}
	}
	switch encoding {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	default:
		t.Fatalf("encoding %q", encoding)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	l := leaf{contentType: contentType, content: string(content)}
	if disposition != "" {
		how, parameters, err := mime.ParseMediaType(disposition)
		if err != nil || how != "attachment" {
			t.Fatalf("disposition %q: %v", disposition, err)
		}
		l.name = parameters["filename"]
	}
	return []leaf{l}
}

func parse(t *testing.T, raw string) (mail.Header, []leaf) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	return m.Header, leaves(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body)
}

// checkLines asserts what RFC 5322 2.1.1 and 2.3 ask of every line, and RFC 2047
// section 2 of every encoded word.
func checkLines(t *testing.T, raw string) {
	t.Helper()
	for line := range strings.SplitSeq(raw, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("bad line %.100q of %d bytes", line, len(line))
		}
		for word := range strings.SplitSeq(line, " ") {
			if strings.HasPrefix(word, "=?utf-8?B?") && len(word) > 75 {
				t.Fatalf("encoded word of %d bytes: %q", len(word), word)
			}
		}
	}
}

func TestLetterReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	raw := render(t, letter())
	checkLines(t, raw)
	header, parts := parse(t, raw)
	for field, want := range map[string]string{
		"Date": "Fri, 20 Nov 2026 09:30:00 -0600", "From": `"Sol Vega (IT)" <it@city.test>`, "To": `"Ana Ruiz" <ana@city.test>`,
		"Reply-To": "<it+abc@city.test>", "Message-Id": "<t1042.7@city.test>", "In-Reply-To": "<reply@vendor.test>",
		"References": "<root@city.test> <reply@vendor.test>", "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
		"X-Postdesk-Reason": "role=main_solver; event=ticket_created; service=Printers", "X-Postdesk-Loop": "a1b2",
		"Thread-Index": letter().ThreadIndex, "List-Unsubscribe": "<https://desk.city.test/n/1>, <mailto:it@city.test>", "Mime-Version": "1.0",
	} {
		if got := header[field]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	if subject := decoded(t, header.Get("Subject")); subject != letter().Subject {
		t.Errorf("subject %q", subject)
	}
	want := []leaf{
		{"text/plain; charset=utf-8", "", "Hello Ana,\r\n\r\nit prints again.\r\n"},
		{"text/html; charset=utf-8", "", "<p>Hello Ana,</p>\r\n<p>it prints <b>again</b>.</p>\r\n"},
		{"text/plain; charset=iso-8859-1", "page.txt", "a\r\n.\r\n\xe9"},
		{"application/pdf", "plan año.pdf", strings.Repeat("%PDF", 1000)},
	}
	if !slices.Equal(parts, want) {
		t.Errorf("parts %q, want %q", parts, want)
	}
}

func decoded(t *testing.T, value string) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShapeFollowsTheContent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		html  string
		files int
		want  string
	}{
		{"", 0, "text/plain"}, {"<p>x</p>", 0, "multipart/alternative"}, {"", 1, "multipart/mixed"}, {"<p>x</p>", 2, "multipart/mixed"},
	} {
		l := letter()
		l.HTML, l.Attachments = test.html, l.Attachments[:test.files]
		header, parts := parse(t, render(t, l))
		kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
		forms := 1
		if test.html != "" {
			forms = 2
		}
		if err != nil || kind != test.want || len(parts) != forms+test.files {
			t.Errorf("html %q and %d files: %s with %d parts", test.html, test.files, kind, len(parts))
		}
	}
}

func TestPersonsReplyIsNotMarkedAutomatic(t *testing.T) {
	t.Parallel()
	l := letter()
	l.AutoSubmitted = ""
	header, _ := parse(t, render(t, l))
	if header["Auto-Submitted"] != nil || header["X-Auto-Response-Suppress"] != nil {
		t.Errorf("header %q", header)
	}
	l.AutoSubmitted = "auto-replied"
	if header, _ := parse(t, render(t, l)); header.Get("Auto-Submitted") != "auto-replied" || header.Get("X-Auto-Response-Suppress") != "All" {
		t.Errorf("header %q", header)
	}
}

func TestSameLetterGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	first := render(t, letter())
	for range 20 {
		if render(t, letter()) != first {
			t.Fatal("two renderings differ")
		}
	}
	other := letter()
	other.MessageID = "<t1042.8@city.test>"
	boundary := func(raw string) string {
		_, rest, _ := strings.Cut(raw, `boundary="`)
		b, _, _ := strings.Cut(rest, `"`)
		return b
	}
	if a, b := boundary(first), boundary(render(t, other)); a == b || !strings.HasPrefix(a, "=_mixed_") {
		t.Errorf("boundaries %q and %q", a, b)
	}
	bare := letter()
	bare.MessageID, bare.InReplyTo, bare.References = "t1042.7@city.test", "reply@vendor.test", []string{"root@city.test"}
	if render(t, bare) != first {
		t.Error("ids with and without angle brackets differ")
	}
}

func TestBrokenTextIsRepaired(t *testing.T) {
	t.Parallel()
	l := letter()
	l.Text, l.HTML = "caf\xe9\n", "\xff\xfe<p>"
	if _, parts := parse(t, render(t, l)); parts[0].content != "caf\uFFFD\r\n" || parts[1].content != "\uFFFD<p>" {
		t.Errorf("parts %q", parts)
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"../../etc/passwd": "passwd", `C:\temp\a.doc`: "a.doc", "": "attachment", "..": "attachment", "a/": "attachment",
		`a"; filename="b.exe`: `a"; filename="b.exe`, "naïve 日本.txt": "naïve 日本.txt",
		strings.Repeat("日", 200) + ".pdf":             strings.Repeat("日", 83) + ".pdf",
		"a." + strings.Repeat("x", 400):               "a." + strings.Repeat("x", 253),
		"line\r\nContent-Type: text/html\r\n\r\n<b>.": "html <b>.",
	} {
		l := letter()
		l.Attachments = []Attachment{file(given, "text/html", "x")}
		raw := render(t, l)
		checkLines(t, raw)
		_, parts := parse(t, raw)
		if len(parts) != 3 || parts[2].name != want {
			t.Errorf("%.60q reads %q", given, parts)
		}
	}
}

func TestContentTypesOfFiles(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"image/png": "image/png", "": "application/octet-stream", "pdf": "application/octet-stream",
		"message/rfc822": "application/octet-stream", "multipart/mixed; boundary=x": "application/octet-stream",
		`text/csv; charset="utf-16"; name=x.csv`: "text/csv; charset=utf-16", "text/calendar; method=REPLY": "text/calendar",
		"image/png\r\nBcc: x@vendor.test": "application/octet-stream", "application/" + strings.Repeat("x", 100): "application/octet-stream",
	} {
		l := letter()
		l.Attachments = []Attachment{file("f", given, "x")}
		_, parts := parse(t, render(t, l))
		if got := parts[2].contentType; got != want {
			t.Errorf("%.60q became %q, want %q", given, got, want)
		}
	}
}

// A file that turns out shorter or longer than recorded is damaged: better no mail than that one.
func TestDamagedFileFailsTheLetter(t *testing.T) {
	t.Parallel()
	gone := errors.New("chunk is gone")
	for name, damage := range map[string]func(*Attachment){
		"short":       func(a *Attachment) { a.Size++ },
		"long":        func(a *Attachment) { a.Size-- },
		"cannot open": func(a *Attachment) { a.Open = func() (io.ReadCloser, error) { return nil, gone } },
		"cannot read": func(a *Attachment) {
			a.Open = func() (io.ReadCloser, error) {
				return io.NopCloser(io.MultiReader(strings.NewReader("x"), failingReader{gone})), nil
			}
		},
	} {
		l := letter()
		damage(&l.Attachments[0])
		_, err := l.WriteTo(io.Discard)
		if err == nil || !strings.Contains(err.Error(), "page.txt") {
			t.Errorf("%s: %v", name, err)
		}
		server := startScript(t, nil)
		c := dial(t, server.config())
		if out := c.Send(t.Context(), "", "ana@city.test", l, nothing); out.Class != Aborted {
			t.Errorf("%s: outcome %+v", name, out)
		}
		c.Close()
		server.seen(t, 0, 1)
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestWriterThatFailsFailsTheLetter(t *testing.T) {
	t.Parallel()
	full := errors.New("disk is full")
	size := len(render(t, letter()))
	for room := 0; room < size; room += 97 {
		n, err := letter().WriteTo(&narrow{room, full})
		if !errors.Is(err, full) || n != int64(room) {
			t.Fatalf("room for %d: wrote %d, %v", room, n, err)
		}
	}
}

type narrow struct {
	left int
	err  error
}

func (w *narrow) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.left -= n
	if n < len(p) {
		return n, w.err
	}
	return n, nil
}

func TestLongLinesStayInTheirLimits(t *testing.T) {
	t.Parallel()
	l := letter()
	l.Text = strings.Repeat("x", 50_000) + "\n.\n.dot\nFrom here\ntrailing space \n" + strings.Repeat("日本", 5000)
	l.HTML = strings.ReplaceAll(l.Text, "x", "<")
	raw := render(t, l)
	_, body, _ := strings.Cut(raw, "\r\n\r\n")
	for line := range strings.SplitSeq(body, "\r\n") {
		if len(line) > 78 && !strings.HasPrefix(line, "Content-") {
			t.Fatalf("line of %d: %.60q", len(line), line)
		}
	}
	_, parts := parse(t, raw)
	if parts[0].content != strings.ReplaceAll(l.Text, "\n", "\r\n") || parts[1].content != strings.ReplaceAll(l.HTML, "\n", "\r\n") {
		t.Error("text does not read back")
	}
}

func TestLetterStreamsThroughAConnection(t *testing.T) {
	t.Parallel()
	server := startScript(t, nil)
	c := dial(t, server.config())
	l := letter()
	l.Text = ".\n..\n.leading dots\n"
	if out := c.Send(t.Context(), "it+b1@city.test", l.To, l, func(context.Context) error { return nil }); out.Class != Accepted {
		t.Fatalf("outcome %+v", out)
	}
	unstuffed := strings.ReplaceAll(server.delivered[0], "\r\n..", "\r\n.")
	if unstuffed != render(t, l) {
		t.Error("the letter changed on its way")
	}
}

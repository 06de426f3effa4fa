package desk_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// onePagePDF is the smallest document that a browser shows: a page with two words.
const onePagePDF = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n" +
	"4 0 obj<</Length 44>>stream\nBT /F1 24 Tf 40 100 Td (Delivery note) Tj ET\nendstream endobj\n" +
	"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n"

// inUTF16 writes text as the logs of Windows are written.
func inUTF16(text string) string {
	b := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return string(b)
}

// A file is shown as what it is, never as what it says it is, and nothing that somebody sent becomes part of the page.
func TestFilesAreLookedAtAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	script := "<script>alert(1)</script><img src=x onerror=alert(1)>"
	cases := []struct{ name, kind, content, show, text string }{
		{"rollers.png", "image/png", picture(t), "picture", ""},
		{"note.pdf", "application/pdf", onePagePDF, "pdf", ""},
		{"lie.pdf", "application/pdf", script, "text", script},
		{"lie.png", "image/png", script, "text", script},
		{"page.html", "text/html", script, "text", script},
		{"drawing.svg", "image/svg+xml", "<svg onload=alert(1)/>", "text", "<svg onload=alert(1)/>"},
		{"windows.log", "application/octet-stream", inUTF16("Tóner vacío\r\n"), "text", "Tóner vacío"},
		{"old.txt", "text/plain", "T\xf3ner", "text", "Tóner"},
		{"cut.txt", "text/plain", strings.Repeat("é", 200_000), "text", strings.Repeat("é", 2_000) + " …"},
		{"turned.txt", "text/plain", "a\u202eb\x1b[2Jc", "text", "ab[2Jc"},
		{"tool.exe", "application/octet-stream", "MZ\x00\x01\x02", "", ""},
		{"text.txt", "text/plain", "PK\x03\x04 archive", "", ""},
		{"empty.log", "text/plain", "", "text", ""},
	}
	var files []core.Attachment
	for _, c := range cases {
		files = append(files, w.file(t, c.name, c.kind, c.content))
	}
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Files", Text: "These.", Attachments: files})
	ben := w.as(t, "ben")
	for i, a := range w.log(t, "ben", n)[0].Attachments {
		c := cases[i]
		p := ben.get(at(n) + "/attachments/" + a.ID + "/view").want(200)
		shown := map[string]bool{"picture": len(p.find(".stage img")) == 1, "pdf": len(p.find(".stage iframe")) == 1, "text": len(p.find(".stage pre")) == 1, "": len(p.find(".stage .empty")) == 1}
		for show, is := range shown {
			if is != (show == c.show) {
				t.Errorf("%s: %q is %v", c.name, show, is)
			}
		}
		if got := p.text(".stage pre"); got != c.text {
			t.Errorf("%s says %.80q", c.name, got)
		}
		if len(p.find(".stage script")) > 0 || !strings.Contains(p.header.Get("Content-Security-Policy"), "script-src 'nonce-") {
			t.Errorf("%s could run", c.name)
		}
		if !strings.Contains(text(p.one(".viewer .bar")), a.Name) || attr(p.one(".viewer a[download="+a.Name+"]"), "href") != at(n)+"/attachments/"+a.ID {
			t.Errorf("%s cannot be saved", c.name)
		}
		framed := ben.get(at(n) + "/attachments/" + a.ID + "?in=frame").want(200).header
		if inline := strings.HasPrefix(framed.Get("Content-Disposition"), "inline"); inline != (c.show == "pdf" || c.show == "picture") ||
			(framed.Get("Content-Type") == "application/pdf") != (c.show == "pdf") || !strings.HasPrefix(framed.Get("Content-Security-Policy"), "sandbox; default-src 'none'") {
			t.Errorf("%s in a frame: %v", c.name, framed)
		}
		if i > 0 && len(p.find(".turn.prev")) != 1 || i < len(cases)-1 && len(p.find(".turn.next")) != 1 {
			t.Errorf("%s leads to no other", c.name)
		}
	}
}

// A log is shown by its first lines, and says that it goes on.
func TestLongFilesAreCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Log", Text: "This.", Attachments: []core.Attachment{
		w.file(t, "a.log", "text/plain", strings.Repeat("line\n", 200)), w.file(t, "b.log", "text/plain", strings.Repeat("line\n", 201)),
		w.file(t, "c.log", "text/plain", strings.Repeat("x", 1<<20))}})
	for i, want := range []struct {
		lines int
		cut   bool
	}{{200, false}, {200, true}, {1, true}} {
		p := w.as(t, "ben").get(at(n) + "/attachments/" + w.log(t, "ben", n)[0].Attachments[i].ID + "/view").want(200)
		if got := len(strings.Fields(strings.ReplaceAll(p.text(".stage pre"), " …", ""))); got != want.lines || (len(p.find(".stage .hint")) == 1) != want.cut || len(p.body) > 100_000 {
			t.Errorf("%d: %d lines, cut %q, %d bytes", i, got, p.text(".stage .hint"), len(p.body))
		}
	}
}

// Who may not see a record sees none of its files: not to look at, not between others, not in the archive.
func TestFilesOfNotesStayWithTheTeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Files", Text: "These.", Attachments: []core.Attachment{
		w.file(t, "log.txt", "text/plain", "first"), w.file(t, "Log.txt", "text/plain", "second"), w.file(t, "big.log", "text/plain", strings.Repeat("line\n", 100_000))}})
	w.record(t, "mia", n, "Internal", false, w.file(t, "../internal.txt", "text/plain", "internal"))
	log := w.log(t, "mia", n)
	internal := log[len(log)-1]
	ben, mia := w.as(t, "ben"), w.as(t, "mia")
	ben.get(at(n) + "/attachments/" + internal.Attachments[0].ID + "/view").want(404)
	w.as(t, "eva").get(at(n) + "/attachments/" + log[0].Attachments[0].ID + "/view").want(404)
	w.as(t, "eva").get(at(n) + "/attachments.zip").want(404)
	w.browser(t).get(at(n) + "/attachments.zip").want(303)
	last := ben.get(at(n) + "/attachments/" + log[0].Attachments[2].ID + "/view").want(200)
	if len(last.find(".turn.next")) > 0 || !strings.Contains(last.text(".bar"), "3 of 3") {
		t.Errorf("ben is led on from his last file: %s", last.text(".bar"))
	}
	for who, want := range map[*browser]string{ben: "log.txt first|Log (2).txt second|big.log 500000", mia: "log.txt first|Log (2).txt second|big.log 500000|internal.txt internal"} {
		if got := unzip(t, who.get(at(n)+"/attachments.zip").want(200)); got != want {
			t.Errorf("the archive has %s, want %s", got, want)
		}
	}
	if got := unzip(t, mia.get(at(n)+"/attachments.zip?record="+internal.ID).want(200)); got != "internal.txt internal" {
		t.Errorf("one record's archive has %s", got)
	}
	ben.get(at(n) + "/attachments.zip?record=" + internal.ID).want(404)
	if shown := ben.get(at(n)); shown.text(".about") != "" || shown.text(".gal .btn") != "Save all 3 files" || attr(shown.one(".gal .btn"), "href") != at(n)+"/attachments.zip?record="+log[0].ID {
		t.Errorf("ben is offered %q and %q", shown.text(".about"), shown.text(".gal .btn"))
	}
	if shown := mia.get(at(n)); shown.text(".about .btn") != "All 4 files" || attr(shown.one(".about .btn"), "href") != at(n)+"/attachments.zip" {
		t.Errorf("mia is offered %q", shown.text(".about"))
	}
	w.exec(t, "update attachment set sha256 = null, dropped_at = now() where name = 'big.log'")
	if got := unzip(t, ben.get(at(n)+"/attachments.zip").want(200)); got != "log.txt first|Log (2).txt second" {
		t.Errorf("without what is not kept any more: %s", got)
	}
	ben.get(at(n) + "/attachments/" + log[0].Attachments[2].ID + "/view").want(404)
	w.exec(t, "update attachment set sha256 = null, dropped_at = now()")
	ben.get(at(n) + "/attachments.zip").want(404)
}

// unzip names the files of an archive with what they say, long ones by their length.
func unzip(t *testing.T, p page) string {
	t.Helper()
	if p.header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment; filename=") ||
		p.header.Get("Content-Security-Policy") != "sandbox; default-src 'none'; frame-ancestors 'self'" || p.status != http.StatusOK {
		t.Errorf("archive: %v", p.header)
	}
	archive, err := zip.NewReader(bytes.NewReader(p.body), int64(len(p.body)))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		says := string(content)
		if len(says) > 100 {
			says = strconv.Itoa(len(says))
		}
		all = append(all, f.Name+" "+says)
	}
	return strings.Join(all, "|")
}

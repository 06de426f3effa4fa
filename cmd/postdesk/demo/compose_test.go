package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// asked is a notice as the desk writes it.
var asked = newStored(7, []byte("From: \"Sol Vega (IT)\" <it@city.test>\r\nReply-To: it+t0ken@city.test\r\nTo: eva@city.test\r\n"+
	"Subject: =?utf-8?q?[IT_#7]_Impresi=C3=B3n?=\r\nMessage-ID: <b@desk.test>\r\nReferences: <a@desk.test>\r\n"+
	"Date: Mon, 02 Nov 2026 10:05:00 -0600\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n"+
	"--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nWhich printer?\r\n\r\n> It is broken\r\n"+
	"--x\r\nContent-Type: text/html\r\n\r\n<p>Which printer?</p>\r\n--x--\r\n"), time.Date(2026, 11, 2, 16, 6, 0, 0, time.UTC))

func TestReplyGoesWhereReplyToSays(t *testing.T) {
	t.Parallel()
	raw, err := Compose(NewMail{From: "Eva Ruiz <eva@city.test>", Text: "The blue one", InReplyTo: &asked})
	if err != nil {
		t.Fatal(err)
	}
	l := readLetter(raw, true)
	if l.Subject != "Re: [IT #7] Impresión" {
		t.Errorf("subject %q", l.Subject)
	}
	if to, err := Recipients(raw); err != nil || !slices.Equal(to, []string{"it+t0ken@city.test"}) {
		t.Errorf("recipients %q, %v", to, err)
	}
	if want := []string{"<a@desk.test>", "<b@desk.test>"}; !slices.Equal(l.References, want) {
		t.Errorf("references %q", l.References)
	}
	if !strings.Contains(head(raw), "\r\nIn-Reply-To: <b@desk.test>\r\n") || !strings.HasSuffix(l.MessageID, "@city.test>") {
		t.Errorf("header:\n%s", head(raw))
	}
	want := "The blue one\n\nOn Mon, Nov 2, 2026 at 10:05 AM, \"Sol Vega (IT)\" <it@city.test> wrote:\n\n> Which printer?\n>\n>> It is broken\n"
	if l.Text != want {
		t.Errorf("text\n%s\nwant\n%s", l.Text, want)
	}
}

func TestReplyInSpanishAndToAReply(t *testing.T) {
	t.Parallel()
	raw, err := Compose(NewMail{From: "eva@city.test", Text: "La azul", InReplyTo: &asked, Language: "es"})
	if err != nil {
		t.Fatal(err)
	}
	if l := readLetter(raw, true); !strings.Contains(l.Text, "\nEl lun, 2 nov 2026 a las 10:05, \"Sol Vega (IT)\" <it@city.test> escribió:\n") {
		t.Errorf("text\n%s", l.Text)
	}
	again := newStored(8, raw, time.Now())
	if raw, err = Compose(NewMail{From: "it@city.test", Text: "ok", InReplyTo: &again}); err != nil {
		t.Fatal(err)
	}
	if l := readLetter(raw, true); strings.Count(l.Subject, "Re:") != 1 || l.To != "<eva@city.test>" || len(l.References) != 3 {
		t.Errorf("second reply: %q to %q, references %q", l.Subject, l.To, l.References)
	}
}

func TestReplyQuotesAnHTMLOnlyMessage(t *testing.T) {
	t.Parallel()
	m := newStored(1, []byte("From: it@city.test\r\nMessage-ID: <a@x>\r\nContent-Type: text/html\r\n\r\n"+
		"<html><style>p{}</style><p>One &amp; two</p><table><tr><td>a<td>b</table></html>"), time.Now())
	raw, err := Compose(NewMail{From: "eva@city.test", Text: "Yes", InReplyTo: &m})
	if err != nil {
		t.Fatal(err)
	}
	if l := readLetter(raw, true); !strings.Contains(l.Text, "> One & two\n>\n> a b\n") {
		t.Errorf("text\n%s", l.Text)
	}
}

func TestAttachmentsArriveAsTheyWere(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte{0, 1, 255, '\n', '\r'}, 3000)
	path := filepath.Join(t.TempDir(), "año nuevo.png")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	text := "Grüße.\n.\n" + strings.Repeat("long line ", 200) + "\nFrom here"
	raw, err := Compose(NewMail{From: "Eva <eva@city.test>", To: "it@city.test, Ben <ben@city.test>", Cc: "vic@vendor.test",
		Subject: "Año", Text: text, Attach: []string{path}, Files: []File{{Name: "notes.txt", Data: []byte("hello")}}})
	if err != nil {
		t.Fatal(err)
	}
	h := host(t, t.TempDir())
	to, err := Recipients(raw)
	if err != nil || len(to) != 3 {
		t.Fatalf("%q, %v", to, err)
	}
	if err := Submit(h.SMTPAddr(), secret, "eva@city.test", to, raw); err != nil {
		t.Fatal(err)
	}
	l := readLetter(h.Inbox("vic@vendor.test")[0].Raw, true)
	if strings.TrimSuffix(l.Text, "\n") != text || l.Subject != "Año" {
		t.Errorf("subject %q, text %q", l.Subject, l.Text)
	}
	if len(l.Files) != 2 || l.Files[0].Name != "año nuevo.png" || !bytes.Equal(l.Files[0].Data, data) || l.Files[0].Type != "image/png" {
		t.Errorf("%d files, first %q of type %q with %d bytes", len(l.Files), l.Files[0].Name, l.Files[0].Type, len(l.Files[0].Data))
	}
	for line := range strings.Lines(string(raw)) {
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes exceeds RFC 5322", len(line))
		}
	}
}

func TestFieldsCannotBreakOutOfTheHeader(t *testing.T) {
	t.Parallel()
	raw, err := Compose(NewMail{From: "eva@city.test", To: "it@city.test", Subject: "x\r\nBcc: all@city.test", Text: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(head(raw), "\nBcc:") {
		t.Errorf("header:\n%s", head(raw))
	}
	for _, m := range []NewMail{
		{From: "nobody", To: "it@city.test"},
		{From: "eva@city.test", To: "it@city.test\r\nBcc: x@city.test"},
		{From: "eva@city.test"},
		{From: "eva@city.test", To: "it@city.test", Attach: []string{"/does/not/exist"}},
	} {
		if raw, err := Compose(m); err == nil {
			t.Errorf("%+v gives\n%s", m, raw)
		}
	}
}

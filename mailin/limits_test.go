package mailin

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hostile are messages made to use up time or memory.
func hostile() map[string]string {
	var nestedMultiparts, nestedMessages, manyParts, manyHeaders strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&nestedMultiparts, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	nestedMultiparts.WriteString("\ndeep text\n")
	for range 5000 {
		nestedMessages.WriteString("Content-Type: message/rfc822\n\n")
	}
	manyParts.WriteString("Subject: parts\nContent-Type: multipart/mixed; boundary=b\n\n")
	for i := range 100_000 {
		fmt.Fprintf(&manyParts, "--b\nContent-Type: application/x-%d\n\nx\n", i)
	}
	manyHeaders.WriteString("Subject: fields\n")
	for i := range 100_000 {
		fmt.Fprintf(&manyHeaders, "X-%d: v\n", i)
	}
	manyHeaders.WriteString("\nbody")
	random := make([]byte, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	return map[string]string{
		"empty":             "",
		"one byte":          "\n",
		"random":            string(random),
		"zeros":             strings.Repeat("\x00", 1<<20),
		"carriage returns":  strings.Repeat("\r", 1<<20),
		"nested multiparts": nestedMultiparts.String(),
		"nested messages":   nestedMessages.String(),
		"many parts":        manyParts.String(),
		"many headers":      manyHeaders.String(),
		"one long header":   "Subject: " + strings.Repeat("a ", 4<<20) + "\n\nbody",
		"folded header":     "Subject: x\n" + strings.Repeat(" y\n", 1<<20) + "\nbody",
		"no colons":         "Subject: x\n" + strings.Repeat("tests,are,here\n", 100_000) + "\nbody",
		"many colonless":    strings.Repeat("a b\nTo: x@city.test\n", 20_000),
		"long line":         "Subject: x\n\n" + strings.Repeat("a", 5<<20),
		"dashes":            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + strings.Repeat("--\n--b2\n", 1<<18),
		"comments":          "From: " + strings.Repeat("(", 80_000) + "\nTo: " + strings.Repeat(`"\"`, 80_000) + "\nCc: " + strings.Repeat("<", 80_000) + "\n\nx",
		"addresses":         "To: " + strings.Repeat("a@city.test,", 100_000) + "\n\nx",
		"encoded words":     "Subject: " + strings.Repeat("=?a?Q?", 50_000) + "\nTo: " + strings.Repeat("=?utf-8?B?", 50_000) + "\n\nx",
		"references":        strings.Repeat("References: "+strings.Repeat("<a", 5000)+"\n", 20) + "\nx",
		"nested quotes":     "Subject: x\n\n" + strings.Repeat(">", 1<<20) + "\n" + strings.Repeat("> \n", 200_000),
		"attributions":      "Subject: x\n\n" + strings.Repeat("On 1 wrote\n", 50_000),
		"from lines":        "Subject: x\n\n" + strings.Repeat("From: a\n", 50_000),
		"flowed":            "Content-Type: text/plain; format=flowed\n\n" + strings.Repeat("> a \n>> b \n", 200_000),
		"blockquotes":       "Content-Type: text/html\n\n" + strings.Repeat("<blockquote>a<br>", 100_000),
		"divs":              "Content-Type: text/html\n\n" + strings.Repeat("<div>", 100_000) + "text",
		"tags":              "Content-Type: text/html\n\n" + strings.Repeat("<", 2<<20),
		"attributes":        "Content-Type: text/html\n\n<a " + strings.Repeat("a=b ", 500_000) + ">x",
		"lists":             "Content-Type: text/html\n\n" + strings.Repeat("<ol><li>", 100_000),
		"links":             "Content-Type: text/html\n\n" + strings.Repeat("<a href=http://x.test>", 80_000),
		"comments in html":  "Content-Type: text/html\n\n" + strings.Repeat("<!--", 500_000),
		"parameters":        "Content-Type: text/plain; " + strings.Repeat("a=b;", 100_000) + "\n\nx",
		"boundaries":        "Content-Type: multipart/mixed; boundary=\"" + strings.Repeat("-", 10_000) + "\"\n\n" + strings.Repeat("-", 1<<20),
		"colons":            "Subject: x\n\n" + strings.Repeat("a wrote:\n", 50_000),
		"bounce":            "From: mailer-daemon@city.test\nSubject: failure notice\n\n" + strings.Repeat("550 a@b.test Final-Recipient: x\n\n", 50_000),
		"utf-7":             "Content-Type: text/plain; charset=utf-7\n\n" + strings.Repeat("+A", 1<<20),
		"uuencode":          "Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n" + strings.Repeat("~~~\n", 1<<17),
		"quoted-printable":  "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=", 3<<20),
		"base64":            "Content-Transfer-Encoding: base64\n\n" + strings.Repeat("=A", 1<<20),
	}
}

// TestHostileMessagesAreReadInBoundedTime is the promise that no single mail
// can hold up a mailbox.
func TestHostileMessagesAreReadInBoundedTime(t *testing.T) {
	t.Parallel()
	for name, raw := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			m := Read(strings.NewReader(raw), Options{})
			// Alone on one core none takes a second; the race detector and
			// neighbours cost the rest.
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %v", took)
			}
			checkMessage(t, name, m)
			if len(m.Text) > maxTextBytes*6 || len(m.Attachments) > maxParts+1 || len(m.To) > maxAddresses {
				t.Errorf("text %d bytes, %d attachments, %d addresses", len(m.Text), len(m.Attachments), len(m.To))
			}
		})
	}
}

func TestCapsAreSaid(t *testing.T) {
	t.Parallel()
	raws := hostile()
	for name, want := range map[string]string{
		"nested multiparts": "nested deeper",
		"nested messages":   "messages are nested deeper",
		"many parts":        "more than 1000 parts",
		"many headers":      "header is larger",
		"one long header":   "header field is longer",
		"long line":         "longer than 2 MiB",
		"empty":             "empty",
	} {
		m := Read(strings.NewReader(raws[name]), Options{})
		if !strings.Contains(strings.Join(m.Warnings, "\n"), want) {
			t.Errorf("%s: warnings %q lack %q", name, m.Warnings, want)
		}
	}
}

// bigMail streams a mail with one large attachment, so that the test itself
// holds nothing of it.
func bigMail(size int64) io.Reader {
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("postdesk attachment bytes "), 3)[:57]) + "\r\n"
	n := size / int64(len(line))
	head := "From: ana@city.test\r\nSubject: big\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/zip; name=big.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	return io.MultiReader(strings.NewReader(head), &repeated{text: line, left: n}, strings.NewReader("--b--\r\n"))
}

type repeated struct {
	text string
	rest string
	left int64
}

func (r *repeated) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		if r.rest == "" {
			if r.left == 0 {
				break
			}
			r.left--
			r.rest = r.text
		}
		k := copy(b[n:], r.rest)
		r.rest = r.rest[k:]
		n += k
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// heapSink notes the heap while it takes an attachment.
type heapSink struct {
	base, peak uint64
	bytes      int64
}

func (s *heapSink) Attachment(_ *Attachment, r io.Reader) error {
	buf := make([]byte, 64<<10)
	for i := 0; ; i++ {
		n, err := r.Read(buf)
		s.bytes += int64(n)
		if i%100 == 0 {
			var ms runtime.MemStats
			runtime.ReadMemStats(&ms)
			s.peak = max(s.peak, ms.HeapAlloc)
		}
		if err == io.EOF {
			return nil
		}
	}
}

// TestLargeMailStreams does not run beside others, whose memory it would count.
func TestLargeMailStreams(t *testing.T) {
	runtime.GC()
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	s := &heapSink{base: ms.HeapAlloc}
	m := Read(bigMail(50<<20), Options{Sink: s})
	if extra := int64(s.peak) - int64(s.base); extra > 20<<20 {
		t.Errorf("reading 50 MB took %d MB of heap", extra>>20)
	}
	if len(m.Attachments) != 1 || !m.Attachments[0].Stored || m.Attachments[0].Size != s.bytes || s.bytes < 35<<20 || m.Attachments[0].Data != nil {
		t.Errorf("attachments %+v, the sink got %d bytes", m.Attachments, s.bytes)
	}
	if m.Visible != "See the file." {
		t.Errorf("visible %q", m.Visible)
	}
}

type failingSink struct{ err error }

func (s failingSink) Attachment(_ *Attachment, r io.Reader) error {
	r.Read(make([]byte, 10))
	return s.err
}

// TestSinkErrorIsToldAndTheRestIsRead guards that an attachment that could not
// be stored is not lost silently.
func TestSinkErrorIsToldAndTheRestIsRead(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	m := Read(bigMail(1<<20), Options{Sink: failingSink{full}})
	if !errors.Is(m.SinkErr, full) || m.Attachments[0].Stored || m.Attachments[0].Size < 700<<10 {
		t.Errorf("err %v, attachment %+v", m.SinkErr, m.Attachments[0])
	}
	want := Read(bigMail(1<<20), Options{})
	if want.Attachments[0].SHA256 != m.Attachments[0].SHA256 || want.ContentKey != m.ContentKey {
		t.Error("hash depends on the sink")
	}
}

// TestReadErrorIsAWarning guards that a connection cut within a message does
// not look like a whole one.
func TestReadErrorIsAWarning(t *testing.T) {
	t.Parallel()
	m := Read(io.MultiReader(strings.NewReader("Subject: x\n\nhello"), failingReader{}), Options{})
	if m.SinkErr == nil || m.Subject != "x" || m.Text != "hello" || len(m.Warnings) == 0 || !strings.Contains(strings.Join(m.Warnings, " "), "cable") {
		t.Errorf("%q %q %q", m.Subject, m.Text, m.Warnings)
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("cable pulled") }

func typicalMail(size int) []byte {
	var b strings.Builder
	b.WriteString("Return-Path: <ana@city.test>\r\n")
	for i := range 6 {
		fmt.Fprintf(&b, "Received: from a%d.city.test (a%d.city.test [192.0.2.%d])\r\n\tby mx%d.city.test with ESMTPS id abc%d\r\n\tfor <it@city.test>; Mon, 2 Mar 2026 10:00:00 +0100\r\n", i, i, i, i, i)
	}
	b.WriteString("From: =?UTF-8?Q?Ana_Mart=C3=ADn?= <ana@city.test>\r\nTo: IT <it@city.test>\r\nSubject: =?UTF-8?Q?No_funciona_la_impresi=C3=B3n?=\r\n" +
		"Date: Mon, 2 Mar 2026 10:00:00 +0100\r\nMessage-ID: <1@city.test>\r\nIn-Reply-To: <0@desk.test>\r\nReferences: <00@desk.test> <0@desk.test>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	var plain, html strings.Builder
	for plain.Len() < size/4 {
		plain.WriteString("La impresora de la planta no funciona desde ayer y no s=C3=A9 qu=C3=A9 hacer.\r\n")
	}
	plain.WriteString("\r\nEl lun, 2 mar 2026 a las 9:00, IT (<it@city.test>) escribi=C3=B3:\r\n\r\n")
	for plain.Len() < size/3 {
		plain.WriteString("> Hemos recibido su solicitud y la estamos viendo en este momento.\r\n")
	}
	b.WriteString(plain.String() + "\r\n--b1\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><body>")
	for html.Len() < size/3 {
		html.WriteString("<div dir=3D\"ltr\">La impresora de la planta <b>no funciona</b> desde ayer</div>\r\n")
	}
	b.WriteString(html.String() + "<div class=3D\"gmail_quote\"><div class=3D\"gmail_attr\">El lun escribi=C3=B3:</div><blockquote>Hola</blockquote></div></body></html>\r\n--b1--\r\n")
	return []byte(b.String())
}

func BenchmarkRead4k(b *testing.B)  { benchmarkRead(b, 3000) }
func BenchmarkRead40k(b *testing.B) { benchmarkRead(b, 40_000) }

func benchmarkRead(b *testing.B, size int) {
	raw := typicalMail(size)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		m := Read(bytes.NewReader(raw), Options{})
		if m.Class != ClassHuman || m.Quoted == "" {
			b.Fatalf("class %s, quoted %q", m.Class, m.Quoted)
		}
	}
}

func BenchmarkRead50M(b *testing.B) {
	b.SetBytes(50 << 20)
	for b.Loop() {
		Read(bigMail(50<<20), Options{})
	}
}

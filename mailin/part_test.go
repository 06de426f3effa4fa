package mailin

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestBytesSurviveEveryBufferPosition guards the look-ahead for boundaries: a
// line that ends where the read buffer ends must not be overwritten by it.
func TestBytesSurviveEveryBufferPosition(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	file := make([]byte, 100_000)
	for i := range file {
		file[i] = byte(r.Uint32())
		if r.IntN(60) == 0 {
			file[i] = '\n'
		}
		if r.IntN(200) == 0 && i > 2 {
			file[i-2], file[i-1], file[i] = '\n', '-', '-'
		}
	}
	want := sha256.Sum256(file)
	encoded := base64.StdEncoding.EncodeToString(file)
	var lines strings.Builder
	for s := encoded; s != ""; {
		n := min(76, len(s))
		lines.WriteString(s[:n] + "\r\n")
		s = s[n:]
	}
	for pad := range 80 {
		for kind, body := range map[string]string{"binary": string(file) + "\r\n", "base64": lines.String()} {
			raw := "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
				"--b\r\nX-Pad: " + strings.Repeat("p", pad) + "\r\nContent-Type: application/octet-stream; name=f\r\nContent-Transfer-Encoding: " + kind + "\r\n\r\n" + body + "--b--\r\n"
			m := Read(strings.NewReader(raw), Options{})
			if len(m.Attachments) != 1 || m.Attachments[0].SHA256 != want || m.Attachments[0].Size != int64(len(file)) {
				t.Fatalf("pad %d, %s: %d attachments, size %d", pad, kind, len(m.Attachments), m.Attachments[0].Size)
			}
		}
	}
}

func TestMultiparts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, raw, text string
		files           []string
	}{
		{"lost close boundary", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: image/png; name=i.png\n\nPNG", "one", []string{"i.png"}},
		{"inner boundary lost", "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\none\n--o\nContent-Type: image/png; name=i.png\n\nPNG\n--o--\n", "one", []string{"i.png"}},
		{"boundary that begins like its parent", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=ab\n\n--ab\n\none\n--ab--\n--a\n\ntwo\n--a--\n", "one\ntwo", nil},
		{"part added behind the end", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\nContent-Type: text/csv; name=l.csv\n\na;b\n--b--\n", "one", []string{"l.csv"}},
		{"blanks behind a boundary", "Content-Type: multipart/mixed; boundary=\"b \"\n\n--b  \n\none\n--b-- \n", "one", nil},
		{"no boundary parameter", "Content-Type: multipart/mixed\n\n--b\nContent-Type: text/plain\n\none\n--b--\n", "one", nil},
		{"no parts", "Content-Type: multipart/mixed; boundary=b\n\nonly this\n", "only this", nil},
		{"header without body", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png; name=i.png\n--b\n\none\n--b--\n", "one", []string{"i.png"}},
		{"alternatives prefer plain", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b\nContent-Type: text/html\n\n<p>html</p>\n--b--\n", "plain", nil},
		{"useless plain alternative", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nYour client cannot view HTML.\n--b\nContent-Type: text/html\n\n<p>" + strings.Repeat("real words ", 20) + "</p>\n--b--\n", strings.TrimSpace(strings.Repeat("real words ", 20)), nil},
		{"text shown and file listed", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: inline; filename=note.txt\n\none\n--b--\n", "one", []string{"note.txt"}},
		{"text file", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Disposition: attachment; filename=log.txt\n\nlines\n--b--\n", "one", []string{"log.txt"}},
		{"digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: First\n\nx\n--b--\n", "", []string{"First.eml"}},
		{"uuencode", "Content-Type: image/gif; name=a.gif\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a.gif\n#0V%T\n`\nend\n", "", []string{"a.gif"}},
	} {
		m := Read(strings.NewReader("Subject: x\nFrom: a@city.test\n"+c.raw), Options{})
		if m.Text != c.text {
			t.Errorf("%s: text %q, want %q", c.name, m.Text, c.text)
		}
		var files []string
		for _, a := range m.Attachments {
			files = append(files, a.Name)
		}
		if fmt.Sprint(files) != fmt.Sprint(c.files) {
			t.Errorf("%s: files %q, want %q", c.name, files, c.files)
		}
	}
}

func TestUUEncodedBytes(t *testing.T) {
	t.Parallel()
	m := Read(strings.NewReader("Content-Type: image/gif; name=a.gif\nContent-Transfer-Encoding: uuencode\n\nbegin 644 a.gif\n#0V%T\n`\nend\n"), Options{})
	if len(m.Attachments) != 1 || string(m.Attachments[0].Data) != "Cat" {
		t.Errorf("%+v", m.Attachments)
	}
}

// TestContentKey covers what makes two copies of one mail the same, and two
// mails with one Message-ID different.
func TestContentKey(t *testing.T) {
	t.Parallel()
	base := "From: Ana <ana@city.test>\nDate: Tue, 3 Mar 2026 10:15:00 +0100\nMessage-ID: <1@city.test>\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext é\n--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nJVBERg==\n--b--\n"
	key := func(raw string) [32]byte { return Read(strings.NewReader(raw), Options{}).ContentKey }
	same := map[string]string{
		"trace fields":   "Received: from x by y\nDelivered-To: it@city.test\nAuthentication-Results: mx; dmarc=pass\nX-Spam: no\n" + base,
		"line ends":      strings.ReplaceAll(base, "\n", "\r\n"),
		"encoding":       strings.Replace(base, "--b\n\ntext é", "--b\nContent-Transfer-Encoding: quoted-printable\n\ntext =C3=A9", 1),
		"boundary":       strings.ReplaceAll(strings.ReplaceAll(base, "--b", "--c"), "boundary=b", "boundary=c"),
		"display name":   strings.Replace(base, "Ana <", "Ana R <", 1),
		"other timezone": strings.Replace(base, "10:15:00 +0100", "09:15:00 +0000", 1),
	}
	for name, raw := range same {
		if key(raw) != key(base) {
			t.Errorf("%s: the key differs", name)
		}
	}
	other := map[string]string{
		"text":       strings.Replace(base, "text", "texts", 1),
		"file":       strings.Replace(base, "JVBERg==", "JVBERA==", 1),
		"message id": strings.Replace(base, "<1@", "<2@", 1),
		"from":       strings.Replace(base, "ana@", "eva@", 1),
		"date":       strings.Replace(base, "10:15:00", "10:15:01", 1),
	}
	for name, raw := range other {
		if key(raw) == key(base) {
			t.Errorf("%s: the key is the same", name)
		}
	}
}

func TestSmallAttachmentsStayInMemory(t *testing.T) {
	t.Parallel()
	var raw bytes.Buffer
	raw.WriteString("Content-Type: multipart/mixed; boundary=b\n\n")
	for i := range 30 {
		fmt.Fprintf(&raw, "--b\nContent-Type: application/x-a; name=f%d\n\n%s\n", i, strings.Repeat("x", maxSmallFile-i))
	}
	raw.WriteString("--b\nContent-Type: application/x-a; name=big\n\n" + strings.Repeat("y", maxSmallFile+1) + "\n--b--\n")
	m := Read(&raw, Options{})
	total := 0
	for _, a := range m.Attachments {
		total += len(a.Data)
	}
	if len(m.Attachments) != 31 || m.Attachments[0].Data == nil || m.Attachments[30].Data != nil || total > maxSmallTotal {
		t.Errorf("%d attachments, %d bytes kept", len(m.Attachments), total)
	}
}

// TestNamelessMessagePartHasAName guards a type such as "message/" that leaves
// nothing to name the file by.
func TestNamelessMessagePartHasAName(t *testing.T) {
	t.Parallel()
	m := Read(strings.NewReader("Content-Type: message/\n\nx"), Options{})
	checkMessage(t, "message/", m)
	if len(m.Attachments) != 1 || m.Attachments[0].Name != "message" {
		t.Errorf("%+v", m.Attachments)
	}
}

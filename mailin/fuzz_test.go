package mailin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func seedCorpus(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "corpus", "*", "*.eml"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
}

// FuzzRead looks for bytes that crash the reader or break what holds for every
// message.
func FuzzRead(f *testing.F) {
	seedCorpus(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Read(strings.NewReader(string(raw)), Options{})
		checkMessage(t, "fuzz", m)
		again := Read(strings.NewReader(string(raw)), Options{})
		if again.ContentKey != m.ContentKey || again.Text != m.Text || again.Class != m.Class {
			t.Error("a second reading differs")
		}
		Explain("fuzz", m)
	})
}

// FuzzCut looks for texts of which a cut loses or invents words.
func FuzzCut(f *testing.F) {
	f.Add("Hello\n\nOn 2 March 2026 Ana <a@city.test> wrote:\n> hi\n", -1, -1)
	f.Add("El lun, Ana escribió:\n> 1\nsí\n> 2\n-- \nAna", 3, 9)
	f.Add("x\n________________________________\nDe: a\nEnviado: b\nPara: c\nAsunto: d\n", 0, 4)
	f.Fuzz(func(t *testing.T, text string, hint, end int) {
		if !utf8.ValidString(text) || hint > len(text) || end > len(text) || hint > end || hint < -1 {
			return
		}
		text = validText(text)
		hint, end = min(hint, len(text)), min(end, len(text))
		c := cutText(text, hint, max(end, 0))
		if letters(c.visible+c.quoted+c.signature) != letters(text) {
			t.Errorf("%q became %+v", text, c)
		}
	})
}

// FuzzAddresses looks for address lists that crash the reader, give unclean
// text, or pass for an identity that another parser would not see.
func FuzzAddresses(f *testing.F) {
	for _, s := range []string{`Ana <a@city.test>, "B, C" <b@city.test>`, `group: a@x.test, b@x.test;`, `a@x.test (c (d))`, `<@r:a@x.test>`, `=?utf-8?q?a=40b?= <c@x.test>`, `"a@b" <c@d>`, `a@[127.0.0.1]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := Read(strings.NewReader("From: "+s+"\n\nx"), Options{})
		checkMessage(t, s, m)
		if a, ok := m.SingleFrom(); ok {
			local, domain, _ := cutAddress(a.Address)
			if !isDotAtom(local) || !isHostName(domain) || len(m.From) != 1 || m.FromFields != 1 || !strings.Contains(lowerASCII(s), lowerASCII(domain)) {
				t.Errorf("%q passes as %q", s, a)
			}
		}
	})
}

// FuzzHTML looks for HTML whose sanitised form is not stable: what a second
// pass changes could mean something else to a browser.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{`<p onclick=x>a<script>b</script>`, `<a href=" javascript:x">y</a>`, `<img src=cid:a><img src=http://x.test/a>`, `<svg><style><img src=x onerror=y>`, `<blockquote class="gmail_quote">q`, `<title>never closed`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		once := sanitizeHTML(s)
		if twice := sanitizeHTML(once); twice != once {
			t.Errorf("%q gives %q, then %q", s, once, twice)
		}
		low := strings.ToLower(once)
		for _, bad := range []string{"<script", "<style", "<svg", "<iframe", "<form", "javascript:\"", "src=\"http"} {
			if strings.Contains(low, bad) {
				t.Errorf("%q leaves %q in %q", s, bad, once)
			}
		}
		r := readHTML(s)
		if !utf8.ValidString(r.text) || r.quoteAt > len(r.text) || r.quoteEnd > len(r.text) || r.quoteAt >= 0 && r.quoteEnd < r.quoteAt {
			t.Errorf("%q gives %+v", s, r)
		}
	})
}

// FuzzParameters looks for parameters and encoded words that crash.
func FuzzParameters(f *testing.F) {
	for _, s := range []string{`text/plain; charset="utf-8"; name*0*=utf-8''a; name*1=b`, `a; b="c\"d`, `=?utf-8?B?w7E=?= =?utf-8?Q?_=C3?= =?utf-8?Q?=B1?=`, `a;;=;b==c`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, params := parameters(cleanHeader(s))
		for _, v := range params {
			if name := cleanFileName(v); !utf8.ValidString(name) || strings.ContainsAny(name, "/\\\x00\n") || len(name) > 200 {
				t.Errorf("%q gives the name %q", s, name)
			}
		}
		if h := decodeHeaderText(s); !utf8.ValidString(h) || strings.ContainsAny(h, "\r\n\x00\u202e") {
			t.Errorf("%q gives %q", s, h)
		}
	})
}

package mailin

import (
	"strings"
	"testing"
)

func TestHTMLToText(t *testing.T) {
	t.Parallel()
	for html, want := range map[string]string{
		"a<br>b":           "a\nb",
		"<p>a</p><p>b</p>": "a\n\nb",
		"<div>a</div><div><br></div><div>b</div>":                                       "a\n\nb",
		"<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>": "a\n\nb",
		"a  \n b":                                                         "a b",
		"<ul><li>a<li>b</ul>c":                                            "- a\n- b\nc",
		"<ol><li>a</li><li>b</li></ol>":                                   "1. a\n2. b",
		"<blockquote>a<br>b</blockquote>c":                                "> a\n> b\nc",
		"<a href=\"http://x.test/a\">here</a>":                            "here <http://x.test/a>",
		"<a href=\"http://x.test/\">x.test</a>":                           "x.test",
		"<a href=\"javascript:x\">here</a>":                               "here",
		"<style>p{}</style><script>x</script>a":                           "a",
		"<pre>a\n  b</pre>":                                               "a\n  b",
		"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>": "a  b\nc",
		"a &lt;b&gt; &amp; &ntilde;":                                      "a <b> & ñ",
		"<img alt=\"logo\" src=cid:x>a":                                   "[logo]a",
		"<b>never <i>closed":                                              "never closed",
		strings.Repeat("<div>", 2000) + "deep":                            "deep", // more than a tree parser takes
	} {
		if have := readHTML(html).text; have != want {
			t.Errorf("%.80s gives %q, want %q", html, have, want)
		}
	}
}

func TestSanitizedHTML(t *testing.T) {
	t.Parallel()
	for html, want := range map[string]string{
		`<p onclick="x()">a</p>`:                              `<p>a</p>`,
		`<script>alert(1)</script>b`:                          `b`,
		`<img src="http://track.test/p.gif">x`:                `x`,
		`<img src="cid:logo@city.test" alt="l">`:              `<img src="cid:logo@city.test" alt="l">`,
		`<a href="javascript:alert(1)">x</a>`:                 `x`,
		`<a href=" java&#10;script:alert(1)">x</a>`:           `x`,
		`<style>body{}</style><svg><a>x</a></svg>`:            `x`,
		`<div style="position:fixed" class="btn">x</div>`:     `<div>x</div>`,
		`<form action="http://x.test"><input name=a>x</form>`: `x`,
		`<iframe src="http://x.test"></iframe>`:               ``,
	} {
		if have := sanitizeHTML(html); have != want {
			t.Errorf("%s gives %s, want %s", html, have, want)
		}
	}
	link := sanitizeHTML(`<a href="https://x.test/a">x</a>`)
	for _, need := range []string{`href="https://x.test/a"`, "noreferrer", `target="_blank"`} {
		if !strings.Contains(link, need) {
			t.Errorf("%s lacks %s", link, need)
		}
	}
}

// TestRemoteImagesAreCountedAndGone is the promise that opening a ticket tells
// nobody.
func TestRemoteImagesAreCountedAndGone(t *testing.T) {
	t.Parallel()
	m := Read(strings.NewReader("Content-Type: text/html\n\n<body background=\"http://x.test/b\"><img src=\"https://x.test/a\"><img src=//x.test/c><img src=cid:d>text"), Options{})
	if m.RemoteImages != 3 || strings.Contains(m.HTML, "x.test") || !strings.Contains(m.HTML, "cid:d") || len(m.Warnings) == 0 {
		t.Errorf("%d images, %q, %q", m.RemoteImages, m.HTML, m.Warnings)
	}
}

func TestUnclosedTitleLosesNoText(t *testing.T) {
	t.Parallel()
	m := Read(strings.NewReader("Content-Type: text/html\n\n<html><title>news <b>of</b> today"), Options{})
	if !strings.Contains(m.Text, "of") || !strings.Contains(m.Text, "today") {
		t.Errorf("%q", m.Text)
	}
}

func TestFlowed(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"a \nb\n":            "a b\n",
		"a\nb\n":             "a\nb\n",
		"> a \n> b\n":        "> a b\n",
		"> a \n>> b\n":       "> a \n>> b\n",
		" >not a quote\n":    ">not a quote\n",
		" from here\n":       "from here\n",
		"text \n-- \nAna\n":  "text \n-- \nAna\n",
		"last line flows \n": "last line flows ",
	} {
		if have := unwrapFlowed(raw, false); have != want {
			t.Errorf("%q gives %q, want %q", raw, have, want)
		}
	}
	if have := unwrapFlowed("日 \n本\n", true); have != "日本\n" {
		t.Errorf("DelSp gives %q", have)
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ label, raw, want string }{
		{"utf-8", "ñ", "ñ"},
		{"UTF8", "ñ", "ñ"},
		{"iso-8859-1", "\x80 \xf1", "€ ñ"},
		{"us-ascii", "ma\xf1ana", "mañana"},
		{"", "ma\xf1ana", "mañana"},
		{"iso-8859-1", "ñ", "Ã±"}, // labelled so: it stands
		{"utf-8", "ma\xf1ana", "mañana"},
		{"utf-8", strings.Repeat("ñandú ", 20) + "\xf1", strings.Repeat("ñandú ", 20) + "\uFFFD"},
		{"x-unheard-of", "ñ", "ñ"},
		{"utf-16le", "a\x00\xf1\x00", "añ"},
		{"gb2312", "\xc4\xe3\xba\xc3", "你好"},
		{"ks_c_5601-1987", "\xc7\xd1", "한"},
		{"koi8-r", "\xf0\xd2", "Пр"},
		{"utf-7", "+AOk- a+-b +AOkA6Q-", "é a+b éé"},
		{`"iso-8859-15"`, "\xa4", "€"},
		{"iso-2022-jp", "\x1b$BF|K\\\x1b(B", "日本"},
	} {
		if have := toUTF8([]byte(c.raw), c.label); have != c.want {
			t.Errorf("%q in %s gives %q, want %q", c.raw, c.label, have, c.want)
		}
	}
}

func TestUnknownCharsetIsSaid(t *testing.T) {
	t.Parallel()
	for label, known := range map[string]bool{"utf-8": true, "x-unheard-of": false, "US-ASCII": true, "iso-2022-jp": true, "UTF-7": true, "": true} {
		m := Read(strings.NewReader("From: a@city.test\nContent-Type: text/plain; charset=\""+label+"\"\n\nreadable"), Options{})
		if m.Text != "readable" || (len(m.Warnings) == 0) != known {
			t.Errorf("%s: %q, %q", label, m.Text, m.Warnings)
		}
	}
}

func TestQuotedPrintable(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"a=C3=B1b":           "añb",
		"a=c3=b1b":           "añb",
		"soft=\r\nbreak":     "softbreak",
		"soft= \t\nbreak":    "softbreak",
		"100 =% of = it":     "100 =% of = it",
		"blanks  \r\nremain": "blanks\nremain",
		"end=":               "end",
		"=3D=":               "=",
	} {
		m := Read(strings.NewReader("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Quoted-Printable\n\n"+raw), Options{})
		if m.Text != want {
			t.Errorf("%q gives %q, want %q", raw, m.Text, want)
		}
	}
}

func TestBase64(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"aGVsbG8=":           "hello",
		"aGVs\r\n bG8":       "hello",
		"aGVsbG8=aGVsbG8=":   "hellohello",
		"aGVs!bG8=":          "hello",
		"aGVsbG8=\n--\nfoot": "hello~\x8a-",
		"a":                  "",
	} {
		m := Read(strings.NewReader("Content-Type: application/x; name=f\nContent-Transfer-Encoding: base64 \n\n"+raw), Options{})
		if len(m.Attachments) != 1 || string(m.Attachments[0].Data) != want {
			t.Errorf("%q gives %q, want %q", raw, m.Attachments[0].Data, want)
		}
	}
}

package mailin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDecodeHeaderText(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"plain":                  "plain",
		"=?utf-8?Q?Rat=C3=B3n?=": "Ratón",
		"=?UTF-8?B?UmF0w7Nu?=":   "Ratón",
		"=?UTF-8?B?UmF0w7Nu?= y =?utf-8?Q?m=C3=A1s?=": "Ratón y más",
		"=?utf-8?Q?a?= =?utf-8?Q?b?=":                 "ab",
		"=?utf-8?Q?a_?= =?utf-8?Q?b?=":                "a b",
		"=?utf-8?Q?=C3?= =?utf-8?Q?=B3?=":             "ó", // a letter split between two words
		"=?utf-8?B?ww==?= =?utf-8?B?sw==?=":           "ó",
		"=?utf-8?Q?two words?=":                       "two words", // a blank inside is not allowed, and common
		"x=?utf-8?Q?=C3=B3?=y":                        "xóy",
		"\"=?utf-8?Q?=C3=B3?=\"":                      "\"ó\"",
		"=?iso-8859-1?Q?=93x=94?=":                    "“x”", // windows-1252 meant
		"=?utf-8*es?Q?=C3=B3?=":                       "ó",
		"=?nonsense?Q?abc?=":                          "abc",
		"=?utf-8?X?abc?=":                             "=?utf-8?X?abc?=",
		"=?utf-8?Q?abc":                               "=?utf-8?Q?abc",
		"=?":                                          "=?",
		"=?utf-8?Q?a=0D=0ABcc: x?=":                   "a  Bcc: x",
		"=?utf-8?Q?=E2=80=AEx=E2=80=A8y?=":            "x y", // right-to-left override, line separator
		"=?utf-8?Q?=00=07=C2=9Bz?=":                   "z",
		"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=":          "日本",
		"=?utf-7?Q?+AOk-?=":                           "é",
		"=?utf-8?Q?????=":                             "???",
	} {
		if have := decodeHeaderText(value); have != want {
			t.Errorf("%s gives %q, want %q", value, have, want)
		}
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`text/plain; charset=utf-8`:                  "text/plain map[charset:utf-8]",
		`TEXT/Plain ; Charset = "UTF-8"`:             "text/plain map[charset:UTF-8]",
		`text/plain charset=utf-8`:                   "text/plain map[charset:utf-8]",
		`a/b; name="x;y=z.txt"; c=d`:                 "a/b map[c:d name:x;y=z.txt]",
		`a/b; name="a\"b\\c"`:                        `a/b map[name:a"b\c]`,
		`a/b; name="C:\new\x.txt"`:                   `a/b map[name:C:\new\x.txt]`,
		`a/b; name*=utf-8'es'a%C3%B1o.txt`:           "a/b map[name:año.txt]",
		`a/b; name*0="lon"; name*1="g.txt"`:          "a/b map[name:long.txt]",
		`a/b; name*1*=%C3%B1o.txt; name*0*=utf-8''a`: "a/b map[name:año.txt]",
		`a/b; name="=?utf-8?Q?a=C3=B1o.txt?="`:       "a/b map[name:año.txt]",
		`a/b; name="unclosed; x=y`:                   "a/b map[name:unclosed x:y]",
		`a/b; junk; ; =; name=z`:                     "a/b map[name:z]",
		`a/b; name=one; name=two`:                    "a/b map[name:one]",
		``:                                           " map[]",
	} {
		v, params := parameters(value)
		if have := fmt.Sprint(v, " ", params); have != want {
			t.Errorf("%s gives %s, want %s", value, have, want)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"Tue, 03 Mar 2026 10:15:00 +0100":       "2026-03-03T09:15:00Z",
		"3 Mar 2026 10:15 +0100":                "2026-03-03T09:15:00Z",
		"Tue, 3 Mar 2026 10:15:00 GMT":          "2026-03-03T10:15:00Z",
		"Tue, 03 Mar 2026 10:15:00 +0100 (CET)": "2026-03-03T09:15:00Z",
		"Tue, 03 Mar 2026 10:15:00 +01:00":      "2026-03-03T09:15:00Z",
		"Tue,03 Mar 2026 10:15:00 +0100":        "2026-03-03T09:15:00Z",
		"Tue Mar  3 10:15:00 2026":              "2026-03-03T10:15:00Z",
		"Mar, 03 Mar 2026 10:15:00 +0100":       "2026-03-03T09:15:00Z", // Spanish name of the day
		"2026-03-03T10:15:00+01:00":             "2026-03-03T09:15:00Z",
		"Tue, 03 Mar 2026 10:15:00":             "2026-03-03T10:15:00Z",
		"":                                      "",
		"yesterday":                             "",
		strings.Repeat("Tue, ", 200):            "",
	} {
		have := ""
		if d := readDate(value); d != nil {
			have = d.UTC().Format(time.RFC3339)
		}
		if have != want {
			t.Errorf("%q gives %s, want %s", value, have, want)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"<a@b> <c@d>":            {"a@b", "c@d"},
		"<a@b><c@d> <a@b>":       {"a@b", "c@d"},
		"<a @b>":                 {"a@b"},
		"a@b c@d":                {"a@b", "c@d"},
		"<a@b":                   {"a@b"},
		"<<a@b>>":                {"a@b"},
		"Message from Ana <a@b>": {"a@b"},
		"=?utf-8?Q?<a=40b>?=":    {"a@b"},
		"Your mail of Monday":    nil,
		"<>":                     nil,
	} {
		if have := appendIDs(nil, value); !slices.Equal(have, want) {
			t.Errorf("%q gives %q, want %q", value, have, want)
		}
	}
}

func TestHeaderKeepsOrderAndEveryField(t *testing.T) {
	t.Parallel()
	m := Read(strings.NewReader("Authentication-Results: mx.evil.test; dmarc=pass\r\nReceived: by mx.city.test\r\n\twith ESMTP\r\nauthentication-results: mx.city.test;\r\n dmarc=fail\r\nSubject : blank before the colon\r\n\r\nx"), Options{})
	var names []string
	for _, f := range m.Header {
		names = append(names, f.Name)
	}
	if fmt.Sprint(names) != "[Authentication-Results Received authentication-results Subject]" {
		t.Errorf("%q", names)
	}
	if v := m.Header.Values("Authentication-Results"); len(v) != 2 || v[1] != "mx.city.test; dmarc=fail" {
		t.Errorf("%q", v)
	}
	if m.Subject != "blank before the colon" || m.Header.Get("received") != "by mx.city.test with ESMTP" || m.Header.Has("X") {
		t.Errorf("%q %q", m.Subject, m.Header)
	}
}

// TestHeaderSalvage covers the forms that strict parsers refuse.
func TestHeaderSalvage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, subject, text string }{
		"mbox line":             {"From ana Tue Mar  3\nSubject: s\n\nb", "s", "b"},
		"escaped mbox line":     {"Received: x\n>From ana Tue Mar  3\nSubject: s\n\nb", "s", "b"},
		"line without colon":    {"X: y\ngarbage\nSubject: s\n\nb", "s", "b"},
		"garbage first":         {"---- original ----\nSubject: s\n\nb", "s", "b"},
		"no empty line":         {"Subject: s\nThis is text without a colon\nand more", "s", "This is text without a colon\nand more"},
		"header only":           {"Subject: s", "s", ""},
		"blank line of blanks":  {"Subject: s\n \t\nb", "s", "b"},
		"blanks in a fold":      {"Subject: s\n \n t\n\nb", "s t", "b"},
		"byte order mark":       {"\xEF\xBB\xBFSubject: s\n\nb", "s", "b"},
		"mixed line ends":       {"X: y\r\nSubject: s\n\r\nb\r\nc", "s", "b\nc"},
		"carriage returns only": {"X: y\rSubject: s\r\rb\rc", "s", "b\nc"},
		"unindented fold":       {"Subject: s\nX-Spam: a,\nb c,d\nTo: it@city.test\n\nb", "s", "b"},
		"raw latin-1":           {"Subject: rat\xf3n\n\nrat\xf3n", "ratón", "ratón"},
		"raw utf-8":             {"Subject: ratón\n\nratón", "ratón", "ratón"},
		"two subjects":          {"Subject: s\nSubject: t\n\nb", "s", "b"},
		"nul bytes":             {"Subject: a\x00b\n\nc\x00d", "ab", "cd"},
	} {
		m := Read(strings.NewReader(c.raw), Options{})
		if m.Subject != c.subject || m.Text != c.text {
			t.Errorf("%s: %q %q, want %q %q", name, m.Subject, m.Text, c.subject, c.text)
		}
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"plan.pdf":                        "plan.pdf",
		"../../etc/passwd":                "passwd",
		`C:\dir\plan.doc`:                 "plan.doc",
		"\u200b.htaccess":                 "htaccess",
		"a\x00b\r\nc.txt":                 "ab  c.txt",
		"invoice\u202etxt.exe":            "invoicetxt.exe",
		" .. ":                            "",
		"=?utf-8?Q?a=2F..=2Fb=C3=B1?=":    "bñ",
		strings.Repeat("ñ", 300) + ".pdf": strings.Repeat("ñ", 98) + ".pdf",
	} {
		if have := cleanFileName(value); have != want {
			t.Errorf("%q gives %q, want %q", value, have, want)
		}
	}
}

package mailout

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestFieldsThatCannotBeWrittenAreRefusedByName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		field string
		spoil func(*Letter)
	}{
		{"Date", func(l *Letter) { l.Date = time.Time{} }},
		{"AutoSubmitted", func(l *Letter) { l.AutoSubmitted = "no\r\nBcc: x@vendor.test" }},
		{"From", func(l *Letter) { l.FromAddress = "it@city.test\r\nBcc: x@vendor.test" }},
		{"From", func(l *Letter) { l.FromAddress = "" }},
		{"To", func(l *Letter) { l.To = `"a b"@city.test` }},
		{"To", func(l *Letter) { l.To = "ana@city.test, x@vendor.test" }},
		{"Reply-To", func(l *Letter) { l.ReplyTo = "it@city.test>\n" }},
		{"Message-ID", func(l *Letter) { l.MessageID = "" }},
		{"Message-ID", func(l *Letter) { l.MessageID = "<a b@city.test>" }},
		{"In-Reply-To", func(l *Letter) { l.InReplyTo = "<a@x>\r\n <b@x>" }},
		{"References", func(l *Letter) { l.References = []string{"ok@city.test", "a\x00@city.test"} }},
		{"References", func(l *Letter) { l.References = []string{"a@x> <b@x"} }},
		{"References", func(l *Letter) { l.References = []string{"a@x><b@x"} }},
		{"References", func(l *Letter) { l.References = []string{"é@city.test"} }},
		{"References", func(l *Letter) { l.References = []string{strings.Repeat("a", 901)} }},
		{"Thread-Index", func(l *Letter) { l.ThreadIndex = "AAAA\r\nBcc: x@vendor.test" }},
		{"List-Unsubscribe", func(l *Letter) { l.ListUnsubscribe = "<https://x.test>\r\nBcc: x@vendor.test" }},
		{"List-Unsubscribe", func(l *Letter) { l.ListUnsubscribe = "<https://x.test>,\r\n <mailto:x@vendor.test>" }},
		{"List-Unsubscribe", func(l *Letter) { l.ListUnsubscribe = "https://x.test" }},
		{"List-Unsubscribe", func(l *Letter) { l.ListUnsubscribe = "<https://x.test/" + strings.Repeat("a", 900) + ">" }},
	} {
		l := letter()
		test.spoil(&l)
		var b bytes.Buffer
		_, err := l.WriteTo(&b)
		var field *FieldError
		if !errors.As(err, &field) || field.Field != test.field || b.Len() != 0 {
			t.Errorf("%s: %v with %d bytes written", test.field, err, b.Len())
		}
	}
}

func TestTextFieldsCannotInject(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"a\r\nBcc: x@vendor.test":                 "a Bcc: x@vendor.test",
		"a\nb\rc\x00d\x1be\x7ff\u0085g\u2028h":    "a b c d e f g h",
		"=?utf-8?q?a=0D=0ABcc:_x@vendor.test?=":   "=?utf-8?q?a=0D=0ABcc:_x@vendor.test?=",
		"gnp.\u202eexe\u202c \u2066x\u2069":       "gnp.exe x",
		`Quote " and \ and <x@vendor.test>`:       `Quote " and \ and <x@vendor.test>`,
		"  spaces   here\t":                       "spaces here",
		"broken \xff\xfe utf-8":                   "broken \uFFFD utf-8",
		"🙂👩‍🔧 " + strings.Repeat("ñandú ", 80):    strings.TrimSpace("🙂👩‍🔧 " + strings.Repeat("ñandú ", 80)),
		strings.Repeat("x", 3000):                 strings.Repeat("x", 3000),
		strings.Repeat("word ", 300) + "\r\n end": strings.Repeat("word ", 300) + "end",
		"":   "",
		"\n": "",
	} {
		l := letter()
		l.Subject, l.FromName, l.ToName, l.Reason, l.Loop = given, given, given, given, given
		l.Attachments = []Attachment{file(given, "application/pdf", "x")}
		raw := render(t, l)
		checkLines(t, raw)
		header, parts := parse(t, raw)
		for _, field := range []string{"Subject", "X-Postdesk-Reason", "X-Postdesk-Loop"} {
			if got := decoded(t, header.Get(field)); got != want {
				t.Errorf("%s of %.60q reads %.60q", field, given, got)
			}
		}
		for _, field := range []string{"From", "To"} {
			list, err := header.AddressList(field)
			if err != nil || len(list) != 1 || list[0].Name != want {
				t.Errorf("%s of %.60q reads %v, %v", field, given, list, err)
			}
		}
		if header["Bcc"] != nil {
			t.Errorf("%.60q made a Bcc", given)
		}
		if name := parts[len(parts)-1].name; len(given) < 60 && want != "" && name != want[strings.LastIndexAny(want, `/\`)+1:] {
			t.Errorf("file %q reads %q", given, name)
		}
	}
}

// Some readers decode encoded words inside quoted strings too.
func TestEncodedWordInANameIsNotPassedOn(t *testing.T) {
	t.Parallel()
	l := letter()
	l.FromName, l.Subject = "=?utf-8?q?x?=", "=?utf-8?q?x?="
	raw := render(t, l)
	if strings.Contains(raw, "=?utf-8?q?x?=") {
		t.Errorf("in %q", raw)
	}
}

func TestReferencesKeepTheRootAndTheLastOnes(t *testing.T) {
	t.Parallel()
	l := letter()
	l.References, l.InReplyTo = nil, "<parent@vendor.test>"
	for i := range 200 {
		l.References = append(l.References, fmt.Sprintf("<%03d.%s@city.test>", i, strings.Repeat("r", 30)))
	}
	l.References = append(l.References, l.References[0]) // doubles are dropped
	raw := render(t, l)
	checkLines(t, raw)
	header, _ := parse(t, raw)
	ids := strings.Fields(header.Get("References"))
	if n := len(header.Get("References")); n > 998-len("References: ") || n < 900 {
		t.Errorf("%d bytes of references", n)
	}
	last := len(ids) - 1
	if ids[0] != l.References[0] || ids[last] != "<parent@vendor.test>" || ids[last-1] != l.References[199] || ids[1] != l.References[200-last+1] {
		t.Errorf("references %q", ids)
	}
	l.References = []string{"<" + strings.Repeat("a", 900) + ">", "<b@x>", "<" + strings.Repeat("c", 900) + ">"}
	l.InReplyTo = ""
	raw = render(t, l)
	checkLines(t, raw)
	if header, _ := parse(t, raw); header.Get("References") != l.References[0]+" "+l.References[2] {
		t.Errorf("references %q", header.Get("References"))
	}
}

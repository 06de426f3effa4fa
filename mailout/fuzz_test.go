package mailout

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// FuzzLetterHeaders: whatever the fields hold, the letter is refused by name
// without a byte written, or parses back to exactly the intended fields.
func FuzzLetterHeaders(f *testing.F) {
	f.Add("hello", "Ana", "ana@city.test", "a@city.test", "b@city.test", "page.pdf", "<https://x.test>", "text")
	f.Add("a\r\nBcc: x@vendor.test", "\"<x@vendor.test>\"", "a b\" RCPT TO:<v@vendor.test>@corp.test", "a@x>\r\nBcc: y", "é", "../\r\n\r\nx", "<a>\r\n b", "\r\n.\r\n")
	f.Add("=?utf-8?q?a=0D=0ABcc:_v@x.test?=", "=?utf-8?B?Cg==?=", "ana@city.test", "<a>", "", "a\"b\\c;d", "", "--=_mixed_\r\n")
	f.Add("\u2028\u0085\x00", "a\\", "x@y", strings.Repeat("a", 1000), "a b", strings.Repeat("日", 999), "<"+strings.Repeat("u", 990)+">", "\xff=\r=\n")
	f.Fuzz(func(t *testing.T, subject, name, address, id, reference, fileTitle, link, text string) {
		l := letter()
		l.Subject, l.FromName, l.ToName, l.Reason, l.Loop = subject, name, name, subject, name
		l.To, l.MessageID, l.References, l.InReplyTo, l.ListUnsubscribe = address, id, []string{reference}, reference, link
		l.Text, l.HTML, l.ThreadIndex = text, text, ""
		l.Attachments = []Attachment{file(fileTitle, name, text)}
		var b bytes.Buffer
		if _, err := l.WriteTo(&b); err != nil {
			var field *FieldError
			if !errors.As(err, &field) || b.Len() != 0 {
				t.Fatalf("%v with %d bytes written", err, b.Len())
			}
			return
		}
		raw := b.String()
		checkLines(t, raw)
		header, parts := parse(t, raw)

		want := []string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Reply-To", "Subject", "To", "X-Auto-Response-Suppress"}
		for field, present := range map[string]bool{
			"In-Reply-To": reference != "", "References": bareID(reference) != "", "Thread-Index": bareID(reference) == "",
			"X-Postdesk-Reason": subject != "", "X-Postdesk-Loop": name != "", "List-Unsubscribe": link != "",
		} {
			if present {
				want = append(want, field)
			}
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(header)); !slices.Equal(got, want) {
			t.Fatalf("fields %q, want %q", got, want)
		}
		for field, values := range header {
			if len(values) != 1 {
				t.Fatalf("%s comes %d times", field, len(values))
			}
		}
		if got := decoded(t, header.Get("Subject")); got != cleanText(subject) || strings.ContainsAny(got, "\r\n\x00") {
			t.Fatalf("subject %q reads %q", subject, got)
		}
		to, err := header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != address || to[0].Name != cleanText(name) {
			t.Fatalf("To %q reads %v, %v", header.Get("To"), to, err)
		}
		if header.Get("Message-Id") != "<"+bareID(id)+">" || strings.Contains(header.Get("References"), " ") {
			t.Fatalf("ids %q, %q", header.Get("Message-Id"), header.Get("References"))
		}
		forms := 2
		if text == "" {
			forms = 1 // no HTML
		}
		if len(parts) != forms+1 || parts[forms].content != text {
			t.Fatalf("parts %q", parts)
		}
	})
}

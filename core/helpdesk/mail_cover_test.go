package helpdesk

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"
	"testing/iotest"

	"postdesk/core"
	"postdesk/core/store/storetest"
)

// A mail is shown to more people than the one whose reply address stands in it: whoever reads the address may write in that
// person's name. Each spelling is covered, wherever the parts lie in which the mail is read, and nothing else changes.
func TestReplyAddressesAreCoveredInOriginals(t *testing.T) {
	t.Parallel()
	secrets := storetest.Secrets()
	code := func() string { return replyCode(secrets, purposeLetters[core.PurposeReply], newReplyToken()) }
	secret := code()
	address := "it+" + secret + "@city.test"
	quoted := func(text string) string {
		var b strings.Builder
		w := quotedprintable.NewWriter(&b)
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	lines := func(text string) string {
		encoded, out := base64.StdEncoding.EncodeToString([]byte(text)), ""
		for len(encoded) > 76 {
			out, encoded = out+encoded[:76]+"\r\n", encoded[76:]
		}
		return out + encoded + "\r\n"
	}
	for name, text := range map[string]string{
		"header":         "To: <" + address + ">\r\n",
		"capitals":       "To: <" + strings.ToUpper(address) + ">\r\n",
		"reply domain":   "Reply-To: " + secret + "@t.city.test\r\n",
		"link":           `<a href="mailto:it%2B` + secret + `%40city.test">`,
		"envelope":       "Return-Path: <bounces+it+" + secret + "=city.test@relay.test>\r\n",
		"entity":         `<a href="mailto:it+` + secret + `&commat;city.test">`,
		"escaped dot":    "it+" + secret[:1] + "=2E" + secret[2:] + "@city.test",
		"soft line ends": quoted(strings.Repeat("é", 9) + " On Monday it wrote from " + address + " that it is done"),
		"base64":         lines("On Monday\nIT <" + address + "> wrote:\n> " + strings.Repeat("it is done. ", 20)),
		"base64, near":   lines(strings.Repeat("long ", 13_100) + address + strings.Repeat(" and on", 3_000)),
	} {
		for before := range 3 {
			raw := strings.Repeat("a line of no consequence\r\n", before*2_518) + text
			for reader, in := range map[string]io.Reader{"whole": strings.NewReader(raw), "in halves": iotest.HalfReader(strings.NewReader(raw))} {
				got, err := io.ReadAll(coverReplyCodes(io.NopCloser(in)))
				if err != nil || len(got) != len(raw) {
					t.Fatalf("%s: %d bytes of %d: %v", name, len(got), len(raw), err)
				}
				read := strings.ToLower(strings.ReplaceAll(string(got), "=\r\n", "")) + unfold(string(got))
				if strings.Contains(read, secret[2:]) || !strings.Contains(read, strings.Repeat("*", 34)) {
					t.Errorf("%s after %d lines, read %s: %.300s", name, before*2_518, reader, read[max(0, len(read)-300):])
				}
			}
		}
	}
	// At every place in a mail, also where two parts meet.
	for shift := range 200 {
		raw := strings.Repeat("x", coverChunk-150+shift) + "\n" + address + "\n" + strings.Repeat("y", coverChunk)
		got, err := io.ReadAll(coverReplyCodes(io.NopCloser(strings.NewReader(raw))))
		if err != nil || len(got) != len(raw) || bytes.Contains(got, []byte(secret[2:])) {
			t.Fatalf("shift %d: %d bytes of %d: %v", shift, len(got), len(raw), err)
		}
	}
	plain := "From: ann.r.lee@city.test\r\n\r\n" + lines(strings.Repeat("nothing to cover, r.short@city.test; ", 40)) + fmt.Sprintln(strings.Repeat("ab2", 60))
	if got, _ := io.ReadAll(coverReplyCodes(io.NopCloser(strings.NewReader(plain)))); string(got) != plain {
		t.Errorf("changed: %q", got)
	}
	broken := coverReplyCodes(io.NopCloser(io.MultiReader(strings.NewReader(address), iotest.ErrReader(io.ErrClosedPipe))))
	if _, err := io.ReadAll(broken); err != io.ErrClosedPipe {
		t.Errorf("a mail that cannot be read on: %v", err)
	}
}

// unfold is what the lines of base64 in a text say.
func unfold(text string) string {
	var out []byte
	for line := range strings.Lines(text) {
		if decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line)); err == nil {
			out = append(out, decoded...)
		}
	}
	return string(out)
}

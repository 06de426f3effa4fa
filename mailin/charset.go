package mailin

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"github.com/wlynxg/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
)

// toUTF8 turns bytes into valid UTF-8: by the label first, then by what the
// bytes themselves look like. It never fails; what stays unreadable becomes
// U+FFFD.
func toUTF8(b []byte, label string) string {
	label = cleanLabel(label)
	if isASCII(b) && !shiftedCharset(label) {
		return string(b)
	}
	switch label {
	case "utf-8", "utf8", "":
		if utf8.Valid(b) {
			return string(b)
		}
		return guess(b, label != "")
	case "us-ascii", "ascii", "unknown-8bit", "x-unknown", "unknown", "default", "default_charset", "8bit":
		// The label cannot be true of these bytes.
		if utf8.Valid(b) {
			return string(b)
		}
		return guess(b, false)
	case "utf-7", "unicode-1-1-utf-7", "utf7", "x-utf-7":
		return decodeUTF7(b)
	}
	s, ok := decodeLabel(b, label)
	if !ok {
		if utf8.Valid(b) {
			return string(b)
		}
		return guess(b, false)
	}
	if strings.ContainsRune(s, utf8.RuneError) {
		if utf8.Valid(b) {
			return string(b) // labelled wrongly, as forwarding programs do
		}
		if label == "iso-2022-jp" && !isASCII(b) {
			return decodeWith(japanese.ShiftJIS, b) // a seven-bit charset cannot have these bytes
		}
	}
	return s
}

// decodeLabel decodes by a charset name. The WHATWG table comes first because
// it reads ISO-8859-1 as windows-1252 and GB2312 as GBK, which is what the
// senders mean; names it does not know are left to go-message.
func decodeLabel(b []byte, label string) (string, bool) {
	if enc, err := htmlindex.Get(label); err == nil {
		name, _ := htmlindex.Name(enc)
		if name != "replacement" {
			return decodeWith(enc, b), true
		}
	}
	r, err := charset.Reader(label, bytes.NewReader(b))
	if err != nil {
		return "", false
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(4*len(b)+16)))
	if err != nil {
		return "", false
	}
	return strings.ToValidUTF8(string(out), "\uFFFD"), true
}

// knownCharset says whether a label names a character set, or none.
func knownCharset(label string) bool {
	switch label = cleanLabel(label); {
	case label == "" || label == "ascii" || label == "utf8" || strings.Contains(label, "utf-7"):
		return true
	}
	_, ok := decodeLabel([]byte("a"), label)
	return ok
}

func decodeWith(enc encoding.Encoding, b []byte) string {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

// guess decodes bytes without a usable label. Short texts give a detector too
// little to judge, so a mostly valid UTF-8 text with a few broken bytes and
// short ones are read by simple rules.
func guess(b []byte, saidUTF8 bool) string {
	if saidUTF8 && mostlyUTF8(b) {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	sample := b
	if len(sample) > 8<<10 {
		sample = sample[:8<<10]
	}
	if len(sample) >= 24 {
		d := chardet.Detect(sample)
		name := cleanLabel(d.Encoding)
		if d.Confidence >= 0.6 && name != "" && name != "utf-8" && name != "ascii" {
			if s, ok := decodeLabel(b, name); ok && !strings.ContainsRune(s, utf8.RuneError) {
				return s
			}
		}
	}
	if mostlyUTF8(b) {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return decodeWith(charmap.Windows1252, b)
}

// mostlyUTF8 says whether the broken bytes are few among the multi-byte runes.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	return good > 2*bad
}

func cleanLabel(label string) string {
	label = lowerASCII(strings.Trim(label, " \t\"'"))
	if i := strings.IndexAny(label, " ;*"); i >= 0 {
		label = label[:i] // RFC 2231 5 language, or dirt
	}
	return strings.TrimPrefix(strings.TrimPrefix(label, "charset="), "cp-")
}

// shiftedCharset says whether ASCII bytes mean other letters in it.
func shiftedCharset(label string) bool {
	return strings.HasPrefix(label, "iso-2022") || strings.HasPrefix(label, "utf-16") || strings.HasPrefix(label, "utf-32") ||
		strings.HasPrefix(label, "hz") || strings.Contains(label, "utf-7") || strings.Contains(label, "utf7") ||
		label == "csiso2022jp" || label == "unicode"
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// decodeUTF7 decodes UTF-7 (RFC 2152), which x/text does not know.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		i := bytes.IndexByte(b, '+')
		if i < 0 {
			out.Write(b)
			break
		}
		out.Write(b[:i])
		b = b[i+1:]
		j := 0
		for j < len(b) && base64Alphabet[b[j]] {
			j++
		}
		if j == 0 {
			out.WriteByte('+')
			if len(b) > 0 && b[0] == '-' {
				b = b[1:]
			}
			continue
		}
		letters := b[:j]
		if len(letters)%4 == 1 {
			letters = letters[:j-1]
		}
		raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(letters)))
		n, _ := base64.RawStdEncoding.Decode(raw, letters)
		units := make([]uint16, 0, n/2)
		for k := 0; k+1 < n; k += 2 {
			units = append(units, uint16(raw[k])<<8|uint16(raw[k+1]))
		}
		out.WriteString(string(utf16.Decode(units)))
		b = b[j:]
		if len(b) > 0 && b[0] == '-' {
			b = b[1:]
		}
	}
	return strings.ToValidUTF8(out.String(), "\uFFFD")
}

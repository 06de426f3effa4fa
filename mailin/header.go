package mailin

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Field is one header field: its name as written and its value unfolded, as
// UTF-8, without control characters. Encoded words are not decoded.
type Field struct {
	Name, Value string

	lower string // the name in lower case, as names are compared
}

func (f Field) key() string { return f.lower }

// Header holds the fields of a message in their order from the top, so that
// the position of trace fields can be judged.
type Header []Field

// Get returns the value of the first field of that name, or "".
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Has says whether a field of that name exists, even an empty one.
func (h Header) Has(name string) bool {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}

// Values returns the values of all fields of that name, from the top.
func (h Header) Values(name string) []string {
	var out []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			out = append(out, f.Value)
		}
	}
	return out
}

// readHeader reads one header block up to the empty line, a boundary or the
// end. It accepts what strict parsers refuse, because a mail must never be
// dropped for its form:
//   - an mbox separator ("From …", ">From …") before or between fields;
//   - a parameter line that lost its indentation after a field ending in ";";
//   - a line without a colon: skipped when fields go on behind it, otherwise
//     the body begins there (the empty line was lost).
//
// ended says that there is no body: a boundary or the end came first.
func (s *scanner) readHeader(warn func(string)) (h Header, ended bool) {
	var size int
	var cur []byte // the field being unfolded
	over := false
	flush := func() {
		if len(cur) > 0 {
			if f, ok := splitField(cur); ok {
				h = append(h, f)
			}
			cur = cur[:0]
		}
	}
	for {
		line, ok := s.line()
		if !ok {
			flush()
			return h, true
		}
		text := bytes.TrimRight(line, "\r\n")
		if len(text) == 0 {
			break
		}
		size += len(line)
		if size > maxHeaderBytes {
			if !over {
				over = true
				warn("header is larger than 256 KiB, the rest of it is not read")
				flush()
			}
			continue
		}
		switch {
		case (text[0] == ' ' || text[0] == '\t') && len(cur) > 0:
			if len(bytes.TrimSpace(text)) == 0 {
				// A line of blanks only: RFC 5322 4.2 allows it inside a field,
				// mail programs write it for the empty line. Look on.
				if next := s.peekLine(); !isFieldLine(next) && !isFolded(next) {
					flush()
					return h, false
				}
				continue
			}
			cur = appendFold(cur, text, warn)
		case isFieldLine(text):
			flush()
			cur = appendFold(cur, text, warn)
		case isMboxLine(text):
			flush()
		case len(cur) > 0 && cur[len(cur)-1] == ';' && bytes.IndexByte(text, '=') > 0:
			warn("a header field continues without indentation")
			cur = append(appendFold(cur, []byte(" "), warn), text...)
		default:
			// Looking ahead moves the buffer that line stands in.
			line = append([]byte(nil), line...)
			text = bytes.TrimRight(line, "\r\n")
			next := s.peekLine()
			if len(cur) > 0 && s.fieldAhead() {
				warn("a header field continues without indentation")
				cur = append(appendFold(cur, []byte(" "), warn), text...)
				continue
			}
			if len(h) == 0 && len(cur) == 0 && !isFieldLine(next) {
				warn("no header")
				s.unread(line)
				return h, false
			}
			if isFieldLine(next) || isFolded(next) {
				warn("a header line has no colon")
				flush()
				continue
			}
			flush()
			if len(bytes.TrimRight(next, "\r\n")) == 0 && len(next) > 0 {
				warn("a header line has no colon")
				continue
			}
			warn("no empty line between header and body")
			s.unread(line)
			return h, false
		}
	}
	flush()
	return h, false
}

// appendFold adds a line to the field being unfolded, up to maxFieldBytes.
func appendFold(cur, text []byte, warn func(string)) []byte {
	if len(cur)+len(text) > maxFieldBytes {
		warn("a header field is longer than 16 KiB and was cut")
		text = text[:max(0, maxFieldBytes-len(cur))]
	}
	return append(cur, text...)
}

// knownFields are names whose appearance further on proves that the header has
// not ended yet.
var knownFields = []string{"from:", "to:", "subject:", "date:", "message-id:", "mime-version:", "content-type:", "received:"}

// fieldAhead says whether such a field follows before the next empty line.
func (s *scanner) fieldAhead() bool {
	ahead, _ := s.br.Peek(2048)
	for len(ahead) > 0 {
		line, rest, _ := bytes.Cut(ahead, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			return false
		}
		for _, name := range knownFields {
			if len(line) > len(name) && line[len(name)-1] == ':' && strings.EqualFold(string(line[:len(name)]), name) {
				return true
			}
		}
		ahead = rest
	}
	return false
}

func isFolded(line []byte) bool {
	return len(line) > 0 && (line[0] == ' ' || line[0] == '\t') && len(bytes.TrimSpace(line)) > 0
}

func isMboxLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// isFieldLine says whether a line starts a field: a name of printable ASCII
// without blanks, perhaps blanks (obsolete syntax, RFC 5322 4.5), a colon.
func isFieldLine(line []byte) bool {
	for i, c := range line {
		if c == ':' {
			return i > 0
		}
		if c == ' ' || c == '\t' {
			rest := bytes.TrimLeft(line[i:], " \t")
			return i > 0 && len(rest) > 0 && rest[0] == ':'
		}
		if c < 33 || c > 126 {
			return false
		}
	}
	return false
}

func splitField(line []byte) (Field, bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return Field{}, false
	}
	name := strings.TrimRight(string(line[:i]), " \t")
	return Field{Name: name, Value: cleanHeader(toUTF8(line[i+1:], "")), lower: lowerASCII(name)}, true
}

// cleanHeader makes decoded header text harmless: no line ends, NUL, C0 and
// C1 controls, line separators and bidirectional controls, so that it can
// neither inject fields nor turn text around on screen.
func cleanHeader(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if s[i] < 32 || s[i] >= 127 {
			clean = false
			break
		}
	}
	if clean {
		return strings.Trim(s, " ")
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r == '\t' || r == '\r' || r == '\n' || r == 0x2028 || r == 0x2029 || r == 0x85:
			b.WriteByte(' ')
		case r < 32 || r == 127 || r >= 0x80 && r < 0xA0 || isBidi(r):
		default:
			b.WriteRune(r) // an invalid byte becomes U+FFFD here
		}
	}
	return strings.TrimSpace(b.String())
}

// isBidi says whether a rune changes the direction of the text around it.
func isBidi(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C
}

// lowerASCII is strings.ToLower for ASCII: it never changes other letters, so
// no address of another script can become one of ours.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// validText makes body text storable: valid UTF-8, no NUL, LF line ends.
func validText(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

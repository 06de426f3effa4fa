package mailin

import (
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf8"
)

// decodeHeaderText decodes the encoded words (RFC 2047) of a header value and
// cleans the result. It reads them wherever they stand, also inside quotes and
// glued to other text, with blanks inside, and with letters that were split
// between two words, because senders write all of these.
func decodeHeaderText(s string) string {
	return cleanHeader(decodeWords(s))
}

func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var out strings.Builder
	var pend []byte // decoded bytes of adjacent words of one charset
	var pendSet string
	flush := func() {
		if len(pend) > 0 {
			out.WriteString(toUTF8(pend, pendSet))
			pend = pend[:0]
		}
	}
	afterWord := false
	for {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		set, raw, rest, ok := splitWord(s[i:])
		if !ok {
			flush()
			out.WriteString(s[:i+2])
			s = s[i+2:]
			afterWord = false
			continue
		}
		if gap := s[:i]; !(afterWord && strings.TrimSpace(gap) == "") {
			flush()
			out.WriteString(gap)
		}
		if !strings.EqualFold(set, pendSet) {
			flush()
			pendSet = set
		}
		pend = append(pend, raw...)
		afterWord = true
		s = rest
	}
	flush()
	out.WriteString(s)
	return out.String()
}

// splitWord splits "=?charset?B|Q?text?=rest".
func splitWord(s string) (set string, raw []byte, rest string, ok bool) {
	body := s[2:]
	q1 := strings.IndexByte(body, '?')
	if q1 <= 0 || q1 > 64 || len(body) < q1+3 || body[q1+2] != '?' {
		return
	}
	set = body[:q1]
	if i := strings.IndexByte(set, '*'); i > 0 {
		set = set[:i] // RFC 2231 5: language
	}
	text := body[q1+3:]
	end := strings.Index(text, "?=")
	switch body[q1+1] {
	case 'B', 'b':
		if end < 0 {
			return
		}
		raw = decodeBase64Word(text[:end])
	case 'Q', 'q':
		if end == 0 && len(text) > 2 && isHexPair(text[2:]) {
			// "?=XX": the text begins with a question mark.
			if k := strings.Index(text[2:], "?="); k >= 0 {
				end = k + 2
			}
		}
		if end < 0 {
			return
		}
		raw = decodeQPLine(nil, []byte(strings.ReplaceAll(text[:end], "_", "=20")))
		if !isASCII([]byte(text[:end])) && utf8.Valid(raw) {
			set = "utf-8" // letters that were never encoded: the field is read as UTF-8 already
		}
	default:
		return
	}
	return set, raw, text[end+2:], true
}

func isHexPair(s string) bool {
	if len(s) < 2 {
		return false
	}
	_, a := unhex(s[0])
	_, b := unhex(s[1])
	return a && b
}

func decodeBase64Word(s string) []byte {
	var out []byte
	group := make([]byte, 0, len(s))
	flush := func() {
		if len(group)%4 == 1 {
			group = group[:len(group)-1]
		}
		raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(group)))
		n, _ := base64.RawStdEncoding.Decode(raw, group)
		out = append(out, raw[:n]...)
		group = group[:0]
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case base64Alphabet[c]:
			group = append(group, c)
		case c == '=':
			flush()
		}
	}
	flush()
	return out
}

// parameters reads "value; name=value; …" (RFC 2045 5.1) with continuations
// and charsets (RFC 2231), tolerating blanks, missing quotes and missing
// semicolons. Names are lower case; values are decoded but not cleaned.
func parameters(s string) (value string, params map[string]string) {
	value, s, _ = strings.Cut(s, ";")
	value = lowerASCII(strings.TrimSpace(value))
	if i := strings.IndexAny(value, " \t"); i > 0 {
		s = value[i:] + ";" + s
		value = value[:i]
	}
	var order []string
	raw := map[string]string{}
	for len(s) > 0 && len(raw) < 200 {
		s = strings.TrimLeft(s, " \t;")
		eq := strings.IndexByte(s, '=')
		if eq < 0 {
			break
		}
		if semi := strings.IndexByte(s[:eq], ';'); semi >= 0 {
			s = s[semi+1:]
			continue
		}
		name := lowerASCII(strings.TrimSpace(s[:eq]))
		if i := strings.LastIndexAny(name, " \t"); i >= 0 {
			name = name[i+1:]
		}
		var v string
		v, s = parameterValue(strings.TrimLeft(s[eq+1:], " \t"))
		if _, dup := raw[name]; !dup && name != "" {
			raw[name] = v
			order = append(order, name)
		}
	}
	if len(raw) == 0 {
		return value, nil
	}
	params = make(map[string]string, len(raw))
	for _, name := range order {
		base, star, found := strings.Cut(name, "*")
		switch {
		case !found:
			if _, done := params[name]; !done {
				params[name] = decodeWords(raw[name])
			}
		case star == "": // name*=charset'lang'text
			params[base] = decodeExtended([]string{raw[name]}, []bool{true})
		case star == "0" || star == "0*":
			params[base] = joinContinued(raw, base)
		}
	}
	return value, params
}

// parameterValue takes a quoted string or a token from the front of s.
func parameterValue(s string) (v, rest string) {
	if strings.HasPrefix(s, `"`) {
		var b strings.Builder
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
				i++
				b.WriteByte(s[i])
			case s[i] == '"':
				return b.String(), s[i+1:]
			default:
				b.WriteByte(s[i])
			}
		}
		// The closing quote is missing: the value ends at the semicolon.
		v, rest, _ = strings.Cut(s[1:], ";")
		return v, rest
	}
	v, rest, _ = strings.Cut(s, ";")
	v = strings.TrimSpace(v)
	return v, rest
}

// joinContinued joins name*0, name*1*, … (RFC 2231 3).
func joinContinued(raw map[string]string, base string) string {
	var pieces []string
	var extended []bool
	for i := 0; i < 200; i++ {
		n := base + "*" + itoa(i)
		if v, ok := raw[n+"*"]; ok {
			pieces, extended = append(pieces, v), append(extended, true)
		} else if v, ok := raw[n]; ok {
			pieces, extended = append(pieces, v), append(extended, false)
		} else {
			break
		}
	}
	return decodeExtended(pieces, extended)
}

func decodeExtended(pieces []string, extended []bool) string {
	set := ""
	var b []byte
	for i, p := range pieces {
		if !extended[i] {
			b = append(b, p...)
			continue
		}
		if i == 0 {
			if parts := strings.SplitN(p, "'", 3); len(parts) == 3 {
				set, p = parts[0], parts[2]
			}
		}
		if u, err := url.PathUnescape(p); err == nil {
			p = u
		}
		b = append(b, p...)
	}
	s := toUTF8(b, set)
	if strings.Contains(s, "=?") {
		s = decodeWords(s)
	}
	return s
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + itoa(i%10)
}

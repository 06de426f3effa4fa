package mailin

import (
	"io"
	"mime"
	"net/mail"
	"strings"

	"postdesk/core"
)

// Address is one mailbox of an address field. The name is what the sender
// wrote beside it and proves nothing.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// SingleFrom returns the one mailbox that may be taken for an identity:
// exactly one From field with exactly one mailbox, no group, a dot-atom local
// part and a domain of ASCII labels, read alike by the standard library's
// parser, and not what stands for somebody erased. Anything else is a way to show one address to a checker and another
// to us. The address is returned with its domain in lower case.
func (m *Message) SingleFrom() (Address, bool) {
	if m.FromFields != 1 || len(m.From) != 1 || !m.strictFrom {
		return Address{}, false
	}
	a := m.From[0]
	local, domain, ok := cutAddress(a.Address)
	if !ok || !isDotAtom(local) || !isHostName(domain) || core.IsErased(lowerASCII(a.Address)) {
		return Address{}, false
	}
	a.Address = local + "@" + lowerASCII(domain)
	return a, true
}

// strictMailbox says whether the standard library reads the field value as the
// very same single mailbox.
func strictMailbox(value string, have []Address) bool {
	if len(have) != 1 {
		return false
	}
	p := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: func(_ string, r io.Reader) (io.Reader, error) { return r, nil }}}
	list, err := p.ParseList(value)
	return err == nil && len(list) == 1 && list[0].Address == have[0].Address &&
		!strings.ContainsRune(strings.TrimRight(value, " "), ';')
}

func cutAddress(a string) (local, domain string, ok bool) {
	i := strings.LastIndexByte(a, '@')
	if i <= 0 || i == len(a)-1 {
		return "", "", false
	}
	return a[:i], a[i+1:], true
}

func isDotAtom(s string) bool {
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x80 || c <= ' ' || c == 127 || strings.IndexByte(`()<>[]:;@\,"`, c) >= 0 {
			return false
		}
	}
	return true
}

func isHostName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			c := label[i]
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
				return false
			}
		}
	}
	return true
}

// addressReader reads an address list (RFC 5322 3.4 and 4.4) in one pass. It
// takes what is written wrongly as far as an address can be seen in it.
type addressReader struct {
	list    []Address
	name    strings.Builder // display name or bare words so far
	comment string          // last comment: the name in "a@x.test (Ana)"
	angle   string          // address between angle brackets
	hasAddr bool
	bare    strings.Builder // text that may be an address itself
	literal bool            // a quote or comment is never closed: read no more of them
}

// appendAddresses adds the mailboxes of a field value, up to maxAddresses.
func appendAddresses(list []Address, value string) []Address {
	if strings.TrimSpace(value) == "" {
		return list
	}
	p := addressReader{list: list}
	for i := 0; i < len(value) && len(p.list) < maxAddresses; {
		c := value[i]
		if c == '=' && strings.HasPrefix(value[i:], "=?") {
			// An encoded word is taken whole: it may hold what divides addresses.
			if _, _, rest, ok := splitWord(value[i:]); ok {
				word := value[i : len(value)-len(rest)]
				p.name.WriteString(word)
				p.bare.WriteString(word)
				i += len(word)
				continue
			}
		}
		switch c {
		case '"':
			text, n := "", 1
			if !p.literal {
				text, n = quotedString(value[i:])
				p.literal = n == 1
			}
			p.name.WriteString(text)
			p.bare.WriteString(value[i : i+n])
			i += n
		case '(':
			text, n := "", 1
			if !p.literal {
				text, n = comment(value[i:])
				p.literal = n == 1
			}
			p.comment = text
			i += n
		case '<':
			j := strings.IndexByte(value[i:], '>')
			if j < 0 {
				if k := strings.IndexAny(value[i:], ",;"); k >= 0 {
					j = k
				} else {
					j = len(value) - i
				}
				p.angle = value[i+1 : i+j]
				i += j
			} else {
				p.angle = value[i+1 : i+j]
				i += j + 1
			}
			p.hasAddr = true
		case ',', ';':
			p.flush()
			i++
		case ':':
			// The name of a group, unless it belongs to something like "mailto:".
			if !p.hasAddr && !strings.Contains(p.bare.String(), "@") {
				p.name.Reset()
				p.bare.Reset()
			}
			i++
		case '[':
			// A domain literal may hold ":" and ",".
			j := strings.IndexByte(value[i:], ']')
			if j < 0 || j > 64 {
				j = 0
			}
			p.bare.WriteString(value[i : i+j+1])
			p.name.WriteString(value[i : i+j+1])
			i += j + 1
		default:
			p.name.WriteByte(c)
			p.bare.WriteByte(c)
			i++
		}
	}
	if len(p.list) < maxAddresses {
		p.flush()
	}
	return p.list
}

// flush ends one mailbox.
func (p *addressReader) flush() {
	name, addr := strings.TrimSpace(p.name.String()), ""
	if p.hasAddr {
		addr = p.angle
		if i := strings.LastIndexByte(addr, ':'); i >= 0 && strings.HasPrefix(strings.TrimSpace(addr), "@") {
			addr = addr[i+1:] // a route (RFC 5322 4.4)
		}
		addr = strings.TrimPrefix(lowerPrefix(addr, "mailto:"), "mailto:")
	} else {
		addr, name = p.bare.String(), ""
		if fields := strings.Fields(addr); len(fields) > 1 && !strings.Contains(addr, " @") && !strings.Contains(addr, "@ ") {
			// "Ana Sol ana@city.test": the angle brackets were forgotten.
			if last := fields[len(fields)-1]; strings.Contains(last, "@") {
				addr, name = last, strings.Join(fields[:len(fields)-1], " ")
			}
		}
	}
	if strings.Contains(addr, "=?") {
		addr = decodeWords(addr)
	}
	addr = cleanAddress(addr)
	if name == "" {
		name = p.comment
	}
	name = decodeHeaderText(name)
	if strings.Contains(name, "  ") {
		name = strings.Join(strings.Fields(name), " ")
	}
	if addr == "" && strings.Contains(name, "@") && !strings.ContainsAny(name, " <>") {
		addr, name = cleanAddress(name), "" // "<>" behind an address as name
	}
	// Bare words are no address ("To: all colleagues"), but a single word
	// between angle brackets is one of this host ("<MAILER-DAEMON>").
	if addr != "" && (p.hasAddr || strings.Contains(addr, "@")) || name != "" && p.hasAddr {
		p.list = append(p.list, Address{Name: name, Address: addr})
	}
	p.name.Reset()
	p.bare.Reset()
	p.comment, p.angle, p.hasAddr = "", "", false
}

// cleanAddress removes blanks and what cannot be part of an address. A text
// without "@" is no address but for local names such as "root".
func cleanAddress(a string) string {
	a = cleanHeader(a)
	if strings.HasPrefix(a, `"`) && strings.Contains(a, `"@`) {
		local, rest, _ := strings.Cut(a[1:], `"@`)
		if isDotAtom(local) {
			return local + "@" + strings.TrimSpace(rest)
		}
		return `"` + local + `"@` + strings.TrimSpace(rest)
	}
	a = strings.Join(strings.Fields(a), "")
	a = strings.TrimRight(strings.Trim(a, `<>'",;`), ".")
	if a == "" || len(a) > 320 {
		return ""
	}
	return a
}

func lowerPrefix(s, prefix string) string {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return prefix + s[len(prefix):]
	}
	return s
}

// quotedString reads a quoted string at the front of s: its text and length.
func quotedString(s string) (string, int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), i + 1
		default:
			b.WriteByte(s[i])
		}
	}
	// The quote is never closed: it is an ordinary letter.
	return "", 1
}

// comment reads a comment, nested ones included, at the front of s.
func comment(s string) (string, int) {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i+1 < len(s) {
				i++
				b.WriteByte(s[i])
			}
			continue
		case '(':
			depth++
			if depth == 1 {
				continue
			}
		case ')':
			depth--
			if depth == 0 {
				return b.String(), i + 1
			}
		}
		b.WriteByte(s[i])
	}
	return "", 1
}

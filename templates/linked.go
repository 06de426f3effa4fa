package templates

import (
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var webAddress = regexp.MustCompile(`(?i)\bhttps?://[^\s<>"\x60]+`)

// Linked turns plain text into HTML that shows the same: escaped, line breaks and runs of spaces kept, web addresses made
// into links. Only http and https become links, and a link shows the address it leads to. The attributes are added to
// each link.
func Linked(text string, attributes template.HTMLAttr) template.HTML {
	text = Plain(text)
	var b strings.Builder
	at := 0
	for _, found := range webAddress.FindAllStringIndex(text, -1) {
		address := trimAddress(text[found[0]:found[1]])
		if u, err := url.Parse(address); err != nil || u.Hostname() == "" {
			continue
		}
		b.WriteString(escaped(text[at:found[0]]))
		b.WriteString(`<a href="` + html.EscapeString(address) + `" rel="noopener noreferrer nofollow"`)
		if attributes != "" {
			b.WriteString(" " + string(attributes))
		}
		b.WriteString(">" + html.EscapeString(address) + "</a>")
		at = found[0] + len(address)
	}
	b.WriteString(escaped(text[at:]))
	return template.HTML(b.String()) // built from escaped pieces only
}

// trimAddress leaves the sentence's punctuation behind an address to the sentence; a closing bracket belongs to the
// address only if it was opened there.
func trimAddress(address string) string {
	const opening, closing = "([{", ")]}"
	var unopened [len(closing)]int
	for i := range closing {
		unopened[i] = strings.Count(address, closing[i:i+1]) - strings.Count(address, opening[i:i+1])
	}
	for address != "" {
		last, size := utf8.DecodeLastRuneInString(address)
		i := strings.IndexRune(closing, last)
		switch {
		case i >= 0 && unopened[i] > 0:
			unopened[i]--
		case i < 0 && strings.ContainsRune(".,;:!?'*_~»”’…", last):
		default:
			return address
		}
		address = address[:len(address)-size]
	}
	return address
}

func escaped(text string) string {
	text = html.EscapeString(text)
	text = strings.ReplaceAll(text, "  ", "&nbsp; ")
	return strings.ReplaceAll(text, "\n", "<br>\n")
}

// Plain brings line ends to \n and drops what neither a page nor a mail can show: other controls, and the marks that
// make text read in another order than it is written.
func Plain(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", "    ").Replace(strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, text)
}

package templates

import (
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strings"
)

// What the lines of a longer text begin with, where they are more than a line of a paragraph.
var (
	proseHeading = regexp.MustCompile(`^(#{1,6})\s+(.*\S)\s*$`)
	proseBullet  = regexp.MustCompile(`^\s{0,3}[-*•]\s+(\S.*)$`)
	proseNumber  = regexp.MustCompile(`^\s{0,3}(\d{1,4})[.)]\s+(\S.*)$`)
	proseMark    = regexp.MustCompile("`([^`\n]+)`|\\*\\*([^*\n]+)\\*\\*")
)

const proseFence = "```"

// Prose turns the text of an article into HTML: headings (#), lists (- or 1.), what stands between lines of ``` letter by
// letter, **strong**, `code` and web addresses; all else is paragraphs, as in Linked. It is the part of Markdown that
// reads well as plain text too, since the same text is mailed and told by the API. Headings begin below the page's own
// and leave out no level, whatever was written.
func Prose(text string) template.HTML {
	p := prose{level: 1}
	for line := range strings.Lines(Plain(text)) {
		p.line(strings.TrimRight(line, " \n"))
	}
	p.end()
	return template.HTML(p.b.String()) // built from escaped pieces only
}

// prose is a text on its way.
type prose struct {
	b     strings.Builder
	block []string // the lines of the block that is being read; in a list, those on which an item goes on begin with \n
	kind  string   // its element; "" = none
	first string   // the number that a numbered list begins with
	level int      // of the last heading
}

func (p *prose) line(line string) {
	if strings.TrimSpace(line) == proseFence {
		if p.kind == "pre" {
			p.end()
			return
		}
		p.end()
		p.kind = "pre"
		return
	}
	if p.kind == "pre" {
		p.block = append(p.block, line)
		return
	}
	if m := proseHeading.FindStringSubmatch(line); m != nil {
		p.end()
		p.level = min(len(m[1])+1, p.level+1, 6)
		fmt.Fprintf(&p.b, "<h%d>%s</h%d>\n", p.level, inline(m[2]), p.level)
		return
	}
	if m := proseBullet.FindStringSubmatch(line); m != nil {
		p.item("ul", m[1])
		return
	}
	if m := proseNumber.FindStringSubmatch(line); m != nil {
		if p.kind != "ol" {
			p.end()
			p.first = m[1]
		}
		p.item("ol", m[2])
		return
	}
	list := p.kind == "ul" || p.kind == "ol"
	switch {
	case line == "":
		p.end()
	case list && strings.HasPrefix(line, " "): // the item goes on
		p.block = append(p.block, "\n"+strings.TrimSpace(line))
	default:
		if list {
			p.end()
		}
		p.kind = "p"
		p.block = append(p.block, line)
	}
}

func (p *prose) item(kind, text string) {
	if p.kind != kind {
		p.end()
	}
	p.kind = kind
	p.block = append(p.block, text)
}

// end writes the block that was read.
func (p *prose) end() {
	switch p.kind {
	case "p":
		p.b.WriteString("<p>" + inline(strings.Join(p.block, "\n")) + "</p>\n")
	case "pre":
		p.b.WriteString(`<pre tabindex="0">` + html.EscapeString(strings.Join(p.block, "\n")) + "</pre>\n")
	case "ul", "ol":
		start := ""
		if p.kind == "ol" && p.first != "1" {
			start = ` start="` + p.first + `"`
		}
		p.b.WriteString("<" + p.kind + start + ">\n")
		for len(p.block) > 0 {
			n := 1
			for n < len(p.block) && strings.HasPrefix(p.block[n], "\n") {
				n++
			}
			p.b.WriteString("<li>" + inline(strings.Join(p.block[:n], "")) + "</li>\n")
			p.block = p.block[n:]
		}
		p.b.WriteString("</" + p.kind + ">\n")
	}
	p.kind, p.block = "", nil
}

// inline sets what stands within a line.
func inline(text string) string {
	var b strings.Builder
	at := 0
	linked := func(s string) string { return string(Linked(s, `target="_blank"`)) }
	for _, m := range proseMark.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(linked(text[at:m[0]]))
		if m[2] >= 0 {
			b.WriteString("<code>" + html.EscapeString(text[m[2]:m[3]]) + "</code>")
		} else {
			b.WriteString("<strong>" + linked(text[m[4]:m[5]]) + "</strong>")
		}
		at = m[1]
	}
	b.WriteString(linked(text[at:]))
	return b.String()
}

// Excerpt is the beginning of an article's text in one line, without its marks; limit is in characters.
func Excerpt(text string, limit int) string {
	var words []string
	for line := range strings.Lines(Plain(text)) {
		line = strings.TrimSpace(line)
		for _, mark := range []*regexp.Regexp{proseHeading, proseBullet, proseNumber} {
			if m := mark.FindStringSubmatch(line); m != nil {
				line = m[len(m)-1]
			}
		}
		if line != proseFence {
			words = append(words, strings.Fields(proseMark.ReplaceAllString(line, "$1$2"))...)
		}
	}
	all := []rune(strings.Join(words, " "))
	if len(all) <= limit {
		return string(all)
	}
	cut := string(all[:limit])
	if i := strings.LastIndexByte(cut, ' '); i > limit/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,.;:") + "…"
}

package mailin

import (
	"strings"

	"golang.org/x/net/html"
)

// htmlText turns HTML into readable text: lists, quotes ("> ") and links are
// kept. It works on the token stream and not on a tree, because the tree
// parser refuses more than 512 nested elements and a mail must be readable
// whatever its nesting; the stream also needs time in proportion to its size.
type htmlText struct {
	text     string
	quoteAt  int // offset where the mail program's own container of the quote begins, or -1
	quoteEnd int // offset where it ends; len(text) when it is never closed
	remote   int // images of other hosts
}

// maxQuotePrefix bounds the marks before a line, or nesting would make the
// text grow with the square of the input.
const maxQuotePrefix = 10

// blockTags start a line; with 2 they are set apart by an empty line.
var blockTags = map[string]int{
	"p": 2, "div": 1, "h1": 2, "h2": 2, "h3": 2, "h4": 2, "h5": 2, "h6": 2, "ul": 1, "ol": 1, "dl": 1, "dt": 1, "dd": 1,
	"table": 1, "tr": 1, "caption": 1, "pre": 1, "center": 1, "section": 1, "article": 1, "header": 1, "footer": 1,
	"address": 1, "form": 1, "fieldset": 1, "body": 1, "thead": 1, "tbody": 1, "main": 1, "aside": 1, "nav": 1, "figure": 1,
}

// silentTags hold no readable text.
var silentTags = map[string]bool{"style": true, "script": true, "title": true, "template": true, "xml": true}

type htmlWriter struct {
	out      strings.Builder
	line     []byte
	blank    bool // the last line written is empty, or nothing is written yet
	space    bool // white space waits for the next word
	quote    int  // open block quotes
	pre      int
	lists    []int // open lists: next number, or 0 for bullets
	href     string
	linkFrom int // offset in line where the text of the link begins
	silent   string
	divs     int
	quoteDiv int // number of open divs around the quote's container
	res      htmlText
}

func readHTML(s string) htmlText {
	w := &htmlWriter{blank: true}
	w.res.quoteAt, w.res.quoteEnd = -1, -1
	z := html.NewTokenizer(strings.NewReader(s))
	var attrs [][2]string
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			w.endLine()
			w.res.text = strings.TrimRight(w.out.String(), "\n")
			if w.res.quoteEnd < 0 || w.res.quoteEnd > len(w.res.text) {
				w.res.quoteEnd = len(w.res.text)
			}
			if w.res.quoteAt > len(w.res.text) {
				w.res.quoteAt = -1
			}
			return w.res
		case html.TextToken:
			if w.silent == "" {
				w.write(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			raw, more := z.TagName()
			name := tagName(raw)
			attrs = attrs[:0]
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				if tagAttrs[string(k)] && len(attrs) < 16 {
					attrs = append(attrs, [2]string{string(k), string(v)})
				}
			}
			w.open(name, attrs)
			if kind == html.SelfClosingTagToken && w.silent == name {
				w.silent = ""
			}
		case html.EndTagToken:
			raw, _ := z.TagName()
			w.close(tagName(raw))
		}
	}
}

// tagAttrs are the attributes that are looked at.
var tagAttrs = map[string]bool{"class": true, "id": true, "style": true, "href": true, "src": true, "srcset": true, "alt": true, "background": true}

// tagName makes a name of the tokenizer's bytes; the names that all mail has
// are shared.
func tagName(b []byte) string {
	switch string(b) {
	case "div":
		return "div"
	case "br":
		return "br"
	case "p":
		return "p"
	case "span":
		return "span"
	case "b":
		return "b"
	case "td":
		return "td"
	case "tr":
		return "tr"
	case "a":
		return "a"
	}
	return string(b)
}

func (w *htmlWriter) open(tag string, attrs [][2]string) {
	if w.silent != "" {
		return
	}
	attr := func(name string) string {
		for _, a := range attrs {
			if a[0] == name {
				return a[1]
			}
		}
		return ""
	}
	if isRemote(attr("background")) {
		w.res.remote++
	}
	switch tag {
	case "br":
		w.breakLine()
		return
	case "hr":
		w.endLine()
		w.line = append(w.line, "________________________________"...)
		w.endLine()
		return
	case "img":
		if isRemote(attr("src")) || attr("src") == "" && isRemote(attr("srcset")) {
			w.res.remote++
		}
		if alt := strings.Join(strings.Fields(attr("alt")), " "); alt != "" && len(alt) < 200 {
			w.write("[" + alt + "]")
		}
		return
	case "a":
		w.href = ""
		if h := strings.TrimSpace(attr("href")); len(h) > 7 && len(h) < 4096 && (strings.EqualFold(h[:7], "http://") || strings.EqualFold(h[:7], "https:/")) {
			w.href = strings.Join(strings.Fields(h), "")
		}
		w.linkFrom = len(w.line)
		return
	case "td", "th":
		if len(w.line) > 0 {
			w.space = false
			w.line = append(w.line, "  "...)
		}
		return
	case "li":
		w.endLine()
		if n := len(w.lists); n > 0 {
			w.line = append(w.line, strings.Repeat("  ", min(n, maxQuotePrefix)-1)...)
			if w.lists[n-1] > 0 {
				w.line = append(w.line, itoa(w.lists[n-1])+". "...)
				w.lists[n-1]++
				return
			}
		}
		w.line = append(w.line, "- "...)
		return
	case "blockquote":
		w.mark(tag, attr, len(attrs))
		w.endLine()
		w.quote++
		return
	case "ul":
		w.lists = append(w.lists, 0)
	case "ol":
		w.lists = append(w.lists, 1)
	case "pre":
		w.pre++
	}
	if silentTags[tag] {
		w.silent = tag
		return
	}
	gap, block := blockTags[tag]
	if !block {
		return
	}
	w.mark(tag, attr, len(attrs))
	w.endLine()
	if gap == 2 && !strings.Contains(attr("class"), "MsoNormal") && !w.blank {
		w.emptyLine()
	}
	if tag == "div" {
		w.divs++
	}
}

func (w *htmlWriter) close(name string) {
	if w.silent != "" {
		if w.silent == name {
			w.silent = ""
		}
		return
	}
	switch name {
	case "a":
		w.closeLink()
		return
	case "blockquote":
		w.endLine()
		if w.quote > 0 {
			w.quote--
		}
		return
	case "ul", "ol":
		if n := len(w.lists); n > 0 {
			w.lists = w.lists[:n-1]
		}
	case "pre":
		if w.pre > 0 {
			w.pre--
		}
	case "p":
		w.endLine()
		return
	}
	if _, block := blockTags[name]; block {
		w.endLine()
	}
	if name == "div" {
		w.divs--
		if w.res.quoteAt >= 0 && w.res.quoteEnd < 0 && w.divs == w.quoteDiv {
			w.res.quoteEnd = w.out.Len()
		}
	}
}

// closeLink writes the address of a link behind its text, unless the text says
// it already.
func (w *htmlWriter) closeLink() {
	href := w.href
	w.href = ""
	if href == "" || w.linkFrom > len(w.line) {
		return
	}
	text := strings.TrimSpace(string(w.line[w.linkFrom:]))
	short := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(href, "https://"), "http://"), "/")
	if text == "" || strings.Contains(text, short) {
		return
	}
	w.line = append(w.line, " <"+href+">"...)
}

// write adds text with white space folded, as a browser shows it.
func (w *htmlWriter) write(s string) {
	if w.pre > 0 {
		for i, part := range strings.Split(strings.ReplaceAll(s, "\u00a0", " "), "\n") {
			if i > 0 {
				w.breakLine()
			}
			w.line = append(w.line, part...)
		}
		return
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			w.space = len(w.line) > 0
			continue
		case c == 0xC2 && i+1 < len(s) && s[i+1] == 0xA0:
			i++
			c = ' '
		}
		if w.space {
			w.space = false
			if n := len(w.line); n > 0 && w.line[n-1] != ' ' {
				w.line = append(w.line, ' ')
			}
		}
		w.line = append(w.line, c)
	}
}

// endLine ends the line if anything stands on it.
func (w *htmlWriter) endLine() {
	w.space = false
	text := strings.TrimRight(string(w.line), " ")
	spaced := text == "" && len(w.line) > 0 && !w.blank // a paragraph of a hard blank is an empty line
	w.line = w.line[:0]
	w.linkFrom = 0
	if spaced {
		w.emptyLine()
	}
	if text == "" {
		return
	}
	w.prefix(true)
	w.out.WriteString(text)
	w.out.WriteByte('\n')
	w.blank = false
}

// breakLine ends the line even if it is empty.
func (w *htmlWriter) breakLine() {
	if len(w.line) > 0 {
		w.endLine()
		return
	}
	if w.out.Len() > 0 {
		w.emptyLine()
	}
}

func (w *htmlWriter) emptyLine() {
	w.prefix(false)
	w.out.WriteByte('\n')
	w.blank = true
}

func (w *htmlWriter) prefix(space bool) {
	if w.quote > 0 {
		w.out.WriteString(strings.Repeat(">", min(w.quote, maxQuotePrefix)))
		if space {
			w.out.WriteByte(' ')
		}
	}
}

func isRemote(url string) bool {
	url = strings.TrimSpace(url)
	return len(url) > 2 && (url[:2] == "//" || len(url) > 7 && strings.EqualFold(url[:4], "http"))
}

// stripTags is the last resort for HTML whose text the tokens do not give (an
// unclosed title or script swallows the rest): everything outside "<…>".
func stripTags(s string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		j := strings.IndexByte(s[i:], '>')
		if j < 0 {
			break
		}
		b.WriteByte(' ')
		s = s[i+j+1:]
	}
	return html.UnescapeString(strings.TrimSpace(b.String()))
}

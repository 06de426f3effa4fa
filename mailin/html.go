package mailin

import (
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// htmlPolicy is the allow-list for mail shown in the panel's sandboxed frame.
// There is no style, class, form, frame, svg or math: what is not needed to
// read a mail is not let in. Images are shown only from the mail itself (cid).
var htmlPolicy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "div", "span", "br", "hr", "wbr", "b", "strong", "i", "em", "u", "s", "strike", "del", "ins",
		"small", "big", "sub", "sup", "tt", "code", "kbd", "samp", "pre", "blockquote", "q", "cite", "center",
		"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th")
	p.AllowAttrs("align", "valign").Matching(regexp.MustCompile(`(?i)^(left|right|center|justify|top|middle|bottom|baseline)$`)).
		OnElements("p", "div", "td", "th", "tr", "table", "h1", "h2", "h3")
	number := regexp.MustCompile(`^[0-9]{1,4}%?$`)
	p.AllowAttrs("colspan", "rowspan").Matching(regexp.MustCompile(`^[0-9]{1,3}$`)).OnElements("td", "th")
	p.AllowAttrs("border", "cellpadding", "cellspacing", "width").Matching(number).OnElements("table", "td", "th")
	p.AllowAttrs("start").Matching(number).OnElements("ol")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`(?i)^(ltr|rtl)$`)).Globally()
	p.AllowAttrs("href").Matching(regexp.MustCompile(`(?i)^(https?://|mailto:|tel:)`)).OnElements("a")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`(?i)^cid:[^\s"'<>]+$`)).OnElements("img")
	p.AllowAttrs("alt", "title").OnElements("img")
	p.AllowAttrs("width", "height").Matching(number).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
})

// sanitizeHTML returns the HTML that may be shown.
func sanitizeHTML(s string) string {
	return strings.TrimSpace(validText(htmlPolicy().Sanitize(s)))
}

var metaCharsetRE = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?([a-z0-9_:.-]+)`)

// metaCharset finds the charset that the HTML itself names.
func metaCharset(b []byte) string {
	if len(b) > 2048 {
		b = b[:2048]
	}
	if m := metaCharsetRE.FindSubmatch(b); m != nil {
		return string(m[1])
	}
	return ""
}

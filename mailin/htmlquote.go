package mailin

import "strings"

// mark notes where a mail program's container of the quoted mail begins.
func (w *htmlWriter) mark(tag string, attr func(string) string, attrs int) {
	if w.res.quoteAt >= 0 || attrs == 0 {
		return
	}
	if !isQuoteContainer(attr("class"), attr("id"), attr("style")) {
		return
	}
	w.endLine()
	w.res.quoteAt = w.out.Len()
	w.quoteDiv = w.divs
	if tag != "div" || attr("id") != "" && !strings.Contains(attr("id"), "quote") {
		// Outlook's marks stand before the quote, which then goes to the end.
		w.quoteDiv = -1 << 30
	}
}

// quoteClasses and quoteIDs are the containers that mail programs put around
// or before the mail they quote. Outlook on the web writes "x_" before names
// that it quotes again.
var quoteClasses = []string{"gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra", "moz-forward-container"}

var quoteIDs = []string{"appendonsend", "divrplyfwdmsg", "olk_src_body_section", "mail-editor-reference-message-container",
	"ms-outlook-mobile-body-separator-line", "yahoo_quoted"}

func isQuoteContainer(class, id, style string) bool {
	for _, c := range strings.Fields(class) {
		c = strings.TrimPrefix(lowerASCII(c), "x_")
		for _, q := range quoteClasses {
			if c == q {
				return true
			}
		}
	}
	if id != "" {
		id = strings.TrimPrefix(lowerASCII(id), "x_")
		for _, q := range quoteIDs {
			if strings.HasPrefix(id, q) {
				return true
			}
		}
	}
	if strings.Contains(style, "border-top") && strings.Contains(style, "padding") {
		// Outlook 2007 and later draw a line above the quoted header.
		s := strings.ToLower(strings.Join(strings.Fields(style), ""))
		return strings.Contains(s, "border-top:solid#b5c4df1.0pt") || strings.Contains(s, "border-top:solid#e1e1e11.0pt")
	}
	return false
}

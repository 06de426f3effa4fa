package demo

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// span is a piece of a text, with an address where it is a link.
type span struct{ Text, URL string }

// links finds addresses in a text, without the punctuation that ends the sentence around them.
var links = regexp.MustCompile(`(?:https?://|mailto:)[^\s<>"]*[^\s<>".,;:!?)]`)

// spans marks the links of a text. A mailto: leads to this page's own form, as it would to the person's mail program.
func spans(text, address string) []span {
	var list []span
	at := 0
	for _, m := range links.FindAllStringIndex(text, -1) {
		if m[0] > at {
			list = append(list, span{Text: text[at:m[0]]})
		}
		found := text[m[0]:m[1]]
		list = append(list, span{Text: found, URL: writeLink(found, address)})
		at = m[1]
	}
	if at < len(text) {
		list = append(list, span{Text: text[at:]})
	}
	return list
}

// writeLink turns a mailto: address (RFC 6068) into one of the form; others stay.
func writeLink(link, address string) string {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "mailto" {
		return link
	}
	to, err := url.PathUnescape(u.Opaque)
	if err != nil {
		to = u.Opaque
	}
	// In mailto: a plus is a plus, as in a plus address, and not a blank.
	given, _ := url.ParseQuery(strings.ReplaceAll(u.RawQuery, "+", "%2B"))
	q := url.Values{"to": {to}}
	for _, name := range []string{"subject", "body"} {
		if v := given.Get(name); v != "" {
			q.Set(name, v)
		}
	}
	return "/demo/mail/" + address + "/write?" + q.Encode()
}

// framed is the HTML of a message for its frame: pictures that came with it are put in, links open in a new window or in
// our own form. What scripts, forms and remote pictures may do is settled by the frame's policy. A text that the parser
// refuses (more than 512 nested elements) is shown without its marks.
func framed(l letter, address string) string {
	doc, err := html.Parse(strings.NewReader(l.HTML))
	if err != nil {
		return "<!doctype html><pre>" + html.EscapeString(textOf(l.HTML)) + "</pre>"
	}
	var gone []*html.Node
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Base:
			gone = append(gone, n)
		case atom.Meta:
			if strings.EqualFold(attribute(n, "http-equiv"), "refresh") {
				gone = append(gone, n)
			}
		case atom.A, atom.Area:
			href := strings.TrimSpace(attribute(n, "href"))
			switch scheme, _, _ := strings.Cut(strings.ToLower(href), ":"); scheme {
			case "mailto":
				set(n, "href", writeLink(href, address))
				set(n, "target", "_top")
			case "http", "https":
				set(n, "target", "_blank")
			default: // a new window is outside the frame's sandbox, so nothing else may open one
				set(n, "href", "")
			}
		case atom.Img:
			if id, ok := strings.CutPrefix(attribute(n, "src"), "cid:"); ok {
				set(n, "src", l.picture(id))
			}
		}
	}
	for _, n := range gone {
		n.Parent.RemoveChild(n)
	}
	var b strings.Builder
	if err := html.Render(&b, doc); err != nil {
		return "<!doctype html><pre>" + html.EscapeString(textOf(l.HTML)) + "</pre>"
	}
	return b.String()
}

// picture is a part of the message as a data: address, "" where there is none with this content id (RFC 2392).
func (l letter) picture(id string) string {
	if unescaped, err := url.PathUnescape(id); err == nil {
		id = unescaped
	}
	for _, f := range l.Files {
		if f.ContentID == id && strings.HasPrefix(f.Type, "image/") {
			return "data:" + f.Type + ";base64," + base64.StdEncoding.EncodeToString(f.Data)
		}
	}
	return ""
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func set(n *html.Node, name, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == name {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
}

package desk_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func newJar(t testing.TB) http.CookieJar {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return jar
}

// page is an answer, with its HTML as a tree.
type page struct {
	t      testing.TB
	path   string
	status int
	header http.Header
	body   []byte
	root   *html.Node
	cookie []*http.Cookie
}

func newPage(t testing.TB, r *http.Request, res *http.Response, body []byte) page {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return page{t, r.Method + " " + r.URL.Path, res.StatusCode, res.Header, body, root, res.Cookies()}
}

// find gives the elements that fit a selector: steps of tag, .class, #id and [attribute=value], one within the other.
func find(root *html.Node, selector string) []*html.Node {
	found := []*html.Node{root}
	for _, step := range strings.Fields(selector) {
		var next []*html.Node
		for _, n := range found {
			for d := range n.Descendants() {
				if d.Type == html.ElementNode && fits(d, step) && !slices.Contains(next, d) {
					next = append(next, d)
				}
			}
		}
		found = next
	}
	return found
}

func fits(n *html.Node, step string) bool {
	for step != "" {
		var ok bool
		end := len(step)
		if i := strings.IndexAny(step[1:], ".#["); i >= 0 {
			end = i + 1
		}
		switch part := step[:end]; part[0] {
		case '.':
			ok = slices.Contains(strings.Fields(attr(n, "class")), part[1:])
		case '#':
			ok = attr(n, "id") == part[1:]
		case '[':
			end = strings.IndexByte(step, ']') + 1
			key, value, valued := strings.Cut(step[1:end-1], "=")
			ok = has(n, key) && (!valued || attr(n, key) == value)
		default:
			ok = n.Data == part
		}
		if !ok {
			return false
		}
		step = step[end:]
	}
	return true
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// text is what an element says, with single spaces.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (p page) find(selector string) []*html.Node { return find(p.root, selector) }

func (p page) one(selector string) *html.Node {
	p.t.Helper()
	found := p.find(selector)
	if len(found) != 1 {
		p.t.Fatalf("%s (%d): %d times %s", p.path, p.status, len(found), selector)
	}
	return found[0]
}

func (p page) text(selector string) string {
	var all []string
	for _, n := range p.find(selector) {
		all = append(all, text(n))
	}
	return strings.Join(all, "\n")
}

func (p page) want(status int) page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s: status %d, want %d: %s", p.path, p.status, status, p.text("h1")+" "+p.text(".alert"))
	}
	return p
}

// post sends a form of names and values in turns.
func (b *browser) post(path string, fields ...string) page {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return b.postRaw(path, "application/x-www-form-urlencoded", []byte(values.Encode()))
}

func (b *browser) postRaw(path, kind string, body []byte) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.w.url+path, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

// sending is a file of a form: name, type, content.
type sending struct{ name, kind, content string }

// upload sends a form with files, the fields first as a browser does.
func (b *browser) upload(path string, files []sending, fields ...string) page {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if err := m.WriteField(fields[i], fields[i+1]); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, f := range files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="files"; filename="%s"`, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(f.name)))
		h.Set("Content-Type", f.kind)
		part, err := m.CreatePart(h)
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := part.Write([]byte(f.content)); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.postRaw(path, m.FormDataContentType(), body.Bytes())
}

// fields are the names and values that a form would send as it stands, buttons left out.
func fields(form *html.Node) (out []string) {
	for d := range form.Descendants() {
		name := ""
		if d.Type == html.ElementNode {
			name = attr(d, "name")
		}
		kind := attr(d, "type")
		switch {
		case name == "" || d.Data == "button" || kind == "file":
		case (kind == "radio" || kind == "checkbox") && !has(d, "checked"):
		case d.Data == "textarea":
			out = append(out, name, text(d))
		case d.Data == "select":
			options := find(d, "option[selected]")
			if len(options) == 0 {
				options = find(d, "option")
			}
			out = append(out, name, attr(options[0], "value"))
		default:
			out = append(out, name, attr(d, "value"))
		}
	}
	return out
}

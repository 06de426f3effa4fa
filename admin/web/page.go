package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"postdesk/admin/static"
	"postdesk/core"
	"postdesk/templates"
)

// Frame is what every page has around its content: language, clock, who is signed in. Page data embed it, so templates
// say .T "key" in the reader's language.
type Frame struct {
	templates.Printer
	Nonce  string
	Title  string
	Desk   string // the desk's name
	Me     *core.Person
	Now    time.Time
	Said   []string // what the request before this one has to say
	Links  []LanguageLink
	Query  string // what is searched for
	Held   string // how many mails wait for the reader's decision; "" = they sort none
	Areas  Areas
	Unsent string // how many messages of the reader could not be sent; "" = none
	Path   string // of this page, with its query, for coming back to it
	Part   bool   // only a part is rendered, for a page that stands already
}

// Area is the part of the desk that the page belongs to, for the navigation.
func (f Frame) Area() string {
	path, _, _ := strings.Cut(f.Path, "?")
	switch {
	case path == "/dashboard/ithelpdesk/new":
		return "new"
	case path == "/dashboard/ithelpdesk/drafts":
		return "drafts"
	case strings.HasPrefix(path, "/me/"):
		return "me"
	case path == "/me", strings.HasPrefix(path, "/me/"):
		return "me"
	case path == "/quarantine", strings.HasPrefix(path, "/quarantine/"):
		return "quarantine"
	}
	for _, area := range []string{"knowledge", "news", "approvals", "reports", "templates"} {
		if path == "/"+area || strings.HasPrefix(path, "/"+area+"/") {
			return area
		}
	}
	return "tickets"
}

// Areas are the parts of the desk beside tickets that are for the reader.
type Areas struct {
	Knowledge, News, Reports bool
	Templates                bool
	Approvals                string // how many tickets wait for their decision; "" = none
}

// LanguageLink leads to the same page in a language.
type LanguageLink struct {
	Language core.Language
	Href     string
	Current  bool
}

// Time is the moment for a line of text: the time of today, the date and time before.
func (f Frame) Time(t time.Time) template.HTML {
	if f.Day(t, f.Now) == f.Day(f.Now, f.Now) {
		return f.stamp(t, f.Clock(t))
	}
	return f.stamp(t, f.Moment(t, f.Now))
}

// Age is the moment for the narrow end of a row: the time of today, the date before.
func (f Frame) Age(t time.Time) template.HTML {
	if day := f.Day(t, f.Now); day != f.Day(f.Now, f.Now) {
		return f.stamp(t, day)
	}
	return f.stamp(t, f.Clock(t))
}

func (f Frame) stamp(t time.Time, short string) template.HTML {
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, t.UTC().Format(time.RFC3339),
		template.HTMLEscapeString(f.Moment(t, f.Now)), template.HTMLEscapeString(short)))
}

// Initials are what stands in the circle for a person: of name or address.
func Initials(name string) string {
	name, _, _ = strings.Cut(name, "@")
	var out []rune
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '.' || r == '-' || r == '_' }) {
		for _, r := range word {
			out = append(out, r)
			break
		}
	}
	if len(out) > 2 {
		out = []rune{out[0], out[len(out)-1]}
	}
	return strings.ToUpper(string(out))
}

// Pages are the parsed templates of one directory of pages.
type Pages struct{ all *template.Template }

// LoadPages parses page/<area>/*.html, each together with the shared parts and the icons.
func LoadPages(area string) (*Pages, error) {
	icons, err := loadIcons()
	if err != nil {
		return nil, err
	}
	shared := template.New("").Funcs(template.FuncMap{
		"icon": func(name string) (template.HTML, error) {
			svg, ok := icons[name]
			if !ok {
				return "", fmt.Errorf("no icon %q", name)
			}
			return svg, nil
		},
		"static":   static.Address,
		"initials": Initials,
		"pair":     func(values ...any) []any { return values },
		"linked":   func(text string) template.HTML { return templates.Linked(text, `target="_blank"`) },
	})
	if _, err := shared.ParseFS(templates.Pages, "page/part/*.html"); err != nil {
		return nil, fmt.Errorf("page parts: %w", err)
	}
	if _, err := shared.ParseFS(templates.Pages, "page/"+area+"/*.html"); err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	return &Pages{shared}, nil
}

func loadIcons() (map[string]template.HTML, error) {
	files, err := fs.Glob(templates.Pages, "page/icon/*.svg")
	if err != nil {
		return nil, err
	}
	icons := map[string]template.HTML{}
	for _, file := range files {
		svg, err := templates.Pages.ReadFile(file)
		if err != nil {
			return nil, err
		}
		icons[strings.TrimSuffix(path.Base(file), ".svg")] = template.HTML(strings.TrimSpace(string(svg))) // our own file
	}
	return icons, nil
}

// Wants tells whether the request is htmx's for the element with this id alone, which the answer then replaces.
func Wants(r *http.Request, id string) bool {
	return r.Header.Get("HX-Request") == "true" && strings.HasSuffix(r.Header.Get("HX-Target"), "#"+id)
}

// Render writes a page. Nothing is sent before the page is complete, so a failing template gives an error and no half
// page.
func (p *Pages) Render(w http.ResponseWriter, status int, name string, data any) error {
	return p.RenderPart(w, status, name, name+".html", data)
}

// RenderPart writes the part of a page that a template of that name makes; see Wants.
func (p *Pages) RenderPart(w http.ResponseWriter, status int, name, part string, data any) error {
	var b bytes.Buffer
	if err := p.all.ExecuteTemplate(&b, part, data); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	return err
}

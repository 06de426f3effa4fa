package mailout

import (
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"slices"
	"strings"
	texttemplate "text/template"
	"time"

	"postdesk/core"
	"postdesk/templates"
)

// Renderer turns rows of the outbox into letters. It says what the row's content holds and adds nothing: what the
// recipient may not see is absent there already. Safe for concurrent use.
type Renderer struct {
	// Profile is the path of the page where people say which mails they want (E4); mails lead there. "" = there is none.
	Profile string

	locales *templates.Locales
	zone    func() *time.Location
	forms   map[core.Event]forms
}

// forms are the three templates of an event.
type forms struct {
	subject, text *texttemplate.Template
	html          *htmltemplate.Template
}

// NewRenderer parses the mail templates. Times in mails are told in the zone that zone gives at that moment; without one
// in UTC.
func NewRenderer(locales *templates.Locales, zone func() *time.Location) (*Renderer, error) {
	if zone == nil {
		zone = func() *time.Location { return time.UTC }
	}
	r := &Renderer{locales: locales, zone: zone, forms: map[core.Event]forms{}}
	text, err := texttemplate.ParseFS(templates.Files, "mail/layout.txt")
	if err != nil {
		return nil, fmt.Errorf("mail templates: %w", err)
	}
	html, err := htmltemplate.New("").Funcs(htmltemplate.FuncMap{"linked": linked, "outlook": outlook}).
		ParseFS(templates.Files, "mail/layout.html")
	if err != nil {
		return nil, fmt.Errorf("mail templates: %w", err)
	}
	subjects, err := fs.Glob(templates.Files, "mail/*.subject")
	if err != nil {
		return nil, fmt.Errorf("mail templates: %w", err)
	}
	for _, path := range subjects {
		f, err := parseForms(strings.TrimSuffix(path, ".subject"), text, html)
		if err != nil {
			return nil, fmt.Errorf("mail templates: %w", err)
		}
		r.forms[core.Event(strings.TrimSuffix(strings.TrimPrefix(path, "mail/"), ".subject"))] = f
	}
	return r, nil
}

// parseForms reads an event's files over a copy of the layouts, so that each event fills the blocks in its own way.
func parseForms(stem string, text *texttemplate.Template, html *htmltemplate.Template) (f forms, err error) {
	if f.subject, err = texttemplate.ParseFS(templates.Files, stem+".subject"); err != nil {
		return f, err
	}
	if f.text, err = text.Clone(); err != nil {
		return f, err
	}
	if f.text, err = f.text.ParseFS(templates.Files, stem+".txt"); err != nil {
		return f, err
	}
	if f.html, err = html.Clone(); err != nil {
		return f, err
	}
	f.html, err = f.html.ParseFS(templates.Files, stem+".html")
	return f, err
}

// linked shows a message's text with its web addresses as links in the mail's own colours.
func linked(text string) htmltemplate.HTML {
	return templates.Linked(text, `class="a" style="color:#1f4fbf"`)
}

// outlook is markup for Outlook's Word engine alone, which knows no max-width. html/template drops comments that stand
// in a template, so they come from here.
func outlook(markup string) htmltemplate.HTML {
	return htmltemplate.HTML("<!--[if mso]>" + markup + "<![endif]-->")
}

// Render says an outgoing mail in its recipient's language. Files are left to the caller, which has their content, as is
// the loop mark. publicURL is the desk's address for browsers; without it mails carry no links. An error means that the
// event has no templates or the mail names no usable address, and does not pass by itself.
func (r *Renderer) Render(o core.Outgoing, publicURL string) (Letter, error) {
	f, known := r.forms[o.Event]
	if !known {
		return Letter{}, fmt.Errorf("render mail %s: no templates for event %q", o.ID, o.Event)
	}
	m := r.told(o, publicURL)
	var err error
	if m.events, err = r.carried(o, publicURL); err != nil {
		return Letter{}, err
	}
	l := Letter{
		MessageID: o.MessageID, References: cleanIDs(o.Content.References), Date: o.CreatedAt,
		FromName: o.Content.FromName, FromAddress: o.Content.FromAddress, ReplyTo: m.ReplyAddress, To: o.Address,
		AutoSubmitted: autoSubmitted(o), Reason: reasonHeader(o),
	}
	if ids := cleanIDs([]string{o.Content.InReplyTo}); len(ids) > 0 {
		l.InReplyTo = ids[0]
	}
	if o.Person != nil {
		l.ToName = o.Person.Name
	}
	for _, part := range []struct {
		into *string
		run  func(*strings.Builder) error
	}{
		{&l.Subject, func(b *strings.Builder) error { return f.subject.Execute(b, m) }},
		{&m.next, func(b *strings.Builder) error { return f.text.ExecuteTemplate(b, "next", m) }},
		{&m.Preheader, func(b *strings.Builder) error { return f.text.ExecuteTemplate(b, "preheader", m) }},
		{&l.Text, func(b *strings.Builder) error { return f.text.ExecuteTemplate(b, string(o.Event)+".txt", m) }},
		{&l.HTML, func(b *strings.Builder) error { return f.html.ExecuteTemplate(b, string(o.Event)+".html", m) }},
	} {
		var b strings.Builder
		if err := part.run(&b); err != nil {
			return Letter{}, fmt.Errorf("render mail %s: %w", o.ID, err)
		}
		*part.into = strings.TrimSpace(b.String())
		m.Preheader, m.Title = preview(m.Preheader), cleanText(l.Subject)
	}
	l.Subject = cleanText(l.Subject)
	l.Text, l.HTML = l.Text+"\n", l.HTML+"\n"
	return l, nil
}

// autoSubmitted is what RFC 3834 wants said: a person's reply is no automatic mail.
func autoSubmitted(o core.Outgoing) string {
	switch {
	case o.Event == core.EventTicketCreated && o.Role == core.Requester && !o.Content.Scheduled, o.Event == core.EventReceipt:
		return "auto-replied"
	case o.Automatic:
		return "auto-generated"
	}
	return ""
}

// reasonHeader says why the mail came in a form for machines (E4). A service's name cannot end or add a field: its
// semicolons and percent signs are percent-encoded.
func reasonHeader(o core.Outgoing) string {
	var fields []string
	add := func(field, value string) {
		if value = cleanText(value); value != "" {
			fields = append(fields, field+"="+strings.NewReplacer("%", "%25", ";", "%3B").Replace(value))
		}
	}
	add("role", string(o.Role))
	add("event", string(o.Event))
	add("service", o.Content.Ticket.Service)
	return strings.Join(fields, "; ")
}

// cleanIDs leaves out what cannot stand in a header: the ids of foreign mails are as their senders wrote them.
func cleanIDs(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !ValidMessageID(id) })
}

// preview is the beginning of a text for the line that lists of mails show.
func preview(text string) string {
	const room = 140
	text = cleanText(text)
	runes := []rune(text)
	if len(runes) <= room {
		return text
	}
	text = string(runes[:room])
	if i := strings.LastIndexByte(text, ' '); i > len(text)/2 {
		text = text[:i]
	}
	return text + "…"
}

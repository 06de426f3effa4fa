package desk

import (
	"net/http"
	"net/url"
	"strings"

	"postdesk/admin/web"
	"postdesk/core"
)

// newInputs are the names of the form that opens a ticket, files and custom fields aside.
var newInputs = []string{"service", "subject", "text", "category", "priority", "on_behalf_of", "kept", "template"}

// inputs are the names of the form as this reader has it.
func (p *newPage) inputs() []string {
	known := append([]string{}, newInputs...)
	for _, f := range p.Fields {
		known = append(known, f.Input())
	}
	return known
}

// read takes what the form says.
func (p *newPage) read(form url.Values) {
	p.Service, p.Subject, p.Text, p.OnBehalfOf = form.Get("service"), form.Get("subject"), lineEnds(form.Get("text")), strings.TrimSpace(form.Get("on_behalf_of"))
	p.Category, p.Priority = core.Category(form.Get("category")), core.Priority(form.Get("priority"))
	for i := range p.Fields {
		p.Fields[i].read(form)
	}
}

// keepNew keeps a ticket that is being written, while one types; nothing typed is nothing kept.
func keepNew(v *visit) error {
	p, err := v.newPage()
	if err != nil {
		return err
	}
	form, err := web.ReadForm(v.r, p.inputs()...)
	if err != nil {
		return err
	}
	p.read(form)
	if strings.TrimSpace(p.Subject+p.Text) == "" {
		err = v.Helpdesk.DiscardDraft(v.r.Context(), v.me, 0, core.TicketDraft)
	} else {
		d := core.Draft{Kind: core.TicketDraft, Text: p.Text, Fields: map[string]string{}}
		for _, name := range p.inputs() {
			if value := form.Get(name); value != "" && name != "text" && name != "kept" {
				d.Fields[name] = value
			}
		}
		for _, f := range p.Fields {
			d.Fields[f.Input()] = f.Value
		}
		err = v.Helpdesk.SaveDraft(v.r.Context(), v.me, d, nil)
	}
	if err == nil {
		v.w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// dropNew throws it away.
func dropNew(v *visit) error {
	if err := v.Helpdesk.DiscardDraft(v.r.Context(), v.me, 0, core.TicketDraft); err != nil {
		return err
	}
	return v.redirect(home + "/new")
}

// goOn fills the form in with what was being written, on whatever machine.
func (v *visit) goOn(p *newPage) error {
	drafts, err := v.Helpdesk.Drafts(v.r.Context(), v.me, 0)
	for _, d := range drafts {
		if d.Kind != core.TicketDraft || !d.SendAt.IsZero() {
			continue
		}
		form := url.Values{"text": {d.Text}}
		for name, value := range d.Fields {
			form.Set(name, value)
		}
		one := p.Service // the only service is chosen whatever was so then
		p.read(form)
		p.Since, p.Service = d.UpdatedAt, or(one, p.Service)
		if id := form.Get("template"); id != "" {
			if t, err := v.Helpdesk.Prefill(v.r.Context(), v.me, id); err == nil { // one that serves no more is left out
				p.From = &t
			}
		}
	}
	return err
}

package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// nextRuns is how many tickets of a schedule are told ahead.
const nextRuns = 3

func newTemplate(v *visit) error {
	kind := core.ReplyTemplate
	if v.r.URL.Query().Get("kind") == string(core.TicketTemplate) {
		kind = core.TicketTemplate
	}
	p, err := v.templateForm(kind)
	if err != nil {
		return err
	}
	if len(p.Places) == 0 {
		return v.noTemplates()
	}
	p.MayEdit = true
	p.Values.Set("language", string(p.Places[0].Language))
	p.Values.Set("at", "08:00")
	p.Values.Set("day", "1")
	return v.renderTemplate(http.StatusOK, p)
}

// noTemplates refuses who manages none: as forbidden to who uses them, else as not found.
func (v *visit) noTemplates() error {
	uses, err := v.usesTemplates()
	if err != nil {
		return err
	}
	if uses {
		return core.Refuse(core.Forbidden, "error.forbidden")
	}
	return core.Refuse(core.NotFound, "error.not_found")
}

func showTemplate(v *visit) error {
	p, err := v.seenTemplate()
	if err != nil {
		return err
	}
	return v.renderTemplate(http.StatusOK, p)
}

// seenTemplate is the form of the template of the address.
func (v *visit) seenTemplate() (*templatePage, error) {
	t, err := v.Helpdesk.Template(v.r.Context(), v.me, chi.URLParam(v.r, "id"))
	if err != nil {
		return nil, err
	}
	p, err := v.templateForm(t.Kind)
	if err == nil {
		p.fill(t)
		p.Failure = v.templateRow(t).Failure
	}
	return p, err
}

func (v *visit) renderTemplate(status int, p *templatePage) error {
	title, address := v.printer.T("templates.new."+string(p.Kind)), templateHome+"/new?kind="+string(p.Kind)
	if p.ID != "" {
		title, address = p.Get("title"), templateHome+"/"+p.ID
	}
	p.Frame = v.frame(title, address)
	if s := p.schedule(); s != nil {
		p.Next, _ = v.Helpdesk.Runs(v.r.Context(), *s, nextRuns) // what is no schedule has none, and is refused when it is saved
	}
	return v.pages.Render(v.w, status, "template", p)
}

// addTemplate and editTemplate write what the form says.
func addTemplate(v *visit) error {
	kind := core.TemplateKind(v.r.URL.Query().Get("kind"))
	if kind != core.TicketTemplate && kind != core.ReplyTemplate {
		return web.ErrForm
	}
	p, err := v.templateForm(kind)
	if err != nil {
		return err
	}
	p.MayEdit = true
	return v.writeTemplate(p, func(w helpdesk.TemplateWriting) (core.TemplateView, error) {
		return v.Helpdesk.AddTemplate(v.r.Context(), v.actor(), w)
	})
}

func editTemplate(v *visit) error {
	p, err := v.seenTemplate()
	if err != nil {
		return err
	}
	return v.writeTemplate(p, func(w helpdesk.TemplateWriting) (core.TemplateView, error) {
		version, _ := strconv.Atoi(p.Get("version")) // 0 = whatever is there
		return v.Helpdesk.EditTemplate(v.r.Context(), v.actor(), p.ID, w, version)
	})
}

func (v *visit) writeTemplate(p *templatePage, write func(helpdesk.TemplateWriting) (core.TemplateView, error)) error {
	known := slices.Clone(templateInputs)
	for _, f := range p.Fields {
		known = append(known, f.Input())
	}
	form, err := web.ReadForm(v.r, known...)
	if err != nil {
		return err
	}
	p.Values = form
	for i := range p.Fields {
		p.Fields[i].Value = ""
		p.Fields[i].read(form)
	}
	t, err := write(p.writing())
	var refusal *core.Error
	if err = helpdesk.Refusal(err); errors.As(err, &refusal) && refusal.Code != core.NotFound {
		p.Alert, p.Field = v.printer.Error(err), refusal.Field
		return v.renderTemplate(web.Status(err), p)
	}
	if err != nil {
		return err
	}
	v.say(v.printer.T("templates.said.saved", t.Title))
	return v.redirect(templateHome)
}

func deleteTemplate(v *visit) error {
	p, err := v.seenTemplate()
	if err != nil {
		return err
	}
	form, err := web.ReadForm(v.r, "version")
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(form.Get("version"))
	err = v.Helpdesk.DeleteTemplate(v.r.Context(), v.actor(), p.ID, version)
	if core.CodeOf(err) == core.Stale {
		p.Alert = v.printer.Error(err)
		return v.renderTemplate(web.Status(err), p)
	}
	if err != nil {
		return err
	}
	v.say(v.printer.T("templates.said.deleted", p.Get("title")))
	return v.redirect(templateHome)
}

// previewSchedule answers with the next tickets of a schedule that is being written, as a part for the form.
func previewSchedule(v *visit) error {
	p := &templatePage{Frame: web.Frame{Printer: v.printer, Now: v.now}, Values: url.Values{}}
	for name, values := range v.r.URL.Query() {
		if slices.Contains(templateInputs, name) {
			p.Values[name] = values
		}
	}
	var err error
	if s := p.schedule(); s != nil {
		if p.Next, err = v.Helpdesk.Runs(v.r.Context(), *s, nextRuns); err != nil {
			if p.Alert = v.printer.Error(err); core.CodeOf(err) != core.Invalid {
				return err
			}
		}
	}
	return v.pages.RenderPart(v.w, http.StatusOK, "template", "next-runs", p)
}

// At says where the refusal belongs; a field that the form does not have is said at the top.
func (p *templatePage) At(names string) bool {
	return p.Field != "" && slices.Contains(strings.Fields(names), p.Field)
}

// Astray tells whether what was refused stands at no field of the form.
func (p *templatePage) Astray() bool {
	return p.Alert != "" && !p.At("service title text language subject category priority requester fields schedule.every schedule.days schedule.day schedule.at schedule.timezone")
}

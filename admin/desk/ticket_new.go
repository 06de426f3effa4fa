package desk

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// maxCards is up to how many services are offered as cards; more are a list to choose from.
const maxCards = 5

// newPage is the form that opens a ticket (C9, C23), with what was typed before it was refused.
type newPage struct {
	web.Frame
	Services                           []helpdesk.ServiceView // where they may open one
	Cards                              bool                   // they are few enough to be shown with what they are for
	Categories                         []core.Category
	Priorities                         []core.Priority
	ForOthers                          bool                // somewhere they may open on behalf of a requester (A5)
	Templates                          []core.TemplateView // with which they may begin (A27)
	From                               *core.TemplateView  // with which they did
	Service, Subject, Text, OnBehalfOf string
	Category                           core.Category
	Priority                           core.Priority
	Fields                             []formField // custom ones (D27)
	Kept                               []upload
	Since                              time.Time // when what stands in it was kept; zero = it is new
	Field, Alert                       string    // what was refused, and where
}

func newTicket(v *visit) error {
	p, err := v.newPage()
	if err != nil {
		return err
	}
	p.Category, p.Priority = core.OtherCategory, core.Normal
	asked := v.r.URL.Query()
	if slices.ContainsFunc(p.Services, func(s helpdesk.ServiceView) bool { return s.Path == asked.Get("service") }) {
		p.Service = asked.Get("service")
	}
	if id := asked.Get("template"); id != "" {
		err = v.begin(&p, id)
	} else {
		err = v.goOn(&p)
	}
	if err != nil {
		return err
	}
	return v.renderNew(http.StatusOK, p)
}

// newPage is the empty form.
func (v *visit) newPage() (p newPage, err error) {
	services, err := v.Helpdesk.Services(v.r.Context(), v.me)
	if err != nil {
		return p, err
	}
	team := false
	for _, s := range services {
		if s.ForSelf || s.OnBehalf {
			p.Services = append(p.Services, s)
		}
		p.ForOthers, team = p.ForOthers || s.OnBehalf, team || s.Team
	}
	if len(p.Services) == 1 {
		p.Service = p.Services[0].Path
	}
	p.Cards = len(p.Services) <= maxCards
	p.Categories, p.Priorities, p.Fields = core.Categories(), core.Priorities(), formFields(p.Services)
	if team {
		p.Templates, err = v.Helpdesk.Templates(v.r.Context(), v.me, helpdesk.TemplateFilter{Kind: core.TicketTemplate})
	}
	return p, err
}

// begin fills the form in from a ticket template.
func (v *visit) begin(p *newPage, id string) error {
	t, err := v.Helpdesk.Prefill(v.r.Context(), v.me, id)
	if err != nil {
		return err
	}
	p.From, p.Subject, p.Text = &t, t.Subject, t.Text
	p.Category, p.Priority = core.Category(or(string(t.Category), string(p.Category))), core.Priority(or(string(t.Priority), string(p.Priority)))
	if slices.ContainsFunc(p.Services, func(s helpdesk.ServiceView) bool { return s.Path == t.Service }) {
		p.Service = t.Service
	}
	for i, f := range p.Fields {
		p.Fields[i].Value = t.Fields[f.Name]
	}
	return nil
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func (v *visit) renderNew(status int, p newPage) error {
	p.Frame = v.frame(v.printer.T("desk.new.title"), home+"/new")
	return v.pages.Render(v.w, status, "new", p)
}

func openTicket(v *visit) error {
	p, err := v.newPage()
	if err != nil {
		return err
	}
	var files []upload
	form, err := web.ReadUpload(v.r, v.uploads(&files), p.inputs()...)
	if err != nil {
		return err
	}
	p.read(form)
	p.Kept = append(v.waiting(form["kept"]), files...)
	number, err := v.open(p, form.Get("template"))
	var refusal *core.Error
	if err = helpdesk.Refusal(err); errors.As(err, &refusal) && refusal.Code != core.NotFound {
		return v.refuseNew(p, refusal, form.Get("template"))
	}
	if err != nil {
		return err
	}
	if err := v.Helpdesk.DiscardDraft(v.r.Context(), v.me, 0, core.TicketDraft); err != nil {
		return err
	}
	v.say(v.printer.T("desk.said.opened", v.dir.Desk.Tag(number)))
	gone, err := v.unseen(number)
	if err != nil {
		return err
	}
	if gone { // A60: a ticket reporter files it and does not see it
		return v.redirect(home)
	}
	return v.redirect(ticketPath(number))
}

// refuseNew shows the form again with what was typed, and what is wrong with it.
func (v *visit) refuseNew(p newPage, refusal *core.Error, template string) error {
	if err := v.wait(p.Kept); err != nil {
		return err
	}
	p.Field, p.Alert = refusal.Field, v.printer.Error(refusal)
	for i, f := range p.Fields {
		p.Fields[i].Wrong = p.Field == "fields" && len(refusal.Args) > 0 && f.Name == refusal.Args[0] && slices.Contains(f.Of, p.Service)
	}
	marked := slices.ContainsFunc(p.Fields, func(f formField) bool { return f.Wrong })
	if !marked && !slices.Contains([]string{"service", "subject", "text", "category", "priority", "on_behalf_of"}, p.Field) {
		p.Field = "" // said at the top
	}
	if template != "" && refusal.Field != "template" { // one that serves no more is left out of the next try
		if t, err := v.Helpdesk.Prefill(v.r.Context(), v.me, template); err == nil {
			p.From = &t
		}
	}
	return v.renderNew(web.Status(refusal), p)
}

func (v *visit) open(p newPage, template string) (number core.Number, err error) {
	n := helpdesk.NewTicket{Subject: p.Subject, Text: p.Text, Category: p.Category, Priority: p.Priority, Attachments: attachments(p.Kept), Template: template}
	service := v.dir.ServiceByName(p.Service)
	switch {
	case service != nil:
		n.Service, n.Fields = service.ID, given(p.Fields, v.dir.Path(service.ID))
	case p.Service != "":
		return 0, core.BadInput("service", "error.service.unknown")
	default: // asked for here, for a template would name its own
		return 0, core.BadInput("service", "error.service.missing")
	}
	err = v.Helpdesk.Do(v.r.Context(), v.actor(), func(a *helpdesk.Act) (err error) {
		if p.OnBehalfOf != "" {
			if n.OnBehalfOf, err = a.PersonNamed(v.r.Context(), p.OnBehalfOf); err != nil {
				return err
			}
		}
		number, err = a.OpenTicket(v.r.Context(), n)
		return err
	})
	return number, err
}

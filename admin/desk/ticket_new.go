package desk

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// newPage is the form that opens a ticket (C9, C23), with what was typed before it was refused.
type newPage struct {
	web.Frame
	Services                           []helpdesk.ServiceView
	Categories                         []core.Category
	Priorities                         []core.Priority
	ForOthers                          bool // somewhere they may open on behalf of a requester (A5)
	Service, Subject, Text, OnBehalfOf string
	Category                           core.Category
	Priority                           core.Priority
	Kept                               []upload
	Field, Alert                       string // what was refused, and where
}

func newTicket(v *visit) error {
	return v.newPage(http.StatusOK, newPage{Category: core.OtherCategory, Priority: core.Normal})
}

func (v *visit) newPage(status int, p newPage) error {
	services, err := v.Helpdesk.Services(v.r.Context(), v.me)
	if err != nil {
		return err
	}
	for _, s := range services {
		if s.ForSelf || s.OnBehalf {
			p.Services = append(p.Services, s)
		}
		p.ForOthers = p.ForOthers || s.OnBehalf
	}
	p.Categories, p.Priorities = core.Categories(), core.Priorities()
	p.Frame = v.frame(v.printer.T("desk.new.title"), home+"/new")
	return v.pages.Render(v.w, status, "new", p)
}

func openTicket(v *visit) error {
	var files []upload
	form, err := web.ReadUpload(v.r, v.uploads(&files), "service", "subject", "text", "category", "priority", "on_behalf_of", "kept")
	if err != nil {
		return err
	}
	p := newPage{Service: form.Get("service"), Subject: form.Get("subject"), Text: lineEnds(form.Get("text")), OnBehalfOf: strings.TrimSpace(form.Get("on_behalf_of")),
		Category: core.Category(form.Get("category")), Priority: core.Priority(form.Get("priority")), Kept: append(v.waiting(form["kept"]), files...)}
	number, err := v.open(p)
	var refusal *core.Error
	if err = helpdesk.Refusal(err); errors.As(err, &refusal) && refusal.Code != core.NotFound {
		if err := v.wait(p.Kept); err != nil {
			return err
		}
		p.Field, p.Alert = refusal.Field, v.printer.Error(err)
		if !slices.Contains([]string{"service", "subject", "text", "category", "priority", "on_behalf_of"}, p.Field) {
			p.Field = "" // said at the top
		}
		return v.newPage(web.Status(err), p)
	}
	if err != nil {
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

func (v *visit) open(p newPage) (number core.Number, err error) {
	n := helpdesk.NewTicket{Subject: p.Subject, Text: p.Text, Category: p.Category, Priority: p.Priority, Attachments: attachments(p.Kept)}
	service := v.dir.ServiceByName(p.Service)
	switch {
	case service != nil:
		n.Service = service.ID
	case p.Service != "":
		return 0, core.BadInput("service", "error.service.unknown")
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

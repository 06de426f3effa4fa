package desk

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/templates"
)

// articleForm is an article being written, as typed.
type articleForm struct {
	web.Frame
	shelf
	ID         string // "" = a new one
	Version    int
	Places     []helpdesk.ArticlePlace // where the writer may put it
	Service    string
	Heading    string
	Text       string
	Speech     core.Language
	Requesters bool
	Pinned     bool
	Expires    string // on the desk's clocks, as browsers send it; "" = never
	Mail       bool   // is to be mailed
	MailedAt   *time.Time
	Action     string // where the form goes
	Alert      string
	Field      string // what the alert is about; "" = the whole
	Preview    template.HTML
	Other      *articleRow // what somebody else made of it meanwhile
	OtherText  template.HTML
}

// onDeskClocks is how browsers write a date and time (HTML, datetime-local).
const onDeskClocks = "2006-01-02T15:04"

var articleFields = []string{"version", "service", "title", "text", "language", "for", "pinned", "expires_at", "mail"}

// write shows the form for a new article.
func (s shelf) write(v *visit) error {
	p, err := s.form(v, "")
	if err != nil {
		return err
	}
	return p.render(v, http.StatusOK)
}

// edit shows the form for one that is there.
func (s shelf) edit(v *visit) error {
	p, err := s.form(v, chi.URLParam(v.r, "id"))
	if err != nil {
		return err
	}
	return p.render(v, http.StatusOK)
}

// form is the form as it is before anything is typed. It is there for those who write such articles somewhere.
func (s shelf) form(v *visit, id string) (p articleForm, err error) {
	p = articleForm{shelf: s, ID: id, Speech: v.printer.Language(), Action: s.Base + "/new"}
	if p.Places, err = v.Helpdesk.ArticlePlaces(v.r.Context(), v.me, s.Kind); err != nil {
		return p, err
	}
	p.Places = slices.DeleteFunc(p.Places, func(x helpdesk.ArticlePlace) bool { return !x.Writes })
	if len(p.Places) == 1 {
		p.Service = p.Places[0].Path
	}
	if id == "" {
		if len(p.Places) == 0 {
			return p, core.Refuse(core.Forbidden, "error.forbidden")
		}
		return p, nil
	}
	a, err := v.Helpdesk.Article(v.r.Context(), v.me, s.Kind, id)
	if err != nil {
		return p, err
	}
	if !slices.Contains(a.Actions, "edit") {
		return p, core.Refuse(core.Forbidden, "error.forbidden")
	}
	p.Version, p.Service, p.Heading, p.Text, p.Speech = a.Version, a.Service, a.Title, a.Text, a.Language
	p.Preview = templates.Prose(a.Text)
	p.Requesters, p.Pinned, p.MailedAt, p.Action = a.ForRequesters, a.Pinned, a.MailedAt, s.Base+"/"+id+"/edit"
	if a.ExpiresAt != nil {
		p.Expires = a.ExpiresAt.In(v.zone()).Format(onDeskClocks)
	}
	return p, nil
}

func (p articleForm) render(v *visit, status int) error {
	title, path := v.printer.T("knowledge.write"), p.Base+"/new"
	switch {
	case p.ID != "" && p.News():
		title = v.printer.T("news.edit")
	case p.ID != "":
		title = v.printer.T("knowledge.edit")
	case p.News():
		title = v.printer.T("news.write")
	}
	if p.ID != "" {
		path = p.Base + "/" + p.ID + "/edit"
	}
	p.Frame = v.frame(title, path)
	return v.pages.Render(v.w, status, "article_write", p)
}

// MayMail tells whether one of the services has a mailbox to mail news from.
func (p articleForm) MayMail() bool {
	return slices.ContainsFunc(p.Places, func(x helpdesk.ArticlePlace) bool { return x.Mails })
}

// typed puts what was typed into the form, and gives it as the operations take it.
func (p *articleForm) typed(v *visit, form url.Values) (w helpdesk.ArticleWriting, err error) {
	was := p.Expires
	p.Service, p.Heading, p.Text, p.Speech = form.Get("service"), form.Get("title"), lineEnds(form.Get("text")), core.Language(form.Get("language"))
	p.Requesters, p.Pinned, p.Expires, p.Mail = form.Get("for") == "requesters", form.Get("pinned") == "yes", form.Get("expires_at"), form.Get("mail") == "yes"
	if p.ID != "" {
		if p.Version, err = formVersion(form); err != nil {
			return w, err
		}
	}
	w.Service = &p.Service
	w.ArticleChange = core.ArticleChange{Title: &p.Heading, Text: &p.Text, Language: &p.Speech, ForRequesters: &p.Requesters}
	if !p.News() {
		return w, nil
	}
	w.Pinned, w.Mail = &p.Pinned, p.Mail
	if p.Expires == was { // it stays to the second
		return w, nil
	}
	expires := time.Time{}
	if p.Expires != "" {
		if expires, err = time.ParseInLocation(onDeskClocks, p.Expires, v.zone()); err != nil {
			return w, core.BadInput("expires_at", "error.article.time", p.Expires)
		}
	}
	w.Expires = &expires
	return w, nil
}

// save keeps a new article, or the changes of one.
func (s shelf) save(v *visit) error {
	id := chi.URLParam(v.r, "id")
	p, err := s.form(v, id)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(v.r, articleFields...)
	if err != nil {
		return err
	}
	w, err := p.typed(v, form)
	var saved core.ArticleView
	switch {
	case err == web.ErrForm:
		return err
	case err != nil:
	case id == "":
		saved, err = v.Helpdesk.AddArticle(v.r.Context(), v.actor(), s.Kind, w)
	default:
		saved, err = v.Helpdesk.EditArticle(v.r.Context(), v.actor(), s.Kind, id, w, p.Version)
	}
	var refusal *core.Error
	switch err = helpdesk.Refusal(err); {
	case errors.As(err, &refusal) && refusal.Code != core.NotFound:
		p.Alert, p.Field = v.printer.Error(err), refusal.Field
		if refusal.Code == core.Stale { // the next try is on top of what is shown now
			a, err := v.Helpdesk.Article(v.r.Context(), v.me, s.Kind, id)
			if err != nil {
				return err
			}
			other := v.articleRow(s, a)
			p.Version, p.Other, p.OtherText = a.Version, &other, templates.Prose(a.Text)
		}
		return p.render(v, web.Status(refusal))
	case err != nil:
		return err
	}
	switch {
	case p.Mail:
		v.say(v.printer.T("news.said.mailed"))
	case s.News():
		v.say(v.printer.T("news.said.saved"))
	default:
		v.say(v.printer.T("knowledge.said.saved"))
	}
	return v.redirect(s.Base + "/" + saved.ID)
}

// preview shows how what is typed will look: beside the form that stands, or as the whole form again. Nothing is kept.
func (s shelf) preview(v *visit) error {
	p, err := s.form(v, chi.URLParam(v.r, "id"))
	if err != nil {
		return err
	}
	form, err := web.ReadForm(v.r, articleFields...)
	if err != nil {
		return err
	}
	if _, err := p.typed(v, form); err == web.ErrForm { // what else is wrong is said when it is kept
		return err
	}
	p.Preview = templates.Prose(p.Text)
	if web.Wants(v.r, "preview") {
		p.Frame = v.frame("", p.Base)
		p.Part = true
		return v.pages.RenderPart(v.w, http.StatusOK, "article_write", "preview", p)
	}
	return p.render(v, http.StatusOK)
}

// remove deletes an article for good.
func (s shelf) remove(v *visit) error {
	form, err := web.ReadForm(v.r, "version")
	if err != nil {
		return err
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	err = v.Helpdesk.DeleteArticle(v.r.Context(), v.actor(), s.Kind, chi.URLParam(v.r, "id"), version)
	var refusal *core.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code != core.NotFound:
		return s.showArticle(v, web.Status(err), v.printer.Error(err))
	case err != nil:
		return err
	}
	if s.News() {
		v.say(v.printer.T("news.said.deleted"))
	} else {
		v.say(v.printer.T("knowledge.said.deleted"))
	}
	return v.redirect(s.Base)
}

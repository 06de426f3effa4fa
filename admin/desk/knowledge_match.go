package desk

import (
	"html/template"
	"net/http"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/templates"
)

// maxMatches is how many articles are offered to who opens a ticket.
const maxMatches = 3

type matchPage struct {
	web.Frame
	Articles []match
}

type match struct {
	core.ArticleView
	Prose template.HTML
}

// matchKnowledge answers with the articles that may save the ticket that is being written, as a part for the form.
func matchKnowledge(v *visit) error {
	p := matchPage{Frame: web.Frame{Printer: v.printer, Now: v.now}}
	articles, err := v.Helpdesk.Matching(v.r.Context(), v.me, v.r.URL.Query().Get("q"), v.printer.Language(), maxMatches)
	if err != nil {
		return err
	}
	for _, a := range articles {
		p.Articles = append(p.Articles, match{a, templates.Prose(a.Text)})
	}
	return v.pages.RenderPart(v.w, http.StatusOK, "new", "matches", p)
}

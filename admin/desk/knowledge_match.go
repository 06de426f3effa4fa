package desk

import (
	"net/http"

	"postdesk/admin/web"
	"postdesk/core"
)

// maxMatches is how many articles are offered to who opens a ticket.
const maxMatches = 3

type matchPage struct {
	web.Frame
	Articles []core.ArticleView
}

// matchKnowledge answers with the articles that may save the ticket that is being written, as a part for the form.
func matchKnowledge(v *visit) error {
	p := matchPage{Frame: web.Frame{Printer: v.printer, Now: v.now}}
	var err error
	p.Articles, err = v.Helpdesk.Matching(v.r.Context(), v.me, v.r.URL.Query().Get("q"), v.printer.Language(), maxMatches)
	if err != nil {
		return err
	}
	return v.pages.RenderPart(v.w, http.StatusOK, "new", "matches", p)
}

package desk

import (
	"net/http"
	"strings"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Up to how many of each the palette offers.
const (
	paletteTickets  = 7
	paletteArticles = 3
)

// palettePage is what the command palette found: tickets and knowledge that the reader may see.
type palettePage struct {
	web.Frame
	Tickets  []core.View
	Articles []core.ArticleView
}

// findAnything answers what somebody types into the command palette.
func findAnything(v *visit) error {
	query := strings.TrimSpace(v.r.URL.Query().Get("q"))
	p := palettePage{Frame: web.Frame{Printer: v.printer, Now: v.now}}
	var err error
	if p.Tickets, err = v.Helpdesk.Find(v.r.Context(), v.me, query, paletteTickets); err != nil {
		return err
	}
	for i := range p.Tickets {
		p.Tickets[i].EachPerson(v.printer.Name)
	}
	if query != "" {
		list, err := v.Helpdesk.Articles(v.r.Context(), v.me, core.Knowledge, helpdesk.ArticleFilter{Query: query, Limit: paletteArticles})
		if err != nil {
			return err
		}
		p.Articles = list.Items
	}
	return v.pages.RenderPart(v.w, http.StatusOK, "desk", "palette-found", p)
}

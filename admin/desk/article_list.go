package desk

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/templates"
)

// shelf is one kind of articles, with the address at which they stand.
type shelf struct {
	Kind core.ArticleKind
	Base string
}

var (
	knowledge = shelf{core.Knowledge, "/knowledge"}
	news      = shelf{core.News, "/news"}
)

// News tells templates that it is news, which can be pinned, expire and be mailed.
func (s shelf) News() bool { return s.Kind == core.News }

// What of an article stands in a list, in characters: of knowledge its beginning, of news all unless it is long.
const (
	excerptLength = 190
	newsLength    = 900
)

// shelfSize is how many articles a page of a list has.
const shelfSize = 30

// shelfPage is a list of knowledge or news.
type shelfPage struct {
	web.Frame
	shelf
	Rows     []articleRow
	Places   []helpdesk.ArticlePlace // whose articles the reader sees
	Find     string                  // words of title or text
	Service  string
	Speech   core.Language // of the articles; "" = all
	Expired  bool          // with news that has expired
	Writes   bool          // the reader writes somewhere
	Narrowed bool          // less than everything is asked for
	Older    string        // address of the next page; "" = the end
}

// articleRow is an article in a list.
type articleRow struct {
	core.ArticleView
	Href    string
	Excerpt string        // "" = Prose has it all
	Prose   template.HTML // of news
	Over    bool          // its time is over
}

func (v *visit) articleRow(s shelf, a core.ArticleView) articleRow {
	r := articleRow{ArticleView: a, Href: s.Base + "/" + a.ID, Over: a.ExpiresAt != nil && !v.now.Before(*a.ExpiresAt)}
	if r.Author != nil {
		v.printer.Name(r.Author)
	}
	if s.News() && len(a.Text) <= newsLength {
		r.Prose = templates.Prose(a.Text)
	} else {
		r.Excerpt = templates.Excerpt(a.Text, excerptLength)
	}
	return r
}

// list shows what the reader may see of the kind, narrowed by what the address asks for.
func (s shelf) list(v *visit) error {
	ctx, q := v.r.Context(), v.r.URL.Query()
	p := shelfPage{shelf: s, Find: strings.TrimSpace(q.Get("q")), Service: q.Get("service"), Speech: core.Language(q.Get("language")), Expired: q.Get("expired") == "yes"}
	p.Narrowed = p.Find != "" || p.Service != "" || p.Speech != ""
	var err error
	if p.Places, err = v.Helpdesk.ArticlePlaces(ctx, v.me, s.Kind); err != nil {
		return err
	}
	p.Writes = slices.ContainsFunc(p.Places, func(x helpdesk.ArticlePlace) bool { return x.Writes })
	after, _ := strconv.ParseInt(q.Get("page"), 10, 64) // what is no page is the first
	list, err := v.Helpdesk.Articles(ctx, v.me, s.Kind, helpdesk.ArticleFilter{Service: p.Service, Language: p.Speech, Query: p.Find,
		Expired: p.Expired, After: max(after, 0), Limit: shelfSize})
	if err != nil {
		return err
	}
	for _, a := range list.Items {
		p.Rows = append(p.Rows, v.articleRow(s, a))
	}
	asked := url.Values{}
	for name, value := range map[string]string{"q": p.Find, "service": p.Service, "language": string(p.Speech)} {
		if value != "" {
			asked.Set(name, value)
		}
	}
	if p.Expired {
		asked.Set("expired", "yes")
	}
	address := s.Base
	if len(asked) > 0 {
		address += "?" + asked.Encode()
	}
	if list.Next != 0 {
		asked.Set("page", strconv.FormatInt(list.Next, 10))
		p.Older = s.Base + "?" + asked.Encode()
	}
	title := v.printer.T("knowledge.title")
	if s.News() {
		title = v.printer.T("news.title")
	}
	p.Frame = v.frame(title, address)
	if web.Wants(v.r, "shelf") {
		p.Part = true
		return v.pages.RenderPart(v.w, http.StatusOK, "shelf", "part-shelf", p)
	}
	return v.pages.Render(v.w, http.StatusOK, "shelf", p)
}

// articlePage is one article.
type articlePage struct {
	web.Frame
	shelf
	Item  articleRow
	Prose template.HTML
	Alert string // why it could not be deleted
	Asks  string // where to ask about it; "" = the reader opens no tickets in its service
}

// May tells templates whether the reader may do this with it.
func (p articlePage) May(action string) bool { return slices.Contains(p.Item.Actions, action) }

// show shows one article.
func (s shelf) show(v *visit) error { return s.showArticle(v, http.StatusOK, "") }

func (s shelf) showArticle(v *visit, status int, alert string) error {
	a, err := v.Helpdesk.Article(v.r.Context(), v.me, s.Kind, chi.URLParam(v.r, "id"))
	if err != nil {
		return err
	}
	p := articlePage{shelf: s, Item: v.articleRow(s, a), Prose: templates.Prose(a.Text), Alert: alert}
	services, err := v.Helpdesk.Services(v.r.Context(), v.me)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(services, func(x helpdesk.ServiceView) bool { return x.Path == a.Service && x.ForSelf }) {
		p.Asks = home + "/new?" + url.Values{"service": {a.Service}}.Encode()
	}
	p.Frame = v.frame(a.Title, p.Item.Href)
	return v.pages.Render(v.w, status, "article", p)
}

package helpdesk

import (
	"context"
	"slices"
	"strings"

	"postdesk/core"
)

// Areas are the parts of the desk beside tickets that are for a person. What is not for them is not shown to them.
type Areas struct {
	Knowledge, News bool // there is a service whose articles they read
	Reports         bool
	Templates       bool // there is a service whose templates they use (A27)
	Approvals       int  // tickets that wait for their decision, up to a limit
}

// Areas finds them; most is up to how many approvals are counted.
func (h *Helpdesk) Areas(ctx context.Context, p *core.Person, most int) (Areas, error) {
	dir, err := h.Directory(ctx)
	if err != nil || p.Disabled {
		return Areas{}, err
	}
	areas := Areas{Reports: !overseen(dir, p).Empty(), Templates: len(dir.TemplateServices(p, 0)) > 0}
	for id, s := range dir.Services {
		if areas.Knowledge && areas.News {
			break
		}
		if s.Archived {
			continue
		}
		roles := dir.RolesIn(p, id)
		areas.Knowledge = areas.Knowledge || core.Knowledge.Reads(roles)
		areas.News = areas.News || core.News.Reads(roles)
	}
	areas.Approvals, err = h.store.CountToDecide(ctx, scopeOf(dir, p), most)
	return areas, err
}

// ArticlePlace is a service whose articles a person reads.
type ArticlePlace struct {
	Path     string
	Writes   bool // they write, change and delete there too (A23, A26)
	Language core.Language
	Mails    bool // it has a mailbox, so that its news can be mailed
}

// ArticlePlaces lists them by path.
func (h *Helpdesk) ArticlePlaces(ctx context.Context, p *core.Person, kind core.ArticleKind) ([]ArticlePlace, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var places []ArticlePlace
	for id, s := range dir.Services {
		roles := dir.RolesIn(p, id)
		if s.Archived || !kind.Reads(roles) {
			continue
		}
		places = append(places, ArticlePlace{Path: dir.Path(id), Writes: kind.Manages(roles), Language: s.Language.Or(core.English), Mails: dir.MailboxOf(id) != nil})
	}
	slices.SortFunc(places, func(a, b ArticlePlace) int { return strings.Compare(a.Path, b.Path) })
	return places, nil
}

// ReportServices are the paths of the services whose work the person oversees; see Report.
func (h *Helpdesk) ReportServices(ctx context.Context, p *core.Person) ([]string, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var paths []string
	grants := overseen(dir, p)
	for _, id := range slices.Concat(grants.Services, grants.PairServices) {
		paths = append(paths, dir.Path(id))
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

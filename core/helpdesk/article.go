package helpdesk

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// ArticleFilter narrows a list of articles.
type ArticleFilter struct {
	Service  string        // by name or path, with those below it; "" = all
	Language core.Language // "" = all
	Query    string        // in title and text
	Expired  bool          // with expired news, where the person manages it
	After    int64         // Next of the page before; 0 at first
	Limit    int
}

// ArticleList is a page of a list.
type ArticleList struct {
	Items []core.ArticleView
	Next  int64 // 0 = the end
}

// Articles lists the knowledge or news that the person may see: pinned news first, then the newest.
func (h *Helpdesk) Articles(ctx context.Context, p *core.Person, kind core.ArticleKind, f ArticleFilter) (ArticleList, error) {
	list := ArticleList{Items: []core.ArticleView{}}
	dir, err := h.Directory(ctx)
	if err != nil {
		return list, err
	}
	now := h.now()
	filter := store.ArticleFilter{Kind: kind, Language: f.Language, Query: f.Query, Expired: f.Expired, After: f.After, Limit: f.Limit + 1, Now: now}
	if f.Service != "" {
		s := dir.ServiceByName(f.Service)
		if s == nil {
			return list, core.BadInput("service", "error.service.unknown")
		}
		filter.Services = dir.Below(s.ID)
	}
	if f.Language != "" && f.Language != core.English && f.Language != core.Spanish {
		return list, core.BadInput("language", "error.article.language", string(f.Language))
	}
	articles, err := h.store.Articles(ctx, articleScope(dir, p, kind), filter)
	if err != nil {
		return list, err
	}
	if len(articles) > f.Limit {
		articles = articles[:f.Limit]
		list.Next = articles[f.Limit-1].Place
	}
	for _, a := range articles {
		if dir.Shows(a, p, now) { // the list filters in SQL; the one rule has the last word
			list.Items = append(list.Items, dir.ViewOfArticle(a, p))
		}
	}
	return list, nil
}

// articleScope says in which services a person reads and manages articles of the kind.
func articleScope(dir *core.Directory, p *core.Person, kind core.ArticleKind) store.ArticleScope {
	s := store.ArticleScope{ForRequesters: []core.ServiceID{}, ForTeam: []core.ServiceID{}, Manage: []core.ServiceID{}}
	for id, service := range dir.Services {
		if service.Archived {
			continue
		}
		roles := dir.RolesIn(p, id)
		for in, may := range map[*[]core.ServiceID]bool{&s.ForRequesters: kind.Views(roles, true), &s.ForTeam: kind.Views(roles, false), &s.Manage: kind.Manages(roles)} {
			if may {
				*in = append(*in, id)
			}
		}
	}
	return s
}

// Article shows one; NotFound where the person may not see it.
func (h *Helpdesk) Article(ctx context.Context, p *core.Person, kind core.ArticleKind, id string) (core.ArticleView, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return core.ArticleView{}, err
	}
	a, err := h.store.Article(ctx, kind, id)
	if err != nil {
		return core.ArticleView{}, err
	}
	if !dir.Shows(a, p, h.now()) {
		return core.ArticleView{}, core.Refuse(core.NotFound, "error.not_found")
	}
	return dir.ViewOfArticle(a, p), nil
}

// ArticleWriting is what somebody writes; what is nil stays as it is.
type ArticleWriting struct {
	Service *string // by name or path
	core.ArticleChange
}

// AddArticle keeps a new one in a service whose knowledge or news the actor manages (A23, A26). Without a language it is in
// the service's.
func (h *Helpdesk) AddArticle(ctx context.Context, actor core.Actor, kind core.ArticleKind, w ArticleWriting) (v core.ArticleView, err error) {
	err = h.writes(ctx, actor, func(a *Act) error {
		article := &core.Article{ID: newID(), Kind: kind, Author: actor.Person}
		if err := a.placeArticle(article, w.Service); err != nil {
			return err
		}
		article.Language = a.dir.Services[article.Service].Language.Or(core.English)
		if err := a.writeArticle(article, w.ArticleChange); err != nil {
			return err
		}
		article.Version = 1
		a.tx.AddArticle(article, actor.Person.ID)
		a.auditArticle(article.ID, nil, article)
		v = a.dir.ViewOfArticle(article, actor.Person)
		return nil
	})
	return v, err
}

// EditArticle changes one. version is what the caller saw, 0 = whatever is there; a stale one is refused.
func (h *Helpdesk) EditArticle(ctx context.Context, actor core.Actor, kind core.ArticleKind, id string, w ArticleWriting, version int) (v core.ArticleView, err error) {
	err = h.writes(ctx, actor, func(a *Act) error {
		article, err := a.managedArticle(ctx, kind, id, version)
		if err != nil {
			return err
		}
		before := *article
		if w.Service != nil {
			if err := a.placeArticle(article, w.Service); err != nil {
				return err
			}
		}
		if err := a.writeArticle(article, w.ArticleChange); err != nil {
			return err
		}
		article.Version++
		a.tx.SaveArticle(article, actor.Person.ID)
		a.auditArticle(id, &before, article)
		v = a.dir.ViewOfArticle(article, actor.Person)
		return nil
	})
	return v, err
}

// DeleteArticle removes one for good. version is as in EditArticle.
func (h *Helpdesk) DeleteArticle(ctx context.Context, actor core.Actor, kind core.ArticleKind, id string, version int) error {
	return h.writes(ctx, actor, func(a *Act) error {
		article, err := a.managedArticle(ctx, kind, id, version)
		if err != nil {
			return err
		}
		a.tx.DeleteArticle(id)
		a.auditArticle(id, article, nil)
		return nil
	})
}

// writes runs what only people do who are signed in.
func (h *Helpdesk) writes(ctx context.Context, actor core.Actor, fn func(*Act) error) error {
	if actor.Person == nil || actor.Level < core.SignedIn {
		return core.Refuse(core.Forbidden, "error.forbidden")
	}
	return h.Do(ctx, actor, fn)
}

// placeArticle puts an article into a service, where the actor must manage such.
func (a *Act) placeArticle(article *core.Article, service *string) error {
	var s *core.Service
	if service != nil {
		s = a.dir.ServiceByName(*service)
	}
	switch {
	case s == nil && (service == nil || *service == ""):
		return core.BadInput("service", "error.service.missing")
	case s == nil:
		return core.BadInput("service", "error.service.unknown")
	}
	if !article.Kind.Manages(a.dir.RolesIn(a.actor.Person, s.ID)) {
		return core.Refuse(core.Forbidden, "error.forbidden")
	}
	article.Service = s.ID
	return nil
}

// managedArticle locks an article that the actor is to change: seen, managed, and of that version.
func (a *Act) managedArticle(ctx context.Context, kind core.ArticleKind, id string, version int) (*core.Article, error) {
	article, err := a.tx.LockArticle(ctx, kind, id)
	switch {
	case err != nil:
		return nil, err
	case !a.dir.Shows(article, a.actor.Person, a.now):
		return nil, core.Refuse(core.NotFound, "error.not_found")
	case !kind.Manages(a.dir.RolesIn(a.actor.Person, article.Service)):
		return nil, core.Refuse(core.Forbidden, "error.forbidden")
	case version != 0 && version != article.Version:
		return nil, core.Refuse(core.Stale, "error.article.stale", article.Version)
	}
	return article, nil
}

// writeArticle checks what is written, and that there is a mailbox where news is to be mailed.
func (a *Act) writeArticle(article *core.Article, c core.ArticleChange) error {
	if err := article.Write(c, a.now); err != nil {
		return err
	}
	if c.Mail && a.dir.MailboxOf(article.Service) == nil {
		return core.Refuse(core.Conflict, "error.no_mailbox", a.dir.Services[article.Service].Name)
	}
	return nil
}

func (a *Act) auditArticle(id string, before, after *core.Article) {
	noun := core.AuditKnowledge
	if cmp.Or(after, before).Kind == core.News {
		noun = core.AuditNews
	}
	a.auditWritten(noun, id, a.writtenArticle(before), a.writtenArticle(after))
}

func (a *Act) writtenArticle(x *core.Article) *written {
	if x == nil {
		return nil
	}
	fields := map[string]string{"service": a.dir.Path(x.Service), "language": string(x.Language), "for_requesters": strconv.FormatBool(x.ForRequesters)}
	if x.Kind == core.News {
		fields["pinned"], fields["expires_at"], fields["mail"] = strconv.FormatBool(x.Pinned), "never", strconv.FormatBool(!x.MailAt.IsZero())
		if !x.Expires.IsZero() {
			fields["expires_at"] = x.Expires.UTC().Format(time.RFC3339)
		}
	}
	return &written{fields, map[string]string{"title": x.Title, "text": x.Text}}
}

package core

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ArticleKind tells knowledge from news; each has rows of its own in the matrix (A21–A26).
type ArticleKind string

// The kinds.
const (
	Knowledge ArticleKind = "knowledge"
	News      ArticleKind = "news"
)

// Article is one piece of knowledge or news. It belongs to one service, and is for its team or also for its requesters (E15).
type Article struct {
	ID            string
	Place         int64 // in lists, highest first
	Kind          ArticleKind
	Service       ServiceID
	Title         string
	Text          string // plain, with line breaks
	Language      Language
	ForRequesters bool
	Pinned        bool      // news: above all others
	Expires       time.Time // news; zero = never
	Author        *Person   // who wrote it first; nil = nobody that is known
	Version       int
	CreatedAt     time.Time
	UpdatedAt     time.Time
	MailAt        time.Time // news: when it was asked to mail it; zero = not at all
}

// The bounds of an article, in characters.
const (
	LongestTitle   = 200
	LongestArticle = 100_000
)

// ArticleChange is what somebody writes; what is nil stays as it is.
type ArticleChange struct {
	Title, Text           *string
	Language              *Language
	ForRequesters, Pinned *bool
	Expires               *time.Time // zero = never
	Mail                  bool       // news: mail it, which is done once
}

// rows are the permissions that a kind goes by.
func (k ArticleKind) rows() (viewForRequesters, viewForTeam, manage Permission) {
	if k == News {
		return NewsViewForRequesters, NewsViewForTeam, NewsManage
	}
	return KnowledgeViewForRequesters, KnowledgeViewForTeam, KnowledgeManage
}

// Views tells whether somebody with the roles in a service reads what is there for requesters, or for the team alone.
func (k ArticleKind) Views(roles RoleSet, forRequesters bool) bool {
	requesters, team, _ := k.rows()
	if forRequesters {
		return roles.Grade(requesters) == Allowed
	}
	return roles.Grade(team) == Allowed
}

// Reads tells whether somebody with the roles in a service reads any that are there.
func (k ArticleKind) Reads(roles RoleSet) bool { return k.Views(roles, true) || k.Views(roles, false) }

// Manages tells whether somebody with the roles in a service writes, changes and deletes there.
func (k ArticleKind) Manages(roles RoleSet) bool {
	_, _, manage := k.rows()
	return roles.Grade(manage) == Allowed
}

// Expired tells whether the time of news is over.
func (a *Article) Expired(now time.Time) bool { return !a.Expires.IsZero() && !now.Before(a.Expires) }

// Shows tells whether the person reads the article: as the matrix says for their roles in its own service, while that is
// in use. Expired news is for those who manage it.
func (d *Directory) Shows(a *Article, p *Person, now time.Time) bool {
	s := d.Services[a.Service]
	if s == nil || s.Archived {
		return false
	}
	roles := d.RolesIn(p, a.Service)
	return a.Kind.Views(roles, a.ForRequesters) && (!a.Expired(now) || a.Kind.Manages(roles))
}

// Write changes the article, and refuses what is none. Of a new one Version is 0.
func (a *Article) Write(c ArticleChange, now time.Time) error {
	now = now.Truncate(time.Microsecond)
	if c.Title != nil {
		a.Title = strings.Join(strings.Fields(*c.Title), " ")
	}
	if c.Text != nil {
		a.Text = strings.Trim(strings.ReplaceAll(*c.Text, "\r\n", "\n"), "\n")
	}
	if c.Language != nil {
		a.Language = *c.Language
	}
	if c.ForRequesters != nil {
		a.ForRequesters = *c.ForRequesters
	}
	if c.Pinned != nil {
		a.Pinned = *c.Pinned
	}
	if c.Expires != nil {
		a.Expires = c.Expires.UTC().Truncate(time.Microsecond) // as the database keeps it
	}
	switch {
	case a.Title == "" || utf8.RuneCountInString(a.Title) > LongestTitle:
		return BadInput("title", "error.article.title", LongestTitle)
	case !storable(a.Title):
		return BadInput("title", "error.text.characters")
	case strings.TrimSpace(a.Text) == "" || utf8.RuneCountInString(a.Text) > LongestArticle:
		return BadInput("text", "error.article.text", LongestArticle)
	case !storable(a.Text):
		return BadInput("text", "error.text.characters")
	case a.Language != English && a.Language != Spanish:
		return BadInput("language", "error.article.language", string(a.Language))
	case a.Kind != News && a.Pinned:
		return BadInput("pinned", "error.article.news_only")
	case a.Kind != News && !a.Expires.IsZero():
		return BadInput("expires_at", "error.article.news_only")
	case a.Kind != News && c.Mail:
		return BadInput("mail", "error.article.news_only")
	case a.Expired(now) && (a.Version == 0 || c.Mail):
		return BadInput("expires_at", "error.article.expired")
	case c.Mail && !a.MailAt.IsZero():
		return Refuse(Conflict, "error.article.mailed")
	case c.Mail:
		a.MailAt = now
	}
	if a.UpdatedAt = now; a.Version == 0 {
		a.CreatedAt = now
	}
	return nil
}

// storable tells whether the database keeps a text: UTF-8 without control characters but line breaks and tabs.
func storable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' })
}

// ArticleView is an article as one person may see it.
type ArticleView struct {
	ID            string     `json:"id"`
	Service       string     `json:"service"` // its path
	Title         string     `json:"title"`
	Text          string     `json:"text"`
	Language      Language   `json:"language"`
	ForRequesters bool       `json:"for_requesters"`
	Pinned        bool       `json:"pinned"`
	ExpiresAt     *time.Time `json:"expires_at,omitempty"`
	Author        *Ref       `json:"author,omitempty"` // for the team
	CreatedAt     time.Time  `json:"created_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
	MailedAt      *time.Time `json:"mailed_at,omitempty"` // for who manages it
	Version       int        `json:"version"`
	Actions       []string   `json:"actions"`
}

// ViewOfArticle cuts an article to what the person may see of it. Who wrote it is the team's to know (A76: requesters are
// not told of solvers by the way).
func (d *Directory) ViewOfArticle(a *Article, p *Person) ArticleView {
	roles := d.RolesIn(p, a.Service)
	v := ArticleView{ID: a.ID, Service: d.Path(a.Service), Title: a.Title, Text: a.Text, Language: a.Language,
		ForRequesters: a.ForRequesters, Pinned: a.Pinned, CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, Version: a.Version, Actions: []string{}}
	if !a.Expires.IsZero() {
		v.ExpiresAt = &a.Expires
	}
	if a.Author != nil && a.Kind.Views(roles, false) {
		author := a.Author.Ref()
		v.Author = &author
	}
	if a.Kind.Manages(roles) {
		v.Actions = append(v.Actions, "edit", "delete")
		if !a.MailAt.IsZero() {
			v.MailedAt = &a.MailAt
		}
	}
	return v
}

// ReaderRole is the role under which somebody reads an article, for the reason header (E4): the first of the matrix that lets
// them.
func (k ArticleKind) ReaderRole(roles RoleSet, forRequesters bool) Role {
	i := slices.IndexFunc(roleColumns, func(c struct {
		column string
		role   Role
	}) bool {
		return roles.Has(c.role) && k.Views(RoleSet(0).With(c.role), forRequesters)
	})
	if i < 0 {
		return ""
	}
	return roleColumns[i].role
}

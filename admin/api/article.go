package api

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Article is ITEM of the contract: a piece of knowledge or news as the person may see it.
type Article struct{ core.ArticleView }

// articles are the handlers of one kind.
type articles struct {
	*api
	kind core.ArticleKind
}

type articleListIn struct {
	Service  string `query:"service" doc:"A service by its name or path, with those below it"`
	Q        string `query:"q" maxLength:"200" doc:"Words of title or text"`
	Language string `query:"language" doc:"en or es"`
	Expired  bool   `query:"expired" doc:"With news that has expired, where the person manages it"`
	Page     string `query:"page" doc:"next of the page before"`
}

type articleListOut struct {
	Body struct {
		Items []Article `json:"items"`
		Next  string    `json:"next,omitempty"`
	}
}

func (k articles) list(ctx context.Context, in *articleListIn) (*articleListOut, error) {
	after, err := pageAfter(in.Page)
	if err != nil {
		return nil, err
	}
	list, err := k.Helpdesk.Articles(ctx, personOf(ctx), k.kind, helpdesk.ArticleFilter{Service: in.Service, Language: core.Language(in.Language),
		Query: strings.TrimSpace(in.Q), Expired: in.Expired, After: after, Limit: perPage})
	if err != nil {
		return nil, err
	}
	out := &articleListOut{}
	out.Body.Items, out.Body.Next = make([]Article, 0, len(list.Items)), nextPage(list.Next)
	for _, v := range list.Items {
		out.Body.Items = append(out.Body.Items, Article{v})
	}
	return out, nil
}

// NewArticle is what somebody writes. What an ITEM has beyond that is taken and ignored, so that one can be sent back as it
// came.
type NewArticle struct {
	Service       *string        `json:"service,omitempty" doc:"By name or path"`
	Title         *string        `json:"title,omitempty" doc:"1 to 200 characters"`
	Text          *string        `json:"text,omitempty" doc:"Plain text with line breaks, 1 to 100,000 characters"`
	Language      *core.Language `json:"language,omitempty" doc:"en or es; of a new one that leaves it out the service's"`
	ForRequesters *bool          `json:"for_requesters,omitempty" doc:"For the service's requesters too, not its team alone"`
	Pinned        *bool          `json:"pinned,omitempty" doc:"News: above all others"`
	Expires       lastMoment     `json:"expires_at,omitempty" doc:"News: when it goes; null = never"`
	Mail          bool           `json:"mail,omitempty" doc:"News: mail it to everybody who may read it, which is done once"`

	ID        any `json:"id,omitempty" doc:"Ignored, as all below"`
	Author    any `json:"author,omitempty"`
	CreatedAt any `json:"created_at,omitempty"`
	UpdatedAt any `json:"updated_at,omitempty"`
	MailedAt  any `json:"mailed_at,omitempty"`
	Version   any `json:"version,omitempty"`
	Actions   any `json:"actions,omitempty"`
}

// lastMoment is a time that can be left out, which differs from null.
type lastMoment struct{ at *time.Time }

// UnmarshalJSON takes a time, or null for none.
func (m *lastMoment) UnmarshalJSON(raw []byte) error {
	m.at = &time.Time{}
	if string(raw) == "null" {
		return nil
	}
	return json.Unmarshal(raw, m.at)
}

// Schema describes it.
func (lastMoment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Nullable: true}
}

func (n NewArticle) writing() helpdesk.ArticleWriting {
	return helpdesk.ArticleWriting{Service: n.Service, ArticleChange: core.ArticleChange{Title: n.Title, Text: n.Text, Language: n.Language,
		ForRequesters: n.ForRequesters, Pinned: n.Pinned, Expires: n.Expires.at, Mail: n.Mail}}
}

type articleOut struct {
	ETag string `header:"ETag"`
	Body Article
}

func articleAnswer(v core.ArticleView, err error) (*articleOut, error) {
	if err != nil {
		return nil, err
	}
	return &articleOut{strconv.Quote(strconv.Itoa(v.Version)), Article{v}}, nil
}

type articleCreateIn struct{ Body NewArticle }

func (k articles) create(ctx context.Context, in *articleCreateIn) (*articleOut, error) {
	return articleAnswer(k.Helpdesk.AddArticle(ctx, actor(ctx), k.kind, in.Body.writing()))
}

type articleIn struct {
	ID string `path:"id"`
}

func (k articles) get(ctx context.Context, in *articleIn) (*articleOut, error) {
	return articleAnswer(k.Helpdesk.Article(ctx, personOf(ctx), k.kind, in.ID))
}

type articleEditIn struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" doc:"The version that the caller saw; a stale one is refused with the present item"`
	Body    NewArticle
}

func (k articles) edit(ctx context.Context, in *articleEditIn) (*articleOut, error) {
	version, err := versionOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	v, err := k.Helpdesk.EditArticle(ctx, actor(ctx), k.kind, in.ID, in.Body.writing(), version)
	return articleAnswer(v, k.stale(ctx, in.ID, err))
}

type articleDeleteIn struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" doc:"The version that the caller saw; a stale one is refused with the present item"`
}

func (k articles) delete(ctx context.Context, in *articleDeleteIn) (*struct{}, error) {
	version, err := versionOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return nil, k.stale(ctx, in.ID, k.Helpdesk.DeleteArticle(ctx, actor(ctx), k.kind, in.ID, version))
}

func (k articles) stale(ctx context.Context, id string, err error) error {
	return k.staleItem(ctx, err, func() (any, error) {
		v, err := k.Helpdesk.Article(ctx, personOf(ctx), k.kind, id)
		return Article{v}, err
	})
}

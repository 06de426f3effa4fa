package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Template is ITEM of the contract for templates, as who may use one sees it.
type Template struct {
	core.TemplateView
	Failure *TemplateFailure `json:"failure,omitempty" doc:"Why the last ticket of the schedule could not be opened"`
}

// TemplateFailure is a ticket that was not opened.
type TemplateFailure struct {
	At     time.Time `json:"at" doc:"When it was due"`
	Detail string    `json:"detail"`
}

func (a *api) templateOf(ctx context.Context, v core.TemplateView) Template {
	t := Template{TemplateView: v}
	if f := v.Failure; f != nil {
		args := make([]any, len(f.Args))
		for i, arg := range f.Args {
			args[i] = arg
		}
		t.Failure = &TemplateFailure{At: f.At, Detail: a.printer(ctx).T(f.Key, args...)}
	}
	return t
}

type templateListIn struct {
	Kind    string      `query:"kind" doc:"ticket or reply"`
	Service string      `query:"service" doc:"A service by its name or path: what can be used there, so with the services above it"`
	Ticket  core.Number `query:"ticket" doc:"What can be used for this ticket, reply templates filled in, those in its requester's language first"`
}

type templateListOut struct {
	Body struct {
		Items []Template `json:"items"`
	}
}

// templateList lists the templates that the person may use.
func (a *api) templateList(ctx context.Context, in *templateListIn) (*templateListOut, error) {
	list, err := a.Helpdesk.Templates(ctx, personOf(ctx), helpdesk.TemplateFilter{Kind: core.TemplateKind(in.Kind), Service: in.Service, Ticket: in.Ticket})
	if err != nil {
		return nil, err
	}
	out := &templateListOut{}
	out.Body.Items = make([]Template, 0, len(list))
	for _, v := range list {
		out.Body.Items = append(out.Body.Items, a.templateOf(ctx, v))
	}
	return out, nil
}

// NewTemplate is what somebody writes; what is left out of an edited one stays. What an ITEM has beyond that is taken and
// ignored, so that one can be sent back as it came.
type NewTemplate struct {
	Kind          *core.TemplateKind `json:"kind,omitempty" doc:"ticket or reply; it stays"`
	Service       *string            `json:"service,omitempty" doc:"By name or path"`
	Title         *string            `json:"title,omitempty" doc:"1 to 120 characters, once in service, kind and language"`
	Text          *string            `json:"text,omitempty" doc:"With placeholders, up to 20,000 characters"`
	Language      *core.Language     `json:"language,omitempty" doc:"en or es; of a new one that leaves it out the service's"`
	ForRequesters bool               `json:"for_requesters,omitempty" doc:"Always false"`
	Subject       *string            `json:"subject,omitempty" doc:"Ticket templates, as all that follow"`
	Category      *core.Category     `json:"category,omitempty"`
	Priority      *core.Priority     `json:"priority,omitempty"`
	Fields        map[string]string  `json:"fields,omitempty" doc:"Custom fields by name, all of them"`
	Requester     *string            `json:"requester,omitempty" doc:"Whose the periodic tickets are, by address; empty = nobody's"`
	Schedule      newSchedule        `json:"schedule,omitempty" doc:"When tickets are opened by themselves; null = never"`

	ID        any `json:"id,omitempty" doc:"Ignored, as all below"`
	Filled    any `json:"filled,omitempty"`
	NextAt    any `json:"next_at,omitempty"`
	Failure   any `json:"failure,omitempty"`
	CreatedAt any `json:"created_at,omitempty"`
	UpdatedAt any `json:"updated_at,omitempty"`
	Version   any `json:"version,omitempty"`
	Actions   any `json:"actions,omitempty"`
}

// newSchedule is a schedule that can be left out, which differs from null.
type newSchedule struct {
	given bool
	to    *core.Schedule
}

// UnmarshalJSON takes a schedule, or null for none.
func (s *newSchedule) UnmarshalJSON(raw []byte) error {
	s.given = true
	return json.Unmarshal(raw, &s.to)
}

// Schema describes it.
func (newSchedule) Schema(r huma.Registry) *huma.Schema {
	s := *r.SchemaFromRef(r.Schema(typeOf[core.Schedule](), true, "Schedule").Ref)
	s.Nullable = true
	return &s
}

func (n NewTemplate) writing() (helpdesk.TemplateWriting, error) {
	if n.ForRequesters {
		return helpdesk.TemplateWriting{}, core.BadInput("for_requesters", "error.template.for_requesters")
	}
	return helpdesk.TemplateWriting{Kind: n.Kind, Service: n.Service, Title: n.Title, Text: n.Text, Subject: n.Subject, Language: n.Language, Category: n.Category,
		Priority: n.Priority, Fields: n.Fields, Requester: n.Requester, SetSchedule: n.Schedule.given, Schedule: n.Schedule.to}, nil
}

type templateOut struct {
	ETag string `header:"ETag"`
	Body Template
}

func (a *api) templateAnswer(ctx context.Context, v core.TemplateView, err error) (*templateOut, error) {
	if err != nil {
		return nil, err
	}
	return &templateOut{strconv.Quote(strconv.Itoa(v.Version)), a.templateOf(ctx, v)}, nil
}

type templateCreateIn struct{ Body NewTemplate }

func (a *api) templateCreate(ctx context.Context, in *templateCreateIn) (*templateOut, error) {
	w, err := in.Body.writing()
	if err != nil {
		return nil, err
	}
	v, err := a.Helpdesk.AddTemplate(ctx, actor(ctx), w)
	return a.templateAnswer(ctx, v, err)
}

type templateIn struct {
	ID string `path:"id"`
}

func (a *api) templateGet(ctx context.Context, in *templateIn) (*templateOut, error) {
	v, err := a.Helpdesk.Template(ctx, personOf(ctx), in.ID)
	return a.templateAnswer(ctx, v, err)
}

type templateEditIn struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" doc:"The version that the caller saw; a stale one is refused with the present item"`
	Body    NewTemplate
}

func (a *api) templateEdit(ctx context.Context, in *templateEditIn) (*templateOut, error) {
	version, err := versionOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	w, err := in.Body.writing()
	if err != nil {
		return nil, err
	}
	v, err := a.Helpdesk.EditTemplate(ctx, actor(ctx), in.ID, w, version)
	return a.templateAnswer(ctx, v, a.staleTemplate(ctx, in.ID, err))
}

type templateDeleteIn struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" doc:"The version that the caller saw; a stale one is refused with the present item"`
}

func (a *api) templateDelete(ctx context.Context, in *templateDeleteIn) (*struct{}, error) {
	version, err := versionOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return nil, a.staleTemplate(ctx, in.ID, a.Helpdesk.DeleteTemplate(ctx, actor(ctx), in.ID, version))
}

func (a *api) staleTemplate(ctx context.Context, id string, err error) error {
	return a.staleItem(ctx, err, func() (any, error) {
		v, err := a.Helpdesk.Template(ctx, personOf(ctx), id)
		return a.templateOf(ctx, v), err
	})
}

package core

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// TemplateKind is what a template is for.
type TemplateKind string

// The kinds: a ticket template fills in a new ticket, a reply template is an answer that is used again (E15).
const (
	TicketTemplate TemplateKind = "ticket"
	ReplyTemplate  TemplateKind = "reply"
)

// Template is a text that a service has ready. It is for its team alone (A27, A28).
type Template struct {
	ID       string
	Kind     TemplateKind
	Service  ServiceID
	Title    string
	Text     string // with placeholders
	Language Language
	// Of a ticket template; what is empty is left to who opens the ticket.
	Subject  string // with placeholders
	Category Category
	Priority Priority
	Fields   map[string]string
	// Of a periodic ticket.
	Requester *Person   // nil = none
	Schedule  *Schedule // nil = tickets are made of it by hand only
	NextAt    time.Time // the next one; zero = none
	Failure   *TemplateFailure
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
}

// RequesterLeft is why a template whose requester was erased opens no more tickets.
const RequesterLeft = "error.template.requester_left"

// TemplateFailure says why the last ticket of a schedule could not be made: the key of a sentence, with what stands in it.
type TemplateFailure struct {
	At   time.Time `json:"at"` // when it should have been made
	Key  string    `json:"key"`
	Args []string  `json:"args,omitempty"`
}

// The limits of a template, in characters.
const (
	maxTemplateTitle = 120
	maxTemplateText  = 20_000
)

// Check refuses a template that could not be used. Titles and subjects become one line.
func (t *Template) Check() error {
	t.Title, t.Subject = strings.Join(strings.Fields(t.Title), " "), strings.Join(strings.Fields(t.Subject), " ")
	t.Text = strings.ReplaceAll(t.Text, "\r\n", "\n")
	reply := t.Kind == ReplyTemplate
	switch {
	case t.Kind == "":
		return BadInput("kind", "error.template.kind_missing")
	case !reply && t.Kind != TicketTemplate:
		return BadInput("kind", "error.template.kind", string(t.Kind))
	case FoldWords(t.Title) == "" || utf8.RuneCountInString(t.Title) > maxTemplateTitle:
		return BadInput("title", "error.template.title", maxTemplateTitle)
	case utf8.RuneCountInString(t.Text) > maxTemplateText:
		return BadInput("text", "error.template.long", maxTemplateText)
	case !storable(t.Text):
		return BadInput("text", "error.text.characters")
	case !storable(t.Title) || !storable(t.Subject):
		return BadInput("title", "error.text.characters")
	case t.Language != English && t.Language != Spanish:
		return BadInput("language", "error.template.language", string(t.Language))
	case reply && strings.TrimSpace(t.Text) == "":
		return BadInput("text", "error.template.text")
	case reply && (t.Subject != "" || t.Category != "" || t.Priority != "" || len(t.Fields) > 0 || t.Requester != nil || t.Schedule != nil):
		return BadInput("kind", "error.template.reply_only")
	case utf8.RuneCountInString(t.Subject) > maxTemplateTitle*2:
		return BadInput("subject", "error.template.long", maxTemplateTitle*2)
	case t.Category != "" && !ValidCategory(t.Category):
		return BadInput("category", "error.category.unknown", string(t.Category))
	case t.Priority != "" && !ValidPriority(t.Priority):
		return BadInput("priority", "error.priority.unknown", string(t.Priority))
	}
	for _, x := range [][2]string{{"subject", t.Subject}, {"text", t.Text}} {
		if unknown, ok := unknownPlaceholder(t.Kind, x[1]); ok {
			return BadInput(x[0], "error.template.placeholder", "{{"+unknown+"}}", strings.Join(placeholdersOf(t.Kind), " "))
		}
	}
	if t.Schedule == nil {
		return nil
	}
	switch {
	case t.Requester == nil:
		return BadInput("requester", "error.template.requester")
	case t.Subject == "":
		return BadInput("subject", "error.subject.empty")
	case strings.TrimSpace(t.Text) == "":
		return BadInput("text", "error.template.periodic_text")
	}
	return t.Schedule.Check()
}

// placeholder is something that a template leaves open: its English name, its Spanish one, and where it may stand.
type placeholder struct {
	name, spanish string
	kind          TemplateKind
}

var placeholders = []placeholder{
	{"requester.name", "solicitante.nombre", ReplyTemplate},
	{"requester.first_name", "solicitante.nombre_de_pila", ReplyTemplate},
	{"ticket.number", "ticket.numero", ReplyTemplate},
	{"ticket.tag", "ticket.etiqueta", ReplyTemplate},
	{"ticket.subject", "ticket.asunto", ReplyTemplate},
	{"service", "servicio", ReplyTemplate},
	{"solver.name", "solver.nombre", ReplyTemplate},
	{"me.name", "yo.nombre", ReplyTemplate},
	{"desk", "mesa", ReplyTemplate},
	{"date", "fecha", TicketTemplate},
}

// marked matches what is written as a placeholder.
var marked = regexp.MustCompile(`\{\{([^{}\n]*)\}\}`)

// placeholderNamed finds a placeholder by either name, without regard to case, accents and spaces around it.
func placeholderNamed(kind TemplateKind, written string) (string, bool) {
	written = FoldWords(written)
	i := slices.IndexFunc(placeholders, func(p placeholder) bool { return p.kind == kind && (p.name == written || p.spanish == written) })
	if i < 0 {
		return "", false
	}
	return placeholders[i].name, true
}

func unknownPlaceholder(kind TemplateKind, text string) (string, bool) {
	for _, m := range marked.FindAllStringSubmatch(text, -1) {
		if _, ok := placeholderNamed(kind, m[1]); !ok {
			return m[1], true
		}
	}
	return "", false
}

// placeholdersOf lists what a kind of template knows, by both names.
func placeholdersOf(kind TemplateKind) (list []string) {
	for _, p := range placeholders {
		if p.kind == kind {
			list = append(list, "{{"+p.name+"}}", "{{"+p.spanish+"}}")
		}
	}
	return list
}

// Placeholders lists what texts of a kind of template may leave open, as they are written in the language.
func Placeholders(kind TemplateKind, l Language) (list []string) {
	for _, p := range placeholders {
		if name := p.name; p.kind == kind {
			if l == Spanish {
				name = p.spanish
			}
			list = append(list, "{{"+name+"}}")
		}
	}
	return list
}

// MayUseTemplate tells whether the person sees a template and may use it: in its own service, while that is in use (A27).
func (d *Directory) MayUseTemplate(t *Template, p *Person) bool {
	return d.templates(t.Service, p, TemplateUse)
}

// MayManageTemplates tells whether the person writes, changes and deletes templates of a service (A28).
func (d *Directory) MayManageTemplates(id ServiceID, p *Person) bool {
	return d.templates(id, p, TemplateManage)
}

func (d *Directory) templates(id ServiceID, p *Person, row Permission) bool {
	s := d.Services[id]
	return s != nil && !s.Archived && d.RolesIn(p, id).Grade(row) == Allowed
}

// TemplateServices are the services whose templates the person may use; with a service those alone that serve there: its own
// and those of the services above it, the nearest first.
func (d *Directory) TemplateServices(p *Person, in ServiceID) []ServiceID {
	ids := []ServiceID{}
	if in == 0 {
		for id := range d.Services {
			if d.templates(id, p, TemplateUse) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	for s, n := d.Services[in], 0; s != nil && n <= len(d.Services); s, n = d.Services[s.Parent], n+1 {
		if d.templates(s.ID, p, TemplateUse) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// TemplateView is a template as who may use it sees it.
type TemplateView struct {
	ID            string            `json:"id"`
	Kind          TemplateKind      `json:"kind"`
	Service       string            `json:"service"` // its path
	Title         string            `json:"title"`
	Text          string            `json:"text"`
	Language      Language          `json:"language"`
	ForRequesters bool              `json:"for_requesters"` // always false: templates are for the team
	Subject       string            `json:"subject,omitempty"`
	Category      Category          `json:"category,omitempty"`
	Priority      Priority          `json:"priority,omitempty"`
	Fields        map[string]string `json:"fields,omitempty"`
	Requester     string            `json:"requester,omitempty"` // an address
	Schedule      *Schedule         `json:"schedule,omitempty"`
	NextAt        *time.Time        `json:"next_at,omitempty"`
	Filled        string            `json:"filled,omitempty"` // a reply template for the ticket that was asked about
	CreatedAt     time.Time         `json:"created_at"`
	UpdatedAt     time.Time         `json:"updated_at"`
	Version       int               `json:"version"`
	Actions       []string          `json:"actions"`
	// Failure is for the edges to say in the reader's language.
	Failure *TemplateFailure `json:"-"`
}

// ViewOfTemplate shows a template to somebody who may use it.
func (d *Directory) ViewOfTemplate(t *Template, p *Person) TemplateView {
	v := TemplateView{ID: t.ID, Kind: t.Kind, Service: d.Path(t.Service), Title: t.Title, Text: t.Text, Language: t.Language, Subject: t.Subject,
		Category: t.Category, Priority: t.Priority, Fields: t.Fields, Schedule: t.Schedule, NextAt: moment(t.NextAt), Failure: t.Failure,
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Version: t.Version, Actions: []string{}}
	if t.Requester != nil {
		v.Requester = t.Requester.Email
	}
	if d.MayManageTemplates(t.Service, p) {
		v.Actions = append(v.Actions, "edit", "delete")
	}
	return v
}

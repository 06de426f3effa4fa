package desk

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// writing is where the reader writes, with what they wrote before and what waits to be sent.
type writing struct {
	Reply, Note bool   // what may be written
	Boxes       []*box // what of it there is something to show of
	AsNote      bool   // which of them is chosen
	Alert       string // why it was not sent just now
	Came        []happened
	Waiting     []waiting
	Then        []core.Status // what the ticket can be set to with a reply
	Templates   bool
	Goes        audience
	NoteGoes    audience
	Resolution  string // what was typed as the last word, where resolving was refused
}

// box is what somebody writes of one kind. They are kept apart: a note never becomes a reply by a wrong click.
type box struct {
	Kind   core.DraftKind
	Name   string // of its field
	Text   string
	Files  []core.Attachment
	Since  time.Time // when it was kept; zero = nothing is
	Failed string    // why it was not sent
	Locked bool      // there is no writing here any more, only reading what was not sent
}

// waiting is a message that is sent in a moment, and can be taken back until then.
type waiting struct {
	*core.Draft
	Note bool
	Left int64 // milliseconds until it leaves
}

// audience is who gets a message, in one line and by name.
type audience struct {
	First   string // by first name; "" = nobody but the team
	Others  int
	Team    bool // it goes to the team: the writer is the requester's side
	Hearers []helpdesk.Hearer
}

func (v *visit) writing(p *ticketPage) (writing, error) {
	ctx, record := v.r.Context(), p.may(core.ActRecord)
	w := writing{Reply: record && (!p.View.TeamSide || p.solves()), Note: record && p.View.TeamSide}
	w.AsNote = !w.Reply
	drafts, err := v.Helpdesk.Drafts(ctx, v.me, p.View.Number)
	if err != nil {
		return w, err
	}
	if w.Reply {
		w.Boxes = append(w.Boxes, &box{Kind: core.ReplyDraft, Name: "text"})
	}
	if w.Note {
		w.Boxes = append(w.Boxes, &box{Kind: core.NoteDraft, Name: "note"})
	}
	if len(w.Boxes) == 1 {
		w.Boxes[0].Name = "text"
	}
	newest := time.Time{}
	for _, d := range drafts {
		if !d.SendAt.IsZero() {
			w.Waiting = append(w.Waiting, waiting{d, d.Kind == core.NoteDraft, max(0, d.SendAt.Sub(v.now).Milliseconds())})
			continue
		}
		b := w.box(d.Kind)
		if b == nil {
			b = &box{Kind: d.Kind, Locked: true}
			w.Boxes = append(w.Boxes, b)
		}
		b.Text, b.Files, b.Since = d.Text, d.Files, d.UpdatedAt
		if d.Failure != nil {
			b.Failed = v.printer.Error(d.Failure)
		}
		if !b.Locked && d.UpdatedAt.After(newest) {
			newest, w.AsNote = d.UpdatedAt, d.Kind == core.NoteDraft
		}
	}
	if !record {
		return w, nil
	}
	if w.Reply && p.View.TeamSide {
		if p.may(core.ActStatus) && p.View.Status != core.Waiting {
			w.Then = append(w.Then, core.Waiting)
		}
		if p.may(core.ActResolve) {
			w.Then = append(w.Then, core.Resolved)
		}
	}
	w.Templates = p.View.TeamSide
	w.Goes, w.NoteGoes, err = v.audiences(p.View)
	return w, err
}

// box is the one of a kind in which the reader may write; nil = none.
func (w *writing) box(kind core.DraftKind) *box {
	i := slices.IndexFunc(w.Boxes, func(b *box) bool { return b.Kind == kind && !b.Locked })
	if i < 0 {
		return nil
	}
	return w.Boxes[i]
}

// May tells whether anything may be written.
func (w writing) May() bool { return w.Reply || w.Note }

// audiences say whom a reply and a note reach. The requester's side is told of itself and of the team as a whole.
func (v *visit) audiences(view core.View) (reply, note audience, err error) {
	if !view.TeamSide {
		reply.Team = true
		if view.Solver != nil {
			reply.First = view.Solver.FirstName()
		}
		for _, p := range append([]core.Ref{view.Requester}, view.Participants...) {
			if p.Email != v.me.Email {
				reply.Others++
			}
		}
		return reply, note, nil
	}
	lists, err := v.Helpdesk.Hearers(v.r.Context(), v.me, view.Number, core.EventPublicReply, core.EventNoteAdded)
	if err != nil {
		return reply, note, err
	}
	reply.Hearers, note.Hearers = lists[core.EventPublicReply], lists[core.EventNoteAdded]
	for i := range reply.Hearers {
		v.printer.Name(&reply.Hearers[i].Person)
	}
	for i := range note.Hearers {
		v.printer.Name(&note.Hearers[i].Person)
	}
	for _, h := range reply.Hearers {
		if h.Role != core.Requester && h.Role != core.Participant {
			continue
		}
		if reply.First == "" {
			reply.First = h.Person.FirstName()
		} else {
			reply.Others++
		}
	}
	return reply, note, nil
}

// others are the page's entries by somebody else than the reader.
func (v *visit) others(entries []entry) []entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.Author != nil && e.Author.Email == v.me.Email })
}

// came are lines of what others did since the moment that the writer's page was made of.
func (v *visit) came(p *ticketPage, seen string) []happened {
	return v.since(v.others(p.Entries), seen)
}

// showCame renders those lines, for a page on which somebody writes.
func showCame(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	view, records, err := v.Helpdesk.Log(v.r.Context(), v.me, n)
	if err != nil {
		return err
	}
	view.EachPerson(v.printer.Name)
	p := &ticketPage{View: view, Base: ticketPath(view.Number), thread: v.thread(view, records)}
	p.Frame = v.frame("", p.Base)
	p.Write.Came = v.came(p, v.r.URL.Query().Get("seen"))
	return v.pages.RenderPart(v.w, 200, "desk", "came", p)
}

// filledTemplate appends the reply template that the address asks for, for whom no script puts it where the cursor is.
func (v *visit) filledTemplate(p *ticketPage) error {
	id := v.r.URL.Query().Get("template")
	b := p.Write.box(core.ReplyDraft)
	if id == "" || b == nil {
		return nil
	}
	list, err := v.replies(p.View.Number)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(list, func(r core.TemplateView) bool { return r.ID == id }); i >= 0 {
		b.Text, p.Write.AsNote = strings.TrimLeft(b.Text+"\n\n"+list[i].Filled, "\n"), false
	}
	return nil
}

// repliesPage offers the reply templates of a ticket.
type repliesPage struct {
	web.Frame
	Base, Filter string
	Replies      []core.TemplateView
}

// At is the address of the ticket with a template in the box.
func (p repliesPage) At(id string) string {
	q, _ := url.ParseQuery(strings.TrimPrefix(p.Filter, "?")) // our own
	q.Set("template", id)
	return p.Base + "?" + q.Encode() + "#write"
}

func showReplies(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	replies, err := v.replies(n)
	if err != nil {
		return err
	}
	p := repliesPage{Base: ticketPath(n), Filter: v.narrowing().at(""), Replies: replies}
	p.Frame = v.frame(v.printer.T("desk.templates"), p.Base+"/templates")
	if web.Wants(v.r, "replies") {
		return v.pages.RenderPart(v.w, 200, "replies", "replies", p)
	}
	return v.pages.Render(v.w, 200, "replies", p)
}

// replies are the reply templates that may be used in a ticket and have something to say there.
func (v *visit) replies(n core.Number) ([]core.TemplateView, error) {
	list, err := v.Helpdesk.Templates(v.r.Context(), v.me, helpdesk.TemplateFilter{Kind: core.ReplyTemplate, Ticket: n})
	return slices.DeleteFunc(list, func(t core.TemplateView) bool { return strings.TrimSpace(t.Filled) == "" }), err
}

package desk

import (
	"net/url"
	"slices"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// dialog is the form of an act that takes more than a click. It opens over the ticket: ?do= names it, so it is reached
// without a script too.
type dialog struct {
	Action  core.Action
	Typed   url.Values // what was typed before it was refused; nil = it was just opened
	Alert   string     // why it was refused
	Gone    bool       // the act is not possible any more
	Request helpdesk.EditableRequest
	Fields  []fieldTyped
	Targets []string // services to move to
	Record  *entry   // that is to be split off
	now     time.Time
	zone    *time.Location
}

// fieldTyped is a custom field in a form.
type fieldTyped struct {
	core.TicketField
	Said string
}

// dialogWords are the keys of what a dialog says: its title, its button, and of those that ask for another ticket's number
// the field's name and what comes of it.
type dialogWords struct{ Title, Button, Number, Hint string }

// withDialog are the acts that have one.
var withDialog = map[core.Action]dialogWords{
	core.ActEdit:   {Title: "desk.act.edit", Button: "desk.do.edit"},
	core.ActMove:   {Title: "desk.act.move", Button: "desk.do.move"},
	core.ActDue:    {Title: "desk.act.due", Button: "desk.do.due"},
	core.ActAsk:    {Title: "desk.act.ask", Button: "desk.do.ask"},
	core.ActSplit:  {Title: "desk.act.split", Button: "desk.do.split"},
	core.ActLink:   {"desk.act.link", "desk.do.link", "desk.link.number", "desk.link.hint"},
	core.ActParent: {"desk.act.parent", "desk.do.parent", "desk.parent.number", "desk.parent.hint"},
	core.ActMerge:  {"desk.act.merge", "desk.do.merge", "desk.merge.number", "desk.merge.hint"},
}

func asksMore(a core.Action) bool { _, ok := withDialog[a]; return ok }

// Words are the keys of what it says.
func (d *dialog) Words() dialogWords { return withDialog[d.Action] }

// Said is what stands in a field: what was typed, else what the ticket says.
func (d *dialog) Said(field, present string) string {
	if d.Typed != nil {
		return d.Typed.Get(field)
	}
	return present
}

// Moment is a present value for a field of date and time.
func (d *dialog) Moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.In(d.zone).Format(localForm)
}

// Soonest is the earliest that such a field takes.
func (d *dialog) Soonest() string { return d.now.In(d.zone).Format(localForm) }

// fillDialog finds what the dialog offers. What is typed stays, also where the act is not possible any more.
func (v *visit) fillDialog(p *ticketPage) (err error) {
	d := p.Dialog
	d.now, d.zone = v.now, v.zone()
	if d.Gone = !p.may(d.Action); d.Gone {
		if d.Alert == "" {
			d.Alert = v.printer.T("error.not_now")
		}
		return nil
	}
	switch d.Action {
	case core.ActEdit:
		if d.Request, err = v.Helpdesk.EditableRequest(v.r.Context(), v.me, p.View.Number); err != nil {
			return err
		}
		for _, f := range d.Request.Fields {
			d.Fields = append(d.Fields, fieldTyped{f, d.fieldSaid(f.Name, p.View.Fields[f.Name])})
		}
	case core.ActMove:
		d.Targets, err = v.Helpdesk.MoveTargets(v.r.Context(), v.me, p.View.Number)
	case core.ActSplit:
		id := v.r.URL.Query().Get("record")
		if d.Typed != nil {
			id = d.Typed.Get("record")
		}
		i := slices.IndexFunc(p.Entries, func(e entry) bool { return e.ID == id })
		if i < 0 {
			d.Gone, d.Alert = true, v.printer.T("error.split.unknown")
			return nil
		}
		d.Record = &p.Entries[i]
	}
	return err
}

func (d *dialog) fieldSaid(name, present string) string {
	if i := slices.Index(d.Typed["name"], name); i >= 0 && i < len(d.Typed["field"]) {
		return d.Typed["field"][i]
	}
	return present
}

// Splits tells whether a record can become a ticket of its own: a message that the requester was shown.
func (p *ticketPage) Splits(e entry) bool {
	return p.may(core.ActSplit) && e.Kind == core.KindMessage && e.ShowToRequester && len(p.Entries) > 1 && p.Entries[0].ID != e.ID
}

package api

import (
	"context"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Assignment is a person, a group of the service, or a group and one of its members.
type Assignment struct {
	Solver string `json:"solver,omitempty" doc:"By address"`
	Group  string `json:"group,omitempty"`
}

func assign(b Assignment) deed {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		to := helpdesk.Assignee{Group: b.Group}
		if b.Solver != "" {
			var err error
			if to.Solver, err = act.PersonNamed(ctx, b.Solver); err != nil {
				return n, err
			}
		}
		return act.Assign(ctx, n, to, version)
	}
}

// NewStatus is open, triaged, in_progress, waiting, resolved or closed.
type NewStatus struct {
	Status core.Status `json:"status"`
}

func setStatus(b NewStatus) deed {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.SetStatus(ctx, n, b.Status, version)
	}
}

// Resolution is the message that the requester gets with it; it may be empty.
type Resolution struct {
	Text string `json:"text,omitempty"`
}

func resolve(b *Resolution) deed {
	var text string
	if b != nil {
		text = b.Text
	}
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.Resolve(ctx, n, helpdesk.NewRecord{Text: text, IfVersion: version})
	}
}

// NewPriority is low, normal, high or urgent.
type NewPriority struct {
	Priority core.Priority `json:"priority"`
}

func setPriority(b NewPriority) deed {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.SetPriority(ctx, n, b.Priority, version)
	}
}

// NewCategory is one of the desk's categories.
type NewCategory struct {
	Category core.Category `json:"category"`
}

func setCategory(b NewCategory) deed {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.SetCategory(ctx, n, b.Category, version)
	}
}

// AddOrRemove names one person, to add or to remove.
type AddOrRemove struct {
	Add    string `json:"add,omitempty" doc:"An address"`
	Remove string `json:"remove,omitempty" doc:"An address"`
}

// personDeed is an operation of adding or removing somebody.
type personDeed func(act *helpdesk.Act, ctx context.Context, n core.Number, p *core.Person, version int) (core.Number, error)

// people makes the deed of adding or of removing, by which of the fields is set.
func people(add, remove personDeed) func(AddOrRemove) deed {
	return func(b AddOrRemove) deed {
		return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
			if (b.Add == "") == (b.Remove == "") {
				return n, core.BadInput("add", "error.add_or_remove")
			}
			do, address := add, b.Add
			if b.Remove != "" {
				do, address = remove, b.Remove
			}
			p, err := act.PersonNamed(ctx, address)
			if err != nil {
				return n, err
			}
			return do(act, ctx, n, p, version)
		}
	}
}

// Due is the team's own date for a ticket.
type Due struct {
	InternalTarget *time.Time `json:"internal_target" doc:"Null clears it"`
}

func setDue(b Due) deed {
	var to time.Time
	if b.InternalTarget != nil {
		to = *b.InternalTarget
	}
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.SetInternalTarget(ctx, n, to, version)
	}
}

// Undo takes back what the action does.
type Undo struct {
	Undo bool `json:"undo,omitempty"`
}

func spam(b *Undo) deed {
	if b != nil && b.Undo {
		return (*helpdesk.Act).UnmarkSpam
	}
	return (*helpdesk.Act).MarkSpam
}

package api

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Assignment is a person, a group of the service, or a group and one of its members.
type Assignment struct {
	Solver string `json:"solver,omitempty" doc:"By address"`
	Group  string `json:"group,omitempty"`
}

func (a *api) assign(ctx context.Context, b Assignment) (deed, error) {
	to := helpdesk.Assignee{Group: b.Group}
	if b.Solver != "" {
		var err error
		if to.Solver, err = a.Helpdesk.PersonNamed(ctx, b.Solver); err != nil {
			return nil, err
		}
	}
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.Assign(ctx, n, to, version)
	}, nil
}

// NewStatus is open, triaged, in_progress, waiting, resolved or closed.
type NewStatus struct {
	Status core.Status `json:"status"`
}

func (a *api) setStatus(_ context.Context, b NewStatus) (deed, error) {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.SetStatus(ctx, n, b.Status, version)
	}, nil
}

// Resolution is the message that the requester gets with it; it may be empty.
type Resolution struct {
	Text string `json:"text,omitempty"`
}

func (a *api) resolve(_ context.Context, b *Resolution) (deed, error) {
	var text string
	if b != nil {
		text = b.Text
	}
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.Resolve(ctx, n, helpdesk.NewRecord{Text: text, IfVersion: version})
	}, nil
}

// NewPriority is low, normal, high or urgent.
type NewPriority struct {
	Priority core.Priority `json:"priority"`
}

func (a *api) setPriority(_ context.Context, b NewPriority) (deed, error) {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.SetPriority(ctx, n, b.Priority, version)
	}, nil
}

// NewCategory is one of the desk's categories.
type NewCategory struct {
	Category core.Category `json:"category"`
}

func (a *api) setCategory(_ context.Context, b NewCategory) (deed, error) {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.SetCategory(ctx, n, b.Category, version)
	}, nil
}

// AddOrRemove names one person, to add or to remove.
type AddOrRemove struct {
	Add    string `json:"add,omitempty" doc:"An address"`
	Remove string `json:"remove,omitempty" doc:"An address"`
}

// personDeed is an operation of adding or removing somebody.
type personDeed func(act *helpdesk.Act, ctx context.Context, n core.Number, p *core.Person, version int) (core.Number, error)

// people prepares one of two operations, by which of the fields is set.
func (a *api) people(add, remove personDeed) func(context.Context, AddOrRemove) (deed, error) {
	return func(ctx context.Context, b AddOrRemove) (deed, error) {
		if (b.Add == "") == (b.Remove == "") {
			return nil, core.BadInput("add", "error.add_or_remove")
		}
		do, address := add, b.Add
		if b.Remove != "" {
			do, address = remove, b.Remove
		}
		p, err := a.Helpdesk.PersonNamed(ctx, address)
		if err != nil {
			return nil, err
		}
		return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
			return do(act, ctx, n, p, version)
		}, nil
	}
}

package api

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Link names a ticket that has to do with this one.
type Link struct {
	Number core.Number `json:"number" minimum:"1"`
	Undo   bool        `json:"undo,omitempty"`
}

func link(b Link) deed {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		if b.Undo {
			return act.UnlinkTicket(ctx, n, b.Number, version)
		}
		return act.LinkTicket(ctx, n, b.Number, version)
	}
}

// Into names the ticket that stays.
type Into struct {
	Into core.Number `json:"into" minimum:"1"`
}

func merge(b Into) deed {
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.MergeTicket(ctx, n, b.Into, version)
	}
}

// Parent names the ticket above.
type Parent struct {
	Number *core.Number `json:"number" minimum:"0" doc:"0 or null = none"`
}

func setParent(b Parent) deed {
	var parent core.Number
	if b.Number != nil {
		parent = *b.Number
	}
	return func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error) {
		return act.SetParent(ctx, n, parent, version)
	}
}

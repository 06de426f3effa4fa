package api

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

type mailListIn struct {
	State string `query:"state"`
	Page  string `query:"page"`
}

type mailListOut[Row any] struct {
	Body struct {
		Messages []Row  `json:"messages"`
		Next     string `json:"next,omitempty"`
	}
}

// inboundList lists the ledger.
func (a *api) inboundList(ctx context.Context, in *mailListIn) (*mailListOut[helpdesk.InboundRow], error) {
	return mailPage(in, func(after int64) ([]helpdesk.InboundRow, int64, error) {
		return a.Helpdesk.InboundMail(ctx, personOf(ctx), core.InboundState(in.State), after, perPage)
	})
}

// outboundList lists the outbox.
func (a *api) outboundList(ctx context.Context, in *mailListIn) (*mailListOut[helpdesk.OutboundRow], error) {
	return mailPage(in, func(after int64) ([]helpdesk.OutboundRow, int64, error) {
		return a.Helpdesk.OutboundMail(ctx, personOf(ctx), core.OutboundState(in.State), after, perPage)
	})
}

func mailPage[Row any](in *mailListIn, list func(after int64) ([]Row, int64, error)) (*mailListOut[Row], error) {
	after, err := pageAfter(in.Page)
	if err != nil {
		return nil, err
	}
	rows, next, err := list(after)
	if err != nil {
		return nil, err
	}
	out := &mailListOut[Row]{}
	out.Body.Messages, out.Body.Next = rows, nextPage(next)
	return out, nil
}

type inboundIn struct {
	ID int64 `path:"id" minimum:"1"`
}

type outboundIn struct {
	ID string `path:"id"`
}

type rowOut[Row any] struct{ Body Row }

// inboundReplay puts a message back into the queue.
func (a *api) inboundReplay(ctx context.Context, in *inboundIn) (*rowOut[helpdesk.InboundRow], error) {
	row, err := a.Helpdesk.ReplayInboundAs(ctx, personOf(ctx), in.ID)
	return &rowOut[helpdesk.InboundRow]{Body: row}, err
}

// outboundReplay sends a mail again.
func (a *api) outboundReplay(ctx context.Context, in *outboundIn) (*rowOut[helpdesk.OutboundRow], error) {
	row, err := a.Helpdesk.ReplayOutboundAs(ctx, personOf(ctx), in.ID)
	return &rowOut[helpdesk.OutboundRow]{Body: row}, err
}

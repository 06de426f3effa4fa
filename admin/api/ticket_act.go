package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// deed is one operation on one ticket, ready to be done in a transaction; operations of helpdesk.Act fit as they are.
// version is that of If-Match; 0 = whatever the present state is.
type deed func(act *helpdesk.Act, ctx context.Context, n core.Number, version int) (core.Number, error)

type actIn struct {
	Number  core.Number `path:"number" minimum:"1"`
	IfMatch string      `header:"If-Match" doc:"The version that the caller saw; a stale one is refused with the present ticket"`
}

// actOut is 200 with the ticket, or 204 where the person does not see it any more (D6).
type actOut struct {
	Status int
	ETag   string `header:"ETag"`
	Body   *Ticket
}

// do does a deed and answers with the ticket as it is then.
func (a *api) do(ctx context.Context, n core.Number, ifMatch string, d deed) (*actOut, error) {
	version, err := versionOf(ifMatch)
	if err != nil {
		return nil, err
	}
	err = a.Helpdesk.Do(ctx, actor(ctx), func(act *helpdesk.Act) (err error) {
		n, err = d(act, ctx, n, version)
		return err
	})
	if core.CodeOf(err) == core.Stale {
		return nil, a.stale(ctx, n, err)
	}
	if err != nil {
		return nil, err
	}
	v, err := a.Helpdesk.Ticket(ctx, personOf(ctx), n)
	switch {
	case core.CodeOf(err) == core.NotFound:
		return &actOut{Status: http.StatusNoContent}, nil
	case err != nil:
		return nil, err
	}
	return &actOut{Status: http.StatusOK, ETag: etag(v), Body: ticketOf(v)}, nil
}

// stale shows the present ticket to who acted on an old one (E5).
func (a *api) stale(ctx context.Context, n core.Number, stale error) error {
	v, err := a.Helpdesk.Ticket(ctx, personOf(ctx), n)
	if err != nil {
		return err
	}
	p := a.problem(ctx, stale)
	p.Ticket = ticketOf(v)
	return p
}

// versionOf reads If-Match: a version, bare or as an entity tag (RFC 9110 13.1.1); "" and * are whatever is there.
func versionOf(ifMatch string) (int, error) {
	s := strings.Trim(strings.TrimPrefix(strings.TrimSpace(ifMatch), "W/"), `"`)
	if s == "" || s == "*" {
		return 0, nil
	}
	version, err := strconv.Atoi(s)
	if err != nil || version < 1 {
		return 0, core.BadInput("If-Match", "error.if_match", ifMatch)
	}
	return version, nil
}

// simple makes the handler of an action that takes no body.
func (a *api) simple(d deed) func(context.Context, *actIn) (*actOut, error) {
	return func(ctx context.Context, in *actIn) (*actOut, error) { return a.do(ctx, in.Number, in.IfMatch, d) }
}

type actWith[B any] struct {
	Number  core.Number `path:"number" minimum:"1"`
	IfMatch string      `header:"If-Match" doc:"The version that the caller saw; a stale one is refused with the present ticket"`
	Body    B
}

// with makes the handler of an action that takes a body.
func with[B any](a *api, of func(B) deed) func(context.Context, *actWith[B]) (*actOut, error) {
	return func(ctx context.Context, in *actWith[B]) (*actOut, error) {
		return a.do(ctx, in.Number, in.IfMatch, of(in.Body))
	}
}

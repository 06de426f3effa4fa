package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// problemType is the media type of RFC 9457.
const problemType = "application/problem+json"

var typeOfProblem = reflect.TypeFor[Problem]()

// Problem is a refusal or failure as RFC 9457 has it; what follows Detail are its extension members (section 3.2).
type Problem struct {
	Type   string `json:"type" doc:"Always about:blank: the status and the code say what it is"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail" doc:"What happened and what to do, in the person's language"`

	Code   core.Code `json:"code,omitempty" enum:"not_found,forbidden,conflict,stale,invalid"`
	Field  string    `json:"field,omitempty" doc:"Which input is wrong"`
	Errors []Wrong   `json:"errors,omitempty" doc:"What is wrong with the request's form"`
	Ticket *Ticket   `json:"ticket,omitempty" doc:"With code stale: the ticket as it is now"`
	Item   any       `json:"item,omitempty" doc:"With code stale: the knowledge, news or template as it is now"`
	ID     string    `json:"id,omitempty" doc:"Of a failure: where the log tells about it"`
}

// Wrong is one place of a request that does not have the form that the description asks for.
type Wrong struct {
	Location string `json:"location,omitempty"`
	Message  string `json:"message"`
}

// Error is what stands in logs.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus tells the library the answer's status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType tells the library the answer's media type.
func (p *Problem) ContentType(string) string { return problemType }

// statuses maps a refusal's code to the answer's status. This is the one place that does.
var statuses = map[core.Code]int{
	core.NotFound:  http.StatusNotFound,
	core.Forbidden: http.StatusForbidden,
	core.Conflict:  http.StatusConflict,
	core.Stale:     http.StatusConflict,
	core.Invalid:   http.StatusUnprocessableEntity,
}

// httpError is a refusal that only HTTP knows.
type httpError struct {
	status int
	key    string
}

func (e *httpError) Error() string { return e.key }

var (
	errNoToken  = &httpError{http.StatusUnauthorized, "error.api.token"}
	errNoRoute  = &httpError{http.StatusNotFound, "error.api.no_route"}
	errNoMethod = &httpError{http.StatusMethodNotAllowed, "error.api.no_method"}
	errTooLarge = &httpError{http.StatusRequestEntityTooLarge, "error.api.too_large"}
	errMedia    = &httpError{http.StatusUnsupportedMediaType, "error.api.media"}
	errBroken   = &httpError{http.StatusBadRequest, "error.api.broken"}
)

// problem says an error in the language of the request.
func (a *api) problem(ctx context.Context, err error) *Problem {
	err = helpdesk.Refusal(err)
	say := a.printer(ctx)
	plain := func(status int, detail string) *Problem {
		return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
	}
	var refusal *core.Error
	var known *httpError
	var done *Problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &done):
		return done
	case errors.As(err, &refusal) && statuses[refusal.Code] != 0:
		p := plain(statuses[refusal.Code], say.Error(err))
		p.Code, p.Field = refusal.Code, refusal.Field
		return p
	case errors.As(err, &tooLarge):
		return plain(errTooLarge.status, say.T(errTooLarge.key))
	case errors.As(err, &known):
		return plain(known.status, say.T(known.key))
	}
	p := plain(http.StatusInternalServerError, say.T("error.failure"))
	p.ID = uuid.NewString()
	if !errors.Is(err, context.Canceled) { // the client went away
		a.Log.ErrorContext(ctx, "request failed", "id", p.ID, "error", err)
	}
	return p
}

// translate turns the library's own refusals (validation, media types, sizes) into problems of the same shape. It does
// not echo values: they may be what somebody wrote.
func (a *api) translate(ctx huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	key := "error.api.form"
	switch e.Status {
	case http.StatusRequestEntityTooLarge:
		key = errTooLarge.key
	case http.StatusUnsupportedMediaType:
		key = errMedia.key
	case http.StatusBadRequest:
		key = errBroken.key
	}
	p := &Problem{Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Detail: a.printer(ctx.Context()).T(key)}
	if e.Status == http.StatusUnprocessableEntity {
		p.Code = core.Invalid
	}
	for _, d := range e.Errors {
		p.Errors = append(p.Errors, Wrong{Location: d.Location, Message: d.Message})
	}
	return p, nil
}

// write answers with an error outside of the library.
func (a *api) write(w http.ResponseWriter, r *http.Request, err error) {
	writeProblem(w, a.problem(withLanguages(r.Context(), r), err))
}

// WriteFailure answers 500 with the id under which the log tells of it.
func WriteFailure(w http.ResponseWriter, id string) {
	status := http.StatusInternalServerError
	writeProblem(w, &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, ID: id})
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", problemType)
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="Postdesk"`) // RFC 9110 11.6.1, RFC 6750 3
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// staleItem shows the present item to who acted on an old one; other errors stay as they are.
func (a *api) staleItem(ctx context.Context, err error, present func() (any, error)) error {
	if core.CodeOf(err) != core.Stale {
		return err
	}
	item, gone := present()
	if gone != nil {
		return gone
	}
	p := a.problem(ctx, err)
	p.Item = item
	return p
}

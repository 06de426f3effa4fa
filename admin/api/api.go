// Package api is the desk for programs: JSON over HTTP below /api/v1. A token acts as its person, so matrix, redaction
// and refusals are those of the operations in core/helpdesk; here they are only translated. Each group of handlers has
// a file; routes.go lists every endpoint.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"postdesk/core/helpdesk"
	"postdesk/templates"
)

// Base is the path below which the endpoints are.
const Base = "/api/v1"

// Config is what the API works with; all of it is needed.
type Config struct {
	Helpdesk *helpdesk.Helpdesk
	Locales  *templates.Locales
	Log      *slog.Logger
}

type api struct{ Config }

func init() {
	huma.DefaultArrayNullable = false // our lists are empty, never null, and the description says so
}

// Mount puts the API and its description onto the router. An error means that the description cannot be written.
func Mount(r chi.Router, c Config) error {
	a := &api{c}
	var description []byte
	var err error
	r.Route(Base, func(r chi.Router) {
		r.Use(a.signIn)
		r.NotFound(func(w http.ResponseWriter, r *http.Request) { a.write(w, r, errNoRoute) })
		r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) { a.write(w, r, errNoMethod) })
		h := humachi.New(r, huma.Config{
			OpenAPI: &huma.OpenAPI{
				OpenAPI: "3.1.0",
				Info: &huma.Info{Title: "Postdesk", Version: "1",
					Description: "Tickets by API. The token acts as its person: what that person may not see is not found."},
				Servers:    []*huma.Server{{URL: Base}},
				Security:   []map[string][]string{{"token": {}}},
				Components: &huma.Components{SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}},
			},
			Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
			DefaultFormat: "application/json",
			Transformers:  []huma.Transformer{a.translate},
		})
		for _, add := range a.endpoints() {
			add(h)
		}
		delete(h.OpenAPI().Components.Schemas.Map(), "ErrorModel") // the library's own; ours is Problem
		describeTickets(h.OpenAPI().Components.Schemas.Map())
		description, err = json.Marshal(h.OpenAPI())
	})
	if err != nil {
		return fmt.Errorf("description of the API: %w", err)
	}
	r.Get("/api/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(description)
	})
	return nil
}

// endpoint describes and mounts one endpoint.
type endpoint func(huma.API)

// on makes the endpoint of a handler. Errors of handlers go through one place, which maps them to problems.
func on[I, O any](a *api, method, path, id, summary string, handler func(context.Context, *I) (*O, error), more ...func(*huma.Operation)) endpoint {
	return func(h huma.API) {
		op := huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, Responses: map[string]*huma.Response{
			"default": {Description: "Refused or failed", Content: map[string]*huma.MediaType{
				problemType: {Schema: h.OpenAPI().Components.Schemas.Schema(typeOfProblem, true, "Problem")}}},
		}}
		for _, change := range more {
			change(&op)
		}
		huma.Register(h, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := handler(ctx, in)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
	}
}

// created is for endpoints whose answer is 201.
func created(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }

// mayVanish is for actions after which the person may not see the ticket any more.
func mayVanish(op *huma.Operation) {
	op.Responses["204"] = &huma.Response{Description: "Done, and the person does not see the ticket any more"}
}

// described changes the description of an endpoint after the library wrote what it finds in the types.
func described(e endpoint, path string, change func(huma.API, *huma.Operation)) endpoint {
	return func(h huma.API) {
		e(h)
		change(h, h.OpenAPI().Paths[path].Post)
	}
}

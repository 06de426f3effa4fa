package admin

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/api"
)

// table is every URL of the web edge: method, pattern, and who gets past the door. What one may do behind it is the
// matrix's business. A test compares it with what is really mounted, and knocks at each door without a key.
//
//	anyone   no sign-in asked
//	token    an API token (401 without)
//	session  a signed-in person (to the sign-in page without)
const table = `
GET   /healthz                                        anyone
GET   /readyz                                         anyone
GET   /metrics                                        anyone

GET   /api/openapi.json                               anyone
`

// routes mounts everything.
func (s *server) routes(r chi.Router, a api.Config) error {
	r.Get("/healthz", s.health)
	r.Get("/readyz", s.ready)
	r.Method(http.MethodGet, "/metrics", s.metrics.handler())
	if err := api.Mount(r, a); err != nil {
		return err
	}
	for prefix, h := range s.Extra {
		r.Handle(prefix, h)
		r.Handle(prefix+"/*", h)
	}
	return nil
}

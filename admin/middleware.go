package admin

import (
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"

	"postdesk/admin/api"
)

// The caps of a request's body, in bytes: forms and JSON, and uploads, which are streamed.
const (
	maxBody   = 1 << 20
	maxUpload = 25 << 20
)

// uploadTime is how long an upload may take; everything else has the server's shorter limit.
const uploadTime = 10 * time.Minute

// record logs and counts each request by its route. Queries, bodies and headers stay out of the log: they hold tokens
// and what people wrote.
func (s *server) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			status, took := ww.Status(), time.Since(start)
			if status == 0 {
				status = http.StatusOK
			}
			route := chi.RouteContext(r.Context()).RoutePattern()
			if w.Header().Get("Content-Type") != "text/event-stream" { // open for as long as its page: no duration of a request
				s.metrics.request(r.Method, route, status, took)
			}
			s.Log.DebugContext(r.Context(), "request", "method", r.Method, "route", route, "status", status, "took", took)
		}()
		next.ServeHTTP(ww, r)
	})
}

// recover answers 500 where a handler panics, and logs it under an id that the answer names.
func (s *server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			id := uuid.NewString()
			s.Log.ErrorContext(r.Context(), "panic", "id", id, "method", r.Method, "route", chi.RouteContext(r.Context()).RoutePattern(),
				"cause", cause, "stack", string(debug.Stack()))
			if ww, ok := w.(middleware.WrapResponseWriter); ok && ww.Status() != 0 {
				return // the answer has begun
			}
			if strings.HasPrefix(r.URL.Path, "/api/") {
				api.WriteFailure(w, id)
				return
			}
			http.Error(w, http.StatusText(http.StatusInternalServerError)+" ("+id+")", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// headers closes everything that a page does not open itself: pages set a policy of their own, static files their own
// caching.
func (s *server) headers(next http.Handler) http.Handler {
	secure := strings.HasPrefix(s.PublicURL, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// fetchedHere refuses what another site's page loads from us; following a link to us is fine. Changes are guarded by
// CrossOriginProtection besides.
func fetchedHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dest := r.Header.Get("Sec-Fetch-Dest")
		if r.Header.Get("Sec-Fetch-Site") == "cross-site" && dest != "" && dest != "document" {
			http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limitBody caps what is read of a body, and gives uploads the time they need.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(maxBody)
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
			limit = maxUpload
			deadline, rc := time.Now().Add(uploadTime), http.NewResponseController(w)
			_, _ = rc.SetReadDeadline(deadline), rc.SetWriteDeadline(deadline) // not possible on a recorder of tests
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

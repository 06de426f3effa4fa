// Package admin is the web edge: it translates HTTP into operations of the desk and views into pages and JSON. This
// package assembles the one server: what holds for every request (limits, headers, origin checks, logging, metrics),
// the health pages, and below it the parts by audience: api for programs, desk for people. It decides nothing about
// tickets and sees no SQL.
package admin

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"postdesk/admin/api"
	"postdesk/admin/web"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
	"postdesk/templates"
)

// Config is what the web edge works with. All fields but Extra, Metrics and Ready are needed.
type Config struct {
	Helpdesk  *helpdesk.Helpdesk
	Store     *store.Store // for health and metrics only
	PublicURL string       // the address that people use, without a slash at its end; https makes cookies Secure
	Proxies   web.Proxies  // whose word of where a request comes from counts; none = nobody's
	Log       *slog.Logger
	// Extra are handlers of the wiring, by path prefix without a slash at its end (the demo's mailboxes, say).
	Extra   map[string]http.Handler
	Metrics []prometheus.Gatherer // shown at /metrics beside the web edge's own
	// Ready tells whether the program has started; detail says what it waits for. nil = it has.
	Ready func(ctx context.Context) (ok bool, detail any)
}

// server holds what the handlers of this package share.
type server struct {
	Config
	metrics *metrics
}

// New assembles the web edge. An error means that the program's own files are broken.
func New(c Config) (http.Handler, error) {
	locales, err := templates.LoadLocales()
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s := &server{Config: c, metrics: newMetrics(c.Store, c.Metrics)}
	r := chi.NewRouter()
	r.Use(s.record, s.recover, s.headers, fetchedHere, http.NewCrossOriginProtection().Handler, limitBody)
	if err := s.routes(r, api.Config{Helpdesk: c.Helpdesk, Locales: locales, Log: c.Log}); err != nil {
		return nil, err
	}
	return r, nil
}

// Server makes the HTTP server for the handler of New. Uploads, downloads and live pages lengthen their own deadlines.
func Server(h http.Handler, log *slog.Logger) *http.Server {
	closing, end := context.WithCancel(context.Background())
	server := &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return web.WithClosing(context.Background(), closing.Done()) },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // what clients do wrong in TCP and TLS
	}
	server.RegisterOnShutdown(end)
	return server
}

package main

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// logger is the program's log. What repeats is said once a minute: a database that is away must not fill the disk.
func (c Config) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if c.LogJSON {
		handler = slog.NewJSONHandler(w, options)
	}
	return slog.New(&calmHandler{Handler: handler, said: &sayings{at: map[string]saying{}}})
}

// repeatAfter is when a warning that was said may be said again.
const repeatAfter = time.Minute

// sayings are the warnings said of late, by their message.
type sayings struct {
	sync.Mutex
	at map[string]saying
}

type saying struct {
	last    time.Time
	skipped int
}

// calmHandler passes the first warning of a kind on and counts those that follow within a minute.
type calmHandler struct {
	slog.Handler
	said  *sayings
	scope string // the values bound with With: a mailbox, a part
}

// Handle passes a record on unless it repeats.
func (h *calmHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn {
		return h.Handler.Handle(ctx, r)
	}
	key := h.scope + r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "mailbox" || a.Key == "outbox" || a.Key == "inbound" || a.Key == "ticket" {
			key += " " + a.Value.String()
		}
		return true
	})
	h.said.Lock()
	s := h.said.at[key]
	if r.Time.Sub(s.last) < repeatAfter {
		s.skipped++
		h.said.at[key] = s
		h.said.Unlock()
		return nil
	}
	if len(h.said.at) > 1000 {
		clear(h.said.at)
	}
	h.said.at[key] = saying{last: r.Time}
	h.said.Unlock()
	if s.skipped > 0 {
		r.AddAttrs(slog.Int("repeated", s.skipped))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs binds values.
func (h *calmHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	scope := h.scope
	for _, a := range attrs {
		scope += a.Value.String() + " "
	}
	return &calmHandler{Handler: h.Handler.WithAttrs(attrs), said: h.said, scope: scope}
}

// WithGroup opens a group.
func (h *calmHandler) WithGroup(name string) slog.Handler {
	return &calmHandler{Handler: h.Handler.WithGroup(name), said: h.said, scope: h.scope + name + " "}
}

// warnOnly keeps a library's chatter below warnings out of the log, unless debugging is on.
type warnOnly struct{ slog.Handler }

// Enabled lets warnings through, and everything where the log is at debug.
func (h warnOnly) Enabled(ctx context.Context, level slog.Level) bool {
	return (level >= slog.LevelWarn || h.Handler.Enabled(ctx, slog.LevelDebug)) && h.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the filter.
func (h warnOnly) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnOnly{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the filter.
func (h warnOnly) WithGroup(name string) slog.Handler { return warnOnly{h.Handler.WithGroup(name)} }

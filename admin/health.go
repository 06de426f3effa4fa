package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"postdesk/core/store"
)

// healthTime is how long a health page waits for the database.
const healthTime = 3 * time.Second

// health says that the process answers.
func (s *server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// readiness is what /readyz tells. Why a mailbox fails stays in the log and the administrators' pages: this page is
// open to anyone.
type readiness struct {
	Status    string          `json:"status"` // ok, degraded, unavailable
	Reason    string          `json:"reason,omitempty"`
	Detail    any             `json:"detail,omitempty"`
	Mailboxes []mailboxStatus `json:"mailboxes,omitempty"`
}

type mailboxStatus struct {
	Mailbox      string     `json:"mailbox"`
	Status       string     `json:"status"` // ok, degraded
	LastOK       *time.Time `json:"last_ok,omitempty"`
	FailingSince *time.Time `json:"failing_since,omitempty"`
	Missing      int        `json:"missing"`
}

// ready answers 503 only while the program starts, without a database, or with a wrong schema: a mailbox that fails is
// no reason to take the desk away from people.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTime)
	defer cancel()
	state := s.readiness(ctx)
	w.Header().Set("Content-Type", "application/json")
	if state.Status == "unavailable" {
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(state)
}

func (s *server) readiness(ctx context.Context) readiness {
	if s.Ready != nil {
		if ok, detail := s.Ready(ctx); !ok {
			return readiness{Status: "unavailable", Reason: "starting", Detail: detail}
		}
	}
	if err := s.Store.Ping(ctx); err != nil {
		s.Log.WarnContext(ctx, "not ready: database", "error", err)
		return readiness{Status: "unavailable", Reason: "database"}
	}
	if err := s.Store.CheckSchema(ctx); err != nil {
		s.Log.WarnContext(ctx, "not ready: schema", "error", err)
		return readiness{Status: "unavailable", Reason: "schema"}
	}
	boxes, err := s.Store.MailboxesHealth(ctx)
	if err != nil {
		s.Log.WarnContext(ctx, "not ready: database", "error", err)
		return readiness{Status: "unavailable", Reason: "database"}
	}
	state := readiness{Status: "ok"}
	for _, b := range boxes {
		m := statusOf(b)
		if m.Status != "ok" {
			state.Status = "degraded"
		}
		state.Mailboxes = append(state.Mailboxes, m)
	}
	return state
}

// statusOf judges one mailbox: it fails, or the ledger lacks messages that the server lists.
func statusOf(b store.MailboxHealth) mailboxStatus {
	m := mailboxStatus{Mailbox: b.Address, Status: "ok", LastOK: b.LastOK, FailingSince: b.FailingSince, Missing: b.Missing}
	if b.FailingSince != nil || b.Missing > 0 {
		m.Status = "degraded"
	}
	return m
}

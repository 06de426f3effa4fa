package helpdesk

import (
	"context"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// FindSession gives what a session of the web desk holds, by its key; ok is false where it has ended. How long sessions
// last is the web edge's business, and goes by its clock.
func (h *Helpdesk) FindSession(ctx context.Context, key string, now time.Time) (data []byte, ok bool, err error) {
	return h.store.FindSession(ctx, key, now)
}

// AddSession keeps a new session.
func (h *Helpdesk) AddSession(ctx context.Context, s core.SavedSession, now time.Time) error {
	return h.store.AddSession(ctx, s, now)
}

// SaveSession writes a session back. One that was ended meanwhile stays ended.
func (h *Helpdesk) SaveSession(ctx context.Context, s core.SavedSession, now time.Time) error {
	return h.store.SaveSession(ctx, s, now)
}

// DropSession ends a session by its key.
func (h *Helpdesk) DropSession(ctx context.Context, key string) error {
	return h.store.DropSession(ctx, key)
}

// Sessions lists where a person is signed in, the last used first.
func (h *Helpdesk) Sessions(ctx context.Context, p *core.Person, now time.Time) ([]core.Session, error) {
	return h.store.SessionsOf(ctx, p.ID, now)
}

// EndSession ends one of the person's sessions; NotFound where it is none of theirs.
func (h *Helpdesk) EndSession(ctx context.Context, p *core.Person, id string) error {
	return h.store.EndSession(ctx, p.ID, id)
}

// EndOtherSessions ends all sessions of a person but the one with the key.
func (h *Helpdesk) EndOtherSessions(ctx context.Context, p *core.Person, but string) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error { tx.EndSessions(p.ID, but); return nil })
}

package helpdesk

import (
	"context"
	"strings"
	"unicode/utf8"

	"postdesk/core"
	"postdesk/core/store"
)

// The lengths of a password that somebody chooses: characters at least, and bytes at most.
const (
	shortestChosen = 12
	longestChosen  = 200
)

// HasPassword tells whether the person has a password.
func (h *Helpdesk) HasPassword(ctx context.Context, p *core.Person) (bool, error) {
	_, hash, err := h.store.PasswordOf(ctx, p.Email)
	return hash != "", err
}

// ChangePassword sets a new password, against the present one where there is one, and ends all sessions but the one with
// the key. Invalid for field current where that is wrong, for password where the new one is too short or says who it is.
func (h *Helpdesk) ChangePassword(ctx context.Context, p *core.Person, current, password, session string) error {
	_, hash, err := h.store.PasswordOf(ctx, p.Email)
	if err != nil {
		return err
	}
	if hash != "" && !CheckPassword(ctx, hash, current) {
		return core.BadInput("current", "error.password.current")
	}
	name, _, _ := strings.Cut(p.Email, "@")
	switch {
	case utf8.RuneCountInString(password) < shortestChosen:
		return core.BadInput("password", "error.password.short", shortestChosen)
	case len(password) > longestChosen:
		return core.BadInput("password", "error.password.long", longestChosen)
	case hash != "" && password == current:
		return core.BadInput("password", "error.password.same")
	case strings.Contains(strings.ToLower(password), p.Email) || strings.Count(strings.ToLower(password), strings.ToLower(name))*len(name) > len(password)/2:
		return core.BadInput("password", "error.password.name")
	}
	fresh, err := HashPassword(ctx, password)
	if err != nil {
		return err
	}
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		changed, err := tx.ReplacePassword(ctx, p.ID, hash, fresh)
		if err != nil {
			return err
		}
		if !changed { // by somebody else, while this one was checked
			return core.BadInput("current", "error.password.current")
		}
		tx.EndSessions(p.ID, session)
		h.audit(tx, core.Actor{Person: p, Via: core.ViaDesk}, h.now().UTC(), core.AuditEntry{Noun: core.AuditPerson, Name: p.Email, Action: core.AuditChanged,
			After: map[string]string{"password": "changed"}})
		return nil
	})
}

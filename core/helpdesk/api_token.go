package helpdesk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

// tokenPrefix lets people and scanners recognise an API token.
const tokenPrefix = "pd_"

// CreateAPIToken makes, for the operator, a token that acts as its person; it is shown this once.
func (h *Helpdesk) CreateAPIToken(ctx context.Context, email, name string) (token string, err error) {
	p, err := h.store.PersonByAddress(ctx, email)
	if err != nil {
		return "", err
	}
	if p.Disabled || p.Origin != core.Configured {
		return "", core.Refuse(core.Conflict, "error.token.person", email)
	}
	err = h.store.InTx(ctx, func(tx *store.Tx) error {
		token = h.addAPIToken(tx, core.Actor{}, p, name)
		return nil
	})
	return token, err
}

// AddAPIToken makes a token that acts as the actor; it is shown this once. Invalid for field name; Conflict where there
// are too many.
func (h *Helpdesk) AddAPIToken(ctx context.Context, actor core.Actor, name string) (token string, err error) {
	if actor.Person == nil || actor.Level < core.SignedIn {
		return "", core.Refuse(core.Forbidden, "error.forbidden")
	}
	name = strings.TrimSpace(name)
	err = h.store.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.LockPerson(ctx, actor.Person.ID); err != nil { // so that two at a time do not pass the bound
			return err
		}
		have, err := tx.APITokens(ctx, actor.Person.ID)
		if err != nil {
			return err
		}
		if err := core.CheckAPIToken(name, len(have)); err != nil {
			return err
		}
		token = h.addAPIToken(tx, actor, actor.Person, name)
		return nil
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

func (h *Helpdesk) addAPIToken(tx *store.Tx, actor core.Actor, p *core.Person, name string) string {
	token := tokenPrefix + rand.Text()
	hash := sha256.Sum256([]byte(token))
	tx.AddAPIToken(p.ID, name, hash[:], h.now())
	h.audit(tx, actor, h.now(), core.AuditEntry{Noun: core.AuditToken, Name: p.Email, Action: core.AuditAdded, After: map[string]string{"name": name}})
	return token
}

// APITokens lists the actor's tokens that work, the newest first.
func (h *Helpdesk) APITokens(ctx context.Context, actor core.Actor) ([]core.APIToken, error) {
	if actor.Person == nil || actor.Level < core.SignedIn {
		return nil, core.Refuse(core.Forbidden, "error.forbidden")
	}
	return h.store.APITokens(ctx, actor.Person.ID)
}

// RevokeAPIToken ends one of the actor's tokens at once; NotFound where it is none of theirs.
func (h *Helpdesk) RevokeAPIToken(ctx context.Context, actor core.Actor, id int64) error {
	if actor.Person == nil || actor.Level < core.SignedIn {
		return core.Refuse(core.Forbidden, "error.forbidden")
	}
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		name, err := tx.RevokeAPIToken(ctx, actor.Person.ID, id, h.now())
		if err != nil {
			return err
		}
		h.audit(tx, actor, h.now(), core.AuditEntry{Noun: core.AuditToken, Name: actor.Person.Email, Action: core.AuditRemoved, Before: map[string]string{"name": name}})
		return nil
	})
}

// PersonOfToken finds whom an API token acts as; NotFound for every token that does not work.
func (h *Helpdesk) PersonOfToken(ctx context.Context, token string) (*core.Person, error) {
	hash := sha256.Sum256([]byte(token))
	p, err := h.store.PersonWithToken(ctx, hash[:], h.now())
	if err == nil && p.Disabled {
		return nil, core.Refuse(core.NotFound, "error.not_found")
	}
	return p, err
}

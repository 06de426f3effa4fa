package helpdesk

import (
	"context"

	"postdesk/core"
	"postdesk/core/store"
)

// ProviderSecret is what the desk is known by at a provider; "" where it is a public client there.
func (h *Helpdesk) ProviderSecret(ctx context.Context, p core.OIDCEntry) (core.Secret, error) {
	if p.ClientSecretEnv == "" {
		return "", nil
	}
	secrets, err := h.store.ProviderSecrets(ctx)
	return core.Secret(secrets[p.Issuer].Value), err
}

// SignInWithIdentity finds whose account at a provider this is. Forbidden where nobody linked it: the address that the
// provider tells is no proof, and never counts.
func (h *Helpdesk) SignInWithIdentity(ctx context.Context, provider core.OIDCEntry, subject string) (p *core.Person, err error) {
	err = h.store.InTx(ctx, func(tx *store.Tx) error {
		p, err = tx.PersonWithIdentity(ctx, provider.Issuer, subject, h.now().UTC())
		if core.CodeOf(err) == core.NotFound {
			return core.Refuse(core.Forbidden, "error.sign_in.unlinked", provider.Name)
		}
		return err
	})
	return p, err
}

// LinkIdentity links an account at a provider to a person: their own, as the actor is signed in, or chosen by an operator
// (the zero Actor). Linking it once more changes nothing; Conflict where it is somebody else's.
func (h *Helpdesk) LinkIdentity(ctx context.Context, actor core.Actor, p *core.Person, x core.Identity) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		added, err := tx.AddIdentity(ctx, p.ID, x, h.now().UTC())
		if err != nil {
			return err
		}
		if !added {
			linked, err := tx.Identities(ctx, p.ID)
			if err != nil {
				return err
			}
			for _, old := range linked {
				if old.Issuer == x.Issuer && old.Subject == x.Subject {
					return nil
				}
			}
			return core.Refuse(core.Conflict, "error.identity.taken")
		}
		h.audit(tx, actor, h.now().UTC(), core.AuditEntry{Noun: core.AuditPerson, Name: p.Email, Action: core.AuditChanged,
			After: map[string]string{"identity": x.Issuer}})
		return nil
	})
}

// Identities lists a person's accounts at providers.
func (h *Helpdesk) Identities(ctx context.Context, p *core.Person) ([]core.Identity, error) {
	return h.store.Identities(ctx, p.ID)
}

// UnlinkIdentity takes an account at a provider from the person; NotFound where it is none of theirs.
func (h *Helpdesk) UnlinkIdentity(ctx context.Context, p *core.Person, id string) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		issuer, err := tx.DropIdentity(ctx, p.ID, id)
		if err != nil {
			return err
		}
		h.audit(tx, core.Actor{Person: p, Via: core.ViaDesk}, h.now().UTC(), core.AuditEntry{Noun: core.AuditPerson, Name: p.Email, Action: core.AuditChanged,
			Before: map[string]string{"identity": issuer}})
		return nil
	})
}

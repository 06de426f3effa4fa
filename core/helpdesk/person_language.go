package helpdesk

import (
	"context"

	"postdesk/core"
	"postdesk/core/store"
)

// SetLanguage notes the language in which the actor wants pages and mails; "" takes the word back, and the desk file's
// counts again, or the service's.
func (h *Helpdesk) SetLanguage(ctx context.Context, actor core.Actor, l core.Language) error {
	if actor.Person == nil || actor.Level < core.SignedIn {
		return core.Refuse(core.Forbidden, "error.forbidden")
	}
	if l != "" && l != core.English && l != core.Spanish {
		return core.BadInput("language", "error.language.unknown")
	}
	return h.store.InConfigTx(ctx, func(tx *store.Tx) error { // people are part of the daemons' picture of the desk
		before, err := tx.Person(ctx, actor.Person.ID)
		if err != nil {
			return err
		}
		tx.SaveOwnLanguage(actor.Person.ID, l)
		h.audit(tx, actor, h.now(), core.AuditEntry{Noun: core.AuditPerson, Name: actor.Person.Email, Action: core.AuditChanged,
			Before: map[string]string{"language": string(before.Language)}, After: map[string]string{"language": string(l)}})
		return nil
	})
}

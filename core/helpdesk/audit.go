package helpdesk

import (
	"context"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// ActFor names the operator: who stands in the audit where no person acts but a command on the machine.
func (h *Helpdesk) ActFor(operator string) { h.operator = operator }

// audit writes down, in its transaction, a change that the actor makes: noun, name, action and the changed fields come
// with the entry.
func (h *Helpdesk) audit(tx *store.Tx, actor core.Actor, now time.Time, e core.AuditEntry) {
	e.At, e.Via = now, actor.Via
	switch {
	case actor.Person != nil:
		e.Actor, e.ActorName = actor.Person.ID, actor.Person.Email
	case actor.Via == "":
		e.Via, e.ActorName = core.ViaCommand, h.operator
	default:
		e.ActorName = "desk"
	}
	tx.AddAudit(e)
}

// written is what the audit is given of an item that people write in a service.
type written struct {
	fields map[string]string
	words  map[string]string
}

// auditWritten writes down that the actor added (before is nil), changed or removed (after is nil) such an item. It names the
// item by its id, and says of words only that they changed: administrators read the audit, and setting up is not reading (D13).
func (a *Act) auditWritten(noun core.AuditNoun, id string, before, after *written) {
	e := core.AuditEntry{Noun: noun, Name: id, Action: core.AuditChanged}
	switch {
	case before == nil:
		e.Action, e.After = core.AuditAdded, after.fields
	case after == nil:
		e.Action, e.Before = core.AuditRemoved, before.fields
	default:
		e.Before, e.After = before.fields, after.fields
		for field, was := range before.fields {
			if after.fields[field] == was {
				delete(e.Before, field)
				delete(e.After, field)
			}
		}
		for field, was := range before.words {
			if after.words[field] != was {
				e.After[field] = "changed"
			}
		}
	}
	a.h.audit(a.tx, a.actor, a.now, e)
}

// addPerson makes an entry for somebody who wrote to the desk, where there is none.
func (a *Act) addPerson(ctx context.Context, p core.Person) (*core.Person, error) {
	entry, made, err := a.tx.AddPerson(ctx, p, a.now)
	if err == nil && made {
		a.h.audit(a.tx, a.actor, a.now, core.AuditEntry{Noun: core.AuditPerson, Name: p.Email, Action: core.AuditAdded,
			After: map[string]string{"email": p.Email, "name": p.Name, "origin": string(p.Origin)}})
	}
	return entry, err
}

// Audit lists changes of people, roles, services and settings for an administrator, newest first. before is the id that
// the page before ended with, 0 at first; next is 0 at the end. For others there is no such thing: NotFound.
func (h *Helpdesk) Audit(ctx context.Context, p *core.Person, before int64, limit int) (page []core.AuditEntry, next int64, err error) {
	if requireAdministrator(p) != nil {
		return nil, 0, core.Refuse(core.NotFound, "error.not_found")
	}
	page, err = h.store.Audit(ctx, before, limit+1)
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, err
}

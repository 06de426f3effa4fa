package helpdesk

import (
	"context"
	"slices"

	"postdesk/core"
	"postdesk/core/store"
)

// NoticeChoice is what a person says about a reason: everywhere, or in a service and those below it.
type NoticeChoice struct {
	Reason  string
	Service core.ServiceID // 0 = everywhere
	Wanted  *bool          // nil = as it is where nobody says anything
}

// SetNotice notes which mails a person wants (E4), all that is given or nothing; everybody sets their own.
func (h *Helpdesk) SetNotice(ctx context.Context, actor core.Actor, choices ...NoticeChoice) error {
	if actor.Person == nil || actor.Level < core.SignedIn {
		return core.Refuse(core.Forbidden, "error.forbidden")
	}
	for _, choice := range choices {
		if !slices.Contains(core.SwitchableReasons(), choice.Reason) {
			return core.BadInput("reason", "error.reason.unknown", choice.Reason, Choices(core.SwitchableReasons()))
		}
	}
	return h.store.InConfigTx(ctx, func(tx *store.Tx) error { // people are part of the daemons' picture of the desk
		dir, err := tx.Directory(ctx)
		if err != nil {
			return err
		}
		for _, choice := range choices {
			where := "everywhere"
			if choice.Service != 0 {
				if dir.Services[choice.Service] == nil {
					return core.BadInput("service", "error.service.unknown")
				}
				where = dir.Path(choice.Service)
			}
			tx.SaveNoticeSetting(actor.Person.ID, choice.Service, choice.Reason, choice.Wanted)
			said := map[string]string{"reason": choice.Reason, "service": where, "wanted": "as set for all"}
			if choice.Wanted != nil {
				said["wanted"] = map[bool]string{true: "on", false: "off"}[*choice.Wanted]
			}
			h.audit(tx, actor, h.now(), core.AuditEntry{Noun: core.AuditNotifications, Name: actor.Person.Email, Action: core.AuditChanged, After: said})
		}
		return nil
	})
}

package helpdesk

import (
	"context"
	"errors"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// SetAbsence says when the person is away, and who does their duties as main solver and approver meanwhile (A35, E14);
// everybody sets their own.
func (h *Helpdesk) SetAbsence(ctx context.Context, actor core.Actor, from, until time.Time, delegate string) error {
	return h.changeAbsence(ctx, actor, func(tx *store.Tx, before *core.Absence) (*core.Absence, error) {
		a := &core.Absence{Person: actor.Person, From: from.UTC(), Until: until.UTC()}
		if delegate != "" {
			p, err := tx.PersonByAddress(ctx, delegate)
			if core.CodeOf(err) == core.NotFound {
				return nil, core.BadInput("delegate", "error.absence.delegate")
			}
			if err != nil {
				return nil, err
			}
			a.Delegate = p
		}
		if err := a.Check(h.now()); err != nil {
			return nil, err
		}
		tx.SaveAbsence(*a)
		return a, nil
	})
}

// EndAbsence says that the person is back, or will not go.
func (h *Helpdesk) EndAbsence(ctx context.Context, actor core.Actor) error {
	return h.changeAbsence(ctx, actor, func(tx *store.Tx, before *core.Absence) (*core.Absence, error) {
		if before == nil {
			return nil, core.Refuse(core.Conflict, "error.absence.none")
		}
		tx.DropAbsence(actor.Person.ID)
		return nil, nil
	})
}

// changeAbsence writes an absence and its audit. Who stood in before and does not any more may lose tickets that they
// took as main solver.
func (h *Helpdesk) changeAbsence(ctx context.Context, actor core.Actor, fn func(tx *store.Tx, before *core.Absence) (*core.Absence, error)) error {
	if actor.Person == nil || actor.Level < core.SignedIn {
		return core.Refuse(core.Forbidden, "error.forbidden")
	}
	return h.store.InConfigTx(ctx, func(tx *store.Tx) error {
		dir, err := tx.Directory(ctx)
		if err != nil {
			return err
		}
		before := dir.AbsenceOf(actor.Person.ID)
		after, err := fn(tx, before)
		if err != nil {
			return err
		}
		action := core.AuditChanged
		switch {
		case before == nil:
			action = core.AuditAdded
		case after == nil:
			action = core.AuditRemoved
		}
		h.audit(tx, actor, h.now(), core.AuditEntry{Noun: core.AuditAbsence, Name: actor.Person.Email, Action: action,
			Before: absenceFields(before), After: absenceFields(after)})
		if before == nil || before.Delegate == nil || after != nil && after.Delegate != nil && after.Delegate.ID == before.Delegate.ID && !after.From.After(h.now()) {
			return nil
		}
		return h.releaseDelegate(ctx, tx, before.Delegate)
	})
}

func absenceFields(a *core.Absence) map[string]string {
	if a == nil {
		return nil
	}
	f := map[string]string{"from": a.From.Format(time.RFC3339), "until": a.Until.Format(time.RFC3339)}
	if a.Delegate != nil {
		f["delegate"] = a.Delegate.Email
	}
	return f
}

// releaseDelegate takes from a delegate whose time is over what only a main solver can hold; it stays in its group, and
// the main solvers get one mail with the list (D26).
func (h *Helpdesk) releaseDelegate(ctx context.Context, tx *store.Tx, delegate *core.Person) error {
	if delegate == nil {
		return nil
	}
	numbers, err := tx.SolvedBy(ctx, delegate.ID)
	if err != nil {
		return err
	}
	dir, err := tx.ConfiguredDirectory(ctx)
	if err != nil {
		return err
	}
	now := h.now().UTC()
	act := &Act{h: h, tx: tx, dir: dir.At(now), actor: core.Actor{Via: core.ViaDesk}, now: now}
	list := orphans{}
	for _, n := range numbers {
		_, err := act.change(ctx, n, 0, func(c *change) error {
			roles, _ := c.dir.RolesOf(delegate, c.t.Service, c.t.Requester)
			if core.MayReceive(roles) || !c.t.SolvedBy(delegate.ID) {
				return errNotDue
			}
			from := c.assignee()
			c.t.Solver, c.itself = nil, true
			_, err := c.logChange(core.KindAssignment, false, "solver", from, c.assignee())
			if err != nil || c.dir.MailboxOf(c.t.Service) == nil || !c.t.SpamAt.IsZero() { // nobody can or shall be told
				return err
			}
			return c.listOrphan(ctx, list)
		})
		if err != nil && !errors.Is(err, errNotDue) {
			return err
		}
	}
	return act.mailOrphans(list)
}

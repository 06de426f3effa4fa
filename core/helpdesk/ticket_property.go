package helpdesk

import (
	"context"
	"strings"
	"time"

	"postdesk/core"
)

// SetPriority changes the priority (D1: who may solve).
func (a *Act) SetPriority(ctx context.Context, n core.Number, to core.Priority, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if !core.ValidPriority(to) {
			return core.BadInput("priority", "error.priority.unknown", string(to))
		}
		if err := c.allow(core.ActPriority); err != nil {
			return err
		}
		return c.setProperty("priority", string(c.t.Priority), string(to), false, func() { c.t.Priority = to })
	})
}

// SetCategory changes the category (D1: who may solve).
func (a *Act) SetCategory(ctx context.Context, n core.Number, to core.Category, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if !core.ValidCategory(to) {
			return core.BadInput("category", "error.category.unknown", string(to))
		}
		if err := c.allow(core.ActCategory); err != nil {
			return err
		}
		return c.setProperty("category", string(c.t.Category), string(to), true, func() { c.t.Category = to })
	})
}

// setProperty changes a field and logs it. A field that only some see is logged as internal: whoever sees the field sees
// its changes (A76).
func (c *change) setProperty(field, from, to string, show bool, set func()) error {
	if from == to {
		return core.Refuse(core.Conflict, "error.property.same", to)
	}
	set()
	_, err := c.logChange(core.KindProperty, show, field, from, to)
	return err
}

// SetInternalTarget sets the team's own date for the ticket, or clears it with the zero time (A71, D27: who may solve).
func (a *Act) SetInternalTarget(ctx context.Context, n core.Number, to time.Time, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActDue); err != nil {
			return err
		}
		to = to.UTC().Truncate(time.Second)
		if !to.IsZero() && !to.After(c.now) {
			return core.BadInput("internal_target", "error.due.past")
		}
		if err := c.setProperty(string(core.FieldInternalTarget), formatDate(c.t.InternalTarget), formatDate(to), false, func() { c.t.Aim(c.dir.SLAs[c.t.SLA], to, c.now) }); err != nil {
			return err
		}
		c.told = append(c.told, told{event: core.EventDeadlineChanged, deadlines: []core.Deadline{deadline(core.TargetInternal, to)}})
		return nil
	})
}

// Edit is what can be changed of a request; nil leaves it as it is.
type Edit struct {
	Subject      *string
	Text         *string
	Organization *string           // the related one, by name; "" = none (D27: the team only)
	Fields       map[string]string // custom fields by name (D27); "" takes one away, those that are absent stay
}

// EditTicket changes the request: its requester, or who may solve it. The log keeps what stood there before, and whoever
// was asked to approve the request is asked again (E13).
func (a *Act) EditTicket(ctx context.Context, n core.Number, e Edit, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActEdit); err != nil {
			return err
		}
		first, err := c.tx.FirstRecord(ctx, c.t.Number)
		if err != nil {
			return err
		}
		before := c.t.UpdatedAt
		if e.Subject != nil {
			subject := cutRunes(strings.Join(strings.Fields(*e.Subject), " "), maxSubject)
			if subject == "" {
				return core.BadInput("subject", "error.subject.empty")
			}
			if subject != c.t.Subject {
				if err := c.setProperty("subject", c.t.Subject, subject, true, func() { c.t.Subject = subject }); err != nil {
					return err
				}
			}
		}
		if e.Text != nil && *e.Text != first.Text {
			if strings.TrimSpace(*e.Text) == "" {
				return core.BadInput("text", "error.text.empty")
			}
			if err := c.setProperty("text", first.Text, *e.Text, first.ShowToRequester, func() { first.Text = *e.Text }); err != nil {
				return err
			}
			c.tx.SetRecordText(first)
		}
		if e.Organization != nil {
			if err := c.relate(*e.Organization); err != nil {
				return err
			}
		}
		if err := c.setFields(e.Fields); err != nil {
			return err
		}
		if c.t.UpdatedAt.Equal(before) {
			return core.Refuse(core.Conflict, "error.edit.same")
		}
		return c.askAgain(core.RequestDigest(c.t.Subject, first.Text))
	})
}

// relate changes the organization that the ticket is about (A74, D27).
func (c *change) relate(name string) error {
	if !c.standing.Roles.Team() {
		return core.Refuse(core.Forbidden, "error.forbidden")
	}
	var id core.OrganizationID
	for i, o := range c.dir.Organizations {
		if o.Name == name {
			id = i
		}
	}
	if name != "" && id == 0 {
		return core.BadInput("organization", "error.organization.unknown", name)
	}
	if id == c.t.Organization {
		return nil
	}
	return c.setProperty("organization", c.dir.Organizations[c.t.Organization].Name, name, false, func() { c.t.Organization = id })
}

// MarkSpam takes a ticket out of all queues, and stops its mails (D25: main solvers).
func (a *Act) MarkSpam(ctx context.Context, n core.Number, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActSpam); err != nil {
			return err
		}
		if !c.t.SpamAt.IsZero() {
			return core.Refuse(core.Conflict, "error.spam.is")
		}
		return c.setProperty("spam", "", "yes", false, func() { c.t.SpamAt = c.now })
	})
}

// UnmarkSpam brings it back, for thirty days (D25).
func (a *Act) UnmarkSpam(ctx context.Context, n core.Number, ifVersion int) (core.Number, error) {
	return a.change(ctx, n, ifVersion, func(c *change) error {
		if err := c.allow(core.ActSpam); err != nil {
			return err
		}
		if c.t.SpamAt.IsZero() {
			return core.Refuse(core.Conflict, "error.spam.is_not")
		}
		return c.setProperty("spam", "yes", "", false, func() { c.t.SpamAt = time.Time{} })
	})
}

package helpdesk

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"postdesk/core"
)

// succeed finds who takes the tickets of a solver that leaves, where a successor is named and can be given them (D26).
func (c *configuration) succeed(ctx context.Context, e *effect, losses []loss) error {
	heirs := map[core.PersonID]*core.Person{}
	for _, from := range slices.Sorted(maps.Keys(c.successors)) {
		to := c.successors[from]
		old, err := c.named(ctx, from)
		if err != nil {
			return err
		}
		heir, err := c.named(ctx, to)
		switch {
		case err != nil:
			return err
		case old.ID == heir.ID:
			return fault(fmt.Sprintf("successor of %s: %s is the same person", from, to))
		}
		heirs[old.ID] = heir
		if !slices.ContainsFunc(losses, func(l loss) bool { return l.solver && l.Solver == old.ID }) {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s loses no open ticket by this, so %s succeeds to none", from, to))
		}
	}
	c.heirs = heirs
	for i := range losses {
		l := &losses[i]
		heir := heirs[l.Solver]
		if !l.solver || heir == nil {
			continue
		}
		if roles, _ := e.after.dir.RolesOf(heir, l.Service, e.classes[l.Class].after); core.MayReceive(roles) {
			l.successor = heir
		}
	}
	return nil
}

// named finds the person whose address a successor option names.
func (c *configuration) named(ctx context.Context, address string) (*core.Person, error) {
	p, err := c.tx.PersonByAddress(ctx, address)
	if core.CodeOf(err) == core.NotFound {
		return nil, fault("successor: there is no person " + address)
	}
	return p, err
}

// heir tells in a line who takes the ticket, or why the successor does not.
func (c *configuration) heir(e *effect, l loss) string {
	heir := c.heirs[l.Solver]
	switch {
	case heir == nil:
		return ""
	case l.successor != nil:
		return ", " + heir.Email + " takes over"
	case heir.Disabled:
		return ", and " + heir.Email + " is disabled and cannot take over"
	}
	return ", and " + heir.Email + " has no role there to take over with"
}

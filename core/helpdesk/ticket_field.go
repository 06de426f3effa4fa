package helpdesk

import (
	"maps"
	"slices"

	"postdesk/core"
)

// newFields checks the custom fields of a ticket that is being opened in a service, and returns those that are set.
func (a *Act) newFields(service core.ServiceID, requester *core.Person, given map[string]string) (map[string]string, error) {
	if len(given) == 0 {
		return nil, nil
	}
	team := a.actor.Person == nil
	if !team {
		roles, _ := a.dir.RolesOf(a.actor.Person, service, requester)
		team = roles.Team()
	}
	known := a.dir.FieldsFor(service, team)
	fields := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(given)) { // so that the same faults give the same answer
		text, err := core.SetField(known, name, given[name])
		if err != nil {
			return nil, err
		}
		if text != "" {
			fields[name] = text
		}
	}
	return fields, nil
}

// setFields changes custom fields; those that are not given stay, and an empty text takes one away. What the service has
// no more can only be taken away, by who still sees it: the team.
func (c *change) setFields(given map[string]string) error {
	team := c.standing.Roles.Team() || c.standing.MaySolve(c.t)
	known := c.dir.FieldsFor(c.t.Service, team)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		before := c.t.Fields[name]
		text, err := core.SetField(known, name, given[name])
		left := team && before != "" && (given[name] == "" || given[name] == before)
		if err != nil && !left {
			return err
		}
		if err != nil {
			text = given[name]
		}
		if text == before {
			continue
		}
		err = c.setProperty(core.FieldProperty(name), before, text, false, func() {
			c.t.Fields = maps.Clone(c.t.Fields) // the ticket as it was before the change shares them
			if c.t.Fields == nil {
				c.t.Fields = map[string]string{}
			}
			if c.t.Fields[name] = text; text == "" {
				delete(c.t.Fields, name)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

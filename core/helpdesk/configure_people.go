package helpdesk

import (
	"context"
	"fmt"
	"strconv"
	"unicode/utf8"

	"postdesk/core"
	"postdesk/core/store"
)

// fault is something wrong with one place of the file that only the database or the environment could tell.
func fault(text string, path ...string) error {
	return core.DeskFileErrors{{Path: path, Text: text}}
}

func (c *configuration) saveOrganizations(ctx context.Context) error {
	type entry = core.OrganizationEntry
	return saveSection(ctx, c, section[entry]{
		noun: store.Organizations, audited: core.AuditOrganization, label: "organization", current: c.current.Organizations, target: c.target.Organizations,
		id:     func(e *entry) *int64 { return &e.ID },
		unused: func(e *entry) bool { return e.Archived },
		unique: func(e *entry) string { return e.Name },
		name:   func(e *entry) string { return e.Name },
		fields: func(e *entry) []field {
			return []field{{"name", e.Name}, {"domains", words(e.Domains)}, {"fields", pairs(e.Fields)}}
		},
		write: func(e, _ *entry) error { c.tx.SaveOrganization(e); return nil },
		end:   func(e *entry) error { c.tx.Archive(store.Organizations, e.ID, c.now); return nil },
	})
}

func (c *configuration) savePeople(ctx context.Context) error {
	type entry = core.PersonEntry
	organizations := idsOf(c.target.Organizations, func(e *core.OrganizationEntry) string { return e.Name },
		func(e *core.OrganizationEntry) *int64 { return &e.ID })
	var written []*entry
	for i := range c.target.People {
		if absorbs := c.target.People[i].Absorbs; len(absorbs) > 0 {
			c.tx.SetAside(absorbs)
		}
	}
	err := saveSection(ctx, c, section[entry]{
		noun: store.People, audited: core.AuditPerson, label: "person", current: c.current.People, target: c.target.People,
		id:     func(e *entry) *int64 { return &e.ID },
		unused: func(e *entry) bool { return e.Disabled || e.Origin != core.Configured },
		unique: func(e *entry) string { return e.Email },
		name:   func(e *entry) string { return e.Email },
		fields: func(e *entry) []field {
			return []field{{"email", e.Email}, {"name", e.Name}, {"organization", *e.Organization}, {"language", string(e.Language)},
				{"addresses", words(e.Addresses)}, {"administrator", strconv.FormatBool(e.Administrator)}, {"password_env", e.PasswordEnv},
				{"fields", pairs(e.Fields)}}
		},
		write: func(e, _ *entry) error {
			c.tx.SavePerson(e, core.OrganizationID(organizations[*e.Organization]), c.now)
			written = append(written, e)
			return nil
		},
		end: func(e *entry) error { return c.disable(ctx, e) },
	})
	if err != nil {
		return err
	}
	people := make([]int64, len(written))
	for i, e := range written {
		people[i] = e.ID
	}
	c.tx.DropAddresses(people)
	for _, e := range written {
		c.tx.SaveAddresses(e.ID, e.Addresses)
	}
	for i := range c.target.People {
		if e := &c.target.People[i]; len(e.Absorbs) > 0 {
			c.line("~ person %s: is who wrote to the desk from another address", e.Email)
			c.tx.Absorb(core.PersonID(e.ID), e.Absorbs, c.now)
			c.audit(core.AuditPerson, e.Email, core.AuditChanged, nil, []field{{"absorbed", fmt.Sprint(e.Absorbs)}})
		}
	}
	return c.savePasswords(ctx)
}

// disable takes all ways in from a person.
func (c *configuration) disable(ctx context.Context, e *core.PersonEntry) error {
	tokens, err := c.tx.RevokeAPITokens(ctx, core.PersonID(e.ID), c.now)
	for _, name := range tokens {
		c.audit(core.AuditToken, e.Email, core.AuditRemoved, []field{{"name", name}}, nil)
	}
	c.tx.DisablePerson(core.PersonID(e.ID), c.now)
	return err
}

// shortestPassword is how many characters a password has at least.
const shortestPassword = 8

// savePasswords sets a password where a person has none; later ones are the person's own business.
func (c *configuration) savePasswords(ctx context.Context) error {
	if c.file.People == nil {
		return nil
	}
	old := map[int64]*core.PersonEntry{}
	for i := range c.current.People {
		old[c.current.People[i].ID] = &c.current.People[i]
	}
	for i, e := range c.target.People {
		was := old[e.ID]
		if e.PasswordEnv == "" || was != nil && was.HasPassword {
			continue
		}
		password := c.secret(e.PasswordEnv)
		if password == "" {
			return fault("the environment variable "+e.PasswordEnv+" is not set: the first password of "+e.Email+" is read from it",
				"people", strconv.Itoa(i), "password_env")
		}
		if utf8.RuneCountInString(password) < shortestPassword {
			return fault(fmt.Sprintf("the first password of %s in %s is shorter than %d characters: set a longer one", e.Email, e.PasswordEnv, shortestPassword),
				"people", strconv.Itoa(i), "password_env")
		}
		hash, err := HashPassword(ctx, password)
		if err != nil {
			return err
		}
		c.tx.SetPassword(e.ID, hash)
		c.audit(core.AuditPerson, e.Email, core.AuditChanged, nil, []field{{"password", "set"}})
		if was != nil {
			c.line("~ person %s: password set", e.Email)
		}
	}
	return nil
}

// peopleIDs finds people by address, those who are disabled too.
func (c *configuration) peopleIDs() map[string]int64 {
	entries := append(append([]core.PersonEntry{}, c.current.People...), c.target.People...)
	return idsOf(entries, func(e *core.PersonEntry) string { return e.Email }, func(e *core.PersonEntry) *int64 { return &e.ID })
}

func (c *configuration) saveRequesterGroups(ctx context.Context) error {
	type entry = core.RequesterGroupEntry
	var written []*entry
	old := map[int64]*entry{}
	for i := range c.current.RequesterGroups {
		old[c.current.RequesterGroups[i].ID] = &c.current.RequesterGroups[i]
	}
	err := saveSection(ctx, c, section[entry]{
		noun: store.RequesterGroups, audited: core.AuditRequesterGroup, label: "requester group", current: c.current.RequesterGroups, target: c.target.RequesterGroups,
		id:     func(e *entry) *int64 { return &e.ID },
		unused: func(e *entry) bool { return e.Archived },
		unique: func(e *entry) string { return e.Name },
		name:   func(e *entry) string { return e.Name },
		fields: func(e *entry) []field { return []field{{"name", e.Name}, {"domains", words(e.Domains)}} },
		write:  func(e, _ *entry) error { c.tx.SaveRequesterGroup(e); return nil },
		end:    func(e *entry) error { c.tx.Archive(store.RequesterGroups, e.ID, c.now); return nil },
	})
	if err != nil {
		return err
	}
	people := c.peopleIDs()
	for i := range c.target.RequesterGroups {
		e := &c.target.RequesterGroups[i]
		var before []string
		if o := old[e.ID]; o != nil {
			before = c.without(o.Members)
		}
		text := cameAndWent(before, c.without(e.Members))
		if text == "" {
			continue
		}
		c.line("~ requester group %s: members %s", e.Name, text)
		left, came := apart(before, c.without(e.Members))
		c.audit(core.AuditRequesterGroup, e.Name, core.AuditChanged, []field{{"members", words(left)}}, []field{{"members", words(came)}})
		written = append(written, e)
	}
	for _, e := range written {
		members := make([]int64, len(e.Members))
		for i, m := range e.Members {
			members[i] = people[m]
		}
		c.tx.SaveMembers(e.ID, members)
	}
	return nil
}

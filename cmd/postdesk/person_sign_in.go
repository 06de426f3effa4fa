package main

import (
	"fmt"
	"slices"

	"postdesk/core"
)

type personResetCmd struct {
	Address string `arg:"" help:"Mail address of the person."`
}

// Run takes the second factor from somebody who lost it. Who asked has to be known to be that person: the operator judges.
func (c *personResetCmd) Run(env *environment) error {
	h, s, err := env.openDesk()
	if err != nil {
		return err
	}
	defer s.Close()
	err = h.ResetSecondFactor(env.Ctx, c.Address)
	if core.CodeOf(err) == core.Conflict {
		return fmt.Errorf("%s has no second factor", c.Address)
	}
	if err != nil {
		return wrongPerson(err, c.Address)
	}
	fmt.Fprintln(env.Stdout, "the second factor is off, and all sessions have ended")
	return nil
}

type personLinkCmd struct {
	Address  string `arg:"" help:"Mail address of the person."`
	Provider string `arg:"" help:"Name of the provider in the desk file."`
	Subject  string `arg:"" help:"What the provider calls the account for good: the claim sub, not a mail address."`
}

// Run links an account at a provider to a person, by the operator's choice.
func (c *personLinkCmd) Run(env *environment) error {
	h, s, err := env.openDesk()
	if err != nil {
		return err
	}
	defer s.Close()
	dir, err := h.Directory(env.Ctx)
	if err != nil {
		return err
	}
	provider, ok := dir.Desk.Provider(c.Provider)
	if !ok {
		names := []string{}
		for _, p := range dir.Desk.OIDC {
			names = append(names, p.Name)
		}
		slices.Sort(names)
		return fmt.Errorf("there is no provider %q; the desk file has %q", c.Provider, names)
	}
	p, err := h.PersonByAddress(env.Ctx, c.Address)
	if err != nil {
		return wrongPerson(err, c.Address)
	}
	err = h.LinkIdentity(env.Ctx, core.Actor{}, p, core.Identity{Issuer: provider.Issuer, Subject: c.Subject})
	if core.CodeOf(err) == core.Conflict {
		return fmt.Errorf("account %s of %s is linked to somebody else", c.Subject, provider.Name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s signs in with account %s of %s\n", p.Email, c.Subject, provider.Name)
	return nil
}

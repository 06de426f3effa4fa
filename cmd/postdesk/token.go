package main

import (
	"fmt"

	"postdesk/core"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make an API token that acts as a person. It is printed this once."`
}

type tokenCreateCmd struct {
	Person string `required:"" help:"Mail address of the person." placeholder:"EMAIL"`
	Name   string `required:"" help:"What the token is for."`
}

// Run prints the token alone on stdout.
func (c *tokenCreateCmd) Run(env *environment) error {
	desk, s, err := env.openDesk()
	if err != nil {
		return err
	}
	defer s.Close()
	token, err := desk.CreateAPIToken(env.Ctx, c.Person, c.Name)
	if core.CodeOf(err) == core.NotFound {
		return fmt.Errorf("there is no person %s: add them to the desk file and run `postdesk apply`", c.Person)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Stdout, token)
	return nil
}

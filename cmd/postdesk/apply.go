package main

import (
	"fmt"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// applyCmd makes the desk as a desk file says.
type applyCmd struct {
	DryRun bool   `name:"dry-run" help:"Only print the difference."`
	Yes    bool   `help:"Go on although people lose open tickets."`
	File   string `arg:"" type:"existingfile" help:"The desk file."`
}

// Run prints the difference on stdout, warnings on stderr.
func (c *applyCmd) Run(env *environment) error {
	document, err := readDeskFile(c.File)
	if err != nil {
		return err
	}
	desk, store, err := env.openDesk()
	if err != nil {
		return err
	}
	defer store.Close()
	difference, err := desk.Configure(env.Ctx, core.Actor{}, document.file,
		helpdesk.ConfigureOptions{DryRun: c.DryRun, Yes: c.Yes, Secret: env.Getenv})
	for _, line := range difference.Lines {
		fmt.Fprintln(env.Stdout, line)
	}
	for _, warning := range difference.Warnings {
		fmt.Fprintln(env.Stderr, "warning:", warning)
	}
	if err != nil {
		return document.locate(err)
	}
	if difference.Empty() {
		fmt.Fprintln(env.Stdout, "no changes")
	}
	return nil
}

package main

import (
	"fmt"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// applyCmd makes the desk as a desk file says.
type applyCmd struct {
	DryRun    bool              `name:"dry-run" help:"Only print the difference."`
	Yes       bool              `help:"Go on although people lose open tickets."`
	Successor map[string]string `help:"Who gets the open tickets of somebody who loses them. May be repeated." placeholder:"OLD@x=NEW@x" mapsep:"none"`
	File      string            `arg:"" type:"existingfile" help:"The desk file."`
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
		helpdesk.ConfigureOptions{DryRun: c.DryRun, Yes: c.Yes, Secret: env.Getenv, Successors: c.Successor})
	for _, line := range append(difference.Lines, difference.Sight...) {
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

package main

import (
	"encoding/json"
	"fmt"

	"postdesk/core"
)

// checkCmd checks the configuration (A34, D18).
type checkCmd struct {
	JSON bool `name:"json" help:"Print {\"findings\": […]}."`
}

// Run prints what is wrong; it fails where something is.
func (c *checkCmd) Run(env *environment) error {
	desk, store, err := env.openDesk()
	if err != nil {
		return err
	}
	defer store.Close()
	findings, err := desk.Check(env.Ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		answer := struct {
			Findings []core.Finding `json:"findings"`
		}{findings}
		if err := json.NewEncoder(env.Stdout).Encode(answer); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			fmt.Fprintf(env.Stdout, "%s: %s\n", f.Code, f.Text)
		}
		if len(findings) == 0 {
			fmt.Fprintln(env.Stdout, "the configuration is in order")
		}
	}
	if len(findings) > 0 {
		return errSilent
	}
	return nil
}

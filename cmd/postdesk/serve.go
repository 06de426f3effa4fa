package main

import (
	"fmt"
	"slices"
)

type serveCmd struct {
	Only []string `help:"Run only these parts in this process: mailin, mailout, web." sep:"," placeholder:"PART"`
}

// Run runs the daemon until it is told to end.
func (c *serveCmd) Run(env *environment) error {
	for _, part := range c.Only {
		if !slices.Contains([]string{partMailin, partMailout, partWeb}, part) {
			return usageError{fmt.Errorf("--only %s: want mailin, mailout or web", part)}
		}
	}
	config, err := readConfig(env.Environ)
	if err != nil {
		return err
	}
	p, err := New(env.Ctx, config, c.Only, config.logger(env.Stderr), nil)
	if err != nil {
		return err
	}
	defer p.Close()
	return p.Run(env.Ctx)
}

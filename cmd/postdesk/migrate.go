package main

import "fmt"

type migrateCmd struct{}

// Run brings the schema up to date.
func (c *migrateCmd) Run(env *environment) error {
	config, err := readConfig(env.Environ)
	if err != nil {
		return err
	}
	s, err := config.open(env.Ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	version, ran, err := s.Migrate(env.Ctx)
	if err != nil {
		return databaseError(config, err)
	}
	if ran == 0 {
		fmt.Fprintf(env.Stdout, "schema is at version %d, nothing to do\n", version)
		return nil
	}
	fmt.Fprintf(env.Stdout, "schema is at version %d now\n", version)
	return nil
}

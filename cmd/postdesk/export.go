package main

// exportCmd prints the desk file of what is configured; secrets are not in it, only the names of their variables.
type exportCmd struct{}

// Run prints it on stdout.
func (c *exportCmd) Run(env *environment) error {
	desk, store, err := env.openDesk()
	if err != nil {
		return err
	}
	defer store.Close()
	file, err := desk.ExportDesk(env.Ctx)
	if err != nil {
		return err
	}
	return writeDeskFile(env.Stdout, &file)
}

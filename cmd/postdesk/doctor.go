package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/mailin"
)

// doctorCmd looks at what the desk stands on: the database, and each mailbox's servers and what they say of senders.
type doctorCmd struct {
	JSON    bool          `name:"json" help:"Print {\"checks\": […]}."`
	Mailbox string        `help:"Look at this mailbox only." placeholder:"ADDRESS"`
	Send    bool          `help:"Send one mail through each mailbox to itself, and explain what its servers did to it."`
	Wait    time.Duration `help:"How long to wait for that mail, 10m at most." default:"60s"`
	Message string        `type:"existingfile" help:"Explain the trace fields of a saved mail instead; with --mailbox for that mailbox's trust settings." placeholder:"FILE"`
}

// doctor gathers what was found, and prints it as it goes along.
type doctor struct {
	env    *environment
	cmd    *doctorCmd
	store  *store.Store
	config Config
	checks []core.Diagnosis
}

// Run looks at everything and fails where something is wrong. Warnings do not fail it.
func (c *doctorCmd) Run(env *environment) error {
	if c.Send && c.Message != "" {
		return usageError{errors.New("--message explains a mail that is there; leave out --send")}
	}
	if c.Wait <= 0 || c.Wait > 10*time.Minute {
		return usageError{fmt.Errorf("--wait %s: want up to 10m", c.Wait)}
	}
	d := &doctor{env: env, cmd: c, checks: []core.Diagnosis{}}
	if err := d.examine(env.Ctx); err != nil {
		return err
	}
	if c.JSON {
		answer := struct {
			Checks []core.Diagnosis `json:"checks"`
		}{d.checks}
		if err := json.NewEncoder(env.Stdout).Encode(answer); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(d.checks, func(x core.Diagnosis) bool { return x.Health == core.HealthWrong }) {
		return errSilent
	}
	return nil
}

func (d *doctor) examine(ctx context.Context) error {
	if d.cmd.Message != "" && d.cmd.Mailbox == "" {
		return d.message(nil)
	}
	var err error
	if d.config, err = readConfig(d.env.Environ); err != nil {
		return err
	}
	if d.store, err = d.config.open(ctx); err != nil {
		return err
	}
	defer d.store.Close()
	if d.cmd.Message == "" && !d.database(ctx) {
		return nil
	}
	boxes, trust, err := d.mailboxes(ctx)
	if err != nil {
		return databaseError(d.config, err)
	}
	if d.cmd.Message != "" {
		return d.message(trust[boxes[0].ID])
	}
	for _, box := range boxes {
		m := &mailboxDoctor{doctor: d, box: box, trust: trust[box.ID]}
		m.examine(ctx)
	}
	if len(boxes) == 0 {
		d.say(core.Diagnosis{Area: "mailboxes", Check: "setting", Health: core.HealthWarning, Text: "there is no mailbox",
			Next: "name one in the desk file and run `postdesk apply`"})
	}
	return nil
}

// mailboxes are those to look at, with their trust settings.
func (d *doctor) mailboxes(ctx context.Context) ([]core.MailboxAccess, map[core.MailboxID]*core.Mailbox, error) {
	boxes, err := d.store.MailboxAccesses(ctx)
	if err != nil {
		return nil, nil, err
	}
	dir, err := d.store.Directory(ctx)
	if err != nil {
		return nil, nil, err
	}
	if wanted := core.FoldAddress(d.cmd.Mailbox); wanted != "" {
		boxes = slices.DeleteFunc(boxes, func(b core.MailboxAccess) bool { return b.Address != wanted })
		if len(boxes) == 0 {
			return nil, nil, usageError{fmt.Errorf("--mailbox %s: the desk has no such mailbox", wanted)}
		}
	}
	return boxes, dir.Mailboxes, nil
}

// message explains a saved mail.
func (d *doctor) message(trust *core.Mailbox) error {
	raw, err := os.ReadFile(d.cmd.Message)
	if err != nil {
		return err
	}
	m := mailin.Read(bytes.NewReader(raw), mailin.Options{})
	for _, line := range mailin.ExplainBorder(m, trust, "", mailin.CheckOwn(d.env.Ctx, raw, m, lookupTXT)) {
		line.Area = "message"
		d.say(line)
	}
	return nil
}

// say notes one finding.
func (d *doctor) say(x core.Diagnosis) {
	d.checks = append(d.checks, x)
	if d.cmd.JSON {
		return
	}
	fmt.Fprintf(d.env.Stdout, "%-8s %s, %s: %s\n", x.Health, x.Area, x.Check, x.Text)
	if x.Next != "" {
		fmt.Fprintf(d.env.Stdout, "         → %s\n", x.Next)
	}
}

// progress shows on a terminal that something is being waited for; "" takes it away.
func (d *doctor) progress(text string) {
	f, ok := d.env.Stderr.(*os.File)
	if !ok {
		return
	}
	if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(f, "\r\x1b[K%s", text)
	}
}

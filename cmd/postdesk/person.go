package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

type personCmd struct {
	Export personExportCmd `cmd:"" help:"Write everything that is held about a person into a zip file: person.json, raw mails, files."`
	Erase  personEraseCmd  `cmd:"" help:"Erase a person and what they wrote; tickets, their numbers and states stay. Without --yes it only tells what would happen."`
	Link   personLinkCmd   `cmd:"" help:"Let a person sign in with an account at a provider of the desk file."`
	Reset  personResetCmd  `cmd:"" name:"reset-second-factor" help:"Take the second factor from a person who lost phone and recovery codes."`
}

type personExportCmd struct {
	Address string `arg:"" help:"Mail address of the person."`
	Out     string `help:"Where to write; - is standard output. By default a file named after the address, as in ana@city.test.zip. A file that is there already is not overwritten." placeholder:"FILE.zip"`
}

// Run writes the export. What could not be finished is not left behind.
func (c *personExportCmd) Run(env *environment) (err error) {
	h, s, err := env.openDesk()
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := h.PersonByAddress(env.Ctx, c.Address); err != nil {
		return wrongPerson(err, c.Address)
	}
	if c.Out == "" {
		c.Out = exportName(c.Address)
	}
	out, finish, err := c.open(env)
	if err != nil {
		return err
	}
	meter := newMeter(env.Stderr)
	err = h.ExportPerson(env.Ctx, core.Actor{}, c.Address, out, func(files int) { meter.show("%d mails and files", files) })
	meter.clear()
	if err = finish(err); err != nil {
		return wrongPerson(err, c.Address)
	}
	if c.Out != "-" {
		fmt.Fprintln(env.Stdout, "written to", c.Out)
	}
	return nil
}

// exportName names an export after the address, which may hold what parts directories (RFC 5322 section 3.2.3).
func exportName(address string) string {
	return core.CleanFileName(core.FoldAddress(address)+".zip", "person.zip")
}

// open makes the file, for its owner alone: everything about somebody is in it.
func (c *personExportCmd) open(env *environment) (io.Writer, func(error) error, error) {
	if c.Out == "-" {
		return env.Stdout, func(err error) error { return err }, nil
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, nil, fmt.Errorf("%s is there already: name another file with --out", c.Out)
	}
	if err != nil {
		return nil, nil, err
	}
	return f, func(err error) error {
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			_ = os.Remove(c.Out)
		}
		return err
	}, nil
}

type personEraseCmd struct {
	Address   string `arg:"" help:"Mail address of the person."`
	Successor string `help:"Who gets the open tickets that they solve." placeholder:"ADDRESS"`
	Yes       bool   `help:"Do it. It cannot be undone."`
}

// Run tells what goes, and with --yes lets it go.
func (c *personEraseCmd) Run(env *environment) error {
	h, s, err := env.openDesk()
	if err != nil {
		return err
	}
	defer s.Close()
	meter := newMeter(env.Stderr)
	e, err := h.ErasePerson(env.Ctx, core.Actor{}, c.Address, helpdesk.EraseOptions{Yes: c.Yes, Successor: c.Successor,
		Progress: func(p helpdesk.ErasureProgress) {
			switch p.Stage {
			case helpdesk.ErasureSearch:
				meter.show("looking for tickets that name them")
			case helpdesk.ErasureTickets:
				meter.show("%d of %d tickets", p.Done, p.Total)
			case helpdesk.ErasureMail:
				meter.show("mail")
			}
		}})
	meter.clear()
	switch code := core.CodeOf(err); {
	case code == core.NotFound || code == core.Conflict:
		return wrongPerson(err, c.Address)
	case e.Resumed:
		fmt.Fprintln(env.Stdout, "the erasure had begun before, and goes on")
	case err == nil || errors.Is(err, helpdesk.ErrEraseNeedsYes):
		fmt.Fprintf(env.Stdout, "requester of %s, writer of %s with %s; %s from them, %s to them\n", count(e.Tickets, "ticket"), count(e.Messages, "message"),
			count(e.Files, "file"), count(e.MailIn, "mail"), count(e.MailOut, "mail"))
	}
	for _, line := range e.Lines {
		fmt.Fprintln(env.Stdout, line)
	}
	for _, warning := range e.Warnings {
		fmt.Fprintln(env.Stderr, "warning:", warning)
	}
	if errors.Is(err, helpdesk.ErrEraseNeedsYes) {
		return fmt.Errorf("%w: add --yes if that is meant; it cannot be undone (`postdesk person export %s` keeps a copy)", err, c.Address)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Stdout, "erased; only the audit still names them. Take them out of the desk file too, or the next apply adds them anew.")
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func wrongPerson(err error, address string) error {
	switch core.CodeOf(err) {
	case core.NotFound:
		return fmt.Errorf("there is no person %s: write one of their addresses in full; who was erased has none any more", address)
	case core.Conflict:
		return fmt.Errorf("%s stands for somebody who was erased: nothing is held about them but what the audit says", address)
	}
	return err
}

// meter shows how far long work is, on one line of a terminal; elsewhere it is silent.
type meter struct {
	to    io.Writer
	shown bool
}

func newMeter(to io.Writer) *meter {
	if f, ok := to.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &meter{to: to}
		}
	}
	return &meter{}
}

func (m *meter) show(format string, args ...any) {
	if m.to != nil {
		m.shown = true
		fmt.Fprintf(m.to, "\r\x1b[K"+format, args...)
	}
}

func (m *meter) clear() {
	if m.shown {
		fmt.Fprint(m.to, "\r\x1b[K")
	}
}

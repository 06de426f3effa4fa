// Command postdesk is an email-driven help desk: one daemon that turns the mail of a mailbox into tickets and tells each
// person what their role lets them see. This package is the wiring: configuration, sub-commands (one file each) and the
// program that they start. It is the only place that knows all the others.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// Exit codes: done, failed, used wrongly.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands are the sub-commands.
type commands struct {
	Serve   serveCmd   `cmd:"" help:"Run the daemon: mail in, mail out, web desk and jobs."`
	Demo    demoCmd    `cmd:"" help:"Run the sample city on an embedded database and mail server, or write mail in it."`
	Migrate migrateCmd `cmd:"" help:"Bring the database's schema up to date."`
	Apply   applyCmd   `cmd:"" help:"Set up people, services, roles, SLAs and mailboxes from a desk file."`
	Export  exportCmd  `cmd:"" help:"Print the desk file of what is configured."`
	Explain explainCmd `cmd:"" help:"Show how raw messages are read. Needs no database."`
	Who     whoCmd     `cmd:"" help:"Tell who would be told of an event of a ticket, by which role and why, and in which language."`
	Token   tokenCmd   `cmd:"" help:"API tokens."`
	Person  personCmd  `cmd:"" help:"What is held about a person: give it out, or erase it."`
	Mail    mailCmd    `cmd:"" help:"The ledger of mail that came in and the outbox of mail that goes out."`
	Check   checkCmd   `cmd:"" help:"Check the configuration: services without main solver, mailboxes that fail and the like."`
	Doctor  doctorCmd  `cmd:"" help:"Look at what the desk stands on: database, mail servers, reply addresses, and what the border says of senders."`
}

// environment is what a sub-command gets from its process; tests make their own.
type environment struct {
	Ctx            context.Context
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Environ        []string
}

// openStore opens the database of the settings, with the key file, and checks its schema.
func (e *environment) openStore() (*store.Store, error) {
	config, err := readConfig(e.Environ)
	if err != nil {
		return nil, err
	}
	s, err := config.open(e.Ctx)
	if err != nil {
		return nil, err
	}
	if err := s.CheckSchema(e.Ctx); err != nil {
		s.Close()
		return nil, databaseError(config, err)
	}
	return s, nil
}

// openDesk opens the store and the operations on it.
func (e *environment) openDesk() (*helpdesk.Helpdesk, *store.Store, error) {
	s, err := e.openStore()
	if err != nil {
		return nil, nil, err
	}
	desk := helpdesk.New(s, now)
	desk.ActFor(e.operator())
	return desk, s, nil
}

// operator is who runs the command, for the audit: behind sudo the one who called it.
func (e *environment) operator() string {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if who := e.Getenv(name); who != "" {
			return who
		}
	}
	return "operator"
}

// usageError is an error of the caller: exit code 2.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	env := &environment{Ctx: ctx, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Environ: os.Environ()}
	code := run(env, os.Args[1:])
	stop()
	os.Exit(code)
}

// run executes one command line and gives its exit code. Errors are one clear line first.
func run(env *environment, args []string) int {
	exit := -1
	parser, err := kong.New(&commands{}, kong.Name("postdesk"), kong.Writers(env.Stdout, env.Stderr),
		kong.Description("An email-driven help desk. Settings come from the environment: POSTDESK_DATABASE_URL, POSTDESK_LISTEN, "+
			"POSTDESK_PUBLIC_URL, POSTDESK_SECRET_KEY_FILE, POSTDESK_TRUSTED_PROXIES, POSTDESK_LOG, POSTDESK_LOG_FORMAT. `make run` or `postdesk demo` shows it all without any."),
		kong.UsageOnError(), kong.Exit(func(code int) { exit = code }), kong.Bind(env))
	if err != nil {
		fmt.Fprintln(env.Stderr, "postdesk:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	line, err := parser.Parse(args)
	if exit >= 0 { // --help was printed
		return exit
	}
	if err != nil {
		fmt.Fprintf(env.Stderr, "postdesk: %v (postdesk --help lists the commands)\n", err)
		return exitUsage
	}
	if err := line.Run(); err != nil {
		if !errors.Is(err, errSilent) {
			fmt.Fprintln(env.Stderr, "postdesk:", err)
		}
		if errors.As(err, new(usageError)) {
			return exitUsage
		}
		return exitFailed
	}
	return exitDone
}

// errSilent ends a command as failed whose output has said everything.
var errSilent = errors.New("failed")

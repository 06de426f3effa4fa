package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"postdesk/cmd/postdesk/demo"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store/localpg"
)

type demoCmd struct {
	Run   demoRunCmd   `cmd:"" default:"1" help:"Run the sample city (the default)."`
	Send  demoSendCmd  `cmd:"" help:"Write a mail as one of the sample people."`
	Inbox demoInboxCmd `cmd:"" help:"Show a sample person's inbox, newest first."`
}

type demoRunCmd struct {
	Dir string `help:"Where database, mail and key are kept." default:"var" type:"path"`
}

// Run starts a private PostgreSQL, the sample city's mail host and the daemon, and stays.
func (c *demoRunCmd) Run(env *environment) error {
	config, err := readConfig(env.Environ)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	fmt.Fprintln(env.Stderr, "starting PostgreSQL …")
	pg, err := localpg.Start(env.Ctx, localpg.Options{Dir: filepath.Join(c.Dir, "pg"), Log: env.Stderr})
	if err != nil {
		return err
	}
	defer pg.Stop()
	if err := pg.CreateDatabase(env.Ctx, "postdesk", ""); err != nil && !errors.Is(err, localpg.ErrDatabaseExists) {
		return err
	}
	config.DatabaseURL = pg.URL("postdesk")
	config.SecretKeyFile = filepath.Join(c.Dir, "postdesk.key")
	city, err := parseDeskFile("city.yaml", demo.CityFile)
	if err != nil {
		return err
	}
	host, err := demo.StartMailHost(c.Dir, demo.CityDomain, cityUsers(&city.file), demo.CityPassword)
	if err != nil {
		return err
	}
	defer host.Close()
	if err := settle(env, config, &city.file, host); err != nil {
		return err
	}
	extra := map[string]http.Handler{"/demo/mail": demo.Page(host, cityPeople(&city.file))}
	log := config.logger(env.Stderr)
	p, err := New(env.Ctx, config, nil, log, extra)
	if err != nil && config.Listen == "127.0.0.1:8025" { // taken: any free port will do for a look
		config.Listen, config.PublicURL = "127.0.0.1:0", "http://127.0.0.1:0"
		p, err = New(env.Ctx, config, nil, log, extra)
	}
	if err != nil {
		return err
	}
	defer p.Close()
	welcome(env.Stdout, p.publicURL(), host)
	return p.Run(env.Ctx)
}

// settle migrates the database, sets the city up and, the first time, lets its past happen.
func settle(env *environment, config Config, city *core.DeskFile, host *demo.MailHost) error {
	s, err := config.open(env.Ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, _, err := s.Migrate(env.Ctx); err != nil {
		return err
	}
	for i := range city.Mailboxes {
		box := &city.Mailboxes[i]
		if box.IMAP.Port, err = portOf(host.IMAPAddr()); err == nil {
			box.SMTP.Port, err = portOf(host.SMTPAddr())
		}
		if err != nil {
			return err
		}
	}
	dir, err := s.Directory(env.Ctx)
	if err != nil {
		return err
	}
	first := len(dir.Services) == 0
	desk := helpdesk.New(s, now)
	_, err = desk.Configure(env.Ctx, core.Actor{}, *city, helpdesk.ConfigureOptions{Yes: true, Secret: func(string) string { return demo.CityPassword }})
	if err != nil || !first {
		return err
	}
	return demo.WriteHistory(env.Ctx, now(), func(at time.Time) *helpdesk.Helpdesk {
		return helpdesk.New(s, func() time.Time { return at })
	}, func(done, all int) {
		fmt.Fprintf(env.Stderr, "\rwriting the city's last days: %d of %d tickets", done, all)
		end(env.Stderr, done == all)
	})
}

func end(w io.Writer, last bool) {
	if last {
		fmt.Fprintln(w)
	}
}

func portOf(addr string) (int, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}

// cityUsers are all addresses with a mailbox on the city's mail host: its people and the desk's own.
func cityUsers(city *core.DeskFile) []string {
	var users []string
	for _, p := range city.People {
		users = append(users, p.Email)
	}
	for _, m := range city.Mailboxes {
		users = append(users, m.Address)
	}
	return users
}

// cityPeople are the sample people with what they are in the desk, for the page that shows their mail.
func cityPeople(city *core.DeskFile) []demo.Person {
	people := make([]demo.Person, 0, len(city.People))
	for _, p := range city.People {
		var about []string
		if p.Administrator {
			about = append(about, "administrator")
		}
		for _, s := range city.Services {
			for _, r := range s.Roles {
				if slices.Contains(r.People, p.Email) {
					about = append(about, strings.ReplaceAll(string(r.Role), "_", " ")+" of "+s.Name)
				}
			}
		}
		if len(about) == 0 {
			about = []string{"staff"}
		}
		people = append(people, demo.Person{Name: p.Name, Address: p.Email, About: strings.Join(about, ", "), Language: string(p.Language)})
	}
	return people
}

func welcome(w io.Writer, url string, host *demo.MailHost) {
	fmt.Fprintf(w, `
The sample city's desk is running.

  Web desk        %[1]s/
  Everybody's     %[1]s/demo/mail
  inboxes

  Sign in as      mia@city.test   main solver of Printers
                  sol@city.test   solver (Spanish)
                  ben@city.test   staff
                  root@city.test  administrator
  Password        %[2]s

  Send a mail     ./bin/postdesk demo send --from ben@city.test --subject "Scanner is offline" --text "The scanner on floor 2 does not answer since this morning."
  Answer it       ./bin/postdesk demo send --from mia@city.test --reply-to-last --text "On my way."
  Read an inbox   ./bin/postdesk demo inbox ben@city.test

  Or use a mail program: IMAP %[3]s, SMTP %[4]s, no TLS, the same names and password.
  Ctrl+C ends it; everything is kept in ./var.

`, url, demo.CityPassword, host.IMAPAddr(), host.SMTPAddr())
}

type demoSendCmd struct {
	Dir         string   `help:"Where the sample city is kept." default:"var" type:"path"`
	From        string   `required:"" help:"Address of a sample person." placeholder:"ADDRESS"`
	To          string   `help:"Recipient; without one the IT mailbox, or who wants the answer." placeholder:"ADDRESS"`
	Subject     string   `help:"Subject; an answer takes that of the mail it answers."`
	Text        string   `required:"" help:"What to write."`
	Attach      []string `help:"A file to attach." placeholder:"FILE" type:"existingfile"`
	ReplyToLast bool     `help:"Answer the newest mail in the person's inbox."`
}

// Run hands a mail to the sample city's mail host, as a mail program would.
func (c *demoSendCmd) Run(env *environment) error {
	mail := demo.NewMail{From: c.From, To: c.To, Subject: c.Subject, Text: c.Text, Attach: c.Attach}
	ports, err := demo.ReadPorts(c.Dir)
	if err != nil {
		return fmt.Errorf("no sample city is running here: start it with `make run` (%w)", err)
	}
	if c.ReplyToLast {
		inbox, err := demo.ReadInbox(c.Dir, c.From)
		if err != nil {
			return err
		}
		if len(inbox) == 0 {
			return fmt.Errorf("the inbox of %s is empty: nothing to answer", c.From)
		}
		mail.InReplyTo = &inbox[0]
	} else if mail.To == "" {
		mail.To = demo.CityMailbox
	}
	if mail.InReplyTo == nil && mail.Subject == "" {
		return usageError{errors.New("--subject is missing")}
	}
	if city, err := parseDeskFile("city.yaml", demo.CityFile); err == nil {
		for _, p := range city.file.People {
			if strings.EqualFold(p.Email, c.From) {
				mail.From, mail.Language = p.Name+" <"+p.Email+">", string(p.Language)
			}
		}
	}
	raw, err := demo.Compose(mail)
	if err != nil {
		return err
	}
	to, err := demo.Recipients(raw)
	if err != nil {
		return err
	}
	if err := demo.Submit(ports.SMTP, demo.CityPassword, c.From, to, raw); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "sent to %s\n", strings.Join(to, ", "))
	return nil
}

type demoInboxCmd struct {
	Dir     string `help:"Where the sample city is kept." default:"var" type:"path"`
	Address string `arg:"" help:"Address of a sample person."`
}

// Run lists an inbox, newest first.
func (c *demoInboxCmd) Run(env *environment) error {
	inbox, err := demo.ReadInbox(c.Dir, c.Address)
	if err != nil {
		return err
	}
	if len(inbox) == 0 {
		fmt.Fprintln(env.Stdout, "nothing yet")
	}
	for _, m := range inbox {
		fmt.Fprintf(env.Stdout, "%s  %-28s  %s\n", m.Received.Local().Format("Jan _2 15:04:05"), m.From, m.Subject)
	}
	return nil
}

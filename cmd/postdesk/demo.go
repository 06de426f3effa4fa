package main

import (
	"bytes"
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
	"syscall"
	"text/tabwriter"
	"time"

	"postdesk/cmd/postdesk/demo"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store/localpg"
	"postdesk/mailin"
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
	unlock, err := lockCity(c.Dir)
	if err != nil {
		return err
	}
	defer unlock()
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
		fmt.Fprintln(env.Stderr, "port 8025 is taken; the desk is on another one this time, so links in older sample mails lead nowhere")
		config.Listen, config.PublicURL = "127.0.0.1:0", "http://127.0.0.1:0"
		p, err = New(env.Ctx, config, nil, log, extra)
	}
	if err != nil {
		return err
	}
	defer p.Close()
	if err := os.WriteFile(filepath.Join(c.Dir, addressFile), []byte(p.publicURL()+"\n"), 0o644); err != nil {
		return err
	}
	go func() {
		p.awaitQuiet(env.Ctx, 15*time.Second) // the mail of the city's past comes first: what one sends then is the newest
		welcome(env.Stdout, p.publicURL(), config, &city.file, host)
	}()
	return p.Run(env.Ctx)
}

// sentFile is as old as the last mail that somebody sent by command.
const sentFile = "last-sent"

// addressFile says where the sample city's desk was opened last, for whoever starts it twice.
const addressFile = "address"

// lockCity makes sure that one program at a time runs the sample city of a directory: a second mail host on the same
// mailboxes would hide mail from the first. The lock ends with the process.
func lockCity(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		address, _ := os.ReadFile(filepath.Join(dir, addressFile))
		return nil, fmt.Errorf("the sample city of %s runs already: look at %s", dir, strings.TrimSpace(string(address)))
	}
	return func() { f.Close() }, nil
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
	deskAt := func(at time.Time) *helpdesk.Helpdesk {
		return helpdesk.New(s, func() time.Time { return at })
	}
	if err := demo.WriteLibrary(env.Ctx, now(), deskAt); err != nil {
		return err
	}
	return demo.WriteHistory(env.Ctx, now(), deskAt, progress(env.Stderr))
}

// progress counts on one line of a terminal; elsewhere it says the end only.
func progress(w io.Writer) func(done, all int) {
	terminal := false
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return func(done, all int) {
		switch {
		case terminal && done < all:
			fmt.Fprintf(w, "\rwriting the city's last days: %d of %d tickets", done, all)
		case terminal:
			fmt.Fprintf(w, "\rwrote the city's last days: %d tickets          \n", all)
		case done == all:
			fmt.Fprintf(w, "wrote the city's last days: %d tickets\n", all)
		}
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

func welcome(w io.Writer, url string, config Config, city *core.DeskFile, host *demo.MailHost) {
	fmt.Fprintf(w, `
The sample city's desk is running.

  Web desk        %[1]s/
  Inboxes         %[1]s/demo/mail   what everybody receives; write as anybody

`, url)
	people := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	lead := "Sign in as"
	for _, p := range cityPeople(city) {
		fmt.Fprintf(people, "  %-14s  %s\t%s\n", lead, p.Address, p.About)
		lead = ""
	}
	people.Flush()
	fmt.Fprintf(w, `  Password        %[1]s

  Send a mail     ./bin/postdesk demo send --from ben@city.test --subject "Scanner is offline" --text "The scanner on floor 2 does not answer since this morning."
  Read an inbox   ./bin/postdesk demo inbox mia@city.test
  Answer it       ./bin/postdesk demo send --from mia@city.test --reply-to-last --text "On my way."

  Mail program    IMAP %[2]s, SMTP %[3]s, no TLS, the same names and password
  Other commands  POSTDESK_DATABASE_URL='%[4]s' POSTDESK_SECRET_KEY_FILE='%[5]s' ./bin/postdesk mail ls

Ctrl+C ends it; everything is kept in ./var.

`, demo.CityPassword, host.IMAPAddr(), host.SMTPAddr(), config.DatabaseURL, config.SecretKeyFile)
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
	if err := os.WriteFile(filepath.Join(c.Dir, sentFile), nil, 0o644); err != nil { // its time is what counts
		return err
	}
	if err := demo.Submit(ports.SMTP, demo.CityPassword, c.From, to, raw); err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			return fmt.Errorf("the sample city of %s is not running: start it with `make run`", c.Dir)
		}
		return err
	}
	fmt.Fprintf(env.Stdout, "sent to %s\n", strings.Join(to, ", "))
	return nil
}

type demoInboxCmd struct {
	Dir     string        `help:"Where the sample city is kept." default:"var" type:"path"`
	Address string        `arg:"" help:"Address of a sample person."`
	Read    int           `help:"Print the N-th mail of the list, 1 = the newest." placeholder:"N"`
	Wait    time.Duration `help:"Wait up to this long for what the last sent mail brings about, as in 5s."`
}

// Run lists an inbox, newest first, or prints one mail of it as a mail program would show its text.
func (c *demoInboxCmd) Run(env *environment) error {
	if _, err := demo.ReadPorts(c.Dir); err != nil {
		return fmt.Errorf("there is no sample city in %s: start it with `make run`, or name its directory with --dir", c.Dir)
	}
	inbox, err := demo.ReadInbox(c.Dir, c.Address)
	if err != nil {
		return err
	}
	sent, err := os.Stat(filepath.Join(c.Dir, sentFile))
	if err == nil {
		for end := time.Now().Add(c.Wait); time.Now().Before(end) && (len(inbox) == 0 || inbox[0].Received.Before(sent.ModTime())); {
			select {
			case <-env.Ctx.Done():
				return env.Ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
			if inbox, err = demo.ReadInbox(c.Dir, c.Address); err != nil {
				return err
			}
		}
	}
	if c.Read > 0 {
		if c.Read > len(inbox) {
			return fmt.Errorf("the inbox of %s has %d mails", c.Address, len(inbox))
		}
		m := mailin.Read(bytes.NewReader(inbox[c.Read-1].Raw), mailin.Options{})
		fmt.Fprintf(env.Stdout, "From: %s\nSubject: %s\n\n%s\n", inbox[c.Read-1].From, m.Subject, strings.TrimSpace(m.Text))
		return nil
	}
	if len(inbox) == 0 {
		fmt.Fprintln(env.Stdout, "nothing yet")
	}
	for _, m := range inbox {
		fmt.Fprintf(env.Stdout, "%s  %-28s  %s\n", m.Received.Local().Format("Jan _2 15:04:05"), m.From, m.Subject)
	}
	return nil
}

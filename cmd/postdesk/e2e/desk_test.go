package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"postdesk/cmd/postdesk/e2e/mailhost"
	"postdesk/core/store"
)

// accounts are the mailboxes of the city's mail server, the desk's two and the people's.
func accounts() map[string]string {
	users := map[string]string{}
	for _, name := range []string{"it", "network", "mia", "sol", "leo", "rea", "net", "ben", "eva", "pat"} {
		users[name] = password(name)
	}
	return users
}

func password(user string) string { return "secret of " + user }

// deskFile sets up two services with a mailbox each:
//
//	Printers  it@       English; mia main solver, sol (Spanish) and leo solvers, rea reader
//	Network   network@  Spanish; net (Spanish) main solver
//
// Everybody at city.test is a requester: ben, pat and eva (Spanish) are nothing else. The mailboxes prove people by the
// reply token alone, or better by what mx.city.test says of a mail. A few people write more in a minute here than others in a
// month: the limits are out of the way.
const deskFile = `
desk: {name: IT, languages: [en, es], timezone: America/Chicago}
limits: {acknowledgements_per_day: 100000, automatic_per_hour: 100000, automatic_per_day: 100000, bundle_above: 100000}
organizations:
  - {name: City, domains: [city.test]}
people:
  - {email: mia@city.test, name: Mia Main, language: en}
  - {email: sol@city.test, name: Sol Vega, language: es}
  - {email: leo@city.test, name: Leo Law, language: en}
  - {email: rea@city.test, name: Rea Der, language: en}
  - {email: net@city.test, name: Nadia Ortiz, language: es}
  - {email: ben@city.test, name: Ben Staff, language: en}
  - {email: pat@city.test, name: Pat Nguyen, language: en}
  - {email: eva@city.test, name: Eva Ruiz, language: es}
requester_groups:
  - {name: All staff, domains: [city.test]}
slas:
  - {name: Standard}
mailboxes:
  - address: it@city.test
    imap: {host: 127.0.0.1, port: IMAP, tls: none, username: it, password_env: IT_PASSWORD}
    smtp: {host: 127.0.0.1, port: SMTP, tls: none IT_LOGIN}
    start: START
    after: AFTER
    opens: Printers
    trust: {authserv_ids: [mx.city.test], borders: [mx.city.test], dkim: false, policy: token}
  - address: network@city.test
    imap: {host: 127.0.0.1, port: IMAP, tls: none, username: network, password_env: NETWORK_PASSWORD}
    smtp: {host: 127.0.0.1, port: SMTP, tls: none NETWORK_LOGIN}
    start: all
    trust: {authserv_ids: [mx.city.test], borders: [mx.city.test], dkim: false, policy: token}
services:
  - name: City services
    folder: true
    mailbox: it@city.test
    requesters: [{group: All staff, sla: Standard}]
  - name: Printers
    parent: City services
    language: en
    reopen_days: 7
    roles:
      - {role: main_solver, people: [mia@city.test]}
      - {role: solver, people: [sol@city.test, leo@city.test]}
      - {role: reader, people: [rea@city.test]}
  - name: Network
    parent: City services
    mailbox: network@city.test
    language: es
    roles:
      - {role: main_solver, people: [net@city.test]}
`

// desk is a configured program with its mail server.
type desk struct {
	*program
	dovecot *mailhost.Dovecot
	pool    *pgxpool.Pool // for looking into the database
	// deskFile is what it was set up from.
	deskFile string
}

// deskSettings vary a desk.
type deskSettings struct {
	database string // "" = one of its own on the shared server
	binary   func() (string, error)
	file     string // the desk file as it stands; "" = deskFile, and what is below varies it
	smtpPort int
	signIn   bool   // to the SMTP server
	after    string // what is done with mail in it@; "" = keep
	start    string // which mail of it@ is taken; "" = all
	dovecot  *mailhost.Dovecot
}

func newDesk(t *testing.T, s deskSettings) *desk {
	t.Helper()
	if s.database == "" {
		s.database = newDatabase(t)
	}
	d := &desk{program: newProgram(t, binary(t, s.binary), s.database), dovecot: s.dovecot}
	d.environ = append(d.environ, "IT_PASSWORD="+password("it"), "NETWORK_PASSWORD="+password("network"), "ROOT_PASSWORD="+password("root"))
	itLogin, networkLogin := "", ""
	if s.signIn {
		itLogin, networkLogin = ", username: it, password_env: IT_PASSWORD", ", username: network, password_env: NETWORK_PASSWORD"
	}
	if s.after == "" {
		s.after = "keep"
	}
	if s.start == "" {
		s.start = "all"
	}
	d.deskFile = s.file
	if s.file == "" {
		d.deskFile = strings.NewReplacer("START", s.start, "IMAP", fmt.Sprint(s.dovecot.IMAPPort), "SMTP", fmt.Sprint(s.smtpPort), " IT_LOGIN", itLogin,
			" NETWORK_LOGIN", networkLogin, "AFTER", s.after).Replace(deskFile)
	}
	d.apply(d.deskFile)
	pool, err := pgxpool.New(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	d.pool = pool
	return d
}

// apply sets the desk up from a desk file.
func (p *program) apply(text string) {
	p.Helper()
	p.run(0, "apply", write(p.T, p.dir, "desk.yaml", text))
}

// write makes a file and gives its path.
func write(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// caller is a person with an API token.
type caller struct {
	*testing.T
	url, token string
}

// caller makes a token for somebody, named by address or by what stands before @city.test.
func (d *desk) caller(daemon *daemon, person string) caller {
	d.Helper()
	if !strings.Contains(person, "@") {
		person += "@" + mailhost.Domain
	}
	out, _ := d.run(0, "token", "create", "--person", person, "--name", "test")
	return caller{d.T, daemon.url() + "/api/v1", strings.TrimSpace(out)}
}

// ask sends a request with a JSON body (nil = none), and reads the answer into answer.
func (c caller) ask(method, path string, body, answer any) {
	c.Helper()
	raw := c.bytes(method, path, body)
	if err := json.Unmarshal(raw, answer); err != nil {
		c.Fatalf("%s %s: %v: %s", method, path, err, raw)
	}
}

func (c caller) bytes(method, path string, body any) []byte {
	c.Helper()
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			c.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(c.Context(), method, c.url+path, &content)
	if err != nil {
		c.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		c.Fatal(err)
	}
	defer response.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(response.Body); err != nil {
		c.Fatal(err)
	}
	if response.StatusCode/100 != 2 {
		c.Fatalf("%s %s: %s: %s", method, path, response.Status, &answer)
	}
	return answer.Bytes()
}

type ticket struct {
	Number  int64  `json:"number"`
	Subject string `json:"subject"`
	Status  string `json:"status"`
	Service string `json:"service"`
}

type record struct {
	Kind   string `json:"kind"`
	Text   string `json:"text"`
	Shown  bool   `json:"show_to_requester"`
	Author *struct {
		Email string `json:"email"`
	} `json:"author"`
	Change *struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"change"`
	Attachments []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Size int64  `json:"size"`
	} `json:"attachments"`
}

func (c caller) tickets(query string) []ticket {
	c.Helper()
	var answer struct{ Tickets []ticket }
	c.ask("GET", "/tickets?"+query, nil, &answer)
	return answer.Tickets
}

func (c caller) ticket(n int64) ticket {
	c.Helper()
	var t ticket
	c.ask("GET", fmt.Sprintf("/tickets/%d", n), nil, &t)
	return t
}

func (c caller) log(n int64) []record {
	c.Helper()
	var answer struct{ Records []record }
	c.ask("GET", fmt.Sprintf("/tickets/%d/log", n), nil, &answer)
	return answer.Records
}

// told is a log in short: "message ben: text", "status open > in_progress".
func told(records []record) []string {
	var lines []string
	for _, r := range records {
		line := r.Kind
		if r.Author != nil && r.Kind != "status" {
			name, _, _ := strings.Cut(r.Author.Email, "@")
			line += " " + name
		}
		switch {
		case r.Change != nil:
			line += " " + r.Change.From + " > " + r.Change.To
		default:
			line += ": " + r.Text
		}
		lines = append(lines, line)
	}
	return lines
}

// count runs a query that gives one number.
func (d *desk) count(sql string, args ...any) (n int) {
	d.Helper()
	err := d.pool.QueryRow(d.Context(), sql, args...).Scan(&n)
	for try := 0; try < 3 && store.Transient(err) && strings.HasPrefix(sql, "select"); try++ { // a connection to a server that was killed
		err = d.pool.QueryRow(d.Context(), sql, args...).Scan(&n)
	}
	if err != nil {
		d.Fatalf("%s: %v", sql, err)
	}
	return n
}

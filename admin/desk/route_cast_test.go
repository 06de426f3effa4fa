package desk_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// places are the services of the cast: their own, one that inherits from it, a folder that does, and a foreign one.
var places = []string{"Stacks", "Shelf", "Folder", "Annex"}

// played is a ticket of the cast, with what hangs on it.
type played struct {
	number  core.Number
	place   string
	state   string // open, given (to the exceptional solver), resolved, closed, spam, merged
	waits   bool   // for the approver's decision
	version int    // of the ticket
	first   string // its request, which came by mail
	public  string // a file of it
	note    string // a file of a note
}

// cast is a world whose people have one role each, or none, and one relation to each ticket.
type cast struct {
	*world
	t        testing.TB
	matrix   matrix
	services map[string]core.ServiceID
	browsers map[string]*browser
	tickets  []*played
}

func newCast(t testing.TB) *cast {
	t.Helper()
	c := &cast{world: newWorld(t), t: t, matrix: readMatrix(t), services: map[string]core.ServiceID{}, browsers: map[string]*browser{}}
	service := func(name, parent string, folder bool) {
		c.services[name] = core.ServiceID(c.id("insert into service (name, parent_id, folder) values ($1, (select id from service where name = $2), $3) returning id", name, parent, folder))
	}
	service("Stacks", "", false)
	service("Shelf", "Stacks", false)
	service("Folder", "Stacks", true)
	service("Annex", "", false)
	group := c.id("insert into solver_group (service_id, name) values ($1, 'Keepers') returning id", c.services["Stacks"])
	roles := map[string]core.Role{"MS": core.MainSolver, "S": core.Solver, "SG": core.SolverGroupMember, "ES": core.ExceptionalSolver,
		"MG": core.Manager, "RD": core.Reader, "TR": core.TicketReporter}
	requesters := map[string]int64{}
	for _, place := range []string{"Stacks", "Annex"} {
		requesters[place] = c.id("insert into requester_group (name) values ($1) returning id", place+" readers")
		c.exec(t, "insert into service_sla (service_id, position, group_id, sla_id) values ($1, 0, $2, (select min(id) from sla))", c.services[place], requesters[place])
	}
	person := func(name, place, column string) {
		id := c.id("insert into person (email, name, organization_id, language, administrator) values ($1, $2, (select id from organization where name = 'City'), 'en', $3) returning id",
			name+"@cast.test", name, name == "boss")
		switch role := roles[column]; {
		case column == "RQ":
			c.exec(t, "insert into requester_group_member (group_id, person_id) values ($1, $2)", requesters[place], id)
		case role == core.SolverGroupMember:
			c.exec(t, "insert into role_grant (service_id, role, person_id, solver_group_id) values ($1, $2, $3, $4)", c.services[place], role, id, group)
		case role != "":
			c.exec(t, "insert into role_grant (service_id, role, person_id) values ($1, $2, $3)", c.services[place], role, id)
		}
	}
	for _, p := range players {
		if p.name != "nobody" {
			person(p.name, "Stacks", p.column)
		}
	}
	person("second", "Stacks", "S") // so that nothing is assigned by itself (A37)
	person("far", "Annex", "MS")
	person("outer", "Annex", "RQ")
	c.exec(t, "update person set password_hash = $1", hash())
	c.exec(t, "update desk set version = version + 1")
	for _, p := range append([]*player{{name: "second"}, {name: "far"}, {name: "outer"}}, players...) {
		if p.name == "nobody" {
			continue
		}
		found, err := c.Store.PersonByAddress(t.Context(), p.name+"@cast.test")
		if err != nil {
			t.Fatal(err)
		}
		c.People[p.name] = found
	}
	c.as(t, "mia") // one's session is nobody else's to end
	for _, p := range players {
		if p.name == "nobody" {
			c.browsers[p.name] = c.browser(t)
		} else {
			c.browsers[p.name] = c.as(t, p.name)
		}
	}
	return c
}

func (c *cast) id(statement string, args ...any) (n int64) {
	c.t.Helper()
	if err := c.Store.Pool().QueryRow(c.t.Context(), statement, args...).Scan(&n); err != nil {
		c.t.Fatalf("%s: %v", statement, err)
	}
	return n
}

func (c *cast) word(statement string, args ...any) (s string) {
	c.t.Helper()
	if err := c.Store.Pool().QueryRow(c.t.Context(), statement, args...).Scan(&s); err != nil {
		c.t.Fatalf("%s: %v", statement, err)
	}
	return s
}

// ticket builds one in a place and a state.
func (c *cast) ticket(place, state string) *played {
	t := c.t
	t.Helper()
	k := &played{place: place, state: state, waits: state != "resolved" && state != "closed"}
	requester, chief := "rq", "ms"
	if place == "Annex" {
		requester, chief = "outer", "far"
	}
	k.number = c.open(t, requester, helpdesk.NewTicket{Service: c.services[place], Subject: "A book in " + place, Text: "It is lost.", Mail: c.byMail(t, "From: "+requester+"@cast.test\r\nSubject: A book\r\n\r\nIt is lost.\r\n"),
		Attachments: []core.Attachment{c.file(t, "seen.txt", "text/plain", "seen")}})
	c.record(t, chief, k.number, "It is in the cellar.", false, c.file(t, "kept.txt", "text/plain", "kept"))
	own := func(fn func(*helpdesk.Act) (core.Number, error)) {
		t.Helper()
		c.do(t, chief, core.ViaDesk, func(a *helpdesk.Act) error { _, err := fn(a); return err })
	}
	if place != "Annex" {
		own(func(a *helpdesk.Act) (core.Number, error) {
			return a.AddParticipant(t.Context(), k.number, c.People["part"], 0)
		})
		own(func(a *helpdesk.Act) (core.Number, error) {
			return a.AddFollower(t.Context(), k.number, c.People["follow"], 0)
		})
		own(func(a *helpdesk.Act) (core.Number, error) {
			return a.AskApproval(t.Context(), k.number, helpdesk.NewApproval{Approvers: []*core.Person{c.People["ap"]}}, 0)
		})
	}
	switch state {
	case "given":
		own(func(a *helpdesk.Act) (core.Number, error) {
			return a.Assign(t.Context(), k.number, helpdesk.Assignee{Solver: c.People["es"]}, 0)
		})
	case "resolved", "closed":
		own(func(a *helpdesk.Act) (core.Number, error) {
			return a.Resolve(t.Context(), k.number, helpdesk.NewRecord{Text: "Found."})
		})
		if state == "closed" {
			own(func(a *helpdesk.Act) (core.Number, error) { return a.Close(t.Context(), k.number, 0) })
		}
	case "spam":
		own(func(a *helpdesk.Act) (core.Number, error) { return a.MarkSpam(t.Context(), k.number, 0) })
	}
	k.first = c.word("select id::text from log_record where ticket_number = $1 order by at limit 1", k.number)
	for name, to := range map[string]*string{"seen.txt": &k.public, "kept.txt": &k.note} {
		*to = c.word("select a.id::text from attachment a join log_record r on r.id = a.record_id where r.ticket_number = $1 and a.name = $2", k.number, name)
	}
	if state == "merged" { // its old number stands for it ever after (E10)
		old := c.open(t, requester, helpdesk.NewTicket{Service: c.services[place], Subject: "The same book", Text: "Lost."})
		own(func(a *helpdesk.Act) (core.Number, error) { return a.MergeTicket(t.Context(), old, k.number, 0) })
		k.version = int(c.id("select version from ticket where number = $1", k.number))
		k.number = old
		return k
	}
	k.version = int(c.id("select version from ticket where number = $1", k.number))
	return k
}

// answer is what somebody gets: its status, and where it leads.
type answer struct {
	status int
	to     string
}

// ask sends a request as somebody; of a stream of events only the beginning is waited for.
func (c *cast) ask(b *browser, method, path string, form []string, upload bool) answer {
	body, kind := io.Reader(nil), ""
	if method != http.MethodGet {
		values := url.Values{}
		for i := 0; i < len(form); i += 2 {
			values.Add(form[i], form[i+1])
		}
		body, kind = strings.NewReader(values.Encode()), "application/x-www-form-urlencoded"
		if upload {
			var text strings.Builder
			for name, list := range values {
				for _, value := range list {
					fmt.Fprintf(&text, "--cast\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, value)
				}
			}
			body, kind = strings.NewReader(text.String()+"--cast--\r\n"), "multipart/form-data; boundary=cast"
		}
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, body)
	if err != nil {
		c.t.Error(err)
		return answer{}
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := b.client.Do(r)
	if err != nil {
		c.t.Error(err)
		return answer{}
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") != "text/event-stream" {
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			c.t.Error(method, path, err)
		}
	}
	return answer{res.StatusCode, res.Header.Get("Location")}
}

// state is a digest of every table of the database.
func (c *cast) state(without ...string) map[string]string {
	c.t.Helper()
	digests := map[string]string{}
	var tables []string
	err := c.Store.Pool().QueryRow(c.t.Context(), "select array_agg(tablename::text) from pg_tables where schemaname = 'public'").Scan(&tables)
	if err != nil || len(tables) < 20 {
		c.t.Fatalf("%d tables: %v", len(tables), err)
	}
	for _, name := range tables {
		if !slices.Contains(without, name) {
			digests[name] = c.word(fmt.Sprintf("select coalesce(md5(string_agg(x::text, '' order by x::text)), '') from %q x", name))
		}
	}
	return digests
}

// unchanged compares the database with what it was.
func (c *cast) unchanged(t testing.TB, what string, before map[string]string, without ...string) {
	t.Helper()
	for name, digest := range c.state(without...) {
		if digest != before[name] {
			t.Errorf("%s changed the table %s", what, name)
		}
	}
}

package rights_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-chi/chi/v5"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

func cut(s, prefix string) (string, bool) { return strings.CutPrefix(s, prefix) }

// cell is who gets which answer of an operation in a state. Those that follow by rule from others go one way, in turns.
type cell struct {
	operation string
	state     string
	who, want string
	derived   bool
}

func readCells(t *testing.T, table string) (list []cell) {
	t.Helper()
	for _, line := range strings.Split(table, "\n") {
		parts := strings.Split(line, "|")
		if len(parts) != 3 {
			if strings.TrimSpace(line) != "" {
				t.Fatalf("no line of the table: %q", line)
			}
			continue
		}
		for _, operation := range operationsIn(parts[0]) {
			var who []string
			for _, word := range strings.Fields(parts[2]) {
				name, answer, last := strings.Cut(word, "=")
				if who = append(who, name); !last {
					continue
				}
				for _, name := range who {
					list = append(list, cell{operation, strings.TrimSpace(parts[1]), name, answer, false})
				}
				who = nil
			}
			if who != nil {
				t.Fatalf("no answer for %q: %q", who, line)
			}
		}
	}
	return list
}

// operationsIn are the words of a line's first part; readings have names of several words.
func operationsIn(part string) []string {
	if part = strings.TrimSpace(part); part == "internal file" {
		return []string{part}
	}
	return strings.Fields(part)
}

// derived are the cells that follow: whoever has no business with a plain ticket does not see it; the team of a ticket
// above may read alone (D10); an approver who decided sees nothing more (D12); the solver for the police is to their tickets
// what a solver is to others', and these see the others no more than any stranger (D17); a solver of another organization
// is a solver (A90); an old number stands for the ticket that it became part of (E10); of spam nothing can be made (D25).
func derived(base []cell) (list []cell) {
	add := func(operation, state, who, want string) {
		list = append(list, cell{operation, state, who, want, true})
	}
	seen := map[string]bool{}
	for _, c := range base {
		if strings.HasPrefix(c.operation, "open") {
			continue
		}
		if !seen[c.operation] {
			seen[c.operation] = true
			for _, who := range strings.Fields("eva exa tre net root ken") {
				add(c.operation, "plain", who, "gone")
			}
			add(c.operation, "child", "net", "no")
			add(c.operation, "decided:ken", "ken", "gone")
			add(c.operation, "merged", "eva", "gone")
			add(c.operation, "from:pat", "ben", "gone")
		}
		if c.state != "plain" {
			continue
		}
		switch c.who {
		case "sol":
			add(c.operation, "from:pat", "eva", c.want)
			add(c.operation, "plain", "vic", c.want)
			add(c.operation, "merged", "sol", c.want)
		case "ben":
			if c.operation != "participant" { // of pat, who is it already
				add(c.operation, "from:pat", "pat", c.want)
			}
			add(c.operation, "merged", "ben", c.want)
		case "mia":
			add(c.operation, "merged", "mia", c.want)
		}
		writes := slices.Contains([]string{"record", "reply", "note"}, c.operation)
		if c.want == "ok" && !writes && c.operation != "spam" && c.operation != "unspam" {
			add(c.operation, "spam", c.who, "over")
		}
		if c.want == "no" {
			add(c.operation, "spam", c.who, "no")
		}
	}
	return list
}

// way is a way in.
type way string

const (
	byOperation way = "operation"
	byAPI       way = "API"
	byForm      way = "form"
)

// answers is what a status or a refusal is in the words of the table.
func answerOf(status int) string {
	switch status {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent, http.StatusSeeOther:
		return "ok"
	case http.StatusForbidden:
		return "no"
	case http.StatusNotFound:
		return "gone"
	case http.StatusConflict:
		return "over"
	case http.StatusUnprocessableEntity:
		return "bad"
	}
	return fmt.Sprint(status)
}

func answerOfError(err error) string {
	if err == nil {
		return "ok"
	}
	if a := map[core.Code]string{core.Forbidden: "no", core.NotFound: "gone", core.Conflict: "over", core.Invalid: "bad"}[core.CodeOf(err)]; a != "" {
		return a
	}
	return err.Error()
}

// inForm is what the desk's forms send otherwise than the API; nil = not at all.
var inForm = map[string]object{
	"due":      {"internal_target": nil, "target": target.Format("2006-01-02T15:04")},
	"ask":      {"approvers": "root@desk.test", "rule": "all"},
	"edit":     {"text": "It jams."},
	"unparent": {"number": nil, "undo": "yes"},
}

// try does an operation on a scene as somebody by a way.
func (w *world) try(t *testing.T, s *scene, name, who string, by way) string {
	t.Helper()
	op := operations[name]
	send := object{}
	for k, v := range op.send(s) {
		send[k] = v
	}
	opening := object{"service": "Printers", "subject": "Jam", "text": "x"}
	switch by {
	case byOperation:
		return answerOfError(w.as(t, who, func(a *helpdesk.Act) error { return op.do(s, a, t.Context()) }))
	case byAPI:
		delete(send, "as")
		if op.action == "" {
			for k, v := range opening {
				send[k] = v
			}
			return answerOf(w.call(t, who, "POST", "/api/v1/tickets", send).Code)
		}
		var body any = send
		if len(op.send(s)) == 0 && op.action != core.ActCancelAsk {
			body = nil
		}
		return answerOf(w.call(t, who, "POST", fmt.Sprintf("/api/v1/tickets/%d/actions/%s", s.number, op.action), body).Code)
	}
	fields := url.Values{}
	delete(send, "show_to_requester")
	if op.action == "" {
		for k, v := range opening {
			send[k] = v
		}
	} else {
		ticket, err := w.Store.Ticket(t.Context(), s.ticket)
		if err != nil {
			t.Fatal(err)
		}
		send["version"] = ticket.Version
	}
	for k, v := range inForm[name] {
		send[k] = v
	}
	for k, v := range send {
		if v != nil {
			fields.Set(k, fmt.Sprint(v))
		}
	}
	const home = "/dashboard/ithelpdesk"
	switch op.action {
	case "":
		return answerOf(w.upload(t, who, home+"/new", fields).Code)
	case core.ActRecord:
		answer := answerOf(w.upload(t, who, fmt.Sprintf("%s/%d/record", home, s.ticket), fields).Code)
		w.sql(t, "update draft set send_at = now() - interval '1 minute' where send_at is not null") // it waits ten seconds, to be taken back
		if err := w.desk.SendDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	return answerOf(w.form(t, who, fmt.Sprintf("%s/%d/actions/%s", home, s.ticket, op.action), fields).Code)
}

// footprint is what an operation can change of a scene.
func (w *world) footprint(t *testing.T, s *scene) (f [4]int) {
	t.Helper()
	err := w.Store.Pool().QueryRow(t.Context(), `select (select sum(version) from ticket where number in ($1, $2, $3)),
		(select count(*) from log_record where ticket_number in ($1, $2, $3)), (select count(*) from outbox where ticket_number in ($1, $2, $3)),
		(select coalesce(sum(merged_into), 0) from ticket where number in ($1, $2, $3))`, s.ticket, s.number, s.other).Scan(&f[0], &f[1], &f[2], &f[3])
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Every operation, in the states of a ticket that matter, by those who are just allowed and just not, through every way in.
func TestEveryWayInObeysTheTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := readCells(t, cells)
	type line struct{ operation, state string }
	byLine := map[line][]cell{}
	for _, c := range append(base, derived(base)...) {
		if operations[c.operation].method == "" {
			t.Fatalf("no operation %q", c.operation)
		}
		if w.People[c.who] == nil {
			t.Fatalf("nobody is called %q", c.who)
		}
		l := line{c.operation, c.state}
		byLine[l] = append(byLine[l], c)
	}
	var tried, allowed, turn atomic.Int64
	t.Run("cells", func(t *testing.T) {
		for l, list := range byLine {
			t.Run(strings.ReplaceAll(l.operation+" "+l.state, " ", "_"), func(t *testing.T) {
				t.Parallel()
				words := strings.Fields(l.state)
				shared := w.build(t, words)
				before := w.footprint(t, shared)
				for _, c := range list {
					ways := []way{byOperation, byAPI}
					if c.operation != "record" { // the desk says which kind it is

						ways = append(ways, byForm)
					}
					if c.derived {
						ways = ways[int(turn.Add(1))%len(ways):][:1]
					}
					for _, by := range ways {
						tried.Add(1)
						s := shared
						if c.want == "ok" {
							s = w.build(t, words)
						}
						was := w.footprint(t, s)
						if got := w.try(t, s, c.operation, c.who, by); got != c.want {
							t.Errorf("by %s, %s is answered %q, want %q", by, c.who, got, c.want)
						}
						if c.want != "ok" {
							continue
						}
						allowed.Add(1)
						if !strings.HasPrefix(c.operation, "open") && w.footprint(t, s) == was {
							t.Errorf("by %s, %s changed nothing", by, c.who)
						}
					}
				}
				if w.footprint(t, shared) != before {
					t.Error("what was refused left something behind")
				}
			})
		}
	})
	if tried.Load() < 1000 || allowed.Load() < 300 {
		t.Errorf("only %d tries, %d of them allowed", tried.Load(), allowed.Load())
	}
	t.Logf("%d tries in %d states, %d of them allowed", tried.Load(), len(byLine), allowed.Load())
}

// routes are those of the API; who may what by the desk's own stands in admin/desk.
func (w *world) routes(t *testing.T) (list []string) {
	t.Helper()
	err := chi.Walk(w.handler.(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if strings.HasPrefix(pattern, "/api/v1/") {
			list = append(list, method+" "+pattern)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A new operation, action or route has to be given its place in the table before anything is green again.
func TestTableKnowsEveryWayIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := readCells(t, cells)
	known := slices.Concat(articleRoutes, templateRoutes)
	for _, l := range readOthers(t) {
		known = append(known, l.route)
	}
	for _, r := range readings {
		known = append(known, r.routes...)
	}
	known = append(known, "POST /api/v1/tickets")
	var actions []core.Action
	methods := []string{"PersonNamed", "AssigneeNamed", "SomebodyNamed", "ServiceNamed", "GroupNamed", "ReplyNamed", "Try"} // no operations
	for name, op := range operations {
		methods = append(methods, op.method)
		if op.action != "" {
			actions = append(actions, op.action)
			known = append(known, "POST /api/v1/tickets/{number}/actions/"+string(op.action))
		}
		for _, answer := range []string{"ok", "no"} {
			if !slices.ContainsFunc(base, func(c cell) bool { return c.operation == name && c.want == answer }) &&
				!slices.Contains([]string{"record no", "participant no", "unparticipant no"}, name+" "+answer) { // whoever sees a ticket by a role may write
				t.Errorf("nobody is answered %q to %s", answer, name)
			}
		}
	}
	act := reflect.TypeFor[*helpdesk.Act]()
	for i := range act.NumMethod() {
		if !slices.Contains(methods, act.Method(i).Name) {
			t.Errorf("the operation %s is not in the table", act.Method(i).Name)
		}
	}
	for _, a := range core.Actions() {
		if !slices.Contains(actions, a) {
			t.Errorf("the action %s is not in the table", a)
		}
	}
	mounted := w.routes(t)
	known = slices.DeleteFunc(known, func(r string) bool { return !strings.Contains(r, " /api/v1/") })
	for _, r := range mounted {
		if !slices.Contains(known, r) {
			t.Errorf("%s is mounted, and nothing says who may", r)
		}
	}
	for _, r := range known {
		if !slices.Contains(mounted, r) {
			t.Errorf("%s is in the table, and not mounted", r)
		}
	}
}

// reading is what can be looked at around a ticket, and where.
var readings = map[string]struct {
	routes []string
	target func(w *world, t *testing.T, s *scene, route string) string
}{
	"ticket": {[]string{"GET /api/v1/tickets/{number}", "GET /api/v1/tickets/{number}/log", "GET /dashboard/ithelpdesk/{number:[0-9]+}"}, nil},
	"file": {[]string{"GET /api/v1/tickets/{number}/attachments/{id}", "GET /dashboard/ithelpdesk/{number:[0-9]+}/attachments/{id}"},
		func(w *world, t *testing.T, s *scene, route string) string { return w.attach(t, s, "ben", true) }},
	"internal file": {[]string{"GET /api/v1/tickets/{number}/attachments/{id}", "GET /dashboard/ithelpdesk/{number:[0-9]+}/attachments/{id}"},
		func(w *world, t *testing.T, s *scene, route string) string { return w.attach(t, s, "mia", false) }},
	"who": {[]string{"GET /api/v1/tickets/{number}/who"}, nil},
}

// attach writes a record with a file and gives the file's id.
func (w *world) attach(t *testing.T, s *scene, who string, show bool) string {
	t.Helper()
	file, err := w.desk.PutFile(t.Context(), "a.txt", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	w.must(t, who, func(a *helpdesk.Act) error {
		_, err := a.AddRecord(t.Context(), s.ticket, helpdesk.NewRecord{Text: "x", Show: &show, Attachments: []core.Attachment{file}})
		return err
	})
	records, err := w.Store.Records(t.Context(), s.ticket)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range slices.Backward(records) {
		if len(r.Attachments) > 0 {
			return r.Attachments[0].ID
		}
	}
	t.Fatal("no file")
	return ""
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

func (w *world) fetch(t *testing.T, who, route string, number core.Number, id string) *httptest.ResponseRecorder {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	path = parameter.ReplaceAllStringFunc(path, func(p string) string {
		switch p {
		case "{id}":
			return id
		case "{decision}":
			return "refuse"
		}
		return fmt.Sprint(number)
	})
	if strings.HasSuffix(path, "/who") {
		path += "?event=ticket_created"
	}
	if strings.HasPrefix(path, "/api/") {
		var body any
		if method != http.MethodGet && method != http.MethodDelete {
			body = object{}
			if strings.HasSuffix(path, "/attach") {
				body = object{"number": 1001}
			}
		}
		return w.call(t, who, method, path, body)
	}
	if method == http.MethodPost && strings.HasSuffix(path, "/refuse") {
		return w.form(t, who, path, url.Values{})
	}
	if method == http.MethodPost {
		return w.form(t, who, path, url.Values{"answer": {"mine"}})
	}
	return w.page(t, who, path)
}

// confirmation is the page of a mail in mia's name, which nothing but her own button carries out.
func (w *world) confirmation(t *testing.T) (id string) {
	t.Helper()
	row := w.heldMail(t)
	if err := w.Store.Pool().QueryRow(t.Context(), "select id from confirmation where inbound_id = $1 and person_id = $2", row.ID, w.People["mia"].ID).Scan(&id); err != nil {
		t.Fatalf("the mail is %s (%s): %v", row.State, row.Reason, err)
	}
	return id
}

// heldMail is a mail in mia's name that her service's team may sort.
func (w *world) heldMail(t *testing.T) *store.Inbound {
	t.Helper()
	s := w.build(t, []string{"plain"})
	return w.send(t, "mia", s.number, "#approve")
}

// What is looked at: the same people see a ticket, its log, its files and its page, and have it in their lists.
func TestEveryViewObeysTheTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	scenes := map[string]*scene{}
	files := map[string]string{}
	for _, c := range readCells(t, reading) {
		key := c.operation + " | " + c.state
		view := readings[c.operation]
		if scenes[key] == nil {
			scenes[key] = w.build(t, strings.Fields(c.state))
			if view.target != nil {
				files[key] = view.target(w, t, scenes[key], "")
			}
		}
		s := scenes[key]
		for _, route := range view.routes {
			if got := answerOf(w.fetch(t, c.who, route, s.number, files[key]).Code); got != c.want {
				t.Errorf("%s: %s is answered %q by %s, want %q", key, c.who, got, route, c.want)
			}
		}
		if c.operation != "ticket" {
			continue
		}
		list, err := w.desk.Tickets(t.Context(), w.People[c.who], helpdesk.ListFilter{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		listed := slices.ContainsFunc(list.Tickets, func(v core.View) bool { return v.Number == s.ticket })
		if want := c.want == "ok" && c.state != "spam"; listed != want { // D25: spam is in no list but its own
			t.Errorf("%s: it is in the list of %s: %v", key, c.who, listed)
		}
	}
}

type other struct {
	route string
	cells []cell
}

func readOthers(t *testing.T) (list []other) {
	t.Helper()
	for _, line := range strings.Split(others, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		list = append(list, other{f[0] + " " + f[1], readCells(t, "x | - | "+strings.Join(f[2:], " "))})
	}
	return list
}

// What is no business of a ticket: administrators set the desk up, teams sort held mail, everybody has their own settings.
func TestOtherRoutesObeyTheTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, o := range readOthers(t) {
		id := "4711"
		if strings.HasSuffix(o.route, "/confirm/{id}") {
			id = w.confirmation(t)
		}
		if strings.Contains(o.route, " /quarantine/{id}") {
			id = fmt.Sprint(w.heldMail(t).ID)
		}
		for _, c := range o.cells {
			if got := answerOf(w.fetch(t, c.who, o.route, 0, id).Code); got != c.want {
				t.Errorf("%s: %s is answered %q, want %q", o.route, c.who, got, c.want)
			}
		}
	}
}

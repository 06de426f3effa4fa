package rights_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// articleRoutes are proven here: knowledge and news by the rows A21–A26 of the reviewed matrix.
var articleRoutes = strings.Split(`GET /api/v1/knowledge
POST /api/v1/knowledge
GET /api/v1/knowledge/{id}
PUT /api/v1/knowledge/{id}
DELETE /api/v1/knowledge/{id}
GET /api/v1/news
POST /api/v1/news
GET /api/v1/news/{id}
PUT /api/v1/news/{id}
DELETE /api/v1/news/{id}`, "\n")

// readMatrix gives the reviewed matrix: what each column has in a row.
func readMatrix(t *testing.T) (columns []string, marks map[string]map[string]string) {
	t.Helper()
	f, err := os.Open(filepath.FromSlash("../../../core/testdata/roles.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	marks = map[string]map[string]string{}
	for _, row := range rows[1:] {
		marks[row[0]] = map[string]string{}
		for i, column := range rows[0][1:] {
			marks[row[0]][column] = row[i+1]
		}
	}
	return rows[0][1:], marks
}

// library is a world whose people have one role each in one service, and nothing beside it.
type library struct {
	*world
	column map[string]string // by person: as which column of the matrix they are to be treated; "" = none
	places map[string]bool   // services by path: whether the role counts there
}

// newLibrary gives everybody a role in Stacks. Below it are Shelf, which inherits, and Cellar, which does not; Annex is
// elsewhere, and Stacks/Shelf/Closed is out of use.
func newLibrary(t *testing.T) *library {
	l := &library{world: newWorld(t), column: map[string]string{}, places: map[string]bool{"Stacks": true, "Stacks/Shelf": true,
		"Stacks/Cellar": false, "Annex": false, "Stacks/Shelf/Closed": false, "Stacks/Folder": true}}
	id := func(statement string, args ...any) (n int64) {
		t.Helper()
		if err := l.Store.Pool().QueryRow(t.Context(), statement, args...).Scan(&n); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		return n
	}
	stacks := id("insert into service (name) values ('Stacks') returning id")
	shelf := id("insert into service (name, parent_id) values ('Shelf', $1) returning id", stacks)
	l.sql(t, "insert into service (name, parent_id, inherit) values ('Cellar', $1, false)", stacks)
	l.sql(t, "insert into service (name, parent_id, folder) values ('Folder', $1, true)", stacks)
	l.sql(t, "insert into service (name) values ('Annex')")
	l.sql(t, "insert into service (name, parent_id) values ('Closed', $1)", shelf)
	team := id("insert into solver_group (service_id, name) values ($1, 'Team') returning id", stacks)
	readers := id("insert into requester_group (name) values ('Readers') returning id")
	others := id("insert into requester_group (name) values ('Others') returning id")
	sla := id("select id from sla")
	l.sql(t, "insert into service_sla (service_id, position, group_id, sla_id) values ($1, 0, $2, $3)", stacks, readers, sla)
	person := func(name, column string) int64 {
		l.column[name] = column
		return id("insert into person (email, name) values ($1, $2) returning id", name+"@library.test", name)
	}
	roles := map[string]core.Role{"MS": core.MainSolver, "S": core.Solver, "SG": core.SolverGroupMember, "ES": core.ExceptionalSolver,
		"MG": core.Manager, "RD": core.Reader, "TR": core.TicketReporter}
	for column, role := range roles {
		var group *int64
		if role == core.SolverGroupMember {
			group = &team
		}
		l.sql(t, "insert into role_grant (service_id, role, person_id, solver_group_id) values ($1, $2, $3, $4)", stacks, role, person(strings.ToLower(column), column), group)
	}
	l.sql(t, "insert into requester_group_member (group_id, person_id) values ($1, $2)", readers, person("rq", "RQ"))
	l.sql(t, "insert into role_grant (service_id, role, person_id, for_group_id) values ($1, 'solver', $2, $3)", stacks, person("sub", "S"), others) // D17
	away := id("insert into person (email, name) values ('away@library.test', 'Away') returning id")
	l.sql(t, "insert into role_grant (service_id, role, person_id) values ($1, 'main_solver', $2)", stacks, away)
	l.sql(t, "insert into absence (person_id, from_at, until_at, delegate_id) values ($1, now() - interval '1 hour', now() + interval '1 day', $2)", away, person("stand", "MS")) // E14
	l.sql(t, "insert into role_grant (service_id, role, person_id) values ($1, 'manager', $2)", stacks, person("late", ""))
	l.sql(t, "update person set administrator = true where id = $1", person("boss", "")) // D13
	person("none", "")
	person("ap", "AP")
	l.sql(t, "update person set organization_id = (select id from organization where name = 'City') where email in ('away@library.test', 'stand@library.test')")
	l.sql(t, "update desk set version = version + 1")
	for name := range l.column {
		p, err := l.Store.PersonByAddress(t.Context(), name+"@library.test")
		if err != nil {
			t.Fatal(err)
		}
		l.People[name] = p
		if l.tokens[name], err = l.desk.CreateAPIToken(t.Context(), p.Email, "test"); err != nil {
			t.Fatal(err)
		}
	}
	var number core.Number
	l.must(t, "rq", func(a *helpdesk.Act) (err error) {
		number, err = a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: core.ServiceID(stacks), Subject: "A book", Text: "x"})
		return err
	})
	l.must(t, "ms", func(a *helpdesk.Act) error { // an approver's rights are the ticket's
		_, err := a.AskApproval(t.Context(), number, helpdesk.NewApproval{Approvers: []*core.Person{l.People["ap"]}}, 0)
		return err
	})
	return l
}

// shelved is an article of the library that its own way writes.
func (l *library) shelved(t *testing.T, kind core.ArticleKind, service string, forRequesters bool, word string) (id string) {
	t.Helper()
	name := service[strings.LastIndex(service, "/")+1:]
	err := l.Store.Pool().QueryRow(t.Context(), `insert into article (id, kind, service_id, title, text, language, for_requesters, created_at, updated_at)
		select gen_random_uuid(), $1, id, $2, 'About ' || $2, 'en', $3, now(), now() from service where name = $4 returning id`, kind, word, forRequesters, name).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Each row of knowledge and news, for everybody who has one role alone, in their own service, one that inherits, one that does not,
// a foreign one, a folder and one out of use, through the API and the operation; nothing is counted or found that may not be
// seen.
func TestKnowledgeAndNewsObeyTheMatrix(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	columns, marks := readMatrix(t)
	for _, c := range columns {
		if !slices.Contains(slices.Collect(maps.Values(l.column)), c) {
			t.Fatalf("nobody is %s", c)
		}
	}
	l.sql(t, "update service set archived_at = now() where name = 'Closed'")
	l.sql(t, "update person set disabled_at = now() where email = 'late@library.test'")
	l.sql(t, "update desk set version = version + 1")
	l.People["late"].Disabled = true
	tried := 0
	for _, kind := range []core.ArticleKind{core.Knowledge, core.News} {
		for service, counts := range l.places {
			for _, forRequesters := range []bool{false, true} {
				row := map[bool]string{false: ".view_for_team", true: ".view_for_requesters"}[forRequesters]
				word := fmt.Sprintf("zz%s%v%szz", kind, forRequesters, strings.ReplaceAll(service, "/", ""))
				id := l.shelved(t, kind, service, forRequesters, word)
				for who, column := range l.column {
					sees := counts && marks[string(kind)+row][column] == "yes"
					manages := counts && marks[string(kind)+".manage"][column] == "yes"
					change := "gone"
					switch {
					case sees && manages:
						change = "ok"
					case sees:
						change = "no"
					}
					write := map[bool]string{true: "ok", false: "no"}[manages]
					if strings.HasSuffix(service, "Closed") {
						write = "bad" // there is no such service
					}
					look := map[bool]string{true: "ok", false: "gone"}[sees]
					tried++
					for _, by := range []articleWay{l.articleByOperation, l.articleByAPI} {
						if who == "late" { // has no token any more, but may still be at work
							by = l.articleByOperation
						}
						doomed := l.shelved(t, kind, service, forRequesters, "doomed")
						got := by(t, who, kind, service, id, doomed, word)
						if want := (articleAnswers{sees, sees, look, change, change, write}); got != want {
							t.Errorf("%s in %s, for requesters %v: %s gets %+v, want %+v", kind, service, forRequesters, who, got, want)
						}
						l.sql(t, "delete from article where title in ('doomed', 'New')")
					}
				}
			}
		}
	}
	if tried != 2*len(l.places)*2*len(l.column) || tried < 250 {
		t.Errorf("%d cells", tried)
	}
}

// articleAnswers is what somebody gets at an article: in the list, by search, looking at it, changing, deleting, and
// writing another one beside it.
type articleAnswers struct {
	listed, found             bool
	look, edit, delete, write string
}

type articleWay func(t *testing.T, who string, kind core.ArticleKind, service, id, doomed, word string) articleAnswers

func (l *library) articleByAPI(t *testing.T, who string, kind core.ArticleKind, service, id, doomed, word string) (got articleAnswers) {
	t.Helper()
	base := "/api/v1/" + string(kind)
	listed := func(query string) bool {
		var list struct {
			Items []struct{ ID, Title string }
			Next  string
		}
		w := l.call(t, who, http.MethodGet, base+query, nil)
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != http.StatusOK || list.Next != "" {
			t.Fatalf("%s asks for %s: %d %s", who, query, w.Code, w.Body)
		}
		if strings.HasPrefix(query, "?q=") && len(list.Items) > 1 {
			t.Errorf("%s finds %d by %s", who, len(list.Items), query)
		}
		for _, item := range list.Items {
			if item.ID == id {
				return true
			}
		}
		return false
	}
	got.listed, got.found = listed(""), listed("?q="+word)
	got.look = answerOf(l.call(t, who, http.MethodGet, base+"/"+id, nil).Code)
	got.edit = answerOf(l.call(t, who, http.MethodPut, base+"/"+id, object{"language": "es"}).Code)
	got.delete = answerOf(l.call(t, who, http.MethodDelete, base+"/"+doomed, nil).Code)
	got.write = answerOf(l.call(t, who, http.MethodPost, base, object{"service": service, "title": "New", "text": "x"}).Code)
	return got
}

func (l *library) articleByOperation(t *testing.T, who string, kind core.ArticleKind, service, id, doomed, word string) (got articleAnswers) {
	t.Helper()
	p := l.People[who]
	actor := core.Actor{Person: p, Via: core.ViaDesk, Level: core.SignedIn}
	listed := func(query string) bool {
		list, err := l.desk.Articles(t.Context(), p, kind, helpdesk.ArticleFilter{Query: query, Expired: true, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(list.Items, func(v core.ArticleView) bool { return v.ID == id })
	}
	got.listed, got.found = listed(""), listed(word)
	_, err := l.desk.Article(t.Context(), p, kind, id)
	got.look = answerOfError(err)
	title, text := "New", "x"
	_, err = l.desk.EditArticle(t.Context(), actor, kind, id, helpdesk.ArticleWriting{}, 0)
	got.edit = answerOfError(err)
	got.delete = answerOfError(l.desk.DeleteArticle(t.Context(), actor, kind, doomed, 0))
	_, err = l.desk.AddArticle(t.Context(), actor, kind, helpdesk.ArticleWriting{Service: &service, ArticleChange: core.ArticleChange{Title: &title, Text: &text}})
	got.write = answerOfError(err)
	return got
}

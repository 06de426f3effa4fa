package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store/storetest"
)

// shell runs commands of the program in this process, on a database of the test's own.
type shell struct {
	*testing.T
	dir     string
	environ []string
}

func newShell(t *testing.T, environ ...string) *shell {
	s := &shell{T: t, dir: t.TempDir()}
	s.environ = append(environ, "POSTDESK_DATABASE_URL="+storetest.URL(t), "POSTDESK_SECRET_KEY_FILE="+filepath.Join(s.dir, "key"))
	return s
}

func (s *shell) file(text string) string {
	s.Helper()
	path := filepath.Join(s.dir, "desk.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

// run wants an exit code and gives what was printed.
func (s *shell) run(code int, args ...string) (stdout, stderr string) {
	s.Helper()
	var out, errs bytes.Buffer
	env := &environment{Ctx: s.Context(), Stdout: &out, Stderr: &errs, Environ: s.environ, Getenv: func(name string) string {
		for _, entry := range s.environ {
			if value, ok := strings.CutPrefix(entry, name+"="); ok {
				return value
			}
		}
		return ""
	}}
	if got := run(env, args); got != code {
		s.Fatalf("postdesk %s: exit %d, wanted %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

var secrets = []string{"ROOT_PASSWORD=root-secret", "IT_PASSWORD=it-secret", "CLOUD_SECRET=cloud-secret", "OIDC_SECRET=oidc-secret", "CLOUD_REFRESH=refresh-secret"}

func TestApplyExportApply(t *testing.T) {
	t.Parallel()
	s := newShell(t, secrets...)
	tried, _ := s.run(0, "apply", "--dry-run", "testdata/desk.yaml")
	applied, _ := s.run(0, "apply", "testdata/desk.yaml")
	if tried != applied || !strings.Contains(applied, "+ person ana@city.test\n") || !strings.Contains(applied, "+ service IT/Printers\n") {
		t.Errorf("dry run:\n%s\nrun:\n%s", tried, applied)
	}
	if again, _ := s.run(0, "apply", "testdata/desk.yaml"); again != "no changes\n" {
		t.Errorf("the second time:\n%s", again)
	}
	exported, _ := s.run(0, "export")
	for _, secret := range secrets {
		name, value, _ := strings.Cut(secret, "=")
		if strings.Contains(exported+applied, value) || !strings.Contains(exported, name) {
			t.Errorf("the export must have %s and never its value:\n%s", name, exported)
		}
	}
	// On another machine, without the secrets, the export changes nothing; the order of its parts is the file's.
	s.environ = s.environ[len(secrets):]
	if same, _ := s.run(0, "apply", "--dry-run", s.file(exported)); same != "no changes\n" {
		t.Errorf("export and apply:\n%s\n%s", same, exported)
	}
	if again, _ := s.run(0, "export"); again != exported {
		t.Errorf("two exports differ:\n%s\n%s", exported, again)
	}
	order := []string{"desk:", "limits:", "organizations:", "people:", "requester_groups:", "calendars:", "slas:", "mailboxes:", "services:",
		"name: IT", "name: Printers", "name: Network", "name: Cloud"}
	for at, rest := 0, exported; at < len(order); at++ {
		_, after, found := strings.Cut(rest, order[at])
		if !found {
			t.Fatalf("%s is not in its place:\n%s", order[at], exported)
		}
		rest = after
	}
	// And it sets up an empty desk just so.
	other := newShell(t, secrets...)
	other.run(0, "apply", other.file(exported))
	if copied, _ := other.run(0, "export"); copied != exported {
		t.Errorf("a desk made from an export differs:\n%s\n%s", exported, copied)
	}
}

func TestApplyTellsFaultsWithPosition(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	for text, want := range map[string]string{
		"desk: {name: A}\nbogus: 1\n":                                                      `postdesk: desk.yaml:2:1: unknown key "bogus"`,
		"people:\n  - {email: a@city.test, password_env: NOT_SET_HERE}\n":                  "postdesk: desk.yaml:2:40: the environment variable NOT_SET_HERE is not set",
		"people:\n  - {email: a@city.test, organization: Town}\n":                          `postdesk: desk.yaml:2:40: organization "Town" does not exist`,
		"services:\n  - name: A\n    roles:\n      - {role: reader, people: [x@y.test]}\n": `postdesk: desk.yaml:4:33: person "x@y.test" does not exist`,
	} {
		out, errs := s.run(1, "apply", s.file(text))
		if first, _, _ := strings.Cut(errs, "\n"); !strings.HasPrefix(first, want) || out != "" {
			t.Errorf("%s\nsays %q, wanted %q", text, first, want)
		}
	}
	s.run(2, "apply", filepath.Join(s.dir, "missing.yaml"))
	s.run(2, "apply", "--nonsense", s.file(""))
	if out, _ := s.run(0, "export"); !strings.Contains(out, "people: []\n") {
		t.Errorf("something was applied:\n%s", out)
	}
}

func TestCheckCommand(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	if out, _ := s.run(0, "check", "--json"); strings.TrimSpace(out) != `{"findings":[]}` {
		t.Errorf("nothing wrong: %s", out)
	}
	_, warned := s.run(0, "apply", s.file("services: [{name: Printers}]"))
	if !strings.Contains(warned, "warning: service Printers has no main solver") {
		t.Errorf("apply warns %q", warned)
	}
	out, _ := s.run(1, "check", "--json")
	var answer struct {
		Findings []struct{ Code, Service, Text string }
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil || len(answer.Findings) != 2 || answer.Findings[0].Code != "no_main_solver" ||
		answer.Findings[0].Service != "Printers" || answer.Findings[1].Code != "no_mailbox" {
		t.Errorf("%s (%v)", out, err)
	}
	if out, _ := s.run(1, "check"); !strings.Contains(out, "no_main_solver: service Printers has no main solver, so its new tickets reach nobody; give somebody the role main_solver on it\n") {
		t.Errorf("in words: %s", out)
	}
}

// The difference says who would see less, before anything is applied; a successor takes the tickets over.
func TestApplyTellsSightAndSuccessors(t *testing.T) {
	t.Parallel()
	s := newShell(t, secrets...)
	file := func(solvers string) string {
		return s.file("people: [{email: ana@city.test, name: Ana}, {email: leo@city.test}, {email: eva@city.test}, {email: pat@city.test}]\n" +
			"requester_groups: [{name: All staff, domains: [city.test]}]\nslas: [{name: Standard}]\nmailboxes:\n" +
			"  - {address: it@city.test, imap: {host: 127.0.0.1, username: it, password_env: IT_PASSWORD}, smtp: {host: 127.0.0.1}}\n" +
			"services: [{name: Printers, mailbox: it@city.test, requesters: [{group: All staff, sla: Standard}], roles: [{role: main_solver, people: [ana@city.test]}, " +
			"{role: solver, people: [" + solvers + "]}]}]\n")
	}
	s.run(0, "apply", file("leo@city.test, eva@city.test"))
	env := &environment{Ctx: t.Context(), Environ: s.environ, Getenv: func(string) string { return "" }}
	desk, st, err := env.openDesk()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	person := func(email string) core.Actor {
		p, err := st.PersonByAddress(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		return core.Actor{Person: p, Via: core.ViaDesk, Level: core.SignedIn}
	}
	dir, err := st.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var n core.Number
	if err := desk.Do(t.Context(), person("pat@city.test"), func(a *helpdesk.Act) (err error) {
		n, err = a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: dir.ServiceByName("Printers").ID, Subject: "Paper jam", Text: "x"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := desk.Do(t.Context(), person("leo@city.test"), func(a *helpdesk.Act) error { _, err := a.Take(t.Context(), n, 0); return err }); err != nil {
		t.Fatal(err)
	}
	less := file("eva@city.test")
	want := "! leo@city.test is no longer solver in Printers: 1 open ticket (#1001)\n- grant Printers: solver to leo@city.test\n" +
		"~ sight: leo@city.test would lose sight of 1 open ticket (Printers 1)\n"
	if out, _ := s.run(0, "apply", "--dry-run", less); out != want {
		t.Errorf("dry run:\n%s\nwanted:\n%s", out, want)
	}
	if out, errs := s.run(1, "apply", "--successor", "leo@city.test=eva@city.test", less); !strings.Contains(out, "would lose sight") || !strings.Contains(errs, "--yes") {
		t.Errorf("without yes:\n%s%s", out, errs)
	}
	out, _ := s.run(0, "apply", "--yes", "--successor", "leo@city.test=eva@city.test", "--successor", "ana@city.test=eva@city.test", less)
	if !strings.Contains(out, "! leo@city.test is no longer solver in Printers, eva@city.test takes over: 1 open ticket (#1001)\n") {
		t.Errorf("with a successor:\n%s", out)
	}
	if ticket, err := st.Ticket(t.Context(), n); err != nil || ticket.Solver == nil || ticket.Solver.Email != "eva@city.test" {
		t.Errorf("solver is %v, %v", ticket.Solver, err)
	}
	if out, _ := s.run(0, "apply", less); out != "no changes\n" {
		t.Errorf("the second time:\n%s", out)
	}
	s.run(2, "apply", "--successor", "leo@city.test", less)
	root := core.Person{Administrator: true}
	if page, _, err := desk.Audit(t.Context(), &root, 0, 1); err != nil || len(page) != 1 || page[0].Noun != core.AuditRole || page[0].Via != core.ViaCommand || page[0].ActorName != "operator" {
		t.Errorf("audit: %+v, %v", page, err)
	}
}

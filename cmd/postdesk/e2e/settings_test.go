package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/cmd/postdesk/e2e/mailhost"
	"postdesk/core/store/localpg"
)

// firstLine is what a person reads first.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// hasAll fails the test where a line lacks one of the parts, or is no single short line.
func hasAll(t *testing.T, line string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(line, part) {
			t.Errorf("%q is not in: %s", part, line)
		}
	}
	if len(line) > 400 {
		t.Errorf("a line of %d bytes: %s", len(line), line)
	}
}

func TestBadSettingsAreOneLineEach(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	p := newProgram(t, binary(t, checkedBinary), database)
	without := func(name string) []string {
		var kept []string
		for _, entry := range p.environ {
			if !strings.HasPrefix(entry, name+"=") {
				kept = append(kept, entry)
			}
		}
		return kept
	}
	closed := closedPort(t)
	for name, c := range map[string]struct {
		environ []string
		args    []string
		code    int
		says    []string
	}{
		"unknown variable":    {append(p.environ, "POSTDESK_DATABSE=x"), []string{"serve"}, 1, []string{"POSTDESK_DATABSE is no setting", "POSTDESK_DATABASE_URL"}},
		"no database":         {without("POSTDESK_DATABASE_URL"), []string{"serve"}, 1, []string{"set POSTDESK_DATABASE_URL", "postdesk demo"}},
		"no address":          {append(without("POSTDESK_LISTEN"), "POSTDESK_LISTEN=8025"), []string{"serve"}, 1, []string{`POSTDESK_LISTEN="8025"`, "address:port"}},
		"unknown log level":   {append(p.environ, "POSTDESK_LOG=loud"), []string{"serve"}, 1, []string{`POSTDESK_LOG="loud"`, "debug, info, warn or error"}},
		"bad key":             {append(without("POSTDESK_SECRET_KEY_FILE"), "POSTDESK_SECRET_KEY_FILE="+write(t, p.dir, "short.key", "c2hvcnQ=\n")), []string{"serve"}, 1, []string{"short.key", "32 bytes in base64", "openssl rand"}},
		"database is away":    {append(without("POSTDESK_DATABASE_URL"), fmt.Sprintf("POSTDESK_DATABASE_URL=postgres://postgres@127.0.0.1:%d/desk", closed)), []string{"check"}, 1, []string{fmt.Sprintf("127.0.0.1:%d/desk cannot be reached", closed), "is PostgreSQL running there?"}},
		"database is unknown": {append(without("POSTDESK_DATABASE_URL"), "POSTDESK_DATABASE_URL="+sharedServer(t).URL("nowhere")), []string{"check"}, 1, []string{"/nowhere does not exist", "createdb", "postdesk migrate"}},
		"bad YAML":            {p.environ, []string{"apply", write(t, p.dir, "bad.yaml", "desk:\n  name: IT\n  languages: [en\npeople: []\n")}, 1, []string{"bad.yaml:"}},
		"unknown key":         {p.environ, []string{"apply", write(t, p.dir, "key.yaml", "desk:\n  name: IT\n  colour: red\n")}, 1, []string{"key.yaml:3:3: ", `unknown key "colour"`}},
		"unknown command":     {p.environ, []string{"sevre"}, 2, []string{"sevre", "postdesk --help"}},
		"unknown part":        {p.environ, []string{"serve", "--only", "mail"}, 2, []string{"--only mail", "mailin, mailout or web"}},
		"unknown person":      {p.environ, []string{"token", "create", "--person", "x@city.test", "--name", "x"}, 1, []string{"no person x@city.test", "postdesk apply"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := *p
			q.T, q.environ = t, c.environ
			out, errs := q.run(c.code, c.args...)
			line := firstLine(errs)
			if c.code == 2 { // usage may stand above
				line = lastLine(errs)
			}
			hasAll(t, line, append(c.says, "postdesk: ")...)
			if out != "" && c.code == 1 {
				t.Errorf("on stdout: %s", out)
			}
		})
	}
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndex(text, "\n")+1:]
}

// closedPort is a port on which nobody listens.
func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// readyz waits for a status of /readyz and gives what it says.
func (d *daemon) readyz(code int) (body string) {
	d.Helper()
	eventually(d.T, 30*time.Second, func() error {
		got, text, err := get(d.url() + "/readyz")
		if err == nil && got != code {
			err = fmt.Errorf("/readyz: %d %s", got, text)
		}
		body = text
		return err
	})
	return body
}

// TestDaemonWaitsForTheSchema: on a database that nobody migrated it says what to do, once, and goes on by itself.
func TestDaemonWaitsForTheSchema(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	if err := server.CreateDatabase(t.Context(), "empty", ""); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, binary(t, checkedBinary), server.URL("empty"))
	d := p.serve()
	hasAll(t, d.says("waiting for the database"), "schema is version 0", "run `postdesk migrate`")
	if body := d.readyz(http.StatusServiceUnavailable); !strings.Contains(body, "run `postdesk migrate`") {
		t.Errorf("/readyz says %s", body)
	}
	if code, _, err := get(d.url() + "/healthz"); code != http.StatusOK || err != nil {
		t.Errorf("/healthz: %d, %v", code, err)
	}
	_, errs := p.run(1, "check")
	hasAll(t, firstLine(errs), "postdesk: ", "schema is version 0", "run `postdesk migrate`")
	p.run(0, "migrate")
	d.ready()
	if n := strings.Count(d.logged(), "schema is version 0"); n != 1 { // a version in between may be seen too
		t.Errorf("said %d times", n)
	}
	if out, _ := p.run(0, "migrate"); !strings.Contains(out, "nothing to do") {
		t.Errorf("migrate again says %q", out)
	}
	// A database that a newer program made.
	conn, err := pgx.Connect(t.Context(), server.URL("empty"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "insert into goose_db_version (version_id, is_applied) values (9999, true)"); err != nil {
		t.Fatal(err)
	}
	d.readyz(http.StatusServiceUnavailable)
	_, errs = p.run(1, "check")
	hasAll(t, firstLine(errs), "version 9999", "newer than this program's", "install the newer postdesk")
	d.stop()
}

// TestDaemonOutlivesItsDatabase: started before the database, and with the database killed, it gets well by itself.
func TestDaemonOutlivesItsDatabase(t *testing.T) {
	t.Parallel()
	pg, err := localpg.Start(t.Context(), localpg.Options{Dir: filepath.Join(newDir(t), "pg"), Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop() })
	if err := migrated(pg, "desk"); err != nil {
		t.Fatal(err)
	}
	if err := pg.Kill(); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, binary(t, checkedBinary), pg.TCPURL("desk"))
	d := p.serve()
	hasAll(t, d.says("waiting for the database"), "/desk cannot be reached", "is PostgreSQL running there?")
	d.readyz(http.StatusServiceUnavailable)
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.ready()
	if err := pg.Kill(); err != nil {
		t.Fatal(err)
	}
	d.readyz(http.StatusServiceUnavailable)
	if code, _, err := get(d.url() + "/healthz"); code != http.StatusOK || err != nil {
		t.Errorf("/healthz: %d, %v", code, err)
	}
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.ready()
	d.stop()
	if log := d.logged(); strings.Contains(log, passwordOf(t, pg)) {
		t.Errorf("the password is in the log:\n%s", log)
	}
}

func passwordOf(t *testing.T, pg *localpg.Server) string {
	t.Helper()
	config, err := pgx.ParseConfig(pg.TCPURL("desk"))
	if err != nil || config.Password == "" {
		t.Fatal("no password", err)
	}
	return config.Password
}

// TestMailboxThatFailsSaysWhyAndRecovers: a wrong password and a server that is not there each give one clear line,
// leave the desk and the other mailbox alone, and new settings are taken without a restart.
func TestMailboxThatFailsSaysWhyAndRecovers(t *testing.T) {
	t.Parallel()
	dovecot := mailhost.StartDovecot(t, accounts())
	sink := startSink(t, 0)
	d := newDesk(t, deskSettings{binary: checkedBinary, dovecot: dovecot, smtpPort: sink.port})
	good := d.environ
	closed := closedPort(t)
	// it@ gets a wrong password, network@ a server that is not there.
	d.environ = append(good[:len(good):len(good)], "IT_PASSWORD=not-the-password")
	text := d.deskFile
	network := strings.LastIndex(text, fmt.Sprint("port: ", dovecot.IMAPPort))
	d.apply(text[:network] + strings.Replace(text[network:], fmt.Sprint(dovecot.IMAPPort), fmt.Sprint(closed), 1))
	daemon := d.serve().ready()
	hasAll(t, daemon.says("mailbox=it@city.test"), "level=ERROR", "cannot be read; mail waits on the server", fmt.Sprint("127.0.0.1:", dovecot.IMAPPort), "user it", "login refused", "check user name and password")
	hasAll(t, daemon.says("mailbox=network@city.test"), "level=ERROR", "cannot be read; mail waits on the server", fmt.Sprint("127.0.0.1:", closed), "cannot reach the mail server: check host, port and firewall", "connection refused")
	eventually(t, 10*time.Second, func() error {
		if code, body, err := get(daemon.url() + "/readyz"); err != nil || code != http.StatusOK || strings.Count(body, `"degraded"`) != 3 {
			return fmt.Errorf("/readyz: %d %s %v", code, body, err)
		}
		return nil
	})
	out, _ := d.run(1, "check", "--json")
	if strings.Count(out, "mailbox_failing") != 2 {
		t.Errorf("check says %s", out)
	}
	request := letter{from: "ben@city.test", name: "Ben", to: "it@city.test", subject: "Help", text: "Please."}
	if err := dovecot.DeliverFrom(request.from, "it", request.bytes()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(daemon.logged(), "not-the-password") {
		t.Error("the password is in the log")
	}
	// The right settings work without a restart.
	d.environ = good
	d.apply(text)
	sink.arrives(t, "mia@city.test", 1)
	eventually(t, 30*time.Second, func() error {
		if code, body, err := get(daemon.url() + "/readyz"); err != nil || code != http.StatusOK || strings.Contains(body, "degraded") {
			return fmt.Errorf("/readyz: %d %s %v", code, body, err)
		}
		return nil
	})
	d.run(0, "check")
	daemon.stop()
}

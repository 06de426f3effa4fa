package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"postdesk/core/store/localpg"
)

// promptly is a generous bound for what takes well below two seconds on an idle machine.
const promptly = 15 * time.Second

var demoToken = regexp.MustCompile(`\[IT #(\d+)\]`)

// TestDemo walks through what the README shows a newcomer: an empty directory, `postdesk demo`, the printed line that
// sends a mail, an answer from each side, and everything still there after a restart.
func TestDemo(t *testing.T) {
	t.Parallel()
	d := &demoTest{program: newProgram(t, binary(t, plainBinary), "")}
	d.environ = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.dir, "POSTDESK_LISTEN=127.0.0.1:0"}
	begun := time.Now()
	daemon := d.start("demo")
	welcome := d.printed(daemon) // the mail of the city's past is out by then
	daemon.ready()
	t.Logf("an empty directory became a running city in %s", time.Since(begun).Round(100*time.Millisecond))
	for _, want := range []string{daemon.url() + "/", "/demo/mail", "Sign in as", "./bin/postdesk demo send --from ben@city.test"} {
		if !strings.Contains(welcome, want) {
			t.Errorf("%q is not in what it prints:\n%s", want, welcome)
		}
	}
	if code, page, err := get(daemon.url() + "/demo/mail"); code != 200 || err != nil || !strings.Contains(page, "ben@city.test") {
		t.Errorf("/demo/mail: %d %v", code, err)
	}
	if asked := d.inbox("max@city.test"); len(asked) != 1 || !strings.Contains(asked[0], "Access to the payroll share") {
		t.Errorf("the manager, whose approval the city's past waits for, has %q", asked)
	}
	// The printed line, as one would copy it.
	line := regexp.MustCompile(`\./bin/postdesk demo send --from (\S+) --subject "([^"]+)" --text "([^"]+)"`).FindStringSubmatch(welcome)
	if line == nil {
		t.Fatalf("no line to copy in\n%s", welcome)
	}
	before := map[string]int{}
	for _, person := range demoPeople {
		before[person] = len(d.inbox(person))
	}
	sent := time.Now()
	d.run(0, "demo", "send", "--from", line[1], "--subject", line[2], "--text", line[3])
	d.arrives(line[1], before[line[1]]+1)
	d.arrives("mia@city.test", before["mia@city.test"]+1)
	t.Logf("acknowledgement and notification after %s", time.Since(sent).Round(10*time.Millisecond))
	tag := demoToken.FindString(d.inbox("mia@city.test")[0])
	if tag == "" || !strings.Contains(d.inbox(line[1])[0], tag) {
		t.Errorf("%q and %q", d.inbox("mia@city.test")[0], d.inbox(line[1])[0])
	}

	// Both answer.
	d.run(0, "demo", "send", "--from", "mia@city.test", "--reply-to-last", "--text", "On my way.")
	d.arrives(line[1], before[line[1]]+2)
	d.run(0, "demo", "send", "--from", line[1], "--reply-to-last", "--text", "Thank you, it is urgent.")
	d.arrives("mia@city.test", before["mia@city.test"]+2)
	for _, person := range demoPeople {
		want := before[person]
		if person == line[1] || person == "mia@city.test" {
			want += 2
		}
		if got := len(d.inbox(person)); got != want {
			t.Errorf("%s has %d mails, not %d", person, got, want)
		}
	}
	number := strings.Trim(strings.TrimPrefix(tag, "[IT #"), "]")
	log := []string{"message ben: " + line[3], "message mia: On my way.", "status open > in_progress", "message ben: Thank you, it is urgent."}
	d.checkLog(daemon, number, log)

	// A restart keeps it all, and tells nothing twice.
	daemon.stop()
	again := d.start("demo").ready()
	d.printed(again)
	d.checkLog(again, number, log)
	for _, person := range []string{line[1], "mia@city.test"} {
		if got := len(d.inbox(person)); got != before[person]+2 {
			t.Errorf("after a restart %s has %d mails, not %d", person, got, before[person]+2)
		}
	}
	d.run(0, "demo", "send", "--from", line[1], "--reply-to-last", "--text", "Are you there?")
	d.arrives("mia@city.test", before["mia@city.test"]+3)
	again.stop()

	_, errs := d.run(1, "demo", "send", "--dir", t.TempDir(), "--from", "ben@city.test", "--subject", "x", "--text", "x")
	hasAll(t, firstLine(errs), "no sample city is running here", "make run")
	_, errs = d.run(1, "demo", "send", "--from", "ben@city.test", "--subject", "x", "--text", "x")
	hasAll(t, firstLine(errs), "postdesk: ")
}

var demoPeople = []string{"mia@city.test", "sol@city.test", "gus@city.test", "net@city.test", "max@city.test", "vic@vendor.test", "ben@city.test", "eva@city.test"}

type demoTest struct{ *program }

// inbox lists a person's mail, newest first, as the command prints it.
func (d *demoTest) inbox(person string) []string {
	d.Helper()
	out, _ := d.run(0, "demo", "inbox", person)
	if strings.TrimSpace(out) == "nothing yet" {
		return nil
	}
	return strings.Split(strings.TrimSpace(out), "\n")
}

func (d *demoTest) arrives(person string, n int) {
	d.Helper()
	eventually(d.T, promptly, func() error {
		if got := d.inbox(person); len(got) < n {
			return fmt.Errorf("%s has %d of %d mails", person, len(got), n)
		}
		return nil
	})
}

// printed waits for what the program prints when it runs.
func (d *demoTest) printed(daemon *daemon) (out string) {
	d.Helper()
	eventually(d.T, 3*time.Minute, func() error {
		b, err := os.ReadFile(daemon.out)
		if out = string(b); err == nil && !strings.Contains(out, "Ctrl+C") {
			err = fmt.Errorf("it prints\n%s\n%s", out, daemon.logged())
		}
		return err
	})
	return out
}

// checkLog reads a ticket through the API, with a token made in the demo's own database.
func (d *demoTest) checkLog(daemon *daemon, number string, want []string) {
	d.Helper()
	pg, err := localpg.Start(d.Context(), localpg.Options{Dir: filepath.Join(d.dir, "var", "pg")}) // joins the one that runs
	if err != nil {
		d.Fatal(err)
	}
	defer pg.Stop()
	q := *d.program
	q.environ = append(slices.Clone(d.environ), "POSTDESK_DATABASE_URL="+pg.URL("postdesk"), "POSTDESK_SECRET_KEY_FILE="+filepath.Join(d.dir, "var", "postdesk.key"))
	out, _ := q.run(0, "token", "create", "--person", "mia@city.test", "--name", "test")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		d.Fatal(err)
	}
	eventually(d.T, promptly, func() error {
		got := told(caller{d.T, daemon.url() + "/api/v1", strings.TrimSpace(out)}.log(n))
		if !slices.Equal(got, want) {
			return fmt.Errorf("the log is\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		return nil
	})
}

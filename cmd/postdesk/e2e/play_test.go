package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// play is a desk file of docs/examples that is applied as an administrator would, and played through on real mail servers.
// After each act it is known of everybody in the file which mails they have: nobody gets one that is not expected.
type play struct {
	*desk
	postfix *mailhost.Postfix
	daemon  *daemon
	callers map[string]caller
	people  []string            // addresses
	got     map[string][]string // by address: events with roles, oldest first
	written int                 // mails written to the desk
}

var (
	personPattern = regexp.MustCompile(`\{email: (\S+),`)
	mailServer    = regexp.MustCompile(`(imap|smtp): \{host: mail\.city\.test, port: \d+, tls: implicit`)
)

// stage starts the play of an example. Nothing of the file is changed but where its mail servers are.
func stage(t *testing.T, name string) *play {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	p := &play{callers: map[string]caller{}, got: map[string][]string{}}
	users := map[string]string{"it": password("it"), "network": password("network")}
	for _, m := range personPattern.FindAllStringSubmatch(string(raw), -1) {
		user, _, _ := strings.Cut(m[1], "@")
		p.people, users[user] = append(p.people, m[1]), password(user)
	}
	dovecot := mailhost.StartDovecot(t, users)
	p.postfix = mailhost.StartBorder(t, dovecot, "vendor.test")
	ports := map[string]int{"imap": dovecot.IMAPPort, "smtp": p.postfix.SMTPPort}
	servers := 0
	text := mailServer.ReplaceAllStringFunc(string(raw), func(found string) string {
		servers++
		protocol, _, _ := strings.Cut(found, ":")
		return fmt.Sprintf("%s: {host: 127.0.0.1, port: %d, tls: none", protocol, ports[protocol])
	})
	if servers < 2 || len(p.people) < 5 {
		t.Fatalf("%s names %d mail servers and %d people: the test does not read it right", name, servers, len(p.people))
	}
	p.desk = newDesk(t, deskSettings{binary: checkedBinary, dovecot: dovecot, file: text})
	if out, _ := p.run(0, "apply", write(t, p.dir, "again.yaml", text)); out != "no changes\n" {
		t.Errorf("applied again: %s", out)
	}
	exported, _ := p.run(0, "export")
	if out, _ := p.run(0, "apply", write(t, p.dir, "exported.yaml", exported)); out != "no changes\n" {
		t.Errorf("the export applied: %s", out)
	}
	p.daemon = p.serve().ready()
	return p
}

// as is somebody with an API token, by local part.
func (p *play) as(who string) caller {
	p.Helper()
	c, ok := p.callers[who]
	if !ok {
		c = p.caller(p.daemon, p.address(who))
		p.callers[who] = c
	}
	return c
}

func (p *play) address(who string) string {
	p.Helper()
	i := slices.IndexFunc(p.people, func(address string) bool { return strings.HasPrefix(address, who+"@") })
	if i < 0 {
		p.Fatalf("%s does not stand in the file", who)
	}
	return p.people[i]
}

// asks writes a first mail, and gives the number of the ticket that it opened.
func (p *play) asks(who, to, subject, text string) int64 {
	p.Helper()
	p.sends(who, letter{to: to, subject: subject, text: text})
	return int64(p.count("select max(number) from ticket"))
}

// answers replies to the last mail that somebody got, in the way of their mail program.
func (p *play) answers(who, text string) {
	p.Helper()
	m := p.last(who)
	p.sends(who, letter{to: m.replyTo, subject: "Re: " + m.subject, inReplyTo: m.id, text: text + fmt.Sprintf(quotes["gmail en"], m.replyTo)})
}

// notes writes to the note address in the last mail that somebody of the team got.
func (p *play) notes(who, text string) {
	p.Helper()
	m := p.last(who)
	to := noteAddress.FindString(m.text)
	if to == "" {
		p.Fatalf("no note address in\n%s", m.text)
	}
	p.sends(who, letter{to: to, subject: "note", text: text})
}

// sends hands in a mail, which the border finds genuine, and waits until the desk has worked it off.
func (p *play) sends(who string, l letter) {
	p.Helper()
	l.from, l.name = p.address(who), who
	submit(p.T, p.postfix, l)
	p.written++
	eventually(p.T, 30*time.Second, func() error {
		if n := p.count("select count(*) from inbound where state = 'applied'"); n != p.written {
			return fmt.Errorf("%d of %d mails are applied, %d are held", n, p.written, p.count("select count(*) from inbound where state = 'quarantined'"))
		}
		return nil
	})
}

func (p *play) last(who string) received {
	p.Helper()
	mails := inbox(p.T, p.dovecot, who)
	if len(mails) == 0 {
		p.Fatalf("%s has no mail", who)
	}
	return mails[len(mails)-1]
}

// acts does an action through the API.
func (p *play) acts(who string, n int64, action string, body any) {
	p.Helper()
	p.as(who).bytes("POST", fmt.Sprintf("/tickets/%d/actions/%s", n, action), body)
}

// sees and misses tell whether somebody can open a ticket.
func (p *play) sees(n int64, people ...string)   { p.Helper(); p.opens(n, http.StatusOK, people) }
func (p *play) misses(n int64, people ...string) { p.Helper(); p.opens(n, http.StatusNotFound, people) }

func (p *play) opens(n int64, code int, people []string) {
	p.Helper()
	for _, who := range people {
		c := p.as(who)
		request, err := http.NewRequestWithContext(p.Context(), http.MethodGet, fmt.Sprintf("%s/tickets/%d", c.url, n), nil)
		if err != nil {
			p.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+c.token)
		response, err := client.Do(request)
		if err != nil {
			p.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != code {
			p.Errorf("ticket %d is %d to %s, not %d", n, response.StatusCode, who, code)
		}
	}
}

type mails map[string]string // by local part: "event as role"

// told says who got a mail since the last time, and for what; everybody else got none.
func (p *play) told(after string, news ...mails) {
	p.Helper()
	all := 0
	for _, some := range news { // several where somebody gets more than one
		for who, what := range some {
			p.got[p.address(who)] = append(p.got[p.address(who)], what)
		}
	}
	for _, list := range p.got {
		all += len(list)
	}
	eventually(p.T, 30*time.Second, func() error { // what is queued for anybody, also outside the file
		if n, out := p.count("select count(*) from outbox"), p.count("select count(*) from outbox where state = 'accepted'"); n != all || out != all {
			return fmt.Errorf("%s: %d mails, %d of them sent, not %d", after, n, out, all)
		}
		for _, address := range p.people {
			user, _, _ := strings.Cut(address, "@")
			if got := events(inbox(p.T, p.dovecot, user)); !slices.Equal(got, p.got[address]) {
				return fmt.Errorf("%s: %s has\n%s\nnot\n%s", after, user, strings.Join(got, "\n"), strings.Join(p.got[address], "\n"))
			}
		}
		return nil
	})
}

// is wants a ticket's status.
func (p *play) is(who string, n int64, status string) {
	p.Helper()
	if got := p.as(who).ticket(n).Status; got != status {
		p.Errorf("ticket %d is %s, not %s", n, got, status)
	}
}

// reads wants what of the log somebody reads: the texts of its messages and notes, oldest first.
func (p *play) reads(who string, n int64, want ...string) {
	p.Helper()
	var texts []string
	for _, r := range p.as(who).log(n) {
		if r.Kind == "message" || r.Kind == "note" {
			texts = append(texts, r.Text)
		}
	}
	if !slices.Equal(texts, want) {
		p.Errorf("%s reads\n%s\nnot\n%s", who, strings.Join(texts, "\n"), strings.Join(want, "\n"))
	}
}

// ends stops the daemon and wants no mail that was held or is left over.
func (p *play) ends() {
	p.Helper()
	p.daemon.stop()
	if n := p.count("select count(*) from inbound where state <> 'applied'"); n > 0 {
		p.Errorf("%d mails are not applied", n)
	}
}

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// week is the story of testdata/week: what people write stands in script.txt, what each of them has in the end in inbox,
// both in the same phases. All work is done by mail, on real servers.
type week struct {
	*desk
	postfix *mailhost.Postfix
	daemon  *daemon
	phases  []phase
	written int
	read    map[string]int                 // by person: the mails of earlier phases
	got     map[string]map[string][]string // by person and phase
}

type phase struct {
	name string
	acts []act
}

// act is one mail that somebody writes: "ben writes SUBJECT", "leo answers EVENT SUBJECT", "mia notes EVENT SUBJECT",
// "sol forwards SUBJECT". Or, because it is said to the desk and not by mail, "mia away max" and "mia back".
type act struct{ who, verb, what, text string }

// TestWeek plays a week of eight people and 60 tickets. What everybody finds in their inbox is written down, and compared
// as a whole.
func TestWeek(t *testing.T) {
	t.Parallel()
	w := &week{read: map[string]int{}, got: map[string]map[string][]string{}, phases: script(t)}
	users := map[string]string{"it": password("it")}
	for _, who := range []string{"mia", "max", "sol", "leo", "man", "ben", "eva"} {
		users[who], w.got[who] = password(who), map[string][]string{}
	}
	dovecot := mailhost.StartDovecot(t, users)
	w.postfix = mailhost.StartBorder(t, dovecot)
	raw, err := os.ReadFile(filepath.Join("testdata", "week", "desk.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.desk = newDesk(t, deskSettings{binary: checkedBinary, dovecot: dovecot,
		file: strings.NewReplacer("IMAP,", fmt.Sprint(dovecot.IMAPPort, ","), "SMTP,", fmt.Sprint(w.postfix.SMTPPort, ",")).Replace(string(raw))})
	w.daemon = w.serve().ready()
	day := ""
	for _, p := range w.phases {
		today, _, _ := strings.Cut(p.name, ",")
		if day != "" && today != day {
			w.night()
		}
		day = today
		for _, a := range p.acts {
			w.do(a)
		}
		w.settle(p.name)
	}
	w.daemon.stop()
	for who := range w.got {
		if got, want := w.inboxOf(who), expected(t, who); got != want {
			t.Errorf("the inbox of %s:\n%s", who, difference(want, got))
		}
	}
	if n := w.count("select count(*) from ticket"); n != 60 {
		t.Errorf("%d tickets", n)
	}
	if n := w.count("select count(*) from ticket where status not in ('resolved', 'closed') and merged_into is null"); n > 0 {
		t.Errorf("%d tickets are left over", n)
	}
}

// night lets a day pass: what counts mail by the hour and the day looks at these times.
func (w *week) night() {
	for _, statement := range []string{
		"with moved as (update inbound set accepted_at = accepted_at - interval '1 day', received_at = received_at - interval '1 day' returning 1) select count(*) from moved",
		"with moved as (update outbox set created_at = created_at - interval '1 day', finished_at = finished_at - interval '1 day' returning 1) select count(*) from moved",
	} {
		w.count(statement)
	}
}

func (w *week) do(a act) {
	w.Helper()
	l := letter{from: a.who + "@city.test", name: a.who, to: "it@city.test", subject: a.what, text: a.text}
	switch a.verb {
	case "writes":
		if a.who == "nia" {
			l.from = "nia@away.test"
		}
	case "forwards":
		l.subject = "Fwd: " + a.what
		l.text += "\n\n---------- Forwarded message ---------\nFrom: Eva Ruiz <eva@city.test>\nDate: Wed, Nov 25, 2026 at 8:40 AM\nSubject: " + a.what +
			"\nTo: <" + l.from + ">\n\nEl equipo no arranca y a las doce hay una boda.\n"
	case "answers", "notes":
		event, subject, _ := strings.Cut(a.what, " ")
		m := w.mail(a.who, event, subject)
		l.to, l.subject, l.inReplyTo = m.replyTo, "Re: "+m.subject, m.id
		if a.verb == "notes" {
			if l.to = noteAddress.FindString(m.text); l.to == "" {
				w.Fatalf("no note address in\n%s", m.text)
			}
		}
		language := map[string]string{"sol": "gmail es", "eva": "outlook es", "man": "apple es", "leo": "outlook en"}[a.who]
		if language == "" {
			language = "gmail en"
		}
		l.text = w.numbers(l.text) + fmt.Sprintf(quotes[language], m.replyTo)
	case "away":
		now := time.Now()
		w.absence(a.who, http.MethodPut, fields{"from": now.Add(-time.Minute), "until": now.Add(72 * time.Hour), "delegate": a.what + "@city.test"})
		return
	case "back":
		w.absence(a.who, http.MethodDelete, nil)
		return
	default:
		w.Fatalf("the script says %q", a.verb)
	}
	submit(w.T, w.postfix, l)
	w.written++
}

func (w *week) absence(who, method string, body any) {
	w.Helper()
	w.caller(w.daemon, who+"@city.test").bytes(method, "/me/absence", body)
}

// numbers writes a ticket's number where the text has its subject in braces.
func (w *week) numbers(text string) string {
	w.Helper()
	before, rest, found := strings.Cut(text, "{")
	if !found {
		return text
	}
	subject, after, _ := strings.Cut(rest, "}")
	return fmt.Sprint(before, w.count("select number from ticket where subject = $1", subject), after)
}

// mail is the last one of an event that somebody has about a subject.
func (w *week) mail(who, event, subject string) received {
	w.Helper()
	for _, m := range slices.Backward(inbox(w.T, w.dovecot, who)) {
		if m.event() == event && plainSubject(m) == subject {
			return m
		}
	}
	w.Fatalf("%s has no mail %s: %s", who, event, subject)
	return received{}
}

func plainSubject(m received) string {
	tag, rest, found := strings.Cut(m.subject, "] ")
	if !found {
		return m.subject
	}
	name, _, _ := strings.Cut(tag, "#")
	return name + "#] " + rest
}

// settle waits until all that was written is worked off and all mail about it is out, bounces included.
func (w *week) settle(name string) {
	w.Helper()
	quiet := 0
	eventually(w.T, 60*time.Second, func() error {
		done := w.count("select count(*) from inbound where state = 'applied'")
		busy := w.count("select count(*) from inbound where state = 'received'") + w.count("select count(*) from outbox where state in ('queued', 'sending', 'uncertain')")
		// A mail to nobody comes back some time after it was accepted.
		away := w.count("select count(*) from outbox where address = 'nia@away.test' and state <> 'bounced'")
		if quiet++; done != w.written || busy+away > 0 {
			quiet = 0
			return fmt.Errorf("%s: %d of %d mails are applied, %d mails under way, %d to come back", name, done, w.written, busy, away)
		}
		if quiet < 2 {
			return fmt.Errorf("%s: just now", name)
		}
		return nil
	})
	for who := range w.got {
		mails := inbox(w.T, w.dovecot, who)
		for _, m := range mails[w.read[who]:] {
			w.got[who][name] = append(w.got[who][name], m.event()+" as "+m.role()+": "+plainSubject(m))
		}
		w.read[who] = len(mails)
	}
}

// inboxOf writes down an inbox as the files do: in phases, and in each by the alphabet, for mail of several tickets goes out
// side by side.
func (w *week) inboxOf(who string) string {
	var b strings.Builder
	for _, p := range w.phases {
		if list := w.got[who][p.name]; len(list) > 0 {
			slices.Sort(list)
			fmt.Fprintf(&b, "== %s\n%s\n\n", p.name, strings.Join(list, "\n"))
		}
	}
	return b.String()
}

func expected(t *testing.T, who string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "week", "inbox", who+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// difference names the lines that one of two texts has more often than the other.
func difference(want, got string) string {
	count := map[string]int{}
	for line := range strings.SplitSeq(want, "\n") {
		count[line]--
	}
	for line := range strings.SplitSeq(got, "\n") {
		count[line]++
	}
	var out []string
	for line, n := range count {
		switch {
		case n > 0:
			out = append(out, "too much: "+line)
		case n < 0:
			out = append(out, "missing:  "+line)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// script reads what people write: a phase begins with ==, a text is indented.
func script(t *testing.T) (phases []phase) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "week", "script.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(raw), "\n") {
		name, isPhase := strings.CutPrefix(line, "== ")
		text, isText := strings.CutPrefix(line, "    ")
		switch {
		case isPhase:
			phases = append(phases, phase{name: name})
		case isText || line == "":
			p := &phases[len(phases)-1]
			if len(p.acts) > 0 {
				p.acts[len(p.acts)-1].text += text + "\n"
			}
		default:
			p := &phases[len(phases)-1]
			f := append(strings.SplitN(line, " ", 3), "", "")
			p.acts = append(p.acts, act{who: f[0], verb: f[1], what: f[2]})
		}
	}
	for _, p := range phases {
		for i := range p.acts {
			p.acts[i].text = strings.TrimSpace(p.acts[i].text)
		}
	}
	return phases
}

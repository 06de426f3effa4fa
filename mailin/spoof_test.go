package mailin

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// attempt is a command that somebody sends in another's name. needs is the table of mail.md 4, written down a second time:
// person (L3), act (L3 with L2 evidence and an address that was not used before).
type attempt struct {
	who, line, needs string
	prepare          func(o *office, n core.Number)
	done             func(o *office, n core.Number) bool
}

func mine(o *office, n core.Number) { o.Helper(); o.take("mia", n) }

var attempts = []attempt{
	{"mia", "#take", "person", nil, func(o *office, n core.Number) bool { return o.ticket(n).SolvedBy(o.People["mia"].ID) }},
	{"mia", "#asignar sol", "person", nil, func(o *office, n core.Number) bool { return o.ticket(n).SolvedBy(o.People["sol"].ID) }},
	{"mia", "#group Field", "person", nil, func(o *office, n core.Number) bool { return o.ticket(n).Group == o.Field }},
	{"mia", "#devolver", "person", func(o *office, n core.Number) {
		o.do("mia", func(a *helpdesk.Act) error {
			_, err := a.Assign(o.Context(), n, helpdesk.Assignee{Group: "Field"}, 0)
			return err
		})
	}, func(o *office, n core.Number) bool { return o.ticket(n).Group == 0 }},
	{"mia", "#estado en espera", "person", mine, func(o *office, n core.Number) bool { return o.ticket(n).Status == core.Waiting }},
	{"mia", "#resolve\r\n\r\nIt prints again.", "person", mine, func(o *office, n core.Number) bool { return o.ticket(n).Status == core.Resolved }},
	{"mia", "#prioridad alta", "person", nil, func(o *office, n core.Number) bool { return o.ticket(n).Priority == core.High }},
	{"mia", "#category network", "person", nil, func(o *office, n core.Number) bool { return o.ticket(n).Category == "network" }},
	{"mia", "#move Network", "person", nil, func(o *office, n core.Number) bool { return o.ticket(n).Service == o.Network }},
	{"mia", "#participante out@city.test", "act", nil, func(o *office, n core.Number) bool { return len(o.ticket(n).Participants) == 1 }},
	{"mia", "#merge", "act", nil, func(o *office, n core.Number) bool { return o.ticket(n).MergedInto != 0 }},
	{"mia", "It was the fuse.", "person", nil, func(o *office, n core.Number) bool { return o.last(n).Text == "It was the fuse." }},
	{"pat", "#aprobar", "act", ask, func(o *office, n core.Number) bool { return o.ticket(n).Approvals[0].State == core.ApprovalApproved }},
	{"pat", "rejected", "act", ask, func(o *office, n core.Number) bool { return o.ticket(n).Approvals[0].State == core.ApprovalRejected }},
}

func ask(o *office, n core.Number) {
	o.Helper()
	o.do("mia", func(a *helpdesk.Act) error {
		_, err := a.AskApproval(o.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{o.People["pat"]}, Text: "May Ben have a new one?"}, 0)
		return err
	})
}

// does is the oracle: whether evidence and the person's own fresh address are enough (mail.md 4).
func does(needs, worth string, token bool, policy string) bool {
	if !token || worth == "fail" {
		return false // without the address nobody is proven; a fail always demotes
	}
	switch needs + " " + worth + " " + policy {
	case "person pass strict", "person pass token", "act pass strict", "act pass token":
		return true
	case "person nothing token": // the address alone, and only where nobody looked
		return true
	}
	return false
}

// try is one attempt at one ticket.
type try struct {
	attempt
	n      core.Number
	body   string
	at     string // the person's own address for it
	before string
}

func (o *office) try(a attempt) *try {
	o.Helper()
	x := &try{attempt: a, n: o.open(post{subject: "Printer of " + a.line[:5]}), body: a.line}
	if a.prepare != nil {
		a.prepare(o, x.n)
	}
	if a.line == "#merge" {
		x.body = fmt.Sprintf("#merge %d", o.open(post{subject: "Another one"}))
	}
	x.at = o.notice(x.n, a.who).reply
	o.mails()
	x.before = o.everything()
	return x
}

// post is the mail of the attempt, to an address or, without, by the subject's tag.
func (x *try) post(to string) post {
	return post{from: x.who + "@city.test", to: to, subject: fmt.Sprintf("Re: [IT #%d] Printer", x.n), body: x.body}
}

// refused wants a mail without any effect that is held, for the ticket's team to see, and answered by one receipt with the
// way to confirm it, but never to a forged sender.
func (o *office) refused(what string, x *try, row *store.Inbound, forged bool) {
	o.Helper()
	o.is(what, row, core.InboundQuarantined, 0)
	if row.Service == 0 {
		o.Errorf("%s: held for nobody", what)
	}
	if after := o.digest(); after != x.before {
		o.Errorf("%s: it had an effect", what)
		x.before = after
	}
	want := []string{"receipt " + x.who}
	if forged {
		want = nil
	}
	o.told(what, want...)
}

func TestSpoofMatrix(t *testing.T) {
	t.Parallel()
	count := 0
	for _, p := range profiles() {
		for _, policy := range []string{"strict", "token"} {
			if policy == "token" && p.name == "Exchange Online" {
				continue // decided by the same lines as Postfix
			}
			count += len(attempts) * 10
			t.Run(p.name+"/"+policy, func(t *testing.T) {
				t.Parallel()
				o := p.office(newOffice(t), policy)
				sent := 0
				for _, a := range attempts {
					x := o.try(a)
					for _, found := range []string{"nothing", "fail", "none", "other", "pass"} {
						for _, token := range []bool{false, true} {
							what := fmt.Sprintf("%.12s by %s, host says %s, own address %t", a.line, a.who, found, token)
							worth := found
							if w, ok := p.worth[found]; ok {
								worth = w
							}
							if worth == "other" {
								worth = "none"
							}
							y, to := x, "it@city.test"
							works := does(a.needs, worth, token, policy)
							if works {
								y = o.try(a)
							}
							if token {
								to = y.at
							}
							row := o.sendRaw(o.Mailbox, p.write(o, found, y.post(to)))
							sent++
							if !works {
								o.refused(what, y, row, worth == "fail")
								continue
							}
							o.is(what, row, core.InboundApplied, 0)
							if !a.done(o, y.n) {
								t.Errorf("%s: it had no effect: %s", what, row.Reason)
							}
							told := o.mails()
							if !slices.Contains(told, "receipt "+a.who) && !strings.HasPrefix(a.line, "It") {
								t.Errorf("%s: no receipt, told %q", what, told)
							}
							x.before = o.digest()
						}
					}
				}
				o.nothingLost()
				if sent != len(attempts)*10 {
					t.Errorf("%d mails", sent)
				}
			})
		}
	}
	if count < 200 {
		t.Errorf("the matrix has %d mails", count)
	}
}

// nothingLost wants every mail of the office in a state that somebody sees, but for copies.
func (o *office) nothingLost() {
	o.Helper()
	var all, seen int
	err := o.Store.Pool().QueryRow(o.Context(), `select count(*), count(*) filter (where state = 'applied' and ticket_number is not null
		or state = 'quarantined' and service_id is not null or state = 'duplicate') from inbound`).Scan(&all, &seen)
	if err != nil || all == 0 || all != seen {
		o.Errorf("%d mails, %d of them visible: %v", all, seen, err)
	}
}

// A mail that the border calls forged may still be a request, shown as not verified; but nothing goes back to whoever it
// claims to be from, whatever becomes of it: the desk must not be made to write to strangers.
func TestForgedSenderHearsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lost := o.open(post{top: passed})
	o.take("sol", lost)
	o.write("ben", lost, "Hello?", true)
	sols := o.notice(lost, "sol").reply
	resolved := o.open(post{top: passed, subject: "Done with"})
	o.take("sol", resolved)
	o.do("sol", func(a *helpdesk.Act) error {
		_, err := a.Resolve(o.Context(), resolved, helpdesk.NewRecord{Text: "Done."})
		return err
	})
	bens := o.notice(resolved, "ben").reply
	o.sql("update service set reopen_days = 0")
	o.sql("delete from role_grant where person_id = $1", o.People["sol"].ID)
	for _, c := range []struct {
		name, state string
		p           post
	}{
		{"a new request", "applied", post{from: "ben@city.test", subject: "New"}},
		{"an answer that comes too late", "applied", post{from: "ben@city.test", to: bens, body: "Not done."}},
		{"commands of a requester", "", post{from: "ben@city.test", to: bens, body: "#close"}},
		{"a word that is none", "", post{from: "ben@city.test", to: bens, body: "#klose"}},
		{"an address that works no more", "quarantined", post{from: "sol@city.test", to: sols, body: "Hm."}},
		{"commands in a new mail", "", post{from: "mia@city.test", subject: "Newer", body: "#take"}},
		{"somebody who may not ask", "quarantined", post{from: "ken@vendor.test", subject: "For me"}},
		{"somebody unknown", "quarantined", post{from: "x@nowhere.test", subject: "For me too"}},
	} {
		for _, unknown := range []string{"hold", "refuse", "guest"} {
			o.sql("update service set unknown_senders = $1", unknown)
			o.mails()
			c.p.top = strings.ReplaceAll(failed, "header.from=city.test", "header.from="+core.DomainOf(c.p.from))
			c.p.body += " " + unknown
			row := o.send(c.p)
			if c.state != "" && unknown == "hold" {
				o.is(c.name, row, core.InboundState(c.state), 0)
			}
			who := strings.TrimSuffix(c.p.from, "@city.test")
			for _, told := range o.mails() {
				if strings.HasSuffix(told, " "+who) {
					t.Errorf("%s, unknown senders %s: it told %s", c.name, unknown, told)
				}
			}
		}
	}
}

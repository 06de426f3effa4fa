package mailin

import (
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// receiptMail is all that somebody's newest receipt says, as it is stored.
func (o *office) receiptMail(who string) (address, content string) {
	o.Helper()
	err := o.Store.Pool().QueryRow(o.Context(), `select content->>'reply_address', content::text from outbox join outbox_content on outbox_id = id
		where event = 'receipt' and address = $1 order by seq desc limit 1`, o.People[who].Email).Scan(&address, &content)
	if err != nil {
		o.Fatalf("no receipt for %s: %v", who, err)
	}
	return address, content
}

// mail.md 4: what is not proven well enough is not done at all, in whole or in part, until its writer presses the button;
// its receipt says nothing that an unproven mail said, and a forged one gets none.
func TestCommandsWaitForProof(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*office, *post)
		body   string
		who    string
		lines  string
		then   string // the state once it is confirmed
	}{
		"no token, no evidence":     {func(o *office, p *post) { p.top, p.to = "", "it@city.test" }, "#take\nSECRET", "sol", "#take confirm; text held; confirm", "in_progress normal other solver Sol Vega"},
		"evidence alone":            {func(o *office, p *post) { p.to = "it@city.test" }, "#take\n#note\nSECRET", "sol", "#take confirm; #note confirm; text held; confirm", "triaged normal other solver Sol Vega"},
		"a note address":            {func(o *office, p *post) { p.to = o.lend("sol", 1001, "n") }, "#take", "sol", "#take confirm; text held; confirm", "triaged normal other solver Sol Vega"},
		"a used address, merging":   {func(o *office, p *post) { o.sql("update reply_token set uses = 1") }, "#waiting\n#merge 1002", "mia", "#waiting confirm; #merge 1002 confirm; text held; confirm", "closed normal other merged"},
		"a token alone, merging":    {func(o *office, p *post) { p.top = "" }, "#merge 1002", "mia", "#merge 1002 confirm; text held; confirm", "closed normal other merged"},
		"a decision elsewhere":      {func(o *office, p *post) {}, "#aprobar", "man", "#approve confirm; text held; confirm", "open normal other"},
		"the requester, not proven": {func(o *office, p *post) { p.top, p.to = "", "it@city.test" }, "#participant eva@city.test\nSECRET", "ben", "#participant confirm; text held; confirm", "open normal other with Eva Ruiz"},
		"an outsider":               {func(o *office, p *post) { o.outsider(); o.sql("update reply_token set uses = 1") }, "#participant new@city.test", "sol", "#participant new@city.test confirm; text held; confirm", "open normal other with New Person"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			n, _ := o.open(post{top: passed, subject: "TELLTALE"}), o.open(post{top: passed})
			p := o.order(c.who, n, c.body)
			c.change(o, &p)
			before := o.state(n)
			o.mails()
			row := o.send(p)
			o.is(name, row, core.InboundQuarantined, 0)
			o.told(name, "receipt "+c.who)
			if got := o.state(n); got != before {
				t.Errorf("makes it %s", got)
			}
			want := c.lines
			if p.top == "" {
				want = strings.ReplaceAll(want, " 1002", "") // nothing that an unproven mail said
				if p.to != "it@city.test" {
					want = c.lines // by its token it is proven
				}
			}
			if got := account(o.receipt(c.who)); got != want {
				t.Errorf("the receipt says %s, want %s", got, want)
			}
			_, content := o.receiptMail(c.who)
			if strings.Contains(content, "SECRET") || p.top == "" && p.to == "it@city.test" && strings.Contains(content, "TELLTALE") {
				t.Errorf("the receipt echoes: %s", content)
			}
			id := strings.TrimPrefix(o.receipt(c.who).Confirm, "/confirm/")
			if _, err := o.desk.ConfirmMail(t.Context(), core.Actor{Person: o.People[c.who], Via: core.ViaDesk, Level: core.SignedIn}, id); err != nil {
				t.Fatal(err)
			}
			if got := o.state(n); got != c.then {
				t.Errorf("confirmed it makes the ticket %s, want %s", got, c.then)
			}
		})
	}
	o := newOffice(t)
	n := o.open(post{top: passed})
	p := o.order("sol", n, "#take\n#resolve\nForged.")
	p.top = failed
	o.mails()
	o.is("forged", o.send(p), core.InboundQuarantined, 0)
	o.told("forged")
	if got := o.state(n); got != "open normal other" {
		t.Errorf("a forged mail makes it %s", got)
	}
}

// outsider makes a contact of the city's domain, who is no person that somebody entered.
func (o *office) outsider() {
	o.Helper()
	o.is("outsider", o.send(post{top: passed, from: "New Person <new@city.test>", body: "Hello."}), core.InboundApplied, 0)
}

// Where a mailbox has no addresses that could carry tokens, a solver's proven mail is a note at once, and its button does
// the rest (mail.md 4).
func TestMailboxWithoutTokensKeepsANote(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.sql("update mailbox set plus_addresses = false, reply_domain = ''")
	o.mails()
	p := post{top: passed, from: "sol@city.test", subject: fmt.Sprintf("Re: [IT #%d] Paper jam", n), body: "Open tray 2."}
	o.is("text", o.send(p), core.InboundApplied, n)
	if r := o.last(n); r.Text != "Open tray 2." || r.ShowToRequester || r.Kind != core.KindNote {
		t.Errorf("%+v", r)
	}
	if got := account(o.receipt("sol")); got != "text note; told Mia Main; confirm" {
		t.Errorf("the receipt says %s", got)
	}
	p.top, p.body = "", "Nothing proves this."
	o.is("without evidence", o.send(p), core.InboundQuarantined, 0)
}

// The first mail of a ticket proves no person: the ticket opens with the text, and the receipt says how to go on.
func TestCommandsOfANewMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	row := o.send(post{top: passed, from: "sol@city.test", body: "#take\r\n#prioridad alta\r\n#note\r\nMy own screen is dark."})
	o.is("a new mail", row, core.InboundApplied, 0)
	if got := o.state(row.Ticket); got != "open normal other" {
		t.Errorf("the ticket is %s", got)
	}
	if r := o.last(row.Ticket); r.Text != "My own screen is dark." {
		t.Errorf("its text is %q", r.Text)
	}
	want := "#take refused error.not_proven; #priority alta refused error.not_proven; #note refused error.command.opened; text opened; told Mia Main"
	if got := account(o.receipt("sol")); got != want {
		t.Errorf("the receipt says %s", got)
	}
	o.mails()
	row = o.send(post{from: "ben@city.test", body: "#urgente\r\nIt burns."})
	o.is("a word of the writer's own", row, core.InboundApplied, 0)
	if r := o.last(row.Ticket); r.Text != "#urgente\nIt burns." {
		t.Errorf("its text is %q", r.Text)
	}
	if _, content := o.receiptMail("ben"); strings.Contains(content, "urgente") {
		t.Errorf("an unproven mail is echoed: %s", content)
	}
}

// Who gives away what only its being theirs let them see hears that it is done, and nothing more (D6).
func TestReceiptOfWhoSeesItNoMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed, subject: "TELLTALE"})
	o.do("mia", func(a *helpdesk.Act) error {
		_, err := a.Assign(t.Context(), n, helpdesk.Assignee{Solver: o.People["exa"]}, 0)
		return err
	})
	o.is("passing on", o.send(o.order("exa", n, "#assign gus\n#note\nYours.")), core.InboundApplied, n)
	if got := account(o.receipt("exa")); got != "#assign gus done; #note done; text note" {
		t.Errorf("the receipt says %s", got)
	}
	address, content := o.receiptMail("exa")
	if strings.Contains(content, "TELLTALE") || address != "it@city.test" || !strings.Contains(content, fmt.Sprintf("[IT #%d]", n)) {
		t.Errorf("it says %s", content)
	}
	var tied bool
	if err := o.Store.Pool().QueryRow(t.Context(), "select ticket_number is not null from outbox where event = 'receipt' order by seq desc limit 1").Scan(&tied); err != nil || tied {
		t.Errorf("it would be cancelled as not to be seen: %v", err)
	}
}

// One goes on working from the receipt: its reply address is fresh, so it proves an act.
func TestWorkGoesOnFromTheReceipt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n, into := o.open(post{top: passed}), o.open(post{top: passed})
	p := o.order("sol", n, "#take")
	o.is("first", o.send(p), core.InboundApplied, n)
	address, _ := o.receiptMail("sol")
	p.to, p.body, p.id = address, fmt.Sprintf("#merge %d", into), "second@sender.test"
	o.is("second", o.send(p), core.InboundApplied, into)
	if got := account(o.receipt("sol")); got != fmt.Sprintf("#merge %d done", into) {
		t.Errorf("the receipt says %s", got)
	}
}

// mail.md 5: a person is named by address, local part or an unambiguous part of the name.
func TestPeopleByName(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update person set name = 'Sólomon Núñez' where email = 'gus@city.test'")
	o.sql("update person set name = 'Vera Vega' where email = 'vic@vendor.test'")
	n := o.open(post{top: passed})
	for argument, want := range map[string]string{
		"sol":                 "done Sol Vega", // the local part is worth more than a part of a name
		"GUS@city.test":       "done Sólomon Núñez",
		"nunez":               "done Sólomon Núñez",
		"solomon NÚÑEZ":       "done Sólomon Núñez",
		"Gus <gus@city.test>": "done Sólomon Núñez",
		"vega":                "refused error.person.ambiguous Sol Vega <sol@city.test>, Vera Vega <vic@vendor.test>",
		"ega":                 "refused error.assign.solver",
		"ben":                 "refused error.assign.solver", // known, and not among those who may be given it
		"man@city.test":       "refused error.assign.solver", // A49
		"":                    "refused error.command.argument",
	} {
		o.sql("update ticket set solver_id = null, status = 'open' where number = $1", n)
		o.is(argument, o.send(o.order("mia", n, "#assign "+argument)), core.InboundApplied, n)
		l := o.receipt("mia").Lines[0]
		got := string(l.Outcome)
		switch {
		case l.Outcome == core.CommandDone:
			got += " " + o.ticket(n).Solver.Name
		case l.Reason == "error.person.ambiguous":
			got += " " + l.Reason + " " + l.Args[1]
		default:
			got += " " + l.Reason
		}
		if got != want {
			t.Errorf("#assign %s: %s, want %s", argument, got, want)
		}
	}
	// Among whom one finds: people of one's own organization by name, everybody by address (A51, D28).
	for argument, want := range map[string]string{"eva r": "done", "police": "done", "ken": "refused error.follower.unknown", "ken@vendor.test": "done", "nunez": "done"} {
		o.is(argument, o.send(o.order("mia", n, "#follow "+argument)), core.InboundApplied, n)
		l := o.receipt("mia").Lines[0]
		if got := strings.TrimSpace(string(l.Outcome) + " " + l.Reason); got != want {
			t.Errorf("#follow %s: %s, want %s", argument, got, want)
		}
	}
}

// Attachments go with the text, and never out with a command alone; what is refused undoes only itself.
func TestFilesAndRefusalsOfACommandMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	mixed := "--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: %s; filename=a.csv\r\nContent-ID: <a@b>\r\n\r\n1,2\r\n--b--"
	send := func(command, disposition string) *core.Record {
		p := o.order("sol", n, "")
		p.as, p.body = "multipart/mixed; boundary=b", fmt.Sprintf(mixed, command, disposition)
		o.is(command, o.send(p), core.InboundApplied, n)
		return o.last(n)
	}
	if r := send("#take\r\n#note\r\nSee file.", "attachment"); len(r.Attachments) != 1 || r.ShowToRequester {
		t.Errorf("with a note: %+v", r)
	}
	before := len(o.records(n))
	if send("#status en espera", "inline"); len(o.records(n)) != before+1 {
		t.Error("the image of a signature became a record")
	}
	if r := send("#pedir man\r\nMay we?", "attachment"); len(r.Attachments) != 1 || r.ShowToRequester || r.Text != "" {
		t.Errorf("with a question: %+v", r)
	}
	if r := send("#reopen\r\n#resolve\r\nNew roller.", "attachment"); len(r.Attachments) != 1 || !r.ShowToRequester || r.Text != "New roller." {
		t.Errorf("with the solution: %+v", r)
	}
	if got := account(o.receipt("sol")); got != "#reopen refused error.reopen.not_done; #resolve done; text reply; told Ben Staff" {
		t.Errorf("the receipt says %s", got)
	}
}

// A forward of a notification is no reply, and its writer is told where it went (mail.md 5).
func TestForwardStaysInsideAndIsSaid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	p := o.order("sol", n, "Do you know this user?")
	p.subject = "WG: " + p.subject
	o.mails()
	o.is("forward", o.send(p), core.InboundApplied, n)
	o.told("forward", "note_added mia", "receipt sol")
	if got := account(o.receipt("sol")); got != "text note; told Mia Main" {
		t.Errorf("the receipt says %s", got)
	}
	// A plain answer needs none.
	o.is("answer", o.send(o.order("sol", n, "Open tray 2.")), core.InboundApplied, n)
	o.told("answer", "public_reply ben", "public_reply mia")
}

// Robots give no orders, whatever they say (mail.md 2).
func TestRobotsGiveNoOrders(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	for _, top := range []string{"Auto-Submitted: auto-generated\r\n", "Precedence: bulk\r\n", "X-RT-Loop-Prevention: other\r\n"} {
		p := o.order("sol", n, "#take\n#resolve\nDone.")
		p.top = top + p.top
		o.mails()
		o.send(p)
		for _, m := range o.mails() {
			if strings.HasPrefix(m, "receipt") || strings.HasSuffix(m, " ben") {
				t.Errorf("%q: %s", top, m)
			}
		}
	}
	if got := o.state(n); got != "open normal other" {
		t.Errorf("a robot makes it %s", got)
	}
}

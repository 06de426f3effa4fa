package mailin

import (
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// mail.md 4: unverified words are marked for the team, not relayed to others, and never echoed to the address.
func TestUnverifiedWordsStayWithTheTeam(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{subject: "Buy cheap\u2028things", body: "UNPROVEN words."})
	ack := o.notice(n, "ben")
	if strings.Contains(ack.content, "UNPROVEN") || strings.Contains(ack.content, "cheap") {
		t.Errorf("the acknowledgement echoes: %s", ack.content)
	}
	if x := o.notice(n, "mia"); !strings.Contains(x.content, "UNPROVEN") || !strings.Contains(x.content, `"unverified": true`) {
		t.Errorf("the main solver is told %s", x.content)
	}
	o.do("ben", func(a *helpdesk.Act) error {
		_, err := a.AddParticipant(t.Context(), n, o.People["eva"], 0)
		return err
	})
	o.mails()
	tag := fmt.Sprintf("[IT #%d]", n)
	o.is("unproven", o.send(post{from: "ben@city.test", subject: tag, body: "UNPROVEN again."}), core.InboundApplied, n)
	o.told("unproven", "message_received mia")
	o.is("proven", o.send(post{top: passed, from: "ben@city.test", subject: tag, body: "Proven."}), core.InboundApplied, n)
	o.told("proven", "message_received mia", "message_received eva")
	row := o.send(post{top: passed, from: "ben@city.test", subject: "New", body: "PROVEN words."})
	if x := o.notice(row.Ticket, "ben"); !strings.Contains(x.content, "PROVEN words.") {
		t.Errorf("the acknowledgement of a proven sender is %s", x.content)
	}
	// Files of an unproven sender are links, those of a proven one travel.
	mixed := "--b\r\nContent-Type: text/plain\r\n\r\nSee file %s.\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1,2\r\n--b--"
	for top, key := range map[string]string{"": "files_as_links", passed: "files"} {
		row := o.send(post{top: top, from: "ben@city.test", subject: "New", as: "multipart/mixed; boundary=b", body: fmt.Sprintf(mixed, key)})
		if x := o.notice(row.Ticket, "mia"); !strings.Contains(x.content, `"`+key+`": [`) {
			t.Errorf("with %q the file is not among %s: %s", top, key, x.content)
		}
	}
}

// Of a solver's mail only the new text reaches the requester: no quote, no note, no token (mail.md 6).
func TestSolversReplyCarriesNothingAlong(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{body: "It jams."})
	o.take("sol", n)
	o.write("mia", n, "Ben always breaks things, give him the old printer.\nAnd do not tell him.", false)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	quoted := "> Ben always breaks things, give him the old printer.\r\n> And do not tell him.\r\n> mailto:" + x.note
	secret := []string{"always breaks", "do not tell", "Ben always", x.note, strings.TrimPrefix(x.note, "it+")}
	for name, c := range map[string]struct{ body, as, want string }{
		"top-posted":            {"I replaced it.\r\n\r\nOn Wed, 4 Mar 2026 IT <" + x.reply + "> wrote:\r\n" + quoted, "", "I replaced it."},
		"inline answers":        {"On Wed, 4 Mar 2026 IT <" + x.reply + "> wrote:\r\n> It jams.\r\nI replaced it.\r\n" + quoted + "\r\nNow it prints.", "", "I replaced it."},
		"nothing but the quote": {"On Wed, 4 Mar 2026 IT <" + x.reply + "> wrote:\r\n" + quoted, "", ""},
		"a quote without marks, in a language nobody reads": {"I replaced it.\r\n\r\n-- Wiadomość oryginalna --\r\nOd: IT <" + x.reply + ">\r\nTemat: [IT #" + fmt.Sprint(n) +
			"] Paper jam\r\n\r\nBen always breaks things,\r\ngive him the old printer.\r\nAnd do not tell him.\r\n" + x.note, "", "I replaced it."},
		"a quote without marks and nothing else": {"Od: IT <" + x.reply + ">\r\n\r\nBen always breaks things, give him the old printer.\r\nAnd do not tell him.\r\n", "", ""},
		"HTML alone": {"<p>I replaced it.</p><blockquote type=cite><div>Ben always breaks things, give him the old printer.</div><a href=\"mailto:" +
			strings.Replace(x.note, "+", "%2B", 1) + "\">note</a></blockquote>", "text/html", "I replaced it."},
	} {
		o.mails()
		row := o.send(post{from: "sol@city.test", to: x.reply, subject: "Re: [IT #" + fmt.Sprint(n) + "] Paper jam", body: c.body, as: c.as})
		o.is(name, row, core.InboundApplied, n)
		r := o.last(n)
		if !strings.Contains(r.Text, c.want) {
			t.Errorf("%s: text %q lacks %q", name, r.Text, c.want)
		}
		if r.ShowToRequester {
			if c.want == "" {
				t.Errorf("%s: shown to the requester: %q", name, r.Text)
			}
			content := o.notice(n, "ben").content
			_, log, err := o.desk.Log(t.Context(), o.People["ben"], n)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range secret {
				if strings.Contains(content, s) || strings.Contains(fmt.Sprintf("%+v", log), s) {
					t.Errorf("%s: %q reaches the requester: %q", name, s, r.Text)
				}
			}
		} else if c.want != "" {
			t.Errorf("%s: not shown to the requester", name)
		}
		for _, s := range []string{x.note, x.reply, strings.TrimPrefix(x.note, "it+")} { // masked for everybody
			if strings.Contains(r.Text+r.Folded, s) {
				t.Errorf("%s: the address %s stands in the record", name, s)
			}
		}
		if c.as == "" && !strings.Contains(r.Text+r.Folded, "always breaks things") {
			t.Errorf("%s: the quote is lost: %q, %q", name, r.Text, r.Folded)
		}
	}
}

func TestReplyAddressesAreMasked(t *testing.T) {
	t.Parallel()
	code := "r." + strings.Repeat("a2", 17)
	for text, want := range map[string]string{
		"it+" + code + "@city.test":                  "it@city.test",
		"<IT+" + strings.ToUpper(code) + "@x.test>":  "<IT@x.test>",
		"mailto:it%2Bn." + code[2:] + "%40city.test": "mailto:it%40city.test",
		code + "@t.city.test":                        "@t.city.test",
		"it+" + code[:30] + "@city.test":             "it+" + code[:30] + "@city.test",
	} {
		if got := maskAddresses(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// A reply to a mail that told of a note is a note: its only address is good for notes (mail.md 5).
func TestReplyToANoteStaysInternal(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{})
	o.take("sol", n)
	o.write("mia", n, "Is he always like that?", false)
	o.mails()
	row := o.send(post{top: passed, from: "sol@city.test", to: o.notice(n, "sol").reply, body: "Yes, always."})
	o.is("the answer", row, core.InboundApplied, n)
	if r := o.last(n); r.ShowToRequester || r.Kind != core.KindNote || r.Text != "Yes, always." {
		t.Errorf("%+v", r)
	}
	o.told("a note to their own ticket")
	// Whoever lost the team's side meanwhile writes nothing with it.
	o.do("mia", func(a *helpdesk.Act) error { _, err := a.AddFollower(t.Context(), n, o.People["eva"], 0); return err })
	o.write("mia", n, "And you, Eva?", false)
	note := o.notice(n, "eva").note
	o.do("ben", func(a *helpdesk.Act) error {
		_, err := a.AddParticipant(t.Context(), n, o.People["eva"], 0)
		return err
	})
	o.mails()
	o.is("a participant at a note address", o.send(post{top: passed, from: "eva@city.test", to: note, body: "He is."}), core.InboundQuarantined, 0)
	o.told("its writer alone", "refusal eva")
}

// mail.md 4: hold, guest, refuse; contacts of a requester group's domain; no answer to unknown addresses.
func TestUnknownSenders(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	from := 0
	mail := func(domain, top string) post {
		from++
		return post{top: top, from: fmt.Sprintf("New Person <new%d@%s>", from, domain), body: fmt.Sprint("Help ", from)}
	}
	people := func() (n int) {
		if err := o.Store.Pool().QueryRow(t.Context(), "select count(*) from person").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := people()
	for domain, top := range map[string]string{"else.test": passed, "city.test": ""} { // the domain unproven is unknown too
		o.is("hold", o.send(mail(domain, top)), core.InboundQuarantined, 0)
	}
	o.is("known, but no requester", o.send(post{from: "ken@vendor.test", body: "k"}), core.InboundQuarantined, 0)
	o.told("held mail", "refusal ken@vendor.test")
	o.sql("update service set unknown_senders = 'refuse'")
	o.is("refuse", o.send(mail("else.test", "")), core.InboundSuppressed, 0)
	o.told("refused", "refusal new3@else.test")
	if people() != before {
		t.Errorf("%d persons were made", people()-before)
	}
	contact := o.send(mail("city.test", passed))
	o.is("a proven address of our domain", contact, core.InboundApplied, 0)
	if p := o.ticket(contact.Ticket).Requester; p.Origin != core.Contact || p.Name != "New Person" {
		t.Errorf("%+v", p)
	}
	if got := o.mails(); len(got) != 2 {
		t.Errorf("a contact's ticket tells %q", got)
	}
	o.sql("update service set unknown_senders = 'guest'")
	p := mail("else.test", "")
	guest := o.send(p)
	o.is("guest", guest, core.InboundApplied, 0)
	if audit, _, err := o.desk.Audit(t.Context(), o.People["root"], 0, 1); err != nil || len(audit) != 1 || audit[0].Noun != core.AuditPerson ||
		audit[0].Action != core.AuditAdded || audit[0].Via != core.ViaMail || audit[0].ActorName != "desk" || audit[0].After["origin"] != "guest" {
		t.Errorf("the audit tells of a guest %+v, %v", audit, err)
	}
	if p := o.ticket(guest.Ticket).Requester; p.Origin != core.Guest {
		t.Errorf("%+v", p)
	}
	o.told("a guest gets no answer from an unproven address", "ticket_created mia")
	p.body, p.subject = "More.", fmt.Sprintf("Re: [IT #%d]", guest.Ticket)
	o.is("the guest goes on", o.send(p), core.InboundApplied, guest.Ticket)
	o.sql("update service set unknown_senders = 'hold'")
	p.subject, p.body = "Another", "Else."
	o.is("guests are held where nobody takes them", o.send(p), core.InboundQuarantined, 0)
}

func TestDisabledPersonIsHeld(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.is("a new mail", o.send(post{top: passed, from: "off@city.test"}), core.InboundQuarantined, 0)
	n := o.open(post{from: "eva@city.test"})
	reply := o.notice(n, "eva").reply
	o.sql("update person set disabled_at = now() where email = 'eva@city.test'")
	o.mails()
	o.is("an answer", o.send(post{top: passed, from: "eva@city.test", to: reply, body: "x"}), core.InboundQuarantined, 0)
	o.told("nobody")
}

// Automatic mail, bounces, receipts, lists and our own mail open, change and answer nothing, token or not (mail.md 2).
func TestAutomaticMailChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{})
	o.take("sol", n)
	o.write("sol", n, "Hello.", true)
	ben, sol := o.notice(n, "ben"), o.notice(n, "ben")
	o.mails()
	before := *o.ticket(n)
	for name, c := range map[string]struct {
		p     post
		state core.InboundState
	}{
		"a holiday answer at the token": {post{top: "Auto-Submitted: auto-replied\r\n", to: ben.reply}, core.InboundApplied},
		"a holiday answer by reference": {post{top: "X-Autoreply: yes\r\n", reply: "<" + ben.id + ">"}, core.InboundApplied},
		"an automatic new mail":         {post{top: "Auto-Submitted: auto-generated\r\n"}, core.InboundSuppressed},
		"a list":                        {post{top: "List-Id: <l.city.test>\r\n", to: ben.reply}, core.InboundSuppressed},
		"bulk":                          {post{top: "Precedence: bulk\r\n"}, core.InboundSuppressed},
		"a receipt":                     {post{as: "multipart/report; report-type=disposition-notification; boundary=b", to: ben.reply, body: "--b\r\n\r\nread\r\n--b--"}, core.InboundSuppressed},
		"a bounce":                      {post{as: "multipart/report; report-type=delivery-status; boundary=b", to: ben.reply, body: "--b\r\n\r\nfailed\r\n--b--"}, core.InboundSuppressed},
		"our own Message-ID":            {post{id: sol.id}, core.InboundSuppressed},
		"our own loop mark":             {post{top: LoopHeader + ": our-loop\r\n", to: ben.reply}, core.InboundSuppressed},
		"our own address":               {post{from: "it+x@city.test", to: ben.reply}, core.InboundSuppressed},
		"a circle":                      {post{top: strings.Repeat("Received: from a by b; x\r\n", 31)}, core.InboundParked},
	} {
		if c.p.from == "" {
			c.p.from = "ben@city.test"
		}
		if c.p.body == "" {
			c.p.body = name
		}
		row := o.send(c.p)
		o.is(name, row, c.state, 0)
		if row.Reason == "" {
			t.Errorf("%s: no reason", name)
		}
	}
	o.told("nobody")
	after := o.ticket(n)
	if after.Status != before.Status || after.Solver.ID != before.Solver.ID || !after.ResolvedAt.IsZero() {
		t.Errorf("the ticket is %+v", after)
	}
	for _, r := range o.records(n) {
		if r.Kind == core.KindMail && r.ShowToRequester {
			t.Error("an automatic answer is shown")
		}
	}
	var tickets int
	if err := o.Store.Pool().QueryRow(t.Context(), "select count(*) from ticket").Scan(&tickets); err != nil || tickets != 1 {
		t.Errorf("%d tickets: %v", tickets, err)
	}
	// What only asks for silence is a person's mail; it is not acknowledged.
	row := o.send(post{from: "ben@city.test", top: "X-Auto-Response-Suppress: All\r\n", body: "A person."})
	o.is("silence please", row, core.InboundApplied, 0)
	o.told("no acknowledgement", "ticket_created mia")
}

// E3: nobody gets a notice of what they got directly, at whichever of their addresses.
func TestDirectRecipientsGetNoNotice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("insert into person_address values ('mia.main@city.test', $1)", o.People["mia"].ID)
	o.grantMain("net")
	o.is("", o.send(post{from: "ben@city.test", cc: "Mia <Mia.Main@City.test>"}), core.InboundApplied, 0)
	o.told("mia has it", "ticket_created ben", "ticket_created net")
	o.is("", o.send(post{from: "ben@city.test", to: "it@city.test, net@city.test, ben@city.test", body: "2"}), core.InboundApplied, 0)
	o.told("net has it, and an acknowledgement is no notice", "ticket_created ben", "ticket_created mia")
}

// D15: whom a verified requester copies takes part from then on; an unproven Cc, a stranger in it, and a Cc on somebody
// else's mail give nobody anything.
func TestCopiedPeopleTakePart(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	parts := func(n core.Number) string {
		var names []string
		for _, p := range o.ticket(n).Participants {
			names = append(names, strings.TrimSuffix(p.Email, "@city.test"))
		}
		return strings.Join(names, " ")
	}
	everybody := "Eva <EVA@city.test>, it@city.test, off@city.test, ken@vendor.test, x@evil.test, ben@city.test, eva@city.test"
	n := o.open(post{cc: everybody})
	if got := parts(n); got != "" {
		t.Errorf("an unproven Cc adds %s", got)
	}
	tag := fmt.Sprintf("Re: [IT #%d]", n)
	o.send(post{top: failed, from: "ben@city.test", cc: everybody, subject: tag, body: "forged"})
	if got := parts(n); got != "" {
		t.Errorf("a forged Cc adds %s", got)
	}
	o.mails()
	o.send(post{top: passed, from: "ben@city.test", cc: everybody, subject: tag, body: "proven"})
	if got := parts(n); got != "eva" {
		t.Errorf("a proven Cc adds %q, want eva", got)
	}
	o.told("eva has the original", "message_received mia")
	o.send(post{top: passed, from: "eva@city.test", cc: "pat@city.test", subject: tag, body: "a participant's"})
	if got := parts(n); got != "eva" {
		t.Errorf("a participant's Cc adds %q", got)
	}
	o.mails()
	o.write("sol", n, "Done.", true)
	o.told("from then on", "public_reply ben", "public_reply eva", "public_reply mia")
	if got := parts(o.open(post{top: passed, cc: "Pat <pat@city.test>", body: "New."})); got != "pat" {
		t.Errorf("opening adds %q, want pat", got)
	}
}

func (o *office) grantMain(who string) {
	o.sql("insert into role_grant (service_id, role, person_id) values ($1, 'main_solver', $2)", o.Printers, o.People[who].ID)
}

// mail.md 4: a triager accepts, attaches or refuses under their own name; nobody else learns that there is anything.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{})
	o.take("sol", n)
	o.mails()
	held := func(from, body string) int64 {
		t.Helper()
		row := o.send(post{from: from, body: body, top: passed})
		o.is("held", row, core.InboundQuarantined, 0)
		return row.ID
	}
	id := held("Kim <kim@else.test>", "Let me in.")
	actor := func(who string) core.Actor {
		return core.Actor{Person: o.People[who], Via: core.ViaDesk, Level: core.SignedIn}
	}
	for who, sees := range map[string]bool{"mia": true, "sol": true, "gus": true, "man": true, "exa": false, "rea": false, "tre": false,
		"net": false, "ben": false, "root": false} {
		list, _, err := o.desk.Quarantine(t.Context(), o.People[who], 0, 10)
		if err != nil || len(list) > 0 != sees {
			t.Errorf("%s is listed %v: %v", who, list, err)
		}
		if sees {
			continue
		}
		_, err = o.desk.AcceptHeld(t.Context(), actor(who), id)
		if core.CodeOf(err) != core.NotFound || core.CodeOf(o.desk.RefuseHeld(t.Context(), actor(who), id)) != core.NotFound ||
			core.CodeOf(o.desk.AttachHeld(t.Context(), actor(who), id, n)) != core.NotFound {
			t.Errorf("%s sorts mail: %v", who, err)
		}
	}
	if _, err := o.desk.AcceptHeld(t.Context(), actor("man"), id); core.CodeOf(err) != core.Forbidden {
		t.Errorf("a manager opens on behalf: %v", err)
	}
	o.told("nobody")
	got, err := o.desk.AcceptHeld(t.Context(), actor("gus"), id)
	if err != nil {
		t.Fatal(err)
	}
	if p := o.ticket(got).Requester; p.Email != "kim@else.test" || p.Origin != core.Guest || p.Name != "Kim" {
		t.Errorf("accepted for %+v", p)
	}
	if r := o.last(got); r.Text != "Let me in." || r.Verified == nil || *r.Verified {
		t.Errorf("accepted: %+v", r)
	}
	o.told("accepted", "ticket_created kim@else.test", "ticket_created mia")
	if x := o.notice(got, "mia"); !strings.Contains(x.content, `"unverified": true`) {
		t.Errorf("accepted mail counts as verified: %s", x.content)
	}
	if _, err := o.desk.AcceptHeld(t.Context(), actor("gus"), id); core.CodeOf(err) != core.Conflict {
		t.Errorf("accepted twice: %v", err)
	}
	id = held("kim@other.test", "Belongs to ben's.")
	if err := o.desk.AttachHeld(t.Context(), actor("mia"), id, n); err != nil {
		t.Fatal(err)
	}
	if r := o.last(n); r.ShowToRequester || r.Text != "Belongs to ben's." || r.AuthorAddress != "kim@other.test" || r.Author != nil {
		t.Errorf("attached: %+v", r)
	}
	o.told("attached", "note_added sol")
	id = held("kim@third.test", "No.")
	if err := o.desk.RefuseHeld(t.Context(), actor("mia"), id); err != nil {
		t.Fatal(err)
	}
	row, err := o.Store.Inbound(t.Context(), id)
	if err != nil || row.State != core.InboundSuppressed || row.Reason != "refused by mia@city.test" {
		t.Errorf("refused: %+v, %v", row, err)
	}
	o.told("refused")
	row = o.send(post{from: "-", body: "x"})
	o.is("no From", row, core.InboundQuarantined, 0)
	if _, err := o.desk.AcceptHeld(t.Context(), actor("mia"), row.ID); core.CodeOf(err) != core.Conflict {
		t.Errorf("a mail from nobody is accepted: %v", err)
	}
}

// A second address of somebody is that person, and no new one (mail.md 4).
func TestSecondAddressIsTheSamePerson(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("insert into person_address values ('ben@home.test', $1)", o.People["ben"].ID)
	row := o.send(post{from: "ben@home.test"})
	o.is("", row, core.InboundApplied, 0)
	if got := o.ticket(row.Ticket).Requester; got.ID != o.People["ben"].ID {
		t.Errorf("opened for %+v", got)
	}
	o.told("the first address is told", "ticket_created ben", "ticket_created mia")
	o.sql("update person set disabled_at = now() where email = 'ben@city.test'")
	row = o.send(post{from: "ben@home.test", body: "Again."})
	o.is("disabled", row, core.InboundQuarantined, 0)
	actor := core.Actor{Person: o.People["mia"], Via: core.ViaDesk, Level: core.SignedIn}
	if _, err := o.desk.AcceptHeld(t.Context(), actor, row.ID); core.CodeOf(err) != core.Invalid {
		t.Errorf("a disabled person's mail is accepted under a new name: %v", err)
	}
}

// D22: mail to a folder opens nothing and lies where somebody sorts it.
func TestMailToAFolderIsHeldForATeam(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update mailbox set opens_id = $1", o.IT)
	row := o.send(post{from: "ben@city.test"})
	o.is("", row, core.InboundQuarantined, 0)
	if list, _, err := o.desk.Quarantine(t.Context(), o.People["mia"], 0, 10); err != nil || len(list) != 1 {
		t.Errorf("mia is shown %v: %v", list, err)
	}
}

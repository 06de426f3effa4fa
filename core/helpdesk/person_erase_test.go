package helpdesk_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// gone wants no word of Ben in the whole database but for what is said to stay.
func (c *traces) gone() {
	c.Helper()
	if _, err := c.Store.SweepBlobs(c.Context(), time.Now().Add(48*time.Hour), 1000); err != nil {
		c.Fatal(err)
	}
	for column, text := range c.everything() {
		if i := strings.Index(text, "zqzq"); i >= 0 && c.fate[column] != "kept" {
			c.Errorf("%s still has %.60q", column, text[i:])
		}
	}
	for column, fate := range c.fate {
		table, key, _ := strings.Cut(column, ".")
		if fate == "row" && c.number("select count(*) from "+table+" where "+key+" = $1", c.People["ben"].ID) > 0 {
			c.Errorf("%s still has the person", column)
		}
	}
}

func TestErasingLeavesNoTrace(t *testing.T) {
	t.Parallel()
	c := newTraces(t)
	all := c.everything()
	_, exported := c.export(c.People["ben"].Email)
	for column, fate := range c.fate {
		w := word(column)
		if fate == "hidden" {
			w = "zqzq"
		}
		if (fate == "gone" || fate == "hidden") && !strings.Contains(all[column], w) {
			t.Errorf("nothing is planted in %s", column)
		}
		if fate == "gone" && !strings.Contains(exported, w) {
			t.Errorf("the export lacks %s", column)
		}
		if table, key, _ := strings.Cut(column, "."); fate == "row" && table != "erasure" && c.number("select count(*) from "+table+" where "+key+" = $1", c.People["ben"].ID) == 0 {
			t.Errorf("nothing is planted in %s", column)
		}
	}
	before := c.number("select count(*) from log_record")
	if _, err := c.erase(helpdesk.EraseOptions{}); err != nil {
		t.Fatal(err)
	}
	c.gone()
	if after := c.number("select count(*) from log_record"); after != before {
		t.Errorf("%d log records, were %d", after, before)
	}
	if n := c.number("select count(*) from sessions"); n != 1 {
		t.Errorf("%d sessions are left, want the one of somebody else", n)
	}
	states := c.strings("select state || ' ' || reason from inbound where sender like 'erased%' order by uid")
	want := []string{"applied confirmed by " + core.ErasedAddress(c.People["ben"].ID), "suppressed the sender was erased", "suppressed the sender was erased",
		"suppressed confirmed by " + core.ErasedAddress(c.People["ben"].ID)}
	if !slices.Equal(states, want) {
		t.Errorf("ledger: %q", states)
	}
	if n := c.number("select count(*) from outbox where state in ('queued', 'sending') and person_id = $1", c.People["ben"].ID); n > 0 {
		t.Errorf("%d mails to nobody wait", n)
	}
	audit := c.strings("select name from audit where action = 'erased'")
	if !slices.Equal(audit, []string{core.ErasedAddress(c.People["ben"].ID)}) {
		t.Errorf("audit: %q", audit)
	}
}

// Others go on reading the tickets, and working on them.
func TestTicketsOfErasedPeopleStayReadable(t *testing.T) {
	t.Parallel()
	c := newTraces(t)
	if _, err := c.erase(helpdesk.EraseOptions{}); err != nil {
		t.Fatal(err)
	}
	erased := core.ErasedAddress(c.People["ben"].ID)
	for _, who := range []string{"mia", "sol", "eva"} {
		for _, n := range []core.Number{c.own, c.others} {
			v, err := c.desk.Ticket(t.Context(), c.People[who], n)
			if who == "eva" && n == c.own {
				c.refused("another's ticket", core.NotFound, err)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if n == c.own && (v.Requester != core.Ref{Email: erased} || v.Subject != core.ErasedText || v.Status == core.Closed) {
				t.Errorf("%s sees %+v", who, v)
			}
			raw, err := json.Marshal(v)
			if err != nil || strings.Contains(string(raw), "zqzq") {
				t.Errorf("%s sees %s", who, raw)
			}
		}
	}
	if v, err := c.desk.Ticket(t.Context(), c.People["mia"], c.others); err != nil || v.Requester.Email != "eva@city.test" || v.Subject != "Paper jam" ||
		!slices.Contains(v.Participants, core.Ref{Email: erased}) || len(v.Approvals) != 1 || v.Approvals[0].State != core.ApprovalApproved || v.Approvals[0].Approvers[0].Email != erased {
		t.Errorf("%+v: %v", v, err)
	}
	c.outbox()
	if err := c.record("sol", c.own, "Done.", yes()); err != nil {
		t.Fatal(err)
	}
	if err := c.resolve("sol", c.own, "It prints."); err != nil {
		t.Fatal(err)
	}
	for _, m := range c.outbox() {
		if strings.HasPrefix(m.To, "erased") {
			t.Errorf("a mail to nobody: %+v", m)
		}
	}
}

// What was cut off in the middle goes on where it was.
func TestErasureGoesOnAfterItWasInterrupted(t *testing.T) {
	t.Parallel()
	c := newTraces(t)
	for range 5 {
		c.open("ben")
	}
	cut := 0
	for ; ; cut++ {
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		e, err := c.desk.ErasePerson(ctx, core.Actor{}, c.People["ben"].Email, helpdesk.EraseOptions{Yes: true, Progress: func(helpdesk.ErasureProgress) {
			if steps++; steps > cut { // at once, then after one ticket, after two, …
				cancel()
			}
		}})
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) || e.Resumed != (cut > 0) {
			t.Fatalf("cut %d: %+v, %v", cut, e, err)
		}
		if _, err := c.Store.PersonByAddress(t.Context(), c.People["ben"].Email); core.CodeOf(err) != core.NotFound {
			t.Errorf("the address is known while the erasure is under way: %v", err)
		}
	}
	if cut < 4 {
		t.Errorf("it was interrupted %d times only", cut)
	}
	c.gone()
	if n := c.number("select count(*) from audit where action = 'erased'"); n != 1 {
		t.Errorf("%d entries of the audit", n)
	}
}

// From the first step on, mail from the address is a stranger's: what it brings stays, also where the erasure goes on later.
func TestSameAddressDuringErasureIsAStranger(t *testing.T) {
	t.Parallel()
	c := newTraces(t)
	address := word("inbound.sender") + "@city.test"
	var n core.Number
	came := false
	_, err := c.erase(helpdesk.EraseOptions{Progress: func(helpdesk.ErasureProgress) {
		if came {
			return
		}
		came = true
		c.now = c.now.Add(time.Hour)
		err := c.Store.InTx(t.Context(), func(tx *store.Tx) error {
			p, made, err := tx.AddPerson(t.Context(), core.Person{Email: address, Name: "New One", Origin: core.Guest}, c.now)
			if err != nil || !made || p.ID == c.People["ben"].ID {
				t.Errorf("%+v %v", p, made)
			}
			c.People["new"] = p
			return err
		})
		if err != nil {
			t.Error(err)
		}
		c.sql("insert into requester_group_member select id, $1 from requester_group", c.People["new"].ID)
		n = c.open("new")
		c.sql(`insert into inbound (mailbox_id, epoch, uidvalidity, uid, sha256, size, received_at, accepted_at, finished_at, state, sender, subject)
			values ($1, 0, 1, 200, sha256('n'), 1, $2, $2, $2, 'applied', $3, 'of the new one')`, c.Mailbox, c.now, address)
	}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := c.desk.Ticket(t.Context(), c.People["mia"], n)
	if err != nil || v.Subject != "Paper jam" || v.Requester != (core.Ref{Email: address, Name: "New One"}) {
		t.Errorf("%+v: %v", v, err)
	}
	if left := c.strings("select subject from inbound where sender = $1 and raw_dropped_at is null", address); !slices.Equal(left, []string{"of the new one"}) {
		t.Errorf("ledger: %q", left)
	}
	if sent := c.number("select count(*) from outbox where person_id = $1 and event = 'ticket_created'", c.People["new"].ID); sent != 1 {
		t.Errorf("%d acknowledgements", sent)
	}
}

// A mail that is being sent has its words in the sender's hands: the ticket waits for it.
func TestErasureWaitsForMailThatIsBeingSent(t *testing.T) {
	t.Parallel()
	c := newTraces(t)
	c.sql("update outbox set state = 'sending', lease_until = $2 where seq = (select max(seq) from outbox where ticket_number = $1)", c.own, c.now.Add(time.Second))
	waited := false
	_, err := c.erase(helpdesk.EraseOptions{Progress: func(helpdesk.ErasureProgress) {
		if !waited {
			waited = true
			time.AfterFunc(500*time.Millisecond, func() {
				_, _ = c.Store.Pool().Exec(context.Background(), "update outbox set state = 'accepted', lease_until = null where state = 'sending'")
			})
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.gone()
}

// They leave as somebody who is disabled does (D26).
func TestErasedSolverLosesOpenTickets(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.assign("mia", n, "sol", ""); err != nil {
		t.Fatal(err)
	}
	done := c.open("ben")
	if err := c.assign("mia", done, "sol", ""); err != nil {
		t.Fatal(err)
	}
	if err := c.resolve("sol", done, "Done."); err != nil {
		t.Fatal(err)
	}
	c.outbox()
	e, err := c.desk.ErasePerson(t.Context(), core.Actor{}, "sol@city.test", helpdesk.EraseOptions{})
	if !errors.Is(err, helpdesk.ErrEraseNeedsYes) || len(e.Lines) != 1 || !strings.Contains(e.Lines[0], "sol@city.test is no longer solver in IT/Printers: 1 open ticket") {
		t.Fatalf("%+v: %v", e, err)
	}
	c.is(n, core.Triaged, "sol")
	if _, err := c.desk.ErasePerson(t.Context(), core.Actor{}, "sol@city.test", helpdesk.EraseOptions{Yes: true, Successor: "vic@vendor.test"}); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Triaged, "vic")
	c.is(done, core.Resolved, strings.TrimSuffix(core.ErasedAddress(c.People["sol"].ID), "@invalid"))
	c.told("the successor", "assigned vic solver assigned_to_you")
	for column, text := range c.everything() {
		if strings.Contains(text, "Sol Vega") || strings.Contains(text, "sol@city.test") {
			t.Errorf("%s still names Sol", column)
		}
	}
}

func TestErasingWarnsOfWhatIsMissingThen(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for who, want := range map[string]string{"mia@city.test": "service IT/Printers has no main solver", "root@desk.test": "nobody is administrator"} {
		e, err := c.desk.ErasePerson(t.Context(), core.Actor{}, who, helpdesk.EraseOptions{})
		if !errors.Is(err, helpdesk.ErrEraseNeedsYes) || len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], want) {
			t.Errorf("%s: %q, %v", who, e.Warnings, err)
		}
	}
}

// Who looks after a template reads on it why no more tickets come, and whoever erases its requester is told before.
func TestErasureEndsSchedulesForThePersonAudibly(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	id := c.periodic("Backup")
	byHand := c.addTemplate("sol", drafted(core.TicketTemplate, "Printers", "By hand", "x", "requester", "ben@city.test")).ID
	want := []string{`! template "Backup" of IT/Printers opens tickets for them by its schedule, which ends`}
	e, err := c.desk.ErasePerson(t.Context(), core.Actor{}, "ben@city.test", helpdesk.EraseOptions{Yes: true})
	if err != nil || !slices.Equal(e.Lines, want) {
		t.Errorf("%q, %v", e.Lines, err)
	}
	if x := c.template(id); x.Schedule != nil || !x.NextAt.IsZero() || x.Failure == nil || x.Failure.Key != core.RequesterLeft || !x.Failure.At.Equal(c.now) {
		t.Errorf("the template is %+v, its failure %+v", x, x.Failure)
	}
	if x := c.template(byHand); x.Failure != nil {
		t.Errorf("a template without schedule fails: %+v", x.Failure)
	}
}

func TestWhoMayErase(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	try := func(actor core.Actor, address string) error {
		_, err := c.desk.ErasePerson(t.Context(), actor, address, helpdesk.EraseOptions{})
		if export := c.desk.ExportPerson(t.Context(), actor, address, &strings.Builder{}, nil); core.CodeOf(export) != core.CodeOf(err) && !errors.Is(err, helpdesk.ErrEraseNeedsYes) {
			t.Errorf("erasing says %v, exporting %v", err, export)
		}
		return err
	}
	c.refused("a manager", core.NotFound, try(c.actor("man"), "ben@city.test"))
	c.refused("oneself", core.NotFound, try(c.actor("ben"), "ben@city.test"))
	c.refused("the desk", core.NotFound, try(core.Actor{Via: core.ViaMail}, "ben@city.test"))
	mail := c.actor("root")
	mail.Level = core.PersonProven
	c.refused("by mail", core.NotFound, try(mail, "ben@city.test"))
	c.refused("nobody", core.NotFound, try(core.Actor{}, "nobody@city.test"))
	c.refused("erased", core.Conflict, try(core.Actor{}, core.ErasedAddress(7)))
	for _, actor := range []core.Actor{{}, c.actor("root")} {
		if err := try(actor, "ben@city.test"); !errors.Is(err, helpdesk.ErrEraseNeedsYes) {
			t.Errorf("%+v: %v", actor, err)
		}
	}
}

// Somebody erased is in no desk file, and their address may become somebody's again.
func TestErasedPersonIsAddedAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	old := d.person("ben@city.test").ID
	n := d.of("ben@city.test", "Printers")
	if _, err := d.desk.ErasePerson(t.Context(), core.Actor{}, "ben@city.test", helpdesk.EraseOptions{Yes: true}); err != nil {
		t.Fatal(err)
	}
	file, err := d.desk.ExportDesk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(file)
	if err != nil || strings.Contains(string(raw), "ben@city.test") || strings.Contains(string(raw), "erased-") {
		t.Errorf("the desk file still has them: %s", raw)
	}
	d.refused("people:\n"+section(office, "people")+"  - {email: "+core.ErasedAddress(old)+"}\n", "is no mail address")
	d.expect(office, "+ person ben@city.test", "~ requester group Police: members +ben@city.test")
	if now := d.person("ben@city.test"); now.ID == old || now.Name != "Ben Staff" {
		t.Errorf("it is %+v", now)
	}
	ticket, err := d.store.Ticket(t.Context(), n)
	if err != nil || ticket.Requester.ID != old || ticket.Requester.Email != core.ErasedAddress(old) {
		t.Errorf("the old ticket became somebody's: %+v, %v", ticket.Requester, err)
	}
}

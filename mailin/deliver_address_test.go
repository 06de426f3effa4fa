package mailin

import (
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
)

// wants lets somebody add an address, and gives the reply address of the mail that went there.
func (o *office) wants(who, address string) (reply string) {
	o.Helper()
	if _, err := o.desk.AddOwnAddress(o.Context(), o.signedIn(who), address); err != nil {
		o.Fatalf("%s adds %s: %v", who, address, err)
	}
	err := o.Store.Pool().QueryRow(o.Context(), `select content->>'reply_address' from outbox join outbox_content on outbox_id = id
		where event = 'address_confirmation' and address = $1 order by seq desc limit 1`, address).Scan(&reply)
	if err != nil || !strings.HasPrefix(reply, "it+c.") {
		o.Fatalf("the mail to %s has reply address %q: %v", address, reply, err)
	}
	o.mails()
	return reply
}

func (o *office) signedIn(who string) core.Actor {
	return core.Actor{Person: o.People[who], Via: core.ViaDesk, Level: core.SignedIn}
}

// addresses are somebody's own, as "address state".
func (o *office) addresses(who string) []string {
	o.Helper()
	list, err := o.desk.OwnAddresses(o.Context(), o.signedIn(who))
	if err != nil {
		o.Fatal(err)
	}
	var out []string
	for _, a := range list {
		out = append(out, a.Address+" "+string(a.State))
	}
	return out
}

func (o *office) has(what, who string, want ...string) {
	o.Helper()
	want = append([]string{o.People[who].Email + " primary"}, want...)
	if got := o.addresses(who); !slices.Equal(got, want) {
		o.Errorf("%s: %s has %q, want %q", what, who, got, want)
	}
}

func TestAnAnswerFromTheAddressConfirmsIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	reply := o.wants("ben", "ben@home.test")
	o.has("asked", "ben", "ben@home.test pending")
	answer := post{from: "Ben <ben@home.test>", to: reply, subject: "Re: Confirm this address for IT", body: "Yes."}
	row := o.send(answer)
	if row.State != core.InboundApplied || row.Ticket != 0 || row.Reason != "address confirmed" {
		t.Errorf("%s in %d: %s", row.State, row.Ticket, row.Reason)
	}
	o.has("answered", "ben", "ben@home.test confirmed")
	o.told("answered", "address_confirmation ben")
	again := o.send(post{from: "ben@home.test", to: reply, body: "Yes again."})
	o.is("a second answer", again, core.InboundSuppressed, 0)
	o.told("a second answer")
	n := o.open(post{from: "ben@home.test"})
	if got := o.ticket(n).Requester.Email; got != "ben@city.test" {
		t.Errorf("what comes from there is %s's", got)
	}
	page, _, err := o.desk.Audit(t.Context(), &core.Person{Administrator: true}, 0, 10)
	if err != nil || len(page) != 1 || page[0].Noun != core.AuditAddress || page[0].ActorName != "ben@city.test" || page[0].After["address"] != "ben@home.test" {
		t.Errorf("audit: %+v, %v", page, err)
	}
	if err := o.desk.DropOwnAddress(t.Context(), o.signedIn("ben"), "Ben@Home.test"); err != nil {
		t.Error(err)
	}
	o.has("taken away", "ben")
}

// TestOnlyAPersonThereConfirmsAnAddress: whatever else comes to the reply address confirms nothing, tells nobody, and stands
// in the ledger; the real answer still works afterwards.
func TestOnlyAPersonThereConfirmsAnAddress(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	reply := o.wants("ben", "ben@home.test")
	for what, p := range map[string]post{
		"from the primary address":  {from: "ben@city.test"},
		"from somebody else":        {from: "mia@city.test"},
		"from a stranger":           {from: "x@evil.test"},
		"two senders":               {from: "ben@home.test, x@evil.test"},
		"proven, from another":      {top: passed, from: "mia@city.test"},
		"its owner's no":            {from: "ben@home.test", body: "No, I never asked for this."},
		"an out-of-office":          {from: "ben@home.test", subject: "Out of office: Confirm this address"},
		"marked as automatic":       {top: "Auto-Submitted: auto-replied\r\n", from: "ben@home.test"},
		"a bounce":                  {top: "Return-Path: <>\r\n", from: "mailer-daemon@home.test", subject: "Undelivered mail returned to sender"},
		"forged, says the border":   {top: strings.ReplaceAll(failed, "city.test\r\nRec", "home.test\r\nRec"), from: "ben@home.test"},
		"to a note address instead": {from: "ben@home.test", to: strings.Replace(reply, "+c.", "+n.", 1)},
	} {
		if p.to == "" {
			p.to = reply
		}
		if row := o.send(p); row.State == core.InboundReceived || row.State == core.InboundApplied {
			t.Errorf("%s: %s (%s)", what, row.State, row.Reason)
		}
		o.has(what, "ben", "ben@home.test pending")
		for _, m := range o.mails() {
			if strings.HasPrefix(m, "address") || strings.HasPrefix(m, "token") {
				t.Errorf("%s: %s was mailed", what, m)
			}
		}
	}
	o.is("the real one", o.send(post{from: "ben@home.test", to: reply}), core.InboundApplied, 0)
	o.has("the real one", "ben", "ben@home.test confirmed")
}

func TestNobodyTakesAnothersAddress(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	// Whose it is makes no difference until it is answered, and then the answer's own person counts.
	reply := o.wants("ben", "mia@city.test")
	o.is("mia answers", o.send(post{from: "mia@city.test", to: reply}), core.InboundSuppressed, 0)
	o.has("mia answered", "mia")
	// Two want one address: the first answer decides, the other's question ends with it.
	first, second := o.wants("ben", "us@home.test"), o.wants("pat", "us@home.test")
	o.is("pat's", o.send(post{from: "us@home.test", to: second}), core.InboundApplied, 0)
	o.is("ben's", o.send(post{from: "us@home.test", to: first}), core.InboundSuppressed, 0)
	o.has("decided", "pat", "us@home.test confirmed")
	o.has("decided", "ben", "mia@city.test pending")
	// Too late, and whoever was disabled meanwhile.
	late := o.wants("ben", "late@home.test")
	o.now = o.now.Add(25 * time.Hour)
	o.is("late", o.send(post{from: "late@home.test", to: late}), core.InboundSuppressed, 0)
	gone := o.wants("ben", "gone@home.test")
	o.sql("update person set disabled_at = now() where id = $1", o.People["ben"].ID)
	o.is("disabled", o.send(post{from: "gone@home.test", to: gone}), core.InboundSuppressed, 0)
	if n := len(o.addresses("ben")); n != 2 {
		t.Errorf("ben has %q", o.addresses("ben"))
	}
}

// TestWhoWroteFromTheAddressBeforeIsThePerson: the entry that the desk made of that mail becomes the person's, with its
// tickets.
func TestWhoWroteFromTheAddressBeforeIsThePerson(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update service set unknown_senders = 'guest'")
	n := o.open(post{from: "ben@home.test"})
	if r := o.ticket(n).Requester; r.Origin != core.Guest {
		t.Fatalf("the requester is %+v", r)
	}
	o.mails()
	o.is("answered", o.send(post{from: "ben@home.test", to: o.wants("ben", "ben@home.test")}), core.InboundApplied, 0)
	if r := o.ticket(n).Requester; r.ID != o.People["ben"].ID {
		t.Errorf("the ticket is %+v's", r)
	}
	o.has("absorbed", "ben", "ben@home.test confirmed")
}

package mailin

import (
	"strings"
	"testing"
	"time"

	"postdesk/core"
)

// notices are the mails to an address since it was written to first, with all they say.
func (o *office) notices(address string) (list []string) {
	o.Helper()
	rows, err := o.Store.Pool().Query(o.Context(), `select event || ' ' || coalesce(person_id::text, 'nobody') || ' ' || language || ' ' || content::text
		from outbox join outbox_content on outbox_id = id where address = $1 order by seq`, address)
	if err != nil {
		o.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			o.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

// mail.md 4: a service that refuses unknown senders says so once a day to an address, in neutral words; never to a
// forged sender, a robot or whoever asks for silence.
func TestUnknownSenderIsRefusedOnceADay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update service set unknown_senders = 'refuse', language = 'es'")
	p := post{from: "Kim <kim@else.test>", subject: "SECRETSUBJECT", body: "SECRETWORDS", id: "asks@else.test"}
	for range 3 {
		p.body += "!"
		o.is("refused", o.send(p), core.InboundSuppressed, 0)
	}
	got := o.notices("kim@else.test")
	if len(got) != 1 || !strings.HasPrefix(got[0], "refusal nobody es ") || !strings.Contains(got[0], `"refused": "unknown"`) {
		t.Fatalf("told %q, want one refusal", got)
	}
	if strings.Contains(got[0], "SECRET") || strings.Contains(got[0], "Kim") {
		t.Errorf("the notice says again what the mail said: %s", got[0])
	}
	o.is("another address", o.send(post{from: "Lee <lee@else.test>"}), core.InboundSuppressed, 0)
	if n := len(o.notices("lee@else.test")); n != 1 {
		t.Errorf("%d notices to another address", n)
	}
	o.now = o.now.Add(25 * time.Hour)
	p.body = "Tomorrow."
	o.is("the day after", o.send(p), core.InboundSuppressed, 0)
	if n := len(o.notices("kim@else.test")); n != 2 {
		t.Errorf("%d notices by the day after, want 2", n)
	}
	for name, p := range map[string]post{
		"forged":  {top: failed, from: "victim@city2.test"},
		"silence": {top: "X-Auto-Response-Suppress: All\r\n", from: "quiet@else.test"},
		"robot":   {from: "noreply@else.test"},
		"list":    {top: "List-Id: <l.else.test>\r\n", from: "list@else.test"},
	} {
		if name == "forged" {
			p.top = strings.ReplaceAll(p.top, "header.from=city.test", "header.from=city2.test")
		}
		p.body = name
		o.send(p)
		if got := o.notices(strings.Trim(p.from, "<>")); len(got) != 0 {
			t.Errorf("%s: told %q", name, got)
		}
	}
	o.is("a known person who is no requester", o.send(post{from: "ken@vendor.test"}), core.InboundSuppressed, 0)
	if got := o.notices("ken@vendor.test"); len(got) != 1 || !strings.Contains(got[0], `"refused": "unknown"`) {
		t.Errorf("known or not is told differently (D28): %q", got)
	}
}

// Somebody known hears that a mail of theirs waits for the team; once, and not where it may be forged.
func TestKnownSenderHearsThatMailWaits(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := post{from: "ken@vendor.test", subject: "SECRETSUBJECT", body: "SECRETWORDS", id: "ken1@vendor.test"}
	o.is("no requester", o.send(p), core.InboundQuarantined, 0)
	got := o.notices("ken@vendor.test")
	if len(got) != 1 || !strings.Contains(got[0], `"refused": "held"`) || strings.Contains(got[0], "SECRET") {
		t.Fatalf("told %q, want one notice without its words", got)
	}
	o.send(p) // a copy
	p.id, p.body, p.top = "ken2@vendor.test", "Forged.", strings.ReplaceAll(failed, "header.from=city.test", "header.from=vendor.test")
	o.is("forged", o.send(p), core.InboundQuarantined, 0)
	o.is("disabled", o.send(post{from: "off@city.test"}), core.InboundQuarantined, 0)
	o.is("unknown", o.send(post{from: "kim@else.test"}), core.InboundQuarantined, 0)
	for address, want := range map[string]int{"ken@vendor.test": 1, "off@city.test": 0, "kim@else.test": 0} {
		if got := o.notices(address); len(got) != want {
			t.Errorf("%s was told %d times, want %d: %q", address, len(got), want, got)
		}
	}
}

// Who lost sight of a ticket hears that what they wrote there waits.
func TestWhoLostSightHearsThatMailWaits(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	o.sql("delete from role_grant where person_id = $1", o.People["sol"].ID)
	o.mails()
	o.is("former solver", o.send(post{top: passed, from: "sol@city.test", to: x.reply, body: "It is done."}), core.InboundQuarantined, 0)
	o.told("former solver", "refusal sol")
}

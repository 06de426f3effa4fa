package mailin

import (
	"slices"
	"testing"
	"time"

	"postdesk/core"
)

// D17: in a service whose team is split by the requesters' groups, held mail lies with the sub-team of its sender, and
// that of nobody's requesters with all of them: no mail lies where nobody sees it.
func TestSubTeamsSortHeldMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	police := o.id("insert into requester_group (name) values ('Police') returning id")
	harbour := o.id("insert into requester_group (name) values ('Harbour') returning id")
	o.sql("insert into requester_group_member values ($1, $2)", police, o.People["ken"].ID)
	// mia and the others have their roles for the police alone, net for the harbour.
	o.sql("update role_grant set for_group_id = $1 where service_id = $2", police, o.Printers)
	o.sql("insert into role_grant (service_id, role, person_id, for_group_id) values ($1, 'main_solver', $2, $3)", o.Printers, o.People["net"].ID, harbour)
	known := o.send(post{from: "ken@vendor.test", subject: "known"})
	o.is("known", known, core.InboundQuarantined, 0)
	unknown := o.send(post{from: "kim@else.test", subject: "unknown"})
	o.is("unknown", unknown, core.InboundQuarantined, 0)
	homeless := o.send(post{from: "tre@desk.test", subject: "in no group that has a team"})
	o.is("homeless", homeless, core.InboundQuarantined, 0)
	for who, want := range map[string][]int64{
		"mia": {homeless.ID, unknown.ID, known.ID}, "man": {homeless.ID, unknown.ID, known.ID},
		"net": {homeless.ID, unknown.ID}, "exa": nil, "ben": nil, "root": nil,
	} {
		actor := core.Actor{Person: o.People[who], Via: core.ViaDesk, Level: core.SignedIn}
		var got []int64
		next := int64(0)
		for range 4 { // page by page, though rows are passed over
			list, more, err := o.desk.Quarantine(t.Context(), o.People[who], next, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				got = append(got, m.ID)
			}
			if next = more; next == 0 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is listed %v, want %v", who, got, want)
		}
		if n, team, err := o.desk.QuarantineCount(t.Context(), o.People[who], 9); err != nil || n != len(want) || team != (len(want) > 0) {
			t.Errorf("%s: count %d, team %v: %v", who, n, team, err)
		}
		for _, row := range []int64{known.ID, unknown.ID} {
			_, err := o.desk.HeldText(t.Context(), actor, row)
			if seen := err == nil; seen != slices.Contains(want, row) || !seen && core.CodeOf(err) != core.NotFound {
				t.Errorf("%s reads %d: %v", who, row, err)
			}
		}
	}
	// With a team for everybody, strangers' mail is theirs, and no sub-team's.
	o.sql("update role_grant set for_group_id = null where person_id = $1", o.People["mia"].ID)
	for who, want := range map[string]int{"mia": 3, "man": 1, "net": 0} {
		if list, _, err := o.desk.Quarantine(t.Context(), o.People[who], 0, 10); err != nil || len(list) != want {
			t.Errorf("beside a team for everybody, %s is listed %v, want %d: %v", who, list, want, err)
		}
	}
	if err := o.desk.RefuseHeld(t.Context(), core.Actor{Person: o.People["net"], Level: core.SignedIn}, known.ID); core.CodeOf(err) != core.NotFound {
		t.Errorf("another sub-team refuses: %v", err)
	}
}

// What was meant for a ticket quotes it: it lies with the sub-team of that ticket, whoever sent it.
func TestSubTeamsSortHeldAnswers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	harbour := o.id("insert into requester_group (name) values ('Harbour') returning id")
	o.sql("insert into requester_group_member values ($1, $2)", harbour, o.People["sol"].ID)
	o.sql("insert into role_grant (service_id, role, person_id, for_group_id) values ($1, 'main_solver', $2, $3)", o.Printers, o.People["net"].ID, harbour)
	held := o.send(post{top: failed, from: "sol@city.test", to: x.reply, body: "About SECRET"})
	o.is("unproven", held, core.InboundQuarantined, n)
	misused := o.send(post{from: "eva@else.test", to: x.reply, body: "A copy of SECRET"})
	o.is("misused", misused, core.InboundQuarantined, n)
	for who, want := range map[string]int{"mia": 2, "net": 0} {
		if list, _, err := o.desk.Quarantine(t.Context(), o.People[who], 0, 10); err != nil || len(list) != want {
			t.Errorf("%s is listed %v, want %d: %v", who, list, want, err)
		}
		for _, row := range []int64{held.ID, misused.ID} {
			_, err := o.desk.HeldText(t.Context(), core.Actor{Person: o.People[who], Via: core.ViaDesk, Level: core.SignedIn}, row)
			if seen := err == nil; seen != (want > 0) {
				t.Errorf("%s reads %d: %v", who, row, err)
			}
		}
	}
}

// A mail that waits for its sender's button says so, as long as it does; and why it was held is a key with what stands in it.
func TestHeldMailSaysWhyAndWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("update mailbox set policy = 'strict'")
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	o.is("unproven", o.send(post{from: "sol@city.test", to: o.notice(n, "sol").reply, body: "It is done."}), core.InboundQuarantined, 0)
	o.is("stranger", o.send(post{from: "kim@else.test", body: "<b>plain</b> & simple"}), core.InboundQuarantined, 0)
	list, _, err := o.desk.Quarantine(t.Context(), o.People["mia"], 0, 10)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v: %v", list, err)
	}
	stranger, waits := list[0], list[1]
	if waits.ConfirmUntil == nil || waits.Held.Key != "unproven" || stranger.ConfirmUntil != nil || stranger.Held.Key != "no_requester" ||
		len(stranger.Held.Args) != 1 || stranger.Held.Args[0] != "Printers" || stranger.Reason != "the sender is no requester of Printers" {
		t.Errorf("%+v", list)
	}
	text, err := o.desk.HeldText(t.Context(), core.Actor{Person: o.People["mia"], Level: core.SignedIn}, stranger.ID)
	if err != nil || text.Text != "<b>plain</b> & simple" || !text.MayAccept || text.From != "kim@else.test" {
		t.Errorf("%+v, %v", text, err)
	}
	o.now = o.now.Add(8 * 24 * time.Hour)
	if list, _, err = o.desk.Quarantine(t.Context(), o.People["mia"], 0, 10); err != nil || list[1].ConfirmUntil != nil {
		t.Errorf("it waits for ever: %+v, %v", list, err)
	}
}

func (o *office) id(statement string, args ...any) (n int64) {
	o.Helper()
	if err := o.Store.Pool().QueryRow(o.Context(), statement, args...).Scan(&n); err != nil {
		o.Fatal(err)
	}
	return n
}

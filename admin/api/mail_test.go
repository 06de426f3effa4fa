package api_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestAdministratorsSeeAndReplayTheLedger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.hold(r.city.Printers, "x@vendor.test", "Secret subject", "text")
	for _, who := range []string{"mia", "ben", "ken"} {
		r.get(403, who, "/admin/mail/inbound")
		r.post(403, who, fmt.Sprintf("/admin/mail/inbound/%d/replay", id), nil)
	}
	a := r.get(200, "root", "/admin/mail/inbound")
	rows := list(a, "messages")
	if len(rows) != 1 || keys(rows[0]) != "attempts id mailbox reason received_at sha256 state uid uidvalidity" || rows[0]["mailbox"] != "it@city.test" ||
		len(rows[0]["sha256"].(string)) != 64 || strings.Contains(a.Raw, "Secret") {
		t.Fatalf("the ledger shows %s", a.Raw)
	}
	if n := len(list(r.get(200, "root", "/admin/mail/inbound?state=quarantined"), "messages")); n != 1 {
		t.Errorf("%d quarantined messages", n)
	}
	if n := len(list(r.get(200, "root", "/admin/mail/inbound?state=applied"), "messages")); n != 0 {
		t.Errorf("%d applied messages", n)
	}
	r.get(422, "root", "/admin/mail/inbound?state=lost")
	r.get(422, "root", "/admin/mail/inbound?page=x")
	if a := r.post(200, "root", fmt.Sprintf("/admin/mail/inbound/%d/replay", id), nil); a.JSON["state"] != "received" || a.JSON["attempts"] != 0.0 {
		t.Errorf("replayed: %s", a.Raw)
	}
	r.post(409, "root", fmt.Sprintf("/admin/mail/inbound/%d/replay", id), nil) // it waits already
	r.sql("update inbound set state = 'applied'")
	r.post(409, "root", fmt.Sprintf("/admin/mail/inbound/%d/replay", id), nil)
	r.post(404, "root", "/admin/mail/inbound/99999/replay", nil)
}

func TestAdministratorsSeeAndReplayTheOutbox(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Secret subject")
	for _, who := range []string{"mia", "ben"} {
		r.get(403, who, "/admin/mail/outbound")
	}
	a := r.get(200, "root", "/admin/mail/outbound")
	rows := list(a, "messages")
	if len(rows) < 2 || strings.Contains(a.Raw, "Secret") {
		t.Fatalf("the outbox shows %s", a.Raw)
	}
	if got, want := keys(rows[0]), "attempts created_at event id message_id note reason response role state ticket to"; got != want {
		t.Errorf("a row has %s, want %s", got, want)
	}
	to := map[any]object{}
	for _, row := range rows {
		to[row["to"]] = row
	}
	if row := to["mia@city.test"]; row["event"] != "ticket_created" || row["state"] != "queued" || fmt.Sprintf("/tickets/%v", row["ticket"]) != path {
		t.Errorf("the mail to the main solver is %v", row)
	}
	id := to["ben@city.test"]["id"].(string)
	r.post(409, "root", "/admin/mail/outbound/"+id+"/replay", nil) // it waits already
	r.sql("update outbox set state = 'rejected', response = '550 no', attempts = 3, finished_at = now() where id::text = $1", id)
	if n := len(list(r.get(200, "root", "/admin/mail/outbound?state=rejected"), "messages")); n != 1 {
		t.Errorf("%d rejected mails", n)
	}
	r.get(422, "root", "/admin/mail/outbound?state=received")
	r.post(403, "mia", "/admin/mail/outbound/"+id+"/replay", nil)
	if a := r.post(200, "root", "/admin/mail/outbound/"+id+"/replay", nil); a.JSON["state"] != "queued" || a.JSON["response"] != "" {
		t.Errorf("replayed: %s", a.Raw)
	}
	r.sql("update outbox set state = 'accepted' where id::text = $1", id)
	r.post(409, "root", "/admin/mail/outbound/"+id+"/replay", nil) // never twice
	r.post(404, "root", "/admin/mail/outbound/none/replay", nil)
}

func TestTeamSortsHeldMail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	hold := func(subject string) string {
		return fmt.Sprintf("/quarantine/%d", r.hold(r.city.Printers, "Una <una@other.test>", subject, "Please help"))
	}
	first := hold("First")
	for _, who := range []string{"eva", "ken", "root", "rea", "exa", "tre", "net"} { // no team of Printers (A50)
		if a := r.get(200, who, "/quarantine"); len(list(a, "messages")) != 0 {
			t.Errorf("%s sees %s", who, a.Raw)
		}
		r.post(404, who, first+"/accept", nil)
		r.post(404, who, first+"/attach", object{"number": 1001})
		r.post(404, who, first+"/refuse", nil)
	}
	rows := list(r.get(200, "sol", "/quarantine"), "messages")
	if len(rows) != 1 || rows[0]["subject"] != "First" || rows[0]["service"] != "Printers" || rows[0]["reason"] != "unknown sender" {
		t.Fatalf("the team sees %v", rows)
	}
	a := r.post(201, "sol", first+"/accept", nil)
	if a.JSON["subject"] != "First" || a.JSON["requester"].(object)["email"] != "una@other.test" || a.Header.Get("Location") != "/api/v1"+ticketPath(a) {
		t.Errorf("accepted: %s at %s", a.Raw, a.Header.Get("Location"))
	}
	r.post(409, "sol", first+"/accept", nil)
	r.post(409, "sol", first+"/refuse", nil)

	second := hold("Second")
	r.post(404, "sol", second+"/attach", object{"number": 99999})
	r.post(422, "sol", second+"/attach", object{})
	r.post(200, "sol", second+"/attach", object{"number": 1001})
	log := list(r.get(200, "mia", path+"/log"), "records")
	if last := log[len(log)-1]; last["kind"] != "mail" || last["show_to_requester"] != false || !strings.Contains(last["text"].(string), "Please help") {
		t.Errorf("attached: %v", last)
	}

	third := hold("Third")
	if a := r.post(204, "man", third+"/refuse", nil); a.Raw != "" {
		t.Errorf("refused: %s", a.Raw)
	}
	r.post(409, "man", third+"/refuse", nil)
	r.post(404, "man", "/quarantine/99999/refuse", nil)
	if rows := list(r.get(200, "sol", "/quarantine"), "messages"); len(rows) != 0 {
		t.Errorf("left in the quarantine: %v", rows)
	}
}

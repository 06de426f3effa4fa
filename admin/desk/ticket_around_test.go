package desk_test

import (
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// E11, E12: the service level says in words what was met, what is late, what waits, and what is next.
func TestServiceLevelInWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	mia := w.as(t, "mia")
	at90 := func(sql string) {
		t.Helper()
		w.exec(t, "update ticket set "+sql+" where number = $1", n)
	}
	level := func(want ...string) page {
		t.Helper()
		p := mia.get(at(n)).want(200)
		got := p.text(".levels dl")
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("it says %q, not %q", got, part)
			}
		}
		return p
	}
	at90("created_at = now() - interval '90 minutes', first_response_due = now() + interval '24 minutes 20 seconds', resolution_due = now() + interval '50 hours 20 seconds'")
	p := level("First response 24 min left", "Resolution 2 d 2 h left")
	bar := p.one(".levels progress")
	if attr(bar, "value") != "79" || attr(bar, "class") != "amber" {
		t.Errorf("the bar is at %s, %s", attr(bar, "value"), attr(bar, "class"))
	}
	at90("first_response_due = now() - interval '42 minutes'")
	if p := level("First response 42 min late"); attr(p.one(".levels progress"), "class") != "red" {
		t.Error("late is not red")
	}
	at90("first_response_at = now() - interval '1 hour'")
	p = level("First response met, 30 min", "Resolution 2 d 2 h left")
	if got := text(p.one(".levels dt.current")); got != "Resolution" {
		t.Errorf("next is %q", got)
	}
	at90("status = 'waiting', waiting_since = now(), clock_stopped_at = now()")
	level("Resolution paused, 2 d 2 h left")
	at90("status = 'resolved', resolved_at = now(), clock_stopped_at = now(), resolution_due = now() - interval '3 hours'")
	p = level("Resolution 3 h late")
	if len(p.find(".levels progress")) != 0 {
		t.Error("something is next although all is over")
	}
}

// The tickets around one are named by subject, as far as the reader sees them: the approver of one ticket sees no other.
func TestRelatedSubjectsAreThoseThatAreSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.asked(t)
	other := w.open(t, "eva", helpdesk.NewTicket{Subject: "Secret project", Text: "Please."})
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error { _, err := a.LinkTicket(t.Context(), n, other, 0); return err })
	if got := w.as(t, "mia").get(at(n)).text(".around li"); got != fmt.Sprintf("#%d Secret project", other) {
		t.Errorf("the team reads %q", got)
	}
	p := w.as(t, "net").get(at(n)).want(200)
	if got := p.text(".around li"); got != fmt.Sprintf("#%d", other) || len(p.find(".around li a")) != 0 || strings.Contains(string(p.body), "Secret project") {
		t.Errorf("the approver reads %q", got)
	}
}

// A72, A74: custom fields of people and organizations stand beside the ticket, for whom the view has them.
func TestFieldsOfPeopleAreShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(t, `update person set fields = '{"Office": "214 east"}' where id = $1`, w.People["ben"].ID)
	w.exec(t, `update organization set fields = '{"Contract": "C-77"}'`)
	w.exec(t, "update desk set version = version + 1")
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	if side := w.as(t, "mia").get(at(n)).text(".side"); !strings.Contains(side, "Office 214 east") || !strings.Contains(side, "Contract C-77") {
		t.Errorf("the team reads %q", side)
	}
	if p := w.as(t, "ben").get(at(n)).want(200); strings.Contains(string(p.body), "214 east") || strings.Contains(string(p.body), "C-77") {
		t.Error("the requester reads the team's fields")
	}
}

// Knowledge about the same stands beside an open ticket, as far as the reader sees it.
func TestKnowledgeStandsBesideTheTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for title, requesters := range map[string]bool{"Envelopes jam in the LaserJet": true, "LaserJet envelopes, for the team": false} {
		service := "Printers"
		words := "Open the rear tray when envelopes jam the printer."
		_, err := w.help.AddArticle(t.Context(), core.Actor{Person: w.People["mia"], Via: core.ViaDesk, Level: core.SignedIn}, core.Knowledge,
			helpdesk.ArticleWriting{Service: &service, ArticleChange: core.ArticleChange{Title: &title, Text: &words, ForRequesters: &requesters}})
		if err != nil {
			t.Fatal(err)
		}
	}
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Envelopes jam in the LaserJet printer", Text: "Always."})
	if p := w.as(t, "mia").get(at(n)).want(200); len(p.find(".suggested a")) != 2 {
		t.Errorf("the team is shown %q", p.text(".suggested"))
	}
	p := w.as(t, "ben").get(at(n)).want(200)
	if got := p.text(".suggested li"); got != "Envelopes jam in the LaserJet" {
		t.Errorf("the requester is shown %q", got)
	}
	w.as(t, "ben").get(attr(p.one(".suggested a"), "href")).want(200)
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error { _, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{}); return err })
	if p := w.as(t, "mia").get(at(n)).want(200); len(p.find(".suggested")) != 0 {
		t.Error("what is done is still explained")
	}
}

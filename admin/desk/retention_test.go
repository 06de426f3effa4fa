package desk_test

import (
	"net/http"
	"strings"
	"testing"

	"postdesk/core"
)

// What is gone is said to be gone, in the reader's language: the pages that read it neither break nor offer it.
func TestPagesOfContentsThatAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	w.record(t, "mia", n, "The plan", true, w.file(t, "plan.txt", "text/plain", "a plan"))
	var id string
	for _, r := range w.log(t, "mia", n) {
		for _, a := range r.Attachments {
			if a.Name == "plan.txt" {
				id = a.ID
			}
		}
	}
	file := at(n) + "/attachments/" + id
	sol := w.as(t, "sol") // reads Spanish
	sol.get(file).want(http.StatusOK)
	asked, _ := w.unproven(t, "sol", n)
	held := w.held(t, "Kim Lee <kim@else.test>", "Door badge", "Please", unknownSender)
	w.exec(t, "update attachment set sha256 = null, dropped_at = now() where id::text = $1", id)
	w.exec(t, "update inbound set raw_dropped_at = now()")
	es := printer(t, core.Spanish)
	page := sol.get(file).want(http.StatusNotFound)
	if !strings.Contains(page.text("main"), es.T("error.retention.file")) {
		t.Errorf("the file: %q", page.text("main"))
	}
	for _, path := range []string{asked, held} {
		if page := sol.get(path).want(http.StatusNotFound); !strings.Contains(page.text("main"), es.T("error.retention.mail")) {
			t.Errorf("%s: %q", path, page.text("main"))
		}
	}
	page = sol.get(at(n)).want(http.StatusOK)
	if shown := page.text(".gal"); !strings.Contains(shown, "plan.txt") || !strings.Contains(shown, es.T("desk.file.removed")) || len(page.find(`a[href="`+file+`"]`)) != 0 {
		t.Errorf("the ticket shows the file as %q", shown)
	}
}

// D27: the side of a ticket has its custom fields, the team's for the team alone.
func TestPageShowsTicketFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	w.exec(t, `update service set ticket_fields = '[{"name": "floor", "requesters": true}, {"name": "asset tag"}]' where id = $1`, w.Printers)
	w.exec(t, "update desk set version = version + 1")
	w.exec(t, `update ticket set fields = '{"floor": "third <b>floor</b>", "asset tag": "A-17"}' where number = $1`, n)
	requester := w.view(t, "mia", n).Requester.Email
	who, _, _ := strings.Cut(requester, "@")
	for who, tag := range map[string]bool{"mia": true, who: false} {
		side := w.as(t, who).get(at(n)).want(http.StatusOK).text(".side")
		if !strings.Contains(side, "floor third <b>floor</b>") || strings.Contains(side, "A-17") != tag || strings.Contains(side, "asset tag") != tag {
			t.Errorf("%s is shown %q", who, side)
		}
	}
}

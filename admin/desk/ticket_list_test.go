package desk_test

import (
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func TestTilesAndPillsNarrowTheList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sample(t)
	b := w.as(t, "mia")
	p := b.get("/dashboard/ithelpdesk").want(200)
	if got := strings.ReplaceAll(p.text(".tile"), "\n", ", "); got != "Total 6, Open 5, My queue 2, SLA overdue 0" {
		t.Errorf("tiles: %s", got)
	}
	if got := strings.ReplaceAll(p.text(".pill"), "\n", ", "); got != "All open 5, Open 1, Triaged 2, In progress 1, Waiting 1, Resolved 1, Closed 0" {
		t.Errorf("pills: %s", got)
	}
	// What a tile or pill counts is what its link lists.
	for _, link := range append(p.find(".tile"), p.find(".pill")...) {
		count := text(find(link, "b")[0])
		narrowed := b.get(attr(link, "href")).want(200)
		if rows := fmt.Sprint(len(narrowed.find(".row"))); rows != count {
			t.Errorf("%s lists %s", text(link), rows)
		}
		if !strings.Contains(narrowed.text("[aria-current=true]"), text(link)) {
			t.Errorf("%s is not marked as chosen", text(link))
		}
	}
	found := b.get("/dashboard/ithelpdesk?status=all&q=vpn").want(200)
	if got := found.text(".row strong"); got != "No puedo entrar a la VPN desde casa" {
		t.Errorf("found %q", got)
	}
	if row := found.one(".row"); attr(row, "href") != at(1002)+"?q=vpn&status=all" {
		t.Errorf("the search is lost in %s", attr(row, "href"))
	}
	if !strings.Contains(b.get("/dashboard/ithelpdesk?q=%23"+"1001&status=all").text(".row"), "Payroll") {
		t.Error("a number finds nothing")
	}
}

// D19: the tile counts what is past a deadline of its SLA, stands out then, and leads to it.
func TestTileOfWhatIsOverdue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sample(t)
	w.exec(t, "update ticket set due_at = now() - interval '1 hour' where number = 1002")
	w.exec(t, "update ticket set due_at = now() + interval '1 hour' where number = 1001")
	b := w.as(t, "mia")
	tile := b.get("/dashboard/ithelpdesk").want(200).one(".tile.late")
	if got := text(tile); got != "SLA overdue 1" {
		t.Errorf("the tile says %q", got)
	}
	if row := b.get(attr(tile, "href")).want(200).one(".row"); !strings.HasPrefix(attr(row, "href"), at(1002)) {
		t.Errorf("it leads to %s", attr(row, "href"))
	}
	if got := b.get("/dashboard/ithelpdesk?q=vpn&status=all").want(200).text(".tile.late"); !strings.Contains(got, "1") {
		t.Errorf("of what is searched for it says %q", got)
	}
}

func TestListSaysWhatToDoWhereItIsEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	say := printer(t, core.English)
	b := w.as(t, "ben")
	p := b.get("/dashboard/ithelpdesk").want(200)
	if !strings.Contains(p.text(".list .empty"), say.T("desk.empty.none")) || len(p.find(".list .empty a[href=/dashboard/ithelpdesk/new]")) != 1 {
		t.Errorf("a new desk says %q", p.text(".list .empty"))
	}
	w.open(t, "ben", helpdesk.NewTicket{Subject: "One", Text: "x"})
	if got := b.get("/dashboard/ithelpdesk?queue=mine").text(".list .empty"); !strings.Contains(got, say.T("desk.empty.queue")) {
		t.Errorf("an empty queue says %q", got)
	}
	if got := b.get("/dashboard/ithelpdesk?q=nothing").text(".list .empty"); !strings.Contains(got, say.T("desk.empty.narrowed")) {
		t.Errorf("an empty search says %q", got)
	}
	if got := b.get("/dashboard/ithelpdesk?status=odd").want(422).text("main"); !strings.Contains(got, "odd") {
		t.Errorf("an unknown status says %q", got)
	}
}

func TestListGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 53 {
		w.open(t, "ben", helpdesk.NewTicket{Subject: fmt.Sprint("Ticket ", i), Text: "x"})
	}
	b := w.as(t, "mia")
	first := b.get("/dashboard/ithelpdesk").want(200)
	second := b.get(attr(first.one(".older a"), "href")).want(200)
	if n, m := len(first.find(".row")), len(second.find(".row")); n != 50 || m != 3 || len(second.find(".older")) != 0 {
		t.Errorf("%d and %d rows", n, m)
	}
	if second.text(".row strong") != "Ticket 2\nTicket 1\nTicket 0" {
		t.Errorf("the second page lists %s", second.text(".row strong"))
	}
	// A ticket opened from there keeps the place in the list.
	opened := b.get(attr(second.find(".row")[2], "href")).want(200)
	if len(opened.find(".row")) != 3 || !strings.Contains(attr(opened.one(".back"), "href"), "page=") {
		t.Error("the place in the list is lost")
	}
}

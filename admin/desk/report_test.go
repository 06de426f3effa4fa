package desk_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// counted is a desk with some days behind it: each ticket opened so many days ago, first answered and resolved after so
// many hours; 0 = not at all. It is due within four hours, and to be resolved within sixteen.
func (w *world) counted(t testing.TB) {
	t.Helper()
	for i, x := range []struct{ days, answered, resolved int }{
		{80, 1, 5}, {72, 2, 30}, {65, 3, 10}, {61, 1, 8}, {50, 6, 40}, {44, 1, 12}, {43, 2, 6}, {37, 5, 9}, {30, 1, 3}, {29, 2, 14}, {22, 8, 0}, {16, 1, 11},
		{15, 2, 15}, {9, 1, 4}, {8, 3, 0}, {5, 1, 0}, {2, 2, 6}, {2, 0, 0}, {0, 0, 0},
	} {
		n := w.open(t, []string{"ben", "eva", "pat"}[i%3], helpdesk.NewTicket{Subject: fmt.Sprint("Case ", i), Text: "Please.", Category: core.Categories()[i%4]})
		w.exec(t, `update ticket set created_at = now() - make_interval(days => $2), first_response_due = now() - make_interval(days => $2) + interval '4 hours',
			resolution_due = now() - make_interval(days => $2) + interval '16 hours',
			first_response_at = case when $3 > 0 then now() - make_interval(days => $2) + make_interval(hours => $3) end where number = $1`, n, x.days, x.answered)
		if x.resolved > 0 {
			w.exec(t, `update ticket set status = 'resolved', resolved_at = created_at + make_interval(hours => $2), clock_stopped_at = created_at + make_interval(hours => $2) where number = $1`, n, x.resolved)
		}
	}
}

// A29, A46: main solvers and managers see the numbers, each plot with its table; nobody else does, nor the link.
func TestNumbersAreForWhoOversees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.counted(t)
	for _, who := range []string{"sol", "gus", "exa", "rea", "tre", "ben", "root"} {
		b := w.as(t, who)
		b.get("/reports").want(403)
		b.get("/reports/table.csv").want(403)
		if who == "sol" && len(b.get("/dashboard/ithelpdesk").want(200).find("nav.rail a[href=/reports]")) != 0 {
			t.Errorf("%s has the link", who)
		}
	}
	man := w.as(t, "man")
	if len(man.get("/dashboard/ithelpdesk").want(200).find("nav.rail a[href=/reports]")) != 1 {
		t.Error("a manager has no link")
	}
	p := man.get("/reports").want(200)
	if got, want := p.text(".tile"), strings.Join([]string{"Opened 19", "Resolved 14", "Open at the end 5",
		"First response in time 78% 14 of 18 · median 2 h", "Resolution in time 67% 12 of 18 · median 9 h 30 min"}, "\n"); got != want {
		t.Errorf("the tiles say\n%s\nwant\n%s", got, want)
	}
	if n := len(p.find("figure.plot svg")); n != 4 {
		t.Errorf("%d plots", n)
	}
	created := 0
	for _, row := range find(p.find("figure.plot")[0], "tbody tr") {
		var n int
		if _, err := fmt.Sscan(text(find(row, "td")[0]), &n); err != nil {
			t.Fatal(err)
		}
		created += n
	}
	if created != 19 {
		t.Errorf("the table of the first plot counts %d", created)
	}
	if got := p.text(".counted tbody tr"); !strings.Contains(got, "Printers 19 14 5 78% 67%") || !strings.Contains(got, "Less than a day 1 Printers 1") {
		t.Errorf("the tables say %q", got)
	}
	if got := p.text(".ages tr"); strings.Count(got, "\n") != 5 {
		t.Errorf("the ages are %q", got)
	}
}

// What is asked for stands in the form and the address, also of the table for spreadsheets; what there is no report for is
// refused beside it.
func TestNumbersAreAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.counted(t)
	mia := w.as(t, "mia")
	p := mia.get("/reports?from=2026-01-05&to=2026-01-18&every=day&by=category").want(200)
	if got := strings.Join(fields(p.one("form.narrow")), " "); got != "from 2026-01-05 to 2026-01-18 every day by category" {
		t.Errorf("the form has %s", got)
	}
	if got := p.text("figure.plot .hint"); !strings.Contains(got, "Nothing to count in this time.") {
		t.Errorf("quiet plots say %q", got)
	}
	year := mia.get(attr(p.find("nav.pills a")[2], "href")).want(200)
	if len(year.find("nav.pills a[aria-current]")) != 1 {
		t.Error("the chosen time is not marked")
	}
	if got := year.text(".counted thead"); !strings.Contains(got, "Category Opened Resolved") {
		t.Errorf("it tells apart by %q", got)
	}
	file := mia.get(attr(year.one(".export a"), "href")).want(200)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(file.body), "\uFEFF"))).ReadAll()
	if err != nil || len(rows) < 2 || rows[0][0] != "Period from" {
		t.Fatalf("the table is %q, %v", rows, err)
	}
	if kind := file.header.Get("Content-Type") + " " + file.header.Get("Content-Disposition"); !strings.HasPrefix(kind, "text/csv; charset=utf-8 attachment; filename=report-") {
		t.Errorf("it is sent as %s", kind)
	}
	for query, want := range map[string]string{"from=2026-02-30": "no date", "from=2026-03-02&to=2026-03-01": "ends before it begins", "every=hour": "no length of a period",
		"by=mood": "cannot tell tickets apart", "service=Network": printer(t, core.English).T("error.service.unknown")} {
		refused := mia.get("/reports?" + query).want(422)
		if got := refused.text(".alert"); !strings.Contains(got, want) || len(refused.find("form.narrow")) != 1 {
			t.Errorf("%s: %q", query, got)
		}
		mia.get("/reports/table.csv?" + query).want(422)
	}
}

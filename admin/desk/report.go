package desk

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// reports is the address of the numbers.
const reports = "/reports"

// reportPage is numbers over time, for those who oversee the work.
type reportPage struct {
	web.Frame
	Asked    helpdesk.ReportQuery // as in the form
	Alert    string               // why there is no report
	Spans    []spanLink
	Services []string
	Report   *core.Report // nil = refused
	Tiles    []reportTile
	Plots    []plot
	Keys     []keyRow
	Ages     []ageRow
	File     string // address of the table for spreadsheets
}

// spanLink is a time that is asked for with one click.
type spanLink struct {
	Label   string
	Href    string
	Current bool
}

// reportTile is one of the numbers that matter most.
type reportTile struct {
	Label, Value, Note string
}

// keyRow is what was counted for one service, category, group, solver or priority.
type keyRow struct {
	Name string
	core.ReportRow
	FirstResponse, Resolution string // in time, in percent
}

// ageRow is how many tickets of an age are open now.
type ageRow struct {
	Label string
	Count int
	Keys  string
}

// spans are the times on offer: so many days until today, in periods that make a plot one can read.
var spans = []struct {
	days  int
	every core.ReportEvery
	label string
}{{30, "day", "reports.span.month"}, {91, "week", "reports.span.quarter"}, {365, "month", "reports.span.year"}}

// reportQuery is what the address asks for.
func (v *visit) reportQuery() helpdesk.ReportQuery {
	q := v.r.URL.Query()
	today := core.DateOf(v.now.In(v.zone()))
	back := func(days int) string {
		return core.DateOf(time.Date(today.Year, today.Month, today.Day-days+1, 0, 0, 0, 0, time.UTC)).String()
	}
	return helpdesk.ReportQuery{
		From: cmp.Or(q.Get("from"), back(spans[1].days)), To: cmp.Or(q.Get("to"), today.String()),
		Every: core.ReportEvery(cmp.Or(q.Get("every"), string(spans[1].every))), By: core.ReportBy(cmp.Or(q.Get("by"), "service")), Service: q.Get("service"),
	}
}

func reportAddress(path string, q helpdesk.ReportQuery) string {
	values := url.Values{"from": {q.From}, "to": {q.To}, "every": {string(q.Every)}, "by": {string(q.By)}}
	if q.Service != "" {
		values.Set("service", q.Service)
	}
	return path + "?" + values.Encode()
}

// showReport shows the numbers. A time or service that there is none for is refused beside the form.
func showReport(v *visit) error {
	q := v.reportQuery()
	p := reportPage{Asked: q, File: reportAddress(reports+"/table.csv", q)}
	r, err := v.Helpdesk.Report(v.r.Context(), v.me, q)
	status := http.StatusOK
	switch {
	case core.CodeOf(err) == core.Invalid:
		p.Alert, status = v.printer.Error(err), web.Status(err)
	case err != nil:
		return err
	}
	if p.Services, err = v.Helpdesk.ReportServices(v.r.Context(), v.me); err != nil {
		return err
	}
	for _, s := range spans {
		x := q
		x.To, x.Every = core.DateOf(v.now.In(v.zone())).String(), s.every
		to := v.now.In(v.zone())
		x.From = core.DateOf(time.Date(to.Year(), to.Month(), to.Day()-s.days+1, 0, 0, 0, 0, time.UTC)).String()
		p.Spans = append(p.Spans, spanLink{v.printer.T(s.label), reportAddress(reports, x), x == q})
	}
	if r != nil {
		p.count(v, r)
	}
	p.Frame = v.frame(v.printer.T("reports.title"), reportAddress(reports, q))
	return v.pages.Render(v.w, status, "report", p)
}

// count puts the numbers onto the page.
func (p *reportPage) count(v *visit, r *core.Report) {
	say := v.printer
	p.Report = r
	number := func(n int) string { return say.Number(int64(n)) }
	promise := func(label string, x core.Promise) reportTile {
		t := reportTile{Label: say.T(label), Value: percent(v, x), Note: say.T("reports.no_target")}
		if x.Met+x.Missed > 0 {
			t.Note = say.T("reports.of_target", number(x.Met), number(x.Met+x.Missed))
		}
		if x.Median != nil {
			t.Note += " · " + say.T("reports.median", say.Span(time.Duration(*x.Median)*time.Minute))
		}
		return t
	}
	p.Tiles = []reportTile{
		{say.T("report.created"), number(r.Totals.Created), ""},
		{say.T("report.resolved"), number(r.Totals.Resolved), ""},
		{say.T("reports.open"), number(r.Totals.Open), ""},
		promise("reports.first_response", r.Totals.FirstResponse),
		promise("reports.resolution", r.Totals.Resolution),
	}
	p.Plots = v.plots(r)
	for _, row := range r.ByKey() {
		p.Keys = append(p.Keys, keyRow{web.NameOfKey(say, r.By, row.ReportKey), row, percent(v, row.FirstResponse), percent(v, row.Resolution)})
	}
	for i, age := range r.OpenByAge {
		row := ageRow{Label: say.T(ageLabels[i]), Count: age.Count}
		keys := slices.Clone(age.Keys)
		slices.SortStableFunc(keys, func(a, b core.KeyCount) int { return cmp.Compare(b.Count, a.Count) })
		for i, k := range keys[:min(len(keys), 3)] {
			if i > 0 {
				row.Keys += ", "
			}
			row.Keys += web.NameOfKey(say, r.By, k.ReportKey) + " " + number(k.Count)
		}
		if len(keys) > 3 {
			row.Keys += ", …"
		}
		p.Ages = append(p.Ages, row)
	}
}

// ageLabels are core.Ages for people.
var ageLabels = []string{"reports.age.day", "reports.age.days", "reports.age.week", "reports.age.month", "reports.age.older"}

// percent is the part that was in time; a dash where nothing had a target.
func percent(v *visit, p core.Promise) string {
	share, ok := p.Share()
	if !ok {
		return "–"
	}
	return v.printer.T("reports.percent", strconv.Itoa(share))
}

// MostOld is the largest number of an age, for the bars beside them.
func (p reportPage) MostOld() int {
	most := 1
	for _, a := range p.Ages {
		most = max(most, a.Count)
	}
	return most
}

// Count writes a number of tickets.
func (p reportPage) Count(n int) string { return p.Number(int64(n)) }

// Bys and Everys are what can be chosen.
func (p reportPage) Bys() []core.ReportBy { return core.ReportBys() }

// Everys: see Bys.
func (p reportPage) Everys() []core.ReportEvery { return core.ReportEverys() }

// saveReport gives the rows as a table for spreadsheets.
func saveReport(v *visit) error {
	r, err := v.Helpdesk.Report(v.r.Context(), v.me, v.reportQuery())
	if err != nil {
		return err
	}
	name, table := web.ReportTable(v.printer, r)
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, err = v.w.Write(table)
	return err
}

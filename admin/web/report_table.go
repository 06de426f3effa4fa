package web

import (
	"fmt"

	"postdesk/core"
	"postdesk/templates"
)

// ReportTable is the rows of a report as a table for spreadsheets, its head in the reader's language, with the name of its
// file: plain ASCII.
func ReportTable(say templates.Printer, r *core.Report) (name string, table []byte) {
	c := NewCSV()
	head := []any{say.T("report.period"), say.T("report.key"), say.T("report.name"), say.T("report.created"), say.T("report.resolved"), say.T("report.open")}
	for _, promise := range []string{"report.first_response", "report.resolution"} {
		for _, column := range []string{"report.met", "report.missed", "report.none", "report.median", "report.p90"} {
			head = append(head, say.T(promise, say.T(column)))
		}
	}
	c.Row(head...)
	for _, row := range r.Rows {
		f, s := row.FirstResponse, row.Resolution
		c.Row(row.Period, row.Key, NameOfKey(say, r.By, row.ReportKey), row.Created, row.Resolved, row.Open,
			f.Met, f.Missed, f.None, cell(f.Median), cell(f.P90), s.Met, s.Missed, s.None, cell(s.Median), cell(s.P90))
	}
	return fmt.Sprintf("report-%s-%s-%s-%s.csv", r.Span.From, r.Span.To, r.Span.Every, r.By), c.Bytes()
}

// NameOfKey says what a report tells apart, the desk's own words in the reader's language.
func NameOfKey(say templates.Printer, by core.ReportBy, k core.ReportKey) string {
	switch {
	case by == "category" || by == "priority":
		return say.Word(string(by) + "." + k.Key)
	case k.Key == "" && by == "group":
		return say.T("report.no_group")
	case k.Key == "" && by == "solver":
		return say.T("report.no_solver")
	}
	return k.Name
}

func cell(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}

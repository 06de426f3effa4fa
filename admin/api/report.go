package api

import (
	"context"
	"mime"

	"github.com/danielgtaylor/huma/v2"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

type reportIn struct {
	From     string           `query:"from" doc:"First day, as 2026-01-01; absent = 89 days before the last"`
	To       string           `query:"to" doc:"Last day, included; absent = today"`
	Every    core.ReportEvery `query:"every" doc:"day, week (from Monday, the default) or month"`
	By       core.ReportBy    `query:"by" doc:"service (the default), category, group, solver or priority"`
	Service  string           `query:"service" doc:"A service by its name or path, with all that stand below it; absent = all that the person oversees"`
	Timezone string           `query:"timezone" doc:"Where days begin, as Europe/Madrid; absent = the desk's"`
}

// Report is numbers over time.
type Report struct {
	From      string           `json:"from"`
	To        string           `json:"to"`
	Every     core.ReportEvery `json:"every"`
	By        core.ReportBy    `json:"by"`
	Timezone  string           `json:"timezone"`
	Rows      []ReportRow      `json:"rows" doc:"By period and key; without those in which all is 0, and without periods to come"`
	Totals    core.Tally       `json:"totals" doc:"Of the whole time; open at its end, or now"`
	OpenByAge []ReportAge      `json:"open_by_age" doc:"What is open now, by the time since it was opened"`
}

// ReportRow is one period and key.
type ReportRow struct {
	Period string `json:"period" doc:"Its first day that is counted"`
	Key    string `json:"key" doc:"Path of the service, word of the category or priority, path of the group, address of the solver; empty = no group or solver"`
	Name   string `json:"name" doc:"The same for people, in the person's language"`
	core.Tally
}

// ReportAge is a class of age.
type ReportAge struct {
	Age   string           `json:"age"`
	Count int              `json:"count"`
	ByKey []ReportAgeOfKey `json:"by_key"`
}

// ReportAgeOfKey is how many of a key are in it.
type ReportAgeOfKey struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Count int    `json:"count"`
}

type reportOut struct{ Body Report }

func (a *api) queryReport(ctx context.Context, in *reportIn) (*core.Report, error) {
	return a.Helpdesk.Report(ctx, personOf(ctx), helpdesk.ReportQuery{From: in.From, To: in.To, Every: in.Every, By: in.By, Service: in.Service, Timezone: in.Timezone})
}

// report answers with the numbers as JSON.
func (a *api) report(ctx context.Context, in *reportIn) (*reportOut, error) {
	r, err := a.queryReport(ctx, in)
	if err != nil {
		return nil, err
	}
	say := a.printer(ctx)
	out := &reportOut{Report{From: r.Span.From.String(), To: r.Span.To.String(), Every: r.Span.Every, By: r.By, Timezone: r.Span.Zone.String(),
		Rows: make([]ReportRow, 0, len(r.Rows)), Totals: r.Totals, OpenByAge: []ReportAge{}}}
	for _, row := range r.Rows {
		out.Body.Rows = append(out.Body.Rows, ReportRow{row.Period.String(), row.Key, web.NameOfKey(say, r.By, row.ReportKey), row.Tally})
	}
	for _, age := range r.OpenByAge {
		x := ReportAge{Age: age.Age, Count: age.Count, ByKey: []ReportAgeOfKey{}}
		for _, k := range age.Keys {
			x.ByKey = append(x.ByKey, ReportAgeOfKey{k.Key, web.NameOfKey(say, r.By, k.ReportKey), k.Count})
		}
		out.Body.OpenByAge = append(out.Body.OpenByAge, x)
	}
	return out, nil
}

type reportCSVOut struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// reportCSV answers with the rows as a table for spreadsheets, its head in the person's language.
func (a *api) reportCSV(ctx context.Context, in *reportIn) (*reportCSVOut, error) {
	r, err := a.queryReport(ctx, in)
	if err != nil {
		return nil, err
	}
	name, table := web.ReportTable(a.printer(ctx), r)
	return &reportCSVOut{"text/csv; charset=utf-8", mime.FormatMediaType("attachment", map[string]string{"filename": name}), table}, nil
}

// asCSV says what the answer is.
func asCSV(op *huma.Operation) {
	op.Responses["200"] = &huma.Response{Description: "A table for spreadsheets: UTF-8, commas, CRLF",
		Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}
}

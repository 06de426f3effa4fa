package helpdesk_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// history is what a report is counted from, by hand: one line a ticket, all times UTC in 2026 (month-day hour:minute, - is
// none). First response and resolution are followed by their deadlines; then since when the clock stands.
//
//	id service created | answered due | resolved due | stopped marks
const history = `
 1 P 02-20T09:00 | 02-20T10:00 02-20T13:00 | 03-03T09:00 03-02T17:00 | 03-03T09:00
 2 P 02-25T08:00 | -           03-02T12:00 | -           03-05T12:00 | -
 3 P 02-26T10:00 | 03-04T10:00 -           | 03-10T10:00 -           | 03-10T10:00
 4 P 02-10T10:00 | 02-10T11:00 02-10T12:00 | 02-15T10:00 02-16T10:00 | 02-15T10:00
 5 P 03-01T22:59 | 03-01T23:00 03-02T03:00 | 03-08T22:59 03-08T22:59 | 03-08T22:59
 6 P 03-01T23:00 | 03-08T23:00 03-08T22:00 | -           04-05T12:00 | -
 7 P 03-05T12:00 | 03-05T12:30 03-05T16:00 | 03-06T12:00 03-06T16:00 | 03-06T12:00
 8 P 03-06T12:00 | 03-06T12:10 03-06T16:00 | 03-10T12:00 03-09T12:00 | 03-10T12:00
 9 P 03-12T12:00 | -           03-12T13:00 | 03-13T12:00 03-12T18:00 | 03-13T12:00 withdrawn
10 P 03-12T12:00 | -           03-12T13:00 | -           03-12T18:00 | - spam
11 P 03-12T12:00 | 03-12T12:30 03-12T13:00 | 03-12T17:00 03-12T18:00 | 03-12T17:00 merged
12 P 03-13T09:00 | 03-13T09:20 03-13T13:00 | -           03-20T09:00 | 03-14T09:00
13 P 03-16T09:00 | -           03-18T09:00 | 03-17T09:00 -           | 03-17T09:00
14 P 03-16T09:00 | -           03-17T09:00 | 03-20T09:00 03-27T09:00 | 03-20T09:00
15 P 03-29T00:30 | 03-29T01:30 03-29T04:30 | 03-29T21:59 -           | 03-29T21:59
16 P 03-29T22:00 | -           03-30T02:00 | -           03-31T23:00 | -
17 P 03-31T21:59 | -           -           | -           -           | -
18 P 03-31T22:00 | -           -           | -           -           | -
19 P 03-20T09:00 | 04-01T07:00 -           | 04-01T08:00 -           | 04-01T08:00
20 N 03-03T09:00 | 03-03T09:40 03-03T13:00 | 03-04T09:00 03-05T09:00 | 03-04T09:00
21 N 03-03T09:00 | 03-03T15:00 03-03T13:00 | 03-09T09:00 03-05T09:00 | 03-09T09:00
22 N 03-11T09:00 | 03-11T10:00 -           | -           -           | -
23 N 03-11T09:00 | 03-11T09:10 03-11T13:00 | 03-24T09:00 03-24T10:00 | 03-24T09:00
24 N 03-24T09:00 | 03-24T14:00 03-24T13:00 | -           03-27T09:00 | 03-24T12:00
25 N 03-28T12:00 | -           03-28T16:00 | -           03-30T12:00 | 03-28T14:00
26 N 03-28T12:00 | 03-30T12:00 03-28T16:00 | -           03-31T12:00 | -
27 N 03-25T12:00 | -           -           | -           -           | -
28 N 03-29T12:00 | -           -           | -           -           | -
29 N 03-31T12:00 | -           -           | -           -           | -
30 N 03-02T12:00 | -           -           | -           -           | -
`

// expected was worked out from the lines above on paper, for weeks on the clocks of Madrid (an hour ahead of UTC, two from
// the 29th): created resolved open | first response: met missed none median p90 | resolution: the same.
const expected = `
2026-03-02 IT/Network  3 1 2 | 1 1 0   200   328 | 1 0 0  1440  1440
2026-03-02 IT/Printers 3 3 4 | 3 1 1    20  6057 | 2 2 0 10080 14688
2026-03-09 IT/Network  2 1 3 | 1 0 1    35    55 | 0 1 0  8640  8640
2026-03-09 IT/Printers 1 2 3 | 1 1 0  5050  9074 | 0 1 1 11520 16128
2026-03-16 IT/Network  0 0 3 | 0 0 0     -     - | 0 0 0     -     -
2026-03-16 IT/Printers 3 2 4 | 0 1 0     -     - | 1 0 1  3600  5328
2026-03-23 IT/Network  5 1 7 | 1 0 0   300   300 | 1 0 0 18720 18720
2026-03-23 IT/Printers 1 1 4 | 1 0 0    60    60 | 0 0 1  1289  1289
2026-03-30 IT/Network  1 0 8 | 0 1 0  2880  2880 | 0 1 0     -     -
2026-03-30 IT/Printers 2 0 6 | 0 1 0     -     - | 0 0 0     -     -
totals - 21 11 14 | 8 6 2 60 7488 | 5 5 3 5760 17280
<1d    - 2 IT/Printers 2
1-3d   - 2 IT/Network 1 IT/Printers 1
3-7d   - 3 IT/Network 3
7-30d  - 4 IT/Network 3 IT/Printers 1
>30d   - 3 IT/Network 1 IT/Printers 2
`

// newHistory is the city with that history; pat is manager of both services by the folder above them. Ticket n is 9000+n.
func newHistory(t *testing.T) *city {
	t.Helper()
	c := newCity(t)
	c.now = time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'manager', $2)", c.IT, c.People["pat"].ID)
	for _, line := range strings.Split(strings.TrimSpace(history), "\n") {
		f := strings.Fields(strings.ReplaceAll(line, "|", ""))
		service, moments := c.Printers, []any{}
		if f[1] == "N" {
			service = c.Network
		}
		for _, s := range f[2:8] {
			at, err := time.Parse("2006-01-02T15:04", "2026-"+s)
			if err != nil && s != "-" {
				t.Fatalf("%s: %v", line, err)
			}
			moments = append(moments, at)
			if s == "-" {
				moments[len(moments)-1] = nil
			}
		}
		status := "in_progress"
		if f[5] != "-" {
			status = "resolved"
		}
		mark := f[len(f)-1]
		c.sql(`insert into ticket (number, service_id, subject, status, requester_id, opened_via, root_message_id, updated_at, created_at, first_response_at,
			first_response_due, resolved_at, resolution_due, clock_stopped_at, withdrawn, spam_at, merged_into)
			values (9000 + $1::int, $2, 'Jam', $3, $4, 'desk', 'm@city.test', $5::timestamptz, $5, $6, $7, $8, $9, $10, $11 = 'withdrawn',
			case when $11 = 'spam' then $5::timestamptz end, case when $11 = 'merged' then 9008 end)`,
			append([]any{f[0], service, status, c.People["ben"].ID}, append(moments, mark)...)...)
	}
	return c
}

// march asks for the month; more changes the question.
func (c *city) march(who string, more ...func(*helpdesk.ReportQuery)) (*core.Report, error) {
	q := helpdesk.ReportQuery{From: "2026-03-02", To: "2026-03-31", Every: "week", By: "service", Timezone: "Europe/Madrid"}
	for _, change := range more {
		change(&q)
	}
	return c.desk.Report(c.Context(), c.People[who], q)
}

func printed(r *core.Report) (lines []string) {
	number := func(n *int) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	tally := func(label string, t core.Tally) {
		f, s := t.FirstResponse, t.Resolution
		lines = append(lines, fmt.Sprint(label, " ", t.Created, " ", t.Resolved, " ", t.Open, " | ", f.Met, " ", f.Missed, " ", f.None, " ", number(f.Median), " ", number(f.P90),
			" | ", s.Met, " ", s.Missed, " ", s.None, " ", number(s.Median), " ", number(s.P90)))
	}
	for _, row := range r.Rows {
		tally(row.Period.String()+" "+row.Key, row.Tally)
	}
	tally("totals -", r.Totals)
	for _, a := range r.OpenByAge {
		line := fmt.Sprintf("%s - %d", a.Age, a.Count)
		for _, k := range a.Keys {
			line += fmt.Sprintf(" %s %d", k.Key, k.Count)
		}
		lines = append(lines, line)
	}
	return lines
}

func squeezed(text string) (lines []string) {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

func (c *city) reports(what string, want []string, r *core.Report, err error) {
	c.Helper()
	if err != nil {
		c.Errorf("%s: %v", what, err)
		return
	}
	if got := printed(r); !slices.Equal(got, want) {
		c.Errorf("%s:\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestReportMatchesTheHandWorkedExample(t *testing.T) {
	t.Parallel()
	c := newHistory(t)
	r, err := c.march("pat")
	c.reports("weeks in Madrid", squeezed(expected), r, err)

	// In Chicago the month begins when 6 is there already, and ends when 18 is.
	r, err = c.march("pat", func(q *helpdesk.ReportQuery) { q.Timezone, q.Every, q.By = "America/Chicago", "month", "category" })
	if err != nil || len(r.Rows) != 1 || r.Rows[0].Created != 21 || r.Rows[0].Resolved != 11 || r.Rows[0].Open != 15 || r.Rows[0].Key != "other" {
		t.Errorf("the month in Chicago: %+v, %v", r, err)
	}
	// The 29th has 23 hours in Madrid: 28 and 15 are opened in it, and 16 is opened an hour after 22:00 in UTC, on the 30th.
	days := []string{}
	r, err = c.march("pat", func(q *helpdesk.ReportQuery) {
		q.From, q.To, q.Every, q.By = "2026-03-28", "2026-03-30", "day", "priority"
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Rows {
		days = append(days, fmt.Sprint(row.Period, " ", row.Created))
	}
	if !slices.Equal(days, []string{"2026-03-28 2", "2026-03-29 2", "2026-03-30 1"}) {
		t.Errorf("days around the change of clocks: %v", days)
	}
}

// Whoever oversees one service has its lines of the example, and nothing of the other's in rows, totals or ages.
func TestReportsAreForThoseWhoOverseeTheService(t *testing.T) {
	t.Parallel()
	c := newHistory(t)
	only := func(path, totals string) (lines []string) {
		for _, line := range squeezed(expected) {
			f := strings.Fields(line)
			switch {
			case f[0] == "totals":
				line = "totals - " + totals
			case f[1] == "-":
				line = f[0] + " - 0"
				if i := slices.Index(f, path); i > 0 {
					line = strings.Join([]string{f[0], "-", f[i+1], path, f[i+1]}, " ")
				}
			case f[1] != path:
				continue
			}
			lines = append(lines, line)
		}
		return lines
	}
	printers := only("IT/Printers", "10 8 6 | 5 4 1 30 9216 | 3 3 3 5760 16272")
	network := only("IT/Network", "11 3 8 | 3 2 1 180 1620 | 2 2 0 8640 16704")
	for who, want := range map[string][]string{"mia": printers, "man": printers, "net": network, "pat": squeezed(expected)} {
		r, err := c.march(who)
		c.reports(who, want, r, err)
	}
	for _, who := range []string{"sol", "vic", "gus", "exa", "rea", "tre", "ben", "ken", "root", "off"} {
		_, err := c.march(who)
		c.refused(who+" asks for a report", core.Forbidden, err)
		_, err = c.march(who, func(q *helpdesk.ReportQuery) { q.Service, q.By, q.From = "Printers", "nonsense", "x" })
		c.refused(who+" asks for one of Printers, badly", core.Forbidden, err)
	}

	service := func(name string) func(*helpdesk.ReportQuery) {
		return func(q *helpdesk.ReportQuery) { q.Service = name }
	}
	r, err := c.march("pat", service("Network"))
	c.reports("pat asks for Network", network, r, err)
	r, err = c.march("pat", service("IT"))
	c.reports("pat asks for the folder", squeezed(expected), r, err)
	r, err = c.march("man", service("IT"))
	c.reports("man asks for the folder", printers, r, err)
	_, err = c.march("man", service("Network"))
	_, unknown := c.march("man", service("Nowhere"))
	c.refused("man asks for Network", core.Invalid, err)
	if !reflect.DeepEqual(err, unknown) {
		t.Errorf("a service of others is answered %v, one that is not there %v", err, unknown)
	}

	// A delegate of a main solver oversees, one of a manager does not (E14); a service that stops inheriting is not the
	// folder's manager's (D23); who is disabled oversees nothing.
	c.sql("insert into absence (person_id, from_at, until_at, delegate_id) values ($1, '2026-03-31', '2026-04-02', $2), ($3, '2026-03-31', '2026-04-02', $4)",
		c.People["mia"].ID, c.People["ben"].ID, c.People["man"].ID, c.People["eva"].ID)
	r, err = c.march("ben")
	c.reports("mia's delegate", printers, r, err)
	_, err = c.march("eva")
	c.refused("man's delegate", core.Forbidden, err)
	c.sql("update service set inherit = false where id = $1", c.Printers)
	r, err = c.march("pat")
	c.reports("pat, where Printers inherits nothing", network, r, err)
	gone := *c.People["net"]
	gone.Disabled = true
	_, err = c.desk.Report(c.Context(), &gone, helpdesk.ReportQuery{})
	c.refused("who is disabled", core.Forbidden, err)
}

// A main solver of a sub-team has the numbers of its requesters' tickets alone (D17).
func TestReportOfASubTeam(t *testing.T) {
	t.Parallel()
	c := newHistory(t)
	var police int64
	if err := c.Store.Pool().QueryRow(t.Context(), "insert into requester_group (name) values ('Police') returning id").Scan(&police); err != nil {
		t.Fatal(err)
	}
	c.sql("insert into requester_group_member (group_id, person_id) values ($1, $2)", police, c.People["eva"].ID)
	c.sql("insert into role_grant (service_id, role, person_id, for_group_id) values ($1, 'main_solver', $2, $3)", c.Printers, c.People["ken"].ID, police)
	c.sql("update ticket set requester_id = $1 where number in (9007, 9016, 9020)", c.People["eva"].ID) // 20 is in Network
	r, err := c.march("ken")
	c.reports("the sub-team's main solver", []string{
		"2026-03-02 IT/Printers 1 1 0 | 1 0 0 30 30 | 1 0 0 1440 1440",
		"2026-03-30 IT/Printers 1 0 1 | 0 1 0 - - | 0 0 0 - -",
		"totals - 2 1 1 | 1 1 0 30 30 | 1 0 0 1440 1440",
		"<1d - 0", "1-3d - 1 IT/Printers 1", "3-7d - 0", "7-30d - 0", ">30d - 0",
	}, r, err)
	// Together with a grant for everybody nothing counts twice.
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'manager', $2)", c.Printers, c.People["ken"].ID)
	r, err = c.march("ken")
	if err != nil || r.Totals.Created != 10 {
		t.Errorf("manager and sub-team's main solver: %+v, %v", r, err)
	}
}

func TestReportTellsTicketsApart(t *testing.T) {
	t.Parallel()
	c := newHistory(t)
	c.sql("update ticket set solver_id = $1, group_id = $2, category = 'network', priority = 'urgent' where number in (9020, 9007)", c.People["sol"].ID, c.Field)
	c.sql("update solver_group set archived_at = now()")
	for by, want := range map[core.ReportBy][]core.ReportKey{
		"solver":   {{Key: "sol@city.test", Name: "Sol Vega"}, {}},
		"group":    {{Key: "IT/Printers/Field", Name: "Field"}, {}},
		"category": {{Key: "network"}, {Key: "other"}},
		"priority": {{Key: "normal"}, {Key: "urgent"}},
	} {
		r, err := c.march("pat", func(q *helpdesk.ReportQuery) { q.By, q.To = by, "2026-03-08" })
		if err != nil {
			t.Errorf("by %s: %v", by, err)
			continue
		}
		var got []core.ReportKey
		created := map[string]int{}
		for _, row := range r.Rows {
			got = append(got, row.ReportKey)
			created[row.Key] += row.Created
		}
		own := created["sol@city.test"] + created["IT/Printers/Field"] + created["network"] + created["urgent"]
		if !slices.Equal(got, want) || own != 2 || r.Totals.Created != 6 {
			t.Errorf("by %s: %+v, %d of %d", by, got, own, r.Totals.Created)
		}
	}
}

func TestReportRefusesWhatItCannotCount(t *testing.T) {
	t.Parallel()
	c := newHistory(t)
	for field, change := range map[string]func(*helpdesk.ReportQuery){
		"from":     func(q *helpdesk.ReportQuery) { q.From = "2026-02-30" },
		"to":       func(q *helpdesk.ReportQuery) { q.To = "yesterday" },
		"every":    func(q *helpdesk.ReportQuery) { q.Every = "hour" },
		"by":       func(q *helpdesk.ReportQuery) { q.By = "requester" },
		"timezone": func(q *helpdesk.ReportQuery) { q.Timezone = "Local" },
		"service":  func(q *helpdesk.ReportQuery) { q.Service = "Nowhere" },
	} {
		_, err := c.march("pat", change)
		if e, ok := err.(*core.Error); !ok || e.Code != core.Invalid || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	// Without anything it is the 90 days up to today by week, on the desk's clocks: it is April 2 in Auckland.
	c.sql("update desk set timezone = 'Pacific/Auckland'")
	r, err := c.desk.Report(t.Context(), c.People["pat"], helpdesk.ReportQuery{})
	if err != nil || r.Span.From.String() != "2026-01-03" || r.Span.To.String() != "2026-04-02" || r.Span.Every != "week" || r.By != "service" ||
		r.Rows[0].Period.String() != "2026-02-09" || r.Totals.Created != 27 || r.Totals.Open != 14 {
		t.Errorf("the usual report: %+v, %v", r, err)
	}
}

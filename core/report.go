package core

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Reports are numbers over time for who oversees the work (A46). A ticket counts where it is now: in the service it was
// moved to, under its present category, priority, group and solver. What was merged, is spam or was withdrawn by its
// requester counts nowhere.

// ReportBy is what a report tells apart.
type ReportBy string

// ReportEvery is how long a report's periods are.
type ReportEvery string

// The longest report: in periods, and in years.
const (
	maxReportPeriods = 400
	maxReportYears   = 5
)

// ReportBys lists what a report can tell apart; the first is the default.
func ReportBys() []ReportBy { return []ReportBy{"service", "category", "group", "solver", "priority"} }

// ReportEverys lists the lengths of periods. Weeks begin on Monday (ISO 8601).
func ReportEverys() []ReportEvery { return []ReportEvery{"day", "week", "month"} }

// ReportSpan is the time that a report is about, on the clocks of a zone.
type ReportSpan struct {
	From, To Date // both included
	Every    ReportEvery
	Zone     *time.Location
	Days     []Date      // the first day of each period; the first and last period may be cut by From and To
	Starts   []time.Time // when those days begin, and at last when the day after To begins
}

// NewReportSpan cuts the days from…to into periods. A day begins when clocks of the zone first show it, so days of 23 and
// of 25 hours are right. It refuses an end before the beginning, more than five years and more than 400 periods.
func NewReportSpan(from, to Date, every ReportEvery, zone *time.Location) (*ReportSpan, error) {
	latest := DateOf(time.Date(from.Year+maxReportYears, from.Month, from.Day, 0, 0, 0, 0, time.UTC))
	switch {
	case !slices.Contains(ReportEverys(), every):
		return nil, BadInput("every", "error.report.every", string(every))
	case to.Before(from):
		return nil, BadInput("to", "error.report.order")
	case !to.Before(latest):
		return nil, BadInput("from", "error.report.long", maxReportYears)
	}
	s := &ReportSpan{From: from, To: to, Every: every, Zone: zone}
	for day := from; !to.Before(day); day = day.next() {
		if day == from || every == "day" || every == "week" && day.weekday() == time.Monday || every == "month" && day.Day == 1 {
			s.Days = append(s.Days, day)
			s.Starts = append(s.Starts, First(day, 0, zone))
		}
	}
	if len(s.Days) > maxReportPeriods {
		return nil, BadInput("every", "error.report.periods", len(s.Days), maxReportPeriods)
	}
	s.Starts = append(s.Starts, First(to.next(), 0, zone))
	return s, nil
}

// Promise is how a target was kept (E11). Met, Missed and None count what was done in the period: in time, late, and
// without a target. Missed counts besides what was not done when its deadline passed in the period, and is not done yet or
// never was. The times are from opening to the first response or resolution of what was done in the period, on the clock
// and not in operating hours; nil where nothing was done.
type Promise struct {
	Met    int  `json:"met"`
	Missed int  `json:"missed"`
	None   int  `json:"none"`
	Median *int `json:"median_minutes,omitempty"`
	P90    *int `json:"p90_minutes,omitempty"`
}

// Tally is what a report counts: opened and (last) resolved in the period, open at its end, or now where it is not over.
type Tally struct {
	Created       int     `json:"created"`
	Resolved      int     `json:"resolved"`
	Open          int     `json:"open"`
	FirstResponse Promise `json:"first_response"`
	Resolution    Promise `json:"resolution"`
}

// ReportCell names a place in the table: the period's index, and the key in the words of ReportKey.
type ReportCell struct {
	Period int
	Key    string
}

// ReportKey is a key for people. Key is the path of a service, the word of a category or priority, the path and name of a
// group, the address of a solver, "" for no group or solver; Name says it shortly, and is empty for the desk's own words.
type ReportKey struct{ Key, Name string }

// Ages are the classes of age of what is open now, in days of 24 hours since opening; the lower end is inside.
func Ages() []string { return []string{"<1d", "1-3d", "3-7d", "7-30d", ">30d"} }

// ReportData is what was counted, by keys as they are stored.
type ReportData struct {
	Cells  map[ReportCell]*Tally // without Open
	Before map[string]int        // open when the first period began
	Total  Tally                 // of all periods and keys, without Open
	Ages   map[string][]int      // open now, by the classes of Ages
}

// Keys are all keys that something was counted for.
func (d *ReportData) Keys() []string {
	keys := map[string]bool{}
	for c := range d.Cells {
		keys[c.Key] = true
	}
	for key := range d.Before {
		keys[key] = true
	}
	for key := range d.Ages {
		keys[key] = true
	}
	return slices.Sorted(maps.Keys(keys))
}

// ReportRow is a period and key in which there is something to count.
type ReportRow struct {
	Period Date
	ReportKey
	Tally
}

// AgeCount is how many tickets of an age are open now, in all and by key.
type AgeCount struct {
	Age   string
	Count int
	Keys  []KeyCount
}

// KeyCount counts for a key.
type KeyCount struct {
	ReportKey
	Count int
}

// Report is the whole.
type Report struct {
	Span      *ReportSpan
	By        ReportBy
	Rows      []ReportRow // by period, then by key
	Totals    Tally       // Open: at the end of the span, or now
	OpenByAge []AgeCount
	begun     int // how many periods
}

// NewReport makes the table of what was counted. Open follows from what was open before: each ticket opened adds one, each
// resolved takes one away. Periods that begin after now have no rows, nor have keys in periods where all is 0.
func NewReport(span *ReportSpan, by ReportBy, d *ReportData, names map[string]ReportKey, now time.Time) *Report {
	r := &Report{Span: span, By: by, Rows: []ReportRow{}, Totals: d.Total}
	keys := d.Keys()
	slices.SortStableFunc(keys, func(a, b string) int { return compareKeys(by, names[a], names[b]) })
	open := maps.Clone(d.Before)
	if open == nil {
		open = map[string]int{}
	}
	for period, day := range span.Days {
		if span.Starts[period].After(now) {
			break
		}
		r.begun++
		for _, key := range keys {
			row := ReportRow{Period: day, ReportKey: names[key]}
			if counted := d.Cells[ReportCell{period, key}]; counted != nil {
				row.Tally = *counted
			}
			open[key] += row.Created - row.Resolved
			row.Open = open[key]
			if row.Tally != (Tally{}) {
				r.Rows = append(r.Rows, row)
			}
		}
	}
	for _, n := range open {
		r.Totals.Open += n
	}
	for i, age := range Ages() {
		c := AgeCount{Age: age, Keys: []KeyCount{}}
		for _, key := range keys {
			if counts := d.Ages[key]; i < len(counts) && counts[i] > 0 {
				c.Count += counts[i]
				c.Keys = append(c.Keys, KeyCount{names[key], counts[i]})
			}
		}
		r.OpenByAge = append(r.OpenByAge, c)
	}
	return r
}

// compareKeys puts keys into the order in which people expect them: priorities and categories in their own, all others by
// name, and what has neither group nor solver last.
func compareKeys(by ReportBy, a, b ReportKey) int {
	switch by {
	case "category":
		return cmp.Compare(slices.Index(Categories(), Category(a.Key)), slices.Index(Categories(), Category(b.Key)))
	case "priority":
		return cmp.Compare(slices.Index(Priorities(), Priority(a.Key)), slices.Index(Priorities(), Priority(b.Key)))
	case "service":
		return strings.Compare(a.Key, b.Key)
	}
	if (a.Key == "") != (b.Key == "") {
		return cmp.Compare(len(b.Key), len(a.Key))
	}
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Key, b.Key))
}

package core

import (
	"slices"
	"testing"
	"time"
)

// Sums over periods and over keys say the same as the rows, show quiet periods too, and none that is still to come.
func TestReportSums(t *testing.T) {
	t.Parallel()
	span, err := NewReportSpan(onDay(t, "2026-03-02"), onDay(t, "2026-03-29"), "week", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	median := 30
	data := &ReportData{
		Before: map[string]int{"b": 4},
		Cells: map[ReportCell]*Tally{
			{0, "b"}: {Created: 2, Resolved: 5, FirstResponse: Promise{Met: 2, Missed: 1, Median: &median}},
			{2, "a"}: {Created: 3, Resolution: Promise{Met: 1, None: 2}},
			{2, "b"}: {Resolved: 1, FirstResponse: Promise{Missed: 1}},
		},
	}
	names := map[string]ReportKey{"a": {"IT/A", "A"}, "b": {"IT/B", "B"}}
	r := NewReport(span, "service", data, names, span.Starts[3].Add(-time.Second))
	type sum struct {
		period, key             string
		created, resolved, open int
		met, missed             int
	}
	of := func(rows []ReportRow) (sums []sum) {
		for _, row := range rows {
			if row.FirstResponse.Median != nil {
				t.Error("a sum has a median")
			}
			period := ""
			if row.Period != (Date{}) {
				period = row.Period.String()
			}
			sums = append(sums, sum{period, row.Key, row.Created, row.Resolved, row.Open, row.FirstResponse.Met, row.FirstResponse.Missed})
		}
		return sums
	}
	if got, want := of(r.ByPeriod()), []sum{{"2026-03-02", "", 2, 5, 1, 2, 1}, {"2026-03-09", "", 0, 0, 1, 0, 0}, {"2026-03-16", "", 3, 1, 3, 0, 1}}; !slices.Equal(got, want) {
		t.Errorf("by period %v\nwant %v", got, want)
	}
	if got, want := of(r.ByKey()), []sum{{"", "IT/A", 3, 0, 3, 0, 0}, {"", "IT/B", 2, 6, 0, 2, 2}}; !slices.Equal(got, want) {
		t.Errorf("by key %v\nwant %v", got, want)
	}
	early := NewReport(span, "service", data, names, span.Starts[0].Add(-time.Second))
	if len(early.ByPeriod())+len(early.ByKey()) != 0 {
		t.Error("what has not begun is summed")
	}
}

func TestShareOfPromises(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		p    Promise
		want int
		ok   bool
	}{{Promise{None: 3}, 0, false}, {Promise{Met: 2, Missed: 1, None: 9}, 67, true}, {Promise{Missed: 4}, 0, true}, {Promise{Met: 7}, 100, true}} {
		if got, ok := x.p.Share(); got != x.want || ok != x.ok {
			t.Errorf("%+v: %d %v", x.p, got, ok)
		}
	}
}

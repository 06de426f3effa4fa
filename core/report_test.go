package core

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

func onDay(t *testing.T, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func clocksOf(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestReportPeriods(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		from, to, zone string
		every          ReportEvery
		want           []string // each day with the moment at which it begins, and the end
	}{
		{"2026-03-28", "2026-03-30", "Europe/Madrid", "day", // 29 has 23 hours
			[]string{"2026-03-28 03-27T23:00", "2026-03-29 03-28T23:00", "2026-03-30 03-29T22:00", "03-30T22:00"}},
		{"2026-10-25", "2026-10-25", "Europe/Madrid", "day", []string{"2026-10-25 10-24T22:00", "10-25T23:00"}}, // 25 hours
		{"2026-03-04", "2026-03-16", "America/Chicago", "week", // cut at both ends; clocks go on on the 8th
			[]string{"2026-03-04 03-04T06:00", "2026-03-09 03-09T05:00", "2026-03-16 03-16T05:00", "03-17T05:00"}},
		{"2025-12-31", "2026-02-01", "UTC", "month", []string{"2025-12-31 12-31T00:00", "2026-01-01 01-01T00:00", "2026-02-01 02-01T00:00", "02-02T00:00"}},
		{"2026-09-06", "2026-09-06", "America/Santiago", "day", []string{"2026-09-06 09-06T04:00", "09-07T03:00"}}, // 0:00 is skipped
		{"2024-02-28", "2024-02-29", "UTC", "day", []string{"2024-02-28 02-28T00:00", "2024-02-29 02-29T00:00", "03-01T00:00"}},
	} {
		s, err := NewReportSpan(onDay(t, x.from), onDay(t, x.to), x.every, clocksOf(t, x.zone))
		if err != nil {
			t.Errorf("%s to %s: %v", x.from, x.to, err)
			continue
		}
		var got []string
		for i, start := range s.Starts {
			moment := start.UTC().Format("01-02T15:04")
			if i < len(s.Days) {
				moment = s.Days[i].String() + " " + moment
			}
			got = append(got, moment)
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s to %s by %s: %v, want %v", x.from, x.to, x.every, got, x.want)
		}
	}
}

func TestReportSpansHaveLimits(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		from, to string
		every    ReportEvery
		field    string
	}{
		{"2026-01-02", "2026-01-01", "day", "to"},
		{"2026-01-01", "2026-01-01", "hour", "every"},
		{"2026-01-01", "2026-01-01", "", "every"},
		{"2020-01-01", "2024-12-31", "month", ""}, // five years to the day
		{"2020-01-01", "2025-01-01", "month", "from"},
		{"2025-01-01", "2026-02-04", "day", ""}, // 400 days
		{"2025-01-01", "2026-02-05", "day", "every"},
	} {
		s, err := NewReportSpan(onDay(t, x.from), onDay(t, x.to), x.every, time.UTC)
		field := ""
		if e, ok := err.(*Error); ok {
			field = e.Field
		}
		if field != x.field || (err == nil) != (s != nil) {
			t.Errorf("%s to %s by %s: %v", x.from, x.to, x.every, err)
		}
	}
}

func TestReportBalances(t *testing.T) {
	t.Parallel()
	span, err := NewReportSpan(onDay(t, "2026-03-02"), onDay(t, "2026-03-31"), "week", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	late := 90
	data := &ReportData{
		Before: map[string]int{"1": 3, "2": 1},
		Cells: map[ReportCell]*Tally{
			{0, "1"}: {Created: 2, Resolved: 4},
			{0, "2"}: {Resolved: 1},
			{1, "3"}: {FirstResponse: Promise{Missed: 1}},
			{2, "1"}: {Resolved: 1, Resolution: Promise{Met: 1, Median: &late}},
		},
		Total: Tally{Created: 2, Resolved: 6},
		Ages:  map[string][]int{"": {1, 0, 0, 0, 2}},
	}
	names := map[string]ReportKey{"1": {"b@city.test", "Ana"}, "2": {"c@city.test", "Bo"}, "3": {"a@city.test", "Ana"}}
	r := NewReport(span, "solver", data, names, span.Starts[3].Add(-time.Second)) // the fourth week is still to come
	type line struct {
		period, key    string
		created, done  int
		open, unserved int
	}
	var got []line
	for _, row := range r.Rows {
		got = append(got, line{row.Period.String(), row.Key, row.Created, row.Resolved, row.Open, row.FirstResponse.Missed})
	}
	want := []line{
		{"2026-03-02", "b@city.test", 2, 4, 1, 0},
		{"2026-03-02", "c@city.test", 0, 1, 0, 0},
		{"2026-03-09", "a@city.test", 0, 0, 0, 1}, // two of one name stand by address
		{"2026-03-09", "b@city.test", 0, 0, 1, 0},
		{"2026-03-16", "b@city.test", 0, 1, 0, 0},
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows %v\nwant %v", got, want)
	}
	if r.Totals.Open != 0 || r.Totals.Created != 2 {
		t.Errorf("totals %+v", r.Totals)
	}
	ages := []AgeCount{{"<1d", 1, []KeyCount{{ReportKey{}, 1}}}, {"1-3d", 0, []KeyCount{}}, {"3-7d", 0, []KeyCount{}},
		{"7-30d", 0, []KeyCount{}}, {">30d", 2, []KeyCount{{ReportKey{}, 2}}}}
	if !reflect.DeepEqual(r.OpenByAge, ages) {
		t.Errorf("ages %+v", r.OpenByAge)
	}
}

func TestReportKeysComeInTheirOrder(t *testing.T) {
	t.Parallel()
	for by, keys := range map[ReportBy][]ReportKey{
		"category": {{"hardware", ""}, {"access", ""}, {"other", ""}},
		"priority": {{"low", ""}, {"normal", ""}, {"high", ""}, {"urgent", ""}},
		"service":  {{"IT", "IT"}, {"IT/Network", "Network"}, {"IT/Printers", "Printers"}},
		"group":    {{"Z/Field", "Field"}, {"A/Remote", "Remote"}, {"", ""}},
	} {
		got := slices.Clone(keys)
		slices.Reverse(got)
		slices.SortFunc(got, func(a, b ReportKey) int { return compareKeys(by, a, b) })
		if !slices.Equal(got, keys) {
			t.Errorf("%s: %v", by, got)
		}
	}
}

package core

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tables on machines without a zone database
)

// The plans of the tables, as a desk file has them.
var plans = map[string]map[string][]string{
	"office": {"mon-fri": {"08:00-12:00", "13:00-17:00"}},
	"shop":   {"mon-fri": {"09:00-14:00", "17:00-20:30"}, "sat": {"10:00-14:00"}},
	"always": {"mon-sun": {"00:00-24:00"}},
	"night":  {"mon-sun": {"00:00-06:00", "22:00-24:00"}},
	"dawn":   {"sun": {"02:30-05:00"}},
	"gap":    {"sun": {"02:00-03:00"}},
	"brief":  {"sun": {"01:00-01:30"}},
	"late":   {"sun": {"01:30-03:00"}},
	"never":  {},
}

const (
	chicago  = "America/Chicago"
	madrid   = "Europe/Madrid"
	howe     = "Australia/Lord_Howe"
	santiago = "America/Santiago"
	havana   = "America/Havana"
	cairo    = "Africa/Cairo"
	johns    = "America/St_Johns"
	apia     = "Pacific/Apia"
)

func calendar(t testing.TB, plan, zone string, holidays ...string) *Calendar {
	t.Helper()
	c := &Calendar{Name: plan, Holidays: map[Date]bool{}}
	var err error
	if c.Zone, err = time.LoadLocation(zone); err != nil {
		t.Fatal(err)
	}
	if c.Hours, err = ParseWeek(plans[plan]); err != nil {
		t.Fatal(err)
	}
	for _, day := range holidays {
		date, err := ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		c.Holidays[date] = true
	}
	return c
}

// local reads what clocks of the zone show; where they show it twice the offset is added.
func (c *Calendar) local(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("Mon 2006-01-02 15:04", s, c.Zone)
	if err != nil {
		at, err = time.Parse("Mon 2006-01-02 15:04 -0700", s)
	}
	if err != nil {
		t.Fatal(err)
	}
	if day := at.In(c.Zone).Format("Mon"); day != s[:3] {
		t.Fatalf("%s is a %s", s, day)
	}
	return at
}

func (c *Calendar) shown(at time.Time) string {
	return at.In(c.Zone).Format("Mon 2006-01-02 15:04 -0700")
}

func hours(t testing.TB, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Every expectation is worked by hand.
func TestOperatingHoursFromAnInstant(t *testing.T) {
	t.Parallel()
	christmas := []string{"2026-12-24", "2026-12-25", "2026-12-26", "2027-01-01"}
	for _, row := range []struct {
		plan, zone string
		holidays   []string
		from, add  string
		due        string
	}{
		// several spans a day, lunch, evenings and weekends
		{"office", chicago, nil, "Mon 2026-03-02 09:00", "2h", "Mon 2026-03-02 11:00"},
		{"office", chicago, nil, "Mon 2026-03-02 10:00", "2h", "Mon 2026-03-02 12:00"},
		{"office", chicago, nil, "Mon 2026-03-02 10:00", "2h1m", "Mon 2026-03-02 13:01"},
		{"office", chicago, nil, "Mon 2026-03-02 11:00", "2h", "Mon 2026-03-02 14:00"},
		{"office", chicago, nil, "Mon 2026-03-02 16:00", "1h", "Mon 2026-03-02 17:00"},
		{"office", chicago, nil, "Mon 2026-03-02 16:00", "2h", "Tue 2026-03-03 09:00"},
		{"office", chicago, nil, "Mon 2026-03-02 08:00", "8h", "Mon 2026-03-02 17:00"},
		{"office", chicago, nil, "Mon 2026-03-02 09:00", "8h", "Tue 2026-03-03 09:00"},
		{"office", chicago, nil, "Fri 2026-03-06 16:59", "1m", "Fri 2026-03-06 17:00"},
		{"office", chicago, nil, "Fri 2026-03-06 17:00", "1m", "Mon 2026-03-09 08:01"},
		{"office", chicago, nil, "Fri 2026-01-02 09:00", "40h", "Fri 2026-01-09 09:00"},
		{"office", chicago, nil, "Mon 2026-03-02 08:00", "100h", "Wed 2026-03-18 12:00"},
		{"office", chicago, nil, "Mon 2028-02-28 16:00", "2h", "Tue 2028-02-29 09:00"},
		{"office", chicago, nil, "Tue 2028-02-29 16:00", "2h", "Wed 2028-03-01 09:00"},
		{"shop", madrid, nil, "Mon 2026-03-23 13:00", "2h", "Mon 2026-03-23 18:00"},
		{"shop", madrid, nil, "Mon 2026-03-23 09:00", "8h30m", "Mon 2026-03-23 20:30"},
		{"shop", madrid, nil, "Mon 2026-03-23 09:00", "8h31m", "Tue 2026-03-24 09:01"},
		{"shop", madrid, nil, "Mon 2026-03-23 20:00", "1h", "Tue 2026-03-24 09:30"},
		{"shop", madrid, nil, "Mon 2026-03-16 09:00", "46h30m", "Sat 2026-03-21 14:00"},
		{"shop", madrid, nil, "Sat 2026-03-28 13:30", "30m", "Sat 2026-03-28 14:00"},
		// opened outside the hours
		{"office", chicago, nil, "Mon 2026-03-02 06:30", "1h", "Mon 2026-03-02 09:00"},
		{"office", chicago, nil, "Mon 2026-03-02 12:20", "30m", "Mon 2026-03-02 13:30"},
		{"office", chicago, nil, "Mon 2026-03-02 19:00", "4h", "Tue 2026-03-03 12:00"},
		{"office", chicago, nil, "Sat 2026-03-07 10:00", "0s", "Sat 2026-03-07 10:00"},
		{"office", chicago, nil, "Sat 2026-03-07 10:00", "4h", "Mon 2026-03-09 12:00"},
		{"office", chicago, nil, "Sun 2026-03-15 23:59", "16h", "Tue 2026-03-17 17:00"},
		{"shop", madrid, nil, "Mon 2026-03-23 15:30", "3h30m", "Mon 2026-03-23 20:30"},
		{"shop", madrid, nil, "Sat 2026-03-28 15:00", "5h", "Mon 2026-03-30 14:00"},
		// holidays
		{"office", chicago, christmas[1:], "Thu 2026-12-24 15:00", "4h", "Mon 2026-12-28 10:00"},
		{"office", chicago, christmas, "Fri 2026-12-25 11:00", "1h", "Mon 2026-12-28 09:00"},
		{"office", chicago, christmas, "Wed 2026-12-23 16:00", "2h", "Mon 2026-12-28 09:00"},
		{"office", chicago, christmas, "Thu 2026-12-31 16:00", "2h", "Mon 2027-01-04 09:00"},
		{"office", chicago, nil, "Thu 2026-12-31 16:00", "2h", "Fri 2027-01-01 09:00"},
		{"shop", madrid, []string{"2026-05-01"}, "Thu 2026-04-30 20:00", "1h", "Sat 2026-05-02 10:30"},
		{"night", madrid, []string{"2026-05-01"}, "Thu 2026-04-30 23:00", "2h", "Sat 2026-05-02 01:00"},
		// clocks set forward
		{"office", chicago, nil, "Fri 2026-03-06 16:30", "1h", "Mon 2026-03-09 08:30"},
		{"shop", madrid, nil, "Fri 2026-03-27 19:30", "6h", "Mon 2026-03-30 10:00"},
		{"always", chicago, nil, "Sat 2026-03-07 20:00", "8h", "Sun 2026-03-08 05:00"},
		{"always", chicago, nil, "Sun 2026-03-08 00:00", "23h", "Mon 2026-03-09 00:00"},
		{"always", chicago, nil, "Sun 2026-03-08 01:30", "1h", "Sun 2026-03-08 03:30"},
		{"always", madrid, nil, "Sat 2026-03-28 22:00", "6h", "Sun 2026-03-29 05:00"},
		{"night", madrid, nil, "Sat 2026-03-28 22:00", "7h", "Sun 2026-03-29 06:00"},
		{"night", madrid, nil, "Sat 2026-03-28 22:00", "7h1m", "Sun 2026-03-29 22:01"},
		{"always", howe, nil, "Sun 2026-10-04 01:00", "1h30m", "Sun 2026-10-04 03:00"},
		{"always", howe, nil, "Sun 2026-10-04 00:00", "23h30m", "Mon 2026-10-05 00:00"},
		// … with hours that begin, end or lie in what is skipped
		{"dawn", chicago, nil, "Sun 2026-03-08 00:00", "1h", "Sun 2026-03-08 04:00"},
		{"dawn", chicago, nil, "Sun 2026-03-08 00:00", "2h1m", "Sun 2026-03-15 02:31"},
		{"gap", chicago, nil, "Sun 2026-03-08 00:00", "30m", "Sun 2026-03-15 02:30"},
		{"gap", howe, nil, "Sun 2026-10-04 00:00", "30m", "Sun 2026-10-04 03:00"},
		{"gap", howe, nil, "Sun 2026-10-04 00:00", "31m", "Sun 2026-10-11 02:01"},
		// clocks set back
		{"office", chicago, nil, "Fri 2026-10-30 16:30", "1h", "Mon 2026-11-02 08:30"},
		{"always", chicago, nil, "Sun 2026-11-01 00:00", "25h", "Mon 2026-11-02 00:00"},
		{"always", chicago, nil, "Sun 2026-11-01 00:30", "1h", "Sun 2026-11-01 01:30 -0500"},
		{"always", chicago, nil, "Sun 2026-11-01 00:30", "2h", "Sun 2026-11-01 01:30 -0600"},
		{"always", madrid, nil, "Sat 2026-10-24 22:00", "6h", "Sun 2026-10-25 03:00"},
		{"night", madrid, nil, "Sat 2026-10-24 22:00", "9h", "Sun 2026-10-25 06:00"},
		{"night", madrid, nil, "Sun 2026-10-25 02:30 +0200", "1h", "Sun 2026-10-25 02:30 +0100"},
		{"night", madrid, nil, "Sun 2026-10-25 02:30 +0100", "1h", "Sun 2026-10-25 03:30"},
		{"always", howe, nil, "Sun 2026-04-05 01:00 +1100", "1h15m", "Sun 2026-04-05 01:45 +1030"},
		{"always", howe, nil, "Sun 2026-04-05 00:00", "24h30m", "Mon 2026-04-06 00:00"},
		// … with hours that begin or end in what is shown twice: the first time counts
		{"brief", chicago, nil, "Sun 2026-11-01 00:00", "30m", "Sun 2026-11-01 01:30 -0500"},
		{"brief", chicago, nil, "Sun 2026-11-01 00:00", "31m", "Sun 2026-11-08 01:01"},
		{"brief", chicago, nil, "Sun 2026-11-01 01:10 -0600", "10m", "Sun 2026-11-08 01:10"},
		{"late", chicago, nil, "Sun 2026-11-01 00:00", "1h", "Sun 2026-11-01 01:30 -0600"},
		{"late", chicago, nil, "Sun 2026-11-01 00:00", "2h30m", "Sun 2026-11-01 03:00"},
		// changes at midnight
		{"always", santiago, nil, "Sat 2026-04-04 22:00", "2h30m", "Sat 2026-04-04 23:30 -0400"},
		{"night", santiago, nil, "Sat 2026-04-04 22:00", "3h", "Sun 2026-04-05 00:00"},
		{"always", santiago, nil, "Sat 2026-09-05 23:00", "2h", "Sun 2026-09-06 02:00"},
		{"night", santiago, nil, "Sat 2026-09-05 22:00", "7h", "Sun 2026-09-06 06:00"},
		{"night", havana, nil, "Sun 2026-11-01 00:00 -0400", "7h", "Sun 2026-11-01 06:00"},
		{"night", havana, nil, "Sat 2026-03-07 22:00", "7h", "Sun 2026-03-08 06:00"},
		{"night", cairo, nil, "Thu 2026-10-29 22:00", "3h", "Fri 2026-10-30 00:00"},
		{"always", johns, nil, "Sat 2010-11-06 22:00", "3h", "Sun 2010-11-07 00:00 -0330"},
		{"night", johns, nil, "Sat 2010-11-06 22:00", "9h", "Sun 2010-11-07 06:00"},
		{"always", apia, nil, "Thu 2011-12-29 22:00", "4h", "Sat 2011-12-31 02:00"},
	} {
		c := calendar(t, row.plan, row.zone, row.holidays...)
		from, add := c.local(t, row.from), hours(t, row.add)
		due, ok := c.Add(from, add)
		if !ok || !due.Equal(c.local(t, row.due)) {
			t.Errorf("%s in %s: %s + %s = %s, %v; wanted %s", row.plan, row.zone, row.from, row.add, c.shown(due), ok, row.due)
		}
		if between := c.Between(from, c.local(t, row.due)); between != add {
			t.Errorf("%s in %s: from %s to %s are %v; wanted %s", row.plan, row.zone, row.from, row.due, between, row.add)
		}
	}
}

func TestOperatingHoursBeforeAnInstant(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ plan, zone, to, subtract, from string }{
		{"office", chicago, "Mon 2026-03-02 09:00", "1h", "Mon 2026-03-02 08:00"},
		{"office", chicago, "Mon 2026-03-02 09:00", "2h", "Fri 2026-02-27 16:00"},
		{"office", chicago, "Mon 2026-03-02 13:30", "1h", "Mon 2026-03-02 11:30"},
		{"office", chicago, "Mon 2026-03-02 13:00", "4h", "Mon 2026-03-02 08:00"},
		{"office", chicago, "Mon 2026-03-02 12:30", "1m", "Mon 2026-03-02 11:59"},
		{"office", chicago, "Sat 2026-03-07 10:00", "8h", "Fri 2026-03-06 08:00"},
		{"office", chicago, "Mon 2026-03-09 08:00", "8h", "Fri 2026-03-06 08:00"},
		{"office", chicago, "Sun 2026-03-08 03:30", "0s", "Sun 2026-03-08 03:30"},
		{"shop", madrid, "Mon 2026-03-30 10:00", "6h", "Fri 2026-03-27 19:30"},
		{"always", chicago, "Sun 2026-03-08 05:00", "8h", "Sat 2026-03-07 20:00"},
		{"always", chicago, "Sun 2026-11-01 01:30 -0600", "1h", "Sun 2026-11-01 01:30 -0500"},
		{"night", madrid, "Sun 2026-10-25 06:00", "9h", "Sat 2026-10-24 22:00"},
		{"always", howe, "Sun 2026-04-05 01:45 +1030", "1h15m", "Sun 2026-04-05 01:00"},
		{"brief", chicago, "Sun 2026-11-01 01:10 -0600", "10m", "Sun 2026-11-01 01:20 -0500"},
		{"night", johns, "Sat 2010-11-06 23:30 -0330", "30m", "Sun 2010-11-07 00:00 -0230"},
		{"never", chicago, "Mon 2026-03-02 09:00", "1h", "Mon 2026-03-02 09:00"},
	} {
		c := calendar(t, row.plan, row.zone)
		if from := c.Subtract(c.local(t, row.to), hours(t, row.subtract)); !from.Equal(c.local(t, row.from)) {
			t.Errorf("%s in %s: %s - %s = %s; wanted %s", row.plan, row.zone, row.to, row.subtract, c.shown(from), row.from)
		}
	}
}

func TestOperatingHoursBetween(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		plan, zone string
		holidays   []string
		a, b       string
		want       string
	}{
		{"office", chicago, nil, "Mon 2026-03-02 11:00", "Mon 2026-03-02 10:00", "0s"},
		{"office", chicago, nil, "Mon 2026-03-02 11:00", "Mon 2026-03-02 11:00", "0s"},
		{"office", chicago, nil, "Mon 2026-03-02 12:00", "Mon 2026-03-02 13:00", "0s"},
		{"office", chicago, nil, "Fri 2026-03-06 17:00", "Mon 2026-03-09 08:00", "0s"},
		{"office", chicago, nil, "Fri 2026-03-06 16:00", "Mon 2026-03-09 09:00", "2h"},
		{"office", chicago, nil, "Sun 2026-03-01 00:00", "Wed 2026-04-01 00:00", "176h"},
		{"office", madrid, nil, "Thu 2026-01-01 00:00", "Fri 2027-01-01 00:00", "2088h"},
		{"office", madrid, []string{"2026-01-01", "2026-01-06", "2026-08-15"}, "Thu 2026-01-01 00:00", "Fri 2027-01-01 00:00", "2072h"},
		{"always", chicago, nil, "Sun 2026-03-01 00:00", "Wed 2026-04-01 00:00", "743h"},
		{"always", chicago, nil, "Sun 2026-11-01 00:00", "Tue 2026-12-01 00:00", "721h"},
		{"always", howe, nil, "Thu 2026-10-01 00:00", "Sun 2026-11-01 00:00", "743h30m"},
		{"always", johns, nil, "Sat 2010-11-06 00:00", "Sat 2010-11-06 23:30 -0330", "24h30m"},
		{"never", madrid, nil, "Thu 2026-01-01 00:00", "Fri 2027-01-01 00:00", "0s"},
	} {
		c := calendar(t, row.plan, row.zone, row.holidays...)
		if got := c.Between(c.local(t, row.a), c.local(t, row.b)); got != hours(t, row.want) {
			t.Errorf("%s in %s: from %s to %s are %v; wanted %s", row.plan, row.zone, row.a, row.b, got, row.want)
		}
	}
}

// A calendar in which no more time passes, or not enough within a century, has no deadlines.
func TestNoOperatingHoursNoDeadline(t *testing.T) {
	t.Parallel()
	c := calendar(t, "never", chicago)
	if due, ok := c.Add(noon, time.Minute); ok {
		t.Errorf("without hours it is %v", due)
	}
	c = calendar(t, "brief", chicago) // 26 hours a year
	if due, ok := c.Add(noon, 10_000*time.Hour); ok {
		t.Errorf("after centuries it is %v", due)
	}
	if due, ok := c.Add(noon, 2_000*time.Hour); !ok || due.Year() < 2102 || due.Year() > 2103 {
		t.Errorf("after 4,000 Sundays it is %v, %v", due, ok)
	}
}

// An instant is the same wherever it was named; the answers are in UTC.
func TestOperatingHoursOfInstantsFromOtherZones(t *testing.T) {
	t.Parallel()
	c := calendar(t, "office", chicago)
	from := time.Date(2026, 3, 3, 0, 30, 0, 0, time.FixedZone("", 9*3600)) // Monday 09:30 in Chicago
	want := time.Date(2026, 3, 2, 17, 30, 0, 0, time.UTC)
	if due, _ := c.Add(from, 2*time.Hour); due != want {
		t.Errorf("due at %v", due)
	}
	if start := c.Subtract(want.In(time.FixedZone("", -7200)), 2*time.Hour); start != from.UTC() {
		t.Errorf("starts at %v", start)
	}
}

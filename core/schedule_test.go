package core

import (
	"slices"
	"testing"
	"time"
)

// run lists the moments that follow one, in UTC.
func run(t *testing.T, s Schedule, after string, n int) (list []string) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, after)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		next := s.Next(at)
		if !next.After(at) {
			t.Fatalf("%+v: %v follows %v", s, next, at)
		}
		at = next
		list = append(list, at.Format("2006-01-02T15:04Z"))
	}
	return list
}

func TestScheduleFollowsTheClocks(t *testing.T) {
	t.Parallel()
	for what, x := range map[string]struct {
		s     Schedule
		after string
		want  []string
	}{
		"each day": {Schedule{Every: "day", At: "08:00", Timezone: "UTC"}, "2026-03-04T08:00:00Z",
			[]string{"2026-03-05T08:00Z", "2026-03-06T08:00Z"}},
		"a moment before": {Schedule{Every: "day", At: "08:00", Timezone: "UTC"}, "2026-03-04T07:59:59Z", []string{"2026-03-04T08:00Z"}},
		"midnight":        {Schedule{Every: "day", At: "00:00", Timezone: "America/Chicago"}, "2026-01-01T00:00:00Z", []string{"2026-01-01T06:00Z", "2026-01-02T06:00Z"}},
		"the day there is another": {Schedule{Every: "day", At: "01:00", Timezone: "Pacific/Auckland"}, "2026-06-01T12:30:00Z",
			[]string{"2026-06-01T13:00Z"}},
		"clocks set forward keep the time": {Schedule{Every: "day", At: "08:00", Timezone: "America/Chicago"}, "2026-03-07T00:00:00Z",
			[]string{"2026-03-07T14:00Z", "2026-03-08T13:00Z", "2026-03-09T13:00Z"}},
		"clocks set back keep the time": {Schedule{Every: "day", At: "08:00", Timezone: "America/Chicago"}, "2026-10-31T00:00:00Z",
			[]string{"2026-10-31T13:00Z", "2026-11-01T14:00Z", "2026-11-02T14:00Z"}},
		"a time that is skipped comes with the change": {Schedule{Every: "day", At: "02:30", Timezone: "America/Chicago"}, "2026-03-07T00:00:00Z",
			[]string{"2026-03-07T08:30Z", "2026-03-08T08:00Z", "2026-03-09T07:30Z"}},
		"a time that comes twice counts once": {Schedule{Every: "day", At: "01:30", Timezone: "America/Chicago"}, "2026-10-31T00:00:00Z",
			[]string{"2026-10-31T06:30Z", "2026-11-01T06:30Z", "2026-11-02T07:30Z"}},
		"between the two": {Schedule{Every: "day", At: "01:30", Timezone: "America/Chicago"}, "2026-11-01T07:00:00Z", []string{"2026-11-02T07:30Z"}},
		"set back over midnight counts once": {Schedule{Every: "day", At: "23:30", Timezone: "America/Sao_Paulo"}, "2018-02-17T00:00:00Z",
			[]string{"2018-02-17T01:30Z", "2018-02-18T01:30Z", "2018-02-19T02:30Z"}}, // 17 February had its last hour twice
		"Europe, both changes": {Schedule{Every: "month", Day: 29, At: "02:15", Timezone: "Europe/Madrid"}, "2026-03-01T00:00:00Z",
			[]string{"2026-03-29T01:00Z", "2026-04-29T00:15Z"}},
		"days of the week": {Schedule{Every: "week", Days: []string{"fri", "mon"}, At: "09:30", Timezone: "Europe/Madrid"}, "2026-03-26T00:00:00Z",
			[]string{"2026-03-27T08:30Z", "2026-03-30T07:30Z", "2026-04-03T07:30Z"}},
		"Sunday": {Schedule{Every: "week", Days: []string{"sun"}, At: "00:00", Timezone: "UTC"}, "2026-03-01T00:00:00Z", []string{"2026-03-08T00:00Z"}},
		"the first": {Schedule{Every: "month", Day: 1, At: "08:00", Timezone: "UTC"}, "2026-12-01T08:00:00Z",
			[]string{"2027-01-01T08:00Z", "2027-02-01T08:00Z"}},
		"the last": {Schedule{Every: "month", Day: 31, At: "08:00", Timezone: "UTC"}, "2026-01-01T00:00:00Z",
			[]string{"2026-01-31T08:00Z", "2026-02-28T08:00Z", "2026-03-31T08:00Z", "2026-04-30T08:00Z"}},
		"a leap year": {Schedule{Every: "month", Day: 30, At: "08:00", Timezone: "UTC"}, "2028-01-30T08:00:00Z",
			[]string{"2028-02-29T08:00Z", "2028-03-30T08:00Z"}},
		"29 February": {Schedule{Every: "month", Day: 29, At: "08:00", Timezone: "UTC"}, "2027-02-01T00:00:00Z",
			[]string{"2027-02-28T08:00Z", "2027-03-29T08:00Z"}},
		"half hours": {Schedule{Every: "day", At: "08:00", Timezone: "Asia/Kolkata"}, "2026-03-04T00:00:00Z", []string{"2026-03-04T02:30Z"}},
	} {
		if got := run(t, x.s, x.after, len(x.want)); !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, want %v", what, got, x.want)
		}
	}
}

// Whatever the zone, a day has one moment: over ten years there are as many as days, weeks and months.
func TestScheduleHasEachDayOnce(t *testing.T) {
	t.Parallel()
	from, to := time.Date(2015, 1, 1, 12, 0, 0, 0, time.UTC), time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, zone := range []string{"UTC", "America/Chicago", "America/Sao_Paulo", "America/Havana", "Europe/Madrid", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Amman"} {
		for _, at := range []string{"00:00", "00:30", "01:30", "02:00", "02:30", "03:00", "23:30"} {
			for s, want := range map[*Schedule]int{
				{Every: "day", At: at, Timezone: zone}:                                3653,
				{Every: "week", Days: []string{"sun"}, At: at, Timezone: zone}:        522,
				{Every: "week", Days: []string{"mon", "thu"}, At: at, Timezone: zone}: 1043,
				{Every: "month", Day: 31, At: at, Timezone: zone}:                     120,
			} {
				n := 0
				for next := s.Next(from); !next.After(to); next = s.Next(next) {
					n++
				}
				if n < want-1 || n > want+1 { // of the ends one or another may lie outside
					t.Errorf("%+v: %d in ten years, want %d", *s, n, want)
				}
			}
		}
	}
}

func TestScheduleThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for field, list := range map[string][]Schedule{
		"schedule.every":    {{At: "08:00", Timezone: "UTC"}, {Every: "year", At: "08:00", Timezone: "UTC"}},
		"schedule.days":     {{Every: "week", At: "08:00", Timezone: "UTC"}, {Every: "week", Days: []string{"lun"}, At: "08:00", Timezone: "UTC"}, {Every: "day", Days: []string{"mon"}, At: "08:00", Timezone: "UTC"}},
		"schedule.day":      {{Every: "month", At: "08:00", Timezone: "UTC"}, {Every: "month", Day: 32, At: "08:00", Timezone: "UTC"}, {Every: "month", Day: -1, At: "08:00", Timezone: "UTC"}, {Every: "day", Day: 1, At: "08:00", Timezone: "UTC"}},
		"schedule.at":       {{Every: "day", Timezone: "UTC"}, {Every: "day", At: "24:00", Timezone: "UTC"}, {Every: "day", At: "8", Timezone: "UTC"}, {Every: "day", At: "08:60", Timezone: "UTC"}},
		"schedule.timezone": {{Every: "day", At: "08:00"}, {Every: "day", At: "08:00", Timezone: "Local"}, {Every: "day", At: "08:00", Timezone: "Mars/Olympus"}},
	} {
		for _, s := range list {
			if e, ok := s.Check().(*Error); !ok || e.Field != field || e.Code != Invalid {
				t.Errorf("%+v: %v, want a refusal of %s", s, s.Check(), field)
			}
			if !s.Next(time.Now()).IsZero() {
				t.Errorf("%+v has a next moment", s)
			}
		}
	}
}

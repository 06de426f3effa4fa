package core

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// changes are zones with a moment near which their clocks are changed.
var changes = []struct{ zone, near string }{
	{chicago, "2026-03-08"}, {chicago, "2026-11-01"}, {madrid, "2026-03-29"}, {madrid, "2026-10-25"}, {howe, "2026-04-05"}, {howe, "2026-10-04"},
	{santiago, "2026-04-05"}, {santiago, "2026-09-06"}, {havana, "2026-03-08"}, {havana, "2026-11-01"}, {cairo, "2026-04-24"}, {cairo, "2026-10-30"},
	{johns, "2010-11-07"}, {johns, "2010-03-14"}, {apia, "2011-12-30"}, {"Africa/Casablanca", "2026-02-15"}, {"Asia/Kolkata", "2026-05-05"}, {"UTC", "2026-12-31"},
}

// seed names the run of a failing test, so that it can be repeated.
func seeded(t testing.TB, seed uint64) *rand.Rand {
	t.Helper()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 11))
}

// randomCalendar has hours at any minute, days without any, and holidays near the change of the clocks.
func randomCalendar(t testing.TB, r *rand.Rand) (*Calendar, time.Time) {
	t.Helper()
	change := changes[r.IntN(len(changes))]
	c := calendar(t, "never", change.zone)
	near, err := time.ParseInLocation(time.DateOnly, change.near, c.Zone)
	if err != nil {
		t.Fatal(err)
	}
	for day := range c.Hours {
		edges := make([]int, 2*r.IntN(4))
		for i := range edges {
			edges[i] = r.IntN(1441)
			if r.IntN(3) == 0 {
				edges[i] = r.IntN(9) * 30 // the small hours, when clocks are changed
			}
		}
		slices.Sort(edges)
		for i := 0; i < len(edges); i += 2 {
			if edges[i] < edges[i+1] {
				c.Hours[day] = append(c.Hours[day], Interval{edges[i], edges[i+1]})
			}
		}
	}
	if !c.opens() {
		c.Hours[time.Tuesday] = []Interval{{0, 1440}}
	}
	for range r.IntN(4) {
		c.Holidays[DateOf(near.AddDate(0, 0, r.IntN(14)-7))] = true
	}
	return c, near.UTC()
}

func (c *Calendar) describe() string {
	return fmt.Sprintf("%s %v without %v", c.Zone, c.Hours, c.Holidays)
}

// about is a moment within some days of another, to the microsecond.
func about(r *rand.Rand, near time.Time, days int) time.Time {
	return near.Add(time.Duration(r.Int64N(int64(days)*48*int64(time.Hour/time.Microsecond)))*time.Microsecond - time.Duration(days)*24*time.Hour)
}

// Adding and measuring are inverse, measuring adds up, and Add and Subtract find the first and the last instant.
func TestOperatingTimeIsConsistent(t *testing.T) {
	t.Parallel()
	r := seeded(t, 2026)
	for range 4000 {
		c, near := randomCalendar(t, r)
		from := about(r, near, 4)
		d := time.Duration(r.Int64N(int64(30*time.Hour/time.Microsecond))+1) * time.Microsecond
		due, ok := c.Add(from, d)
		if !ok || due.Before(from) {
			t.Fatalf("%s: %s + %v = %s, %v", c.describe(), c.shown(from), d, c.shown(due), ok)
		}
		if between := c.Between(from, due); between != d {
			t.Fatalf("%s: %s + %v = %s, where %v passed", c.describe(), c.shown(from), d, c.shown(due), between)
		}
		if early := c.Between(from, due.Add(-time.Nanosecond)); early >= d {
			t.Fatalf("%s: %s + %v = %s is not the first instant", c.describe(), c.shown(from), d, c.shown(due))
		}
		start := c.Subtract(due, d)
		if between := c.Between(start, due); between != d || start.Before(from) {
			t.Fatalf("%s: %s - %v = %s, from where %v pass", c.describe(), c.shown(due), d, c.shown(start), between)
		}
		if late := c.Between(start.Add(time.Nanosecond), due); late >= d {
			t.Fatalf("%s: %s - %v = %s is not the last instant", c.describe(), c.shown(due), d, c.shown(start))
		}
		if again, _ := c.Add(start, d); !again.Equal(due) {
			t.Fatalf("%s: %s - %v + %v = %s", c.describe(), c.shown(due), d, d, c.shown(again))
		}
		if later, _ := c.Add(from, d+time.Duration(r.Int64N(int64(time.Hour)))+1); !later.After(due) {
			t.Fatalf("%s: more than %v from %s end at %s, not after %s", c.describe(), d, c.shown(from), c.shown(later), c.shown(due))
		}
		if next, _ := c.Add(from.Add(time.Duration(r.Int64N(int64(time.Hour)))), d); next.Before(due) {
			t.Fatalf("%s: %v from after %s end at %s, before %s", c.describe(), d, c.shown(from), c.shown(next), c.shown(due))
		}
		three := []time.Time{from, about(r, near, 4), about(r, near, 4)}
		slices.SortFunc(three, time.Time.Compare)
		x, y, whole := c.Between(three[0], three[1]), c.Between(three[1], three[2]), c.Between(three[0], three[2])
		if x+y != whole || x < 0 || y < 0 || whole > three[2].Sub(three[0]) {
			t.Fatalf("%s: from %s to %s to %s are %v and %v, together %v", c.describe(), c.shown(three[0]), c.shown(three[1]), c.shown(three[2]), x, y, whole)
		}
	}
}

// Measuring agrees with somebody who looks at the clock each minute: it is open while the latest time that the clock ever
// came to lies in the hours.
func TestOperatingTimeAgreesWithWatchingTheClock(t *testing.T) {
	t.Parallel()
	r := seeded(t, 7)
	const wall = "2006-01-02 15:04"
	for range 100 {
		c, near := randomCalendar(t, r)
		begin, end := near.AddDate(0, 0, -3).Truncate(time.Minute), near.AddDate(0, 0, 3)
		latest, open, minutes := "", 0, []int{0} // open minutes since the beginning
		for at := begin; at.Before(end); at = at.Add(time.Minute) {
			latest = max(latest, at.In(c.Zone).Format(wall))
			day, err := time.Parse(wall, latest)
			if err != nil {
				t.Fatal(err)
			}
			if minute := day.Hour()*60 + day.Minute(); !c.Holidays[DateOf(day)] && slices.ContainsFunc(c.Hours[day.Weekday()], func(i Interval) bool { return i.From <= minute && minute < i.To }) {
				open++
			}
			minutes = append(minutes, open)
		}
		for range 20 {
			a, b := 1440+r.IntN(len(minutes)-1440), 1440+r.IntN(len(minutes)-1440)
			a, b = min(a, b), max(a, b)
			from, to := begin.Add(time.Duration(a)*time.Minute), begin.Add(time.Duration(b)*time.Minute)
			if got, want := c.Between(from, to), time.Duration(minutes[b]-minutes[a])*time.Minute; got != want {
				t.Fatalf("%s: from %s to %s are %v, watched %v", c.describe(), c.shown(from), c.shown(to), got, want)
			}
		}
	}
}

func FuzzOperatingTime(f *testing.F) {
	for i := range changes {
		f.Add(uint64(i), int64(i)*3_600_000_000, int64(i+1)*5_400_000_000)
	}
	f.Fuzz(func(t *testing.T, plan uint64, offset, length int64) {
		c, near := randomCalendar(t, rand.New(rand.NewPCG(plan, 3)))
		from := near.Add(time.Duration(offset%int64(10*24*time.Hour/time.Microsecond)) * time.Microsecond)
		d := time.Duration(length%int64(500*time.Hour/time.Microsecond)) * time.Microsecond
		due, ok := c.Add(from, d)
		if !ok || c.Between(from, due) != max(d, 0) {
			t.Errorf("%s: %s + %v = %s, %v, where %v passed", c.describe(), c.shown(from), d, c.shown(due), ok, c.Between(from, due))
		}
	})
}

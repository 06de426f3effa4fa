package core

import "time"

// Calendar says when operating hours are: a weekly plan on the clocks of a time zone, without the holidays (E11).
type Calendar struct {
	Name     string
	Zone     *time.Location
	Hours    Week
	Holidays map[Date]bool
}

// Date is a day of a calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day that clocks of t's zone show.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads 2026-12-25.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	return DateOf(t), err
}

func (d Date) next() Date { return DateOf(time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, time.UTC)) }

func (d Date) weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
}

// First is the first instant at which clocks of the zone have come to the given minute of the day: the first of two where
// they are set back, and the moment of the change where they skip it. 24:00 is the beginning of the next day.
func First(d Date, minute int, zone *time.Location) time.Time {
	wall := time.Date(d.Year, d.Month, d.Day, 0, minute, 0, 0, time.UTC)
	near := time.Date(d.Year, d.Month, d.Day, 0, minute, 0, 0, zone)
	start, end := near.ZoneBounds()
	first := time.Time{}
	for _, t := range []time.Time{near, start.Add(-1), end} { // the offsets around: clocks may show the time twice
		_, offset := t.In(zone).Zone()
		if u := wall.Add(-time.Duration(offset) * time.Second); sameClock(u.In(zone), wall) && (first.IsZero() || u.Before(first)) {
			first = u
		}
	}
	switch {
	case !first.IsZero():
		return first
	case near.Format(clockForm) > wall.Format(clockForm): // skipped, and Go's guess lies behind the change
		return start.UTC()
	}
	return end.UTC()
}

const clockForm = "2006-01-02 15:04"

func sameClock(t, wall time.Time) bool { return t.Format(clockForm) == wall.Format(clockForm) }

// span is a stretch of operating hours.
type span struct{ from, to time.Time }

// on gives the operating hours of a day, in their order. An interval begins and ends when clocks first show its times.
func (c *Calendar) on(d Date) []span {
	if c.Holidays[d] {
		return nil
	}
	var spans []span
	for _, i := range c.Hours[d.weekday()] {
		s := span{First(d, i.From, c.Zone), First(d, i.To, c.Zone)}
		if s.from.Before(s.to) {
			spans = append(spans, s)
		}
	}
	return spans
}

// horizon is for how many days without operating hours a calendar is searched: one without any has no deadlines.
const horizon = 400

// Add is the first instant by which the given time has passed inside operating hours. ok is false where the calendar has
// no operating hours any more.
func (c *Calendar) Add(from time.Time, d time.Duration) (due time.Time, ok bool) {
	if d <= 0 {
		return from, true
	}
	day := DateOf(from.In(c.Zone))
	for idle := 0; idle < horizon; day = day.next() {
		idle++
		for _, s := range c.on(day) {
			if s.from.Before(from) {
				s.from = from
			}
			open := s.to.Sub(s.from)
			if open <= 0 {
				continue
			}
			if d <= open {
				return s.from.Add(d), true
			}
			d, idle = d-open, 0
		}
	}
	return time.Time{}, false
}

// Subtract is the last instant before which the given time passes inside operating hours until the end: the moment to warn
// at. Where there are no operating hours before, it is the end itself.
func (c *Calendar) Subtract(to time.Time, d time.Duration) time.Time {
	day := DateOf(to.In(c.Zone))
	for idle := 0; idle < horizon && d > 0; day = day.before() {
		idle++
		spans := c.on(day)
		for i := len(spans) - 1; i >= 0; i-- {
			s := spans[i]
			if s.to.After(to) {
				s.to = to
			}
			open := s.to.Sub(s.from)
			if open <= 0 {
				continue
			}
			if d <= open {
				return s.to.Add(-d)
			}
			d, idle = d-open, 0
		}
	}
	return to
}

func (d Date) before() Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day-1, 0, 0, 0, 0, time.UTC))
}

// Between measures the time inside operating hours from a to b; 0 where b is not later.
func (c *Calendar) Between(a, b time.Time) (sum time.Duration) {
	if !a.Before(b) {
		return 0
	}
	last := DateOf(b.In(c.Zone))
	for day := DateOf(a.In(c.Zone)); ; day = day.next() {
		for _, s := range c.on(day) {
			if s.from.Before(a) {
				s.from = a
			}
			if s.to.After(b) {
				s.to = b
			}
			if s.from.Before(s.to) {
				sum += s.to.Sub(s.from)
			}
		}
		if day == last {
			return sum
		}
	}
}

package core

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"
)

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

// Before tells whether d is an earlier day than e.
func (d Date) Before(e Date) bool {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day)) < 0
}

// String writes 2026-12-25.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

func (d Date) next() Date { d.Day++; return DateOf(d.at(0)) }

func (d Date) before() Date { d.Day--; return DateOf(d.at(0)) }

func (d Date) weekday() time.Weekday { return d.at(0).Weekday() }

// at is the minute of the day on clocks of UTC.
func (d Date) at(minute int) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, minute, 0, 0, time.UTC)
}

// First is the first instant at which clocks of the zone have come to the given minute of the day: the first of two where
// they are set back, and the moment of the change where they skip it. 24:00 is the beginning of the next day.
func First(d Date, minute int, zone *time.Location) time.Time {
	wall := d.at(minute)
	guess := time.Date(d.Year, d.Month, d.Day, 0, minute, 0, 0, zone) // right, but where clocks are changed
	changed, changes := guess.ZoneBounds()
	if !changed.IsZero() { // they may have shown the same before they were set back
		_, offset := changed.Add(-1).Zone()
		if t := wall.Add(-time.Duration(offset) * time.Second); t.Before(changed) {
			return t
		}
	}
	_, offset := guess.Zone()
	switch shown := guess.UTC().Add(time.Duration(offset) * time.Second); {
	case shown.After(wall): // skipped, and the guess lies behind the change
		return changed.UTC()
	case shown.Before(wall):
		return changes.UTC()
	}
	return guess.UTC()
}

// span is a stretch of operating hours.
type span struct{ from, to time.Time }

// on gives the operating hours of a day, in their order. An interval begins and ends when clocks first show its times.
func (c *Calendar) on(d Date) (spans []span) {
	if c.Holidays[d] {
		return nil
	}
	for _, i := range c.Hours[d.weekday()] {
		if s := (span{First(d, i.From, c.Zone), First(d, i.To, c.Zone)}); s.from.Before(s.to) {
			spans = append(spans, s)
		}
	}
	return spans
}

// horizon is how many days are searched for operating hours, about a century: what takes longer has no end.
const horizon = 36_525

// after gives the operating hours from an instant on.
func (c *Calendar) after(t time.Time) iter.Seq[span] {
	return func(yield func(span) bool) {
		day := DateOf(t.In(c.Zone))
		for i := 0; i < horizon && c.opens(); i, day = i+1, day.next() {
			for _, s := range c.on(day) {
				if s.from.Before(t) {
					s.from = t.UTC()
				}
				if s.from.Before(s.to) && !yield(s) {
					return
				}
			}
		}
	}
}

// before gives the operating hours up to an instant, backwards. The day after has hours before it where clocks are set back
// from that day into this one.
func (c *Calendar) before(t time.Time) iter.Seq[span] {
	return func(yield func(span) bool) {
		day := DateOf(t.In(c.Zone)).next()
		for i := 0; i < horizon && c.opens(); i, day = i+1, day.before() {
			for _, s := range slices.Backward(c.on(day)) {
				if s.to.After(t) {
					s.to = t.UTC()
				}
				if s.from.Before(s.to) && !yield(s) {
					return
				}
			}
		}
	}
}

// opens tells whether the plan has any operating hours.
func (c *Calendar) opens() bool {
	for _, day := range c.Hours {
		if len(day) > 0 {
			return true
		}
	}
	return false
}

// Add is the first instant by which the given time has passed inside operating hours. ok is false where the calendar has
// not so many within a century.
func (c *Calendar) Add(from time.Time, d time.Duration) (due time.Time, ok bool) {
	if d <= 0 {
		return from.UTC(), true
	}
	for s := range c.after(from) {
		open := s.to.Sub(s.from)
		if d <= open {
			return s.from.Add(d), true
		}
		d -= open
	}
	return time.Time{}, false
}

// Subtract is the last instant from which on the given time passes inside operating hours until the end: the moment to warn
// at. Where there is not so much time before, it is the end itself.
func (c *Calendar) Subtract(to time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return to.UTC()
	}
	for s := range c.before(to) {
		open := s.to.Sub(s.from)
		if d <= open {
			return s.to.Add(-d)
		}
		d -= open
	}
	return to.UTC()
}

// Between measures the time inside operating hours from a to b; 0 where b is not later.
func (c *Calendar) Between(a, b time.Time) (sum time.Duration) {
	for s := range c.after(a) {
		if !s.from.Before(b) {
			break
		}
		if s.to.After(b) {
			s.to = b
		}
		sum += s.to.Sub(s.from)
	}
	return sum
}

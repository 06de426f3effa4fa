package core

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Interval is a stretch of operating hours within one day, in minutes from midnight on the clock; To is exclusive and
// at most 1440.
type Interval struct{ From, To int }

// Week holds the operating hours by time.Weekday, each day's intervals in their order and without overlap (E11).
type Week [7][]Interval

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} // the order of writing

// ParseWeek reads hours as a desk file has them: a day or a range of days, such as mon-fri, with its intervals, such as
// 08:00-12:00. The error names the key it is about.
func ParseWeek(hours map[string][]string) (Week, error) {
	var week Week
	for _, key := range slices.Sorted(maps.Keys(hours)) {
		days, err := parseDays(key)
		if err != nil {
			return Week{}, err
		}
		for _, text := range hours[key] {
			interval, err := parseInterval(text)
			if err != nil {
				return Week{}, fmt.Errorf("%s: %w", key, err)
			}
			for _, d := range days {
				week[d] = append(week[d], interval)
			}
		}
	}
	for d := range week {
		slices.SortFunc(week[d], func(a, b Interval) int { return a.From - b.From })
		for i := 1; i < len(week[d]); i++ {
			if week[d][i].From < week[d][i-1].To {
				return Week{}, fmt.Errorf("the hours of %s overlap: each moment may be named once", weekdays[(d+6)%7])
			}
		}
	}
	return week, nil
}

func parseDays(key string) ([]time.Weekday, error) {
	first, last, isRange := strings.Cut(strings.ToLower(key), "-")
	from, to := slices.Index(weekdays, first), slices.Index(weekdays, last)
	if !isRange {
		to = from
	}
	if from < 0 || to < from {
		return nil, fmt.Errorf("%q names no days: use mon … sun, or a range such as mon-fri", key)
	}
	var days []time.Weekday
	for d := from; d <= to; d++ {
		days = append(days, time.Weekday((d+1)%7))
	}
	return days, nil
}

func parseInterval(text string) (Interval, error) {
	from, to, ok := strings.Cut(text, "-")
	a, okA := parseClock(from)
	b, okB := parseClock(to)
	switch {
	case !ok || !okA || !okB:
		return Interval{}, fmt.Errorf("%q is no interval: write it as 08:00-12:00", text)
	case a >= b:
		return Interval{}, fmt.Errorf("%q ends before it begins: hours over midnight are two intervals, to 24:00 and from 00:00", text)
	}
	return Interval{a, b}, nil
}

// parseClock reads 08:00 to 24:00 as minutes from midnight.
func parseClock(s string) (int, bool) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	hour, err1 := strconv.ParseUint(h, 10, 8)
	minute, err2 := strconv.ParseUint(m, 10, 8)
	t := int(hour)*60 + int(minute)
	return t, ok && err1 == nil && err2 == nil && len(m) == 2 && minute < 60 && t <= 24*60
}

// DayOrder sorts the keys of hours as a week goes; it is meant for keys that ParseWeek takes.
func DayOrder(a, b string) int {
	at := func(key string) int {
		first, _, _ := strings.Cut(strings.ToLower(key), "-")
		return slices.Index(weekdays, first)
	}
	if d := at(a) - at(b); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}

// ParseSpan reads a duration inside operating hours: hours and minutes, such as 4h, 30m or 1h30m. Days are no measure
// there. "" is no target, zero.
func ParseSpan(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d%time.Minute != 0 || d > 10_000*time.Hour {
		return 0, fmt.Errorf("%q is no duration: write hours and minutes, such as 4h, 30m or 1h30m", s)
	}
	return d, nil
}

// FormatSpan writes what ParseSpan reads, in its shortest form.
func FormatSpan(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	s := strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

package templates

import "time"

// Span is a length of time for a narrow place, with what matters of it: 42 min, 3 h 10 min, 2 d 4 h. Less than a minute
// is one, and the sign is not told.
func (p Printer) Span(d time.Duration) string {
	minutes := max(int(d.Abs().Round(time.Minute)/time.Minute), 1)
	hours, days := minutes/60, minutes/60/24
	switch {
	case days > 0 && (days >= 7 || hours%24 == 0):
		return p.T("span.days", p.Number(int64(days)))
	case days > 0:
		return p.T("span.days_hours", days, hours%24)
	case hours > 0 && minutes%60 == 0:
		return p.T("span.hours", hours)
	case hours > 0:
		return p.T("span.hours_minutes", hours, minutes%60)
	}
	return p.T("span.minutes", minutes)
}

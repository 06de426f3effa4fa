package templates

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Clock is the time of day: 8:12.
func (p Printer) Clock(t time.Time) string {
	t = t.In(p.zone)
	return fmt.Sprintf("%d:%02d", t.Hour(), t.Minute())
}

// Day is the date, without its year where that is now's: Oct 12, or 12 oct 2025.
func (p Printer) Day(t, now time.Time) string {
	t, now = t.In(p.zone), now.In(p.zone)
	months := strings.Fields(p.T("date.months"))
	month := t.Month().String()
	if len(months) == 12 {
		month = months[t.Month()-1]
	}
	if t.Year() == now.Year() {
		return p.T("date.day", t.Day(), month)
	}
	return p.T("date.day_year", t.Day(), month, t.Year())
}

// Moment is date and time: Oct 12, 8:12.
func (p Printer) Moment(t, now time.Time) string {
	if t.In(p.zone).Hour() == 1 { // a la 1:05, a las 2:05
		return p.T("date.moment_one", p.Day(t, now), p.Clock(t))
	}
	return p.T("date.moment", p.Day(t, now), p.Clock(t))
}

// Number writes a whole number with the language's grouping.
func (p Printer) Number(n int64) string {
	return message.NewPrinter(languageTags[p.language]).Sprint(number.Decimal(n))
}

// Size writes a number of bytes for people, in decimal units: 340 kB, 1.2 MB.
func (p Printer) Size(bytes int64) string {
	const unit = 1000
	if bytes < unit {
		return p.Number(bytes) + " B"
	}
	value, units := float64(bytes)/unit, "kMGTPE"
	for value >= 999.5 && len(units) > 1 {
		value, units = value/unit, units[1:]
	}
	digits := 0
	if value < 9.95 {
		digits = 1
	}
	written := message.NewPrinter(languageTags[p.language]).Sprint(number.Decimal(value, number.MaxFractionDigits(digits)))
	return fmt.Sprintf("%s %cB", written, units[0])
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

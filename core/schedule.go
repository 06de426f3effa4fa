package core

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Schedule says when tickets are made of a ticket template (E15): at a time of day on the clocks of a zone, every day, on
// some days of the week, or on one day of the month.
type Schedule struct {
	Every    string   `json:"every" enum:"day,week,month"`
	Days     []string `json:"days,omitempty" doc:"Of every week: mon, tue, wed, thu, fri, sat, sun"`
	Day      int      `json:"day,omitempty" minimum:"0" maximum:"31" doc:"Of every month: 1 to 31; where the month is shorter, its last day"`
	At       string   `json:"at" doc:"08:00, on the clocks of the time zone"`
	Timezone string   `json:"timezone,omitempty" doc:"Absent: the desk's"`
}

// Check refuses what is no schedule, or says more than it means.
func (s Schedule) Check() error {
	minute, ok := parseClock(s.At)
	zone, err := time.LoadLocation(s.Timezone)
	switch {
	case !slices.Contains([]string{"day", "week", "month"}, s.Every):
		return BadInput("schedule.every", "error.schedule.every")
	case (s.Every == "week") != (len(s.Days) > 0) || slices.ContainsFunc(s.Days, func(d string) bool { return !slices.Contains(weekdays, d) }):
		return BadInput("schedule.days", "error.schedule.days", strings.Join(weekdays, ", "))
	case (s.Every == "month") != (s.Day != 0) || s.Day < 0 || s.Day > 31:
		return BadInput("schedule.day", "error.schedule.day")
	case !ok || minute == 24*60:
		return BadInput("schedule.at", "error.schedule.at")
	case err != nil || s.Timezone == "" || zone == time.Local:
		return BadInput("schedule.timezone", "error.schedule.timezone", s.Timezone)
	}
	return nil
}

// Equal tells whether both mean the same moments.
func (s Schedule) Equal(o Schedule) bool {
	return s.Every == o.Every && s.Day == o.Day && s.At == o.At && s.Timezone == o.Timezone && slices.Equal(s.Days, o.Days)
}

// Next is the first moment of the schedule after another one. Each day has one at most: the first time that its clocks show
// the time of day, or the moment at which they skip it (daylight saving). It is zero for what Check refuses.
func (s Schedule) Next(after time.Time) time.Time {
	if s.Check() != nil {
		return time.Time{}
	}
	minute, _ := parseClock(s.At)
	zone, _ := time.LoadLocation(s.Timezone)
	for day := DateOf(after.In(zone)).before(); ; day = day.next() { // some day of the next five weeks fits
		if !s.falls(day) {
			continue
		}
		if t := First(day, minute, zone); t.After(after) {
			return t.UTC()
		}
	}
}

// falls tells whether the schedule has the day.
func (s Schedule) falls(day Date) bool {
	switch s.Every {
	case "week":
		return slices.Contains(s.Days, weekdays[(day.weekday()+6)%7])
	case "month":
		return day.Day == s.Day || day.Day < s.Day && day.next().Day == 1
	}
	return true
}

// String says it in one line, for the audit; "" for none.
func (s *Schedule) String() string {
	if s == nil {
		return ""
	}
	on := s.Every
	switch s.Every {
	case "week":
		on = strings.Join(s.Days, ", ")
	case "month":
		on = fmt.Sprintf("day %d", s.Day)
	}
	return fmt.Sprintf("%s at %s %s", on, s.At, s.Timezone)
}

package core

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// WaitingEntry says what happens to a ticket that waits for its requester (E9): reminders after these days, and
// resolution after so many; 0 = never.
type WaitingEntry struct {
	RemindDays       []int `yaml:"remind_days,omitempty,flow"`
	ResolveAfterDays int   `yaml:"resolve_after_days,omitempty"`
}

// Toggle is on or off.
type Toggle string

// The toggles.
const (
	On  Toggle = "on"
	Off Toggle = "off"
)

// Bounds of custom fields (A72, A74, D27).
const (
	mostFields       = 30
	longestFieldText = 500
)

var fieldKey = regexp.MustCompile(`^[a-z0-9_ -]{1,40}$`)

// fields checks custom fields.
func (c *checker) fields(at place, fields map[string]string) {
	if len(fields) > mostFields {
		c.fail(at, "%d fields: there can be %d", len(fields), mostFields)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		where, text := at.in(key), fields[key]
		c.fieldName(where, key)
		if strings.TrimSpace(text) == "" {
			c.fail(where, "field %s is empty: leave it out", key)
		}
		c.fieldText(where, key, text)
	}
}

func (c *checker) fieldName(where place, name string) {
	if !fieldKey.MatchString(name) || strings.TrimSpace(name) != name {
		c.fail(where, "%q is no name of a field: use up to 40 of a to z, 0 to 9, _, - and spaces between them", name)
	}
}

func (c *checker) fieldText(where place, name, text string) {
	if utf8.RuneCountInString(text) > longestFieldText {
		c.fail(where, "field %s has %d characters: there can be %d", name, utf8.RuneCountInString(text), longestFieldText)
	}
	c.printable(where, text)
}

// ticketFields checks what tickets can have (D27).
func (c *checker) ticketFields(at place, fields []TicketField) {
	if len(fields) > mostFields {
		c.fail(at, "%d fields: there can be %d", len(fields), mostFields)
	}
	seen := map[string]bool{}
	for i, f := range fields {
		where := at.at(i)
		c.fieldName(where.in("name"), f.Name)
		if seen[f.Name] {
			c.fail(where.in("name"), "field %s stands in ticket_fields twice", f.Name)
		}
		seen[f.Name] = true
		chosen := map[string]bool{}
		for j, text := range f.Choices {
			here := where.in("choices").at(j)
			switch {
			case strings.Join(strings.Fields(text), " ") != text || text == "":
				c.fail(here, "%q cannot be chosen: write it in one line, with single blanks between its words", text)
			case chosen[text]:
				c.fail(here, "%q can be chosen twice", text)
			}
			c.fieldText(here, f.Name, text)
			chosen[text] = true
		}
	}
}

// waiting checks that reminders come one after the other, and before the end.
func (c *checker) waiting(at place, w WaitingEntry) {
	c.within(at.in("resolve_after_days"), &w.ResolveAfterDays, 3650)
	last := 0
	for i, days := range w.RemindDays {
		where := at.in("remind_days").at(i)
		switch {
		case days < 1 || days > 3650:
			c.fail(where, "%d is out of 1 to 3650", days)
		case days <= last:
			c.fail(where, "%d does not come after %d: name the days of the reminders in their order", days, last)
		case w.ResolveAfterDays > 0 && days >= w.ResolveAfterDays:
			c.fail(where, "a reminder after %d days comes too late: the ticket is resolved after %d", days, w.ResolveAfterDays)
		}
		last = days
	}
}

// notifications checks what a service switches (E4).
func (c *checker) notifications(at place, said map[string]Toggle) {
	for _, reason := range slices.Sorted(maps.Keys(said)) {
		oneOf(c, at.in(reason), reason, SwitchableReasons()...)
		if said[reason] != On && said[reason] != Off {
			c.fail(at.in(reason), "%q is unknown: use on, off", string(said[reason]))
		}
	}
}

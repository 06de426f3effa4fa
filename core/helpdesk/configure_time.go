package helpdesk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

func (c *configuration) saveCalendars(ctx context.Context) error {
	type entry = core.CalendarEntry
	return saveSection(ctx, c, section[entry]{
		noun: store.Calendars, audited: core.AuditCalendar, label: "calendar", current: c.current.Calendars, target: c.target.Calendars,
		id:     func(e *entry) *int64 { return &e.ID },
		unused: func(e *entry) bool { return e.Archived },
		unique: func(e *entry) string { return e.Name },
		name:   func(e *entry) string { return e.Name },
		fields: func(e *entry) []field {
			var hours []string
			for _, day := range slices.SortedFunc(maps.Keys(e.Hours), core.DayOrder) {
				hours = append(hours, day+" "+words(e.Hours[day]))
			}
			return []field{{"name", e.Name}, {"timezone", e.Timezone}, {"hours", strings.Join(hours, "; ")}, {"holidays", words(e.Holidays)}}
		},
		write: func(e, old *entry) error {
			c.tx.SaveCalendar(e)
			if old != nil {
				c.tx.RecountCalendar(e.ID, c.now)
			}
			return nil
		},
		end: func(e *entry) error { c.tx.Archive(store.Calendars, e.ID, c.now); return nil },
	})
}

func (c *configuration) saveSLAs(ctx context.Context) error {
	type entry = core.SLAEntry
	calendars := idsOf(c.target.Calendars, func(e *core.CalendarEntry) string { return e.Name }, func(e *core.CalendarEntry) *int64 { return &e.ID })
	return saveSection(ctx, c, section[entry]{
		noun: store.SLAs, audited: core.AuditSLA, label: "SLA", current: c.current.SLAs, target: c.target.SLAs,
		id:     func(e *entry) *int64 { return &e.ID },
		unused: func(e *entry) bool { return e.Archived },
		unique: func(e *entry) string { return e.Name },
		name:   func(e *entry) string { return e.Name },
		fields: func(e *entry) []field {
			var priorities []string
			for _, p := range core.Priorities() {
				if t, ok := e.Priorities[p]; ok {
					priorities = append(priorities, fmt.Sprintf("%s %s/%s", p, shown(t.FirstResponse), shown(t.Resolution)))
				}
			}
			return []field{{"name", e.Name}, {"calendar", e.Calendar}, {"first_response", e.FirstResponse}, {"resolution", e.Resolution},
				{"warn_before", e.WarnBefore}, {"priorities", strings.Join(priorities, ", ")}}
		},
		write: func(e, old *entry) error {
			if old != nil {
				c.tx.RecountSLA(e.ID, c.now)
			}
			return c.tx.SaveSLA(e, calendars[e.Calendar])
		},
		end: func(e *entry) error { c.tx.Archive(store.SLAs, e.ID, c.now); return nil },
	})
}

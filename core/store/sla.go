package store

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// queueSLAs queues the reading of the SLAs with their calendars, those out of use included: tickets may still be under them.
func queueSLAs(b *pgx.Batch, d *core.Directory) {
	calendars := map[int64]*core.Calendar{}
	b.Queue("select id, name, timezone, hours, holidays::text[] from calendar").Query(func(rows pgx.Rows) error {
		var id int64
		var name, zone string
		var hours map[string][]string
		var holidays []string
		_, err := pgx.ForEachRow(rows, []any{&id, &name, &zone, &hours, &holidays}, func() (err error) {
			calendars[id], err = calendarOf(name, zone, hours, holidays)
			hours, holidays = nil, nil
			return err
		})
		return err
	})
	b.Queue("select id, name, coalesce(calendar_id, 0), first_response, resolution, priorities, warn_before from sla").Query(func(rows pgx.Rows) error {
		var id core.SLAID
		var name string
		var calendar, warn int64
		var usual targetSeconds
		var priorities map[core.Priority]targetSeconds
		_, err := pgx.ForEachRow(rows, []any{&id, &name, &calendar, &usual.FirstResponse, &usual.Resolution, &priorities, &warn}, func() error {
			s := &core.SLA{ID: id, Name: name, Calendar: calendars[calendar], Targets: usual.spans(), Priorities: map[core.Priority]core.Targets{},
				WarnBefore: time.Duration(warn) * time.Second}
			for p, t := range priorities {
				s.Priorities[p] = t.spans()
			}
			d.SLAs[id], priorities = s, nil
			return nil
		})
		return err
	})
}

func (s targetSeconds) spans() core.Targets {
	return core.Targets{FirstResponse: time.Duration(s.FirstResponse) * time.Second, Resolution: time.Duration(s.Resolution) * time.Second}
}

func calendarOf(name, zone string, hours map[string][]string, holidays []string) (*core.Calendar, error) {
	c := &core.Calendar{Name: name, Holidays: map[core.Date]bool{}}
	var err error
	if c.Zone, err = time.LoadLocation(zone); err != nil {
		return nil, fmt.Errorf("calendar %s: %w", name, err)
	}
	if c.Hours, err = core.ParseWeek(hours); err != nil {
		return nil, fmt.Errorf("calendar %s: %w", name, err)
	}
	for _, day := range holidays {
		date, err := core.ParseDate(day)
		if err != nil {
			return nil, fmt.Errorf("calendar %s: %w", name, err)
		}
		c.Holidays[date] = true
	}
	return c, nil
}

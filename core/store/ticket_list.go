package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// Filter narrows a list of tickets.
type Filter struct {
	Statuses []core.Status
	Services []core.ServiceID
	Queue    string // mine, unassigned, overdue, spam, all ("")
	Query    string // words in number, subject and the text the person may see
	Before   core.Number
	Limit    int
	Now      time.Time // what is overdue is so now
}

// Tickets lists what the person may see, newest first.
func (r reads) Tickets(ctx context.Context, s Scope, f Filter) ([]*core.Ticket, error) {
	if f.Query != "" {
		q, err := r.search(ctx, s, f)
		if err != nil {
			return nil, err
		}
		return q.tickets(ctx)
	}
	c, ways := begin(s, f)
	c.narrow(s, f)
	pick := c.newest
	if f.Queue == "overdue" {
		pick = c.newestOfFew
	}
	rows, err := r.db.Query(ctx, "select "+ticketColumns+" from ticket t where t.number in ("+pick(ways, f.Limit)+") order by t.number desc", c.args...)
	if err != nil {
		return nil, fmt.Errorf("tickets: %w", err)
	}
	return r.collect(ctx, rows)
}

// narrow adds the filter's statuses and queue, and where the page before ended; it tells
// whether that leaves only what is not closed.
func (c *conditions) narrow(s Scope, f Filter) state {
	if len(f.Statuses) > 0 {
		c.and("t.status = any (" + c.arg(f.Statuses) + ")")
	}
	switch f.Queue {
	case "mine":
		c.and(c.mine(s))
	case "unassigned":
		c.and(undone + " and t.solver_id is null and t.group_id is null")
	case "overdue":
		c.and(c.overdue(f.Now))
	}
	if f.Before > 0 {
		c.and("t.number < " + c.arg(f.Before))
	}
	if len(f.Statuses) > 0 && !slices.Contains(f.Statuses, core.Closed) || f.Queue != "" && f.Queue != "all" && f.Queue != "spam" {
		return live
	}
	return everything
}

// collect reads the rows of tickets, with what stands around them.
func (r reads) collect(ctx context.Context, rows pgx.Rows) ([]*core.Ticket, error) {
	var found []*ticketRow
	for rows.Next() {
		row := &ticketRow{}
		if err := row.scan(rows); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("tickets: %w", err)
	}
	numbers := make([]core.Number, 0, len(found))
	for _, row := range found {
		numbers = append(numbers, row.Number)
	}
	b := &pgx.Batch{}
	around := queueAround(b, numbers)
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("tickets: %w", err)
	}
	if err := r.putAround(ctx, around, found...); err != nil {
		return nil, err
	}
	tickets := make([]*core.Ticket, 0, len(found))
	for _, row := range found {
		tickets = append(tickets, &row.Ticket)
	}
	return tickets, nil
}

// Counts are the tiles of D19. Above countLimit they are rounded down to it and More says so.
type Counts struct {
	Total    int                 `json:"total"`
	Open     int                 `json:"open"`
	Mine     int                 `json:"mine"`
	Overdue  int                 `json:"overdue"`
	More     bool                `json:"more,omitempty"`
	Statuses map[core.Status]int `json:"-"`
}

// countLimit is up to where counts are exact.
const countLimit = 1000

// Counts counts what the person may see under the services and the query of the filter, whatever its status and queue.
func (r reads) Counts(ctx context.Context, s Scope, f Filter) (Counts, error) {
	f.Queue = ""
	if f.Query != "" {
		f.Before = 0
		q, err := r.search(ctx, s, f)
		if err != nil {
			return Counts{}, err
		}
		return q.counts(ctx)
	}
	out := Counts{Statuses: map[core.Status]int{}}
	b := &pgx.Batch{}
	number := func(into *int, c *conditions, some string) {
		sql := "select count(*) from (" + some + ") n"
		b.Queue(sql, c.args...).QueryRow(func(row pgx.Row) error {
			if err := row.Scan(into); err != nil {
				return err
			}
			if *into > countLimit {
				*into, out.More = countLimit, true
			}
			return nil
		})
	}
	count := func(into *int, extra func(*conditions)) {
		c, ways := begin(s, f)
		extra(c)
		number(into, c, c.newest(ways, countLimit+1))
	}
	count(&out.Total, func(*conditions) {})
	count(&out.Open, func(c *conditions) { c.and(undone) })
	count(&out.Mine, func(c *conditions) { c.and(c.mine(s)) })
	c, ways := begin(s, f)
	c.and(c.overdue(f.Now))
	number(&out.Overdue, c, c.soonest(ways, countLimit+1))
	statuses := make([]int, len(core.Statuses()))
	for i, status := range core.Statuses() {
		count(&statuses[i], func(c *conditions) { c.and("t.status = " + c.arg(status)) })
	}
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
		return out, fmt.Errorf("counts: %w", err)
	}
	for i, status := range core.Statuses() {
		out.Statuses[status] = statuses[i]
	}
	return out, nil
}

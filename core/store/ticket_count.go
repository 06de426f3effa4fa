package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

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

// Counts counts what the person may see under the filter, whatever its statuses, queue and page.
func (r reads) Counts(ctx context.Context, s Scope, f Filter) (Counts, error) {
	f.Queue, f.Statuses, f.Before = "", nil, 0
	if f.Query != "" {
		q, err := r.search(ctx, s, f)
		if err != nil {
			return Counts{}, err
		}
		return q.counts(ctx)
	}
	out := Counts{Statuses: map[core.Status]int{}}
	b := &pgx.Batch{}
	b.Queue(plannedOnce)
	most := " limit " + strconv.Itoa(countLimit+1)
	c, sights := begin(s, f)
	b.Queue("select t.status, count(*) from ("+c.union(sights, core.Statuses(), "t.number, t.status", most)+") t group by 1", c.args...).Query(func(rows pgx.Rows) error {
		var status core.Status
		var n int
		_, err := pgx.ForEachRow(rows, []any{&status, &n}, func() error {
			out.Statuses[status] = min(n, countLimit)
			out.Total += n
			if !status.Done() {
				out.Open += n
			}
			return nil
		})
		return err
	})
	number := func(into *int, c *conditions, some string) {
		b.Queue("select count(*) from ("+some+most+") n", c.args...).QueryRow(func(row pgx.Row) error { return row.Scan(into) })
	}
	f.Queue = "mine"
	c, sights = begin(s, f)
	number(&out.Mine, c, "select from ("+c.union(sights, f.statuses(), "t.number", most)+") t")
	f.Queue = "overdue"
	c, sights = begin(s, f)
	c.narrow(s, f)
	number(&out.Overdue, c, "select from ("+c.union(sights, nil, "t.number, t.due_at", " order by t.due_at"+most)+") t")
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
		return out, fmt.Errorf("counts: %w", err)
	}
	// A sum of bounded counts is exact as long as none of them reached the bound, and above it otherwise.
	for _, n := range []*int{&out.Total, &out.Open, &out.Mine, &out.Overdue} {
		out.More = out.More || *n > countLimit
		*n = min(*n, countLimit)
	}
	return out, nil
}

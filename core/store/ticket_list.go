package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// Filter narrows a list of tickets.
type Filter struct {
	Statuses []core.Status
	Services []core.ServiceID
	Category core.Category
	Priority core.Priority
	Solver   core.PersonID
	Groups   []core.SolverGroupID
	Queue    string // mine, unassigned, overdue, approval, spam, all ("")
	Query    string // words in number, subject and the text the person may see
	Before   core.Number
	Limit    int
	Now      time.Time // what is overdue is so now
}

// inside tells whether the filter is about what requesters are not shown (A68, D8): then it finds only what the person
// sees from inside, or the list would tell what the page does not.
func (f Filter) inside() bool {
	return f.Priority != "" || f.Solver != 0 || len(f.Groups) > 0 || f.Queue == "unassigned"
}

// statuses are those that the filter leaves; nil = all, and no index is by status.
func (f Filter) statuses() []core.Status {
	list := f.Statuses
	if len(list) == 0 {
		list = core.Statuses()
	}
	if f.Queue == "mine" || f.Queue == "unassigned" {
		list = slices.DeleteFunc(slices.Clone(list), core.Status.Done)
	}
	if len(list) == len(core.Statuses()) && f.Category == "" && f.Priority == "" {
		return nil
	}
	return list
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
	c, sights := begin(s, f)
	c.narrow(s, f)
	b := &pgx.Batch{}
	b.Queue(plannedOnce)
	var found []*ticketRow
	b.Queue("select "+ticketColumns+" from ticket t where t.number in ("+c.newest(sights, f)+") order by t.number desc", c.args...).Query(func(rows pgx.Rows) (err error) {
		found, err = scanTickets(rows)
		return err
	})
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("tickets: %w", err)
	}
	return r.complete(ctx, found)
}

// Page is a list with its counts; what is searched for is looked up once for both.
func (r reads) Page(ctx context.Context, s Scope, f Filter) (list []*core.Ticket, counts Counts, err error) {
	if f.Query == "" {
		if list, err = r.Tickets(ctx, s, f); err == nil {
			counts, err = r.Counts(ctx, s, f)
		}
		return list, counts, err
	}
	q, err := r.search(ctx, s, f)
	if err != nil {
		return nil, counts, err
	}
	if list, err = q.tickets(ctx); err == nil {
		counts, err = q.counts(ctx)
	}
	return list, counts, err
}

// plannedOnce makes the database keep its plans for the rest of a batch: they leave it no choice that depends on who asks,
// and planning takes longer than the queries.
const plannedOnce = "select set_config('plan_cache_mode', 'force_generic_plan', true)"

// narrow adds the filter's queue, where it is not a way to find tickets, and where the page before ended.
func (c *conditions) narrow(s Scope, f Filter) {
	switch f.Queue {
	case "unassigned":
		c.and(mostOpen)
	case "overdue":
		c.and(c.overdue(f.Now))
	}
	if f.Before > 0 {
		c.and("t.number < " + c.arg(f.Before))
	}
}

// newest asks for the numbers of what the person sees under the conditions, newest first, no more than the filter's limit.
// What is overdue is little, and an index finds it: it is gathered before it is put in order, or the database would rather
// walk all tickets from the newest on.
func (c *conditions) newest(sights []sight, f Filter) string {
	order := " order by t.number desc limit " + strconv.Itoa(f.Limit)
	end := order
	if f.Queue == "overdue" {
		end = " offset 0"
	}
	return "select t.number from (" + c.union(sights, f.statuses(), "t.number", end) + ") t" + order
}

// union asks way by way for those columns of the tickets, status by status where statuses are given, and joins the answers.
// The end bounds what one way gives in one status: so an index answers, and stops where there is enough.
func (c *conditions) union(sights []sight, statuses []core.Status, columns, end string) string {
	where := "\n and " + c.where()
	from := ""
	if statuses != nil {
		from = "select " + columns + " from unnest((select " + c.arg(statuses) + "::text[])) u (status), lateral ("
		where += " and t.status = u.status"
	}
	var selects []string
	for _, w := range sights {
		sql := "select " + columns + " from ticket t where " + w.where + where + end
		if w.each != "" {
			sql = "select " + columns + " from " + w.each + ", lateral (" + sql + ") t" + end
		}
		if from != "" {
			sql = from + sql + ") t"
		}
		selects = append(selects, "("+sql+")")
	}
	if len(selects) == 0 {
		return "select " + columns + " from ticket t where false"
	}
	return strings.Join(selects, "\nunion\n")
}

// collect reads the rows of tickets, with what stands around them.
func (r reads) collect(ctx context.Context, rows pgx.Rows) ([]*core.Ticket, error) {
	found, err := scanTickets(rows)
	if err != nil {
		return nil, fmt.Errorf("tickets: %w", err)
	}
	return r.complete(ctx, found)
}

func scanTickets(rows pgx.Rows) (found []*ticketRow, err error) {
	defer rows.Close()
	for rows.Next() {
		row := &ticketRow{}
		if err := row.scan(rows); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}

// complete reads what stands around the tickets.
func (r reads) complete(ctx context.Context, found []*ticketRow) ([]*core.Ticket, error) {
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

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

const ticketColumns = `t.number, t.version, t.service_id, t.subject, t.status, t.category, t.priority, coalesce(t.organization_id, 0),
	coalesce(t.group_id, 0), coalesce(t.parent_number, 0), coalesce(t.merged_into, 0), t.opened_via, coalesce(t.sla_id, 0),
	t.root_message_id, t.created_at, t.updated_at, t.resolved_at, t.closed_at, t.first_response_at, t.requester_id, coalesce(t.solver_id, 0),
	t.waiting_since, t.reminded, t.withdrawn, t.spam_at, t.internal_target, t.first_response_due, t.resolution_due, t.clock_stopped_at,
	t.clock_paused, t.due_at, t.clock_next_at, t.clock_told, t.fields`

// ticketRow is a ticket as its table has it: people still by id.
type ticketRow struct {
	core.Ticket
	requester, solver core.PersonID
}

func (r *ticketRow) scan(row pgx.Row) error {
	t := &r.Ticket
	var resolved, closed, response, waiting, spam, target, answerBy, resolveBy, stopped, due, next *time.Time
	var paused int64
	err := row.Scan(&t.Number, &t.Version, &t.Service, &t.Subject, &t.Status, &t.Category, &t.Priority, &t.Organization,
		&t.Group, &t.Parent, &t.MergedInto, &t.OpenedVia, &t.SLA, &t.RootMessageID, &t.CreatedAt, &t.UpdatedAt,
		&resolved, &closed, &response, &r.requester, &r.solver, &waiting, &t.Reminded, &t.Withdrawn, &spam, &target,
		&answerBy, &resolveBy, &stopped, &paused, &due, &next, &t.Clock.Told, &t.Fields)
	t.ResolvedAt, t.ClosedAt, t.FirstResponse = instant(resolved), instant(closed), instant(response)
	t.WaitingSince, t.SpamAt, t.InternalTarget = instant(waiting), instant(spam), instant(target)
	k := &t.Clock
	k.FirstResponseDue, k.ResolutionDue, k.StoppedAt = instant(answerBy), instant(resolveBy), instant(stopped)
	k.Paused, k.DueAt, k.NextAt = time.Duration(paused)*time.Microsecond, instant(due), instant(next)
	return err
}

func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// LockTicket reads a ticket for changing: nobody else changes it until the transaction ends. NotFound where there is none.
func (tx *Tx) LockTicket(ctx context.Context, n core.Number) (*core.Ticket, error) {
	return tx.ticket(ctx, n, " for no key update")
}

// Ticket reads a ticket with the people around it. NotFound where there is none.
func (r reads) Ticket(ctx context.Context, n core.Number) (*core.Ticket, error) {
	return r.ticket(ctx, n, "")
}

func (r reads) ticket(ctx context.Context, n core.Number, lock string) (*core.Ticket, error) {
	row := &ticketRow{}
	b := &pgx.Batch{}
	b.Queue("select "+ticketColumns+" from ticket t where t.number = $1"+lock, n).QueryRow(row.scan)
	around := queueAround(b, []core.Number{n})
	if err := r.db.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("ticket %d: %w", n, notFound(err))
	}
	return &row.Ticket, r.putAround(ctx, around, row)
}

// TicketsByNumber reads several tickets in one round trip; those that are not there are missing in the map.
func (r reads) TicketsByNumber(ctx context.Context, numbers []core.Number) (map[core.Number]*core.Ticket, error) {
	rows, err := r.db.Query(ctx, "select "+ticketColumns+" from ticket t where t.number = any ($1)", numbers)
	if err != nil {
		return nil, fmt.Errorf("tickets: %w", err)
	}
	found, err := r.collect(ctx, rows)
	tickets := make(map[core.Number]*core.Ticket, len(found))
	for _, t := range found {
		tickets[t.Number] = t
	}
	return tickets, err
}

// NextNumber takes a new ticket number; a number that is not used leaves a gap.
func (tx *Tx) NextNumber(ctx context.Context) (n core.Number, err error) {
	err = tx.db.QueryRow(ctx, "select nextval('ticket_number')").Scan(&n)
	return n, err
}

// AddTicket writes a new ticket; its number was taken before.
func (tx *Tx) AddTicket(t *core.Ticket) {
	insert := tx.write(`insert into ticket (number, version, service_id, subject, status, category, priority, requester_id, organization_id,
		solver_id, group_id, parent_number, opened_via, sla_id, root_message_id, created_at, updated_at, resolved_at, closed_at, first_response_at,
		waiting_since, first_response_due, resolution_due, clock_stopped_at, clock_paused, due_at, clock_next_at, clock_told, fields)
		values ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9::bigint, 0), nullif($10::bigint, 0), nullif($11::bigint, 0), nullif($12::bigint, 0),
		$13, nullif($14::bigint, 0), $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)`, newTicketValues(t)...)
	if tx.adding == nil {
		tx.adding = map[core.Number]*pgx.QueuedQuery{}
	}
	tx.adding[t.Number] = insert
	tx.search(t.Number, false)
	for _, p := range t.Participants {
		tx.AddToTicket(t.Number, p.ID, core.Participant, t.CreatedAt, time.Time{})
	}
}

func newTicketValues(t *core.Ticket) []any {
	values := []any{t.Number, t.Version, t.Service, t.Subject, t.Status, t.Category, t.Priority, t.Requester.ID, t.Organization,
		idOf(t.Solver), t.Group, t.Parent, t.OpenedVia, t.SLA, t.RootMessageID, t.CreatedAt, t.UpdatedAt,
		nullTime(t.ResolvedAt), nullTime(t.ClosedAt), nullTime(t.FirstResponse), nullTime(t.WaitingSince)}
	return append(append(values, clockValues(t)...), ticketFields(t))
}

// clockValues are those of the clock's columns, in the order of all writes.
func clockValues(t *core.Ticket) []any {
	k := &t.Clock
	return []any{nullTime(k.FirstResponseDue), nullTime(k.ResolutionDue), nullTime(k.StoppedAt), k.Paused.Microseconds(), nullTime(k.DueAt),
		nullTime(k.NextAt), nonNil(k.Told)}
}

func ticketFields(t *core.Ticket) map[string]string {
	if t.Fields == nil {
		return map[string]string{}
	}
	return t.Fields
}

// SaveTicket writes a ticket that LockTicket gave, as its next version. Nothing else can have changed it meanwhile. Where
// AddTicket's row is not sent yet, it goes as it is now.
func (tx *Tx) SaveTicket(t *core.Ticket) {
	t.Version++
	tx.search(t.Number, false)
	if insert := tx.adding[t.Number]; insert != nil && t.MergedInto == 0 {
		insert.Arguments = newTicketValues(t)
		return
	}
	tx.write(`update ticket set version = $2, service_id = $3, subject = $4, status = $5, category = $6, priority = $7,
		requester_id = $8, solver_id = nullif($10::bigint, 0), group_id = nullif($11::bigint, 0),
		parent_number = nullif($12::bigint, 0), merged_into = nullif($13::bigint, 0), sla_id = nullif($14::bigint, 0),
		updated_at = $15, resolved_at = $16, closed_at = $17, first_response_at = $18, organization_id = nullif($9::bigint, 0),
		waiting_since = $19, reminded = $20, withdrawn = $21, spam_at = $22, internal_target = $23,
		first_response_due = $24, resolution_due = $25, clock_stopped_at = $26, clock_paused = $27, due_at = $28, clock_next_at = $29,
		clock_told = $30, fields = $31 where number = $1`,
		append(append([]any{t.Number, t.Version, t.Service, t.Subject, t.Status, t.Category, t.Priority, t.Requester.ID, t.Organization,
			idOf(t.Solver), t.Group, t.Parent, t.MergedInto, t.SLA, t.UpdatedAt, nullTime(t.ResolvedAt), nullTime(t.ClosedAt), nullTime(t.FirstResponse),
			nullTime(t.WaitingSince), t.Reminded, t.Withdrawn, nullTime(t.SpamAt), nullTime(t.InternalTarget)}, clockValues(t)...), ticketFields(t))...)
}

// SaveClock writes no more than the clock of a ticket that LockTicket gave. Its version and the time of its last change stay.
func (tx *Tx) SaveClock(t *core.Ticket) {
	tx.write(`update ticket set first_response_due = $2, resolution_due = $3, clock_stopped_at = $4, clock_paused = $5, due_at = $6,
		clock_next_at = $7, clock_told = $8 where number = $1`, append([]any{t.Number}, clockValues(t)...)...)
}

func idOf(p *core.Person) core.PersonID {
	if p == nil {
		return 0
	}
	return p.ID
}

// AddToTicket makes a person a participant or follower of a ticket; twice does nothing. since is from when on a
// participant sees what was written (D15); zero = from the beginning.
func (tx *Tx) AddToTicket(n core.Number, id core.PersonID, part core.Role, at, since time.Time) {
	tx.search(n, false)
	tx.write(`insert into ticket_person (ticket_number, person_id, part, added_at, since) values ($1, $2, $3, $4, $5)
		on conflict do nothing`, n, id, part, at, nullTime(since))
}

// RemoveFromTicket ends that.
func (tx *Tx) RemoveFromTicket(n core.Number, id core.PersonID, part core.Role) {
	tx.search(n, false)
	tx.write("delete from ticket_person where ticket_number = $1 and person_id = $2 and part = $3", n, id, part)
}

package helpdesk

import (
	"context"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
)

// change is one operation on one ticket while it runs: the ticket is locked, the actor's standing in it is known.
type change struct {
	*Act
	t        *core.Ticket
	before   core.Ticket // as it was locked
	standing core.Standing
	told     []told
	alsoIn   string        // with also_sent: the service in which the mail opened its ticket
	failed   *core.Failure // with delivery_failed
	child    *core.Ticket  // with child_resolved: the ticket below this one
	schedule string        // the title of the template that opened the ticket by itself; "" = somebody asked for it
	routed   bool          // the service gave the ticket away by itself (A37, A38)
	itself   bool          // the records are the desk's own: a rule applied, nobody acted
	looked   bool          // the desk looked at the clock, and nothing changed besides
	orphaned bool          // the solver was cleared on reopening: the main solvers hear of it in any case (D5)
}

// told is an event that somebody may have to hear of, with the record that it tells.
type told struct {
	event     core.Event
	record    *core.Record
	request   *core.Record    // the message that opened the ticket, where the event brings it to somebody new
	approval  *core.Approval  // with the events of approvals
	deadlines []core.Deadline // with the events of deadlines
	refused   string          // with refusal: why
}

// change is the only way in which a ticket changes: lock, standing, version, then fn checks its permission, applies its
// rule, logs and tells; then the ticket is saved and the notifications are queued, from the roles and the state after
// the change. A ticket that the actor cannot see is NotFound. ifVersion 0 acts on the present state; another one that is
// outdated is refused as Stale (E5). A merged number leads to the surviving ticket (E10).
func (a *Act) change(ctx context.Context, n core.Number, ifVersion int, fn func(*change) error) (core.Number, error) {
	t, err := a.lock(ctx, n)
	if err != nil {
		return n, err
	}
	c := &change{Act: a, t: t, before: *t, standing: core.StandingOf(a.dir, t, a.actor.Person)}
	if a.actor.Person != nil && !c.standing.Sees() {
		return n, core.Refuse(core.NotFound, "error.not_found")
	}
	if ifVersion != 0 && (ifVersion != t.Version || t.Number != n) { // a version of what was merged says nothing of the survivor
		return t.Number, core.Refuse(core.Stale, "error.stale", t.Version)
	}
	if err := fn(c); err != nil {
		return t.Number, err
	}
	return t.Number, c.save(ctx)
}

// save completes the change: what it means for the ticket's deadlines, the ticket itself, and who is told.
func (c *change) save(ctx context.Context) error {
	if err := c.keepTime(); err != nil {
		return err
	}
	if c.looked {
		c.tx.SaveClock(c.t)
	} else {
		c.tx.SaveTicket(c.t)
	}
	return c.notify(ctx)
}

func (a *Act) lock(ctx context.Context, n core.Number) (*core.Ticket, error) {
	if t := a.locked; t != nil && t.Number == n {
		a.locked = nil // whoever changes it must not find it here unchanged
		return t, nil
	}
	t, err := a.tx.LockTicket(ctx, n)
	for err == nil && t.MergedInto != 0 {
		t, err = a.tx.LockTicket(ctx, t.MergedInto)
	}
	return t, err
}

// allow refuses unless the one table of actions lets the actor do this with the ticket as it is, and the actor is proven
// well enough for it. What the desk does by itself needs nobody's right.
func (c *change) allow(action core.Action) error {
	if c.actor.Person == nil {
		return nil
	}
	if err := core.Decide(c.dir, c.t, c.standing, action, c.now); err != nil {
		return err
	}
	if !c.actor.Proves(action) {
		return core.Refuse(core.Forbidden, "error.not_proven")
	}
	return nil
}

// requireProof refuses the desk's side of the work to whom only an address claims to be (mail.md 4: L3).
func (c *change) requireProof() error {
	if c.actor.Person != nil && c.actor.Level < core.PersonProven {
		return core.Refuse(core.Forbidden, "error.not_proven")
	}
	return nil
}

// at is the time of the next log record: now, but always later than the record before, so that time orders the log.
func (c *change) at() time.Time {
	at := c.now.Truncate(time.Microsecond)
	if !at.After(c.t.UpdatedAt) {
		at = c.t.UpdatedAt.Add(time.Microsecond)
	}
	c.t.UpdatedAt = at
	return at
}

// log writes a record, the actor as its author unless it names another.
func (c *change) log(r *core.Record) (*core.Record, error) {
	r.ID, r.Ticket, r.At = newID(), c.t.Number, c.at()
	if r.Author == nil && r.AuthorAddress == "" && !c.itself {
		r.Author = c.actor.Person
	}
	if r.Via == "" {
		r.Via = c.actor.Via
	}
	if c.wrote.IsZero() {
		c.wrote = r.At
	}
	for i := range r.Attachments {
		r.Attachments[i].ID = newID()
	}
	return r, c.tx.AddRecord(r)
}

// logChange writes an event record: a field's values before and after.
func (c *change) logChange(kind core.RecordKind, show bool, field, from, to string) (*core.Record, error) {
	return c.log(&core.Record{Kind: kind, ShowToRequester: show, Change: core.Change{Field: field, From: from, To: to}})
}

// logStatus writes the status record where the status changed since it was from.
func (c *change) logStatus(from core.Status) error {
	if c.t.Status == from {
		return nil
	}
	_, err := c.logChange(core.KindStatus, true, "status", string(from), string(c.t.Status))
	return err
}

// tell notes an event for the notifications that are queued when the change is complete.
func (c *change) tell(e core.Event, r *core.Record) {
	c.told = append(c.told, told{event: e, record: r})
}

// tellOf is tell for the events of an approval.
func (c *change) tellOf(e core.Event, r *core.Record, a *core.Approval) {
	c.told = append(c.told, told{event: e, record: r, approval: a})
}

// other locks a second ticket that the operation concerns, and refuses it as unknown where the actor does not read its
// whole log. Numbers are locked in ascending order, or two operations could wait for each other: pair goes first.
func (c *change) other(ctx context.Context, field string, n core.Number) (*core.Ticket, core.Standing, error) {
	unknown := core.BadInput(field, "error.ticket.unknown", int64(n))
	t, err := c.lock(ctx, n)
	if core.CodeOf(err) == core.NotFound {
		return nil, core.Standing{}, unknown
	}
	if err != nil {
		return nil, core.Standing{}, err
	}
	s := core.StandingOf(c.dir, t, c.actor.Person)
	if c.actor.Person != nil && !s.SeesInternal() {
		return nil, s, unknown
	}
	return t, s, nil
}

// pair readies an operation that changes two tickets: one such operation runs at a time, for two could close a circle that
// neither sees, or wait for each other. It makes the numbers those of the tickets that live on, with which a version of the
// first that was merged is outdated, and has locked the lower one. That the second does not exist is not said here: that
// answer comes after the rights are checked.
func (a *Act) pair(ctx context.Context, n, m *core.Number, ifVersion *int) error {
	if err := a.tx.LockRelations(ctx); err != nil {
		return err
	}
	first, err := a.tx.Survivor(ctx, *n)
	if err != nil {
		return err
	}
	if first != *n && *ifVersion != 0 {
		*ifVersion = outdated
	}
	second, err := a.tx.Survivor(ctx, *m)
	if core.CodeOf(err) == core.NotFound {
		second, err = *m, nil
	} else if err == nil && second < first {
		_, err = a.lock(ctx, second)
	}
	*n, *m = first, second
	return err
}

// outdated is a version that no ticket has.
const outdated = -1

// beside changes a second, locked ticket along with the first: fn logs there what happened.
func (c *change) beside(ctx context.Context, t *core.Ticket, fn func(*change) error) error {
	x := &change{Act: c.Act, t: t, before: *t, standing: core.StandingOf(c.dir, t, c.actor.Person)}
	if err := fn(x); err != nil {
		return err
	}
	return x.save(ctx)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

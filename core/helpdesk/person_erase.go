package helpdesk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// EraseOptions say how a person is erased.
type EraseOptions struct {
	Yes       bool   // do it; without, only tell what would happen
	Successor string // address of who gets their open tickets, where they can be given them (D26); "" = nobody
	// Progress, if not nil, hears of each step.
	Progress func(ErasureProgress)
}

// ErasureProgress is how far an erasure is.
type ErasureProgress struct {
	Stage       ErasureStage
	Done, Total int // tickets; Total is 0 in the stages that do not know it
}

// ErasureStage is what an erasure does just now.
type ErasureStage string

// The stages, in their order.
const (
	ErasureSearch  ErasureStage = "search"
	ErasureTickets ErasureStage = "tickets"
	ErasureMail    ErasureStage = "mail"
)

// Erasure tells what an erasure takes away.
type Erasure struct {
	store.ErasureCount
	Lines    []string // what open tickets lose, as in Difference
	Warnings []string // doubtful, but done
	Resumed  bool     // it had begun before, and was interrupted; the counts are empty then
}

// ErrEraseNeedsYes says that nothing was erased yet.
var ErrEraseNeedsYes = errors.New("nothing was erased")

// ErasePerson takes a person out of the desk for good, and with them what they wrote and what names them; tickets, their
// numbers, states and logs stay. They leave as somebody who is disabled does (D26). From its first transaction on nobody
// knows the address any more: mail from there is a stranger's. The rest goes in short steps beside the daemons, and where
// it is interrupted, the same call later goes on. Only the audit still names them, for nobody can change it.
//
// Only operators and administrators may: NotFound for others, and for an address that is nobody's; Conflict where who
// stands for it is erased already; ErrEraseNeedsYes without Yes, with a valid result.
func (h *Helpdesk) ErasePerson(ctx context.Context, actor core.Actor, address string, o EraseOptions) (Erasure, error) {
	if err := mayHandlePeople(actor); err != nil {
		return Erasure{}, err
	}
	if core.IsErased(core.FoldAddress(address)) {
		return Erasure{}, core.Refuse(core.Conflict, "error.person.erased")
	}
	e, err := h.store.ErasureOf(ctx, address)
	if err != nil {
		return Erasure{}, err
	}
	result := Erasure{Resumed: e != nil}
	if e == nil {
		if result, err = h.beginErasure(ctx, actor, address, o); err != nil {
			return result, err
		}
		if e, err = h.store.ErasureOf(ctx, address); err != nil {
			return result, err
		}
	} else if !o.Yes {
		return result, ErrEraseNeedsYes
	}
	if o.Progress == nil {
		o.Progress = func(ErasureProgress) {}
	}
	if err := h.erase(ctx, e, o); err != nil {
		return result, fmt.Errorf("erasing is not finished, the same command goes on with it: %w", err)
	}
	return result, nil
}

func mayHandlePeople(actor core.Actor) error {
	if actor.Person == nil && actor.Via == "" { // an operator
		return nil
	}
	if actor.Level < core.SignedIn || requireAdministrator(actor.Person) != nil {
		return core.Refuse(core.NotFound, "error.not_found")
	}
	return nil
}

// beginErasure is the first transaction: the person leaves, and nothing knows their address any more.
func (h *Helpdesk) beginErasure(ctx context.Context, actor core.Actor, address string, o EraseOptions) (result Erasure, err error) {
	if result.ErasureCount, err = h.countErasure(ctx, address); err != nil {
		return result, err
	}
	err = h.store.InConfigTx(ctx, func(tx *store.Tx) error {
		p, err := tx.PersonByAddress(ctx, address)
		if err != nil {
			return err
		}
		addresses, err := tx.AddressesOf(ctx, p.ID)
		if err != nil {
			return err
		}
		c, err := h.configuration(ctx, tx, &core.DeskFile{}, actor)
		if err != nil {
			return err
		}
		if o.Successor != "" {
			c.successors = map[string]string{p.Email: o.Successor}
		}
		before, err := h.wrongWith(ctx, tx, c.now)
		if err != nil {
			return err
		}
		if err := c.leave(ctx, p); err != nil {
			return err
		}
		after, err := h.wrongWith(ctx, tx, c.now)
		if err != nil {
			return err
		}
		result.Lines, result.Warnings = c.Lines, c.Warnings
		for text := range after {
			if !before[text] {
				result.Warnings = append(result.Warnings, text)
			}
		}
		slices.Sort(result.Warnings)
		var names []string
		namesake, err := tx.HasNamesake(ctx, p.ID, p.Name)
		if err != nil {
			return fmt.Errorf("namesakes: %w", err)
		}
		if !namesake { // else the name does not tell who is meant
			names = []string{p.Name}
		}
		ended, err := tx.SchedulesFor(ctx, p.ID)
		if err != nil {
			return err
		}
		dir, err := tx.Directory(ctx)
		if err != nil {
			return err
		}
		for _, t := range ended {
			result.Lines = append(result.Lines, fmt.Sprintf("! template %q of %s opens tickets for them by its schedule, which ends", t.Title, dir.Path(t.Service)))
		}
		f := core.NewForgotten(p.ID, addresses, names)
		tx.BeginErasure(f, c.now)
		h.audit(tx, actor, c.now, core.AuditEntry{Noun: core.AuditPerson, Name: f.Address(), Action: core.AuditErased})
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if !o.Yes {
			return ErrEraseNeedsYes
		}
		return nil
	})
	return result, err
}

// countErasure counts before the first transaction, which everybody waits for: that may take a while.
func (h *Helpdesk) countErasure(ctx context.Context, address string) (store.ErasureCount, error) {
	p, err := h.store.PersonByAddress(ctx, address)
	if err != nil {
		return store.ErasureCount{}, err
	}
	addresses, err := h.store.AddressesOf(ctx, p.ID)
	if err != nil {
		return store.ErasureCount{}, err
	}
	return h.store.CountErasure(ctx, p.ID, addresses)
}

// leave takes a person's roles, groups, ways in and open tickets, as a desk file without them would.
func (c *configuration) leave(ctx context.Context, p *core.Person) error {
	before, err := c.picture(ctx, nil)
	if err != nil {
		return err
	}
	c.tx.LeaveDesk(p.ID, c.now)
	e, err := c.effect(ctx, before)
	if err != nil {
		return err
	}
	return c.release(ctx, e)
}

// wrongWith is what keeps the desk from working for want of people, as this transaction has made it so far.
func (h *Helpdesk) wrongWith(ctx context.Context, tx *store.Tx, now time.Time) (map[string]bool, error) {
	dir, err := tx.ConfiguredDirectory(ctx)
	if err != nil {
		return nil, err
	}
	k := inspection{now: now, dir: dir.At(now)}
	if k.groups, err = tx.RequesterGroupNames(ctx); err != nil {
		return nil, err
	}
	if k.sizes, err = tx.GroupSizes(ctx); err != nil {
		return nil, err
	}
	for _, s := range k.services() {
		k.mainSolver(s)
	}
	wrong := map[string]bool{}
	for _, f := range k.findings {
		wrong[f.Text] = true
	}
	administrators, err := tx.Administrators(ctx)
	if len(administrators) == 0 {
		wrong["nobody is administrator any more; name one in the desk file"] = true
	}
	return wrong, err
}

// busyWait is for how long an erasure waits where a mail is being sent just now.
const busyWait = time.Second

// errErasureStuck says that a pass over what was left has changed nothing.
var errErasureStuck = errors.New("tickets keep words of the person, whatever is done")

// erase does all steps that are left. Each can be done again.
func (h *Helpdesk) erase(ctx context.Context, e *store.Erasure, o EraseOptions) error {
	for done := false; !done; {
		var err error
		o.Progress(ErasureProgress{Stage: ErasureSearch})
		if done, err = h.store.ScanErasure(ctx, e); err != nil {
			return err
		}
	}
	for left := []core.Number(nil); ; {
		if err := h.eraseTickets(ctx, e, o); err != nil {
			return err
		}
		still, err := h.store.RequeueErasure(ctx, e)
		if err != nil {
			return err
		}
		if len(still) == 0 {
			break
		}
		if slices.Equal(still, left) {
			return fmt.Errorf("%w: %v", errErasureStuck, still)
		}
		left = still
	}
	o.Progress(ErasureProgress{Stage: ErasureMail})
	if err := h.eraseMail(ctx, e); err != nil {
		return err
	}
	return h.store.InTx(ctx, func(tx *store.Tx) error { tx.EndErasure(e.ID); return nil })
}

func (h *Helpdesk) eraseTickets(ctx context.Context, e *store.Erasure, o EraseOptions) error {
	const page = 100
	var above core.Number
	busy, gone := 0, 0
	for {
		numbers, err := h.store.ErasureTickets(ctx, e.ID, above, page)
		if err != nil {
			return err
		}
		if len(numbers) == 0 && busy == 0 {
			return nil
		}
		if len(numbers) == 0 { // those that a mail was being sent of
			above, busy = 0, 0
			if err := pause(ctx, busyWait); err != nil {
				return err
			}
		}
		for _, n := range numbers {
			done, err := h.store.EraseInTicket(ctx, e, n, h.now().UTC())
			if err != nil {
				return err
			}
			above = n
			if !done {
				busy++
				continue
			}
			gone++
			o.Progress(ErasureProgress{Stage: ErasureTickets, Done: gone, Total: max(e.Tickets, gone)})
		}
	}
}

func (h *Helpdesk) eraseMail(ctx context.Context, e *store.Erasure) error {
	now := func() time.Time { return h.now().UTC() }
	for more := true; more; {
		var err error
		if more, err = h.store.EraseInbound(ctx, e, now()); err != nil {
			return err
		}
	}
	var from int64
	for {
		next, err := h.store.EraseInReasons(ctx, e, from, now())
		if err != nil {
			return err
		}
		if from = next; next == 0 {
			break
		}
	}
	for {
		next, busy, err := h.store.EraseOutbox(ctx, e, from, now())
		switch {
		case err != nil:
			return err
		case busy:
			if err := pause(ctx, busyWait); err != nil {
				return err
			}
			continue
		}
		if from = next; next == 0 {
			return nil
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

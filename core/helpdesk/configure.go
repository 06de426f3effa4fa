package helpdesk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// ConfigureOptions say how a desk file is applied.
type ConfigureOptions struct {
	DryRun bool                    // only tell the difference
	Yes    bool                    // go on although open tickets are concerned
	Secret func(env string) string // the value of an environment variable, "" where it is not set; nil = none is
	// Successors get the open tickets of people who lose them by the change, where they can be given them (D26): address →
	// address.
	Successors map[string]string
}

// Difference is what applying a desk file changes, one line for each change, ready to print.
type Difference struct {
	Lines    []string // "+ …" added, "- …" taken away, "~ …" changed, "! …" open tickets that are concerned
	Sight    []string // who would gain and lose sight of how many open tickets; it follows from the lines
	Warnings []string // doubtful, but applied
	Tickets  int      // open tickets that lose their solver, group or service
}

// Empty tells whether there is nothing to change.
func (d *Difference) Empty() bool { return len(d.Lines) == 0 }

// ErrNeedsYes says that open tickets are concerned; the difference lists them, and nothing was applied.
var ErrNeedsYes = errors.New("open tickets lose their solver, group or service")

// errUndo rolls back what only had to be tried.
var errUndo = errors.New("undone")

// Configure makes the desk as the file says, in one transaction; the same file once more changes nothing. Sections that
// are there are complete: who and what is missing from them is disabled or archived, grants are removed. Tickets whose
// solver is disabled or loses the role lose their solver and stay in their group (D26); that needs Yes, else the error
// is ErrNeedsYes. What is wrong with the file is a core.DeskFileErrors. The difference is valid with ErrNeedsYes too.
func (h *Helpdesk) Configure(ctx context.Context, actor core.Actor, file core.DeskFile, o ConfigureOptions) (Difference, error) {
	if err := file.Check(); err != nil {
		return Difference{}, err
	}
	var difference Difference
	err := h.store.InConfigTx(ctx, func(tx *store.Tx) error {
		c, err := h.configuration(ctx, tx, &file, actor)
		if err != nil {
			return err
		}
		if o.Secret != nil {
			c.secret = o.Secret
		}
		c.successors = o.Successors
		if err := c.apply(ctx); err != nil {
			return err
		}
		if err := tx.Flush(ctx); err != nil { // a dry run fails where the real one would
			return err
		}
		slices.SortStableFunc(c.Lines, func(a, b string) int { return weight(a) - weight(b) })
		difference = c.Difference
		switch {
		case o.DryRun || difference.Empty():
			return errUndo
		case difference.Tickets > 0 && !o.Yes:
			return fmt.Errorf("%w (%d of them): nothing was applied; add --yes if that is meant", ErrNeedsYes, difference.Tickets)
		}
		return nil
	})
	if errors.Is(err, errUndo) {
		err = nil
	}
	return difference, err
}

// ExportDesk is the desk file of what is configured, with all sections: applied, it changes nothing. What is archived
// or disabled is not in it, and no secret ever is.
func (h *Helpdesk) ExportDesk(ctx context.Context) (core.DeskFile, error) {
	current, err := h.store.Configuration(ctx, nil)
	if err != nil {
		return core.DeskFile{}, err
	}
	target, _, err := (&core.DeskFile{}).Resolve(current)
	if err != nil {
		return core.DeskFile{}, err
	}
	disabled := map[string]bool{}
	for _, p := range current.People {
		disabled[p.Email] = p.Disabled
	}
	for i := range target.RequesterGroups {
		g := &target.RequesterGroups[i]
		g.Members = slices.DeleteFunc(g.Members, func(email string) bool { return disabled[email] })
	}
	return *target, nil
}

// configuration is a change of what is configured, while it is made.
type configuration struct {
	Difference
	h               *Helpdesk
	tx              *store.Tx
	actor           core.Actor
	now             time.Time
	file            *core.DeskFile
	current, target *core.DeskFile
	secret          func(env string) string
	successors      map[string]string
	heirs           map[core.PersonID]*core.Person // who succeeds whom
	absent          map[string]bool                // addresses of people who are disabled before and after: nobody talks about them
}

func (h *Helpdesk) configuration(ctx context.Context, tx *store.Tx, file *core.DeskFile, actor core.Actor) (*configuration, error) {
	var addresses []string // of people who only wrote so far, those who become configured matter
	for _, p := range file.People {
		addresses = append(addresses, core.FoldAddress(p.Email))
		for _, a := range p.Addresses {
			addresses = append(addresses, core.FoldAddress(a))
		}
	}
	current, err := tx.Configuration(ctx, addresses)
	if err != nil {
		return nil, err
	}
	target, warnings, err := file.Resolve(current)
	if err != nil {
		return nil, err
	}
	current.Follow(target)
	c := &configuration{h: h, tx: tx, actor: actor, now: h.now().UTC(), file: file, current: current, target: target,
		secret: func(string) string { return "" }, absent: map[string]bool{}}
	c.Warnings = warnings
	for _, p := range current.People {
		c.absent[p.Email] = p.Disabled
	}
	for _, p := range target.People {
		delete(c.absent, p.Email)
	}
	return c, nil
}

// apply writes section after section, in the order in which they refer to each other, and gathers the lines.
func (c *configuration) apply(ctx context.Context) error {
	before, err := c.picture(ctx, nil)
	if err != nil {
		return err
	}
	wrong, err := c.h.wrongWith(ctx, c.tx, c.now)
	if err != nil {
		return err
	}
	c.saveDesk()
	if err := c.saveProviderSecrets(ctx); err != nil {
		return err
	}
	for _, section := range []func(context.Context) error{
		c.saveOrganizations, c.savePeople, c.saveRequesterGroups, c.saveCalendars, c.saveSLAs, c.saveMailboxes, c.saveServices,
	} {
		if err := section(ctx); err != nil {
			return err
		}
	}
	if c.Empty() {
		return nil
	}
	e, err := c.effect(ctx, before)
	if err != nil {
		return err
	}
	c.Sight = e.sight()
	if err := c.release(ctx, e); err != nil {
		return err
	}
	return c.warnOf(ctx, wrong)
}

// warnOf warns of what is wrong now and was not before, where the file alone did not tell: whom it disables may have been the
// only one in a role that another section gives.
func (c *configuration) warnOf(ctx context.Context, before map[string]bool) error {
	if err := c.tx.Flush(ctx); err != nil {
		return err
	}
	after, err := c.h.wrongWith(ctx, c.tx, c.now)
	for _, text := range slices.Sorted(maps.Keys(after)) {
		what, _, _ := strings.Cut(text, ",")
		if !before[text] && !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.HasPrefix(w, what) }) {
			c.Warnings = append(c.Warnings, text)
		}
	}
	return err
}

func (c *configuration) line(format string, args ...any) {
	c.Lines = append(c.Lines, fmt.Sprintf(format, args...))
}

// weight orders the lines: what is taken away comes first.
func weight(line string) int {
	switch line[0] {
	case '!':
		return 0
	case '-':
		return 1
	}
	return 2
}

func (c *configuration) saveDesk() {
	desk := func(e *core.DeskEntry) []field {
		return []field{{"name", e.Name}, {"languages", words(e.Languages)}, {"timezone", e.Timezone}, {"second_factor", string(e.SecondFactor)}, {"oidc", providers(e.OIDC)}}
	}
	if text := changed(desk(c.current.Desk), desk(c.target.Desk)); text != "" {
		c.line("~ desk: %s", text)
		c.tx.SaveDesk(c.target.Desk)
		c.audit(core.AuditDesk, "", core.AuditChanged, desk(c.current.Desk), desk(c.target.Desk))
	}
	limits := func(e *core.LimitsEntry) []field {
		return []field{{"acknowledgements_per_day", fmt.Sprint(*e.AcknowledgementsPerDay)}, {"automatic_per_hour", fmt.Sprint(*e.AutomaticPerHour)},
			{"automatic_per_day", fmt.Sprint(*e.AutomaticPerDay)}, {"bundle_above", fmt.Sprint(*e.BundleAbove)}}
	}
	if text := changed(limits(c.current.Limits), limits(c.target.Limits)); text != "" {
		c.line("~ limits: %s", text)
		c.tx.SaveLimits(c.target.Limits)
		c.audit(core.AuditLimits, "", core.AuditChanged, limits(c.current.Limits), limits(c.target.Limits))
	}
}

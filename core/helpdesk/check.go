package helpdesk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// Check looks through the configuration for what keeps tickets from reaching somebody (A32, A34, D18). No finding is an
// empty list.
func (h *Helpdesk) Check(ctx context.Context) ([]core.Finding, error) {
	k := inspection{now: h.now().UTC(), findings: []core.Finding{}}
	var health []store.MailboxHealth
	var dead []store.DeadAddress
	err := h.store.InTx(ctx, func(tx *store.Tx) (err error) {
		if k.dir, err = tx.Directory(ctx); err != nil {
			return err
		}
		if k.groups, err = tx.RequesterGroupNames(ctx); err != nil {
			return err
		}
		if k.sizes, err = tx.GroupSizes(ctx); err != nil {
			return err
		}
		if health, err = tx.MailboxesHealth(ctx); err != nil {
			return err
		}
		dead, err = tx.DeadAddresses(ctx, k.now.Add(-deadWithin))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("configuration check: %w", err)
	}
	for _, s := range k.services() {
		k.mainSolver(s)
		k.mailbox(s)
	}
	for _, m := range health {
		if m.FailingSince != nil {
			service := k.dir.ServiceOfMailbox(k.dir.MailboxAt(m.Address).ID)
			k.find(core.MailboxFailing, service, m.Address, "mailbox %s fails since %s: %s; look at its server, user and password, it goes on by itself",
				m.Address, moment(*m.FailingSince), m.Failure)
		}
	}
	k.slas()
	k.delegates()
	for _, d := range dead {
		k.find(core.DeadAddress, 0, d.Address, "the last three mails to %s were refused or came back, from %s to %s (%s); correct the address, or take the person out",
			d.Address, moment(d.First), moment(d.Last), strings.Join(strings.Fields(d.Response), " "))
	}
	return k.findings, nil
}

// deadWithin is in which time the last three mails to an address must have failed for a finding (D18).
const deadWithin = 7 * day

// moment is how findings write times.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// inspection is one run of the configuration check.
type inspection struct {
	now      time.Time
	dir      *core.Directory
	groups   map[core.RequesterGroupID]string
	sizes    map[core.RequesterGroupID]int // enabled persons in them
	findings []core.Finding
}

func (k *inspection) find(code core.FindingCode, service core.ServiceID, names, format string, args ...any) {
	k.findings = append(k.findings, core.Finding{Code: code, Service: k.dir.Path(service), Names: names, Text: fmt.Sprintf(format, args...)})
}

// services are those that take tickets, by path.
func (k *inspection) services() []*core.Service {
	var list []*core.Service
	for _, s := range k.dir.Services {
		if !s.Archived && !s.Folder { // A31
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *core.Service) int { return strings.Compare(k.dir.Path(a.ID), k.dir.Path(b.ID)) })
	return list
}

// mainSolver checks A30 for a service and its sub-teams (D17): grants for everybody serve all requesters; where none of
// them is worth anything, each group of requesters needs a main solver of its own.
func (k *inspection) mainSolver(s *core.Service) {
	path := k.dir.Path(s.ID)
	var grants []core.Grant
	served := map[core.RequesterGroupID]bool{}
	for _, l := range k.dir.Lineage(s.ID) {
		for _, g := range k.dir.Grants[l.ID] {
			if g.Role == core.MainSolver {
				grants = append(grants, g)
				served[g.For] = served[g.For] || k.works(g)
			}
		}
	}
	if len(grants) == 0 {
		k.find(core.NoMainSolver, s.ID, "", "service %s has no main solver, so its new tickets reach nobody; give somebody the role main_solver on it", path)
		return
	}
	if served[0] {
		return
	}
	var disabled, empty []string
	for _, g := range grants {
		switch {
		case g.For != 0:
		case g.Members != 0:
			empty = append(empty, k.groups[g.Members])
		default:
			disabled = append(disabled, k.dir.People[g.Person].Email)
		}
	}
	if names := strings.Join(disabled, ", "); names != "" {
		k.find(core.MainSolverDisabled, s.ID, names, "service %s has only main solvers who are disabled (%s); name somebody else", path, names)
	}
	if names := strings.Join(empty, ", "); names != "" {
		k.find(core.MainSolverGroupEmpty, s.ID, names, "the main solvers of service %s are the members of %s, and there are none; add one, or name somebody", path, names)
	}
	for _, group := range k.subTeams(s) {
		if !served[group] {
			k.find(core.SubteamWithoutMainSolver, s.ID, k.groups[group], "service %s has no main solver for requesters of %s; name one for that group, or for everybody", path, k.groups[group])
		}
	}
}

// works tells whether somebody who is there holds the grant.
func (k *inspection) works(g core.Grant) bool {
	if g.Members != 0 {
		return k.sizes[g.Members] > 0
	}
	p := k.dir.People[g.Person]
	return p != nil && !p.Disabled
}

// subTeams are the groups of requesters that need a main solver of their own, where a service has sub-teams at all: those
// that a sub-team serves, and those whose members may open tickets.
func (k *inspection) subTeams(s *core.Service) []core.RequesterGroupID {
	var groups []core.RequesterGroupID
	split := false
	for _, l := range k.dir.Lineage(s.ID) {
		for _, e := range l.SLAs {
			groups = append(groups, e.Group)
		}
		for _, g := range k.dir.Grants[l.ID] {
			if g.For != 0 {
				groups, split = append(groups, g.For), true
			}
		}
	}
	if !split {
		return nil
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// mailbox checks that a service has one, its own or that of an ancestor.
func (k *inspection) mailbox(s *core.Service) {
	for at := s; at != nil; at = k.dir.Services[at.Parent] {
		if k.dir.Mailboxes[at.Mailbox] != nil {
			return
		}
	}
	k.find(core.NoMailbox, s.ID, "", "service %s has no mailbox, neither of its own nor of a parent; set one", k.dir.Path(s.ID))
}

// slas finds requester groups whose members are requesters of nothing. A group that only says whom a sub-team serves or
// who holds a role needs no SLA.
func (k *inspection) slas() {
	used := map[core.RequesterGroupID]bool{}
	for _, s := range k.dir.Services {
		if s.Archived {
			continue
		}
		for _, e := range s.SLAs {
			used[e.Group] = true
		}
		for _, g := range k.dir.Grants[s.ID] {
			used[g.For], used[g.Members] = true, true
		}
	}
	var names []string
	for id, name := range k.groups {
		if !used[id] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		k.find(core.GroupWithoutSLA, 0, name, "requester group %s has no SLA in any service, so its members can open no tickets as such; list it among the requesters of a service, or take it out", name)
	}
}

// delegates finds who named a delegate that will not be there for them: somebody away in the same time, disabled, or not
// of the same organization any more.
func (k *inspection) delegates() {
	for _, a := range k.dir.Absences {
		if a.Delegate == nil || a.Person.Disabled || !k.now.Before(a.Until) {
			continue
		}
		wrong := ""
		switch other := k.dir.AbsenceOf(a.Delegate.ID); {
		case a.Delegate.Disabled:
			wrong = "is disabled"
		case !a.Fits():
			wrong = "does not work in the same organization"
		case other != nil && k.now.Before(other.Until) && a.Meets(*other):
			wrong = fmt.Sprintf("is away too, from %s to %s", moment(other.From), moment(other.Until))
		default:
			continue
		}
		k.find(core.DelegateAway, 0, a.Person.Email, "%s is away from %s to %s, and the delegate %s %s; ask %[1]s to name another one",
			a.Person.Email, moment(a.From), moment(a.Until), a.Delegate.Email, wrong)
	}
}

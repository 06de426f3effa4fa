package helpdesk

import (
	"context"
	"slices"

	"postdesk/core"
)

// copied is an address in Cc, and whose it is; nil = nobody's that is known.
type copied struct {
	address string
	person  *core.Person
}

// maxCopied bounds how many addresses of one mail are looked at.
const maxCopied = 50

// ReadCopied looks up who is in Cc of the mail: its records name those who take no part (D15). The desk's own addresses
// are nobody.
func (m *Mail) ReadCopied(ctx context.Context, cc []string) error {
	var addresses []string
	for _, a := range cc {
		if a = core.FoldAddress(a); !m.Own(a) && !slices.Contains(addresses, a) && len(addresses) < maxCopied {
			addresses = append(addresses, a)
		}
	}
	if len(addresses) == 0 {
		return nil
	}
	people, err := m.tx.PeopleByAddress(ctx, addresses)
	for _, a := range addresses {
		m.copied = append(m.copied, copied{a, people[a]})
	}
	return err
}

// AddCopied makes the people whom a verified requester copied participants of their ticket, where they are requesters of
// the service (D15): from now on, with no word of what was before. Others in Cc, and a Cc on somebody else's mail, add
// nobody.
func (m *Mail) AddCopied(ctx context.Context, n core.Number) error {
	if m.actor.Level < core.DomainProven || len(m.copied) == 0 {
		return nil
	}
	t, err := m.tx.Ticket(ctx, n)
	if err != nil || !slices.ContainsFunc(m.copied, func(x copied) bool { return m.joins(t, x) && !t.TakesPart(x.person.ID) }) {
		return err
	}
	_, err = m.change(ctx, n, 0, func(c *change) error {
		for _, x := range c.copied {
			if !c.joins(c.t, x) || c.t.TakesPart(x.person.ID) { // named twice
				continue
			}
			if err := c.participate(x.person, c.wrote); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// joins tells whether somebody in Cc becomes a participant by that alone.
func (a *Act) joins(t *core.Ticket, x copied) bool {
	if x.person == nil || a.addsNobody || a.actor.Level < core.DomainProven || !a.actor.Is(t.Requester) {
		return false
	}
	_, requester := a.dir.SLAFor(x.person, t.Service)
	return requester
}

// bystanders are the addresses in Cc of the mail that nothing adds by itself: somebody of the team may (D15).
func (c *change) bystanders() (list []string) {
	for _, x := range c.copied {
		p := x.person
		if p != nil && (c.t.TakesPart(p.ID) || c.t.Follows(p.ID) || c.t.SolvedBy(p.ID) || c.actor.Is(p)) || c.joins(c.t, x) {
			continue
		}
		list = append(list, x.address)
	}
	return list
}

package helpdesk

import (
	"context"
	"fmt"
	"time"

	"postdesk/core"
)

const (
	addressLife = 24 * time.Hour // for how long an address can be confirmed
	// So many mails a day ask to confirm an address, so that nobody can be flooded in that way.
	confirmationsTo  = 3
	confirmationsFor = 10
)

// OwnAddresses lists the addresses from which the actor writes, the primary one first.
func (h *Helpdesk) OwnAddresses(ctx context.Context, actor core.Actor) ([]core.OwnAddress, error) {
	if actor.Person == nil || actor.Level < core.SignedIn {
		return nil, core.Refuse(core.Forbidden, "error.forbidden")
	}
	return h.store.OwnAddresses(ctx, actor.Person.ID, h.now())
}

// AddOwnAddress asks for a round trip: a mail goes to the address, and answering it from there makes it the actor's
// (mail.md 4). Whether it is somebody else's already makes no difference here: the mail goes there all the same.
func (h *Helpdesk) AddOwnAddress(ctx context.Context, actor core.Actor, address string) (added core.OwnAddress, err error) {
	if actor.Person == nil || actor.Level < core.SignedIn {
		return added, core.Refuse(core.Forbidden, "error.forbidden")
	}
	added = core.OwnAddress{Address: core.FoldAddress(address), State: core.AddressPending}
	err = h.Do(ctx, actor, func(a *Act) error {
		if err := a.tx.LockPerson(ctx, actor.Person.ID); err != nil {
			return err
		}
		have, err := a.tx.OwnAddresses(ctx, actor.Person.ID, a.now)
		if err != nil {
			return err
		}
		if err := a.dir.CheckOwnAddress(added.Address, have); err != nil {
			return err
		}
		box := a.dir.TokenMailbox(0)
		if box == nil {
			return core.Refuse(core.Conflict, "error.address.no_mailbox", a.dir.Desk.Name)
		}
		toIt, forThem, err := a.tx.ConfirmationsMailed(ctx, added.Address, actor.Person.ID, a.now.Add(-24*time.Hour))
		if err != nil {
			return err
		}
		if toIt >= confirmationsTo || forThem >= confirmationsFor {
			return core.Refuse(core.Conflict, "error.address.often")
		}
		if _, err := a.tx.EndConfirmationsOf(ctx, added.Address, actor.Person.ID, a.now); err != nil {
			return err
		}
		added.Expires = a.now.Add(addressLife)
		return a.askForAddress(box, added)
	})
	return added, err
}

// askForAddress mails the address whose answer confirms it.
func (a *Act) askForAddress(box *core.Mailbox, address core.OwnAddress) error {
	o := a.notice(a.actor.Person, box, core.EventAddress, "address_confirmation")
	o.Address = address.Address
	t := core.ReplyToken{Token: newReplyToken(), Purpose: core.PurposeConfirm, Expires: address.Expires, Address: address.Address}
	o.Tokens = []core.ReplyToken{t}
	o.Content.ReplyAddress = replyAddress(a.h.store.Secrets(), box, t.Purpose, t.Token)
	ref := a.actor.Person.Ref()
	o.Content.Actor = &ref
	return a.tx.QueueMail(o)
}

// DropOwnAddress takes an address away that the actor confirmed or was about to. What the operator listed is theirs to
// change (Conflict); NotFound where the actor has no such address.
func (h *Helpdesk) DropOwnAddress(ctx context.Context, actor core.Actor, address string) error {
	if actor.Person == nil || actor.Level < core.SignedIn {
		return core.Refuse(core.Forbidden, "error.forbidden")
	}
	address = core.FoldAddress(address)
	return h.Do(ctx, actor, func(a *Act) error {
		dropped, err := a.tx.DropAddress(ctx, address, actor.Person.ID)
		if err != nil {
			return err
		}
		ended, err := a.tx.EndConfirmationsOf(ctx, address, actor.Person.ID, a.now)
		if err != nil {
			return err
		}
		if dropped {
			a.auditAddress(actor.Person, core.AuditRemoved, address)
		}
		if dropped || ended {
			return nil
		}
		have, err := a.tx.OwnAddresses(ctx, actor.Person.ID, a.now)
		if err != nil {
			return err
		}
		for _, x := range have {
			if x.Address == address {
				return core.Refuse(core.Conflict, "error.address.listed")
			}
		}
		return core.Refuse(core.NotFound, "error.not_found")
	})
}

func (a *Act) auditAddress(p *core.Person, action core.AuditAction, address string) {
	e := core.AuditEntry{Noun: core.AuditAddress, Name: p.Email, Action: action}
	field := map[string]string{"address": address}
	if action == core.AuditRemoved {
		e.Before = field
	} else {
		e.After = field
	}
	a.h.audit(a.tx, a.actor, a.now, e)
}

// ConfirmAddress makes the address that a token was sent to its person's own, because a person has answered from there, and
// tells them at their primary one. An entry that the desk made of mail from there becomes theirs, with its tickets. done is
// false, and why says the reason, where nothing was confirmed. The caller has judged the sender.
func (m *Mail) ConfirmAddress(ctx context.Context, t *Token) (done bool, why string, err error) {
	if !m.Valid(t) || t.Uses > 0 {
		return false, fmt.Sprintf("the time to confirm %s is over", t.Address), nil
	}
	p, err := m.tx.Person(ctx, t.Person)
	if err != nil {
		return false, "", err
	}
	if p.Disabled {
		return false, "whoever wanted to add " + t.Address + " is disabled", nil
	}
	if err := m.tx.LockPerson(ctx, p.ID); err != nil {
		return false, "", err
	}
	box := m.dir.MailboxAt(t.Address)
	switch holder := m.Sender(); {
	case box != nil:
		return false, t.Address + " is the desk's own", nil
	case holder == nil:
	case holder.Origin == core.Configured || holder.Disabled:
		return false, t.Address + " belongs to somebody", nil
	default:
		m.tx.SetAside([]int64{int64(holder.ID)})
		m.tx.Absorb(p.ID, []int64{int64(holder.ID)}, m.now)
	}
	added, err := m.tx.AddAddress(ctx, t.Address, p.ID, m.now)
	if err != nil {
		return false, "", err
	}
	if !added {
		return false, t.Address + " belongs to somebody", nil
	}
	m.UseToken(t)
	if _, err := m.tx.EndConfirmationsOf(ctx, t.Address, 0, m.now); err != nil {
		return false, "", err
	}
	m.Become(p, core.DomainProven)
	m.auditAddress(p, core.AuditAdded, t.Address)
	from := m.dir.Mailboxes[m.Row.Mailbox]
	if from == nil {
		from = m.dir.MailboxOf(0)
	}
	o := m.notice(p, from, core.EventAddress, "address_added")
	o.Content.NewAddress = t.Address
	return true, "", m.tx.QueueMail(o)
}

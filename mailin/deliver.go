package mailin

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// delivery is one message on its way into the desk.
type delivery struct {
	*helpdesk.Mail
	msg      *Message
	from     core.Ref // the identity that the mail claims; empty where it claims none that can be read (mail.md 4)
	refs     []string
	evidence evidence
	level    core.Level
}

// letter is what the ledger keeps of the message.
func letter(m *Message, e evidence) helpdesk.Letter {
	from, _ := m.SingleFrom()
	l := helpdesk.Letter{
		MessageID: m.MessageID, Sender: from.Address, Subject: m.Subject, Class: string(m.Class), Evidence: e.why,
		ContentKey:  m.ContentKey[:],
		Refs:        references(m),
		Recipients:  m.Recipients(),
		Acknowledge: m.MayAnswer && m.Class == ClassHuman && !e.fail, // a forged sender hears nothing
		Reopen:      m.Class == ClassHuman || m.Class == ClassMachine || m.Class == ClassDesk,
		Human:       m.Class == ClassHuman, Forged: e.fail, Likeness: core.Likeness(m.Visible), Words: core.WordsKey(m.Text),
	}
	if from.Address != "" {
		l.From = core.FoldAddress(from.Address)
	}
	if e.signed {
		l.Recipients = append(addresses(m.To), addresses(m.Cc)...)
	}
	if l.Sender == "" && len(m.From) > 0 {
		l.Sender = m.From[0].Address
	}
	for _, a := range append(append([]Address{}, m.To...), m.Cc...) {
		l.Direct = append(l.Direct, core.FoldAddress(a.Address))
	}
	return l
}

// deliver is the one switch: what kind of mail it is, whose, which ticket it names, and which operation that makes. It
// runs within the mail's transaction; what it returns becomes the message's line in the ledger.
func deliver(ctx context.Context, mail *helpdesk.Mail, m *Message, e evidence) (store.Outcome, error) {
	d := &delivery{Mail: mail, msg: m, refs: references(m), evidence: e}
	if from, ok := m.SingleFrom(); ok {
		d.from = core.Ref{Email: core.FoldAddress(from.Address), Name: from.Name}
	}
	switch {
	case m.ReceivedCount() > maxReceived:
		return store.Outcome{State: core.InboundParked, Reason: "more than 30 servers handed it on: a loop"}, nil
	case m.Class == ClassBounce, m.Class == ClassReceipt:
		return d.report(ctx)
	case m.Class == ClassSelf:
		return store.Outcome{State: core.InboundSuppressed, Reason: string(m.Class) + ": " + first(m.Reasons)}, nil
	case d.Ours():
		return store.Outcome{State: core.InboundSuppressed, Reason: string(ClassSelf) + ": the words are those of a mail of ours"}, nil
	}
	token, person := d.Token(), d.Sender()
	candidate, err := d.candidate(ctx, token)
	if err != nil {
		return store.Outcome{}, err
	}
	if m.Class == ClassAuto || m.Class == ClassList {
		return d.automatic(ctx, candidate, person)
	}
	if token != nil && token.Purpose == core.PurposeConfirm {
		return d.confirmAddress(ctx, token)
	}
	if token != nil && d.Valid(token) && (person == nil || person.ID != token.Person) {
		// Right token, wrong From: somebody passed the address on (mail.md 4).
		if err := d.MisusedToken(ctx, token); err != nil {
			return store.Outcome{}, err
		}
		return d.holdReply(ctx, candidate, "misused_address"), nil
	}
	if m.Class == ClassHuman && !d.Confirmed() && m.OutOfOffice() { // row 9 of mail.md 2: close behind our own mail it is an automatic answer
		if soon, err := d.JustMailed(ctx, d.from.Email); err != nil || soon {
			if err != nil {
				return store.Outcome{}, err
			}
			return d.automatic(ctx, candidate, person)
		}
	}
	mine := token != nil && d.Valid(token) && person != nil && token.Person == person.ID
	d.level = proof(d.evidence, mine, mine && token.Uses == 0, d.policy())
	if d.Confirmed() {
		d.level, mine = core.SignedIn, token != nil && person != nil && token.Person == person.ID
	}
	if person != nil && person.Disabled {
		return d.holdReply(ctx, candidate, "sender_disabled"), nil
	}
	if person != nil {
		d.Become(person, d.level)
		if token != nil && token.Person == person.ID && token.Purpose == core.PurposeApprove { // spent by a decision alone
			return d.decide(ctx, candidate, token)
		}
		if mine {
			d.UseToken(token)
			if out, taken, err := d.quiet(ctx, candidate, token); taken || err != nil {
				return out, err
			}
		}
	}
	if !d.evidence.fail && m.Class == ClassHuman {
		if err := d.ReadCopied(ctx, addresses(m.Cc)); err != nil {
			return store.Outcome{}, err
		}
	}
	if candidate.Ticket != 0 && person != nil {
		s, err := d.StandingIn(ctx, candidate.Ticket)
		if err != nil {
			return store.Outcome{}, err
		}
		switch {
		case s.Sees() && (!candidate.Weak || s.Owner):
			return d.answer(ctx, candidate, s, mine, token)
		case token != nil && token.Person == person.ID: // meant for that ticket's people, not to become a ticket of its own
			return d.holdAndTell(ctx, candidate, "lost_sight")
		}
	}
	return d.open(ctx, candidate, person)
}

func (d *delivery) policy() core.TrustPolicy {
	if box := d.Directory().Mailboxes[d.Row.Mailbox]; box != nil {
		return box.Policy
	}
	return core.StrictPolicy
}

// candidate is the ticket that the mail names: by token, else by its references and subject (mail.md 3).
func (d *delivery) candidate(ctx context.Context, token *helpdesk.Token) (helpdesk.Candidate, error) {
	if token != nil {
		return d.CandidateOfToken(ctx, token)
	}
	return d.Thread(ctx, subjectTag(d.msg.Subject))
}

// hold keeps the mail for the triage of a service; why is a key of core.Held.
func (d *delivery) hold(service core.ServiceID, why string, args ...string) store.Outcome {
	if s := d.Directory().Services[service]; s == nil || s.Folder || s.Archived { // nobody sorts mail there
		service = d.Directory().ServiceNear(d.Row.Mailbox)
	}
	held := core.Held{Key: why, Args: args}
	return store.Outcome{State: core.InboundQuarantined, Reason: held.String(), Held: held, Service: service}
}

// holdReply keeps mail that was meant for a ticket, for the triage of the ticket's service.
func (d *delivery) holdReply(ctx context.Context, c helpdesk.Candidate, why string, args ...string) store.Outcome {
	if service := d.ServiceOf(ctx, c.Ticket); service != 0 {
		out := d.hold(service, why, args...)
		out.Ticket = c.Ticket // its team sorts it
		return out
	}
	service, _ := d.ServiceFor(addresses(d.msg.To), addresses(d.msg.Cc))
	return d.hold(service, why, args...)
}

// holdAndTell is holdReply for mail of somebody known, who is told that it waits.
func (d *delivery) holdAndTell(ctx context.Context, c helpdesk.Candidate, why string, args ...string) (store.Outcome, error) {
	o := d.holdReply(ctx, c, why, args...)
	return o, d.RefuseNew(d.Sender(), d.Directory().Services[o.Service], "held")
}

func (d *delivery) source() *helpdesk.MailSource {
	verified := d.level >= core.DomainProven
	return &helpdesk.MailSource{Inbound: d.Row.ID, MessageID: d.msg.MessageID, Refs: d.refs, Verified: &verified}
}

func addresses(list []Address) []string {
	out := make([]string, 0, len(list))
	for _, a := range list {
		out = append(out, a.Address)
	}
	return out
}

func first(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return reasons[0]
}

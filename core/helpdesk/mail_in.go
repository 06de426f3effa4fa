package helpdesk

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// Mail is the work of one incoming message in one transaction: who it comes from, which ticket it names, what it does,
// and its line in the ledger, all or nothing (transaction 2 of mail.md 1).
type Mail struct {
	*Act
	Row    *store.Inbound
	letter Letter
	facts  *store.MailFacts
	tokens []foundToken // in its recipient addresses
	// confirmed says that its sender carries it out signed in.
	confirmed bool
}

// Letter is what the ledger keeps of a message's head, whatever becomes of it.
type Letter struct {
	MessageID  string
	Sender     string // the one From address, or "" where there is none that can be trusted as an identity
	Subject    string
	Class      string
	Evidence   string
	ContentKey []byte
	From       string   // the folded address of the identity that it claims; "" where it claims none that can be read
	Refs       []string // the Message-IDs that it refers to, nearest first
	Recipients []string // the addresses that it may have been delivered to
	// Acknowledge and Reopen say what its class allows (mail.md 2).
	Acknowledge, Reopen bool
	// Human says that a person wrote it, by its class.
	Human bool
	// Forged says that the sender's domain disowns it.
	Forged bool
	// Likeness and Words are fingerprints of its new and of its whole text (core.Likeness, core.WordsKey).
	Likeness int64
	Words    []byte
	// Direct are the addresses of To and Cc.
	Direct []string
}

// ApplyMail runs fn on a message that is still waiting, and writes the outcome that fn returns. A message that was
// finished meanwhile, or whose content was applied before, is left alone: a second run finds the outcome and stops.
func (h *Helpdesk) ApplyMail(ctx context.Context, inbound int64, l Letter, fn func(*Mail) (store.Outcome, error)) (out store.Outcome, err error) {
	for range 3 {
		if out, err = h.applyMail(ctx, inbound, l, fn); !store.ContentTaken(err) { // else another daemon was just faster
			break
		}
	}
	return out, err
}

func (h *Helpdesk) applyMail(ctx context.Context, inbound int64, l Letter, fn func(*Mail) (store.Outcome, error)) (out store.Outcome, err error) {
	err = h.store.InTx(ctx, func(tx *store.Tx) error {
		m := &Mail{letter: l, tokens: readTokens(h.store.Secrets(), l.Recipients)}
		var err error
		if m.facts, err = tx.LookUpMail(ctx, m.questions(inbound)); err != nil {
			return err
		}
		row := m.facts.Row
		if row.State != core.InboundReceived {
			out = store.Outcome{State: row.State, Reason: row.Reason, Ticket: row.Ticket}
			return nil
		}
		a, err := h.act(ctx, tx, core.Actor{Via: core.ViaMail})
		if err != nil {
			return err
		}
		a.acknowledges, a.reopens, a.direct, a.directPeople = l.Acknowledge && !row.Old, l.Reopen, l.Direct, m.facts.Direct
		m.Act, m.Row = a, row
		if s := m.facts.Same; s != nil && s.ID != inbound && l.Human && s.Class == classAuto {
			// Whoever has a copy could mark it as a robot's and deliver it first, to keep the person's own out.
			tx.GiveUpContentKey(s.ID)
			m.facts.Same = nil
		}
		first := m.facts.Same
		again := first != nil && first.ID != inbound
		if !again || first.State == core.InboundQuarantined {
			if out, err = fn(m); err != nil {
				return err
			}
		}
		switch {
		case again && out.State == core.InboundApplied: // held when it came without proof: the proven copy counts, or who has a copy could keep it out
			tx.SupersedeInbound(first.ID, inbound, a.now)
		case again:
			out = store.Outcome{State: core.InboundDuplicate, Reason: fmt.Sprintf("same content as message %d", first.ID), Ticket: first.Ticket}
		}
		out.MessageID, out.Sender, out.Subject, out.Class, out.Evidence = l.MessageID, l.Sender, l.Subject, l.Class, l.Evidence
		if !l.Forged { // what is forged is no sign of who really writes from there
			out.Likeness = &l.Likeness
		}
		if out.State == core.InboundApplied && l.Human && !l.Forged && m.actor.Level > core.Machine {
			tx.LiftSuspension(l.From, a.now)
		}
		if out.State == core.InboundApplied || out.State == core.InboundQuarantined {
			out.ContentKey = l.ContentKey
		}
		tx.FinishInbound(inbound, out, a.now)
		return nil
	})
	return out, err
}

// classAuto is the class of what a program wrote by itself (mail.md 2, row 4).
const classAuto = "auto"

// questions are what is looked up about the message before anything is decided.
func (m *Mail) questions(inbound int64) store.MailQuestions {
	q := store.MailQuestions{Inbound: inbound, ContentKey: m.letter.ContentKey, From: m.letter.From, Direct: m.letter.Direct,
		MessageIDs: m.letter.Refs, Words: m.letter.Words}
	if m.letter.MessageID != "" {
		q.MessageIDs = append(slices.Clone(q.MessageIDs), m.letter.MessageID)
	}
	for _, t := range m.tokens {
		q.Tokens = append(q.Tokens, t.bytes[:])
	}
	return q
}

// RecordAutomatic keeps automatic mail with the ticket that it answers, small and for the team only: it changes no state
// and tells nobody (mail.md 2).
func (m *Mail) RecordAutomatic(ctx context.Context, n core.Number, from, text string, src *MailSource) (core.Number, error) {
	me := m.actor
	m.actor = core.Actor{Via: core.ViaMail} // the desk files it
	defer func() { m.actor = me }()
	return m.change(ctx, n, 0, func(c *change) error {
		rec := &core.Record{Kind: core.KindMail, AuthorAddress: from, Text: text}
		c.source(rec, src)
		_, err := c.log(rec)
		return err
	})
}

// Directory is the configuration within the mail's transaction.
func (m *Mail) Directory() *core.Directory { return m.dir }

// Sender is whose address the mail claims to be from; nil where nobody's.
func (m *Mail) Sender() *core.Person { return m.facts.Sender }

// Ours tells whether the message's words are those of a mail that the desk sent: it came back without its headers.
func (m *Mail) Ours() bool { return m.facts.Ours }

// again tells that the same content came before, in another message.
func (m *Mail) again() bool { return m.facts.Same != nil && m.facts.Same.ID != m.Row.ID }

// Become makes the person the actor of what follows, proven to the level.
func (m *Mail) Become(p *core.Person, level core.Level) {
	m.actor = core.Actor{Person: p, Via: core.ViaMail, Level: level}
}

// Token is a reply token found in one of a message's recipient addresses.
type Token struct {
	store.TokenUse
}

// foundToken is a token by its looks: its MAC is ours.
type foundToken struct {
	bytes   [16]byte
	purpose core.Purpose
}

func readTokens(s *store.Secrets, recipients []string) []foundToken {
	var found []foundToken
	for _, address := range recipients {
		if raw, purpose, ok := readReplyAddress(s, address); ok {
			found = append(found, foundToken{raw, purpose})
		}
	}
	return found
}

// Token is the reply token in the recipient addresses; nil where none was issued by this desk. A revoked or expired one is
// returned as such: it still names the ticket.
func (m *Mail) Token() *Token {
	for _, found := range m.tokens {
		for _, use := range m.facts.Tokens {
			if bytes.Equal(use.Token, found.bytes[:]) && use.Purpose == found.purpose {
				return &Token{use}
			}
		}
	}
	return nil
}

// Valid tells whether the token still works.
func (m *Mail) Valid(t *Token) bool { return !t.Revoked && m.now.Before(t.Expires) }

// UseToken counts the use of a token.
func (m *Mail) UseToken(t *Token) { m.tx.CountTokenUse(t.Token) }

// MisusedToken revokes a token that came from somebody else's address, and tells its owner (mail.md 4).
func (m *Mail) MisusedToken(ctx context.Context, t *Token) error {
	m.tx.RevokeToken(t.Token, m.now)
	if t.Ticket == 0 { // of news, which anybody may pass on
		return nil
	}
	owner, err := m.tx.Person(ctx, t.Person)
	if err != nil {
		return err
	}
	ticket, err := m.tx.Ticket(ctx, t.Ticket)
	if err != nil {
		return err
	}
	c := &change{Act: m.Act, t: ticket, before: *ticket}
	if !core.StandingOf(m.dir, ticket, owner).Sees() || owner.Disabled {
		return nil
	}
	role := roleOf(core.StandingOf(m.dir, ticket, owner), "")
	return c.queue(recipient{person: owner, role: role, reason: "token_misused"}, told{event: core.EventTokenMisused})
}

// Candidate is the ticket that a message seems to belong to, and how that was found. Threading gives no rights.
type Candidate struct {
	Ticket core.Number // 0 = none
	How    string      // token, reply to us, reply to a mail of the ticket, same thread, answered before it came, subject tag
	// Weak says that only a mail's references to others connect the two. Anybody can refer to anything, so the
	// ticket's own requester alone is taken at that word.
	Weak bool
}

// Thread finds the candidate in the order of mail.md 3: our Message-ID in the references, then the requester's own (or
// any mail of a ticket), then a mail that refers to this one (a reply that was fetched before its parent), then the
// subject tag.
func (m *Mail) Thread(ctx context.Context, tag core.Number) (Candidate, error) {
	own, refs := m.letter.MessageID, m.letter.Refs
	for _, want := range []struct {
		how   string
		weak  bool
		ids   []string
		match func(store.ThreadHit) bool
	}{
		{"reply to us", false, refs, func(h store.ThreadHit) bool { return h.Outbound }},
		{"reply to a mail of the ticket", false, refs, func(h store.ThreadHit) bool { return h.Own }},
		{"same thread", true, refs, func(h store.ThreadHit) bool { return true }},
		{"answered before it came", true, []string{own}, func(h store.ThreadHit) bool { return own != "" && !h.Outbound }},
	} {
		for _, id := range want.ids {
			for _, hit := range m.facts.Threads {
				if hit.MessageID == id && want.match(hit) {
					c, err := m.survivor(ctx, hit.Ticket, hit.Merged, want.how)
					c.Weak = want.weak
					return c, err
				}
			}
		}
	}
	if tag != 0 {
		n, err := m.tx.Survivor(ctx, tag)
		if core.CodeOf(err) == core.NotFound {
			return Candidate{}, nil
		}
		return Candidate{Ticket: n, How: "subject tag"}, err
	}
	return Candidate{}, nil
}

// survivor follows the merges of a ticket (E10).
func (m *Mail) survivor(ctx context.Context, n, merged core.Number, how string) (c Candidate, err error) {
	if merged != 0 {
		n, err = m.tx.Survivor(ctx, merged)
	}
	return Candidate{Ticket: n, How: how}, err
}

// CandidateOfToken is the ticket that a token names.
func (m *Mail) CandidateOfToken(ctx context.Context, t *Token) (Candidate, error) {
	return m.survivor(ctx, t.Ticket, t.Merged, "token")
}

// ServiceOf is the service of a ticket; 0 where there is no such ticket.
func (m *Mail) ServiceOf(ctx context.Context, n core.Number) core.ServiceID {
	if t, err := m.tx.Ticket(ctx, n); err == nil {
		return t.Service
	}
	return 0
}

// closeBehind is how soon after our own mail an out-of-office subject makes an automatic answer (mail.md 2, row 9).
const closeBehind = 10 * time.Minute

// JustMailed tells whether the desk mailed the address in the last minutes.
func (m *Mail) JustMailed(ctx context.Context, address string) (bool, error) {
	return m.tx.MailedSince(ctx, address, m.now.Add(-closeBehind))
}

// StandingIn is the actor's standing in a ticket. The ticket is locked, for what is decided upon it writes there.
func (m *Mail) StandingIn(ctx context.Context, n core.Number) (core.Standing, error) {
	t, err := m.lock(ctx, n)
	if err != nil {
		return core.Standing{}, err
	}
	m.locked = t
	return core.StandingOf(m.dir, t, m.actor.Person), nil
}

// Notes are the texts of a ticket's internal records.
func (m *Mail) Notes(ctx context.Context, n core.Number) ([]string, error) {
	records, err := m.tx.Records(ctx, n)
	var notes []string
	for _, r := range records {
		if !r.ShowToRequester && r.Text != "" {
			notes = append(notes, r.Text)
		}
	}
	return notes, err
}

// AddPerson records somebody who wrote without being listed, as a contact or a guest, without sign-in (mail.md 4). Where
// the entry exists already it is returned.
func (m *Mail) AddPerson(ctx context.Context, from core.Ref, service core.ServiceID, origin core.Origin) (*core.Person, error) {
	return m.addPerson(ctx, core.Person{Email: core.FoldAddress(from.Email), Name: from.Name, Origin: origin,
		Language: m.dir.Services[service].Language})
}

// DomainIsRequester tells whether an unlisted address would be a requester of the service by its domain (mail.md 4).
func (m *Mail) DomainIsRequester(ctx context.Context, address string, service core.ServiceID) (bool, error) {
	groups, err := m.tx.GroupsOfDomain(ctx, core.DomainOf(address))
	if err != nil {
		return false, err
	}
	return m.IsRequester(&core.Person{Groups: groups}, service), nil
}

// IsRequester tells whether the person is a requester of the service.
func (m *Mail) IsRequester(p *core.Person, service core.ServiceID) bool {
	_, ok := m.dir.SLAFor(p, service)
	return ok
}

// ServiceFor finds the service that a new ticket of this mail opens in: that of the mailbox named first in To, then Cc,
// whatever arrived first (D29); else that of the mailbox it lies in. also are the other services it was sent to.
func (m *Mail) ServiceFor(to, cc []string) (opens core.ServiceID, also []core.ServiceID) {
	for _, address := range append(slices.Clone(to), cc...) {
		box := m.dir.MailboxAt(address)
		if box == nil {
			continue
		}
		if s := m.dir.ServiceOfMailbox(box.ID); s != 0 && s != opens && !slices.Contains(also, s) {
			if opens == 0 {
				opens = s
			} else {
				also = append(also, s)
			}
		}
	}
	if opens == 0 {
		opens = m.dir.ServiceNear(m.Row.Mailbox)
	}
	return opens, also
}

// TellAlso tells the main solvers of other services that the mail which was addressed to them too opened a ticket
// elsewhere, with that mail (D29).
func (m *Mail) TellAlso(ctx context.Context, n core.Number, also []core.ServiceID) error {
	if len(also) == 0 {
		return nil
	}
	t, err := m.tx.Ticket(ctx, n)
	if err != nil {
		return err
	}
	records, err := m.tx.Records(ctx, n)
	if err != nil {
		return err
	}
	for _, service := range also {
		elsewhere := *t
		elsewhere.Service, elsewhere.Solver, elsewhere.Group = service, nil, 0
		c := &change{Act: m.Act, t: &elsewhere, before: elsewhere, alsoIn: m.dir.Path(t.Service)}
		c.tell(core.EventAlsoSent, records[0])
		if err := c.notify(ctx); err != nil {
			return err
		}
	}
	return nil
}

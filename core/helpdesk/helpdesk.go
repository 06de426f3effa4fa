// Package helpdesk is what can be done at the desk. One operation is: the permission checked, the rule applied, the log
// record written and the notifications queued, in one transaction. The desk, the API and mail come in through the same
// operations, so they obey the same matrix; nothing writes to the database outside of them.
package helpdesk

import (
	"context"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// Helpdesk runs operations on a store. It is safe for concurrent use.
type Helpdesk struct {
	store    *store.Store
	now      func() time.Time
	reader   MailReader
	operator string // ActFor
	floods   floods
	watch    watch
}

// New makes a Helpdesk; now is the clock that everything in it uses.
func New(s *store.Store, now func() time.Time) *Helpdesk {
	return &Helpdesk{store: s, now: now, operator: "operator"}
}

// ReadMailWith sets who reads raw messages again when held mail is accepted.
func (h *Helpdesk) ReadMailWith(r MailReader) { h.reader = r }

// Act is one person's work in one transaction: a page or API call does one operation in it, a mail all of its commands.
type Act struct {
	h     *Helpdesk
	tx    *store.Tx
	dir   *core.Directory
	actor core.Actor
	now   time.Time

	locked *core.Ticket // this transaction holds its lock, and has not changed it since it was read
	wrote  time.Time    // of the first log record that was written here
	// reached are those who get mail by what was done here, its author left out.
	reached []*core.Person
	shown   bool // the last text that was written here goes to the requester's side

	copied []copied // in Cc of a mail
	// addsNobody keeps those in Cc from becoming participants by that alone.
	addsNobody bool

	// What a mail brings along; a page or call has the first two and none of the others.
	acknowledges bool     // the requester is told that it came in (mail.md 2)
	reopens      bool     // a message to a resolved ticket may reopen it
	unechoed     bool     // the acknowledgement must not carry the text: its sender is unproven
	direct       []string // who got the original mail directly, and needs no notice of it (E3)
	directPeople []core.PersonID
}

// Do runs the operations of fn as the actor, all or nothing.
func (h *Helpdesk) Do(ctx context.Context, actor core.Actor, fn func(*Act) error) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		a, err := h.act(ctx, tx, actor)
		if err != nil {
			return err
		}
		return fn(a)
	})
}

func (h *Helpdesk) act(ctx context.Context, tx *store.Tx, actor core.Actor) (*Act, error) {
	dir, err := tx.Directory(ctx)
	if err != nil {
		return nil, err
	}
	now := h.now().UTC()
	return &Act{h: h, tx: tx, dir: dir.At(now), actor: actor, now: now, acknowledges: true, reopens: true}, nil
}

// Try runs fn so that its refusal undoes only what fn did (mail.md 1: each command in a savepoint).
func (a *Act) Try(ctx context.Context, fn func() error) error {
	reached := len(a.reached)
	err := a.tx.Savepoint(ctx, fn)
	if err != nil {
		a.reached, a.locked = a.reached[:reached], nil // what was read meanwhile may have been undone
	}
	return err
}

// Refusal is the error as people are told it: a text that the database cannot keep is the caller's mistake, not a failure.
func Refusal(err error) error {
	if store.Malformed(err) {
		return core.BadInput("text", "error.text.characters")
	}
	return err
}

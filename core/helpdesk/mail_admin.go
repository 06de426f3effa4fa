package helpdesk

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// What administrators see of ledger and outbox: where each mail stands and why, not what it says (D13: setting up is not
// reading), so subjects and texts stay out.

// InboundRow is a message of the ledger as administrators see it.
type InboundRow struct {
	ID          int64             `json:"id"`
	Mailbox     string            `json:"mailbox"`
	UID         uint32            `json:"uid"`
	UIDValidity uint32            `json:"uidvalidity"`
	SHA256      string            `json:"sha256"` // of the raw message, in hex
	ReceivedAt  time.Time         `json:"received_at"`
	State       core.InboundState `json:"state"`
	Reason      string            `json:"reason"`
	Ticket      core.Number       `json:"ticket,omitempty"`
	Attempts    int               `json:"attempts"`
}

// OutboundRow is a mail of the outbox as administrators see it.
type OutboundRow struct {
	ID        string             `json:"id"`
	Ticket    core.Number        `json:"ticket"` // 0 = belongs to none
	To        string             `json:"to"`
	Event     core.Event         `json:"event"`
	Role      core.Role          `json:"role"`
	Reason    string             `json:"reason"`
	State     core.OutboundState `json:"state"`
	MessageID string             `json:"message_id"`
	Attempts  int                `json:"attempts"`
	Response  string             `json:"response"`
	Note      string             `json:"note"` // what was heard of it after it was accepted: delayed, delivered, read
	CreatedAt time.Time          `json:"created_at"`
}

// The states that mail can be listed by: of the ledger, and of the outbox.
var (
	InboundStates = []core.InboundState{core.InboundReceived, core.InboundApplied, core.InboundDuplicate, core.InboundSuppressed,
		core.InboundQuarantined, core.InboundParked}
	OutboundStates = []core.OutboundState{core.OutboundQueued, core.OutboundSending, core.OutboundAccepted, core.OutboundRejected,
		core.OutboundUncertain, core.OutboundParked, core.OutboundCancelled, core.OutboundBounced}
)

// listable refuses a state that is none of these, naming them; "" = all.
func listable[S ~string](state S, states []S) error {
	if state == "" || slices.Contains(states, state) {
		return nil
	}
	return core.BadInput("state", "error.mail.state", string(state), Choices(states))
}

// Choices joins the words of which one may be chosen.
func Choices[S ~string](words []S) string {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = string(w)
	}
	return strings.Join(names, ", ")
}

func requireAdministrator(p *core.Person) error {
	if p == nil || !p.Administrator || p.Disabled {
		return core.Refuse(core.Forbidden, "error.administrators_only")
	}
	return nil
}

// InboundMail lists the ledger for an administrator, newest first; state "" = all. before is the id that the page before
// ended with, 0 at first; next is 0 at the end. Others are refused with Forbidden.
func (h *Helpdesk) InboundMail(ctx context.Context, p *core.Person, state core.InboundState, before int64, limit int) (page []InboundRow, next int64, err error) {
	if err := requireAdministrator(p); err != nil {
		return nil, 0, err
	}
	if err := listable(state, InboundStates); err != nil {
		return nil, 0, err
	}
	rows, err := h.store.InboundMail(ctx, state, before, limit+1)
	if err != nil {
		return nil, 0, err
	}
	boxes, err := h.store.MailboxAddresses(ctx)
	if err != nil {
		return nil, 0, err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].ID
	}
	page = make([]InboundRow, 0, len(rows))
	for _, r := range rows {
		page = append(page, inboundRow(r, boxes[r.Mailbox]))
	}
	return page, next, nil
}

// OutboundMail lists the outbox in the same way.
func (h *Helpdesk) OutboundMail(ctx context.Context, p *core.Person, state core.OutboundState, before int64, limit int) (page []OutboundRow, next int64, err error) {
	if err := requireAdministrator(p); err != nil {
		return nil, 0, err
	}
	if err := listable(state, OutboundStates); err != nil {
		return nil, 0, err
	}
	rows, err := h.store.OutboundMail(ctx, state, before, limit+1)
	if err != nil {
		return nil, 0, err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].Seq
	}
	page = make([]OutboundRow, 0, len(rows))
	for _, o := range rows {
		page = append(page, outboundRow(o))
	}
	return page, next, nil
}

// ReplayInboundAs lets an administrator put a message back into the queue, and returns how it stands then. NotFound
// where there is none, Conflict where it was applied or is waiting anyway.
func (h *Helpdesk) ReplayInboundAs(ctx context.Context, p *core.Person, id int64) (InboundRow, error) {
	if err := requireAdministrator(p); err != nil {
		return InboundRow{}, err
	}
	if err := h.Replay(ctx, id); err != nil {
		return InboundRow{}, err
	}
	r, err := h.store.Inbound(ctx, id)
	if err != nil {
		return InboundRow{}, err
	}
	boxes, err := h.store.MailboxAddresses(ctx)
	return inboundRow(r, boxes[r.Mailbox]), err
}

// ReplayOutboundAs does the same for a mail of the outbox.
func (h *Helpdesk) ReplayOutboundAs(ctx context.Context, p *core.Person, id string) (OutboundRow, error) {
	if err := requireAdministrator(p); err != nil {
		return OutboundRow{}, err
	}
	if err := h.ReplayOutbound(ctx, id); err != nil {
		return OutboundRow{}, err
	}
	o, err := h.store.Outbound(ctx, id)
	if err != nil {
		return OutboundRow{}, err
	}
	return outboundRow(o), nil
}

func inboundRow(r *store.Inbound, mailbox string) InboundRow {
	return InboundRow{ID: r.ID, Mailbox: mailbox, UID: r.UID, UIDValidity: r.UIDValidity, SHA256: hex.EncodeToString(r.SHA256),
		ReceivedAt: r.ReceivedAt, State: r.State, Reason: r.Reason, Ticket: r.Ticket, Attempts: r.Attempts}
}

func outboundRow(o *store.Outbound) OutboundRow {
	return OutboundRow{ID: o.ID, Ticket: o.Ticket, To: o.Address, Event: o.Event, Role: o.Role, Reason: o.Reason, State: o.State,
		MessageID: o.MessageID, Attempts: o.Attempts, Response: o.Response, Note: o.Note, CreatedAt: o.CreatedAt}
}

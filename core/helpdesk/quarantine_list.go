package helpdesk

import (
	"context"
	"slices"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// HeldMail is a quarantined message as its triage sees it.
type HeldMail struct {
	ID         int64     `json:"id"`
	Service    string    `json:"service"`
	From       string    `json:"from"`
	Subject    string    `json:"subject"`
	ReceivedAt time.Time `json:"received_at"`
	Reason     string    `json:"reason"` // in English
	// ConfirmUntil is set while the mail waits for its sender, who can carry it out signed in until then.
	ConfirmUntil *time.Time `json:"confirm_until,omitempty"`
	// Held is the reason for pages, which say it in their reader's language; its Key is empty where only Reason says it.
	Held core.Held `json:"-"`
	// Evidence is what is known of the sender's domain, in the operator's words.
	Evidence string `json:"-"`
	// MayAccept tells that the triager may open a ticket for the sender (A5).
	MayAccept bool `json:"-"`
}

// HeldText is a held message with what it says.
type HeldText struct {
	HeldMail
	Name  string // by which the sender calls themself; "" = none
	Text  string
	Fold  string // quote and signature
	Files []core.Attachment
}

// Quarantine lists the held mail that the person sorts, newest first; next is 0 at the end.
func (h *Helpdesk) Quarantine(ctx context.Context, p *core.Person, before int64, limit int) (held []HeldMail, next int64, err error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, 0, err
	}
	rows, err := h.sortedBy(ctx, dir, p, before, limit+1)
	if err != nil {
		return nil, 0, err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].ID
	}
	if held, err = h.heldMail(ctx, dir, p, rows); err != nil {
		return nil, 0, err
	}
	return held, next, nil
}

// QuarantineCount counts the held mail that the person sorts, up to most; team is false for those in no service's team.
func (h *Helpdesk) QuarantineCount(ctx context.Context, p *core.Person, most int) (n int, team bool, err error) {
	dir, err := h.Directory(ctx)
	if err != nil || len(triages(dir, p)) == 0 {
		return 0, false, err
	}
	rows, err := h.sortedBy(ctx, dir, p, 0, most)
	return len(rows), true, err
}

// HeldText reads a held message for whoever sorts it, as plain text.
func (h *Helpdesk) HeldText(ctx context.Context, actor core.Actor, id int64) (HeldText, error) {
	content, err := h.readHeld(ctx, actor, id)
	if err != nil {
		return HeldText{}, err
	}
	dir, err := h.Directory(ctx)
	if err != nil {
		return HeldText{}, err
	}
	row, err := h.store.Inbound(ctx, id)
	if err != nil {
		return HeldText{}, err
	}
	list, err := h.heldMail(ctx, dir, actor.Person, []store.HeldRow{{Inbound: row}})
	if err != nil {
		return HeldText{}, err
	}
	sender, err := h.store.PersonByAddress(ctx, row.Sender)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return HeldText{}, err
	}
	list[0].MayAccept = mayAccept(dir, actor.Person, row, sender)
	return HeldText{HeldMail: list[0], Name: content.From.Name, Text: content.Text, Fold: content.Folded, Files: content.Attachments}, nil
}

// heldMail shows rows of the ledger to who sorts them.
func (h *Helpdesk) heldMail(ctx context.Context, dir *core.Directory, p *core.Person, rows []store.HeldRow) ([]HeldMail, error) {
	ids := make([]int64, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	waiting, err := h.store.WaitingConfirmations(ctx, ids, h.now())
	if err != nil {
		return nil, err
	}
	held := make([]HeldMail, 0, len(rows))
	for _, r := range rows {
		m := HeldMail{ID: r.ID, From: r.Inbound.Sender, Subject: r.Subject, ReceivedAt: r.ReceivedAt, Reason: r.Reason, Held: r.Held,
			Evidence: r.Evidence, MayAccept: mayAccept(dir, p, r.Inbound, r.Known)}
		if s := dir.Services[r.Service]; s != nil {
			m.Service = s.Name
		}
		if until, ok := waiting[r.ID]; ok {
			m.ConfirmUntil = &until
		}
		held = append(held, m)
	}
	return held, nil
}

// sortedBy reads the held mail that the person sorts, newest first. What a service's team shares is narrowed by sender
// after it was read, so it reads on until there is enough.
func (h *Helpdesk) sortedBy(ctx context.Context, dir *core.Directory, p *core.Person, before int64, limit int) ([]store.HeldRow, error) {
	services := triages(dir, p)
	var mine []store.HeldRow
	for len(services) > 0 {
		rows, err := h.store.Quarantine(ctx, services, before, limit)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if before = r.ID; sorts(dir, p, r.Service, r.Requester) {
				mine = append(mine, r)
			}
		}
		if len(mine) >= limit || len(rows) < limit {
			break
		}
	}
	return mine[:min(len(mine), limit)], nil
}

// triages lists the services in whose team the person is, or in a sub-team of it (A50, D17).
func triages(dir *core.Directory, p *core.Person) []core.ServiceID {
	services := []core.ServiceID{}
	for id := range dir.Services {
		if dir.TeamRoles(p, id).Team() {
			services = append(services, id)
		}
	}
	slices.Sort(services)
	return services
}

// sorts tells whether the person is among those who decide on mail held in a service: what was meant for a ticket is for
// the team of that ticket's requester (D17), other mail for the team that tickets of its sender go to, those of a stranger to the team for everybody; where there is no such team, for all of the service's.
func sorts(dir *core.Directory, p *core.Person, service core.ServiceID, sender *core.Person) bool {
	served := slices.ContainsFunc(dir.Effective(service, sender), func(g core.Grant) bool {
		return core.RoleSet(0).With(g.Role).Team()
	})
	if !served {
		return dir.TeamRoles(p, service).Team()
	}
	roles, _ := dir.RolesOf(p, service, sender)
	return roles.Team()
}

// mayAccept tells whether the person may open a ticket in the service for the sender of held mail.
func mayAccept(dir *core.Directory, p *core.Person, row *store.Inbound, sender *core.Person) bool {
	roles, _ := dir.RolesOf(p, row.Service, sender)
	return row.Sender != "" && roles.Grade(core.TicketCreateOnBehalf) == core.Allowed
}

// held locks a quarantined message for the triager; NotFound where it is not theirs to sort.
func (a *Act) held(ctx context.Context, id int64) (*store.Inbound, error) {
	row, err := a.tx.LockInbound(ctx, id)
	if err != nil {
		return nil, err
	}
	sender, err := a.tx.PersonByAddress(ctx, row.Sender)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return nil, err
	}
	if row.State == core.InboundQuarantined && row.Ticket != 0 {
		t, err := a.tx.Ticket(ctx, row.Ticket)
		if err != nil {
			return nil, err
		}
		sender = t.Requester
	}
	if !sorts(a.dir, a.actor.Person, row.Service, sender) || row.State != core.InboundQuarantined && row.State != core.InboundApplied && row.State != core.InboundSuppressed {
		return nil, core.Refuse(core.NotFound, "error.not_found")
	}
	if row.State != core.InboundQuarantined {
		return nil, core.Refuse(core.Conflict, "error.quarantine.done")
	}
	return row, nil
}

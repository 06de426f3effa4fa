package helpdesk

import (
	"context"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// Bounds of a draft: its text in bytes, and its files in number.
const (
	maxDraftText  = 1 << 20
	maxDraftFiles = 20
)

// Drafts are what the person writes in a ticket, and what of it waits to be sent, in that order; 0 = a new ticket.
func (h *Helpdesk) Drafts(ctx context.Context, p *core.Person, n core.Number) ([]*core.Draft, error) {
	return h.store.Drafts(ctx, p.ID, n)
}

// DraftsOf are all drafts of the person, those that could not be sent first. Their own words are theirs to read also where
// they do not see the ticket any more.
func (h *Helpdesk) DraftsOf(ctx context.Context, p *core.Person) ([]*core.Draft, error) {
	return h.store.DraftsOf(ctx, p.ID)
}

// DraftsIn tells in which of some tickets the person writes something; true = something of it could not be sent.
func (h *Helpdesk) DraftsIn(ctx context.Context, p *core.Person, tickets []core.Number) (map[core.Number]bool, error) {
	return h.store.DraftsIn(ctx, p.ID, tickets)
}

// UnsentCount is how many messages of the person could not be sent.
func (h *Helpdesk) UnsentCount(ctx context.Context, p *core.Person) (int, error) {
	return h.store.UnsentCount(ctx, p.ID)
}

// SaveDraft keeps what the person writes, in place of what they wrote before, without the files that drop names. What is
// empty then is gone. Who does not see the ticket is told NotFound, a requester who
// writes a note Forbidden.
func (h *Helpdesk) SaveDraft(ctx context.Context, p *core.Person, d core.Draft, drop []string) error {
	if len(d.Text) > maxDraftText {
		return core.BadInput("text", "error.too_large")
	}
	n, err := h.draftTicket(ctx, p, d)
	if err != nil {
		return err
	}
	d.Author, d.Ticket, d.UpdatedAt = p.ID, n, h.now().UTC()
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.SaveDraft(ctx, &d); err != nil {
			return err
		}
		tx.DropDraftFiles(d.ID, drop)
		kept, err := tx.LockWritten(ctx, p.ID, n, d.Kind)
		if err == nil && kept.Empty() {
			tx.DeleteDraft(kept.ID)
		}
		return err
	})
}

// AddDraftFiles adds files, whose contents PutFile has stored, to what the person writes. It returns them with their IDs.
func (h *Helpdesk) AddDraftFiles(ctx context.Context, p *core.Person, d core.Draft, files []core.Attachment) ([]core.Attachment, error) {
	n, err := h.draftTicket(ctx, p, d)
	if err != nil {
		return nil, err
	}
	d.Author, d.Ticket, d.UpdatedAt = p.ID, n, h.now().UTC()
	added := make([]core.Attachment, 0, len(files))
	err = h.store.InTx(ctx, func(tx *store.Tx) error {
		added = added[:0]
		for _, a := range files {
			a.ID = newID()
			if err := tx.DraftFile(ctx, &d, a); err != nil {
				return err
			}
			added = append(added, a)
		}
		if len(files) == 0 {
			return nil
		}
		kept, err := tx.LockWritten(ctx, p.ID, n, d.Kind)
		if err == nil && len(kept.Files) > maxDraftFiles {
			err = core.BadInput("files", "error.draft.files", maxDraftFiles)
		}
		return err
	})
	return added, err
}

// DiscardDraft throws away what the person writes in a ticket, which they need not see any more; 0 = a new ticket.
func (h *Helpdesk) DiscardDraft(ctx context.Context, p *core.Person, n core.Number, kind core.DraftKind) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		d, err := tx.LockWritten(ctx, p.ID, n, kind)
		if err == nil {
			tx.DeleteDraft(d.ID)
		} else if core.CodeOf(err) == core.NotFound { // gone already
			err = nil
		}
		return err
	})
}

// draftTicket is the ticket that a draft belongs to, the surviving one where it was merged. Its author sees it, and with a
// note its whole log.
func (h *Helpdesk) draftTicket(ctx context.Context, p *core.Person, d core.Draft) (core.Number, error) {
	if d.Kind == core.TicketDraft {
		return 0, nil
	}
	if d.Kind != core.ReplyDraft && d.Kind != core.NoteDraft {
		return 0, core.BadInput("kind", "error.form")
	}
	t, s, _, err := h.see(ctx, p, d.Ticket)
	if err == nil && d.Kind == core.NoteDraft && !s.SeesInternal() {
		err = core.Refuse(core.Forbidden, "error.record.note_by_requester")
	}
	if err != nil {
		return 0, err
	}
	return t.Number, nil
}

// draftAge is for how long a draft is kept that nobody goes on with.
const draftAge = 90 * 24 * time.Hour

// DropDrafts removes drafts that nobody went on with for 90 days.
func (h *Helpdesk) DropDrafts(ctx context.Context) error {
	return h.store.SweepDrafts(ctx, h.now().Add(-draftAge))
}

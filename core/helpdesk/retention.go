package helpdesk

import (
	"context"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// dropStep is at how many rows one statement of DropExpired looks: few enough that none is held for long.
const dropStep = 2000

// Dropped is how many contents were dropped because their time was over.
type Dropped struct{ Inbound, Outbound, Files int }

// DropExpired drops raw mail and files that services keep no longer: of mail that is worked off, and of tickets that are
// closed. What it did stays done where it ends with an error, and the next run goes on from there: oldest first, among what
// still has its content.
func (h *Helpdesk) DropExpired(ctx context.Context) (d Dropped, err error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return d, err
	}
	now := h.now().UTC()
	mail, files := store.Expiry{Before: expired(dir, dir.KeepMail, now)}, store.Expiry{Before: expired(dir, dir.KeepFiles, now)}
	if len(mail.Before) > 0 {
		if mail.Boxes, err = h.boxes(ctx, dir); err != nil {
			return d, err
		}
		err = walk(&d.Inbound, func(after store.Place) (int, store.Place, error) {
			return h.store.DropInbound(ctx, mail, after, dropStep, now)
		})
		if err == nil {
			err = walk(&d.Outbound, func(after store.Place) (int, store.Place, error) {
				return h.store.DropOutbound(ctx, mail, after, dropStep, now)
			})
		}
	}
	if err == nil && len(files.Before) > 0 {
		err = walk(&d.Files, func(after string) (int, string, error) { return h.store.DropFiles(ctx, files, after, dropStep, now) })
	}
	return d, err
}

// expired gives the moment before which things are not kept, of the services that do not keep them for ever.
func expired(dir *core.Directory, keep func(core.ServiceID) time.Duration, now time.Time) map[core.ServiceID]time.Time {
	before := map[core.ServiceID]time.Time{}
	for id := range dir.Services {
		if span := keep(id); span > 0 {
			before[id] = now.Add(-span)
		}
	}
	return before
}

// boxes tells whose mail it is that belongs to no ticket, also for mailboxes that are not read any more.
func (h *Helpdesk) boxes(ctx context.Context, dir *core.Directory) (map[core.MailboxID]core.ServiceID, error) {
	addresses, err := h.store.MailboxAddresses(ctx)
	boxes := map[core.MailboxID]core.ServiceID{}
	for id := range addresses {
		if boxes[id] = dir.ServiceOfMailbox(id); boxes[id] == 0 {
			boxes[id] = dir.ServiceNear(id)
		}
	}
	return boxes, err
}

// walk goes through a table step by step, until a step sees nothing more.
func walk[K comparable](sum *int, step func(after K) (dropped int, last K, err error)) error {
	var after, none K
	for {
		dropped, last, err := step(after)
		*sum += dropped
		if err != nil || last == none {
			return err
		}
		after = last
	}
}

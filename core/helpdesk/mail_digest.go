package helpdesk

import (
	"context"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
)

// bundle gives mails of one person to their next digest.
func (h *Helpdesk) bundle(ctx context.Context, lease uuid.UUID, mails []*store.Leased, look outlook) error {
	first := mails[0]
	a := &Act{h: h, dir: look.dir, now: look.now.UTC()}
	digest := a.notice(first.Person, &core.Mailbox{ID: first.Mailbox, Address: first.Content.FromAddress}, core.EventDigest, "digest")
	if first.Person.Origin == core.Configured {
		digest.Content.Link = "/dashboard/ithelpdesk"
	}
	return h.store.BundleMail(ctx, lease, mails, digest, look.now.Add(core.DigestEvery))
}

// fillDigest puts into a digest what it carries, as far as its recipient may still see that; why says that nothing is left.
func (h *Helpdesk) fillDigest(ctx context.Context, l *store.Leased) (why string, err error) {
	carried, err := h.store.Carried(ctx, l.ID)
	if err != nil {
		return "", err
	}
	look, err := h.outlook(ctx, carried)
	if err != nil {
		return "", err
	}
	withheld := map[string][]string{}
	for _, c := range carried {
		if why := look.withhold(c); why != "" {
			withheld[why] = append(withheld[why], c.ID)
			l.Raw, l.RawSum = nil, nil // the words of an earlier attempt say it
			continue
		}
		l.Content.Digest = append(l.Content.Digest, core.Carried{Event: c.Event, Role: c.Role, Reason: c.Reason, At: c.CreatedAt, Content: c.Content})
	}
	for why, ids := range withheld {
		if err := h.store.CancelCarried(ctx, ids, why, look.now); err != nil {
			return "", err
		}
	}
	if len(l.Content.Digest) == 0 {
		return "nothing of what it was to tell is left", nil
	}
	return "", nil
}

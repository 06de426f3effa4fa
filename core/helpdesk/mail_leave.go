package helpdesk

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
)

// LeaseMail takes mail that is due for sending. All mail leaves through here, so here is where the guards stand (mail.md 2):
// what somebody was disabled for or lost sight of meanwhile is cancelled just before sending (mail.md 1), and automatic
// mail above its limits is cancelled, waits, or goes with a digest. Each such mail says so in its response.
func (h *Helpdesk) LeaseMail(ctx context.Context, lease uuid.UUID, limit int) ([]*store.Leased, error) {
	for { // what is not sent may have held up what is
		leased, err := h.store.LeaseOutbox(ctx, lease, limit, h.now())
		if err != nil || len(leased) == 0 {
			return nil, err
		}
		if leased, err = h.mayLeave(ctx, lease, leased); err != nil || len(leased) > 0 {
			return leased, err
		}
	}
}

func (h *Helpdesk) mayLeave(ctx context.Context, lease uuid.UUID, leased []*store.Leased) ([]*store.Leased, error) {
	look, err := h.outlook(ctx, leased)
	if err != nil {
		return nil, err
	}
	cancel := func(l *store.Leased, why string) error {
		return h.store.FinishMail(ctx, lease, l, store.Ending{State: core.OutboundCancelled, Response: why, Next: look.now}, look.now)
	}
	kept := leased[:0]
	for _, l := range leased {
		why := look.withhold(l)
		if why == "" && l.Event == core.EventDigest {
			if why, err = h.fillDigest(ctx, l); err != nil {
				return nil, err
			}
		}
		if why != "" {
			if err := cancel(l, why); err != nil {
				return nil, err
			}
			continue
		}
		kept = append(kept, l)
	}
	return h.guard(ctx, lease, kept, look, cancel)
}

// outlook is what a page of mail is looked at with.
type outlook struct {
	now     time.Time
	dir     *core.Directory
	people  map[core.PersonID]*core.Person
	tickets map[core.Number]*core.Ticket
	news    map[string]*core.Article
}

func (h *Helpdesk) outlook(ctx context.Context, leased []*store.Leased) (o outlook, err error) {
	o.now = h.now()
	if o.dir, err = h.Directory(ctx); err != nil {
		return o, err
	}
	ids, numbers := make([]core.PersonID, 0, len(leased)), make([]core.Number, 0, len(leased))
	var news []string
	for _, l := range leased {
		if l.Person != nil {
			ids = append(ids, l.Person.ID)
		}
		if l.Ticket != 0 {
			numbers = append(numbers, l.Ticket)
		}
		if l.Content.News != nil {
			news = append(news, l.Content.News.ID)
		}
	}
	if o.people, err = h.store.People(ctx, ids); err != nil {
		return o, err
	}
	if len(news) > 0 {
		slices.Sort(news)
		if o.news, err = h.store.ArticlesByID(ctx, slices.Compact(news)); err != nil {
			return o, err
		}
	}
	o.tickets, err = h.store.TicketsByNumber(ctx, numbers)
	return o, err
}

// withhold says why the recipient is not to get the mail any more; "" = they are.
func (o outlook) withhold(l *store.Leased) string {
	if l.Person == nil {
		return ""
	}
	if l.Person = o.people[l.Person.ID]; l.Person == nil || l.Person.Disabled {
		return "the person is disabled"
	}
	if l.Content.News != nil {
		return o.withholdNews(l)
	}
	if l.Ticket == 0 || l.Event == core.EventAlsoSent {
		return ""
	}
	s := core.StandingOf(o.dir, o.tickets[l.Ticket], l.Person)
	if !s.Sees() || !l.Content.RequesterSide && !s.SeesInternal() { // what it says was cut for the team's eyes
		return "the person may not see this any more"
	}
	if !o.tickets[l.Ticket].SpamAt.IsZero() && l.Event != core.EventReceipt { // D25; who writes to it all the same is answered
		return "the ticket is spam"
	}
	return ""
}

// guard keeps the mails that the limits let go.
func (h *Helpdesk) guard(ctx context.Context, lease uuid.UUID, leased []*store.Leased, look outlook, cancel func(*store.Leased, string) error) ([]*store.Leased, error) {
	var addresses, page []string
	answers := false
	for _, l := range leased {
		if h.guarded(l) {
			addresses, page = append(addresses, l.Address), append(page, l.ID)
			answers = answers || core.Answers(&l.Outgoing)
		}
	}
	if len(page) == 0 {
		return leased, nil
	}
	slices.Sort(addresses)
	limits := look.dir.Limits
	traffic, err := h.store.Traffic(ctx, slices.Compact(addresses), page, limits, look.now)
	if err != nil {
		return nil, err
	}
	flood := false
	if answers {
		if flood, err = h.flooded(ctx, look.now); err != nil {
			return nil, err
		}
	}
	bundles := map[string][]*store.Leased{}
	kept := make([]*store.Leased, 0, len(leased))
	for _, l := range leased {
		if !h.guarded(l) {
			kept = append(kept, l)
			continue
		}
		t, team := traffic[l.Address], look.dir.AtTheDesk(l.Person)
		if !team {
			if err := h.freezeChase(ctx, l, t, look.now); err != nil {
				return nil, err
			}
		}
		r := t.Guard(&l.Outgoing, team, flood, limits, look.now)
		switch r.Verdict {
		case core.LetGo:
			kept = append(kept, l)
		case core.Drop:
			err = cancel(l, r.Why)
		case core.HoldBack:
			err = h.store.HoldMail(ctx, lease, l, r.Why, r.Until)
		case core.Bundle:
			bundles[l.Address] = append(bundles[l.Address], l)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, mails := range bundles {
		if err := h.bundle(ctx, lease, mails, look); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// guarded: what may have arrived already is sent its second time by the rules of delivery alone.
func (h *Helpdesk) guarded(l *store.Leased) bool { return core.Guarded(&l.Outgoing) && !l.Resent }

// chaseFrom is from how many automatic mails an hour to one address on it is worth looking whether robots talk.
const chaseFrom = 3

// freezeChase freezes an address whose mails and ours chase each other.
func (h *Helpdesk) freezeChase(ctx context.Context, l *store.Leased, t *core.Traffic, now time.Time) error {
	if t.Hour < chaseFrom || now.Before(t.FrozenUntil) || t.Heard != nil {
		return nil
	}
	var person core.PersonID
	if l.Person != nil {
		person = l.Person.ID
	}
	if err := h.store.Chase(ctx, l.Address, person, t, now); err != nil || !t.Chased() {
		return err
	}
	t.FrozenUntil = now.Add(core.FreezeFor)
	return h.store.FreezeAddress(ctx, l.Address, "four quick answers in a row to automatic mail, much alike", t.FrozenUntil)
}

// floods remembers for a moment whether a flood comes in.
type floods struct {
	sync.Mutex
	at  time.Time
	now bool
}

const floodLook = 10 * time.Second

func (h *Helpdesk) flooded(ctx context.Context, now time.Time) (bool, error) {
	h.floods.Lock()
	defer h.floods.Unlock()
	if age := now.Sub(h.floods.at); age >= 0 && age < floodLook {
		return h.floods.now, nil
	}
	flood, err := h.store.Flooded(ctx, now)
	if err == nil {
		h.floods.at, h.floods.now = now, flood
	}
	return flood, err
}

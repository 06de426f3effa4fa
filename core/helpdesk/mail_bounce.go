package helpdesk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// DeliveryReport is what an incoming mail says about one that the desk sent (RFC 3464, 8098, 5965).
type DeliveryReport struct {
	Kind core.ReportKind
	// IDs are the Message-IDs of ours that it names, the surest first. They cannot be guessed, so who names one has seen
	// the mail: a report that names none proves nothing.
	IDs        []string
	Recipients []string // whom it says it concerns
	Status     string   // RFC 3463; "" = it has none
	Diagnostic string   // the other server's words
}

// likelyWithin is how old a mail may be that a report without its Message-ID is taken to speak of.
const likelyWithin = 24 * time.Hour

// maxResponse is how much of the other server's answer is kept, in characters.
const maxResponse = 400

// ReportDelivery joins a report to the mail it concerns. A failure makes that mail bounced, stands in the ticket's log and
// is told to the solver side, once; everything else is only noted with the mail. It returns the line for the ledger, and
// the ticket, 0 where there is none.
func (m *Mail) ReportDelivery(ctx context.Context, r DeliveryReport) (said string, n core.Number, err error) {
	o, err := m.reported(ctx, r)
	if err != nil {
		return "", 0, err
	}
	if o == nil {
		said, err = m.reportedPerhaps(ctx, r)
		return said, 0, err
	}
	said = strings.TrimSpace(string(r.Kind)+" "+r.Status) + ": mail " + o.ID + " to " + o.Address
	if other := r.other(o.Address); other != "" { // it was forwarded there
		said += ", which went on to " + other
	}
	if o.Ticket != 0 {
		if n, err = m.tx.Survivor(ctx, o.Ticket); err != nil {
			return "", 0, err
		}
	}
	if r.Kind != core.ReportFailed {
		m.tx.NoteMail(o.ID, r.note(m.now))
		return said, n, nil
	}
	first, err := m.tx.BounceMail(ctx, o.ID, r.response(), core.HardBounce(r.Status), m.now)
	if err != nil {
		return "", 0, err
	}
	if !first {
		return said + "; it is " + string(o.State) + " already", n, nil
	}
	m.tx.SuspendAddress(o.Address, m.now)
	if n != 0 {
		err = m.Try(ctx, func() error { return m.bounced(ctx, n, o, r) })
		if core.CodeOf(err) != "" { // who cannot be told must not hold up the news
			said, err = said+"; nobody could be told: "+err.Error(), nil
		}
	}
	return said, n, err
}

// reported is the mail that the report names: of several the one to whom it says it concerns.
func (m *Mail) reported(ctx context.Context, r DeliveryReport) (found *store.Outbound, err error) {
	for _, id := range r.IDs {
		o, err := m.tx.MailNamed(ctx, id)
		switch {
		case core.CodeOf(err) == core.NotFound:
			continue
		case err != nil:
			return nil, err
		case r.concerns(o.Address):
			return o, nil
		case found == nil:
			found = o
		}
	}
	return found, nil
}

// reportedPerhaps handles a report that names no mail of ours. Anybody can write one about any address, so it changes
// nothing; where only one mail can be meant, an operator finds it noted there.
func (m *Mail) reportedPerhaps(ctx context.Context, r DeliveryReport) (string, error) {
	said := strings.TrimSpace(string(r.Kind) + " " + r.Status)
	if len(r.Recipients) == 0 {
		return said + ": it names no mail of ours", nil
	}
	said += ": it names no mail of ours, only " + cutRunes(strings.Join(r.Recipients, ", "), maxResponse)
	if len(r.Recipients) > 1 {
		return said, nil
	}
	o, err := m.tx.OnlyMailTo(ctx, core.FoldAddress(r.Recipients[0]), m.now.Add(-likelyWithin))
	if err != nil || o == nil {
		return said, err
	}
	m.tx.NoteMail(o.ID, "perhaps this one, "+r.note(m.now))
	return said + "; noted with the only mail to that address, " + o.ID, nil
}

// bounced logs that a mail of a ticket came back, and tells the solver side.
func (m *Mail) bounced(ctx context.Context, n core.Number, o *store.Outbound, r DeliveryReport) error {
	_, err := m.change(ctx, n, 0, func(c *change) error {
		_, err := c.log(&core.Record{Kind: core.KindMail, Text: r.response(), MessageID: m.letter.MessageID, Inbound: m.Row.ID,
			Change: core.Change{Field: "delivery", From: o.Address, To: string(core.OutboundBounced)}})
		c.tellFailed(o.Address, o.Event, r.response())
		return err
	})
	return err
}

// tellFailed tells the solver side that a mail of the ticket did not arrive. That such news did not arrive is no news: it
// would go round for ever.
func (c *change) tellFailed(to string, event core.Event, response string) {
	if event == core.EventDeliveryFailed || event == core.EventTokenMisused {
		return
	}
	c.failed = &core.Failure{To: to, Response: response}
	c.direct = []string{to}
	c.tell(core.EventDeliveryFailed, nil)
}

func (r DeliveryReport) concerns(address string) bool {
	return slices.ContainsFunc(r.Recipients, func(a string) bool { return core.FoldAddress(a) == core.FoldAddress(address) })
}

// other is an address that the report names in place of the one that the mail went to; "" = none.
func (r DeliveryReport) other(address string) string {
	if len(r.Recipients) == 0 || r.concerns(address) {
		return ""
	}
	return r.Recipients[0]
}

// response is what the other server said, in one line with its status.
func (r DeliveryReport) response() string {
	text := strings.Join(strings.Fields(r.Diagnostic), " ")
	if !strings.Contains(text, r.Status) {
		text = strings.TrimSpace(r.Status + " " + text)
	}
	return cutRunes(text, maxResponse)
}

func (r DeliveryReport) note(now time.Time) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", moment(now), r.Kind, r.response()))
}

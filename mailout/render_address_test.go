package mailout

import (
	"strings"
	"testing"

	"postdesk/core"
)

// addressSamples are the mails about addresses that people add.
func addressSamples() map[string]core.Outgoing {
	about := func(reason string, change func(*core.Outgoing)) core.Outgoing {
		return sample(core.EventAddress, "", reason, noPerson, func(o *core.Outgoing) {
			o.Ticket, o.Content = 0, core.Content{Desk: "IT", FromName: "IT", FromAddress: "it@city.test", ReplyAddress: "it@city.test", RequesterSide: true}
			change(o)
		})
	}
	return map[string]core.Outgoing{
		"address_confirmation-asked": about("address_confirmation", func(o *core.Outgoing) {
			o.Address, o.Content.ReplyAddress = "mia@home.test", "it+c.h4n8x1@city.test"
			o.Content.Actor = &core.Ref{Email: "mia@city.test", Name: "Mia Main"}
		}),
		"address_confirmation-added": about("address_added", func(o *core.Outgoing) { o.Content.NewAddress = "mia@home.test" }),
	}
}

// Whoever is asked reads who asks and what an answer does; the address that confirms stands in Reply-To alone.
func TestAddressMailSaysWhoAsks(t *testing.T) {
	t.Parallel()
	r, all := newRenderer(t), addressSamples()
	l := letterOf(t, r, all["address_confirmation-asked"])
	if l.ReplyTo != "it+c.h4n8x1@city.test" || strings.Contains(l.Text+l.HTML+l.Subject, "h4n8x1") || !strings.Contains(l.Text, "Mia Main (mia@city.test) wants to write to IT") {
		t.Errorf("reply to %s:\n%s", l.ReplyTo, l.Text)
	}
	if l := letterOf(t, r, all["address_confirmation-added"]); !strings.Contains(l.Text, "mia@home.test is now one of your addresses") || strings.Contains(l.Text, "24 hours") {
		t.Errorf("%s", l.Text)
	}
}

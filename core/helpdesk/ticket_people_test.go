package helpdesk_test

import (
	"slices"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func (c *city) participant(by string, n core.Number, who string, remove bool) error {
	return c.as(by, func(a *helpdesk.Act) error {
		if remove {
			_, err := a.RemoveParticipant(c.Context(), n, c.People[who], 0)
			return err
		}
		_, err := a.AddParticipant(c.Context(), n, c.People[who], 0)
		return err
	})
}

func (c *city) follower(by string, n core.Number, who string, remove bool) error {
	return c.as(by, func(a *helpdesk.Act) error {
		if remove {
			_, err := a.RemoveFollower(c.Context(), n, c.People[who], 0)
			return err
		}
		_, err := a.AddFollower(c.Context(), n, c.People[who], 0)
		return err
	})
}

// A84, A85, D15.
func TestParticipants(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	for _, who := range []string{"ken", "tre", "off", "root"} { // D28: no requester of the service, whoever asks
		c.refused("adding "+who, core.Invalid, c.participant("ben", n, who, false))
	}
	c.refused("by a stranger", core.NotFound, c.participant("pat", n, "pat", false))
	for by, who := range map[string]string{"ben": "eva", "rea": "pat", "sol": "net"} {
		if err := c.participant(by, n, who, false); err != nil {
			t.Errorf("%s adds %s: %v", by, who, err)
		}
	}
	c.refused("twice", core.Conflict, c.participant("eva", n, "pat", false))
	c.refused("the requester", core.Conflict, c.participant("mia", n, "ben", false))
	if v, err := c.desk.Ticket(t.Context(), c.People["eva"], n); err != nil || v.Priority != "" || v.Internal {
		t.Errorf("a participant sees %+v: %v", v, err)
	}
	if err := c.participant("eva", n, "eva", true); err != nil {
		t.Error(err)
	}
	_, err := c.desk.Ticket(t.Context(), c.People["eva"], n)
	c.refused("afterwards", core.NotFound, err)
	c.refused("removed again", core.Conflict, c.participant("ben", n, "eva", true))
	c.sql("update service set inherit = false where id = $1", c.Printers) // an SLA was needed when they were added
	if _, err := c.desk.Ticket(t.Context(), c.People["pat"], n); err != nil {
		t.Errorf("a participant without SLA now: %v", err)
	}
}

// A58, D14.
func TestFollowers(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.refused("by the requester", core.Forbidden, c.follower("ben", n, "eva", false))
	c.refused("the requester", core.Conflict, c.follower("mia", n, "ben", false))
	c.refused("somebody disabled", core.Invalid, c.follower("mia", n, "off", false))
	if err := c.assign("mia", n, "exa", ""); err != nil {
		t.Fatal(err)
	}
	c.refused("by an exceptional solver", core.Forbidden, c.follower("exa", n, "eva", false))
	for _, step := range [][2]string{{"mia", "net"}, {"rea", "ken"}, {"net", "eva"}} { // team, reader, follower
		if err := c.follower(step[0], n, step[1], false); err != nil {
			t.Errorf("%s adds %s: %v", step[0], step[1], err)
		}
	}
	c.refused("twice", core.Conflict, c.follower("mia", n, "net", false))
	if v, err := c.desk.Ticket(t.Context(), c.People["net"], n); err != nil || v.Priority != core.High ||
		!slices.Equal(v.Actions, []core.Action{core.ActRecord, core.ActParticipant, core.ActFollower}) {
		t.Errorf("a follower sees %+v: %v", v, err)
	}
	c.refused("a follower solves", core.Forbidden, c.status("net", n, core.Waiting))
	c.refused("a follower takes", core.Forbidden, c.take("net", n, 0))
	if err := c.participant("ben", n, "eva", false); err != nil { // who takes part follows no longer
		t.Fatal(err)
	}
	if c.ticket(n).Follows(c.People["eva"].ID) {
		t.Error("eva takes part and follows")
	}
	c.refused("a participant follows", core.Conflict, c.follower("mia", n, "eva", false))
	if err := c.follower("net", n, "net", true); err != nil {
		t.Fatal(err)
	}
	_, err := c.desk.Ticket(t.Context(), c.People["net"], n)
	c.refused("afterwards", core.NotFound, err)
}

// A mail that was cut for the team's eyes is not sent to whom lost them meanwhile; nor is any to whom lost sight, or was
// disabled (mail.md 1).
func TestMailIsCancelledForWhoMayNotReadItAnyMore(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	for _, who := range []string{"net", "eva", "pat"} {
		if err := c.follower("mia", n, who, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.record("sol", n, "Secret.", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.participant("ben", n, "eva", false); err != nil { // sees the ticket still, but no notes
		t.Fatal(err)
	}
	if err := c.follower("mia", n, "pat", true); err != nil {
		t.Fatal(err)
	}
	c.sql("update person set disabled_at = now() where email = 'mia@city.test'")
	c.sql("update outbox set state = 'accepted' where event <> 'note_added'")
	leased, err := c.desk.LeaseMail(t.Context(), newLease(), 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range leased {
		if l.Address != "net@city.test" {
			t.Errorf("%s still gets the note", l.Address)
		}
	}
	if len(leased) != 1 {
		t.Errorf("%d mails are sent, want 1", len(leased))
	}
	cancelled, err := c.Store.OutboundMail(t.Context(), core.OutboundCancelled, 0, 50)
	if err != nil || len(cancelled) != 3 {
		t.Errorf("%d are cancelled, want mia's, eva's and pat's: %v", len(cancelled), err)
	}
}

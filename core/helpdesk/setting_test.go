package helpdesk_test

import (
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// wants sets what somebody wants to be told, in a service or everywhere (0); nil = says nothing any more.
func (c *city) wants(who, reason string, service core.ServiceID, wanted *bool) {
	c.Helper()
	c.check(c.desk.SetNotice(c.Context(), c.actor(who), helpdesk.NoticeChoice{Reason: reason, Service: service, Wanted: wanted}))
}

// E4: the strongest word counts: person and service, person, service, table; and each holds below a service in the tree,
// the nearest first.
func TestStrengthOfNoticeSettings(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	const mail = "message_received mia main_solver main_solver"
	arrives := func(what string, want ...string) {
		t.Helper()
		if err := c.record("ben", n, "Hello?", nil); err != nil {
			t.Fatal(err)
		}
		c.told(what, want...)
	}
	service := func(id core.ServiceID, said string) {
		c.sql("update service set notifications = $2::jsonb where id = $1", id, said)
	}
	arrives("the table", mail)
	service(c.IT, `{"main_solver": false}`)
	arrives("off in the folder above")
	service(c.Printers, `{"main_solver": true}`)
	arrives("on in the service", mail)
	c.wants("mia", "main_solver", 0, no())
	arrives("off for the person")
	c.wants("mia", "main_solver", c.IT, yes())
	arrives("on for the person in the folder above", mail)
	c.wants("mia", "main_solver", c.Printers, no())
	arrives("off for the person in the service")
	c.wants("mia", "main_solver", c.Network, yes())
	arrives("another service does not count")
	c.wants("mia", "main_solver", c.Printers, nil)
	arrives("nothing said here any more: the folder's word", mail)
	c.wants("mia", "main_solver", c.IT, nil)
	arrives("the person's")
	c.wants("mia", "main_solver", 0, nil)
	service(c.Printers, `{}`)
	arrives("the service's above")
	service(c.IT, `{}`)
	arrives("the table again", mail)
	c.wants("mia", "new_ticket", 0, no())
	arrives("another reason", mail)
	c.wants("sol", "main_solver", 0, no())
	arrives("another person", mail)
}

// What is switched off for one reason comes for the next that fits: a main solver who follows is told as follower (E3).
func TestSwitchedOffReasonLeavesTheOthers(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.must("sol", func(a *helpdesk.Act) error { _, err := a.AddFollower(t.Context(), n, c.People["mia"], 0); return err })
	c.wants("mia", "main_solver", 0, no())
	c.mails()
	c.check(c.record("ben", n, "Hello?", nil))
	c.told("a message", "message_received mia follower follower")
}

// Approvals, failed deliveries and the like cannot be switched off; what nobody knows is refused.
func TestNoticeSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	set := func(choice helpdesk.NoticeChoice) error { return c.desk.SetNotice(t.Context(), c.actor("mia"), choice) }
	c.refused("approvals", core.Invalid, set(helpdesk.NoticeChoice{Reason: "approver", Wanted: no()}))
	c.refused("no reason", core.Invalid, set(helpdesk.NoticeChoice{Reason: "weather", Wanted: no()}))
	c.refused("no service", core.Invalid, set(helpdesk.NoticeChoice{Reason: "main_solver", Service: 4711, Wanted: no()}))
	c.refused("nobody", core.Forbidden, c.desk.SetNotice(t.Context(), core.Actor{Level: core.SignedIn}, helpdesk.NoticeChoice{Reason: "main_solver"}))
	by := c.actor("mia")
	by.Level = core.PersonProven
	c.refused("not signed in", core.Forbidden, c.desk.SetNotice(t.Context(), by, helpdesk.NoticeChoice{Reason: "main_solver", Wanted: no()}))
	n := c.open("ben")
	c.sql("insert into notification_setting (person_id, reason, wanted) values ($1, 'approver', false)", c.People["pat"].ID)
	c.must("mia", func(a *helpdesk.Act) error {
		_, err := a.AskApproval(t.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{c.People["pat"]}}, 0)
		return err
	})
	c.told("asked all the same", "approval_requested pat approver approver")
}

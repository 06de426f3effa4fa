package helpdesk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// robotMail queues automatic mails to somebody about a ticket, as the operation that decides them would.
func (c *city) robotMail(n core.Number, who string, requesterSide bool, count int) (ids []string) {
	c.Helper()
	p := c.People[who]
	for range count {
		id := uuid.Must(uuid.NewV7()).String()
		ids = append(ids, id)
		err := c.Store.InTx(c.Context(), func(tx *store.Tx) error {
			return tx.QueueMail(&core.Outgoing{ID: id, Ticket: n, Mailbox: c.Mailbox, Person: p, Address: p.Email, Event: core.EventReopened,
				Role: core.Requester, Reason: "requester", Language: core.English, Automatic: true, MessageID: core.MessageID(id, "city.test"), CreatedAt: c.now,
				Content: core.Content{RequesterSide: requesterSide, Ticket: core.View{Number: n, Subject: "Paper jam"}, Desk: "IT", FromAddress: "it@city.test"}})
		})
		if err != nil {
			c.Fatal(err)
		}
	}
	return ids
}

// leave sends what may leave now, and gives it.
func (c *city) leave() (left []*store.Leased) {
	c.Helper()
	lease := newLease()
	for {
		leased, err := c.desk.LeaseMail(c.Context(), lease, 50)
		if err != nil {
			c.Fatal(err)
		}
		if len(leased) == 0 {
			if err := c.Store.RecoverOutbox(c.Context(), c.now); err != nil {
				c.Fatal(err)
			}
			return left
		}
		for _, l := range leased {
			if err := c.Store.FinishMail(c.Context(), lease, l, store.Ending{State: core.OutboundAccepted, Response: "250 ok", Next: c.now}, c.now); err != nil {
				c.Fatal(err)
			}
		}
		left = append(left, leased...)
	}
}

func (c *city) outState(id string) string {
	c.Helper()
	o, err := c.Store.Outbound(c.Context(), id)
	if err != nil {
		c.Fatal(err)
	}
	return string(o.State) + ": " + o.Response
}

// Automatic mail above the limits of an hour and of a day waits, with its reason; a person's reply passes it, and in the
// end all of it is sent, in order.
func TestAutomaticMailWaitsAndPeoplePass(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.leave()
	c.now = c.now.Add(48 * time.Hour)
	ids := c.robotMail(n, "ben", true, 45)
	begun := c.now
	if left := c.leave(); len(left) != 20 {
		t.Fatalf("%d mails in an hour, want 20", len(left))
	}
	if got := c.outState(ids[20]); got != "queued: the address got its automatic mail for this hour" {
		t.Errorf("the next one is %s", got)
	}
	if err := c.take("sol", n, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.record("sol", n, "Please open tray two.", yes()); err != nil {
		t.Fatal(err)
	}
	passed := false
	for _, l := range c.leave() {
		passed = passed || l.Address == "ben@city.test" && !l.Automatic
		if l.Address == "ben@city.test" && l.Automatic {
			t.Errorf("%s goes although the hour is full", l.Event)
		}
	}
	if !passed {
		t.Error("a person's reply waits behind automatic mail")
	}
	var order []string
	for c.now.Before(begun.Add(5 * time.Hour)) {
		c.now = c.now.Add(10 * time.Minute)
		for _, l := range c.leave() {
			if l.Event == core.EventReopened {
				order = append(order, l.ID)
			}
		}
	}
	if !slices.Equal(order, ids[20:]) {
		t.Errorf("%d of the others were sent, want 25 in their order", len(order))
	}
	if c.now.Sub(begun) < 2*time.Hour {
		t.Error("that was too quick")
	}

	c.now = c.now.Add(48 * time.Hour)
	c.robotMail(n, "ben", true, 130)
	day := 0
	for range 23 {
		day += len(c.leave())
		c.now = c.now.Add(time.Hour)
	}
	if day != 100 {
		t.Errorf("%d in a day, want 100", day)
	}
}

// One person could mail news until nobody was told any more that their request came in.
func TestNewsUseUpNoLimitOfTickets(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.sql(`insert into outbox (id, mailbox_id, person_id, address, event, role, reason, language, automatic, message_id, state, next_at, created_at, finished_at)
		select gen_random_uuid(), $1, $2, 'ben@city.test', 'news', 'requester', 'news', 'en', true, 'news' || i, 'accepted', $3, $3, $3 from generate_series(1, 200) i`,
		c.Mailbox, c.People["ben"].ID, c.now.Add(-time.Minute))
	c.open("ben")
	if left := c.leave(); !slices.ContainsFunc(left, func(l *store.Leased) bool { return l.Address == "ben@city.test" && l.Event == core.EventTicketCreated }) {
		t.Error("the acknowledgement was dropped")
	}
}

// Above sixty in an hour the team's notices come in digests, ten minutes apart; each stays a row and ends as the digest.
// A question to an approver comes by itself, whatever else happens.
func TestDigestCarriesWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.leave()
	c.now = c.now.Add(48 * time.Hour)
	ids := c.robotMail(n, "mia", false, 90)
	if left := c.leave(); len(left) != 60 {
		t.Fatalf("%d mails one by one, want 60", len(left))
	}
	if got := c.outState(ids[60]); got != "queued: goes with a digest" {
		t.Errorf("the next one is %s", got)
	}
	c.now = c.now.Add(8 * time.Minute)
	more := c.robotMail(n, "mia", false, 1)
	if left := c.leave(); len(left) != 0 {
		t.Errorf("%s left too early", left[0].Event)
	}
	if err := c.as("sol", func(a *helpdesk.Act) error {
		_, err := a.AskApproval(c.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{c.People["mia"]}, Rule: core.AllApprove, Text: "May we?"}, 0)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if left := c.leave(); len(left) == 0 || !slices.ContainsFunc(left, func(l *store.Leased) bool { return l.Event == core.EventApprovalAsked && l.Address == "mia@city.test" }) {
		t.Errorf("the question did not come by itself: %d %s", len(left), c.mails())
	}
	c.now = c.now.Add(time.Minute)
	left := c.leave()
	if len(left) != 1 || left[0].Event != core.EventDigest || len(left[0].Content.Digest) != 31 || left[0].Address != "mia@city.test" {
		t.Fatalf("%d mails left, want one digest of 31", len(left))
	}
	for _, id := range append(ids[60:], more...) {
		if got := c.outState(id); !strings.HasPrefix(got, "accepted: with the digest "+left[0].ID) {
			t.Fatalf("a carried mail is %s", got)
		}
	}
	if got := c.robotMail(n, "mia", false, 1); len(c.leave()) != 0 || !strings.HasPrefix(c.outState(got[0]), "queued") {
		t.Error("what was carried does not count for the hour")
	}
	c.now = c.now.Add(2 * time.Hour)
	if left := c.leave(); len(left) != 1 || left[0].Event != core.EventDigest {
		t.Errorf("%d mails", len(left))
	}
	c.robotMail(n, "mia", false, 1)
	if left := c.leave(); len(left) != 1 || left[0].Event != core.EventReopened {
		t.Error("a calm hour brings no mails one by one")
	}
}

// A digest says only what its recipient may see when it is sent; what they lost is cancelled, and a digest of nothing too.
// Where it is rejected, so is all that it carries.
func TestDigestIsCutWhenItIsSent(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n, lost := c.open("ben"), c.open("eva")
	c.leave()
	c.now = c.now.Add(48 * time.Hour)
	c.robotMail(n, "mia", false, 60)
	c.leave()
	kept, gone := c.robotMail(n, "mia", false, 2), c.robotMail(lost, "mia", false, 2)
	c.leave()
	c.sql("update ticket set spam_at = now() where number = $1", lost)
	c.now = c.now.Add(11 * time.Minute)
	lease := newLease()
	leased, err := c.desk.LeaseMail(t.Context(), lease, 50)
	if err != nil || len(leased) != 1 || len(leased[0].Content.Digest) != 2 {
		t.Fatalf("%d mails, %d in the first: %v", len(leased), len(leased[0].Content.Digest), err)
	}
	if got := c.outState(gone[0]); got != "cancelled: the ticket is spam" {
		t.Errorf("what is not to be seen is %s", got)
	}
	if err := c.desk.MailFailed(t.Context(), lease, leased[0], store.Ending{State: core.OutboundRejected, Response: "550 no", Next: c.now}); err != nil {
		t.Fatal(err)
	}
	c.leave()
	if got := c.outState(kept[0]); !strings.HasPrefix(got, "rejected: with the digest") {
		t.Errorf("what it carried is %s", got)
	}
	if err := c.desk.ReplayOutbound(t.Context(), leased[0].ID); err != nil {
		t.Fatal(err)
	}
	if left := c.leave(); len(left) != 1 || len(left[0].Content.Digest) != 2 {
		t.Errorf("sent again it is %d mails", len(left))
	}

	c.robotMail(n, "mia", false, 1)
	c.leave()
	c.sql("delete from role_grant where person_id = $1", c.People["mia"].ID)
	c.now = c.now.Add(11 * time.Minute)
	if left := c.leave(); len(left) != 0 {
		t.Errorf("who lost every role still gets %s", left[0].Event)
	}
}

// Three mails that came back for good within a week end the automatic mail to an address; two, or ones that may pass, or
// with a week between them, do not. People's replies go on.
func TestHardBouncesSuspend(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		answers []string
		apart   time.Duration
		want    bool
	}{
		"three":           {[]string{"550 5.1.1 no such user", "550 5.1.1 no such user", "550 5.1.1 no such user"}, time.Hour, true},
		"two":             {[]string{"550 5.1.1 no such user", "550 5.1.1 no such user"}, time.Hour, false},
		"soft ones":       {[]string{"552 5.2.2 mailbox full", "552 5.2.2 mailbox full", "552 5.2.2 mailbox full"}, time.Hour, false},
		"with long waits": {[]string{"550 5.1.1 no such user", "550 5.1.1 no such user", "550 5.1.1 no such user"}, 4 * 24 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			n := c.open("ben")
			c.leave()
			for _, answer := range x.answers {
				c.now = c.now.Add(x.apart)
				c.robotMail(n, "ben", true, 1)
				lease := newLease()
				leased, err := c.desk.LeaseMail(t.Context(), lease, 50)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range leased {
					ending := store.Ending{State: core.OutboundAccepted, Response: "250 ok", Next: c.now}
					if l.Address != "ben@city.test" {
						err = c.Store.FinishMail(t.Context(), lease, l, ending, c.now)
					} else {
						err = c.desk.MailFailed(t.Context(), lease, l, store.Ending{State: core.OutboundRejected, Response: answer, Next: c.now})
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			id := c.robotMail(n, "ben", true, 1)[0]
			c.leave()
			if got := c.outState(id); strings.HasPrefix(got, "cancelled: the address is suspended") != x.want {
				t.Errorf("the next mail is %s", got)
			}
			if err := c.record("mia", n, "We write to you by hand.", yes()); err != nil {
				t.Fatal(err)
			}
			if left := c.leave(); !slices.ContainsFunc(left, func(l *store.Leased) bool { return l.Address == "ben@city.test" && !l.Automatic }) {
				t.Error("a person's reply does not go")
			}
		})
	}
}

// However much stands in the outbox and the ledger, what the guard asks is found by index.
func TestGuardAsksByIndex(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.leave()
	for _, s := range []string{
		fmt.Sprintf(`insert into outbox (id, ticket_number, mailbox_id, person_id, address, event, role, reason, language, automatic, message_id, state, next_at, created_at, finished_at)
			select gen_random_uuid(), %d, %d, null, 'p' || i %% 2000 || '@city.test', 'reopened', 'requester', 'requester', 'en', true, 'many' || i, 'accepted',
				now(), now(), $1::timestamptz - i * interval '20 seconds' from generate_series(1, 60000) i`, n, c.Mailbox),
		fmt.Sprintf(`insert into inbound (mailbox_id, epoch, uidvalidity, uid, received_at, accepted_at, sha256, size, state, class, sender)
			select %d, 1, 7, i, $1, $1::timestamptz - i * interval '20 seconds', '', 1, 'applied', 'human', 'p' || i %% 2000 || '@city.test' from generate_series(1, 60000) i`, c.Mailbox),
	} {
		if _, err := c.Store.Pool().Exec(t.Context(), s, c.now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Store.Pool().Exec(t.Context(), "analyze outbox, inbound"); err != nil {
		t.Fatal(err)
	}
	var addresses []string
	for i := range 50 {
		addresses = append(addresses, fmt.Sprintf("p%d@city.test", i))
	}
	const bound = 150 * time.Millisecond // reading through them all takes longer on any machine
	quick := time.Hour
	for range 5 {
		begun := time.Now()
		traffic, err := c.Store.Traffic(t.Context(), addresses, []string{}, core.DefaultLimits(), c.now)
		quick = min(quick, time.Since(begun))
		if err != nil || len(traffic) != 50 || traffic["p7@city.test"].Day == 0 {
			t.Fatalf("%d: %v", len(traffic), err)
		}
	}
	if quick > bound {
		t.Errorf("traffic of 50 addresses took %s", quick)
	}
	t.Logf("traffic of 50 addresses: %s", quick)
	for what, ask := range map[string]func(context.Context) error{
		"chase": func(ctx context.Context) error {
			return c.Store.Chase(ctx, "p7@city.test", c.People["ben"].ID, &core.Traffic{}, c.now)
		},
		"flood": func(ctx context.Context) error { _, err := c.Store.Flooded(ctx, c.now); return err },
	} {
		quick := time.Hour
		for range 5 {
			begun := time.Now()
			if err := ask(t.Context()); err != nil {
				t.Fatal(err)
			}
			quick = min(quick, time.Since(begun))
		}
		if t.Logf("%s: %s", what, quick); quick > bound {
			t.Errorf("%s took %s", what, quick)
		}
	}
}

package desk_test

import (
	"slices"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Whoever works on a ticket sees at each message which mails of it did not arrive; the requester's side does not.
func TestUndeliveredMailIsShownAtItsMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	w.exec(t, `insert into outbox (id, ticket_number, record_id, mailbox_id, address, event, role, reason, language, automatic, message_id, state, response, next_at, created_at)
		select gen_random_uuid(), $1, (select id from log_record where ticket_number = $1 and kind = 'message'), min(id), a || '@city.test', 'public_reply', 'requester',
			'requester', 'en', false, a || '@made.test', s, r, now(), now()
		from mailbox, (values ('one', 'bounced', '5.1.1 <nobody>'), ('two', 'rejected', '550 no'), ('three', 'parked', ''), ('four', 'uncertain', 'the answer was lost'),
			('five', 'accepted', '250 ok'), ('six', 'cancelled', 'not to be'), ('seven', 'queued', '451 later')) x (a, s, r) group by a, s, r order by array_position('{one,two,three,four}', a)`, n)
	for lang, want := range map[core.Language][]string{
		core.English: {"Not delivered to one@city.test: 5.1.1 <nobody>", "Not delivered to two@city.test: 550 no", "Not delivered to three@city.test",
			"Perhaps not delivered to four@city.test: the answer was lost"},
		core.Spanish: {"No se entregó a one@city.test: 5.1.1 <nobody>", "No se entregó a two@city.test: 550 no", "No se entregó a three@city.test",
			"Quizá no se entregó a four@city.test: the answer was lost"},
	} {
		var got []string
		for _, line := range w.as(t, "mia").get(at(n) + "?lang=" + string(lang)).want(200).find(".msg .undelivered") {
			got = append(got, text(line))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	if shown := w.as(t, "ben").get(at(n)).want(200).find(".undelivered"); len(shown) != 0 {
		t.Errorf("ben is shown %q", text(shown[0]))
	}
}

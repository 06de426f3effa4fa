package mailin

import (
	"slices"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// news mails a piece of news of Printers to all its readers, and gives the reply address that somebody's mail has.
func (o *office) news(who string) (reply string) {
	o.Helper()
	service, title, text, all := "Printers", "New trays", "They came.", true
	_, err := o.desk.AddArticle(o.Context(), o.signedIn("mia"), core.News, helpdesk.ArticleWriting{Service: &service,
		ArticleChange: core.ArticleChange{Title: &title, Text: &text, ForRequesters: &all, Mail: true}})
	if err != nil {
		o.Fatal(err)
	}
	if err := o.desk.MailNews(o.Context()); err != nil {
		o.Fatal(err)
	}
	err = o.Store.Pool().QueryRow(o.Context(), `select content->>'reply_address' from outbox join outbox_content on outbox_id = id
		where event = 'news' and address = $1 order by seq desc limit 1`, o.People[who].Email).Scan(&reply)
	if err != nil {
		o.Fatalf("no news for %s: %v", who, err)
	}
	return reply
}

// E4, E15: news is switched off and on by one word in answer to it, with a receipt, and without becoming a ticket.
func TestStopInAnswerToNews(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	reply := o.news("ben")
	o.mails()
	o.is("stop", o.send(post{top: passed, from: "ben@city.test", to: reply, body: "Stop."}), core.InboundApplied, 0)
	o.told("stop", "receipt ben")
	o.line("stop", "ben", "stop", core.CommandDone, "")
	if got := o.said("ben", "news"); !slices.Equal(got, []bool{false}) {
		t.Errorf("switched %v", got)
	}
	o.news("eva")
	if slices.Contains(o.mails(), "news ben") {
		t.Error("ben is told after stop")
	}
	o.is("start", o.send(post{top: passed, from: "ben@city.test", to: reply, body: "start"}), core.InboundApplied, 0)
	o.told("start", "receipt ben")
	o.news("ben")
	if n, err := o.tickets(); n != 0 || err != nil {
		t.Errorf("%d tickets were opened: %v", n, err)
	}
}

func (o *office) tickets() (n int, err error) {
	err = o.Store.Pool().QueryRow(o.Context(), "select count(*) from ticket").Scan(&n)
	return n, err
}

// Words in answer to news are a request of whoever wrote them; the address of somebody else's news is worth nothing.
func TestAnswersToNewsAreRequests(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	reply := o.news("ben")
	o.mails()
	n := o.open(post{top: passed, to: reply, subject: "Re: New trays", body: "Can I have one?"})
	if ticket := o.ticket(n); ticket.Service != o.Printers || ticket.Requester.ID != o.People["ben"].ID || ticket.Subject != "New trays" && ticket.Subject != "Re: New trays" {
		t.Errorf("it became %+v", ticket)
	}
	o.mails()
	o.is("an answer that was passed on", o.send(post{top: passed, from: "eva@city.test", to: reply, body: "stop"}), core.InboundQuarantined, 0)
	o.told("an answer that was passed on")
	if got := append(o.said("eva", "news"), o.said("ben", "news")...); len(got) > 0 {
		t.Errorf("switched %v", got)
	}
	o.is("an out-of-office", o.send(post{top: "Auto-Submitted: auto-replied\r\n" + passed, from: "ben@city.test", to: reply, body: "I am away."}), core.InboundSuppressed, 0)
	if n, err := o.tickets(); n != 1 || err != nil {
		t.Errorf("%d tickets: %v", n, err)
	}
}

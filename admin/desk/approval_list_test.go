package desk_test

import (
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// request is a ticket of eva's with a file, for which mia asks the people.
func (w *world) request(t testing.TB, subject string, approvers ...string) core.Number {
	t.Helper()
	n := w.open(t, "eva", helpdesk.NewTicket{Subject: subject, Text: "For the new counter, please see the offer.",
		Attachments: []core.Attachment{w.file(t, "offer.txt", "text/plain", "190 dollars")}})
	ask := helpdesk.NewApproval{Text: "From your budget."}
	for _, who := range approvers {
		ask.Approvers = append(ask.Approvers, w.People[who])
	}
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.AskApproval(t.Context(), n, ask, 0)
		return err
	})
	return n
}

// E13, A64: all that is needed to decide stands on one page, the rail counts it, and what is decided is gone.
func TestApprovalsWaitOnOnePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.request(t, "A second screen", "net", "man"), w.request(t, "A third screen", "net")
	w.record(t, "mia", one, "It fits the plan.", false)
	net := w.as(t, "net")
	if got := net.get("/dashboard/ithelpdesk").want(200).text("nav.rail a[href=/approvals] .count"); got != "2" {
		t.Errorf("the rail counts %q", got)
	}
	p := net.get("/approvals").want(200)
	cards := p.find("article.request")
	if len(cards) != 2 {
		t.Fatalf("%d requests wait", len(cards))
	}
	for _, part := range []string{"A second screen", "Eva Ruiz", "For the new counter, please see the offer.", "offer.txt", "Mia Main asks you to approve this request.",
		"From your budget.", "Everybody who was asked has to approve.", "Read one more message"} {
		if got := text(cards[1]); !strings.Contains(got, part) {
			t.Errorf("the card says %q, not %q", got, part)
		}
	}
	if got := net.get(attr(find(cards[1], "a.file")[0], "href")).want(200); string(got.body) != "190 dollars" {
		t.Errorf("the file reads %q", got.body)
	}
	form := find(cards[1], "form.verdict")[0]
	w.record(t, "mia", one, "One more word.", true) // so the form is old
	stale := net.post(attr(form, "action"), append(fields(form)[:4:4], "text", "Fine.", "verdict", "approve")...).want(409)
	if got := stale.text("article.request .alert"); got != printer(t, core.English).T("error.stale") || !strings.Contains(stale.text("textarea"), "Fine.") {
		t.Errorf("an old form reads %q, %q", got, stale.text("textarea"))
	}
	form = stale.find("form.verdict")[1]
	done := net.follow(net.post(attr(form, "action"), append(fields(form), "verdict", "approve")...)).want(200)
	if got := done.text(".said"); !strings.Contains(got, fmt.Sprintf("You approved the request of ticket %d.", one)) {
		t.Errorf("then it says %q", got)
	}
	if len(done.find("article.request")) != 1 || done.text("nav.rail a[href=/approvals] .count") != "1" {
		t.Error("what is decided still waits")
	}
	man := w.as(t, "man")
	if got := man.get("/approvals").want(200).text(".before"); got != "Net Work: approved Fine." {
		t.Errorf("the next approver reads %q", got)
	}
	twice := net.post(attr(form, "action"), append(fields(form), "verdict", "reject")...).want(404)
	if got := twice.text(".alert"); got != fmt.Sprintf("Ticket %d does not wait for your decision any more.", one) {
		t.Errorf("deciding twice: %q", got)
	}
	form = done.one("form.verdict")
	net.post(attr(form, "action"), append(fields(form), "verdict", "perhaps")...).want(400)
	none := net.follow(net.post(attr(form, "action"), append(fields(form), "verdict", "reject")...)).want(200)
	if !strings.Contains(none.text("main"), "Nothing waits for you.") || len(none.find("nav.rail a[href=/approvals]")) != 0 {
		t.Errorf("the empty page says %q", none.text("main"))
	}
	net.get(at(two)).want(404)
	if v := w.view(t, "mia", two); v.Approvals[0].State != core.ApprovalRejected {
		t.Errorf("the second is %s", v.Approvals[0].State)
	}
}

// E14: who stands in has the request on the page, and the count says the same as the page, also where the request is the
// delegate's own or that of who is away.
func TestApprovalsOfThoseWhoAreAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.request(t, "A second screen", "net")
	w.request(t, "A third screen", "man")
	own := w.open(t, "pat", helpdesk.NewTicket{Subject: "A screen for myself", Text: "Please."})
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.AskApproval(t.Context(), own, helpdesk.NewApproval{Approvers: []*core.Person{w.People["net"]}}, 0)
		return err
	})
	w.exec(t, "insert into absence (person_id, from_at, until_at, delegate_id) values ($1, now() - interval '1 hour', now() + interval '1 day', $2)",
		w.People["net"].ID, w.People["pat"].ID)
	w.exec(t, "update desk set version = version + 1")
	for who, want := range map[string]int{"pat": 1, "net": 2, "man": 1, "eva": 0, "mia": 0} {
		areas, err := w.help.Areas(t.Context(), w.People[who], 100)
		if err != nil {
			t.Fatal(err)
		}
		b := w.as(t, who)
		b.lang = "en"
		p := b.get("/approvals?lang=en").want(200)
		if cards := p.find("article.request"); len(cards) != want || areas.Approvals != want {
			t.Errorf("%s: %d cards, %d counted, want %d", who, len(cards), areas.Approvals, want)
		}
		if who == "pat" && !strings.Contains(p.text(".verdict"), "Mia Main asks Net Work to approve this request, and you stand in.") {
			t.Errorf("the delegate reads %q", p.text(".verdict"))
		}
	}
	if areas, err := w.help.Areas(t.Context(), w.People["net"], 1); err != nil || areas.Approvals != 1 {
		t.Errorf("up to one: %d, %v", areas.Approvals, err)
	}
}

// Only some of many stand on the page, and it says how many more there are.
func TestManyApprovals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 17 {
		w.request(t, fmt.Sprint("Screen ", i), "net")
	}
	p := w.as(t, "net").get("/approvals").want(200)
	if n := len(p.find("article.request")); n != 15 || p.text(".rest") != "2 more requests wait. They come up as you decide." {
		t.Errorf("%d requests, and it says %q", n, p.text(".rest"))
	}
}

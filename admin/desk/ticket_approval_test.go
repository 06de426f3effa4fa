package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// asked is a ticket of Ben's with an approval that waits for net, who has no role there, and for man.
func (w *world) asked(t testing.TB) core.Number {
	t.Helper()
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "A second screen", Text: "For the front office."})
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.AskApproval(t.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{w.People["net"], w.People["man"]},
			Text: "190 dollars, from your budget.", ExpiresAt: time.Now().Add(48 * time.Hour)}, 0)
		return err
	})
	return n
}

// E13, A64: an approver sees what is asked and decides with a reason; the ticket is gone for them then, and the team sees
// who said what.
func TestApproverDecidesOnThePage(t *testing.T) {
	t.Parallel()
	for verdict, state := range map[string]string{"approve": "Approved", "reject": "Rejected"} {
		t.Run(verdict, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			n := w.asked(t)
			net, mia := w.as(t, "net"), w.as(t, "mia")
			p := net.get(at(n)).want(200)
			box := p.one("form.decide")
			for _, part := range []string{"Mia Main asks you to approve this request.", "190 dollars, from your budget.", "Everybody who was asked has to approve."} {
				if !strings.Contains(text(box), part) {
					t.Errorf("the box says %q, not %q", text(box), part)
				}
			}
			action := attr(box, "action")
			if verdict == "reject" {
				action = attr(find(box, "button[formaction]")[0], "formaction")
			}
			values := fields(box)
			w.record(t, "mia", n, "It is for the front office.", true) // so the form is old
			stale := net.post(action, append(values[:4:4], "text", "Fine with me.")...).want(409)
			if stale.text(".head .alert") != printer(t, core.English).T("error.stale") || text(stale.one(".decide textarea")) != "Fine with me." {
				t.Errorf("an old form reads %q, %q", stale.text(".alert"), stale.text(".decide textarea"))
			}
			if len(mia.get(at(n)).find("form.decide")) != 0 {
				t.Error("who is not asked has the box")
			}
			done := net.follow(net.post(action, fields(stale.one("form.decide"))...)).want(200)
			if !strings.Contains(done.text(".said"), fmt.Sprint(int64(n))) {
				t.Errorf("then it says %q", done.text(".said"))
			}
			net.get(at(n)).want(404)
			if got := mia.get(at(n)).text(".approval li"); !strings.Contains(got, "Net Work "+state+" Fine with me.") {
				t.Errorf("the team reads %q", got)
			}
			if page := w.as(t, "ben").get(at(n)).want(200); len(page.find(".approval")) != 0 || strings.Contains(string(page.body), "190 dollars") {
				t.Error("the requester reads what was asked")
			}
		})
	}
}

// E14: who stands in for an approver has the box, and it says for whom.
func TestDelegateDecidesOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.asked(t)
	w.exec(t, "insert into absence (person_id, from_at, until_at, delegate_id) values ($1, now() - interval '1 hour', now() + interval '1 day', $2)",
		w.People["net"].ID, w.People["pat"].ID)
	w.exec(t, "update desk set version = version + 1")
	pat := w.as(t, "pat")
	box := pat.get(at(n)).want(200).one("form.decide")
	if !strings.Contains(text(box), "Mia Main asks Net Work to approve this request, and you stand in.") {
		t.Errorf("the box says %q", text(box))
	}
	pat.post(attr(box, "action"), fields(box)...).want(303)
	p := w.as(t, "mia").get(at(n)).want(200)
	if got := p.text(".approval li"); !strings.Contains(got, "Net Work through Pat Police Approved") {
		t.Errorf("the team reads %q", got)
	}
	if got := p.text(".ev"); !strings.Contains(got, "Pat Police approved in place of Net Work") {
		t.Errorf("the log reads %q", got)
	}
}

// E10: the team finds the tickets around one by their numbers; the requester's page tells nothing of them.
func TestRelatedTicketsAreLinked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var n [5]core.Number
	for i := range n {
		n[i] = w.open(t, "ben", helpdesk.NewTicket{Subject: fmt.Sprint("Request ", i), Text: "Please."})
	}
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		if _, err := a.SetParent(t.Context(), n[0], n[1], 0); err != nil {
			return err
		}
		if _, err := a.SetParent(t.Context(), n[2], n[0], 0); err != nil {
			return err
		}
		if _, err := a.LinkTicket(t.Context(), n[0], n[3], 0); err != nil {
			return err
		}
		_, err := a.MergeTicket(t.Context(), n[4], n[0], 0)
		return err
	})
	p := w.as(t, "mia").get(at(n[0])).want(200)
	want := fmt.Sprintf("Above it #%d Request 1 Below it #%d Request 2 Linked #%d Request 3 Merged into it #%d", n[1], n[2], n[3], n[4])
	if got := p.text(".around dl"); got != want {
		t.Errorf("related: %q, want %q", got, want)
	}
	for i, a := range p.find(".around li a") {
		if attr(a, "href") != at(n[i+1]) {
			t.Errorf("#%d leads to %s", n[i+1], attr(a, "href"))
		}
	}
	if got := w.as(t, "ben").get(at(n[0])).want(200); len(got.find(".around")) != 0 {
		t.Errorf("the requester reads %q", got.text(".around"))
	}
}

// D25: withdrawing is a button of the requester's; withdrawn tickets and spam are marked.
func TestWithdrawnAndSpamAreMarked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	ben, mia := w.as(t, "ben"), w.as(t, "mia")
	form := ben.get(at(n)).want(200).one("form[action=" + at(n) + "/actions/withdraw]")
	done := ben.follow(ben.post(attr(form, "action"), fields(form)...)).want(200)
	if v := w.view(t, "mia", n); v.Status != core.Resolved || !v.Withdrawn {
		t.Errorf("the ticket is %s", v.Status)
	}
	for who, p := range map[string]page{"ben": done, "mia": mia.get(at(n)).want(200)} {
		if got := p.text(".acts .tag"); !strings.Contains(got, "Withdrawn") {
			t.Errorf("%s reads %q", who, got)
		}
	}
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error { _, err := a.MarkSpam(t.Context(), n, 0); return err })
	if got := mia.get(at(n)).text(".acts .tag"); !strings.Contains(got, "Spam") {
		t.Errorf("the team reads %q", got)
	}
	if p := ben.get(at(n)).want(200); strings.Contains(p.text(".acts .tag"), "Spam") {
		t.Error("the requester reads that it is spam")
	}
}

// A70, A71: minutes, the team's own date and the organization stand beside the ticket, for the team.
func TestTeamsOwnFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	show := false
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		if _, err := a.AddRecord(t.Context(), n, helpdesk.NewRecord{Text: "Looked at it.", Show: &show, Work: 25}); err != nil {
			return err
		}
		_, err := a.SetInternalTarget(t.Context(), n, time.Now().Add(24*time.Hour), 0)
		return err
	})
	p := w.as(t, "mia").get(at(n)).want(200)
	if side := p.text(".side dl"); !strings.Contains(side, "Organization City") || !strings.Contains(side, "Internal target") || !strings.Contains(side, "Work 25 min") {
		t.Errorf("details: %q", side)
	}
	if by := p.text(".msg.note .by"); !strings.Contains(by, "25 min") {
		t.Errorf("the note says %q", by)
	}
	if p := w.as(t, "ben").get(at(n)).want(200); strings.Contains(string(p.body), "25 min") || strings.Contains(string(p.body), "Internal target") {
		t.Error("the requester reads what is the team's")
	}
}

package desk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// opened is the form of an act's dialog, reached by its address as without a script.
func (b *browser) opened(n core.Number, act string, more ...string) *html.Node {
	b.t.Helper()
	address := at(n) + "?do=" + act
	for i := 0; i < len(more); i += 2 {
		address += "&" + more[i] + "=" + more[i+1]
	}
	return b.get(address).want(200).one("#act form[action=" + at(n) + "/actions/" + act + "]")
}

// sends sends a form with some of its fields filled in.
func (b *browser) sends(form *html.Node, with ...string) page {
	b.t.Helper()
	values := fields(form)
	for i := 0; i < len(with); i += 2 {
		found := false
		for j := 0; j < len(values); j += 2 {
			if values[j] == with[i] && !found {
				values[j+1], found = with[i+1], true
			}
		}
		if !found {
			values = append(values, with[i], with[i+1])
		}
	}
	return b.post(attr(form, "action"), values...)
}

// Each act that takes more than a click works from its dialog, without a script.
func TestDialogsDoTheirActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(t, "insert into role_grant (service_id, role, person_id) values ($1, 'ticket_reporter', $2)", w.Network, w.People["mia"].ID)
	w.exec(t, `update service set ticket_fields = '[{"name": "Room", "requesters": true}, {"name": "Floor", "choices": ["1", "2"]}]' where id = $1`, w.Printers)
	w.exec(t, "update desk set version = version + 1")
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	beside, above := w.open(t, "ben", helpdesk.NewTicket{Subject: "Drum", Text: "Worn."}), w.open(t, "eva", helpdesk.NewTicket{Subject: "All printers", Text: "Old."})
	w.record(t, "ben", n, "And the lamp is broken.", true)
	mia := w.as(t, "mia")
	view := func() core.View { t.Helper(); return w.view(t, "mia", n) }

	mia.follow(mia.sends(mia.opened(n, "edit"), "subject", "Toner, black", "text", "Empty since Monday.", "field", "214"))
	if v := view(); v.Subject != "Toner, black" || v.Fields["Room"] != "214" || w.log(t, "mia", n)[0].Text != "Empty since Monday." {
		t.Errorf("after the edit: %+v", v)
	}
	due := time.Now().UTC().Add(72 * time.Hour).Truncate(time.Minute)
	mia.follow(mia.sends(mia.opened(n, "due"), "target", due.Format("2006-01-02T15:04")))
	if v := view(); v.InternalTarget == nil || !v.InternalTarget.Equal(due) {
		t.Errorf("internal target %v, want %v", v.InternalTarget, due)
	}
	form := mia.opened(n, "due")
	if got := fields(form); got[5] != due.Format("2006-01-02T15:04") {
		t.Errorf("the dialog shows %v", got)
	}
	mia.sends(form, "undo", "yes").want(303)
	if v := view(); v.InternalTarget != nil {
		t.Errorf("internal target %v is still there", v.InternalTarget)
	}
	mia.sends(mia.opened(n, "ask"), "approvers", "net@city.test, man@city.test", "rule", "any", "text", "A new drum?").want(303)
	if v := view(); len(v.Approvals) != 1 || v.Approvals[0].Rule != core.AnyApprove || len(v.Approvals[0].Approvers) != 2 || v.Approvals[0].Text != "A new drum?" {
		t.Errorf("asked: %+v", v.Approvals)
	}
	mia.sends(mia.get(at(n)).one("form[action="+at(n)+"/actions/cancel_ask]"), "id", view().Approvals[0].ID).want(303)
	if v := view(); v.Approvals[0].State != core.ApprovalCancelled {
		t.Errorf("cancelled: %+v", v.Approvals)
	}
	mia.sends(mia.opened(n, "link"), "number", fmt.Sprintf("[IT #%d]", beside)).want(303)
	mia.sends(mia.opened(n, "parent"), "number", fmt.Sprintf(" #%d ", above)).want(303)
	if v := view(); len(v.Links) != 1 || v.Links[0] != beside || v.Parent != above {
		t.Errorf("links %v, parent %d", v.Links, v.Parent)
	}
	around := mia.get(at(n))
	for _, act := range []string{"link", "parent"} {
		mia.sends(around.one(".around form[action="+at(n)+"/actions/"+act+"]"), "undo", "yes", "version", fmt.Sprint(view().Version)).want(303)
	}
	if v := view(); len(v.Links) != 0 || v.Parent != 0 {
		t.Errorf("left: links %v, parent %d", v.Links, v.Parent)
	}
	var lamp string
	for _, r := range w.log(t, "mia", n) {
		if r.Text == "And the lamp is broken." {
			lamp = r.ID
		}
	}
	mia.sends(mia.opened(n, "split", "record", lamp)).want(303)
	if v := view(); len(v.Links) != 1 || w.log(t, "mia", v.Links[0])[0].Text != "And the lamp is broken." {
		t.Errorf("split into %v", v.Links)
	}
	mia.follow(mia.sends(mia.get(at(n)).one("form[action=" + at(n) + "/actions/spam]"))).want(200)
	if v := view(); !v.Spam {
		t.Error("it is no spam")
	}
	mia.sends(mia.get(at(n)).one(".acts form[action="+at(n)+"/actions/spam]"), "undo", "yes").want(303)
	if v := view(); v.Spam {
		t.Error("it is spam still")
	}
	form = mia.opened(n, "move")
	if got := optionsOf(form); got != "IT/Network" {
		t.Errorf("it can be moved to %q", got)
	}
	gone := mia.sends(form, "service", "IT/Network").want(303)
	if to := gone.header.Get("Location"); to != "/dashboard/ithelpdesk" { // A60: a ticket reporter's view does not follow
		t.Errorf("then it goes to %s", to)
	}
	other := w.open(t, "ben", helpdesk.NewTicket{Subject: "Drum again", Text: "Worn."})
	done := mia.sends(mia.opened(other, "merge"), "into", fmt.Sprint(int64(beside))).want(303)
	if to := done.header.Get("Location"); to != at(beside) {
		t.Errorf("after merging it goes to %s", to)
	}
}

func optionsOf(form *html.Node) string {
	var all []string
	for _, n := range find(form, "option") {
		all = append(all, text(n))
	}
	return strings.Join(all, "\n")
}

// What is typed into a dialog is not lost when it is refused, and the sentence names it.
func TestRefusedDialogsKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	mia, say := w.as(t, "mia"), printer(t, core.English)
	for _, c := range []struct{ act, field, typed, want string }{
		{"link", "number", "the other one", say.T("error.ticket.number", "the other one")},
		{"link", "number", "9999", say.T("error.ticket.unknown", 9999)},
		{"link", "number", fmt.Sprint(int64(n)), say.T("error.link.itself")},
		{"parent", "number", "12345678901234567890", say.T("error.ticket.number", "12345678901234567890")},
		{"merge", "into", "0", say.T("error.ticket.number", "0")},
		{"ask", "approvers", "nobody@city.test", say.T("error.approval.unknown", "nobody@city.test")},
		{"due", "target", "tomorrow", say.T("error.moment", "tomorrow")},
		{"due", "target", "2020-01-01T10:00", say.T("error.due.past")},
		{"edit", "text", "", say.T("error.text.empty")},
	} {
		p := mia.sends(mia.opened(n, c.act), c.field, c.typed).want(422)
		if got := p.text("#act .alert"); got != c.want {
			t.Errorf("%s %q says %q, want %q", c.act, c.typed, got, c.want)
		}
		for i, values := 0, fields(p.one("#act form")); i < len(values); i += 2 {
			if values[i] == c.field && values[i+1] != c.typed {
				t.Errorf("%s: of %q %q is left", c.act, c.typed, values[i+1])
			}
		}
	}
	p := mia.sends(mia.opened(n, "move"), "service", "Network").want(422)
	if got := p.text("#act .alert"); got != say.T("error.move.service") {
		t.Errorf("moving where one may not says %q", got)
	}
}

// E5: a dialog that was made of an older ticket keeps what was typed, and tells what happened meanwhile; so does the page.
func TestStaleActsTellWhatHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	mia := w.as(t, "mia")
	form, old := mia.opened(n, "edit"), mia.get(at(n))
	w.record(t, "sol", n, "I have some in\n\nthe cabinet.", false)
	w.do(t, "sol", core.ViaDesk, func(a *helpdesk.Act) error { _, err := a.Take(t.Context(), n, 0); return err })
	p := mia.sends(form, "subject", "Toner, black").want(409)
	if got := p.text("#act .alert"); got != printer(t, core.English).T("error.stale") {
		t.Errorf("it says %q", got)
	}
	since := p.text("#act .since li")
	for _, line := range []string{"Sol Vega noted: I have some in the cabinet.", "Sol Vega took it"} {
		if !strings.Contains(since, line) {
			t.Errorf("no %q among %q", line, since)
		}
	}
	if strings.Contains(since, "Empty.") {
		t.Errorf("what was there before is told: %q", since)
	}
	mia.sends(p.one("#act form")).want(303) // typed still, and of the present ticket now
	if v := w.view(t, "mia", n); v.Subject != "Toner, black" {
		t.Errorf("the subject is %q", v.Subject)
	}
	p = mia.sends(old.one("form[action="+at(n)+"/actions/priority]"), "priority", "urgent").want(409)
	if got := p.text(".head .since li"); !strings.Contains(got, "Sol Vega took it") {
		t.Errorf("the page tells %q", got)
	}
}

// Nothing of a ticket's inside reaches the requester by what happened meanwhile.
func TestStaleRequesterReadsNoNotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	ben := w.as(t, "ben")
	form := ben.opened(n, "edit")
	w.record(t, "sol", n, "He drinks it, I think.", false)
	w.record(t, "sol", n, "It is on its way.", true)
	p := ben.sends(form, "subject", "Toner, black").want(409)
	if got := p.text(".since li"); !strings.Contains(got, "It is on its way.") || strings.Contains(string(p.body), "He drinks it") {
		t.Errorf("the requester reads %q", got)
	}
}

// A dialog of what is not possible any more says so; one of an act that does not exist opens nothing.
func TestDialogsOfWhatIsNotPossible(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	for who, act := range map[string]string{"ben": "move", "rea": "edit"} {
		p := w.as(t, who).get(at(n) + "?do=" + act).want(200)
		if len(p.find("#act form")) != 0 || p.text("#act .alert") != printer(t, core.English).T("error.not_now") {
			t.Errorf("%s is offered %q", who, p.text("#act"))
		}
	}
	mia := w.as(t, "mia")
	if p := mia.get(at(n) + "?do=split&record=x").want(200); p.text("#act .alert") != printer(t, core.English).T("error.split.unknown") {
		t.Errorf("of no record: %q", p.text("#act"))
	}
	if p := mia.get(at(n) + "?do=anything").want(200); len(p.find("#act[open]")) != 0 {
		t.Errorf("opened: %q", p.text("#act"))
	}
	w.as(t, "ken").get(at(n) + "?do=edit").want(404)
}

// htmx gets the dialog alone; and where an act ends the reader's sight, it is sent to the whole list.
func TestPartsOfActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.Assign(t.Context(), n, helpdesk.Assignee{Solver: w.People["exa"]}, 0)
		return err
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+at(n)+"?do=link", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Target", "dialog#act")
	p := w.as(t, "mia").send(r).want(200)
	if !strings.HasPrefix(string(p.body), "<dialog") || len(p.find("article")) != 0 {
		t.Errorf("the part is %.80s", p.body)
	}
	exa := w.as(t, "exa")
	form := exa.get(at(n)).one("form[action=" + at(n) + "/actions/assign]")
	body := strings.NewReader("version=" + fmt.Sprint(w.version(t, n)) + "&solver=sol%40city.test")
	if r, err = http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+attr(form, "action"), body); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true", "HX-Target": "article#detail", "Sec-Fetch-Site": "same-origin"} {
		r.Header.Set(name, value)
	}
	if p := exa.send(r).want(204); p.header.Get("HX-Redirect") != "/dashboard/ithelpdesk" {
		t.Errorf("it is sent to %q", p.header.Get("HX-Redirect"))
	}
}

// A51, A82: people are completed within one's own organization.
func TestPeopleAreCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for who, want := range map[string]string{"mia": "ben@city.test Ben Staff", "ben": "ben@city.test Ben Staff", "ken": ""} {
		var found []struct{ Email, Name string }
		p := w.as(t, who).get("/dashboard/ithelpdesk/people?q=be").want(200)
		if err := json.Unmarshal(p.body, &found); err != nil {
			t.Fatal(err)
		}
		if kept := p.header.Get("Cache-Control"); kept != "no-store" { // the browser's next user must not find them there
			t.Errorf("names and addresses are kept: %q", kept)
		}
		got := ""
		for _, x := range found {
			got += x.Email + " " + x.Name
		}
		if got != want {
			t.Errorf("%s finds %q, want %q", who, got, want)
		}
	}
	w.browser(t).get("/dashboard/ithelpdesk/people?q=be").want(303) // nobody is signed in
}

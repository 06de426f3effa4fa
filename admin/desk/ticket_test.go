package desk_test

import (
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func at(n core.Number) string { return fmt.Sprintf("/dashboard/ithelpdesk/%d", n) }

func TestTeamReadsTheWholeTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	p := w.as(t, "mia").get(at(n)).want(200)
	if got := p.text("article h2"); got != "Payroll printer jams on every envelope" {
		t.Errorf("subject %q", got)
	}
	note := p.one(".msg.note")
	for _, part := range []string{"Mia Main", "Internal note", "order two"} {
		if !strings.Contains(text(note), part) {
			t.Errorf("the note says %q, not %q", text(note), part)
		}
	}
	if len(find(note, ".lock svg")) != 1 {
		t.Error("the note has no lock")
	}
	proofs := p.text(".proof")
	if proofs != "verified\nnot verified" {
		t.Errorf("proofs: %q", proofs)
	}
	if folded := p.text(".folded .text"); !strings.Contains(folded, "Payroll, room 214") || !strings.Contains(folded, "Sol Vega wrote") {
		t.Errorf("folded: %q", folded)
	}
	events := p.text(".ev")
	for _, line := range []string{"Mia Main gave it to Sol Vega", "Sol Vega set it to in progress", "Ben Staff added Pat Police", "Mia Main added Rea Der as follower"} {
		if !strings.Contains(events, line) {
			t.Errorf("no line %q among\n%s", line, events)
		}
	}
	if files := p.text(".gal .name"); !strings.Contains(files, "rollers.png 207 B") || !strings.Contains(files, "printer-events.log 10 B") {
		t.Errorf("files: %q", files)
	}
	if len(p.find(".msg .gal img")) != 1 {
		t.Error("the picture is not shown, or more than it")
	}
	if people := p.text(".side .person"); people != "BS Ben Staff requester\nSV Sol Vega solver\nPP Pat Police participant\nRD Rea Der follower" {
		t.Errorf("people: %s", people)
	}
	if goes := p.text(".goes.if-reply summary"); goes != "Goes to Ben and 1 participant" {
		t.Errorf("goes: %q", goes)
	}
	for _, stamp := range p.find(".detail time") {
		if !strings.HasSuffix(attr(stamp, "datetime"), "Z") {
			t.Errorf("time without a moment: %q", text(stamp))
		}
	}
}

// What a requester may not see must not be anywhere in the page (A66–A77, D8).
func TestRequesterSeesTheirSideOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	secret := w.file(t, "cabinet-code.txt", "text/plain", "4711")
	w.record(t, "mia", n, "Only for the team.", false, secret)
	for who, lang := range map[string]string{"ben": "en", "pat": "es"} { // requester, participant
		b := w.as(t, who)
		b.lang = lang
		for _, address := range []string{"/dashboard/ithelpdesk?status=all", at(n), "/dashboard/ithelpdesk?status=all&q=cabinet"} {
			p := b.get(address).want(200)
			for _, hidden := range []string{"order two", "Only for the team", "cabinet-code", "Rea Der", "gave it to", "se lo dio", "Urgent", "Urgente", "not verified", "room 214", "Sol Vega wrote", "mia@city.test"} {
				if strings.Contains(string(p.body), hidden) {
					t.Errorf("%s reads %q at %s", who, hidden, address)
				}
			}
			if len(p.find(".note")) != 0 || len(p.find(".as-note")) != 0 {
				t.Errorf("%s meets a note at %s", who, address)
			}
		}
		p := b.get(at(n))
		for _, shown := range []string{"Payroll printer jams", "set the lever to the envelope mark", "Still jams"} {
			if !strings.Contains(p.text(".thread")+p.text("h2"), shown) {
				t.Errorf("%s does not read %q", who, shown)
			}
		}
	}
	// Nor may they write one.
	before := len(w.log(t, "mia", n))
	p := w.as(t, "ben").upload(at(n)+"/record", nil, "version", fmt.Sprint(w.version(t, n)), "as", "note", "text", "me too").want(403)
	if got := p.text("form.write .alert"); got != printer(t, core.English).T("error.record.note_by_requester") {
		t.Errorf("a requester's note reads %q", got)
	}
	if len(w.log(t, "mia", n)) != before {
		t.Error("a requester's note was written")
	}
}

func (w *world) log(t testing.TB, who string, n core.Number) []core.RecordView {
	t.Helper()
	_, log, err := w.help.Log(t.Context(), w.People[who], n)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func (w *world) view(t testing.TB, who string, n core.Number) core.View {
	t.Helper()
	v, err := w.help.Ticket(t.Context(), w.People[who], n)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) version(t testing.TB, n core.Number) int {
	t.Helper()
	return w.view(t, "mia", n).Version
}

func TestWhatCannotBeSeenIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	file := w.log(t, "mia", n)[0].Attachments[0].ID
	before := len(w.log(t, "mia", n))
	for _, who := range []string{"eva", "ken", "net", "tre", "exa", "root"} {
		b, missing := w.as(t, who), ""
		for _, p := range []page{
			b.get(at(n)), b.get(at(n) + "/attachments/" + file), b.get(at(9999)), b.get(at(n) + "000000000000000000000"),
			b.post(at(n)+"/actions/take", "version", "1"),
			b.post(at(9999)+"/actions/take", "version", "1"),
			b.upload(at(n)+"/record", nil, "version", "1", "as", "reply", "text", "hello"),
		} {
			if p.status != 404 || strings.Contains(string(p.body), "Payroll") {
				t.Errorf("%s: %s answers %d", who, p.path, p.status)
			}
			if missing == "" {
				missing = p.text("main")
			}
			if p.text("main") != missing {
				t.Errorf("%s: %s reads %q, elsewhere %q", who, p.path, p.text("main"), missing)
			}
		}
		if rows := b.get("/dashboard/ithelpdesk?status=all&q=Payroll").text(".row"); rows != "" {
			t.Errorf("%s finds %s", who, rows)
		}
	}
	if len(w.log(t, "mia", n)) != before || w.view(t, "mia", n).Solver.Name != "Sol Vega" {
		t.Error("something was done all the same")
	}
}

// The desk offers exactly the actions of the view, to every role, in every state.
func TestActionsOfferedAreThoseOfTheView(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		if _, err := a.AskApproval(t.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{w.People["net"]}, Text: "New rollers?"}, 0); err != nil {
			return err
		}
		_, err := a.Assign(t.Context(), n, helpdesk.Assignee{Solver: w.People["exa"]}, 0)
		return err
	})
	people := map[string]*browser{}
	for _, who := range []string{"mia", "sol", "gus", "exa", "man", "rea", "ben", "pat", "net"} {
		people[who] = w.as(t, who)
	}
	seen := map[core.Action]bool{core.ActRecord: true} // it has its box, below
	check := func(state string) {
		t.Helper()
		for who, b := range people {
			p, v := b.get(at(n)).want(200), w.view(t, who, n)
			offered := map[string]bool{}
			for _, form := range append(p.find("article form"), p.find("article button[formaction]")...) {
				for _, action := range []string{attr(form, "action"), attr(form, "formaction")} {
					if strings.Contains(action, "/actions/") {
						offered[path.Base(action)] = true
					}
				}
			}
			for _, opens := range p.find("article a[hx-target=#act]") { // a dialog; it has the form
				if to, err := url.Parse(attr(opens, "href")); err == nil {
					action := to.Query().Get("do")
					b.get(attr(opens, "href")).want(200).one("#act form[action=" + at(n) + "/actions/" + action + "]")
					offered[action] = true
				}
			}
			var want []string
			for _, a := range v.Actions {
				if a != core.ActRecord {
					want, seen[a] = append(want, string(a)), true
				}
			}
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(offered)); !slices.Equal(got, want) {
				t.Errorf("%s, %s: offered %v, the view says %v", state, who, got, want)
			}
			if box := len(p.find("form.write")) == 1; box != slices.Contains(v.Actions, core.ActRecord) {
				t.Errorf("%s, %s: writing offered: %v", state, who, box)
			}
		}
	}
	check("in progress")
	delete(people, "net") // whose decision resolving makes superfluous (D12)
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{})
		return err
	})
	check("resolved")
	w.do(t, "ben", core.ViaDesk, func(a *helpdesk.Act) error { _, err := a.Close(t.Context(), n, 0); return err })
	check("closed")
	for _, a := range core.Actions() {
		if !seen[a] {
			t.Errorf("%s was never offered", a)
		}
	}
}

// Every button does what it says, through the form that the page shows.
func TestActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	mia := w.as(t, "mia")
	press := func(b *browser, action string, with ...string) page {
		t.Helper()
		form := b.get(at(n) + "?status=all").want(200).one("form[action=" + at(n) + "/actions/" + action + "?status=all]")
		values := fields(form)
		for i := 0; i < len(with); i += 2 {
			if j := slices.Index(values, with[i]); j >= 0 {
				values[j+1] = with[i+1]
			} else if len(find(form, "button[name="+with[i]+"][value="+with[i+1]+"]")) != 1 {
				t.Fatalf("%s: no button %v", action, with)
			} else {
				values = append(values, with[i:i+2]...)
			}
		}
		done := b.post(attr(form, "action"), values...).want(303)
		if to := done.header.Get("Location"); to != at(n)+"?status=all" {
			t.Errorf("%s goes on to %s", action, to)
		}
		return b.follow(done)
	}
	add := func(action, who string, status int) page {
		t.Helper()
		return mia.post(at(n)+"/actions/"+action, "version", fmt.Sprint(w.version(t, n)), "add", who).want(status)
	}
	add("participant", "eva@city.test", 303)
	add("follower", "net@city.test", 303)
	p := add("participant", "nobody@city.test", 422)
	if p.text(".head .alert") != printer(t, core.English).T("error.participant.no_requester") || attr(p.one("[name=add]"), "value") != "nobody@city.test" {
		t.Errorf("an unknown participant reads %q", p.text(".alert"))
	}
	if v := w.view(t, "mia", n); len(v.Participants) != 1 || len(v.Followers) != 1 {
		t.Errorf("added %v and %v", v.Participants, v.Followers)
	}
	for _, action := range []string{"participant", "follower"} {
		for _, form := range mia.get(at(n)).find(".person form[action=" + at(n) + "/actions/" + action + "]") {
			mia.post(attr(form, "action"), append(fields(form), "remove", attr(find(form, "button")[0], "value"))...).want(303)
		}
	}
	if v := w.view(t, "mia", n); len(v.Participants) != 0 || len(v.Followers) != 0 {
		t.Errorf("left %v and %v", v.Participants, v.Followers)
	}
	press(mia, "take")
	press(mia, "assign", "solver", "sol@city.test")
	press(mia, "assign", "group", "Field")
	press(mia, "return")
	press(mia, "status", "status", "waiting")
	press(mia, "priority", "priority", "urgent")
	press(mia, "category", "category", "hardware")
	if v := w.view(t, "mia", n); v.Solver != nil || v.Group != "" || v.Status != core.Waiting || v.Priority != core.Urgent || v.Category != "hardware" {
		t.Errorf("after the team's work: %+v", v)
	}
	resolved := press(mia, "resolve", "text", "New toner is in.")
	if !strings.Contains(resolved.text(".msg"), "New toner is in.") {
		t.Error("the last word is not in the thread")
	}
	ben := w.as(t, "ben")
	press(ben, "reopen")
	press(mia, "resolve", "text", "")
	press(ben, "close")
	p = press(mia, "reopen")
	events := p.text(".ev p")
	for _, line := range []string{"Mia Main took it", "Mia Main gave it to Sol Vega", "Mia Main gave it to Field", "Mia Main took it back from Field", "Mia Main set it to waiting",
		"Mia Main changed the priority from normal to urgent", "Mia Main changed the category from other to hardware",
		"Mia Main resolved it", "Ben Staff reopened it", "Ben Staff closed it", "Mia Main reopened it"} {
		if !strings.Contains(events, line) {
			t.Errorf("no line %q among\n%s", line, events)
		}
	}
}

// D6: an exceptional solver who passes a ticket on loses sight of it, and is told so without a word of it.
func TestPassingOnLosesSight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.Assign(t.Context(), n, helpdesk.Assignee{Solver: w.People["exa"]}, 0)
		return err
	})
	exa := w.as(t, "exa")
	form := exa.get(at(n)).want(200).one("form[action=" + at(n) + "/actions/assign]")
	done := exa.post(attr(form, "action"), append(fields(form), "solver", "mia@city.test")...)
	p := exa.follow(done).want(200)
	if done.header.Get("Location") != "/dashboard/ithelpdesk" || !strings.Contains(p.text(".said"), fmt.Sprint(int64(n))) || strings.Contains(string(p.body), "Payroll") {
		t.Errorf("it goes to %s and reads %q", done.header.Get("Location"), p.text(".said"))
	}
}

// E5: whoever acts on an old page is shown the present state, and keeps what they typed and chose.
func TestStaleFormShowsThePresentState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	mia := w.as(t, "mia")
	old := mia.get(at(n)).want(200)
	w.record(t, "sol", n, "I ordered the rollers.", true)

	form := old.one("form[action=" + at(n) + "/actions/resolve]")
	p := mia.post(attr(form, "action"), "version", attr(find(form, "[name=version]")[0], "value"), "text", "All done?").want(409)
	if !strings.Contains(p.text(".head .alert"), printer(t, core.English).T("error.stale")) || !strings.Contains(p.text(".thread"), "I ordered the rollers.") {
		t.Errorf("alert %q", p.text(".alert"))
	}
	if text(p.one(".menu.wide textarea")) != "All done?" {
		t.Error("the last word is lost")
	}

	form = old.one("form.write")
	values := append(fields(form)[:0:0], "version", attr(find(form, "[name=version]")[0], "value"), "as", "note", "text", "Two lines\nof a note")
	p = mia.upload(attr(form, "action"), []sending{{"rollers.jpg", "image/jpeg", "not really"}}, values...).want(409)
	form = p.one("form.write")
	if got := text(find(form, "textarea[name=note]")[0]); got != "Two lines of a note" {
		t.Errorf("the text is %q", got)
	}
	if !has(find(form, "[value=note]")[0], "checked") || len(find(form, "[name=drop]")) != 1 || !strings.Contains(text(form), "rollers.jpg") {
		t.Error("the choice or the file is lost")
	}
	mia.follow(mia.upload(attr(form, "action"), nil, fields(form)...)).want(200)
	w.sendWritten(t)
	log := w.log(t, "mia", n)
	last := log[len(log)-1]
	if last.Kind != core.KindNote || len(last.Attachments) != 1 || last.Attachments[0].Name != "rollers.jpg" {
		t.Errorf("the second try wrote %+v", last)
	}
}

func TestReplyWithFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	ben := w.as(t, "ben")
	form := ben.get(at(n)).want(200).one("form.write")
	values := []string{"version", attr(find(form, "[name=version]")[0], "value"), "as", "reply", "text", "Here it is.\r\n\r\nSecond line."}
	p := ben.follow(ben.upload(attr(form, "action"), []sending{
		{`C:\Users\ben\rollers "worn" ñ.png`, "image/png", picture(t)}, {"../../etc/passwd", "text/html", "<script>alert(1)</script>"}, {"", "application/octet-stream", ""},
	}, values...)).want(200)
	if waits := p.text(".waiting .text"); waits != "Here it is. Second line." || len(p.find(".waiting .file")) != 2 {
		t.Errorf("about to be sent: %q", waits)
	}
	w.sendWritten(t)
	log := w.log(t, "mia", n)
	last := log[len(log)-1]
	if last.Text != "Here it is.\n\nSecond line." || len(last.Attachments) != 2 || last.Attachments[0].Name != `rollers "worn" ñ.png` || last.Attachments[1].Name != "passwd" {
		t.Errorf("written: %+v", last)
	}
	empty := ben.get(at(n)).one("form.write")
	p = ben.upload(attr(empty, "action"), nil, fields(empty)...).want(422)
	if p.text("form.write .alert") != printer(t, core.English).T("error.text.empty") {
		t.Errorf("an empty reply reads %q", p.text(".alert"))
	}
}

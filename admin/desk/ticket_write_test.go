package desk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// sendWritten ends the time to take messages back, and sends them as the daemon does.
func (w *world) sendWritten(t testing.TB) {
	t.Helper()
	w.exec(t, "update draft set send_at = now() - interval '1 minute' where send_at is not null")
	if err := w.help.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b *browser) keep(n core.Number, kind, text string) page {
	b.t.Helper()
	return b.post(at(n)+"/draft", "as", kind, "text", text)
}

// texts are what the box says: of a reply and of a note.
func texts(p page) string {
	var list []string
	for _, area := range p.find("form.write textarea") {
		list = append(list, text(area))
	}
	return strings.Join(list, "|")
}

// What is typed is there again on another machine, reply and note apart, for its author alone.
func TestDraftIsThereOnEveryMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	mia := w.as(t, "mia")
	mia.keep(n, "reply", "Dear Ben").want(204)
	mia.keep(n, "note", "Two rollers").want(204)
	added := mia.upload(at(n)+"/draft/files", []sending{{"rollers.jpg", "image/jpeg", "not really"}}, "as", "note").want(200)
	if !strings.Contains(string(added.body), `"name":"rollers.jpg","size":"10 B"`) {
		t.Errorf("the file is answered with %s", added.body)
	}
	p := w.as(t, "mia").get(at(n)).want(200)
	if texts(p) != "Dear Ben|Two rollers" || !strings.Contains(p.text(".box[data-kind=note] .kept"), "rollers.jpg") || p.text(".box[data-kind=reply] .kept") != "" {
		t.Errorf("on another machine: %q, files %q", texts(p), p.text(".kept"))
	}
	if !has(p.one("input[value=note]"), "checked") {
		t.Error("what was written last is not chosen")
	}
	for _, who := range []string{"sol", "ben"} {
		if p := w.as(t, who).get(at(n)); strings.Contains(string(p.body), "Two rollers") || strings.Contains(string(p.body), "Dear Ben") {
			t.Errorf("%s reads it", who)
		}
	}
	// Without a script the buttons of the form keep what is typed, too.
	drop := attr(p.one(".kept [name=drop]"), "value")
	mia.upload(at(n)+"/draft", nil, "as", "note", "text", "Dear Ben,", "note", "Three rollers", "version", "1", "drop", drop).want(303)
	if p = mia.get(at(n)); texts(p) != "Dear Ben,|Three rollers" || len(p.find(".kept .file")) != 0 {
		t.Errorf("a file taken away: %q, %q", texts(p), p.text(".kept"))
	}
	mia.upload(at(n)+"/draft", nil, "as", "note", "text", "Dear Ben,", "note", "x", "discard", "note").want(303)
	if p = mia.get(at(n)); texts(p) != "Dear Ben,|" {
		t.Errorf("one thrown away: %q", texts(p))
	}
	w.as(t, "ben").keep(n, "note", "for the team").want(403)
	w.as(t, "eva").keep(n, "reply", "x").want(404)
	if p := w.as(t, "eva").upload(at(n)+"/draft/files", []sending{{"a.txt", "text/plain", "a"}}, "as", "reply"); p.status != 404 {
		t.Errorf("a stranger attaches: %d", p.status)
	}
}

func TestMessageCanBeTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	mia := w.as(t, "mia")
	before := len(w.log(t, "mia", n))
	send := func(with ...string) page {
		t.Helper()
		return mia.follow(mia.upload(at(n)+"/record", nil, append([]string{"version", fmt.Sprint(w.version(t, n)), "as", "reply"}, with...)...)).want(200)
	}
	p := send("text", "Try now", "then", "resolved")
	if !strings.Contains(p.text(".undo p"), printer(t, core.English).T("desk.waiting.then_resolve")) || p.text(".waiting .text") != "Try now" {
		t.Errorf("about to be sent: %q", p.text(".waiting"))
	}
	if p := w.as(t, "sol").get(at(n)); strings.Contains(string(p.body), "Try now") || len(p.find(".waiting")) != 0 {
		t.Error("somebody else reads what waits")
	}
	form := p.one("form.undo")
	if p = mia.follow(mia.post(attr(form, "action"), fields(form)...)); texts(p) != "Try now|" || len(p.find(".waiting")) != 0 {
		t.Errorf("taken back: %q", texts(p))
	}
	p = send("text", "Try again", "then", "waiting")
	form = p.one("form.undo")
	w.sendWritten(t)
	if log := w.log(t, "mia", n); len(log) < before+1 || w.view(t, "mia", n).Status != core.Waiting {
		t.Errorf("sent: %d records, %s", len(log), w.view(t, "mia", n).Status)
	}
	p = mia.post(attr(form, "action"), fields(form)...).want(409)
	if p.text("form.write .alert") != printer(t, core.English).T("error.draft.sent") {
		t.Errorf("too late reads %q", p.text(".alert"))
	}
}

// What is refused at the end is in the box again, with the sentence.
func TestMessageThatCouldNotBeSentIsInTheBoxAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	mia := w.as(t, "mia")
	mia.upload(at(n)+"/record", nil, "version", fmt.Sprint(w.version(t, n)), "as", "reply", "text", "All done", "then", "resolved").want(303)
	w.do(t, "sol", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{Text: "It works."})
		return err
	})
	w.sendWritten(t)
	p := mia.get(at(n)).want(200)
	if alert := p.text("form.write .box .alert"); texts(p) != "All done|" || !strings.HasPrefix(alert, "It was not sent.") {
		t.Errorf("the box says %q: %q", texts(p), alert)
	}
	// It is marked in the list and in the rail, and stands among the drafts also where the ticket is out of sight.
	p = mia.get("/dashboard/ithelpdesk?status=all")
	if marks := p.text("#list .tag.red"); !strings.Contains(marks, "Not sent") {
		t.Errorf("the list marks %q", marks)
	}
	p = mia.follow(page{t: t, status: 303, header: http.Header{"Location": {attr(p.one("[href=/dashboard/ithelpdesk/drafts]"), "href")}}}).want(200)
	if !strings.Contains(p.text(".drafts"), "All done") || !strings.HasPrefix(p.text(".drafts .alert"), "It was not sent.") {
		t.Errorf("the drafts: %q", p.text(".drafts"))
	}
	w.exec(t, "delete from role_grant where person_id = $1", w.People["mia"].ID)
	w.exec(t, "update desk set version = version + 1")
	mia.get(at(n)).want(404)
	if p = mia.get("/dashboard/ithelpdesk/drafts"); !strings.Contains(p.text(".drafts"), "All done") || len(p.find(".drafts a.btn")) != 0 {
		t.Errorf("without sight of the ticket: %q", p.text(".drafts"))
	}
	mia.post("/dashboard/ithelpdesk/drafts", fields(p.one(".drafts form"))[0], fmt.Sprint(int64(n)), "kind", "reply").want(303)
	if p = mia.get("/dashboard/ithelpdesk/drafts"); strings.Contains(p.text(".drafts"), "All done") || len(p.find(".rail [href=/dashboard/ithelpdesk/drafts]")) != 0 {
		t.Errorf("thrown away: %q", p.text(".drafts"))
	}
	if p = w.as(t, "sol").get("/dashboard/ithelpdesk/drafts"); len(p.find(".drafts li")) != 0 {
		t.Error("somebody else reads them")
	}
}

// Who wrote while something came is shown it and asked once more; what they did themselves keeps nobody.
func TestWhatCameMeanwhileIsShownBeforeSending(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	mia, ben := w.as(t, "mia"), w.as(t, "ben")
	old, bens := fields(mia.get(at(n)).one("form.write")), fields(ben.get(at(n)).one("form.write"))
	with := func(fields []string, key, value string) []string {
		out := append([]string{}, fields...)
		for i := 0; i < len(out); i += 2 {
			if out[i] == key {
				out[i+1] = value
				return out
			}
		}
		return append(out, key, value)
	}
	w.record(t, "mia", n, "My own note.", false)
	mia.upload(at(n)+"/record", nil, with(old, "text", "First")...).want(303)
	ben.upload(at(n)+"/record", nil, with(bens, "text", "Mine")...).want(303) // a note is none of his business
	w.sendWritten(t)
	w.record(t, "sol", n, "I have ordered them.", true)
	p := mia.upload(at(n)+"/record", nil, with(old, "text", "Second")...).want(409)
	if came := p.text("#came"); !strings.Contains(came, "Sol Vega") || !strings.Contains(came, "I have ordered them.") || strings.Contains(came, "My own note") {
		t.Errorf("came: %q", came)
	}
	if p.text("form.write .alert") != printer(t, core.English).T("desk.came.again") || texts(p) != "Second|" {
		t.Errorf("it asks %q of %q", p.text("form.write .alert"), texts(p))
	}
	mia.upload(at(n)+"/record", nil, fields(p.one("form.write"))...).want(303)
	// The same lines for a page that is open, and nothing of them for whom they are not for.
	w.record(t, "sol", n, "Only for the team.", false)
	seen := ""
	for i := 0; i < len(old); i += 2 {
		if old[i] == "seen" {
			seen = old[i+1]
		}
	}
	if _, err := time.Parse(time.RFC3339Nano, seen); err != nil {
		t.Fatal(err)
	}
	if came := mia.get(at(n) + "/came?seen=" + seen).want(200).text("#came"); !strings.Contains(came, "Only for the team.") {
		t.Errorf("a page that is open hears %q", came)
	}
	if p := ben.get(at(n) + "/came?seen=" + seen).want(200); strings.Contains(string(p.body), "Only for the team") || !strings.Contains(p.text("#came"), "ordered") {
		t.Errorf("the requester hears %q", p.text("#came"))
	}
	w.as(t, "eva").get(at(n) + "/came?seen=" + seen).want(404)
}

// Who gets a mail is said by name to the team, and never to the requester's side.
func TestWhoGetsAMailIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	p := w.as(t, "mia").get(at(n))
	if names := p.text(".goes.if-reply .hearers .name"); names != "Ben Staff\nPat Police\nSol Vega\nRea Der" {
		t.Errorf("a reply reaches %q", names)
	}
	if names := p.text(".goes.if-note .hearers .name"); strings.Contains(names, "Ben") || !strings.Contains(names, "Sol Vega") {
		t.Errorf("a note reaches %q", names)
	}
	w.exec(t, "insert into notification_setting (person_id, reason, wanted) values ($1, 'participant', false)", w.People["pat"].ID)
	if p = w.as(t, "mia").get(at(n)); p.text(".goes.if-reply summary") != "Goes to Ben" {
		t.Errorf("who wants no mail is counted: %q", p.text(".goes.if-reply summary"))
	}
	if p = w.as(t, "ben").get(at(n)); len(p.find(".hearers")) != 0 || strings.Contains(p.text(".write"), "Rea Der") {
		t.Errorf("the requester reads %q", p.text(".write"))
	}
}

func TestReplyTemplatesAreOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	w.exec(t, `insert into template (id, kind, service_id, title, text, language, created_at, updated_at)
		values ('0198c0de-0000-7000-8000-000000000001', 'reply', $1, 'Restart', 'Hello {{requester.first_name}}, please restart it.', 'en', now(), now())`, w.Printers)
	mia := w.as(t, "mia")
	p := mia.get(at(n) + "/templates").want(200)
	link := p.one(".replies a")
	if attr(link, "data-insert") != "Hello Ben, please restart it." {
		t.Errorf("it would insert %q", attr(link, "data-insert"))
	}
	mia.keep(n, "reply", "Good morning").want(http.StatusNoContent)
	address, _, _ := strings.Cut(attr(link, "href"), "#")
	if got := texts(mia.get(address).want(200)); got != "Good morning Hello Ben, please restart it.|" {
		t.Errorf("with the template: %q", got)
	}
	ben := w.as(t, "ben")
	if p := ben.get(at(n) + "/templates").want(200); len(p.find(".replies a")) != 0 || len(ben.get(at(n)).find(".templates")) != 0 {
		t.Error("a requester is offered the team's templates")
	}
	w.as(t, "eva").get(at(n) + "/templates").want(404)
}

package desk_test

import (
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Who asked reads in plain words how it stands, and has a button for what they can do about it (A78, A79, D25), in both
// languages; the team has the machinery instead.
func TestRequestersReadHowItStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for who, lang := range map[string]core.Language{"ben": core.English, "eva": core.Spanish} {
		say := printer(t, lang)
		b := w.as(t, who)
		b.lang = string(lang)
		n := w.open(t, who, helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
		reads := func(sentence string, buttons ...string) page {
			t.Helper()
			p := b.get(at(n)).want(200)
			if got := p.text(".plainly p"); got != sentence {
				t.Errorf("%s reads %q, want %q", who, got, sentence)
			}
			var have []string
			for _, form := range p.find(".plainly form") {
				have = append(have, text(form.LastChild))
			}
			if strings.Join(have, "|") != strings.Join(buttons, "|") {
				t.Errorf("%s can press %q, want %q", who, have, buttons)
			}
			for _, action := range []string{"close", "reopen", "withdraw"} {
				if len(p.find("form[action="+at(n)+"/actions/"+action+"]")) > 1 {
					t.Errorf("%s finds %s twice", who, action)
				}
			}
			return p
		}
		press := func(action string) {
			t.Helper()
			form := b.get(at(n)).want(200).one(".plainly form[action=" + at(n) + "/actions/" + action + "]")
			b.follow(b.post(attr(form, "action"), fields(form)...)).want(200)
		}
		both := func(key string, args ...any) string {
			return say.T("desk.mine."+key, args...) + " "
		}
		withdraw, again := say.T("desk.mine.withdraw"), say.T("desk.mine.reopen")
		reads(both("received")+say.T("desk.mine.received.next", "Printers"), withdraw)
		w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error { _, err := a.Take(t.Context(), n, 0); return err })
		reads(both("working", "Mia")+say.T("desk.mine.working.next"), withdraw)
		w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error { _, err := a.SetStatus(t.Context(), n, core.Waiting, 0); return err })
		reads(both("waiting")+say.T("desk.mine.waiting.next"), withdraw)
		w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
			_, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{Text: "New toner."})
			return err
		})
		reads(both("resolved")+say.T("desk.mine.resolved.next"), say.T("desk.mine.close"), say.T("desk.mine.not_solved"))
		press("reopen")
		if v := w.view(t, "mia", n); v.Status != core.InProgress {
			t.Errorf("reopened it is %s", v.Status)
		}
		press("withdraw")
		reads(both("withdrawn")+say.T("desk.mine.withdrawn.next"), again)
		press("reopen")
		w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
			_, err := a.Resolve(t.Context(), n, helpdesk.NewRecord{Text: "Toner again."})
			return err
		})
		press("close")
		reads(both("closed")+say.T("desk.mine.closed.next"), again)
		w.exec(t, "update service set reopen_days = 0")
		w.exec(t, "update desk set version = version + 1")
		reads(both("closed") + say.T("desk.mine.closed.late"))
		if p := w.as(t, "mia").get(at(n)).want(200); len(p.find(".plainly")) != 0 || len(p.find(".head form[action="+at(n)+"/actions/reopen]")) != 1 {
			t.Errorf("the team reads %q", p.text(".head"))
		}
		w.exec(t, "update service set reopen_days = 7")
		w.exec(t, "update desk set version = version + 1")
	}
}

package desk_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"postdesk/core"
)

// A requester finds an article while typing and reads it; somebody of the team writes news with a preview beside; an
// approver decides on a phone: each in one language, with an eye on the page.
func TestBrowserReading(t *testing.T) {
	t.Parallel()
	for _, lang := range []core.Language{core.English, core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.shelves(t)
			say := printer(t, lang)
			c := newChrome(t, w.url)
			in := func(who string) {
				t.Helper()
				c.do("language", chromedp.Navigate(w.url+"/login?lang="+string(lang)))
				c.signIn(w.People[who].Email)
			}
			out := func() {
				t.Helper()
				c.do("sign out", chromedp.Click(chromedp.CSS(".me summary")), chromedp.Click(chromedp.CSS(".me .pop form button")), chromedp.WaitVisible(chromedp.CSS("main.door")))
			}
			in("ben")
			c.do("the rail", chromedp.Click(chromedp.CSS("nav.rail a[href='/news']")), chromedp.WaitVisible(chromedp.CSS("article.notice")))
			c.sound("news")
			c.do("knowledge", chromedp.Click(chromedp.CSS("nav.rail a[href='/knowledge']")), chromedp.WaitVisible(chromedp.CSS("a.book")))
			c.do("no such article", chromedp.SendKeys(chromedp.CSS(".narrow [name=q]"), "nosuchword"), chromedp.WaitVisible(chromedp.CSS("#shelf .empty")))
			c.sees(say.T("knowledge.empty.narrowed"))
			if focus := eval[string](c, `document.activeElement.name`); focus != "q" {
				t.Errorf("the focus went to %q while typing", focus)
			}
			if address := eval[string](c, `location.search`); !strings.Contains(address, "q=nosuchword") {
				t.Errorf("the address is %q", address)
			}
			eval[string](c, `document.querySelector(".narrow [name=q]").value = ""`)
			c.do("an article", chromedp.SendKeys(chromedp.CSS(".narrow [name=q]"), "envel"),
				chromedp.Click(chromedp.CSS("a.book")), chromedp.WaitVisible(chromedp.CSS(".prose ol")))
			c.sound("article")
			out()

			in("mia")
			c.do("write", chromedp.Navigate(w.url+"/news/new"), chromedp.SendKeys(chromedp.CSS("main [name=title]"), "Router"),
				chromedp.SendKeys(chromedp.CSS("main [name=text]"), "# Router\n- one"), chromedp.WaitVisible(chromedp.CSS("#preview .prose li")))
			c.sound("writing")
			c.do("publish", chromedp.Click(chromedp.CSS("main form .primary")), chromedp.WaitVisible(chromedp.CSS("main.article .prose")))
			c.sees(say.T("news.said.saved"))
			n := w.request(t, "A second screen", "net")
			out()

			c.do("a phone", chromedp.EmulateViewport(390, 844))
			in("net")
			c.do("approvals", chromedp.Click(chromedp.CSS("nav.rail a[href='/approvals']")), chromedp.WaitVisible(chromedp.CSS("form.verdict")))
			c.sound("approvals")
			c.do("approve", chromedp.SendKeys(chromedp.CSS(".verdict textarea"), "OK"), chromedp.Click(chromedp.CSS(".verdict .primary")), chromedp.WaitVisible(chromedp.CSS(".said p")))
			c.sees(say.T("approvals.said.approved", fmt.Sprint(int64(n))), say.T("approvals.none"))
			c.sound("nothing waits")
		})
	}
}

// Knowledge, news, approvals and numbers are accessible and fit at every width, light and dark. Pictures stay in var/look.
func TestLookReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paper, _, outage, _ := w.shelves(t)
	w.counted(t)
	w.request(t, "A second screen", "net", "man")
	w.request(t, "New licences for the drawing office", "net")
	c := newChrome(t, w.url)
	dir := filepath.Join(varDir, "look")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	look := func(name, path string) {
		t.Helper()
		for _, theme := range []string{"light", "dark"} {
			if _, err := chromedp.Call(c.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}); err != nil {
				t.Fatal(err)
			}
			for _, width := range []int64{1440, 768, 360} {
				what := fmt.Sprintf("%s-%d-%s", name, width, theme)
				c.do(what, chromedp.EmulateViewport(width, 900), chromedp.Navigate(w.url+path), chromedp.WaitVisible(chromedp.CSS("main")))
				c.sound(what)
				shot, err := chromedp.Run(c.ctx, chromedp.FullScreenshot(100))
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, what+".png"), shot, 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	c.signIn(w.People["mia"].Email)
	for name, path := range map[string]string{"knowledge": "/knowledge", "article": paper, "article-edit": outage + "/edit", "news": "/news", "numbers": "/reports?by=category"} {
		look(name, path)
	}
	c.do("sign out", chromedp.Click(chromedp.CSS(".me summary")), chromedp.Click(chromedp.CSS(".me .pop form button")), chromedp.WaitVisible(chromedp.CSS("main.door")))
	c.signIn(w.People["net"].Email)
	look("approvals", "/approvals?lang=es")
}

package desk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"postdesk/core"
)

// The palette finds by the rights of who asks, and offers nothing for no words.
func TestPaletteFindsWhatMayBeSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	for who, sees := range map[string]bool{"mia": true, "ben": true, "eva": false} {
		p := w.as(t, who).get("/dashboard/ithelpdesk/find?q=payroll").want(http.StatusOK)
		if found := strings.Contains(string(p.body), fmt.Sprintf(`href="/dashboard/ithelpdesk/%d"`, n)); found != sees {
			t.Errorf("%s finds it: %v", who, found)
		}
		if p := w.as(t, who).get("/dashboard/ithelpdesk/find?q=").want(http.StatusOK); strings.Contains(string(p.body), "role=") {
			t.Errorf("%s is offered %s", who, p.body)
		}
	}
	if p := w.as(t, "ben").get("/dashboard/ithelpdesk/find?q=fuser"); strings.Contains(string(p.body), "role=") {
		t.Error("a note's word leads a requester to the ticket")
	}
}

// A day without a mouse: from the list into a ticket, an answer, the palette, the list of keys.
func TestBrowserKeyboard(t *testing.T) {
	t.Parallel()
	for _, lang := range []core.Language{core.English, core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ticket := w.sample(t)
			say := printer(t, lang)
			c := newChrome(t, w.url)
			c.do("language", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(w.url+"/login?lang="+string(lang)))
			c.signIn(w.People["mia"].Email)
			focus := func() string {
				return eval[string](c, `document.activeElement.getAttribute("href") || document.activeElement.name || document.activeElement.tagName`)
			}

			// A letter's key as the page hears it; chromedp's own would be written after it has moved the focus.
			key := func(letters string) {
				for _, k := range letters {
					eval[bool](c, fmt.Sprintf(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: %q, bubbles: true, cancelable: true}))`, k))
				}
			}
			key("jjk")
			if got, want := focus(), eval[string](c, `document.querySelector("#list .row").getAttribute("href")`); got != want {
				t.Errorf("after j j k the focus is on %q, want %q", got, want)
			}
			key("j")
			eval[bool](c, `window.same = true`)
			c.do("enter", chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("article.detail")))
			if got := eval[string](c, `location.pathname`); got != focus() || !eval[bool](c, `window.same === true`) {
				t.Errorf("enter opens %s, the focus is on %s", got, focus())
			}

			// Where the list makes room for the ticket, the focus goes there.
			c.do("narrow", chromedp.EmulateViewport(700, 900), chromedp.Navigate(w.url+"/dashboard/ithelpdesk"), chromedp.WaitVisible(chromedp.CSS("#list .row")))
			key("j")
			c.do("enter", chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("article.detail")))
			if got := eval[string](c, `document.activeElement.id`); got != "subject" {
				t.Errorf("the focus is on %q", got)
			}
			c.do("wide", chromedp.EmulateViewport(1440, 900))

			palette := func(text string) {
				t.Helper()
				eval[bool](c, `document.dispatchEvent(new KeyboardEvent("keydown", {key: "k", ctrlKey: true, bubbles: true}))`)
				c.do("palette", chromedp.WaitVisible(chromedp.CSS("#palette input")), chromedp.SendKeys(chromedp.CSS("#palette input"), text))
			}
			palette("payroll")
			c.do("found", chromedp.WaitVisible(chromedp.CSS(fmt.Sprintf("#found-%d", ticket))))
			c.sound("palette")
			c.do("open", chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS(fmt.Sprintf(`article.detail[data-number="%d"]`, ticket))))

			key("n")
			if focus() != "note" || !eval[bool](c, `document.querySelector("#write [value=note]").checked`) {
				t.Errorf("n leads to %s", focus())
			}
			c.do("write and leave", chromedp.SendKeys(chromedp.CSS("#write [name=note]"), "jk?"), chromedp.KeyEvent(kb.Escape))
			if got := eval[string](c, `document.querySelector("#write [name=note]").value`); got != "jk?" {
				t.Errorf("while writing, keys write %q", got)
			}
			key("?")
			c.do("help", chromedp.WaitVisible(chromedp.CSS("#keys")))
			c.sees(say.T("keys.title"), say.T("keys.assign"))
			c.sound("keys")
			c.do("off", chromedp.Click(chromedp.CSS("#keys-on")), chromedp.KeyEvent(kb.Escape))
			key("a")
			if eval[bool](c, `document.querySelector("#detail details[open]") !== null`) {
				t.Error("keys work though they are off")
			}
			palette(say.T("keys.title"))
			c.do("nothing", chromedp.SendKeys(chromedp.CSS("#palette input"), " qqqq"), chromedp.WaitVisible(chromedp.CSS("#palette .nothing")))
			c.sound("nothing found")
		})
	}
}

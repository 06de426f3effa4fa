package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// wait waits until an expression is true in the page.
func (c *chrome) wait(what, expression string) {
	c.t.Helper()
	for deadline := time.Now().Add(stepTime); !eval[bool](c, expression); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("%s: never %s; the page says\n%s", what, expression, eval[string](c, `document.body.innerText`))
		}
	}
}

// expectNoise takes complaints out that the test itself caused.
func (c *chrome) expectNoise(part string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.complaints = slices.DeleteFunc(c.complaints, func(s string) bool { return strings.Contains(s, part) })
}

// A solver works a ticket: what is pressed shows at once and is taken back where the desk cannot be reached, dialogs open
// over the ticket and keep what was typed, people are completed.
func TestBrowserActs(t *testing.T) {
	t.Parallel()
	for who, lang := range map[string]core.Language{"mia": core.English, "sol": core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
			w.record(t, "ben", n, "And the lamp is broken.", true)
			other := w.open(t, "ben", helpdesk.NewTicket{Subject: "The drum is worn", Text: "Please."})
			say := printer(t, lang)
			c := newChrome(t, w.url)
			c.do("language", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(w.url+"/login?lang="+string(lang)))
			c.signIn(w.People[who].Email)
			c.do("ticket", chromedp.Navigate(w.url+at(n)), chromedp.WaitVisible(chromedp.CSS("article.detail")))

			// Requests are held back, so that what is seen is the press and not the answer.
			eval[bool](c, `window.real = window.fetch, window.held = [], window.fetch = (...a) => new Promise((go) => window.held.push(go)).then(() => window.real(...a)), true`)
			menu := func(act, value string) {
				t.Helper()
				press := `.acts form[action*="/` + act + `"] button[value="` + value + `"]`
				eval[bool](c, `document.querySelector('`+press+`').closest("details").open = true`)
				c.do(act, chromedp.Click(chromedp.CSS(press)))
			}
			shown := func(act string) string {
				t.Helper()
				return eval[string](c, `document.querySelector('.acts form[action*="/`+act+`"]').closest("details").querySelector(".now").textContent`)
			}
			menu("status", "waiting")
			if got := shown("status"); got != say.Word("status.waiting") || !eval[bool](c, `!!document.querySelector(".acts summary.pending")`) {
				t.Errorf("pressed, it shows %q", got)
			}
			if v := w.view(t, "mia", n); v.Status != core.Open {
				t.Errorf("the ticket is %s before the desk was asked", v.Status)
			}
			eval[bool](c, `window.fetch = window.real, window.held.forEach((go) => go()), true`)
			c.wait("status", `!document.querySelector(".pending")`)
			if v := w.view(t, "mia", n); v.Status != core.Waiting || shown("status") != say.Word("status.waiting") {
				t.Errorf("the ticket is %s, the page says %s", v.Status, shown("status"))
			}
			c.sound("after the status")

			// Without the desk the press is taken back, with a sentence, and can be tried again.
			eval[bool](c, `window.fetch = () => Promise.reject(new TypeError("no connection")), true`)
			before := shown("priority")
			menu("priority", "urgent")
			c.wait("taken back", `!!document.querySelector(".head .refusal.lost")`)
			if got := shown("priority"); got != before || eval[bool](c, `!!document.querySelector(".pending")`) {
				t.Errorf("taken back, it shows %q", got)
			}
			c.sees(say.T("desk.failed"))
			c.expectNoise("") // htmx tells the console; before, the page was sound
			eval[bool](c, `window.fetch = window.real, true`)
			menu("priority", "urgent")
			c.wait("urgent", `!document.querySelector(".pending") && !document.querySelector(".refusal")`)
			if v := w.view(t, "mia", n); v.Priority != core.Urgent {
				t.Errorf("the second try left it %s", v.Priority)
			}

			// A dialog: by the menu, refused with what was typed, left with Escape, the focus back where it came from.
			dialog := func(act string) {
				t.Helper()
				c.do(act, chromedp.Click(chromedp.CSS(".more summary")), chromedp.Click(chromedp.CSS(`.more a[href*="do=`+act+`"]`)), chromedp.WaitVisible(chromedp.CSS("#act form")))
				c.wait(act, `document.querySelector("#act").matches(":modal")`)
			}
			dialog("link")
			c.sound("dialog")
			c.do("an unknown number", chromedp.SendKeys(chromedp.CSS("#act [name=number]"), "9999"+kb.Enter), chromedp.WaitVisible(chromedp.CSS("#act .alert")))
			c.wait("refused dialog", `document.querySelector("#act").matches(":modal")`)
			c.sees(say.T("error.ticket.unknown", 9999))
			if got := eval[string](c, `document.querySelector("#act [name=number]").value`); got != "9999" {
				t.Errorf("typed: %q", got)
			}
			c.expectNoise("422")
			c.sound("refused dialog")
			c.do("escape", chromedp.KeyEvent(kb.Escape))
			c.wait("closed", `!document.querySelector("#act").open && document.activeElement.closest(".more") !== null`)
			dialog("link")
			c.do("a number", chromedp.SendKeys(chromedp.CSS("#act [name=number]"), "#"+fmt.Sprint(int64(other))+kb.Enter))
			c.wait("linked", `!document.querySelector("#act").open && document.querySelector(".around")?.innerText.includes("The drum is worn")`)

			// People are completed in a field for several of them.
			dialog("ask")
			c.do("people", chromedp.SendKeys(chromedp.CSS("#act [name=approvers]"), "man@city.test, pat"))
			c.wait("completed", `[...document.querySelectorAll("#people option")].some((o) => o.value === "man@city.test, pat@city.test" && o.label.includes("Pat Police"))`)
			c.sound("asking")
			c.do("asked", chromedp.SendKeys(chromedp.CSS("#act [name=approvers]"), "@city.test"), chromedp.SendKeys(chromedp.CSS("#act textarea"), "A lamp?"),
				chromedp.Click(chromedp.CSS("#act .primary")))
			c.wait("asked", `!document.querySelector("#act").open && document.querySelector(".approvals")?.innerText.includes("A lamp?")`)

			// A message becomes a ticket of its own.
			c.do("split", chromedp.Click(chromedp.CSS(".split-off")), chromedp.WaitVisible(chromedp.CSS("#act blockquote")))
			c.sees("And the lamp is broken.")
			c.sound("splitting")
			c.do("splits", chromedp.Click(chromedp.CSS("#act .primary")))
			c.wait("split", `!document.querySelector("#act").open && document.querySelectorAll(".around li").length === 2`)

			// The dialog's address opens it too, and closing it leaves the ticket's own.
			c.do("address", chromedp.Navigate(w.url+at(n)+"?do=due"), chromedp.WaitVisible(chromedp.CSS("#act form")))
			c.wait("modal", `document.querySelector("#act").matches(":modal")`)
			c.do("cancel", chromedp.Click(chromedp.CSS("#act [data-close]")))
			c.wait("closed", `!document.querySelector("#act").open && location.search === ""`)
			c.sound("at the end")
		})
	}
}

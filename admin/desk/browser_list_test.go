package desk_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// The list narrows while one types and by the filter menu, goes on in place, and several tickets are acted on at once: all
// without the page being loaded anew.
func TestBrowserList(t *testing.T) {
	t.Parallel()
	for who, lang := range map[string]core.Language{"mia": core.English, "sol": core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.sample(t)
			for i := range 55 {
				w.open(t, "ben", helpdesk.NewTicket{Subject: fmt.Sprint("Toner ", i), Text: "The toner is empty.", Category: "network"})
			}
			say := printer(t, lang)
			c := newChrome(t, w.url)
			c.do("language", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(w.url+"/login?lang="+string(lang)))
			c.signIn(w.People[who].Email)
			eval[bool](c, `window.stays = true`)
			rows := `document.querySelectorAll("#list .row").length`

			c.do("older", chromedp.Click(chromedp.CSS("#older a")))
			c.until("the list goes on", rows+" === 60 && !document.querySelector('#older')")

			c.do("search", chromedp.SendKeys(chromedp.CSS("#search-words"), "VPN"))
			c.until("found as one types", rows+` === 1 && document.querySelector("#list .row strong").textContent.includes("VPN")`)
			if !eval[bool](c, `window.stays && document.activeElement.id === "search-words" && location.search.includes("q=VPN")`) {
				t.Error("the page, the focus or the address is lost while one types")
			}
			c.sound("found")
			c.do("all again", chromedp.Click(chromedp.CSS("#list .chip")))
			c.until("all again", rows+" === 50 && !window.stays && document.readyState === 'complete'")

			eval[bool](c, `window.stays = true`)
			c.do("menu", chromedp.Click(chromedp.CSS(".filter summary")), chromedp.WaitVisible(chromedp.CSS(".filter select")))
			onTop(c, ".filter .pop")
			c.shoot("filter-" + string(lang))
			c.sound("filter menu")
			eval[bool](c, `document.querySelector(".filter select[name=category]").value = "hardware"; true`)
			eval[bool](c, `document.querySelector(".filter form button").click(); true`)
			c.until("narrowed", `document.querySelector("#list .chip") && location.search.includes("category=hardware")`)
			c.sees(say.Word("category.hardware"))
			if !eval[bool](c, `window.stays && !document.querySelector(".filter").open`) {
				t.Error("the filter loads the page anew, or its menu stays open")
			}

			c.do("network", chromedp.Navigate(w.url+"/dashboard/ithelpdesk?category=network"), chromedp.WaitVisible(chromedp.CSS("#list .row")))
			eval[bool](c, `window.stays = true; document.querySelector("#list .row").focus(); true`)
			eval[bool](c, `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "x", bubbles: true}))`)
			eval[bool](c, `document.querySelectorAll("#list .pick input")[3].dispatchEvent(new MouseEvent("click", {shiftKey: true, bubbles: true}))`)
			c.until("four are chosen", `document.querySelectorAll("#list .pick input:checked").length === 4 && document.querySelector("#bulk b").textContent.startsWith("4 ")`)
			c.sound("chosen")
			c.shoot("bulk-" + string(lang))
			c.do("status", chromedp.Click(chromedp.CSS("#bulk .menu:nth-of-type(2) summary")), chromedp.WaitVisible(chromedp.CSS("#bulk [value=waiting]")))
			c.sound("status of several")
			c.do("waiting", chromedp.Click(chromedp.CSS("#bulk [value=waiting]")))
			c.until("done", fmt.Sprintf(`document.querySelector("#said").textContent.includes(%q)`, say.N("desk.bulk.done", 4)))
			if !eval[bool](c, `window.stays && document.querySelectorAll("#list .tag.amber").length === 4 && !document.querySelector("#list .pick input:checked")`) {
				t.Error("the list does not show what was done")
			}
			c.sound("done")
		})
	}
}

// onTop fails where a menu is open but cut off or covered: what stands in its middle is then not its own.
func onTop(c *chrome, pop string) {
	c.t.Helper()
	if !eval[bool](c, `(() => {
		const pop = document.querySelector("`+pop+`"), r = pop.getBoundingClientRect();
		return pop.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2));
	})()`) {
		c.t.Errorf("%s is open, but not seen", pop)
	}
}

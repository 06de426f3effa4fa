package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// soon waits until a script is true, and tells how long that took.
func (c *chrome) soon(what, script string) time.Duration {
	c.t.Helper()
	began := time.Now()
	for end := began.Add(stepTime); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if eval[bool](c, "Boolean("+script+")") {
			return time.Since(began)
		}
	}
	c.t.Fatalf("%s: never %s\n%s", what, script, eval[string](c, "document.body.innerText"))
	return 0
}

// away takes the pointer and the focus from the list.
func (c *chrome) away() {
	c.t.Helper()
	eval[bool](c, `document.activeElement?.blur(), true`)
	c.do("pointer", chromedp.MouseEvent("mouseMoved", 5, 5))
}

func TestBrowserLive(t *testing.T) {
	t.Parallel()
	for who, lang := range map[string]core.Language{"mia": core.English, "sol": core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			say := printer(t, lang)
			other := helpdesk.New(w.Store, time.Now) // as the mail of another process
			mail := func(n core.Number, text string) {
				t.Helper()
				err := other.Do(t.Context(), core.Actor{Person: w.People["ben"], Via: core.ViaMail, Level: core.PersonProven}, func(a *helpdesk.Act) error {
					_, err := a.AddRecord(t.Context(), n, helpdesk.NewRecord{Text: text})
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			first := w.open(t, "ben", helpdesk.NewTicket{Subject: "Printer jams", Text: "It jams."})
			c, ben := newChrome(t, w.url), newChrome(t, w.url)
			row := func(n core.Number) string { return fmt.Sprintf(`document.querySelector('.row[href*="/%d"]')`, n) }
			c.do("language", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(w.url+"/login?lang="+string(lang)))
			c.signIn(w.People[who].Email)
			ben.do("size", chromedp.EmulateViewport(1440, 900))
			ben.signIn(w.People["ben"].Email)
			c.away()
			ben.away()
			c.soon("unread at first", row(first)+`.classList.contains("unread")`)

			second := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner is low", Text: "Grey pages."})
			t.Logf("a new ticket showed after %v", c.soon("a new ticket", row(second)))
			ben.soon("a new ticket", row(second))

			c.do("open", chromedp.Click(chromedp.CSS(fmt.Sprintf(`.row[href*="/%d"]`, first))), chromedp.WaitVisible(chromedp.CSS("article.detail")))
			c.soon("read", `!`+row(first)+`.classList.contains("unread")`)
			mail(first, "It still jams, with a noise.")
			came := func(text string) string {
				return fmt.Sprintf(`[...document.querySelectorAll(".thread .msg")].some((x) => x.textContent.includes(%q))`, text)
			}
			t.Logf("an answer showed after %v", c.soon("an answer", came("with a noise")))
			c.soon("its line", `document.querySelector(".just")`)
			c.sees(say.T("live.wrote", "Ben Staff"))
			c.do("write", chromedp.SendKeys(chromedp.CSS("#write .box:not([hidden]) textarea"), "Half a sentence"))
			mail(first, "Now it smokes.")
			c.soon("another", came("smokes"))
			if text := eval[string](c, `document.querySelector("#write textarea").value`); text != "Half a sentence" {
				t.Errorf("what is being written became %q", text)
			}
			c.sound("live ticket")

			ben.do("open", chromedp.Click(chromedp.CSS(fmt.Sprintf(`.row[href*="/%d"]`, first))), chromedp.WaitVisible(chromedp.CSS("article.detail")))
			ben.do("write", chromedp.SendKeys(chromedp.CSS("#write textarea"), "One more"))
			c.soon("presence", fmt.Sprintf(`document.querySelector("#present").textContent.includes(%q)`, say.T("live.writes", "Ben Staff")))
			if there := eval[string](ben, `document.querySelector("#present").textContent`); there != "" {
				t.Errorf("the requester is told %q", there)
			}
		})
	}
}

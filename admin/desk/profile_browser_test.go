package desk_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"postdesk/core"
)

// A person says what mails they want and who stands in for them, named as one types, and makes a token, in each language. The
// page is looked at in both themes and at each width.
func TestBrowserProfile(t *testing.T) {
	t.Parallel()
	for who, lang := range map[string]core.Language{"mia": core.English, "eva": core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			say, c := printer(t, lang), newChrome(t, w.url)
			c.do("language", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(w.url+"/login?lang="+string(lang)))
			c.signIn(w.People[who].Email)
			c.do("profile", chromedp.Click(chromedp.CSS(".me summary")), chromedp.Click(chromedp.CSS(".me .pop a[href='/me']")), chromedp.WaitVisible(chromedp.CSS("#notices")))
			c.do("off", chromedp.Click(chromedp.CSS(`[name="reason:requester"][value=off]`)), chromedp.Click(chromedp.CSS("#notices .primary")), chromedp.WaitVisible(chromedp.CSS(".said p")))
			c.sees(say.T("profile.notices.said"))
			if !eval[bool](c, `document.querySelector("[name='reason:requester'][value=off]").checked`) {
				t.Error("the choice is not kept")
			}
			c.do("delegate", chromedp.SendKeys(chromedp.CSS("[name=delegate]"), "sol"), chromedp.WaitReady(chromedp.CSS("#people option[value='sol@city.test']")))
			today := time.Now().UTC().Format("2006-01-02")
			eval[bool](c, `for (const name of ["from", "until"]) document.querySelector("#absence [name=" + name + "]").value = "`+today+`";
				document.querySelector("[name=delegate]").value = "sol@city.test"; true`)
			c.do("away", chromedp.Click(chromedp.CSS("#absence .fields button")), chromedp.WaitVisible(chromedp.CSS("#absence .state")))
			c.sees(say.T("profile.absence.by", "Sol Vega"))
			c.do("token", chromedp.SendKeys(chromedp.CSS("#tokens [name=name]"), "script"), chromedp.Click(chromedp.CSS("#tokens .line button")), chromedp.WaitVisible(chromedp.CSS("#tokens .token-once")))
			c.sees(say.T("profile.tokens.once"))
			c.pictures("profile", lang)
		})
	}
}

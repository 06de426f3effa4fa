package desk_test

import (
	"encoding/base32"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"postdesk/core"
)

// A person sets a second factor up from the QR page, sees the recovery codes, signs out and comes back in with a code, in each
// language; every page on the way is looked at in both themes and at each width.
func TestBrowserSecondFactor(t *testing.T) {
	t.Parallel()
	for who, lang := range map[string]core.Language{"mia": core.English, "sol": core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w, _ := provided(t)
			say, c := printer(t, lang), newChrome(t, w.url)
			c.do("language", chromedp.Navigate(w.url+"/login?lang="+string(lang)), chromedp.WaitVisible(chromedp.CSS(".providers button")))
			c.pictures("door", lang)
			c.signIn(w.People[who].Email)
			c.do("security", chromedp.Navigate(w.url+"/me/security"), chromedp.WaitVisible(chromedp.CSS("#second-factor")))
			c.sees(say.T("security.factor.lead"), say.T("security.sessions.this"), "Chrome, Linux")
			c.pictures("security", lang)
			c.do("begin", chromedp.Click(chromedp.CSS("#second-factor form button")), chromedp.WaitVisible(chromedp.CSS("svg.qr")))
			c.pictures("second-factor", lang)
			secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(eval[string](c, `document.querySelector(".key").textContent`), " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			code := func(steps int64) string { return core.TOTPCode(secret, core.TOTPStep(time.Now())+steps) }
			c.do("confirm", chromedp.SendKeys(chromedp.CSS("#second-factor [name=code]"), code(-1)), chromedp.Click(chromedp.CSS("#second-factor button.primary")),
				chromedp.WaitVisible(chromedp.CSS(".recovery")))
			c.sees(say.T("security.factor.recovery"))
			c.pictures("recovery", lang)
			c.do("sign out", chromedp.Navigate(w.url+"/dashboard/ithelpdesk"), chromedp.Click(chromedp.CSS(".me summary")), chromedp.Click(chromedp.CSS(".me .pop form button")),
				chromedp.WaitVisible(chromedp.CSS("main.door")))
			c.do("sign in", chromedp.SendKeys(chromedp.CSS("[name=email]"), w.People[who].Email), chromedp.SendKeys(chromedp.CSS("[name=password]"), password),
				chromedp.Click(chromedp.CSS("[name=how][value=password]")), chromedp.WaitVisible(chromedp.CSS("[name=code]")))
			c.pictures("second", lang)
			c.do("code", chromedp.SendKeys(chromedp.CSS("[name=code]"), code(0)), chromedp.Click(chromedp.CSS(".door .primary")), chromedp.WaitVisible(chromedp.CSS(".tiles")))
			c.sound("signed in")
		})
	}
}

// pictures looks at the page as it stands in each theme and at each width. Pictures of it stay in var/look.
func (c *chrome) pictures(name string, lang core.Language) {
	c.t.Helper()
	dir := filepath.Join(varDir, "look")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		c.t.Fatal(err)
	}
	for _, theme := range []string{"dark", "light"} {
		if _, err := chromedp.Call(c.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}); err != nil {
			c.t.Fatal(err)
		}
		for _, width := range []int64{360, 768, 1440} {
			what := fmt.Sprintf("sign-in-%s-%s-%d-%s", name, lang, width, theme)
			c.do(what, chromedp.EmulateViewport(width, 900))
			eval[bool](c, `Promise.allSettled(document.getAnimations().map((a) => a.finished)).then(() => true)`, chromedp.EvalAwaitPromise) // colours that fade are no colours yet
			c.sound(what)
			picture, err := chromedp.Run(c.ctx, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, what+".png"), picture, 0o644)
			}
			if err != nil {
				c.t.Fatal(err)
			}
		}
	}
}

package desk_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"postdesk/core"
)

// varDir is where builds and tests leave what is not part of the repository.
const varDir = "../../var"

// axe is the accessibility checker, fetched by make and never part of the repository.
func axe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(varDir, "tools", "node_modules", "axe-core", "axe.min.js")
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("no axe-core: run  npm install --prefix var/tools axe-core@4.14.1  at the top of the repository (make test does it): %v", err)
	}
	return string(script)
}

// chrome starts a Chromium of the test's own and notes what its pages complain about.
type chrome struct {
	t       *testing.T
	ctx     context.Context
	axe     string
	base    string
	expects string // the status of a page that is meant to be refused

	mu         sync.Mutex
	complaints []string
}

func newChrome(t *testing.T, base string) *chrome {
	t.Helper()
	c := &chrome{t: t, axe: axe(t), base: base}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true))...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	c.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("no Chromium: install the package chromium (make test does it where it may): %v", err)
	}
	err := chromedp.Listen(ctx, func(event any) {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			c.complaints = append(c.complaints, e.ExceptionDetails.Text)
			if thrown := e.ExceptionDetails.Exception; thrown != nil {
				c.complaints = append(c.complaints, thrown.Description)
			}
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
				c.complaints = append(c.complaints, fmt.Sprint(e.Type, e.Args))
			}
		case *log.EventEntryAdded:
			if e.Entry.Level == "error" || e.Entry.Level == "warning" {
				c.complaints = append(c.complaints, e.Entry.Text+" "+e.Entry.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// stepTime is for how long one step may take, on a machine that does much else besides.
const stepTime = 30 * time.Second

// do runs steps within that time, and fails with where it stood.
func (c *chrome) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, stepTime)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		at, _ := chromedp.Run(c.ctx, chromedp.Location())
		c.t.Fatalf("%s, at %s: %v", what, at, err)
	}
}

func eval[T any](c *chrome, script string, o ...chromedp.EvaluateOption) T {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, stepTime)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, o...))
	if err != nil {
		c.t.Fatalf("%.60s: %v", script, err)
	}
	return v
}

// sound checks the page that is shown: nothing that axe finds, nothing wider than the window, nothing in the console.
func (c *chrome) sound(what string) {
	c.t.Helper()
	eval[bool](c, c.axe+"; true")
	violations := eval[[]struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []struct {
			HTML    string `json:"html"`
			Summary string `json:"failureSummary"`
		} `json:"nodes"`
	}](c, `axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations)`, chromedp.EvalAwaitPromise)
	for _, v := range violations {
		c.t.Errorf("%s: axe: %s: %s", what, v.ID, v.Help)
		for _, n := range v.Nodes {
			c.t.Errorf("    %s\n    %s", n.HTML, n.Summary)
		}
	}
	if over := eval[int](c, `document.documentElement.scrollWidth - window.innerWidth`); over > 0 {
		c.t.Errorf("%s: the page is %d px wider than the window", what, over)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, complaint := range c.complaints {
		if strings.Contains(complaint, "status of "+c.expects) && c.expects != "" {
			continue
		}
		c.t.Errorf("%s: console: %s", what, complaint)
	}
	c.complaints = nil
}

func (c *chrome) signIn(email string) {
	c.t.Helper()
	c.do("sign in", chromedp.Navigate(c.base+"/login"),
		chromedp.SendKeys(chromedp.CSS("[name=email]"), email), chromedp.SendKeys(chromedp.CSS("[name=password]"), password),
		chromedp.Click(chromedp.CSS("[name=how][value=password]")), chromedp.WaitVisible(chromedp.CSS(".tiles")))
}

// A person signs in, opens the list and a ticket, replies, writes a note and signs out, in each language.
func TestBrowserFlow(t *testing.T) {
	t.Parallel()
	for who, lang := range map[string]core.Language{"mia": core.English, "sol": core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ticket := w.sample(t)
			say := printer(t, lang)
			c := newChrome(t, w.url)
			c.do("language", chromedp.Navigate(w.url+"/login?lang="+string(lang)))
			c.sound("sign-in")
			c.signIn(w.People[who].Email)
			c.sound("list")
			c.do("open", chromedp.Click(chromedp.CSS(fmt.Sprintf(`.row[href$="/%d"]`, ticket))), chromedp.WaitVisible(chromedp.CSS("article.detail")))
			c.sound("ticket")
			c.do("reply", chromedp.SendKeys(chromedp.CSS(".write [name=text]"), "An answer from the browser"), chromedp.Click(chromedp.CSS(".write .sends > .primary")),
				chromedp.WaitVisible(chromedp.CSS("#waiting .undo")))
			c.sees(say.T("desk.waiting.undo"), "An answer from the browser")
			c.sound("reply about to be sent")
			c.do("note", chromedp.Click(chromedp.CSS(".as-note input")), chromedp.SendKeys(chromedp.CSS(".write [name=note]"), "A note from the browser"))
			c.sound("note being written")
			c.sees(say.T("desk.send_note"))
			// The note is sent from the keyboard.
			eval[bool](c, `document.querySelector(".write [name=note]").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true}))`)
			c.do("note about to be sent", chromedp.WaitVisible(chromedp.CSS("#waiting .msg.note")))
			w.sendWritten(t)
			c.do("sent", chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS(".thread .msg.note:last-of-type")))
			c.sees("An answer from the browser", "A note from the browser")
			c.sound("after the note")
			c.do("sign out", chromedp.Click(chromedp.CSS(".me summary")), chromedp.WaitVisible(chromedp.CSS(".me .pop form")))
			c.sound("account menu")
			c.do("sign out", chromedp.Click(chromedp.CSS(".me .pop form button")), chromedp.WaitVisible(chromedp.CSS("main.door")))
			c.sees(say.T("login.signed_out"))
			c.do("the desk is closed", chromedp.Navigate(w.url+"/dashboard/ithelpdesk"), chromedp.WaitVisible(chromedp.CSS("[name=password]")))

			_, log, err := w.help.Log(t.Context(), w.People["ben"], ticket)
			if err != nil {
				t.Fatal(err)
			}
			if last := log[len(log)-1]; last.Text != "An answer from the browser" {
				t.Errorf("the requester reads %q last", last.Text)
			}
		})
	}
}

func (c *chrome) sees(sentences ...string) {
	c.t.Helper()
	shown := eval[string](c, `document.body.innerText`)
	for _, s := range sentences {
		if !strings.Contains(shown, s) {
			c.t.Errorf("the page does not say %q:\n%s", s, shown)
		}
	}
}

// Every page is accessible and fits at every width, light and dark. Pictures of them stay in var/look.
func TestLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ticket := w.sample(t)
	around := w.around(t)
	c := newChrome(t, w.url)
	dir := filepath.Join(varDir, "look")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	press := "" // what is pressed before looking
	look := func(name, path string, sizes ...[2]int64) {
		t.Helper()
		for _, theme := range []string{"light", "dark"} {
			if _, err := chromedp.Call(c.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}); err != nil {
				t.Fatal(err)
			}
			for _, size := range sizes {
				what := fmt.Sprintf("%s-%d-%s", name, size[0], theme)
				c.do(what, chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate(w.url+path), chromedp.WaitVisible(chromedp.CSS("main")))
				if press != "" {
					c.do(what, chromedp.Click(chromedp.CSS(press)))
				}
				c.sound(what)
				picture, err := chromedp.Run(c.ctx, chromedp.CaptureScreenshot())
				if size[0] < 800 {
					picture, err = chromedp.Run(c.ctx, chromedp.FullScreenshot(100))
				}
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, what+".png"), picture, 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	wide, middle, phone, narrow := [2]int64{1440, 900}, [2]int64{768, 1024}, [2]int64{390, 844}, [2]int64{360, 740}
	home, one := "/dashboard/ithelpdesk", fmt.Sprintf("/dashboard/ithelpdesk/%d", ticket)
	look("login", "/login", wide, narrow)
	c.signIn(w.People["mia"].Email)
	look("list", home, wide, middle, phone, narrow)
	look("ticket", one, wide, middle, phone, narrow)
	look("around", at(around), wide, narrow)
	press = ".as-note input"
	look("note", one, wide, narrow)
	for name, menu := range map[string]string{"assign": `#detail .acts .menu:has([action*="/assign"]) summary`, "resolve": "#detail .acts .menu.wide summary", "account": ".me summary"} {
		press = menu
		look(name, one, wide, narrow)
	}
	press = ""
	for _, act := range []string{"ask", "edit", "move", "merge"} {
		look(act, one+"?do="+act, wide, narrow)
	}
	press = ".filter summary"
	look("filter", home, wide, narrow)
	press = ""
	look("new", home+"/new", wide, narrow)
	c.expects = "404"
	look("missing", home+"/999", wide, narrow)
	c.expects = ""
	look("empty", home+"?"+url.Values{"q": {"nothing like this"}}.Encode(), wide, narrow)
	change := func(who string) {
		t.Helper()
		c.do("sign out", chromedp.Navigate(w.url+home), chromedp.EmulateViewport(1440, 900),
			chromedp.Click(chromedp.CSS(".me summary")), chromedp.Click(chromedp.CSS(".me .pop form button")), chromedp.WaitVisible(chromedp.CSS("main.door")))
		c.signIn(w.People[who].Email)
	}
	change("net")
	look("approver", at(around)+"?lang=es", wide, narrow)
	change("eva")
	look("requester", home+"?lang=es&status=all", wide, narrow)
	look("requester-ticket", home+"/1002", wide, phone)
	change("sol")
	held := w.held(t, "Kim Lee <kim.lee@else.test>", "Badge for the side door", "Good morning,\n\nI start on Monday and was told to write here for a badge.\n\nKim Lee", unknownSender)
	w.held(t, "sol@city.test", "Re: [IT #1001] Payroll printer jams on every envelope", "It is done.", core.Held{Key: "unproven", Args: []string{"dmarc=none"}})
	look("held", held, wide, middle, phone, narrow)
	look("held-list", "/quarantine?lang=en", wide, narrow)
	mail, _ := w.unproven(t, "sol", ticket)
	look("confirm", mail+"?lang=es", wide, narrow)
}

package desk_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// A requester opens a ticket in the browser, in each language: what the service asks for, files dropped and taken out, the
// article that may help, a form that is found again as it was left.
func TestBrowserOpening(t *testing.T) {
	t.Parallel()
	for who, lang := range map[string]core.Language{"ben": core.English, "eva": core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.withFields(t)
			title := "Paper jam in the printer / Atasco de papel"
			if _, err := w.help.AddArticle(t.Context(), core.Actor{Person: w.People["mia"], Level: core.SignedIn}, core.Knowledge, helpdesk.ArticleWriting{Service: pointer("Printers"),
				ArticleChange: core.ArticleChange{Title: &title, Text: pointer("1. Open the rear door.\n2. Pull."), ForRequesters: pointer(true)}}); err != nil {
				t.Fatal(err)
			}
			say := printer(t, lang)
			c := newChrome(t, w.url)
			c.do("language", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(w.url+"/login?lang="+string(lang)))
			c.signIn(w.People[who].Email)
			c.do("form", chromedp.Navigate(w.url+"/dashboard/ithelpdesk/new"), chromedp.WaitVisible(chromedp.CSS("#new")))
			c.sees(say.T("desk.new.after"))
			c.sound("empty form")
			asked := `[...document.querySelectorAll("#new [data-of]")].filter((f) => f.offsetParent).map((f) => f.textContent.trim().split(/\s/)[0]).join(" ")`
			if got := eval[string](c, asked); got != "" {
				t.Errorf("before a service is chosen it asks for %s", got)
			}
			c.do("service", chromedp.Click(chromedp.CSS(`.card-of:has([value="IT/Printers"])`)), chromedp.WaitVisible(chromedp.CSS(`[name="field:floor"]`)))
			if got := eval[string](c, asked); got != "floor" {
				t.Errorf("Printers asks for %s", got)
			}
			c.do("subject", chromedp.SendKeys(chromedp.CSS("[name=subject]"), "paper jam, papel atascado"), chromedp.WaitVisible(chromedp.CSS(".matches details")),
				chromedp.Click(chromedp.CSS(".matches summary")), chromedp.WaitVisible(chromedp.CSS(".matches .prose li")))
			c.sees(say.T("desk.new.matches"), title)
			eval[bool](c, `(() => {
				const drop = (name) => {
					const data = new DataTransfer();
					data.items.add(new File(["twelve bytes"], name, { type: "text/plain" }));
					document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
				};
				drop("first.log");
				drop("second.log");
				return true;
			})()`)
			c.do("files", chromedp.WaitVisible(chromedp.CSS(".picked li:nth-child(2)")), chromedp.Click(chromedp.CSS(".picked li:first-child .remove")))
			c.sound("filled form")
			c.do("kept", chromedp.SendKeys(chromedp.CSS("[name=text]"), "It smokes."), chromedp.WaitVisible(chromedp.CSS(".kept-state:not(:empty)")))
			c.sees(say.T("desk.draft.kept"))
			c.do("send", chromedp.Click(chromedp.CSS("#new .acts .primary")), chromedp.WaitVisible(chromedp.CSS("#detail .thread")))
			c.sees("It smokes.", "second.log", say.T("desk.said.opened", "[IT #1001]"))
			c.sound("opened")
			log := w.log(t, who, 1001)
			if len(log[0].Attachments) != 1 || log[0].Attachments[0].Name != "second.log" {
				t.Errorf("attached: %+v", log[0].Attachments)
			}
			c.do("again", chromedp.Navigate(w.url+"/dashboard/ithelpdesk/new"), chromedp.WaitVisible(chromedp.CSS("#new")))
			if got := eval[string](c, `document.querySelector("[name=subject]").value`); got != "" {
				t.Errorf("a ticket that was opened is still in the form: %q", got)
			}
		})
	}
}

// The pages around opening are accessible and fit at every width, light and dark. Pictures of them stay in var/look.
func TestLookOpening(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withFields(t)
	template := w.template(t, "mia", moving())
	w.template(t, "mia", helpdesk.TemplateWriting{Kind: pointer(core.ReplyTemplate), Service: pointer("Printers"), Title: pointer("Ask for the serial number"),
		Text: pointer("Hello {{requester.first_name}},\n\nplease send us the serial number: it stands on a label behind the front door.\n\n{{me.name}}")})
	periodic := moving()
	periodic.Title, periodic.Requester, periodic.SetSchedule = pointer("Weekly cleaning of the payroll printer"), pointer("ben@city.test"), true
	periodic.Schedule = &core.Schedule{Every: "week", Days: []string{"mon", "thu"}, At: "07:30"}
	scheduled := w.template(t, "mia", periodic)
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
			for _, size := range [][2]int64{{1440, 900}, {768, 1024}, {360, 740}} {
				what := fmt.Sprintf("%s-%d-%s", name, size[0], theme)
				c.do(what, chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate(w.url+path), chromedp.WaitVisible(chromedp.CSS("main")))
				c.sound(what)
				picture, err := chromedp.Run(c.ctx, chromedp.FullScreenshot(100))
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, what+".png"), picture, 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	c.signIn(w.People["mia"].Email)
	look("new-template", "/dashboard/ithelpdesk/new?template="+template.ID)
	look("templates", "/templates")
	look("template", "/templates/"+scheduled.ID+"?lang=es")
}

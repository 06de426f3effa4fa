package desk_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"postdesk/core"
)

// until waits for something on the page that has no element of its own.
func (c *chrome) until(what, script string) {
	c.t.Helper()
	script = "(() => { try { return Boolean(" + script + ") } catch { return false } })()" // the page may be on its way
	for end := time.Now().Add(stepTime); !eval[bool](c, script); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("%s: not within %s:\n%s", what, stepTime, eval[string](c, `document.querySelector("#writing")?.innerText || document.body.innerText`))
		}
	}
}

func (c *chrome) shoot(name string) {
	c.t.Helper()
	picture, err := chromedp.Run(c.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(filepath.Join(varDir, "look"), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(varDir, "look", name+".png"), picture, 0o644)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// drafts are the texts of what waits with its author: "kind text", with a mark where it is on its way.
func (w *world) drafts(t testing.TB, who string, n core.Number) (list []string) {
	t.Helper()
	all, err := w.help.Drafts(t.Context(), w.People[who], n)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		s := fmt.Sprint(d.Kind, " ", d.Text, " ", len(d.Files))
		if !d.SendAt.IsZero() {
			s += " sent"
		}
		list = append(list, s)
	}
	return list
}

// What is typed is kept by itself, files are attached by dropping and pasting, a template goes to the cursor, and a message is
// taken back and sent, while one goes on typing.
func TestBrowserWriting(t *testing.T) {
	t.Parallel()
	for who, lang := range map[string]core.Language{"mia": core.English, "sol": core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			n := w.sample(t)
			say := printer(t, lang)
			w.exec(t, `insert into template (id, kind, service_id, title, text, language, created_at, updated_at)
				values ('0198c0de-0000-7000-8000-000000000001', 'reply', $1, 'Restart it', 'Hello {{requester.first_name}}, please restart it.', 'en', now(), now()),
				('0198c0de-0000-7000-8000-000000000002', 'reply', $1, 'Toner', 'Toner is on its way.', 'en', now(), now())`, w.Printers)
			c := newChrome(t, w.url)
			c.signIn(w.People[who].Email)
			here := w.url + at(n) + "?lang=" + string(lang)
			c.do("ticket", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(here), chromedp.WaitVisible(chromedp.CSS("#write")))
			c.do("type", chromedp.SendKeys(chromedp.CSS("#write [name=text]"), "First line"))
			c.until("kept", fmt.Sprintf(`document.querySelector(".kept-state").textContent === %q`, say.T("desk.draft.kept")))
			if got := strings.Join(w.drafts(t, who, n), ","); got != "reply First line 0" {
				t.Errorf("kept: %q", got)
			}

			eval[bool](c, `(() => {
				const drop = (name) => { const data = new DataTransfer(); data.items.add(new File(["content of " + name], name, {type: "text/plain"})); return data; };
				document.querySelector(".thread").dispatchEvent(new DragEvent("dragover", {dataTransfer: drop("a"), bubbles: true, cancelable: true}));
				document.querySelector(".thread").dispatchEvent(new DragEvent("drop", {dataTransfer: drop("dropped.log"), bubbles: true, cancelable: true}));
				document.querySelector("#write [name=text]").dispatchEvent(new ClipboardEvent("paste", {clipboardData: drop("pasted.log"), bubbles: true, cancelable: true}));
				return true;
			})()`)
			c.until("attached", `document.querySelectorAll("#write .kept .remove[value]").length === 2`)
			c.do("take one away", chromedp.Click(chromedp.CSS("#write .kept .remove")))
			c.until("taken away", `document.querySelectorAll("#write .kept .file").length === 1`)

			c.do("templates", chromedp.Click(chromedp.CSS("#write .templates summary")), chromedp.WaitVisible(chromedp.CSS(".replies input")))
			c.do("find", chromedp.SendKeys(chromedp.CSS(".replies input"), "restart"))
			c.until("narrowed", `document.querySelectorAll(".replies li:not([hidden])").length === 1`)
			c.sound("templates")
			c.shoot("write-templates-" + string(lang))
			eval[bool](c, `document.querySelector(".replies input").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true}))`)
			c.until("inserted", `document.querySelector("#write [name=text]").value === "First line\n\nHello Ben, please restart it."`)
			c.do("reload", chromedp.Navigate(here), chromedp.WaitVisible(chromedp.CSS("#write")))
			c.until("restored", `document.querySelector("#write [name=text]").value === "First line\n\nHello Ben, please restart it." && document.querySelectorAll("#write .kept .file").length === 1`)
			c.sound("restored")
			c.do("who", chromedp.Click(chromedp.CSS("#write .goes.if-reply summary")), chromedp.WaitVisible(chromedp.CSS(".hearers")))
			c.sound("who gets it")
			c.shoot("write-who-" + string(lang))

			c.do("send and wait", chromedp.Click(chromedp.CSS("#write .then summary")), chromedp.Click(chromedp.CSS("#write .then [value=waiting]")), chromedp.WaitVisible(chromedp.CSS("#waiting .undo")))
			c.until("counts down", `/[1-9]/.test(document.querySelector("#waiting [data-left]").textContent) && document.querySelector("#write [name=text]").value === ""`)
			c.sound("about to be sent")
			c.shoot("write-waiting-" + string(lang))
			c.do("type on", chromedp.SendKeys(chromedp.CSS("#write [name=text]"), "PS"))
			c.do("undo", chromedp.Click(chromedp.CSS("#waiting .undo button")))
			c.until("taken back", `document.querySelector("#write [name=text]").value === "First line\n\nHello Ben, please restart it.\n\nPS" && !document.querySelector("#waiting")`)
			c.do("send", chromedp.Click(chromedp.CSS("#write .sends > .primary")), chromedp.WaitVisible(chromedp.CSS("#waiting .undo")))
			c.do("a note meanwhile", chromedp.Click(chromedp.CSS(".as-note input")), chromedp.SendKeys(chromedp.CSS("#write [name=note]"), "Rollers"))
			w.sendWritten(t)
			eval[bool](c, `document.querySelector("#waiting [data-left]").replaceWith(Object.assign(document.createElement("span"), {id: "due"})) || (document.querySelector("#due").dataset.left = "-900", document.querySelector("#due").dataset.in = "{0}", document.querySelector("#due").dataset.now = "…", true)`)
			c.until("stands in the thread", `!document.querySelector("#waiting") && document.querySelector(".thread").innerText.includes("PS")`)
			c.until("still typing", `document.activeElement === document.querySelector("#write [name=note]") && document.activeElement.value === "Rollers"`)
			c.do("type on", chromedp.SendKeys(chromedp.CSS("#write [name=note]"), " too"))

			// Somebody else replies: said above the box, and sending asks once more.
			w.record(t, "gus", n, "I was there.", false)
			eval[bool](c, fmt.Sprintf(`document.dispatchEvent(new CustomEvent("desk:changed", {detail: {numbers: [%d]}}))`, n))
			c.do("came", chromedp.WaitVisible(chromedp.CSS("#came")))
			c.sees("I was there.")
			c.sound("came meanwhile")
			c.shoot("write-came-" + string(lang))
			c.expects = "409"
			c.do("asks", chromedp.Click(chromedp.CSS("#write .sends > .primary")), chromedp.WaitVisible(chromedp.CSS("#unsent")))
			c.sees(say.T("desk.came.again"))
			c.do("sent all the same", chromedp.Click(chromedp.CSS("#write .sends > .primary")), chromedp.WaitVisible(chromedp.CSS("#waiting .msg.note")))
			c.sound("sent")
			if got := strings.Join(w.drafts(t, who, n), ","); got != "note Rollers too 0 sent" {
				t.Errorf("at the end: %q", got)
			}
		})
	}
}

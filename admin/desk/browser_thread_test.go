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
	"postdesk/core/helpdesk"
)

// gallery is a ticket with files of each kind, a long log, a mail that came by mail, and mails in several states.
func (w *world) gallery(t testing.TB) core.Number {
	t.Helper()
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Envelopes jam in the payroll printer", Text: "Since Friday every envelope stops. Pictures and the log are below.",
		Mail: w.byMail(t, benMail), Attachments: []core.Attachment{w.file(t, "rollers.png", "image/png", picture(t)), w.file(t, "rear tray, open.png", "image/png", picture(t)+"\n"),
			w.file(t, "delivery note.pdf", "application/pdf", onePagePDF), w.file(t, "printer-events.log", "text/plain", strings.Repeat("08:12:04 tray 2: jam at the left roller\n", 230)),
			w.file(t, "driver.exe", "application/octet-stream", "MZ\x00")}})
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.Take(t.Context(), n, 0)
		for _, to := range []core.Priority{core.High, core.Urgent} {
			if err == nil {
				_, err = a.SetPriority(t.Context(), n, to, 0)
			}
		}
		return err
	})
	w.exec(t, "update log_record set at = at - interval '30 hours' where ticket_number = $1", n)
	w.record(t, "mia", n, "What the counters say:\n"+strings.Repeat("tray 2: 118 envelopes, 31 stopped\n", 90), true)
	w.record(t, "sol", n, "The spare rollers are in the cabinet.", false)
	w.sent(t, n, map[string]core.OutboundState{"ben": "accepted", "pat": "accepted", "rea": "bounced"})
	return n
}

// Files open over the page and lead from one to the next, from the keyboard too; history and folds answer at once.
func TestBrowserFilesAndHistory(t *testing.T) {
	t.Parallel()
	for who, lang := range map[string]core.Language{"mia": core.English, "sol": core.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			n := w.gallery(t)
			say := printer(t, lang)
			c := newChrome(t, w.url)
			c.do("language", chromedp.Navigate(w.url+"/login?lang="+string(lang)), chromedp.EmulateViewport(1440, 900))
			c.signIn(w.People[who].Email)
			c.do("open", chromedp.Navigate(w.url+at(n)), chromedp.WaitVisible(chromedp.CSS(".msg")))
			c.sound("thread")
			keep := func(name string) {
				t.Helper()
				shot, err := chromedp.Run(c.ctx, chromedp.CaptureScreenshot())
				if err == nil {
					err = os.MkdirAll(filepath.Join(varDir, "look"), 0o755)
				}
				if err == nil {
					err = os.WriteFile(filepath.Join(varDir, "look", fmt.Sprintf("%s-%s.png", name, lang)), shot, 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			showing := func(name, stage string) {
				t.Helper()
				c.do(name, chromedp.WaitVisible(chromedp.CSS("dialog.looking[open] .viewer:not(.pending) "+stage)))
				if got := eval[string](c, `document.querySelector(".viewer h2").textContent`); got != name {
					t.Errorf("%s is shown instead of %s", got, name)
				}
			}
			press := func(key string) {
				eval[bool](c, fmt.Sprintf(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: %q, bubbles: true}))`, key))
			}
			keep("thread-1440-light-newest")
			c.do("look", chromedp.Click(chromedp.CSS(".file.pic")))
			showing("rollers.png", "img")
			c.sound("a picture")
			keep("file-picture")
			press("ArrowRight")
			showing("rear tray, open.png", "img")
			press("ArrowRight")
			showing("delivery note.pdf", ".stage")
			if frame := eval[bool](c, `Boolean(document.querySelector(".stage iframe")) === navigator.pdfViewerEnabled && Boolean(document.querySelector(".no-pdf")) !== navigator.pdfViewerEnabled`); !frame {
				t.Error("neither a PDF nor why not")
			}
			c.sound("a PDF")
			keep("file-pdf")
			press("ArrowRight")
			showing("printer-events.log", "pre")
			c.sees(say.T("desk.file.cut"))
			c.sound("a log")
			keep("file-log")
			press("ArrowRight")
			showing("driver.exe", ".empty")
			c.sees(say.T("desk.file.no_view"))
			c.sound("a program")
			press("ArrowRight") // the last one
			press("ArrowLeft")
			showing("printer-events.log", "pre")
			c.do("close", chromedp.Click(chromedp.CSS(".viewer form button")), chromedp.WaitNotPresent(chromedp.CSS("dialog.looking[open]")))
			if at := eval[string](c, `document.activeElement.className`); !strings.Contains(at, "file") {
				t.Errorf("the focus is lost on %q", at)
			}
			c.do("write", chromedp.SendKeys(chromedp.CSS(".write textarea"), "text"))
			press("ArrowLeft")
			if open := eval[bool](c, `Boolean(document.querySelector("dialog.looking[open], dialog.looking .stage"))`); open {
				t.Error("an arrow in the box opens a file that was closed")
			}
			c.do("unfold", chromedp.Click(chromedp.CSS(".rest summary")), chromedp.WaitVisible(chromedp.CSS(".rest[open] .when-open")))
			c.do("mails", chromedp.Click(chromedp.CSS(".mails summary")), chromedp.WaitVisible(chromedp.CSS(".mails[open] li")))
			c.sound("unfolded")
			keep("thread-unfolded")
			eval[bool](c, `document.querySelector(".thread").scrollTop = 0; true`)
			c.do("to the top", chromedp.WaitVisible(chromedp.CSS(".newest")))
			keep("thread-top")
			c.do("newest", chromedp.Click(chromedp.CSS(".newest")), chromedp.WaitNotVisible(chromedp.CSS(".newest")))
			if left := eval[float64](c, `(() => { const t = document.querySelector(".thread"); return t.scrollHeight - t.clientHeight - t.scrollTop; })()`); left > 90 {
				t.Errorf("the newest is %v px away", left)
			}
			c.do("messages only", chromedp.Click(chromedp.CSS(".log [data-log=messages]")), chromedp.WaitVisible(chromedp.CSS(".log [data-log=all]")))
			if events := eval[int](c, `document.querySelectorAll(".ev").length`); events != 0 {
				t.Errorf("%d events are left", events)
			}
			c.sound("messages only")
			c.do("original", chromedp.Click(chromedp.CSS(".under > a")), chromedp.WaitVisible(chromedp.CSS(".source")))
			c.sound("original mail")
			keep("original")
			if _, err := chromedp.Call(c.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}); err != nil {
				t.Fatal(err)
			}
			c.do("phone", chromedp.EmulateViewport(360, 740), chromedp.Navigate(w.url+at(n)), chromedp.WaitVisible(chromedp.CSS(".msg")))
			c.sound("thread on a phone")
			c.do("picture", chromedp.Click(chromedp.CSS(".file.pic")))
			showing("rollers.png", "img")
			c.sound("a picture on a phone")
			keep("file-picture-360-dark")
			c.do("original", chromedp.Navigate(w.url+at(n)+"/records/"+w.log(t, "mia", n)[0].ID+"/mail"), chromedp.WaitVisible(chromedp.CSS(".source")))
			c.sound("original mail on a phone")
			keep("original-360-dark")
		})
	}
}

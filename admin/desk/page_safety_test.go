package desk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/templates"
)

// everyPage are the pages of the desk as the person meets them, errors included.
func (w *world) everyPage(t *testing.T, b *browser, n core.Number) []page {
	t.Helper()
	return []page{
		w.door(t, b.lang), b.get("/login/link?token=x"),
		b.get("/dashboard/ithelpdesk"), b.get("/dashboard/ithelpdesk?status=closed"), b.get("/dashboard/ithelpdesk?queue=mine"),
		b.get("/dashboard/ithelpdesk?q=zzz"), b.get("/dashboard/ithelpdesk?status=all"), b.get(at(n)), b.get("/dashboard/ithelpdesk/new"),
		b.get(at(9999)), b.get("/dashboard/ithelpdesk?status=odd"),
		b.upload("/dashboard/ithelpdesk/new", nil, "service", "IT/Printers", "subject", "", "text", "x"),
		b.upload(at(n)+"/record", nil, "version", "1", "as", "reply", "text", "x"),
	}
}

func (w *world) door(t *testing.T, lang string) page {
	t.Helper()
	b := w.browser(t)
	b.lang = lang
	return b.post("/login", "email", "nobody@city.test", "password", "wrong").want(403)
}

func TestPagesAreClosedToForeignContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	nonces := map[string]bool{}
	for _, p := range w.everyPage(t, w.as(t, "mia"), n) {
		policy := p.header.Get("Content-Security-Policy")
		found := regexp.MustCompile(`script-src 'nonce-([A-Z2-7]{26})' 'strict-dynamic'; style-src 'nonce-([A-Z2-7]{26})';`).FindStringSubmatch(policy)
		if found == nil || found[1] != found[2] || nonces[found[1]] || !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
			t.Fatalf("%s: policy %q", p.path, policy)
		}
		for _, part := range []string{"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: policy lacks %s", p.path, part)
			}
		}
		nonces[found[1]] = true
		for key, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Type": "text/html; charset=utf-8"} {
			if p.header.Get(key) != want {
				t.Errorf("%s: %s is %q", p.path, key, p.header.Get(key))
			}
		}
		for e := range p.root.Descendants() {
			if e.Type != html.ElementNode {
				continue
			}
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(a.Val, "javascript:") {
					t.Errorf("%s: <%s %s=%q>", p.path, e.Data, a.Key, a.Val)
				}
			}
			switch {
			case e.Data == "style" || e.Data == "iframe" || e.Data == "base":
				t.Errorf("%s: a <%s>", p.path, e.Data)
			case e.Data == "script" && (attr(e, "nonce") != found[1] || attr(e, "src") == "" || e.FirstChild != nil):
				t.Errorf("%s: a script of its own", p.path)
			case e.Data == "form" && attr(e, "method") != "post" && attr(e, "method") != "dialog" && attr(e, "role") != "search":
				t.Errorf("%s: a form that gets", p.path)
			}
		}
	}
}

const evil = `"><img src=x onerror=alert(1)><script>alert(2)</script>{{.Me}}&lt;b&gt;`

// Whatever people write is shown as they wrote it and never becomes part of the page.
func TestMarkupOfPeopleStaysText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(t, "update person set name = $1 where email = 'ben@city.test'", "Ben "+evil)
	w.exec(t, "update service set name = $1 where id = $2", "Printers "+evil, w.Printers)
	w.exec(t, "update solver_group set name = $1", "Field "+evil)
	w.exec(t, "update desk set version = version + 1, name = $1", "IT "+evil)
	ben, err := w.Store.PersonByAddress(t.Context(), "ben@city.test")
	if err != nil {
		t.Fatal(err)
	}
	w.People["ben"] = ben
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Subject " + evil, Text: "Text " + evil + "\njavascript:alert(3) https://x.test/\"onmouseover=alert(4)", Folded: "Folded " + evil,
		Mail: &helpdesk.MailSource{}, Attachments: []core.Attachment{w.file(t, "file "+evil+".png", "image/png", "no picture")}})
	w.record(t, "mia", n, "Note "+evil, false)
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.Assign(t.Context(), n, helpdesk.Assignee{Group: "Field " + evil}, 0)
		return err
	})
	mia := w.as(t, "mia")
	pages := append(w.everyPage(t, mia, n),
		mia.get("/dashboard/ithelpdesk?q="+strings.ReplaceAll(strings.ReplaceAll(evil, " ", "+"), "&", "%26")),
		mia.upload("/dashboard/ithelpdesk/new", []sending{{evil, "image/png", "x"}}, "service", evil, "subject", evil, "text", evil, "category", evil, "on_behalf_of", evil),
		mia.post(at(n)+"/actions/status", "version", fmt.Sprint(w.version(t, n)), "status", evil),
		w.browser(t).get("/login?next="+strings.ReplaceAll(evil, " ", "+")),
		w.browser(t).post("/login", "email", evil, "password", evil),
		w.browser(t).post("/login", "email", "a@b"+evil, "how", "link"))
	for _, p := range pages {
		for _, img := range p.find("img") {
			if !strings.HasPrefix(attr(img, "src"), "/dashboard/ithelpdesk/") || has(img, "onerror") {
				t.Errorf("%s: an image of theirs: %s", p.path, attr(img, "src"))
			}
		}
		if scripts := p.find("script"); len(scripts) != 1 {
			t.Errorf("%s: %d scripts", p.path, len(scripts))
		}
		for _, a := range p.find("a") {
			if strings.HasPrefix(attr(a, "href"), "javascript") || has(a, "onmouseover") {
				t.Errorf("%s: a link of theirs", p.path)
			}
		}
	}
	p := mia.get(at(n))
	for selector, want := range map[string]string{"#subject": "Subject " + evil, ".msg.note .text": "Note " + evil, ".folded .text": "Folded " + evil} {
		if got := p.text(selector); got != want {
			t.Errorf("%s reads %q", selector, got)
		}
	}
}

// Every sentence of a Spanish page is Spanish: no English one of the locale stands in it.
func TestSpanishPagesHoldNoEnglish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	english := map[string]string{}
	spanish := map[string]bool{}
	for lang, into := range map[string]func(key, sentence string){
		"en": func(key, s string) { english[strings.ToLower(s)] = key },
		"es": func(_, s string) { spanish[strings.ToLower(s)] = true },
	} {
		raw, err := templates.Files.ReadFile("locale/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]any
		if err := json.Unmarshal(raw, &all); err != nil {
			t.Fatal(err)
		}
		for key, value := range all {
			if s, ok := value.(string); ok && !strings.Contains(s, "{") {
				into(key, s)
			}
		}
	}
	spanish["network"] = true // what a service is called stays
	seen := 0
	for _, who := range []string{"mia", "ben"} {
		b := w.as(t, who)
		b.get("/dashboard/ithelpdesk?lang=es").want(200)
		b.lang = "es"
		for _, p := range w.everyPage(t, b, n) {
			if attr(p.one("html"), "lang") != "es" {
				t.Errorf("%s is in %q", p.path, attr(p.one("html"), "lang"))
			}
			said := []string{}
			for e := range p.root.Descendants() {
				switch e.Type {
				case html.TextNode:
					said = append(said, strings.Join(strings.Fields(e.Data), " "))
				case html.ElementNode:
					said = append(said, attr(e, "aria-label"), attr(e, "title"), attr(e, "placeholder"))
				}
			}
			for _, s := range said {
				s = strings.ToLower(s)
				seen++
				if key := english[s]; key != "" && !spanish[s] {
					t.Errorf("%s says %q (%s)", p.path, s, key)
				}
				if regexp.MustCompile(`^(desk|login|page|error)\.[a-z_.]+$`).MatchString(s) {
					t.Errorf("%s shows the key %s", p.path, s)
				}
			}
		}
	}
	if seen < 1000 {
		t.Fatalf("looked at %d texts only", seen)
	}
}

func TestLanguageIsChosen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	title := func(b *browser, address string) string { return attr(b.get(address).one("html"), "lang") }
	b := w.browser(t)
	b.lang = "fr-CA, es-MX;q=0.8, en;q=0.5"
	if got := title(b, "/login"); got != "es" {
		t.Errorf("the browser asks for Spanish and gets %q", got)
	}
	sol := w.as(t, "sol")
	if got := title(sol, at(n)); got != "es" {
		t.Errorf("Sol's language is Spanish, the page is %q", got)
	}
	p := sol.get(at(n) + "?status=all")
	href := ""
	for _, a := range p.find("header .lang a[lang=en]") {
		href = attr(a, "href")
	}
	if href != at(n)+"?lang=en&status=all" {
		t.Errorf("the other language is at %q", href)
	}
	if got := title(sol, href) + title(sol, at(n)); got != "enen" {
		t.Errorf("English once chosen: %q", got)
	}
}

func TestForeignPagesCannotPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	b := w.as(t, "mia")
	for _, from := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.test"}, {"Origin": "null"}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+at(n)+"/actions/take", strings.NewReader(fmt.Sprint("version=", w.version(t, n))))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for k, v := range from {
			r.Header.Set(k, v)
		}
		b.send(r).want(403)
	}
	if w.view(t, "mia", n).Solver.Name != "Sol Vega" {
		t.Error("it was taken")
	}
}

func TestFormsTakeWhatTheyKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.sample(t)
	b := w.as(t, "mia")
	v := fmt.Sprint(w.version(t, n))
	for what, p := range map[string]page{
		"unknown field":          b.post(at(n)+"/actions/take", "version", v, "solver", "sol@city.test"),
		"no version":             b.post(at(n) + "/actions/take"),
		"version no number":      b.post(at(n)+"/actions/take", "version", "x"),
		"JSON":                   b.postRaw(at(n)+"/actions/take", "application/json", []byte(`{"version":1}`)),
		"unknown upload field":   b.upload(at(n)+"/record", nil, "version", v, "as", "reply", "text", "x", "show", "yes"),
		"neither reply nor note": b.upload(at(n)+"/record", nil, "version", v, "text", "x"),
		"no multipart":           b.post(at(n)+"/record", "version", v, "as", "reply", "text", "x"),
		"login":                  w.browser(t).post("/login", "email", "mia@city.test", "password", password, "admin", "1"),
		"logout":                 b.post("/logout", "all", "1"),
	} {
		if p.status != 400 {
			t.Errorf("%s: %d", what, p.status)
		}
	}
	b.post(at(n)+"/actions/explode", "version", v).want(404)
	large := b.upload(at(n)+"/record", []sending{{"large.bin", "application/octet-stream", strings.Repeat("x", 25<<20)}}, "version", v, "as", "reply", "text", "x")
	if large.status != 413 || large.text("h1") == "" {
		t.Errorf("a large upload: %d", large.status)
	}
	if fmt.Sprint(w.version(t, n)) != v {
		t.Error("something was done")
	}
}

func TestAttachmentsAreHandedOutSafely(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	png := picture(t)
	files := []core.Attachment{w.file(t, "ñandú.png", "image/png", png), w.file(t, "page.html", "text/html", "<script>alert(1)</script>"),
		w.file(t, "lie.png", "image/png", "<script>alert(1)</script>"), w.file(t, "x.svg", "image/svg+xml", "<svg/>"), w.file(t, "big.log", "text/plain", strings.Repeat("line\n", 100_000))}
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Files", Text: "These.", Attachments: files})
	w.record(t, "mia", n, "Internal", false, w.file(t, "internal.txt", "text/plain", "internal"))
	ben := w.as(t, "ben")
	log := w.log(t, "mia", n)
	want := []string{"inline; filename*=utf-8''%C3%B1and%C3%BA.png", "attachment; filename=page.html", "attachment; filename=lie.png", "attachment; filename=x.svg", "attachment; filename=big.log"}
	for i, a := range log[0].Attachments {
		p := ben.get(at(n) + "/attachments/" + a.ID).want(200)
		kind := "application/octet-stream"
		if i == 0 {
			kind = "image/png"
		}
		h := p.header
		if h.Get("Content-Disposition") != want[i] || h.Get("Content-Type") != kind || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Content-Security-Policy") != "sandbox; default-src 'none'; frame-ancestors 'self'" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%s: %v", a.Name, h)
		}
		if int64(len(p.body)) != a.Size {
			t.Errorf("%s: %d bytes of %d", a.Name, len(p.body), a.Size)
		}
		w.as(t, "eva").get(at(n) + "/attachments/" + a.ID).want(404)
	}
	if p := ben.get(at(n) + "/attachments/" + log[0].Attachments[0].ID); !bytes.Equal(p.body, []byte(png)) {
		t.Error("the picture is another one")
	}
	internal := log[len(log)-1].Attachments[0].ID
	ben.get(at(n) + "/attachments/" + internal).want(404)
	w.as(t, "mia").get(at(n) + "/attachments/" + internal).want(200)
	w.browser(t).get(at(n) + "/attachments/" + internal).want(303)
}

func TestStaticFilesAreKeptForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.browser(t).get("/login")
	var addresses []string
	for _, link := range append(p.find("link[rel=stylesheet]"), p.find("script")...) {
		addresses = append(addresses, attr(link, "href")+attr(link, "src"))
	}
	if len(addresses) != 2 {
		t.Fatalf("loads %v", addresses)
	}
	for i := 0; i < len(addresses); i++ {
		f := w.browser(t).get(addresses[i]).want(200)
		if f.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %s", addresses[i], f.header.Get("Cache-Control"))
		}
		for _, m := range regexp.MustCompile(`url\(([^)]+)\)`).FindAllStringSubmatch(string(f.body), -1) {
			addresses = append(addresses, m[1])
		}
	}
	if len(addresses) != 3 {
		t.Errorf("the typeface is not loaded: %v", addresses)
	}
	w.browser(t).get("/static/desk.css").want(404)
	w.browser(t).get("/static/../desk.go").want(404)
}

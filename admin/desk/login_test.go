package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"postdesk/core"
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	door := b.get("/dashboard/ithelpdesk?status=open")
	if to := door.want(303).header.Get("Location"); to != "/login?next=%2Fdashboard%2Fithelpdesk%3Fstatus%3Dopen" {
		t.Fatalf("the door is %s", to)
	}
	form := b.follow(door)
	if len(form.find("input[type=email]")) != 1 || len(form.find("input[type=password]")) != 1 {
		t.Error("the form has not one field of each type")
	}
	in := b.post("/login", "email", " MIA@City.Test ", "password", password, "next", attr(form.one("[name=next]"), "value")).want(303)
	if to := in.header.Get("Location"); to != "/dashboard/ithelpdesk?status=open" {
		t.Errorf("it goes on to %s", to)
	}
	if b.get("/dashboard/ithelpdesk").want(200).text(".whoami b") != "Mia Main" {
		t.Error("the page does not say who is signed in")
	}
	before := sessionCookie(t, in)
	out := b.post("/logout").want(303)
	if !strings.Contains(b.follow(out).text(".card"), "signed out") {
		t.Error("the door does not say so")
	}
	b.get("/dashboard/ithelpdesk").want(303)
	stolen := w.browser(t)
	stolen.setCookie(before)
	stolen.get("/dashboard/ithelpdesk").want(303)
}

func sessionCookie(t *testing.T, p page) *http.Cookie {
	t.Helper()
	for _, c := range p.cookie {
		if strings.HasSuffix(c.Name, "desk") {
			return c
		}
	}
	t.Fatalf("%s sets no session cookie", p.path)
	return nil
}

func (b *browser) setCookie(c *http.Cookie) {
	b.t.Helper()
	u, err := url.Parse(b.w.url)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/"}})
}

// A session that somebody knows from before the sign-in must be worth nothing afterwards.
func TestSignInRenewsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	b.get("/login?lang=es")
	before := sessionCookie(t, b.post("/login", "email", "ben@city.test", "password", password).want(303))
	in := b.post("/login", "email", "mia@city.test", "password", password).want(303)
	if sessionCookie(t, in).Value == before.Value {
		t.Error("the session keeps its token")
	}
	if p := b.get("/dashboard/ithelpdesk"); attr(p.one("html"), "lang") != "es" || p.text(".whoami b") != "Mia Main" {
		t.Error("the language chosen at the door is lost")
	}
	other := w.browser(t)
	other.setCookie(before)
	other.get("/dashboard/ithelpdesk").want(303)
}

// Whoever only looks at the door leaves nothing in the database.
func TestVisitorsMakeNoSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	b.get("/login?lang=es")
	if p := b.get("/login"); attr(p.one("html"), "lang") != "es" {
		t.Error("the language is not kept")
	}
	b.post("/login", "email", "mia@city.test", "password", "wrong").want(403)
	b.post("/login", "email", "mia@city.test", "how", "link").want(200)
	b.post("/logout").want(303)
	var n int
	if err := w.Store.Pool().QueryRow(t.Context(), "select count(*) from sessions").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d sessions of nobody, %v", n, err)
	}
}

func TestCookieIsBound(t *testing.T) {
	t.Parallel()
	for public, name := range map[string]string{"http://127.0.0.1:8025": "desk", "https://desk.city.test": "__Host-desk"} {
		w := newWorldAt(t, public)
		c := sessionCookie(t, w.browser(t).post("/login", "email", "mia@city.test", "password", password))
		secure := strings.HasPrefix(public, "https")
		if c.Name != name || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: %v", public, c)
		}
	}
}

// Unknown, disabled, without password and wrong must look the same, down to what was typed.
func TestRefusedSignInsLookAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(t, "update person set password_hash = null where email = 'pat@city.test'")
	var first string
	for _, email := range []string{"mia@city.test", "nobody@city.test", "off@city.test", "pat@city.test"} {
		typed := password
		if email == "mia@city.test" {
			typed = "wrong"
		}
		p := w.browser(t).post("/login", "email", email, "password", typed, "how", "password").want(403)
		if attr(p.one("[name=email]"), "value") != email {
			t.Errorf("%s: the address is lost", email)
		}
		if strings.Contains(string(p.body), typed) && typed == password {
			t.Errorf("%s: the password comes back", email)
		}
		if first == "" {
			first = p.text(".card")
		}
		if got := p.text(".card"); got != first || p.text(".alert") == "" {
			t.Errorf("%s reads %q, want %q", email, got, first)
		}
	}
}

func TestDisabledPersonIsOutAtTheNextRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(t, "ben")
	b.get("/dashboard/ithelpdesk").want(200)
	w.exec(t, "update person set disabled_at = now() where email = 'ben@city.test'")
	b.get("/dashboard/ithelpdesk").want(303)
	w.exec(t, "update person set disabled_at = null where email = 'ben@city.test'")
	b.get("/dashboard/ithelpdesk").want(303) // the session is gone, not asleep
}

func TestMailedLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	b.lang = "es"
	known := b.post("/login", "email", "eva@city.test", "password", "", "how", "link").want(200)
	unknown := w.browser(t)
	unknown.lang = "es"
	other := unknown.post("/login", "email", "nobody@city.test", "how", "link").want(200)
	if a, b := strings.ReplaceAll(known.text(".card"), "eva@", "x@"), strings.ReplaceAll(other.text(".card"), "nobody@", "x@"); a != b {
		t.Errorf("known and unknown differ:\n%s\n%s", a, b)
	}
	if b.post("/login", "email", "", "how", "link").want(422).text(".alert") != printer(t, core.Spanish).T("login.email_missing") {
		t.Error("an empty address is not refused in words")
	}
	var links int
	var link string
	err := w.Store.Pool().QueryRow(t.Context(), `select count(*), min(content->>'link') from outbox o join outbox_content c on c.outbox_id = o.id where event = 'sign_in'`).Scan(&links, &link)
	if err != nil || links != 1 || !strings.HasPrefix(link, "/login/link?token=") {
		t.Fatalf("%d links: %q %v", links, link, err)
	}
	// Scanners open links: that signs nobody in and spends nothing.
	page := b.get(link).want(200)
	b.get("/dashboard/ithelpdesk").want(303)
	form := page.one("form[action=/login/link]")
	b.post("/login/link", fields(form)...).want(303)
	if b.get("/dashboard/ithelpdesk").want(200).text(".whoami b") != "Eva Ruiz" {
		t.Error("the link signs in somebody else")
	}
	again := unknown.post("/login/link", fields(form)...).want(403)
	if again.text(".alert") != printer(t, core.Spanish).T("error.sign_in.link") {
		t.Errorf("a spent link reads %q", again.text(".alert"))
	}
}

func TestTooManySignInsFromOneNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	for i := range 30 { // each of another account, so that none is slowed
		b.post("/login", "email", strings.Repeat("x", i+1)+"@city.test", "password", "wrong").want(403)
	}
	p := b.post("/login", "email", "mia@city.test", "password", password).want(429)
	if p.text(".alert") != printer(t, core.English).T("login.too_many") {
		t.Errorf("it reads %q", p.text(".alert"))
	}
}

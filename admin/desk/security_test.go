package desk_test

import (
	"encoding/base32"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"postdesk/core"
)

// factor sets a second factor up for the browser's person, and gives its secret and recovery codes.
func (b *browser) factor() (secret []byte, recovery []string) {
	b.t.Helper()
	p := b.follow(b.post("/me/security/second-factor/begin").want(303)).want(200)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(p.text(".key"), " ", ""))
	if err != nil || len(secret) != core.TOTPSecret || len(p.find("svg.qr path")) != 1 {
		b.t.Fatalf("no key to set up: %q %v", p.text(".key"), err)
	}
	p = b.post("/me/security/second-factor/confirm", "code", core.TOTPCode(secret, core.TOTPStep(time.Now())-1)).want(200)
	for _, n := range p.find(".recovery code") {
		recovery = append(recovery, text(n))
	}
	if len(recovery) != 10 {
		b.t.Fatalf("%d recovery codes", len(recovery))
	}
	return secret, recovery
}

func now() int64 { return core.TOTPStep(time.Now()) }

func TestSecondFactorIsAskedForAtTheDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.as(t, "mia")
	secret, recovery := mine.factor()
	if strings.Contains(string(mine.get("/me/security").want(200).body), recovery[0]) {
		t.Error("recovery codes are shown again")
	}
	b := w.browser(t)
	door := b.post("/login", "email", "mia@city.test", "password", password, "next", "/dashboard/ithelpdesk?status=open").want(303)
	if to := door.header.Get("Location"); to != "/login/second" {
		t.Fatalf("the password alone leads to %s", to)
	}
	b.get("/dashboard/ithelpdesk").want(303) // nobody is signed in yet
	b.get("/me/security").want(303)
	b.follow(door).want(200).one("[autocomplete=one-time-code]")
	b.post("/login/second", "code", "000000").want(403)
	code := core.TOTPCode(secret, now())
	in := b.post("/login/second", "code", code).want(303)
	if to := in.header.Get("Location"); to != "/dashboard/ithelpdesk?status=open" {
		t.Errorf("it goes on to %s", to)
	}
	if sessionCookie(t, in).Value == sessionCookie(t, door).Value {
		t.Error("the session keeps its token")
	}
	b.get("/dashboard/ithelpdesk").want(200)

	again := w.browser(t)
	again.post("/login", "email", "mia@city.test", "password", password).want(303)
	again.post("/login/second", "code", code).want(403) // no code twice
	p := again.follow(again.post("/login/second", "code", strings.ToUpper(recovery[3])).want(303))
	if !strings.Contains(p.text(".said"), printer(t, core.English).T("login.second.recovered")) {
		t.Error("nothing is said of the recovery code")
	}
	other := w.browser(t)
	other.post("/login", "email", "mia@city.test", "password", password).want(303)
	other.post("/login/second", "code", recovery[3]).want(403) // once
	other.post("/login/second", "code", recovery[4]).want(303)
	if s := string(w.browser(t).post("/login/second", "code", code).want(303).header.Get("Location")); s != "/login" {
		t.Errorf("without a first factor it leads to %s", s)
	}
}

// A stolen password gets five guesses at the second factor, then it has to be given once more.
func TestWrongCodesEndTheWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, recovery := w.as(t, "mia").factor()
	b := w.browser(t)
	b.post("/login", "email", "mia@city.test", "password", password).want(303)
	for range 4 {
		b.post("/login/second", "code", "000000").want(403).one("form[action=/login/second]")
	}
	b.post("/login/second", "code", "000000").want(403).one("form[action=/login]")
	if to := b.post("/login/second", "code", recovery[0]).want(303).header.Get("Location"); to != "/login" {
		t.Errorf("a right code afterwards leads to %s", to)
	}
}

// The mailed link is a first factor only.
func TestMailedLinkAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as(t, "eva").factor()
	b := w.browser(t)
	b.post("/login", "email", "eva@city.test", "how", "link").want(200)
	var link string
	if err := w.Store.Pool().QueryRow(t.Context(), `select content->>'link' from outbox_content where content->>'link' like '/login/link%'`).Scan(&link); err != nil {
		t.Fatal(err)
	}
	to := b.post("/login/link", fields(b.get(link).one("form[action=/login/link]"))...).want(303).header.Get("Location")
	if to != "/login/second" {
		t.Errorf("the link leads to %s", to)
	}
	b.get("/dashboard/ithelpdesk").want(303)
}

// Where the desk wants a second factor, nothing else opens before it is set up, in sessions that run already too.
func TestCompulsorySecondFactorComesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root, ben := w.as(t, "root"), w.as(t, "ben")
	root.get("/dashboard/ithelpdesk").want(200)
	w.exec(t, "update desk set second_factor = 'administrators', version = version + 1")
	for _, path := range []string{"/dashboard/ithelpdesk", "/dashboard/ithelpdesk/new", "/quarantine"} {
		if to := root.get(path).want(303).header.Get("Location"); to != "/me/security" {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	root.post("/me/security/password", "current", password, "password", "a new long password").want(303)
	ben.get("/dashboard/ithelpdesk").want(200)
	if p := root.get("/me/security").want(200); len(p.find("form[action=/me/security/password]")) != 0 || len(p.find("form[action=/me/security/second-factor/begin]")) != 1 {
		t.Error("the page offers something else first")
	}
	secret, _ := root.factor()
	root.get("/dashboard/ithelpdesk").want(200)
	root.post("/me/security/second-factor/off", "code", core.TOTPCode(secret, now())).want(409) // it is wanted
	w.browser(t).post("/login", "email", "root@desk.test", "password", password).want(303)      // the password is the old one
	w.exec(t, "update desk set second_factor = 'everybody', version = version + 1")
	ben.get("/dashboard/ithelpdesk").want(303)
	w.exec(t, "update desk set second_factor = 'off', version = version + 1")
	ben.get("/dashboard/ithelpdesk").want(200)
	root.post("/me/security/second-factor/off", "code", core.TOTPCode(secret, now()+1)).want(303)
	if to := w.browser(t).post("/login", "email", "root@desk.test", "password", password).want(303).header.Get("Location"); to == "/login/second" {
		t.Error("it is asked for although it is off")
	}
}

// What opens new ways in asks for a recent sign-in; other changes for a code or the password.
func TestWaysInChangeOnlyAfterARecentSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(t, "ben")
	w.ago(t, 16*time.Minute)
	for _, path := range []string{"/me/security/second-factor/begin", "/me/security/second-factor/confirm", "/me/security/identities/link"} {
		if to := b.post(path).want(303).header.Get("Location"); !strings.HasPrefix(to, "/login?again=yes") {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	p := b.follow(b.post("/me/security/second-factor/begin")).want(200)
	b.follow(b.post("/login", "email", "ben@city.test", "password", password, "next", attr(p.one("form[action=/login] [name=next]"), "value"))).want(200).one("#second-factor")
	b.follow(b.post("/me/security/second-factor/begin").want(303)).one(".key")
}

// Sessions from before proved less than what is asked for now; whoever has one of them is out.
func TestSecondFactorChangeEndsOtherSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, elsewhere, eva := w.as(t, "ben"), w.as(t, "ben"), w.as(t, "eva")
	elsewhere.get("/dashboard/ithelpdesk").want(200)
	_, recovery := b.factor()
	b.get("/dashboard/ithelpdesk").want(200)
	elsewhere.get("/dashboard/ithelpdesk").want(303)
	eva.get("/dashboard/ithelpdesk").want(200)

	again := w.browser(t)
	again.post("/login", "email", "ben@city.test", "password", password).want(303)
	again.post("/login/second", "code", recovery[0]).want(303)
	again.get("/dashboard/ithelpdesk").want(200)
	b.post("/me/security/second-factor/off", "code", recovery[1]).want(303)
	b.get("/dashboard/ithelpdesk").want(200)
	again.get("/dashboard/ithelpdesk").want(303)
}

func TestPasswordChangeEndsOtherSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, elsewhere, eva := w.as(t, "ben"), w.as(t, "ben"), w.as(t, "eva")
	say := printer(t, core.English)
	for _, c := range []struct{ current, password, sentence string }{
		{"wrong", "a good long password", say.T("error.password.current")},
		{password, "short", say.T("error.password.short", 12)},
		{password, strings.Repeat("x", 201), say.T("error.password.long", 200)},
		{password, password, say.T("error.password.same")},
		{password, "xx-ben@city.test-xx", say.T("error.password.name")},
	} {
		if p := b.post("/me/security/password", "current", c.current, "password", c.password).want(422); p.text(".alert") != c.sentence {
			t.Errorf("%q: %s", c.password, p.text(".alert"))
		}
	}
	elsewhere.get("/dashboard/ithelpdesk").want(200)
	b.post("/me/security/password", "current", password, "password", "a good long password").want(303)
	b.get("/dashboard/ithelpdesk").want(200)
	elsewhere.get("/dashboard/ithelpdesk").want(303)
	eva.get("/dashboard/ithelpdesk").want(200)
	w.browser(t).post("/login", "email", "ben@city.test", "password", password).want(403)
	w.browser(t).post("/login", "email", "ben@city.test", "password", "a good long password").want(303)

	w.exec(t, "update person set password_hash = null where email = 'eva@city.test'")
	if p := eva.get("/me/security"); len(p.find("[name=current]")) != 0 {
		t.Error("a password is asked for that is not there")
	}
	eva.post("/me/security/password", "password", "a first long password").want(303)
	w.browser(t).post("/login", "email", "eva@city.test", "password", "a first long password").want(303)
}

// Whoever guesses at the door delays the owner there, but not the owner who is in and changes the password.
func TestStrangersAtTheDoorDelayNoPasswordChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ben, stranger := w.as(t, "ben"), w.browser(t)
	for range 5 {
		stranger.post("/login", "email", "ben@city.test", "password", "guess").want(403)
	}
	for stranger.client.Timeout = 100 * time.Millisecond; ; { // each further guess takes a place in the line, and goes away
		form := strings.NewReader("email=ben@city.test&password=guess")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/login", form)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		res, err := stranger.client.Do(r)
		if err != nil {
			continue
		}
		res.Body.Close()
		if res.StatusCode != http.StatusTooManyRequests {
			t.Fatalf("a guess is answered %d", res.StatusCode)
		}
		break
	}
	ben.post("/me/security/password", "current", password, "password", "a good long password").want(303)
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	phone := w.browser(t)
	phone.agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	phone.post("/login", "email", "ben@city.test", "password", password).want(303)
	third, eva := w.as(t, "ben"), w.as(t, "eva")
	b := w.as(t, "ben")
	p := b.get("/me/security").want(200)
	if rows := p.find(".sessions li"); len(rows) != 3 || !strings.Contains(p.text(".sessions"), "Firefox, Linux") || !strings.Contains(p.text(".sessions"), "127.0.0.1") {
		t.Fatalf("sessions: %s", p.text(".sessions"))
	}
	var end string
	for _, row := range p.find(".sessions li") {
		forms := find(row, "form")
		if this := strings.Contains(text(row), "This browser"); this == (len(forms) == 1) {
			t.Errorf("row %s", text(row))
		}
		if strings.Contains(text(row), "Firefox") {
			end = attr(forms[0], "action")
		}
	}
	eva.post(end).want(404) // somebody else's
	phone.get("/dashboard/ithelpdesk").want(200)
	b.post(end).want(303)
	phone.get("/dashboard/ithelpdesk").want(303)
	third.get("/dashboard/ithelpdesk").want(200)
	b.post("/me/security/sessions/end").want(303)
	third.get("/dashboard/ithelpdesk").want(303)
	b.get("/dashboard/ithelpdesk").want(200)
	eva.get("/dashboard/ithelpdesk").want(200)
}

// ago makes all sign-ins so much older.
func (w *world) ago(t *testing.T, d time.Duration) {
	t.Helper()
	rows, err := w.Store.Pool().Query(t.Context(), "select token, data from sessions")
	if err != nil {
		t.Fatal(err)
	}
	older := map[string][]byte{}
	for rows.Next() {
		var token string
		var data []byte
		if err := rows.Scan(&token, &data); err != nil {
			t.Fatal(err)
		}
		deadline, values, err := scs.GobCodec{}.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		values["signed_in"] = values["signed_in"].(int64) - int64(d.Seconds())
		if older[token], err = (scs.GobCodec{}).Encode(deadline, values); err != nil {
			t.Fatal(err)
		}
	}
	for token, data := range older {
		w.exec(t, "update sessions set data = $2 where token = $1", token, data)
	}
}

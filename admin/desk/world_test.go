package desk_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/crypto/argon2"

	"postdesk/admin"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store/storetest"
	"postdesk/templates"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const password = "correct horse battery"

// hash is the password's stored form at the least cost, for everybody signs in often here.
func hash() string {
	salt := make([]byte, 16)
	key := argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)
	return fmt.Sprintf("$argon2id$v=%d$m=64,t=1,p=1$%s$%s", argon2.Version, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// world is the city with its desk on a real server; everybody's password is the same.
type world struct {
	*storetest.City
	help   *helpdesk.Helpdesk
	url    string
	routes chi.Routes
	host   string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldAt(t, "")
}

// newWorldAt is the world behind a public address.
func newWorldAt(t testing.TB, publicURL string) *world {
	t.Helper()
	w := &world{City: storetest.NewCity(t)}
	w.exec(t, "update person set password_hash = $1", hash())
	w.help = helpdesk.New(w.Store, time.Now)
	server := httptest.NewUnstartedServer(nil)
	if publicURL == "" { // providers of identities send people back to where the desk really is
		publicURL = "http://" + server.Listener.Addr().String()
	}
	handler, err := admin.New(admin.Config{
		Helpdesk: w.help, Store: w.Store, PublicURL: publicURL,
		Log: slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = handler
	w.routes = handler.(chi.Routes)
	server.Start()
	t.Cleanup(server.Close)
	w.url, w.host = server.URL, strings.TrimPrefix(server.URL, "http://")
	return w
}

// testLog shows what the desk logs beside the test that made it do so.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Logf("%s", strings.TrimSpace(string(p)))
	return len(p), nil
}

func (w *world) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := w.Store.Pool().Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// do runs an operation as the person, signed in or by proven mail.
func (w *world) do(t testing.TB, who string, via core.Via, fn func(*helpdesk.Act) error) {
	t.Helper()
	actor := core.Actor{Person: w.People[who], Via: via, Level: core.SignedIn}
	if via == core.ViaMail {
		actor.Level = core.PersonProven
	}
	if err := w.help.Do(t.Context(), actor, fn); err != nil {
		t.Fatalf("%s: %v", who, err)
	}
}

func (w *world) open(t testing.TB, who string, n helpdesk.NewTicket) (number core.Number) {
	t.Helper()
	if n.Service == 0 {
		n.Service = w.Printers
	}
	via := core.ViaDesk
	if n.Mail != nil {
		via = core.ViaMail
	}
	w.do(t, who, via, func(a *helpdesk.Act) (err error) {
		number, err = a.OpenTicket(t.Context(), n)
		return err
	})
	return number
}

func (w *world) record(t testing.TB, who string, n core.Number, text string, show bool, files ...core.Attachment) {
	t.Helper()
	w.do(t, who, core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.AddRecord(t.Context(), n, helpdesk.NewRecord{Text: text, Show: &show, Attachments: files})
		return err
	})
}

func (w *world) file(t testing.TB, name, kind, content string) core.Attachment {
	t.Helper()
	a, err := w.help.PutFile(t.Context(), name, kind, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func printer(t testing.TB, lang core.Language) templates.Printer {
	t.Helper()
	locales, err := templates.LoadLocales()
	if err != nil {
		t.Fatal(err)
	}
	return locales.For(lang)
}

// browser is one person's browser without a screen: it keeps cookies and follows no redirect by itself.
type browser struct {
	t      testing.TB
	w      *world
	client *http.Client
	lang   string
	agent  string // what it calls itself; "" = as Go does
}

func (w *world) browser(t testing.TB) *browser {
	t.Helper()
	return &browser{t: t, w: w, lang: "en", client: &http.Client{
		Jar: newJar(t), Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// as is the browser of somebody who has signed in.
func (w *world) as(t testing.TB, who string) *browser {
	t.Helper()
	b := w.browser(t)
	p := b.post("/login", "email", w.People[who].Email, "password", password)
	if p.status != http.StatusSeeOther {
		t.Fatalf("%s signs in: %d %s", who, p.status, p.text(".alert"))
	}
	return b
}

func (b *browser) get(path string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.w.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send(r)
}

func (b *browser) send(r *http.Request) page {
	b.t.Helper()
	if b.lang != "" {
		r.Header.Set("Accept-Language", b.lang)
	}
	if b.agent != "" {
		r.Header.Set("User-Agent", b.agent)
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return newPage(b.t, r, res, body)
}

// follow goes where a redirect leads.
func (b *browser) follow(p page) page {
	b.t.Helper()
	if p.status != http.StatusSeeOther {
		b.t.Fatalf("%s: status %d instead of a redirect: %s", p.path, p.status, p.text(".alert"))
	}
	return b.get(p.header.Get("Location"))
}

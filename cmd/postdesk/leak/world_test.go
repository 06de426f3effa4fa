package leak_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/argon2"

	"postdesk/admin"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
	"postdesk/mailout"
	"postdesk/templates"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const password = "correct horse battery"

// world is the sample city, enlarged, with the desk on a real server and a clock that can be put forward.
type world struct {
	*table
	city    *storetest.City
	help    *helpdesk.Helpdesk
	render  *mailout.Renderer
	url     string
	ahead   atomic.Int64 // how far the clock is put forward
	people  map[string]*core.Person
	keys    map[string]string // column of the oracle by address
	tokens  map[string]string
	browser map[string]*http.Client
	events  map[core.Event]bool // of which a mail went out
	lease   uuid.UUID
	service map[string]core.ServiceID
}

// newWorld plants what does not come with a ticket. The requester of the ticket is staff or a guest, who belongs to no
// organization; with on, the service shows requesters every optional field.
func newWorld(t testing.TB, guest, on bool) *world {
	t.Helper()
	w := &world{table: newTable(t, on), city: storetest.NewCity(t), people: map[string]*core.Person{}, keys: map[string]string{},
		tokens: map[string]string{}, browser: map[string]*http.Client{}, events: map[core.Event]bool{}, lease: uuid.New(), service: map[string]core.ServiceID{}}
	w.enlarge(guest)
	w.help = helpdesk.New(w.city.Store, w.now)
	locales, err := templates.LoadLocales()
	w.ok(err)
	w.render, err = mailout.NewRenderer(locales, nil)
	w.ok(err)
	handler, err := admin.New(admin.Config{Helpdesk: w.help, Store: w.city.Store,
		Log: slog.New(slog.NewTextHandler(failures{t}, &slog.HandlerOptions{Level: slog.LevelError}))})
	w.ok(err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// failures shows what the desk could not do.
type failures struct{ t testing.TB }

func (l failures) Write(p []byte) (int, error) {
	l.t.Errorf("the desk failed: %s", p)
	return len(p), nil
}

func (w *world) sql(statement string, args ...any) {
	w.Helper()
	if _, err := w.city.Store.Pool().Exec(w.Context(), statement, args...); err != nil {
		w.Fatalf("%s: %v", statement, err)
	}
}

// enlarge adds the people and services that the city lacks, and plants words in what is configured.
func (w *world) enlarge(guest bool) {
	w.Helper()
	for _, s := range []string{
		"insert into organization (name) values ('Zzfolorg'), ('Council')",
		"update organization set name = 'Zzorgname', fields = '{\"code\": \"zzorgfield\"}' where name = 'Vendor'",
		"update solver_group set name = 'Zzgroup'",
		`insert into person (email, name, organization_id) select p.email, p.name, (select id from organization o where o.name = p.org) from (values
			('ada@council.test', 'Zzasked Ada', 'Council'), ('dan@council.test', 'Dan', 'Council'), ('del@city.test', 'Del', 'City'),
			('zzfollow@fol.test', 'Zzfollow', 'Zzfolorg'), ('par@city.test', 'Par', 'City'), ('cop@city.test', 'Cop', 'City'),
			('amy@city.test', 'Amy', 'City'), ('joe@city.test', 'Joe', 'City')) p (email, name, org)`,
		"insert into person (email, name, origin) values ('gast@outside.test', 'Gast', 'guest')",
		"update person set email = 'zzvicmail@vendor.test', fields = '{\"phone\": \"zzsolfield\"}' where email = 'vic@vendor.test'",
		"update person set fields = '{\"room\": \"zzreqfield\"}' where email in ('ben@city.test', 'gast@outside.test')",
		"update person set fields = '{\"badge\": \"zzotherfield\"}' where email in ('ken@vendor.test', 'net@city.test')",
		`insert into absence (person_id, from_at, until_at, delegate_id) select a.id, now() - interval '1 hour', now() + interval '1 year', d.id
			from person a, person d where (a.email, d.email) in (('ada@council.test', 'dan@council.test'), ('mia@city.test', 'del@city.test'))`,
		"insert into requester_group (name, domains) values ('Suppliers', '{vendor.test}'), ('Police', '{}')",
		"insert into requester_group_member select g.id, p.id from requester_group g, person p where g.name = 'Police' and p.email = 'joe@city.test'",
		"insert into service_sla select s.id, 1, g.id, (select id from sla) from service s, requester_group g where s.name = 'IT' and g.name = 'Suppliers'",
		"insert into service (name, parent_id) select n, id from service s, unnest(array['Roads', 'Scanners', 'Lone']) n where s.name = 'IT'",
		`insert into role_grant (service_id, role, person_id, for_group_id) select s.id, g.role, p.id, (select id from requester_group where name = g.police)
			from (values ('Roads', 'main_solver', 'par', null), ('Printers', 'solver', 'cop', 'Police')) g (service, role, who, police)
			join service s on s.name = g.service join person p on p.email = g.who || '@city.test'`,
		`insert into role_grant (service_id, role, person_id, solver_group_id, for_group_id) select x.id, role, person_id, solver_group_id, for_group_id
			from role_grant g join service s on s.id = g.service_id and s.name = 'Printers', service x where x.name = 'Scanners' and role <> 'solver_group'`,
		`with always as (insert into calendar (name, timezone, hours, holidays) values ('Always', 'UTC', '{"mon-sun": ["00:00-24:00"]}', '{}') returning id)
			update sla set calendar_id = always.id, priorities = '{"urgent": {"resolution": 43200}}' from always`,
		`update service set ticket_fields = '[{"name": "zzteamfield tag"}, {"name": "floor", "requesters": true}]' where name = 'Printers'`,
		"update service set remind_days = '{1}', after_deadline = 'refuse', reopen_days = 7, close_after_days = 5",
		"select setval('ticket_number', 900100200)",
		"update desk set version = version + 1",
	} {
		w.sql(s)
	}
	if w.on {
		w.sql("update service set requester_sees = $1", core.OptionalFields())
	}
	salt := make([]byte, 16) // signing in is not what is tested: the least cost
	w.sql("update person set password_hash = $1", fmt.Sprintf("$argon2id$v=%d$m=64,t=1,p=1$%s$%s", argon2.Version,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 64, 1, 32))))
	address := map[string]string{"vic": "zzvicmail@vendor.test", "fol": "zzfollow@fol.test", "ada": "ada@council.test", "dan": "dan@council.test",
		"ken": "ken@vendor.test", "tre": "tre@desk.test", "root": "root@desk.test", "req": "ben@city.test"}
	if guest {
		address["req"] = "gast@outside.test"
	}
	for _, who := range append(w.table.people, "gil") {
		if address[who] == "" {
			address[who] = who + "@city.test"
		}
		p, err := w.city.Store.PersonByAddress(w.Context(), address[who])
		w.ok(err)
		w.people[who], w.keys[p.Email] = p, who
	}
	w.keys["gil@city.test"] = "gus" // the group's other member
	dir, err := w.city.Store.Directory(w.Context())
	w.ok(err)
	for id, s := range dir.Services {
		w.service[s.Name] = id
	}
}

// do runs an operation as somebody who is signed in; "" = the desk itself.
func (w *world) do(who string, fn func(*helpdesk.Act) error) {
	w.Helper()
	w.doAs(core.Actor{Person: w.people[who], Via: core.ViaDesk, Level: core.SignedIn}, fn)
}

// byMail runs it as a proven sender of mail.
func (w *world) byMail(who string, fn func(*helpdesk.Act) error) {
	w.Helper()
	w.doAs(core.Actor{Person: w.people[who], Via: core.ViaMail, Level: core.PersonProven}, fn)
}

func (w *world) doAs(a core.Actor, fn func(*helpdesk.Act) error) {
	w.Helper()
	if err := w.help.Do(w.Context(), a, fn); err != nil {
		w.Fatal(err)
	}
}

func (w *world) open(who, service, subject, text string) (n core.Number) {
	w.Helper()
	w.do(who, func(a *helpdesk.Act) (err error) {
		n, err = a.OpenTicket(w.Context(), helpdesk.NewTicket{Service: w.service[service], Subject: subject, Text: text})
		return err
	})
	return n
}

// write adds a message or note.
func (w *world) write(who string, n core.Number, text string, show bool, files ...core.Attachment) {
	w.Helper()
	w.do(who, func(a *helpdesk.Act) error {
		_, err := a.AddRecord(w.Context(), n, helpdesk.NewRecord{Text: text, Show: &show, Attachments: files})
		return err
	})
}

// get asks as somebody, by token below /api/ and else by browser, and looks at the whole answer.
func (w *world) get(who, path string) string {
	w.Helper()
	return w.send(who, "GET", path, nil)
}

func (w *world) send(who, method, path string, body any, headers ...string) string {
	w.Helper()
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		w.ok(err)
		content = strings.NewReader(string(raw))
	}
	r, err := http.NewRequestWithContext(w.Context(), method, w.url+path, content)
	w.ok(err)
	client := http.DefaultClient
	if strings.HasPrefix(path, "/api/") {
		r.Header.Set("Authorization", "Bearer "+w.token(who))
		r.Header.Set("Content-Type", "application/json")
	} else {
		client = w.session(who)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(r)
	w.ok(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	w.ok(err)
	if res.StatusCode >= 500 {
		w.Fatalf("%s %s as %s: %d %s", method, path, who, res.StatusCode, raw)
	}
	res.Header.Del("Set-Cookie")
	got := fmt.Sprint(res.StatusCode, " ", res.Header, " ", string(raw))
	// What somebody typed stands in the search box again.
	if _, q, searched := strings.Cut(path, "q="); searched {
		got = strings.ReplaceAll(got, q, "")
	}
	got = choice.ReplaceAllString(got, "")
	w.look(who, method+" "+path, got)
	return got
}

// choice is a priority that can be chosen: what there is to choose from is no secret.
var choice = regexp.MustCompile(`(?is)<button[^>]*name="priority".*?</button>|<select[^>]*name="priority".*?</select>|<option[^>]*value="urgent".*?</option>|<input[^>]*name="priority"[^>]*>[^<]*(<[^>]*>)*[^<]*`)

func (w *world) token(who string) string {
	w.Helper()
	if w.tokens[who] == "" {
		var err error
		w.tokens[who], err = w.help.CreateAPIToken(w.Context(), w.people[who].Email, "test")
		w.ok(err)
	}
	return w.tokens[who]
}

func (w *world) session(who string) *http.Client {
	w.Helper()
	if c := w.browser[who]; c != nil {
		return c
	}
	jar, err := cookiejar.New(nil)
	w.ok(err)
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.PostForm(w.url+"/login", url.Values{"email": {w.people[who].Email}, "password": {password}})
	w.ok(err)
	w.ok(res.Body.Close())
	if res.StatusCode != http.StatusSeeOther {
		w.Fatalf("%s cannot sign in: %d", who, res.StatusCode)
	}
	w.browser[who] = c
	return c
}

// post brings out the mails that wait, and looks at each as its recipient gets it and as it is kept. fail, where it is
// given, is asked which of them does not arrive.
func (w *world) post(fail func(*store.Leased) bool) {
	w.Helper()
	for {
		leased, err := w.city.Store.LeaseOutbox(w.Context(), w.lease, 500, w.now().Add(time.Second))
		w.ok(err)
		if len(leased) == 0 {
			return
		}
		for _, l := range leased {
			w.read(l)
			ending := store.Ending{State: core.OutboundAccepted}
			if fail != nil && fail(l) {
				ending = store.Ending{State: core.OutboundRejected, Response: "550 zzsmtp"}
				w.ok(w.help.MailFailed(w.Context(), w.lease, l, ending))
				continue
			}
			w.ok(w.city.Store.FinishMail(w.Context(), w.lease, l, ending, w.now()))
		}
	}
}

func (w *world) read(l *store.Leased) {
	w.Helper()
	w.events[l.Event] = true
	where := fmt.Sprintf("the mail %s to %s as %s", l.Event, l.Address, l.Role)
	who := w.keys[l.Address]
	letter, err := w.render.Render(l.Outgoing, "https://desk.test")
	if err != nil {
		w.Errorf("%s: %v", where, err)
		return
	}
	var head strings.Builder
	_, err = mailout.Letter{MessageID: letter.MessageID, InReplyTo: letter.InReplyTo, References: letter.References, FromName: letter.FromName,
		FromAddress: letter.FromAddress, ReplyTo: letter.ReplyTo, To: letter.To, Subject: letter.Subject, Date: letter.Date, Reason: letter.Reason}.WriteTo(&head)
	w.ok(err)
	// A recipient's own address and name are no secret to them.
	w.look(who, where, strings.NewReplacer(l.Address, "", "<a", "\n<a").Replace(strings.Join([]string{head.String(), letter.Subject, letter.Text, letter.HTML}, "\n")))
	kept, err := json.Marshal(l.Content)
	w.ok(err)
	w.look(who, "what is kept of "+where, string(kept))
	for _, f := range append(l.Content.Files, l.Content.FilesAsLinks...) {
		var sum [32]byte
		copy(sum[:], f.SHA256)
		blob, err := w.city.Store.OpenBlob(w.Context(), sum)
		w.ok(err)
		raw, err := io.ReadAll(blob)
		w.ok(err)
		w.ok(blob.Close())
		w.look(who, "a file of "+where, f.Name+string(raw))
	}
}

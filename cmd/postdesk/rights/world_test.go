package rights_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"postdesk/admin"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
	"postdesk/mailin"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const password = "correct horse battery"

// world is the city with all its ways in. Beside the roles of storetest.City: pat is of the police, for whom eva is solver;
// exa and gus may move tickets to Network, as ticket reporter and manager; pat is away, and net decides in her place.
type world struct {
	*storetest.City
	desk    *helpdesk.Helpdesk
	handler http.Handler
	worker  *mailin.Worker
	tokens  map[string]string
	cookies map[string]*http.Cookie

	mail sync.Mutex // one mail at a time: the ledger's position is shared
	uid  uint32
}

func newWorld(t *testing.T) *world {
	w := &world{City: storetest.NewCity(t), tokens: map[string]string{}, cookies: map[string]*http.Cookie{}}
	w.desk = helpdesk.New(w.Store, time.Now)
	w.worker = &mailin.Worker{Store: w.Store, Desk: w.desk, Log: slog.New(slog.DiscardHandler), Loop: "our-loop"}
	w.desk.ReadMailWith(w.worker)
	salt := make([]byte, 16)
	key := argon2.IDKey([]byte(password), salt, 1, 64, 1, 32) // at the least cost
	base64 := base64.RawStdEncoding.EncodeToString
	w.sql(t, "update person set password_hash = $1", fmt.Sprintf("$argon2id$v=%d$m=64,t=1,p=1$%s$%s", argon2.Version, base64(salt), base64(key)))
	w.sql(t, "insert into requester_group (name) values ('Police')")
	w.sql(t, "insert into requester_group_member (group_id, person_id) select id, $1 from requester_group where name = 'Police'", w.id("pat"))
	w.sql(t, "insert into role_grant (service_id, role, person_id, for_group_id) select $1, 'solver', $2, id from requester_group where name = 'Police'", w.Printers, w.id("eva"))
	w.sql(t, "insert into role_grant (service_id, role, person_id) values ($1, 'ticket_reporter', $2), ($1, 'manager', $3)", w.Network, w.id("exa"), w.id("gus"))
	w.sql(t, "insert into absence (person_id, from_at, until_at, delegate_id) values ($1, now() - interval '1 hour', now() + interval '1 day', $2)", w.id("pat"), w.id("net"))
	w.sql(t, "update mailbox set authserv_ids = '{mx.city.test}', borders = '{mx.city.test}'")
	w.sql(t, "update desk set version = version + 1")
	var err error
	if w.People["pat"], err = w.Store.PersonByAddress(t.Context(), "pat@city.test"); err != nil { // with her group
		t.Fatal(err)
	}
	w.handler, err = admin.New(admin.Config{Helpdesk: w.desk, Store: w.Store, PublicURL: "http://127.0.0.1:8025",
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range w.People {
		if p.Disabled {
			continue
		}
		if w.tokens[name], err = w.desk.CreateAPIToken(t.Context(), p.Email, "test"); err != nil {
			t.Fatal(err)
		}
		in := w.form(t, "", "/login", url.Values{"email": {p.Email}, "password": {password}})
		for _, c := range in.Result().Cookies() {
			if c.Name == "desk" {
				w.cookies[name] = c
			}
		}
		if w.cookies[name] == nil {
			t.Fatalf("%s cannot sign in: %d", name, in.Code)
		}
	}
	return w
}

func (w *world) id(who string) core.PersonID { return w.People[who].ID }

func (w *world) sql(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := w.Store.Pool().Exec(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// as runs an operation as somebody signed in.
func (w *world) as(t *testing.T, who string, fn func(*helpdesk.Act) error) error {
	return w.desk.Do(t.Context(), core.Actor{Person: w.People[who], Via: core.ViaDesk, Level: core.SignedIn}, fn)
}

func (w *world) must(t *testing.T, who string, fn func(*helpdesk.Act) error) {
	t.Helper()
	if err := w.as(t, who, fn); err != nil {
		t.Fatalf("%s: %v", who, err)
	}
}

func (w *world) serve(r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return answer
}

// call asks the API.
func (w *world) call(t *testing.T, who, method, path string, body any) *httptest.ResponseRecorder {
	t.Helper()
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(raw)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, content)
	r.Header.Set("Authorization", "Bearer "+w.tokens[who])
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return w.serve(r)
}

// page asks for a page of the desk.
func (w *world) page(t *testing.T, who, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.AddCookie(w.cookies[who])
	return w.serve(r)
}

// form sends a form of the desk.
func (w *world) form(t *testing.T, who, path string, fields url.Values) *httptest.ResponseRecorder {
	return w.post(t, who, path, "application/x-www-form-urlencoded", strings.NewReader(fields.Encode()))
}

// upload sends a form that can hold files.
func (w *world) upload(t *testing.T, who, path string, fields url.Values) *httptest.ResponseRecorder {
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for name, values := range fields {
		_ = m.WriteField(name, values[0])
	}
	_ = m.Close()
	return w.post(t, who, path, m.FormDataContentType(), &body)
}

func (w *world) post(t *testing.T, who, path, kind string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, body)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if who != "" {
		r.AddCookie(w.cookies[who])
	}
	return w.serve(r)
}

// send delivers a mail from somebody, whose domain vouches for it, and gives its line in the ledger. With a ticket it
// answers the desk's newest mail about it to them; who was told nothing answers the first mail that others got.
func (w *world) send(t *testing.T, who string, n core.Number, text string) *store.Inbound {
	t.Helper()
	w.mail.Lock()
	defer w.mail.Unlock()
	to, reply := "it@city.test", ""
	if n != 0 {
		var id string
		if err := w.Store.Pool().QueryRow(t.Context(), "select message_id from outbox where ticket_number = $1 order by seq limit 1", n).Scan(&id); err != nil {
			t.Fatal(err)
		}
		reply = "In-Reply-To: <" + id + ">\r\n"
		rows, err := w.Store.Pool().Query(t.Context(), `select content->>'reply_address' from outbox join outbox_content on outbox_id = id
			where ticket_number = $1 and address = $2 and content ? 'reply_address' order by seq desc limit 1`, n, w.People[who].Email)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			if err := rows.Scan(&to); err != nil {
				t.Fatal(err)
			}
		}
		rows.Close()
	}
	return w.deliver(t, who, to, reply, text)
}

// order sends a command from somebody to an address of the ticket that was made for them, as if they had been mailed.
func (w *world) order(t *testing.T, s *scene, who, text string) *store.Inbound {
	t.Helper()
	w.mail.Lock()
	defer w.mail.Unlock()
	var to string
	if err := w.Store.Pool().QueryRow(t.Context(), `select content->>'reply_address' from outbox join outbox_content on outbox_id = id
		where ticket_number = $1 and content->>'reply_address' like 'it+r.%' order by seq limit 1`, s.number).Scan(&to); err != nil {
		t.Fatal(err)
	}
	w.sql(t, "update reply_token set person_id = $2, uses = 0 where ticket_number = $1", s.number, w.id(who))
	return w.deliver(t, who, to, "", text)
}

// deliver puts one mail through the ledger.
func (w *world) deliver(t *testing.T, who, to, reply, text string) *store.Inbound {
	t.Helper()
	w.uid++
	domain := core.DomainOf(w.People[who].Email)
	raw := fmt.Appendf(nil, "Authentication-Results: mx.city.test; dmarc=pass (p=reject) header.from=%s\r\n"+
		"Received: from client (client [192.0.2.1])\r\n\tby mx.city.test (Postfix) with ESMTPS id 1; Wed, 04 Mar 2026 11:00:00 +0000\r\n"+
		"From: %s\r\nTo: %s\r\n%sSubject: Paper jam\r\nMessage-ID: <m%d@sender.test>\r\nDate: Wed, 04 Mar 2026 11:00:00 +0000\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", domain, w.People[who].Email, to, reply, w.uid, text)
	at := store.MailboxPosition{Epoch: 1, UIDValidity: 7, Cursor: w.uid}
	err := w.Store.AcceptPage(t.Context(), w.Mailbox, at, []store.RawMail{{UID: w.uid, ReceivedAt: time.Now(), SHA256: sha256.Sum256(raw), Size: int64(len(raw)), Data: raw}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := w.Store.ClaimInbound(t.Context(), w.Mailbox, 10, nil)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d mails wait: %v", len(rows), err)
	}
	if err := w.worker.Apply(t.Context(), rows[0]); err != nil {
		t.Fatal(err)
	}
	out, err := w.Store.Inbound(t.Context(), rows[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

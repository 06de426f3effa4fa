package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/api"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
	"postdesk/templates"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// rig is the API of a city of its own, driven over HTTP.
type rig struct {
	testing.TB
	city   *storetest.City
	desk   *helpdesk.Helpdesk
	url    string
	log    *lockedBuffer
	tokens map[string]string
	uid    uint32
}

func newRig(t testing.TB) *rig {
	t.Helper()
	city := storetest.NewCity(t)
	r := &rig{TB: t, city: city, desk: helpdesk.New(city.Store, time.Now), log: &lockedBuffer{}, tokens: map[string]string{}}
	r.desk.ReadMailWith(plainReader{})
	locales, err := templates.LoadLocales()
	if err != nil {
		t.Fatal(err)
	}
	router := chi.NewRouter()
	err = api.Mount(router, api.Config{Helpdesk: r.desk, Locales: locales, Log: slog.New(slog.NewTextHandler(r.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// lockedBuffer keeps what the handlers log.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// plainReader reads held mail that is plain text, as the mail edge does for all mail.
type plainReader struct{}

func (plainReader) ReadContent(_ context.Context, raw io.Reader) (helpdesk.MailContent, error) {
	m, err := mail.ReadMessage(raw)
	if err != nil {
		return helpdesk.MailContent{}, err
	}
	from, err := m.Header.AddressList("From")
	if err != nil {
		return helpdesk.MailContent{}, err
	}
	text, err := io.ReadAll(m.Body)
	return helpdesk.MailContent{From: core.Ref{Email: from[0].Address, Name: from[0].Name}, Subject: m.Header.Get("Subject"),
		Text: string(text), MessageID: strings.Trim(m.Header.Get("Message-ID"), "<>")}, err
}

// Reread is for the page that confirms; the API has none.
func (plainReader) Reread(context.Context, *store.Inbound, io.Reader) (helpdesk.Reread, error) {
	return helpdesk.Reread{}, errors.New("not read by the API")
}

// answer is what came back; JSON is nil where there was none.
type answer struct {
	Status int
	Header http.Header
	Raw    string
	JSON   map[string]any
}

func (r *rig) token(who string) string {
	r.Helper()
	if r.tokens[who] == "" {
		token, err := r.desk.CreateAPIToken(r.Context(), r.city.People[who].Email, "test")
		if err != nil {
			r.Fatal(err)
		}
		r.tokens[who] = token
	}
	return r.tokens[who]
}

// call sends a request as a person of the city; headers are name and value in turn.
func (r *rig) call(who, method, path string, body any, headers ...string) answer {
	r.Helper()
	var content io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case string:
		content, kind = strings.NewReader(b), "application/json"
	case form:
		content, kind = b.body, b.kind
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			r.Fatal(err)
		}
		content, kind = bytes.NewReader(raw), "application/json"
	}
	req, err := http.NewRequestWithContext(r.Context(), method, r.url+path, content)
	if err != nil {
		r.Fatal(err)
	}
	if who != "" {
		req.Header.Set("Authorization", "Bearer "+r.token(who))
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		r.Fatal(err)
	}
	a := answer{Status: res.StatusCode, Header: res.Header, Raw: string(raw)}
	if kind := res.Header.Get("Content-Type"); strings.Contains(kind, "json") && len(raw) > 0 {
		if err := json.Unmarshal(raw, &a.JSON); err != nil {
			r.Fatalf("%s %s: %s: %v", method, path, raw, err)
		}
	}
	return a
}

// want is call with the status that must come.
func (r *rig) want(status int, who, method, path string, body any, headers ...string) answer {
	r.Helper()
	a := r.call(who, method, path, body, headers...)
	if a.Status != status {
		r.Errorf("%s %s as %s: %d, want %d: %.500s", method, path, who, a.Status, status, a.Raw)
	}
	if status >= 400 && a.Header.Get("Content-Type") != "application/problem+json" {
		r.Errorf("%s %s as %s: a refusal of type %q", method, path, who, a.Header.Get("Content-Type"))
	}
	return a
}

func (r *rig) get(status int, who, path string) answer {
	r.Helper()
	return r.want(status, who, "GET", api.Base+path, nil)
}

func (r *rig) post(status int, who, path string, body any, headers ...string) answer {
	r.Helper()
	return r.want(status, who, "POST", api.Base+path, body, headers...)
}

// open opens a ticket in Printers and returns its path.
func (r *rig) open(who, subject string) string {
	r.Helper()
	a := r.post(201, who, "/tickets", map[string]string{"service": "Printers", "subject": subject, "text": "It makes a noise."})
	return ticketPath(a)
}

func (r *rig) act(status int, who, ticket, action string, body any, headers ...string) answer {
	r.Helper()
	return r.post(status, who, ticket+"/actions/"+action, body, headers...)
}

type form struct {
	body io.Reader
	kind string
}

type file struct{ name, kind, content string }

// formOf makes a multipart body of fields (name, value in turn) and files.
func formOf(files []file, fields ...string) form {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		_ = w.WriteField(fields[i], fields[i+1])
	}
	for _, f := range files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", multipart.FileContentDisposition("file", f.name))
		h.Set("Content-Type", f.kind)
		part, _ := w.CreatePart(h)
		_, _ = io.WriteString(part, f.content)
	}
	_ = w.Close()
	return form{body: &b, kind: w.FormDataContentType()}
}

// hold puts a mail into the quarantine of a service and returns its id.
func (r *rig) hold(service core.ServiceID, from, subject, text string) int64 {
	r.Helper()
	at, err := r.city.Store.NewEpoch(r.Context(), r.city.Mailbox, store.MailboxPosition{}, 7)
	if err != nil {
		r.Fatal(err)
	}
	r.uid++
	raw := fmt.Appendf(nil, "From: %s\r\nSubject: %s\r\nMessage-ID: <%d@vendor.test>\r\n\r\n%s\r\n", from, subject, r.uid, text)
	err = r.city.Store.AcceptPage(r.Context(), r.city.Mailbox, at, []store.RawMail{{UID: r.uid, ReceivedAt: time.Now(), SHA256: sha256.Sum256(raw), Size: int64(len(raw)), Data: raw}}, time.Now())
	if err != nil {
		r.Fatal(err)
	}
	var id int64
	err = r.city.Store.Pool().QueryRow(r.Context(), `update inbound set state = 'quarantined', reason = 'unknown sender', service_id = $1, sender = $2, subject = $3
		where uid = $4 returning id`, service, from, subject, r.uid).Scan(&id)
	if err != nil {
		r.Fatal(err)
	}
	return id
}

func (r *rig) sql(statement string, args ...any) {
	r.Helper()
	if _, err := r.city.Store.Pool().Exec(r.Context(), statement, args...); err != nil {
		r.Fatal(err)
	}
}

// grant gives somebody of the city a role in a service.
func (r *rig) grant(service core.ServiceID, role core.Role, who string) {
	r.Helper()
	r.sql("insert into role_grant (service_id, role, person_id) values ($1, $2, $3)", service, role, r.city.People[who].ID)
	r.sql("update desk set version = version + 1")
}

func list(a answer, key string) []map[string]any {
	all, _ := a.JSON[key].([]any)
	out := make([]map[string]any, 0, len(all))
	for _, x := range all {
		out = append(out, x.(map[string]any))
	}
	return out
}

// ticketPath is the path of the ticket that an answer shows.
func ticketPath(a answer) string { return fmt.Sprintf("/tickets/%.0f", a.JSON["number"]) }

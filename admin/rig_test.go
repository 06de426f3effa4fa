package admin

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"postdesk/core/helpdesk"
	"postdesk/core/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// lockedBuffer keeps what the server logs.
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

// edge is the whole web edge over the database of a city.
type edge struct {
	*storetest.City
	desk    *helpdesk.Helpdesk
	handler http.Handler
	log     *lockedBuffer
}

func newEdge(t *testing.T, change func(*Config)) *edge {
	t.Helper()
	e := &edge{City: storetest.NewCity(t), log: &lockedBuffer{}}
	e.desk = helpdesk.New(e.Store, time.Now)
	c := Config{Helpdesk: e.desk, Store: e.Store, PublicURL: "http://127.0.0.1:8025",
		Log: slog.New(slog.NewTextHandler(e.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if change != nil {
		change(&c)
	}
	var err error
	if e.handler, err = New(c); err != nil {
		t.Fatal(err)
	}
	return e
}

// serve answers a request; headers are name and value in turn.
func (e *edge) serve(method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	e.handler.ServeHTTP(w, r)
	return w
}

func (e *edge) bearer(t *testing.T, who string) string {
	t.Helper()
	token, err := e.desk.CreateAPIToken(t.Context(), e.People[who].Email, "test")
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + token
}

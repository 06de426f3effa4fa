package admin

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHeadersCloseWhatNoPageOpens(t *testing.T) {
	t.Parallel()
	e := newEdge(t, func(c *Config) { c.PublicURL = "https://desk.city.test" })
	for _, target := range []string{"/healthz", "/api/v1/tickets", "/nowhere"} {
		h := e.serve("GET", target).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
			"Strict-Transport-Security": "max-age=31536000", "Permissions-Policy": "camera=()",
		} {
			if !strings.HasPrefix(h.Get(name), want) {
				t.Errorf("%s: %s is %q", target, name, h.Get(name))
			}
		}
	}
	if h := newEdge(t, nil).serve("GET", "/healthz").Header(); h.Get("Strict-Transport-Security") != "" {
		t.Error("plain http must not promise https")
	}
}

func TestOtherSitesCannotActOrRead(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	for _, x := range []struct {
		method, target string
		headers        []string
		refused        bool
	}{
		{"POST", "/login", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"POST", "/login", []string{"Sec-Fetch-Site", "same-site"}, true},
		{"POST", "/login", []string{"Origin", "https://evil.test"}, true},
		{"POST", "/login", []string{"Origin", "null"}, true},
		{"POST", "/api/v1/tickets", []string{"Origin", "https://evil.test"}, true},
		{"POST", "/api/v1/tickets", nil, false}, // a program
		{"GET", "/login", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "document"}, false},
		{"GET", "/login", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe"}, true},
		{"GET", "/api/openapi.json", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "empty"}, true},
		{"GET", "/api/openapi.json", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "empty"}, false},
	} {
		if w := e.serve(x.method, x.target, x.headers...); (w.Code == http.StatusForbidden) != x.refused {
			t.Errorf("%s %s %v: %d", x.method, x.target, x.headers, w.Code)
		}
	}
}

func TestBodiesAreCapped(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	bearer := e.bearer(t, "ben")
	post := func(kind string, body io.Reader) int {
		r := httptest.NewRequest("POST", "/api/v1/tickets", body)
		r.Header.Set("Authorization", bearer)
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		e.handler.ServeHTTP(w, r)
		return w.Code
	}
	upload := func(size int) io.Reader {
		return io.MultiReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n"),
			bytes.NewReader(make([]byte, size)), strings.NewReader("\r\n--b--\r\n"))
	}
	const form = "multipart/form-data; boundary=b"
	for _, x := range []struct {
		kind string
		body io.Reader
		want int
	}{
		{"application/json", strings.NewReader(`{"text":"` + strings.Repeat("x", maxBody) + `"}`), http.StatusRequestEntityTooLarge},
		{form, upload(maxUpload), http.StatusRequestEntityTooLarge},
		{form, upload(2 * maxBody), http.StatusUnprocessableEntity}, // read to its end; it only lacks the fields
	} {
		if got := post(x.kind, x.body); got != x.want {
			t.Errorf("%s: %d, want %d", x.kind, got, x.want)
		}
	}
}

func TestPanicIsAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	e := newEdge(t, func(c *Config) {
		c.Extra = map[string]http.Handler{"/demo/mail": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/demo/mail/late" {
				_, _ = w.Write([]byte("begun"))
			}
			panic("it broke")
		})}
	})
	w := e.serve("GET", "/demo/mail?q=confidential")
	_, id, _ := strings.Cut(strings.TrimSuffix(w.Body.String(), ")\n"), "(")
	if w.Code != http.StatusInternalServerError || len(id) != 36 || !strings.Contains(e.log.String(), id) || !strings.Contains(e.log.String(), "it broke") {
		t.Errorf("%d %q; log: %s", w.Code, w.Body, e.log)
	}
	if strings.Contains(w.Body.String(), "it broke") {
		t.Errorf("the answer tells of the inside: %s", w.Body)
	}
	if w := e.serve("GET", "/demo/mail/late"); w.Code != http.StatusOK || w.Body.String() != "begun" {
		t.Errorf("an answer that had begun: %d %q", w.Code, w.Body)
	}
	if strings.Contains(e.log.String(), "confidential") {
		t.Error("a query stands in the log")
	}
}

func TestRequestsAreLoggedByRoute(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	e.serve("GET", "/api/v1/tickets/4711?q=confidential", "Authorization", "Bearer hunter2")
	log := e.log.String()
	if !strings.Contains(log, "route=/api/v1/") || !strings.Contains(log, "status=401") {
		t.Errorf("the log says %s", log)
	}
	for _, secret := range []string{"4711", "confidential", "hunter2"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log tells %s: %s", secret, log)
		}
	}
}

// A client that opens a connection and sends nothing is let go (slow requests must not collect).
func TestServerHasTimeLimits(t *testing.T) {
	t.Parallel()
	s := Server(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes > 32<<10 {
		t.Errorf("limits: %+v", s)
	}
	s.ReadHeaderTimeout = 50 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = s.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the connection stays open: %v", err)
	}
}

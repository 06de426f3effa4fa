package demo

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// site serves the page for the sample people, and does not follow redirects.
func site(t *testing.T) (*MailHost, *httptest.Server) {
	t.Helper()
	h := host(t, t.TempDir())
	s := httptest.NewServer(Page(h, []Person{
		{Name: "Ben Staff", Address: "ben@city.test", About: "Requester"},
		{Name: "Eva Ruiz", Address: "eva@city.test", About: "Solver", Language: "es"},
	}))
	t.Cleanup(s.Close)
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return h, s
}

func get(t *testing.T, s *httptest.Server, path string, status int) (string, http.Header) {
	t.Helper()
	r, err := s.Client().Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != status {
		t.Fatalf("GET %s: %s, want %d\n%s", path, r.Status, status, b)
	}
	return string(b), r.Header
}

// post sends the form of a person; files are name and content.
func post(t *testing.T, s *httptest.Server, path string, fields, files map[string]string, headers ...string) (*http.Response, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		f, err := w.CreateFormFile("files", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequest("POST", s.URL+path, &b)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", w.FormDataContentType())
	for i := 0; i < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	r, err := s.Client().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(body)
}

func TestPageCountsNewMailUntilItIsOpened(t *testing.T) {
	t.Parallel()
	h, s := site(t)
	deliver(t, h, "eva@city.test", "first <b>&</b>")
	raw := append([]byte("X-Postdesk-Reason: role=main_solver; event=ticket_created; service=Printers\r\n"), text("ben@city.test", "second")...)
	if err := h.Deliver("ben@city.test", []string{"eva@city.test"}, raw); err != nil {
		t.Fatal(err)
	}
	page, headers := get(t, s, "/demo/mail", 200)
	for _, want := range []string{"Ben Staff", "Eva Ruiz", "2 new of 2", "Solver"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in the list of people", want)
		}
	}
	if policy := headers.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script") {
		t.Errorf("policy %q", policy)
	}
	page, _ = get(t, s, "/demo/mail/eva@city.test", 200)
	if !strings.Contains(page, "main solver · ticket created · Printers") {
		t.Error("the inbox does not say for which role the desk wrote")
	}
	if !strings.Contains(page, "first &lt;b&gt;&amp;") || strings.Index(page, "second") > strings.Index(page, "first") {
		t.Errorf("inbox:\n%s", page)
	}
	get(t, s, "/demo/mail/eva@city.test/1", 200)
	if page, _ = get(t, s, "/demo/mail", 200); !strings.Contains(page, "1 new of 2") {
		t.Error("an opened message still counts as new")
	}
	for _, path := range []string{"/demo/mail/stranger@city.test", "/demo/mail/eva@city.test/9", "/demo/mail/eva@city.test/1/file/0", "/demo/mail/eva@city.test/01"} {
		get(t, s, path, 404)
	}
}

func TestPageWritesAndReplies(t *testing.T) {
	t.Parallel()
	h, s := site(t)
	if err := h.Deliver("it@city.test", []string{"eva@city.test"}, asked.Raw); err != nil {
		t.Fatal(err)
	}
	page, _ := get(t, s, "/demo/mail/eva@city.test/1", 200)
	for _, want := range []string{`value="it&#43;t0ken@city.test"`, `value="Re: [IT #7] Impresión"`, "Which printer?", "/demo/mail/eva@city.test/1/html"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in\n%s", want, page)
		}
	}
	r, _ := post(t, s, "/demo/mail/eva@city.test", map[string]string{"to": "it+t0ken@city.test", "subject": "Re: x", "text": "La azul", "reply": "1"},
		map[string]string{"../../a b.txt": "content"})
	if r.StatusCode != 303 || r.Header.Get("Location") != "/demo/mail/eva@city.test?sent=it%2Bt0ken%40city.test" {
		t.Fatalf("%s to %q", r.Status, r.Header.Get("Location"))
	}
	m := h.Inbox("it@city.test")[0]
	l := readLetter(m.Raw, true)
	if !strings.Contains(l.Text, "La azul") || !strings.Contains(l.Text, "escribió:") || len(l.References) != 2 {
		t.Errorf("reply: %q, references %q", l.Text, l.References)
	}
	if !strings.Contains(head(m.Raw), "dmarc=pass") || !strings.Contains(l.From, "Eva Ruiz") {
		t.Errorf("header:\n%s", head(m.Raw))
	}
	if len(l.Files) != 1 || l.Files[0].Name != "a b.txt" || string(l.Files[0].Data) != "content" {
		t.Errorf("files %+v", l.Files)
	}
	page, _ = get(t, s, r.Header.Get("Location"), 200)
	if !strings.Contains(page, "Sent to it&#43;t0ken@city.test.") {
		t.Error("the page does not say that the mail was sent")
	}
}

func TestPageKeepsWhatCouldNotBeSent(t *testing.T) {
	t.Parallel()
	h, s := site(t)
	for _, fields := range []map[string]string{
		{"to": "nobody@city.test", "text": "my long text"},
		{"to": "someone@example.org", "text": "my long text"},
		{"to": "it@city.test\r\nBcc: eva@city.test", "text": "my long text"},
		{"to": "it@city.test", "text": "my long text", "reply": "9"},
	} {
		r, body := post(t, s, "/demo/mail/ben@city.test", fields, nil)
		if r.StatusCode != 422 || !strings.Contains(body, "Not sent") || !strings.Contains(body, "my long text") {
			t.Errorf("%v: %s\n%s", fields, r.Status, body)
		}
	}
	if len(h.Inbox("it@city.test"))+len(h.Inbox("eva@city.test")) != 0 {
		t.Error("something was sent all the same")
	}
}

func TestOtherSitesCannotSend(t *testing.T) {
	t.Parallel()
	h, s := site(t)
	fields := map[string]string{"to": "it@city.test", "text": "x"}
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://evil.test"}} {
		if r, _ := post(t, s, "/demo/mail/ben@city.test", fields, nil, headers...); r.StatusCode != 403 {
			t.Errorf("%v: %s", headers, r.Status)
		}
	}
	if len(h.Inbox("it@city.test")) != 0 {
		t.Error("another site has sent a mail")
	}
	if r, _ := post(t, s, "/demo/mail/ben@city.test", fields, nil, "Sec-Fetch-Site", "same-origin"); r.StatusCode != 303 {
		t.Errorf("own form: %s", r.Status)
	}
}

const hostile = "From: ben@city.test\r\nSubject: x\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n" +
	`<base href="http://evil.test/"><meta http-equiv="Refresh" content="0;url=http://evil.test"><script>alert(1)</script>` +
	`<p>Hello</p><a id=n href="mailto:it+n0te@city.test?subject=Note%20on%20%237">note</a><a id=w href="https://desk.test/x">web</a>` +
	`<a id=j href=" java` + "\t" + `script:alert(1)">bad</a><img id=p src="cid:pic@x"><img id=r src="http://evil.test/t.gif">` +
	"\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <pic@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n" +
	"--b\r\nContent-Type: text/html; name=\"evil.html\"\r\nContent-Disposition: attachment\r\n\r\n<script>alert(2)</script>\r\n--b--\r\n"

func TestHTMLOfAMessageIsShutIn(t *testing.T) {
	t.Parallel()
	h, s := site(t)
	if err := h.Deliver("ben@city.test", []string{"eva@city.test"}, []byte(hostile)); err != nil {
		t.Fatal(err)
	}
	page, _ := get(t, s, "/demo/mail/eva@city.test/1", 200)
	if !strings.Contains(page, `<iframe title="The message" sandbox="allow-popups`) || strings.Contains(page, "allow-scripts") || strings.Contains(page, "<script") {
		t.Errorf("page:\n%s", page)
	}
	source, headers := get(t, s, "/demo/mail/eva@city.test/1/html", 200)
	policy := headers.Get("Content-Security-Policy")
	for _, want := range []string{"sandbox ", "default-src 'none'", "img-src data:", "frame-ancestors 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
	for _, wrong := range []string{"allow-scripts", "allow-same-origin", "allow-forms"} {
		if strings.Contains(policy, wrong) {
			t.Errorf("policy %q has %s", policy, wrong)
		}
	}
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			got[n.Data] = "there"
			got[attribute(n, "id")] = attribute(n, "href") + attribute(n, "src") + " " + attribute(n, "target")
		}
	}
	query := url.Values{"to": {"it+n0te@city.test"}, "subject": {"Note on #7"}}.Encode()
	for id, want := range map[string]string{
		"n": "/demo/mail/eva@city.test/write?" + query + " _top", "w": "https://desk.test/x _blank", "j": " ",
		"p": "data:image/png;base64,iVBORw== ", "base": "", "meta": "",
	} {
		if got[id] != want {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
	}
	form, _ := get(t, s, "/demo/mail/eva@city.test/write?"+query, 200)
	if !strings.Contains(form, "it&#43;n0te@city.test") || !strings.Contains(form, "Note on #7") {
		t.Errorf("form:\n%s", form)
	}
	_, headers = get(t, s, "/demo/mail/eva@city.test/1/file/1", 200)
	if headers.Get("Content-Type") != "application/octet-stream" || headers.Get("Content-Disposition") != "attachment; filename=evil.html" ||
		headers.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("an attachment would open in our origin: %v", headers)
	}
	if raw, headers := get(t, s, "/demo/mail/eva@city.test/1/raw", 200); !strings.HasPrefix(headers.Get("Content-Type"), "text/plain") || !strings.HasSuffix(raw, hostile) {
		t.Error("the raw message differs, or is not plain text")
	}
}

func TestDeeplyNestedHTMLIsShownAsText(t *testing.T) {
	t.Parallel()
	got := framed(letter{HTML: strings.Repeat("<div>", 5000) + "<b>Hello</b>"}, "eva@city.test")
	if !strings.Contains(got, "Hello") || strings.Contains(got, "<div>") {
		t.Errorf("%.200s", got)
	}
}

func TestLinksInText(t *testing.T) {
	t.Parallel()
	got := fmt.Sprintf("%q", spans("See https://desk.test/a?b=1. Or <mailto:it+n@city.test>!", "eva@city.test"))
	want := fmt.Sprintf("%q", []span{{"See ", ""}, {"https://desk.test/a?b=1", "https://desk.test/a?b=1"}, {". Or <", ""},
		{"mailto:it+n@city.test", "/demo/mail/eva@city.test/write?to=it%2Bn%40city.test"}, {">!", ""}})
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

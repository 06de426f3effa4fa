package desk_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// issuer is a provider of identities of the test's own: it signs in whoever subject says, and checks what the desk sends.
type issuer struct {
	t      *testing.T
	server *httptest.Server
	key    *rsa.PrivateKey

	mu      sync.Mutex
	subject string
	email   string
	change  func(claims map[string]any) // makes an answer wrong
	asked   map[string]url.Values       // code → the question
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &issuer{t: t, key: key, asked: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, map[string]any{"issuer": p.server.URL, "authorization_endpoint": p.server.URL + "/authorize", "token_endpoint": p.server.URL + "/token",
			"jwks_uri": p.server.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", p.token)
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

func (p *issuer) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

// token gives an ID token for a code, to the client that can prove that it asked (RFC 7636 section 4.6).
func (p *issuer) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	question := p.asked[r.PostFormValue("code")]
	delete(p.asked, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if question == nil || question.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) || id != "desk" || secret != "hush" ||
		r.PostFormValue("redirect_uri") != question.Get("redirect_uri") {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{"iss": p.server.URL, "aud": "desk", "sub": p.subject, "email": p.email, "nonce": question.Get("nonce"),
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix()}
	if p.change != nil {
		p.change(claims)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: "1"}}, nil)
	if err != nil {
		p.t.Error(err)
	}
	payload, _ := json.Marshal(claims)
	signed, err := signer.Sign(payload)
	if err != nil {
		p.t.Error(err)
	}
	raw, _ := signed.CompactSerialize()
	p.json(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": raw})
}

// authorize is what the person does at the provider: it gives the address that their browser is sent back to.
func (p *issuer) authorize(address string) string {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, p.server.URL+"/authorize?") {
		p.t.Fatalf("the desk asks at %q", address)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("state") == "" || !strings.Contains(q.Get("scope"), "openid") {
		p.t.Errorf("the desk asks %v", q)
	}
	code := rand.Text()
	p.mu.Lock()
	p.asked[code] = q
	p.mu.Unlock()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		p.t.Fatal(err)
	}
	return back.Path + "?" + url.Values{"state": {q.Get("state")}, "code": {code}}.Encode()
}

func (p *issuer) be(subject, email string, change func(map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.subject, p.email, p.change = subject, email, change
}

// provided is a world with the provider configured as a desk file does.
func provided(t *testing.T) (*world, *issuer) {
	t.Helper()
	w, p := newWorld(t), newIssuer(t)
	entry := core.OIDCEntry{Name: "City ID", Issuer: p.server.URL, ClientID: "desk", ClientSecretEnv: "SECRET"}
	file := core.DeskFile{Desk: &core.DeskEntry{OIDC: []core.OIDCEntry{entry}}}
	w.configure(t, file, map[string]string{"SECRET": "hush"})
	return w, p
}

// ask begins at the door, and gives the address of the provider that the browser is led to.
func (b *browser) ask(next string) string {
	b.t.Helper()
	p := b.post("/login/provider", "name", "City ID", "next", next).want(200)
	return attr(p.one("a.primary"), "href")
}

func TestSignInAtAProvider(t *testing.T) {
	t.Parallel()
	w, p := provided(t)
	p.be("subject-7", "mia@city.test", nil)
	door := w.browser(t)
	door.get("/login").want(200).one("form[action=/login/provider] button")

	// The same address as Mia's proves nothing: the account was never linked.
	refused := door.get(p.authorize(door.ask(""))).want(403)
	if refused.text(".alert") != printer(t, core.English).T("error.sign_in.unlinked", "City ID") {
		t.Errorf("it reads %q", refused.text(".alert"))
	}
	door.get("/dashboard/ithelpdesk").want(303)

	mia := w.as(t, "mia")
	linking := mia.post("/me/security/identities/link", "name", "City ID").want(200)
	mia.follow(mia.get(p.authorize(attr(linking.one("a.primary"), "href"))).want(303)).want(200)
	if list := mia.get("/me/security").text(".ways"); !strings.Contains(list, "City ID") || !strings.Contains(list, "mia@city.test") {
		t.Errorf("linked are %s", list)
	}

	p.be("subject-7", "renamed@elsewhere.test", nil)
	b := w.browser(t)
	in := b.get(p.authorize(b.ask("/dashboard/ithelpdesk?status=open"))).want(303)
	if to := in.header.Get("Location"); to != "/dashboard/ithelpdesk?status=open" {
		t.Errorf("it goes on to %s", to)
	}
	if b.get("/dashboard/ithelpdesk").want(200).text(".whoami b") != "Mia Main" {
		t.Error("it signs in somebody else")
	}
	p.be("subject-8", "mia@city.test", nil)
	other := w.browser(t)
	other.get(p.authorize(other.ask(""))).want(403)

	// It is Mia's, so nobody else can take it.
	p.be("subject-7", "", nil)
	ben := w.as(t, "ben")
	taking := ben.post("/me/security/identities/link", "name", "City ID").want(200)
	ben.get(p.authorize(attr(taking.one("a.primary"), "href"))).want(409)

	mia.factor()
	second := w.browser(t)
	if to := second.get(p.authorize(second.ask(""))).want(303).header.Get("Location"); to != "/login/second" {
		t.Errorf("with a second factor it leads to %s", to)
	}
	for _, form := range mia.get("/me/security").find(".ways form") {
		if action := attr(form, "action"); strings.HasSuffix(action, "/unlink") {
			ben.post(action).want(404)
			mia.post(action).want(303)
		}
	}
	gone := w.browser(t)
	gone.get(p.authorize(gone.ask(""))).want(403)
}

func TestAnswersThatDoNotFitSignNobodyIn(t *testing.T) {
	t.Parallel()
	w, p := provided(t)
	ctx := t.Context()
	if err := w.help.LinkIdentity(ctx, core.Actor{}, w.People["mia"], core.Identity{Issuer: p.server.URL, Subject: "subject-7"}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(map[string]any){
		"another nonce":  func(c map[string]any) { c["nonce"] = "other" },
		"no nonce":       func(c map[string]any) { delete(c, "nonce") },
		"another client": func(c map[string]any) { c["aud"] = "shop" },
		"another issuer": func(c map[string]any) { c["iss"] = "https://evil.test" },
		"expired":        func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() },
	} {
		p.be("subject-7", "", change)
		b := w.browser(t)
		b.get(p.authorize(b.ask(""))).want(403)
		if b.get("/dashboard/ithelpdesk").status != 303 {
			t.Errorf("%s signs in", name)
		}
	}
	p.be("subject-7", "", nil)

	b, thief := w.browser(t), w.browser(t)
	back := p.authorize(b.ask(""))
	thief.get(back).want(403) // the answer to somebody else's question
	thief.ask("")
	thief.get(back).want(403)
	b.get(back + "&iss=https://evil.test").want(403)
	b.get(back).want(403) // the question is spent
	back = p.authorize(b.ask(""))
	b.get(strings.Replace(back, "code=", "error=access_denied&x=", 1)).want(403)
	back = p.authorize(b.ask(""))
	b.get(back).want(303)
	b.get("/dashboard/ithelpdesk").want(200)
	b.get(back).want(403) // and once

	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	forged := w.browser(t)
	back = p.authorize(forged.ask(""))
	p.mu.Lock()
	p.key = key
	p.mu.Unlock()
	forged.get(back).want(403)
	p.server.Close()
	if s := forged.post("/login/provider", "name", "City ID").status; s != http.StatusForbidden && s != http.StatusOK {
		t.Errorf("a provider that is away gives %d", s)
	}
	w.browser(t).post("/login/provider", "name", "Nobody").want(404)
}

// The desk file as it is when the answer comes counts: an account at a provider that it does not name so any more is no way in.
func TestAnswerIsWorthNothingOnceItsProviderChanged(t *testing.T) {
	t.Parallel()
	w, p := provided(t)
	if err := w.help.LinkIdentity(t.Context(), core.Actor{}, w.People["mia"], core.Identity{Issuer: p.server.URL, Subject: "subject-7"}); err != nil {
		t.Fatal(err)
	}
	p.be("subject-7", "", nil)
	b := w.browser(t)
	back := p.authorize(b.ask(""))
	w.configure(t, core.DeskFile{Desk: &core.DeskEntry{OIDC: []core.OIDCEntry{{Name: "Old ID", Issuer: p.server.URL, ClientID: "desk", ClientSecretEnv: "SECRET"}}}}, nil)
	b.get(back).want(403)
	b.get("/dashboard/ithelpdesk").want(303)
}

// One provider that does not answer keeps nobody from another.
func TestASlowProviderKeepsNobodyFromAnother(t *testing.T) {
	t.Parallel()
	w, p := newWorld(t), newIssuer(t)
	asked, end := make(chan struct{}, 1), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-end
	}))
	t.Cleanup(slow.Close)
	w.configure(t, core.DeskFile{Desk: &core.DeskEntry{OIDC: []core.OIDCEntry{{Name: "Slow", Issuer: slow.URL, ClientID: "desk"}, {Name: "City ID", Issuer: p.server.URL, ClientID: "desk"}}}}, nil)
	waiting := w.browser(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		waiting.post("/login/provider", "name", "Slow")
	}()
	defer func() { close(end); <-done }()
	<-asked
	began := time.Now()
	w.browser(t).ask("")
	if took := time.Since(began); took > 5*time.Second { // the slow one is given up after ten
		t.Errorf("it took %v", took)
	}
}

// configure applies a desk file, with variables as the environment has them.
func (w *world) configure(t *testing.T, file core.DeskFile, environment map[string]string) {
	t.Helper()
	_, err := w.help.Configure(t.Context(), core.Actor{}, file, helpdesk.ConfigureOptions{Yes: true, Secret: func(name string) string { return environment[name] }})
	if err != nil {
		t.Fatal(err)
	}
}

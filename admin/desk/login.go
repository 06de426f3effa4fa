package desk

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"postdesk/admin/web"
	"postdesk/core"
)

// answerTime is how long asking for a link takes at least, known address or not.
const answerTime = 300 * time.Millisecond

type loginPage struct {
	web.Frame
	Email, Next, Sentence, Sent string
	SignedOut                   bool
	Providers                   []string // by name
}

type linkPage struct {
	web.Frame
	Token, Sentence string
}

func showLogin(v *visit) error {
	query := v.r.URL.Query()
	if v.me != nil && query.Get("again") == "" {
		return v.redirect(samePlace(query.Get("next")))
	}
	return v.loginPage(http.StatusOK, loginPage{Next: samePlace(query.Get("next")), SignedOut: query.Get("signed_out") != ""})
}

func (v *visit) loginPage(status int, p loginPage) error {
	address := "/login"
	if p.Next != home {
		address += "?" + url.Values{"next": {p.Next}}.Encode()
	}
	p.Frame = v.frame(v.printer.T("login.title"), address)
	for _, provider := range v.dir.Desk.OIDC {
		p.Providers = append(p.Providers, provider.Name)
	}
	return v.pages.Render(v.w, status, "login", p)
}

// login checks a password, or mails a link where that button was pressed.
func login(v *visit) error {
	form, err := web.ReadForm(v.r, "email", "password", "next", "how")
	if err != nil {
		return err
	}
	p := loginPage{Email: strings.TrimSpace(form.Get("email")), Next: samePlace(form.Get("next"))}
	account := core.FoldAddress(p.Email)
	counted := v.counted(account)
	if form.Get("how") == "link" { // nothing is guessed, and nobody waits for those who guess
		counted = ""
	}
	ok, err := v.tries.begin(v.r.Context(), counted, v.network())
	if err != nil {
		return err
	}
	if !ok {
		p.Sentence = v.printer.T("login.too_many")
		return v.loginPage(http.StatusTooManyRequests, p)
	}
	if form.Get("how") == "link" {
		return v.mailLink(p, account)
	}
	person, err := v.Helpdesk.SignIn(v.r.Context(), account, form.Get("password"))
	if core.CodeOf(err) == core.Forbidden {
		p.Sentence = v.printer.Error(err)
		return v.loginPage(http.StatusForbidden, p)
	}
	if err != nil {
		return err
	}
	v.tries.succeeded(counted, v.network())
	return v.proven(person, p.Next)
}

// mailLink says the same for every address, after the same time.
func (v *visit) mailLink(p loginPage, account string) error {
	if !strings.Contains(account, "@") {
		p.Sentence = v.printer.T("login.email_missing")
		return v.loginPage(http.StatusUnprocessableEntity, p)
	}
	done := time.After(answerTime)
	if err := v.Helpdesk.MailSignInLink(v.r.Context(), account); core.CodeOf(err) != "" {
		v.Log.ErrorContext(v.r.Context(), "sign-in link not mailed", "error", err)
	} else if err != nil {
		return err
	}
	<-done
	p.Sent = p.Email
	return v.loginPage(http.StatusOK, p)
}

// showLink does not sign in yet: mail scanners open links, people press buttons.
func showLink(v *visit) error {
	return v.linkPage(http.StatusOK, linkPage{Token: v.r.URL.Query().Get("token")})
}

func (v *visit) linkPage(status int, p linkPage) error {
	p.Frame = v.frame(v.printer.T("login.title"), "/login/link?"+url.Values{"token": {p.Token}}.Encode())
	return v.pages.Render(v.w, status, "link", p)
}

func useLink(v *visit) error {
	form, err := web.ReadForm(v.r, "token")
	if err != nil {
		return err
	}
	person, err := v.Helpdesk.UseSignInLink(v.r.Context(), form.Get("token"))
	if core.CodeOf(err) == core.Forbidden {
		return v.linkPage(http.StatusForbidden, linkPage{Sentence: v.printer.Error(err)})
	}
	if err != nil {
		return err
	}
	return v.proven(person, home)
}

// proven goes on with a person whose password, link or provider was right: to the second factor where they have one.
func (v *visit) proven(p *core.Person, next string) error {
	has, err := v.Helpdesk.HasSecondFactor(v.r.Context(), p)
	if err != nil {
		return err
	}
	if has {
		return v.askSecond(p, next)
	}
	if err := v.enter(p); err != nil {
		return err
	}
	return v.redirect(next)
}

// enter begins the session under a new token and with nothing of what stood in it, so that one known before, or somebody
// else's, is worth nothing.
func (v *visit) enter(p *core.Person) error {
	if err := v.renew(); err != nil {
		return err
	}
	v.sessions.Put(v.r.Context(), keyPerson, int64(p.ID))
	v.sessions.Put(v.r.Context(), keySignedIn, v.now.Unix())
	v.know(p.Email)
	return nil
}

// renew empties the session and gives it a new token.
func (v *visit) renew() error {
	if err := v.sessions.RenewToken(v.r.Context()); err != nil {
		return err
	}
	return v.sessions.Clear(v.r.Context())
}

// network is whose tries these are.
func (v *visit) network() string { return web.Network(v.Proxies.ClientAddress(v.r)) }

// knownCookie shows that an account was signed in to with this browser before.
const knownCookie = "desk-known"

// counted is what tries at an account are counted under: apart for a browser that the owner signed in with.
func (v *visit) counted(account string) string {
	if c, err := v.r.Cookie(knownCookie); err == nil {
		if id := v.Helpdesk.KnowsBrowser(account, c.Value); id != "" {
			return account + " " + id
		}
	}
	return account
}

// know lets the browser be told apart at the next sign-in.
func (v *visit) know(account string) {
	http.SetCookie(v.w, &http.Cookie{Name: knownCookie, Value: v.Helpdesk.KnownBrowser(account), Path: "/login",
		MaxAge: int(languageLife.Seconds()), Secure: v.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func logout(v *visit) error {
	if _, err := web.ReadForm(v.r); err != nil {
		return err
	}
	if v.me == nil { // nothing to end, and no session is begun for saying so
		return v.redirect("/login")
	}
	v.keepLanguage(v.printer.Language()) // the sign-in page stays in theirs
	if err := v.sessions.Destroy(v.r.Context()); err != nil {
		return err
	}
	return v.redirect("/login?signed_out=yes")
}

// samePlace lets only addresses of this desk through as the place to go on to.
func samePlace(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") || strings.HasPrefix(u.Path, "/login") {
		return home
	}
	return next
}

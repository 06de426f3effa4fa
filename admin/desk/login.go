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
}

type linkPage struct {
	web.Frame
	Token, Sentence string
}

func showLogin(v *visit) error {
	if v.me != nil {
		return v.redirect(samePlace(v.r.URL.Query().Get("next")))
	}
	return v.loginPage(http.StatusOK, loginPage{Next: samePlace(v.r.URL.Query().Get("next"))})
}

func (v *visit) loginPage(status int, p loginPage) error {
	address := "/login"
	if p.Next != home {
		address += "?" + url.Values{"next": {p.Next}}.Encode()
	}
	p.Frame = v.frame(v.printer.T("login.title"), address)
	return v.pages.Render(v.w, status, "login", p)
}

// login checks a password, or mails a link where that button was pressed.
func login(v *visit) error {
	form, err := web.ReadForm(v.r, "email", "password", "next", "how")
	if err != nil {
		return err
	}
	p := loginPage{Email: strings.TrimSpace(form.Get("email")), Next: samePlace(form.Get("next"))}
	account, address := core.FoldAddress(p.Email), clientAddress(v.r)
	ok, err := v.tries.begin(v.r.Context(), account, address)
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
	v.tries.succeeded(account, address)
	return v.signIn(person, p.Next)
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
	return v.signIn(person, home)
}

// signIn begins the session under a new token, so that one known before is worth nothing.
func (v *visit) signIn(p *core.Person, next string) error {
	if err := v.sessions.RenewToken(v.r.Context()); err != nil {
		return err
	}
	v.sessions.Remove(v.r.Context(), keyUploads)
	v.sessions.Put(v.r.Context(), keyPerson, int64(p.ID))
	return v.redirect(next)
}

func logout(v *visit) error {
	if _, err := web.ReadForm(v.r); err != nil {
		return err
	}
	language := v.printer.Language()
	if err := v.sessions.Destroy(v.r.Context()); err != nil {
		return err
	}
	v.sessions.Put(v.r.Context(), keyLanguage, string(language)) // the sign-in page stays in their language
	v.say(v.printer.T("login.signed_out"))
	return v.redirect("/login")
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

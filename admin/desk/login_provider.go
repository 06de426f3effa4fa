package desk

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"postdesk/admin/web"
	"postdesk/core"
)

// askTime is how long somebody may take at the provider.
const askTime = 10 * time.Minute

type providerPage struct {
	web.Frame
	Name, Address string
}

// askProvider sends somebody to a provider to sign in.
func askProvider(v *visit) error {
	form, err := web.ReadForm(v.r, "name", "next")
	if err != nil {
		return err
	}
	p := loginPage{Next: samePlace(form.Get("next"))}
	ok, err := v.tries.begin(v.r.Context(), "", v.network())
	if err != nil {
		return err
	}
	if !ok {
		p.Sentence = v.printer.T("login.too_many")
		return v.loginPage(http.StatusTooManyRequests, p)
	}
	return v.goToProvider(form.Get("name"), asking{Next: p.Next})
}

// goToProvider shows a page that leads there: a form's answer must not redirect to where a form may not be sent (CSP
// form-action).
func (v *visit) goToProvider(name string, a asking) error {
	provider, ok := v.dir.Desk.Provider(name)
	if !ok {
		return core.Refuse(core.NotFound, "error.not_found")
	}
	a.Provider, a.State, a.Nonce, a.Verifier, a.Until = provider, rand.Text(), rand.Text(), oauth2.GenerateVerifier(), v.now.Add(askTime)
	address, err := v.providerAddress(v.r.Context(), a)
	if err != nil {
		return v.providerFailed(a, err)
	}
	if v.me == nil {
		if err := v.renew(); err != nil {
			return err
		}
		v.sessions.SetDeadline(v.r.Context(), a.Until)
	}
	if err := v.keep(keyProvider, a); err != nil {
		return err
	}
	return v.pages.Render(v.w, http.StatusOK, "provider", providerPage{Frame: v.frame(v.printer.T("login.provider", provider.Name), "/login"),
		Name: provider.Name, Address: address})
}

// heardProvider hears the provider's answer: only the browser that asked can bring it, and once.
func heardProvider(v *visit) error {
	var a asking
	query := v.r.URL.Query()
	err := json.Unmarshal(v.sessions.GetBytes(v.r.Context(), keyProvider), &a)
	present, _ := v.dir.Desk.Provider(a.Provider.Name)
	if err != nil || present != a.Provider /* taken from the desk file, or changed there, meanwhile */ || a.State == "" || v.now.After(a.Until) || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(a.State)) != 1 {
		return v.loginPage(http.StatusForbidden, loginPage{Next: home, Sentence: v.printer.T("login.provider.lost")})
	}
	v.sessions.Remove(v.r.Context(), keyProvider)
	if iss := query.Get("iss"); iss != "" && iss != a.Provider.Issuer { // RFC 9207
		return v.providerFailed(a, errAnswer)
	}
	if query.Get("error") != "" || query.Get("code") == "" {
		return v.providerRefused(a, v.printer.T("login.provider.refused", a.Provider.Name))
	}
	who, err := v.identity(v.r.Context(), a, query.Get("code"))
	if err != nil {
		return v.providerFailed(a, err)
	}
	if a.Link != 0 {
		if v.me == nil || v.me.ID != a.Link { // somebody else's session by now
			return v.providerRefused(a, v.printer.T("login.provider.lost"))
		}
		if err := v.Helpdesk.LinkIdentity(v.r.Context(), v.actor(), v.me, who); err != nil {
			return v.securityRefused(err)
		}
		v.say(v.printer.T("security.identity.linked", a.Provider.Name))
		return v.redirect(security)
	}
	p, err := v.Helpdesk.SignInWithIdentity(v.r.Context(), a.Provider, who.Subject)
	if core.CodeOf(err) == core.Forbidden {
		return v.providerRefused(a, v.printer.Error(err))
	}
	if err != nil {
		return err
	}
	return v.proven(p, a.Next)
}

// providerFailed tells that the provider cannot be asked, or has answered something that does not hold; the log says why.
func (v *visit) providerFailed(a asking, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	v.Log.WarnContext(v.r.Context(), "provider of identities", "provider", a.Provider.Name, "error", err)
	return v.providerRefused(a, v.printer.T("login.provider.failed", a.Provider.Name))
}

func (v *visit) providerRefused(a asking, sentence string) error {
	if v.me != nil {
		return v.securityPage(http.StatusForbidden, securityPage{Sentence: sentence})
	}
	if err := v.sessions.Destroy(v.r.Context()); err != nil {
		return err
	}
	return v.loginPage(http.StatusForbidden, loginPage{Next: samePlace(a.Next), Sentence: sentence})
}

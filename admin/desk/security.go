package desk

import (
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/web"
	"postdesk/core"
)

// security is the page on which a person looks after their sign-in.
const security = "/me/security"

// freshTime is for how long after a sign-in the ways in may be changed without signing in once more: who finds a desk left
// open must not be able to take it over.
const freshTime = 15 * time.Minute

type securityPage struct {
	web.Frame
	Must        bool // nothing else before a second factor is set up
	Needed      bool // the desk wants one of the reader
	Factor      core.SecondFactor
	Key         string // of a second factor that is being set up; "" = none is
	Recovery    []string
	Wrong       string // the field that the sentence is about
	Sentence    string
	HasPassword bool
	Sessions    []sessionRow
	Identities  []identityRow
	Providers   []string // that can still be linked
	keyAddress  string
}

type sessionRow struct {
	core.Session
	Name    string
	Current bool
}

type identityRow struct {
	core.Identity
	Provider string
}

// setsUp tells whether this request is about the second factor: that is open to who must have one and has none yet.
func (v *visit) setsUp() bool {
	path := v.r.URL.Path
	return path == security && v.r.Method == http.MethodGet || strings.HasPrefix(path, security+"/second-factor/")
}

// Action is the address of a form of this page.
func (securityPage) Action(what string) string { return security + "/" + what }

// Others tells whether there is a session besides this one.
func (p securityPage) Others() bool { return len(p.Sessions) > 1 }

func showSecurity(v *visit) error { return v.securityPage(http.StatusOK, securityPage{}) }

// securityPage fills in what is not filled in yet.
func (v *visit) securityPage(status int, p securityPage) (err error) {
	ctx := v.r.Context()
	if p.Must, err = v.Helpdesk.MustSetUpSecondFactor(ctx, v.dir, v.me); err != nil {
		return err
	}
	p.Needed = v.dir.Desk.SecondFactor.Needs(v.me)
	if p.Factor, err = v.Helpdesk.SecondFactor(ctx, v.me); err != nil {
		return err
	}
	secret, err := v.Helpdesk.SecretBeingSetUp(ctx, v.me)
	if err != nil {
		return err
	}
	if secret != nil && v.fresh() {
		p.Key, p.keyAddress = spaced(core.TOTPKey(secret)), core.TOTPAddress(v.dir.Desk.Name, v.me.Email, secret)
	}
	if p.HasPassword, err = v.Helpdesk.HasPassword(ctx, v.me); err != nil {
		return err
	}
	sessions, err := v.Helpdesk.Sessions(ctx, v.me, v.now)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		p.Sessions = append(p.Sessions, sessionRow{Session: s, Name: browserName(s.Browser), Current: s.Key == arrived(ctx).key})
	}
	identities, err := v.Helpdesk.Identities(ctx, v.me)
	if err != nil {
		return err
	}
	linked := map[string]bool{}
	for _, x := range identities {
		row := identityRow{Identity: x, Provider: x.Issuer}
		for _, provider := range v.dir.Desk.OIDC {
			if provider.Issuer == x.Issuer {
				row.Provider = provider.Name
			}
		}
		linked[x.Issuer] = true
		p.Identities = append(p.Identities, row)
	}
	for _, provider := range v.dir.Desk.OIDC {
		if !linked[provider.Issuer] {
			p.Providers = append(p.Providers, provider.Name)
		}
	}
	p.Frame = v.frame(v.printer.T("security.title"), security)
	return v.pages.Render(v.w, status, "security", p)
}

// spaced parts a key into groups of four, as people type it.
func spaced(key string) string {
	var b strings.Builder
	for i, r := range key {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// securityRefused shows the page with what was refused.
func (v *visit) securityRefused(err error) error {
	switch core.CodeOf(err) {
	case core.Invalid, core.Conflict, core.Forbidden:
		return v.securityPage(web.Status(err), securityPage{Sentence: v.printer.Error(err), Wrong: core.FieldOf(err)})
	}
	return err
}

// fresh tells whether the sign-in is recent enough to change the ways in.
func (v *visit) fresh() bool {
	at := time.Unix(v.sessions.GetInt64(v.r.Context(), keySignedIn), 0)
	return v.now.Sub(at) < freshTime
}

// again asks to sign in once more, and leads back.
func (v *visit) again() error {
	v.say(v.printer.T("security.again"))
	return v.redirect("/login?again=yes&next=" + security)
}

// guess counts a guess at one of the reader's own secrets, as at the door. The sentence is for where there were too many.
func (v *visit) guess(account string) (sentence string, err error) {
	ok, err := v.tries.begin(v.r.Context(), account, v.network())
	if err == nil && !ok {
		sentence = v.printer.T("login.second.too_many")
	}
	return sentence, err
}

// changeSecondFactor begins to set a second factor up, confirms it, renews its recovery codes or switches it off.
func changeSecondFactor(v *visit) error {
	form, err := web.ReadForm(v.r, "code")
	if err != nil {
		return err
	}
	what := chi.URLParam(v.r, "what")
	if what == "begin" || what == "confirm" {
		if !v.fresh() {
			return v.again()
		}
	}
	if what == "begin" {
		if err := v.Helpdesk.BeginSecondFactor(v.r.Context(), v.me); err != nil {
			return err
		}
		return v.redirect(security + "#second-factor")
	}
	account := ownTries("second", v.me)
	sentence, err := v.guess(account)
	if err != nil {
		return err
	}
	if sentence != "" {
		return v.securityPage(http.StatusTooManyRequests, securityPage{Sentence: sentence})
	}
	p, session := securityPage{}, arrived(v.r.Context()).key
	switch what {
	case "confirm":
		p.Recovery, err = v.Helpdesk.ConfirmSecondFactor(v.r.Context(), v.me, form.Get("code"), session)
	case "codes":
		p.Recovery, err = v.Helpdesk.RenewRecoveryCodes(v.r.Context(), v.me, form.Get("code"))
	case "off":
		err = v.Helpdesk.DropSecondFactor(v.r.Context(), v.me, form.Get("code"), session)
	default:
		return core.Refuse(core.NotFound, "error.not_found")
	}
	if err != nil {
		return v.securityRefused(err)
	}
	v.tries.succeeded(account, v.network())
	if err := v.sessions.RenewToken(v.r.Context()); err != nil {
		return err
	}
	if what == "off" {
		v.say(v.printer.T("security.factor.said_off"))
		return v.redirect(security)
	}
	return v.securityPage(http.StatusOK, p) // the codes are shown by this answer alone
}

// changePassword needs the present password, or a recent sign-in where there is none.
func changePassword(v *visit) error {
	form, err := web.ReadForm(v.r, "current", "password", "username")
	if err != nil {
		return err
	}
	has, err := v.Helpdesk.HasPassword(v.r.Context(), v.me)
	if err != nil {
		return err
	}
	if !has && !v.fresh() {
		return v.again()
	}
	account := ownTries("password", v.me) // apart from the door, where strangers guess
	sentence, err := v.guess(account)
	if err != nil {
		return err
	}
	if sentence != "" {
		return v.securityPage(http.StatusTooManyRequests, securityPage{Sentence: sentence})
	}
	if err := v.Helpdesk.ChangePassword(v.r.Context(), v.me, form.Get("current"), form.Get("password"), arrived(v.r.Context()).key); err != nil {
		return v.securityRefused(err)
	}
	v.tries.succeeded(account, v.network())
	if err := v.sessions.RenewToken(v.r.Context()); err != nil {
		return err
	}
	v.say(v.printer.T("security.password.said"))
	return v.redirect(security)
}

// endSession ends one session of the reader, which may be this one.
func endSession(v *visit) error {
	if _, err := web.ReadForm(v.r); err != nil {
		return err
	}
	if err := v.Helpdesk.EndSession(v.r.Context(), v.me, chi.URLParam(v.r, "id")); err != nil {
		return err
	}
	v.say(v.printer.T("security.sessions.said_one"))
	return v.redirect(security)
}

// endSessions ends all sessions of the reader but this one.
func endSessions(v *visit) error {
	if _, err := web.ReadForm(v.r); err != nil {
		return err
	}
	if err := v.Helpdesk.EndOtherSessions(v.r.Context(), v.me, arrived(v.r.Context()).key); err != nil {
		return err
	}
	v.say(v.printer.T("security.sessions.said_all"))
	return v.redirect(security)
}

// linkProvider sends the reader to a provider, whose account becomes a way in for them.
func linkProvider(v *visit) error {
	form, err := web.ReadForm(v.r, "name")
	if err != nil {
		return err
	}
	if !v.fresh() {
		return v.again()
	}
	return v.goToProvider(form.Get("name"), asking{Next: security, Link: v.me.ID})
}

func unlinkIdentity(v *visit) error {
	if _, err := web.ReadForm(v.r); err != nil {
		return err
	}
	if !v.fresh() {
		return v.again()
	}
	if err := v.Helpdesk.UnlinkIdentity(v.r.Context(), v.me, chi.URLParam(v.r, "id")); err != nil {
		return err
	}
	v.say(v.printer.T("security.identity.unlinked"))
	return v.redirect(security)
}

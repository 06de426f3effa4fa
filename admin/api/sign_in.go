package api

import (
	"context"
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"postdesk/core"
	"postdesk/templates"
)

type contextKey int

const (
	personKey contextKey = iota
	languagesKey
)

// signIn finds the person of the token (RFC 6750 2.1); without one that works nothing is answered but 401.
func (a *api) signIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := withLanguages(r.Context(), r)
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			a.write(w, r, errNoToken)
			return
		}
		p, err := a.Helpdesk.PersonOfToken(ctx, strings.TrimSpace(token))
		switch {
		case core.CodeOf(err) == core.NotFound:
			a.write(w, r, errNoToken)
		case err != nil:
			a.write(w, r, err)
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, personKey, p)))
		}
	})
}

// personOf is who the request acts as; behind signIn there always is one.
func personOf(ctx context.Context) *core.Person {
	p, _ := ctx.Value(personKey).(*core.Person)
	return p
}

// actor is that person as the operations want it.
func actor(ctx context.Context) core.Actor {
	return core.Actor{Person: personOf(ctx), Via: core.ViaAPI, Level: core.SignedIn}
}

func withLanguages(ctx context.Context, r *http.Request) context.Context {
	return context.WithValue(ctx, languagesKey, r.Header.Get("Accept-Language"))
}

// languages are what Accept-Language is matched with; the first is the fallback.
var (
	languages = []core.Language{core.English, core.Spanish}
	matcher   = language.NewMatcher([]language.Tag{language.English, language.Spanish})
)

// printer speaks the person's own language, else what Accept-Language asks for (RFC 9110 12.5.4).
func (a *api) printer(ctx context.Context) templates.Printer {
	if p := personOf(ctx); p != nil && p.Language != "" {
		return a.Locales.For(p.Language)
	}
	accept, _ := ctx.Value(languagesKey).(string)
	_, i := language.MatchStrings(matcher, accept)
	return a.Locales.For(languages[i])
}

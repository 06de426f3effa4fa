package web

import (
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// A session ends after idleTime without a request, and lifetime after sign-in whatever happens.
const (
	idleTime = 8 * time.Hour
	lifetime = 12 * time.Hour
)

// NewSessions keeps sessions in the store, under the hash of what the cookie says. Where the desk is reached by https the
// cookie is bound to the host and never sent in clear.
func NewSessions(store scs.Store, secure bool) *scs.SessionManager {
	s := scs.New()
	s.Store, s.HashTokenInStore = store, true
	s.IdleTimeout, s.Lifetime = idleTime, lifetime
	s.Cookie.Name, s.Cookie.Path = "desk", "/"
	if secure {
		s.Cookie.Name, s.Cookie.Secure = "__Host-desk", true
	}
	s.Cookie.HttpOnly, s.Cookie.SameSite = true, http.SameSiteLaxMode
	return s
}

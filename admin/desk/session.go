package desk

import (
	"context"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// sessionStore keeps sessions with whose they are and where they come from, as their owners see them. What was ended
// while one of its requests was answered stays ended: only a session that the request did not come with is added.
type sessionStore struct {
	help *helpdesk.Helpdesk
	now  func() time.Time
}

// arrival is what a request tells of the browser it comes from. It stands in the context before the session is read.
type arrival struct {
	address, browser string
	key              string // under which the session that it came with is kept; "" = it came with none
}

type arrivalKey struct{}

func arrived(ctx context.Context) *arrival {
	if a, ok := ctx.Value(arrivalKey{}).(*arrival); ok {
		return a
	}
	return &arrival{}
}

// maxBrowser is how much of what a browser calls itself is kept, in bytes.
const maxBrowser = 300

// noteArrival stands before the session.
func noteArrival(proxies web.Proxies) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := &arrival{address: proxies.ClientAddress(r).String(), browser: plainASCII(r.UserAgent(), maxBrowser)}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), arrivalKey{}, a)))
		})
	}
}

// plainASCII is the beginning of a header without what it must not hold (RFC 9110 section 5.5).
func plainASCII(s string, most int) string {
	out := make([]byte, 0, min(len(s), most))
	for i := 0; i < len(s) && len(out) < most; i++ {
		if s[i] >= ' ' && s[i] < 0x7f {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// FindCtx gives what a session holds.
func (s sessionStore) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	data, ok, err := s.help.FindSession(ctx, key, s.now())
	if ok {
		arrived(ctx).key = key
	}
	return data, ok, err
}

// CommitCtx writes a session.
func (s sessionStore) CommitCtx(ctx context.Context, key string, data []byte, expires time.Time) error {
	from := arrived(ctx)
	saved := core.SavedSession{Key: key, Data: data, Expires: expires, Person: personOf(data), Address: from.address, Browser: from.browser}
	if from.key == key {
		return s.help.SaveSession(ctx, saved, s.now())
	}
	if err := s.help.AddSession(ctx, saved, s.now()); err != nil {
		return err
	}
	from.key = key
	return nil
}

// DeleteCtx ends a session.
func (s sessionStore) DeleteCtx(ctx context.Context, key string) error {
	return s.help.DropSession(ctx, key)
}

// Find is FindCtx where there is no request.
func (s sessionStore) Find(key string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), key)
}

// Commit is CommitCtx where there is no request.
func (s sessionStore) Commit(key string, data []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), key, data, expires)
}

// Delete is DeleteCtx where there is no request.
func (s sessionStore) Delete(key string) error { return s.DeleteCtx(context.Background(), key) }

// personOf tells who is signed in by a session, from its contents as they are stored; 0 = nobody.
func personOf(data []byte) core.PersonID {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return 0
	}
	id, _ := values[keyPerson].(int64)
	return core.PersonID(id)
}

// languageCookie remembers the language that was chosen with ?lang=, for visitors who are not signed in too.
const (
	languageCookie = "desk-language"
	languageLife   = 365 * 24 * time.Hour
)

func (v *visit) keepLanguage(l core.Language) {
	http.SetCookie(v.w, &http.Cookie{Name: languageCookie, Value: string(l), Path: "/", MaxAge: int(languageLife.Seconds()),
		Secure: v.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// dropLanguage forgets that choice.
func (v *visit) dropLanguage() {
	http.SetCookie(v.w, &http.Cookie{Name: languageCookie, Path: "/", MaxAge: -1, Secure: v.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// keptLanguage is "" where none was chosen.
func (v *visit) keptLanguage() core.Language {
	c, err := v.r.Cookie(languageCookie)
	if err != nil || c.Value != string(core.English) && c.Value != string(core.Spanish) {
		return ""
	}
	return core.Language(c.Value)
}

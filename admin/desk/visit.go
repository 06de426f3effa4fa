package desk

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/text/language"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/templates"
)

// What a session holds.
const (
	keyPerson   = "person"
	keySignedIn = "signed_in" // when, in seconds since 1970
	keySecond   = "second"    // whose second factor is asked for
	keyProvider = "provider"  // what a provider was asked
	keySaid     = "said"
	keyUploads  = "uploads"
)

// visit is one request: who makes it, in which language and time zone it is answered.
type visit struct {
	*desk
	w       http.ResponseWriter
	r       *http.Request
	me      *core.Person // nil = nobody is signed in
	dir     *core.Directory
	printer templates.Printer
	now     time.Time
}

// visit finds out who comes. The visit can be answered even where there is an error.
func (d *desk) visit(w http.ResponseWriter, r *http.Request) (*visit, error) {
	if _, live := r.Context().Value(peekedKey{}).(peeked); r.Method == http.MethodGet && !live { // a stream outlives any picture
		r = r.WithContext(helpdesk.OnePicture(r.Context()))
	}
	v := &visit{desk: d, w: w, r: r, now: d.Now(), dir: &core.Directory{}, printer: d.Locales.For(core.English)}
	dir, err := d.Helpdesk.Directory(r.Context())
	if err != nil {
		return v, err
	}
	v.dir = dir
	if id := d.sessions.GetInt64(r.Context(), keyPerson); id != 0 {
		v.me, err = d.Helpdesk.SignedInPerson(r.Context(), core.PersonID(id))
		if core.CodeOf(err) == core.NotFound { // disabled since: the session ends here
			v.me, err = nil, d.sessions.Destroy(r.Context())
		}
	}
	v.printer = d.Locales.For(v.language())
	if zone, zoneErr := time.LoadLocation(dir.Desk.Timezone); zoneErr == nil {
		v.printer = v.printer.In(zone)
	}
	return v, err
}

// zone is the desk's time zone, in which people read and write times.
func (v *visit) zone() *time.Location {
	if zone, err := time.LoadLocation(v.dir.Desk.Timezone); err == nil {
		return zone
	}
	return time.UTC
}

// language is the one asked for by ?lang= now or before in this browser, the person's own, the browser's, the desk's.
func (v *visit) language() core.Language {
	if asked := core.Language(v.r.URL.Query().Get("lang")); asked == core.English || asked == core.Spanish {
		v.keepLanguage(asked)
		return asked
	}
	if kept := v.keptLanguage(); kept != "" {
		return kept
	}
	if v.me != nil && v.me.Language != "" {
		return v.me.Language
	}
	fallback := core.English
	if len(v.dir.Desk.Languages) > 0 {
		fallback = v.dir.Desk.Languages[0]
	}
	tags, _, err := language.ParseAcceptLanguage(v.r.Header.Get("Accept-Language"))
	if err != nil {
		return fallback
	}
	for _, tag := range tags {
		switch base, _ := tag.Base(); base.String() {
		case "en":
			return core.English
		case "es":
			return core.Spanish
		}
	}
	return fallback
}

// frame is the frame of a page that is found at the address, a path with its query.
func (v *visit) frame(title, address string) web.Frame {
	f := web.Frame{Printer: v.printer, Nonce: web.Nonce(v.r.Context()), Title: title, Desk: v.dir.Desk.Name, Me: v.me, Now: v.now, Path: address}
	if said := v.sessions.PopString(v.r.Context(), keySaid); said != "" {
		f.Said = strings.Split(said, "\n")
	}
	f.Held, f.Areas, f.Unsent = v.heldCount(), v.areas(), v.unsentCount()
	path, query, _ := strings.Cut(address, "?")
	values, _ := url.ParseQuery(query) // our own
	for _, l := range []core.Language{core.English, core.Spanish} {
		values.Set("lang", string(l))
		f.Links = append(f.Links, web.LanguageLink{Language: l, Href: path + "?" + values.Encode(), Current: l == v.printer.Language()})
	}
	return f
}

// heldMost is up to how many held mails are counted.
const heldMost = 100

// heldCount is how many mails wait for the reader's decision, in words; "" for those who sort none. A page does without
// it where the database fails.
func (v *visit) heldCount() string {
	if v.me == nil {
		return ""
	}
	n, team, err := v.Helpdesk.QuarantineCount(v.r.Context(), v.me, heldMost)
	switch {
	case err != nil:
		v.Log.WarnContext(v.r.Context(), "held mail not counted", "error", err)
		return ""
	case !team:
		return ""
	case n == heldMost:
		return v.printer.Number(heldMost-1) + "+"
	}
	return v.printer.Number(int64(n))
}

// say keeps a sentence for the page that comes next.
func (v *visit) say(sentence string) {
	if before := v.sessions.GetString(v.r.Context(), keySaid); before != "" {
		sentence = before + "\n" + sentence
	}
	v.sessions.Put(v.r.Context(), keySaid, sentence)
}

func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

func (v *visit) redirectToLogin() error {
	next := home
	if v.r.Method == http.MethodGet {
		next = v.r.URL.RequestURI()
	}
	return v.redirect("/login?" + url.Values{"next": {next}}.Encode())
}

// actor is the signed-in person, acting through the desk.
func (v *visit) actor() core.Actor {
	return core.Actor{Person: v.me, Via: core.ViaDesk, Level: core.SignedIn}
}

// number is the ticket of the address; what is no number is a ticket that nobody can see.
func (v *visit) number() (core.Number, error) {
	n, err := strconv.ParseInt(chi.URLParam(v.r, "number"), 10, 64)
	if err != nil || n <= 0 {
		return 0, core.Refuse(core.NotFound, "error.not_found")
	}
	return core.Number(n), nil
}

func ticketPath(n core.Number) string { return home + "/" + strconv.FormatInt(int64(n), 10) }

// keep puts a value into the session as JSON.
func (v *visit) keep(key string, value any) error {
	b, err := json.Marshal(value)
	if err == nil {
		v.sessions.Put(v.r.Context(), key, b)
	}
	return err
}

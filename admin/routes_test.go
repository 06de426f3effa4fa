package admin

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

type row struct{ method, pattern, who string }

func rows(t *testing.T) []row {
	t.Helper()
	var all []row
	for _, line := range strings.Split(table, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 || !slices.Contains([]string{"anyone", "token", "session"}, f[2]) {
			t.Fatalf("the table has the line %q", line)
		}
		all = append(all, row{f[0], f[1], f[2]})
	}
	return all
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// target is an address that fits the pattern.
func (r row) target() string {
	return strings.TrimSuffix(parameter.ReplaceAllString(r.pattern, "1001"), "*")
}

func TestTableIsWhatIsMounted(t *testing.T) {
	t.Parallel()
	var stated, mounted []string
	for _, r := range rows(t) {
		stated = append(stated, r.method+" "+r.pattern)
	}
	err := chi.Walk(newEdge(t, nil).handler.(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		mounted = append(mounted, method+" "+pattern)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(stated)
	slices.Sort(mounted)
	for _, r := range mounted {
		if !slices.Contains(stated, r) {
			t.Errorf("%s is mounted and not in the table", r)
		}
	}
	for _, r := range stated {
		if !slices.Contains(mounted, r) {
			t.Errorf("%s is in the table and not mounted", r)
		}
	}
	if len(slices.Compact(stated)) != len(rows(t)) {
		t.Error("the table has a line twice")
	}
}

// Nobody gets past a door without its key, and nothing behind it is told.
func TestDoorsAreShutWithoutAKey(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	for _, r := range rows(t) {
		w := e.serve(r.method, r.target())
		switch r.who {
		case "token":
			if w.Code != http.StatusUnauthorized {
				t.Errorf("%s %s without a token: %d", r.method, r.target(), w.Code)
			}
			if w := e.serve(r.method, r.target(), "Authorization", "Bearer pd_WRONG"); w.Code != http.StatusUnauthorized {
				t.Errorf("%s %s with a wrong token: %d", r.method, r.target(), w.Code)
			}
		case "session":
			if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/login") {
				t.Errorf("%s %s without a session: %d to %q", r.method, r.target(), w.Code, w.Header().Get("Location"))
			}
		case "anyone":
			if w.Code == http.StatusUnauthorized || w.Code >= 500 {
				t.Errorf("%s %s: %d", r.method, r.target(), w.Code)
			}
		}
	}
}

// Reading changes nothing: no GET of the API writes to the desk's tables (no change by GET, which browsers send
// from anywhere).
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	var tables []string
	if err := e.Store.Pool().QueryRow(t.Context(), "select array_agg(tablename::text order by 1) from pg_tables where schemaname = 'public'").Scan(&tables); err != nil || len(tables) < 20 {
		t.Fatalf("%d tables: %v", len(tables), err)
	}
	state := func() map[string]string {
		digests := map[string]string{}
		for _, name := range tables {
			var digest string
			err := e.Store.Pool().QueryRow(t.Context(), fmt.Sprintf("select coalesce(md5(string_agg(x::text, '' order by x::text)), '') from %q x", name)).Scan(&digest)
			if err != nil {
				t.Fatal(err)
			}
			digests[name] = digest
		}
		return digests
	}
	err := e.desk.Do(t.Context(), core.Actor{Person: e.People["ben"], Via: core.ViaAPI, Level: core.SignedIn}, func(a *helpdesk.Act) error {
		_, err := a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: e.Printers, Subject: "Paper jam", Text: "x"}) // 1001
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	mia, root := e.bearer(t, "mia"), e.bearer(t, "root")
	for _, token := range []string{mia, root} { // that a token is in use is noted, once in a while
		e.serve(http.MethodGet, "/api/v1/me", "Authorization", token)
	}
	before := state()
	for _, r := range rows(t) {
		if r.method == http.MethodGet && r.who != "session" {
			e.serve(r.method, r.target(), "Authorization", mia)
			e.serve(r.method, r.target(), "Authorization", root)
		}
	}
	for name, digest := range state() {
		if digest != before[name] {
			t.Errorf("a GET changed the table %s", name)
		}
	}
}

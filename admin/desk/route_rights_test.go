package desk_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"

	"postdesk/core"
)

// Answers that are no statuses.
const (
	// outdated is the answer to who may do it, but on a page that is not the present one any more, or where it is not
	// possible now: they are refused neither sight nor right, and nothing changes.
	outdated = -1
	atDoor   = -2 // to the sign-in page
)

// attempt is one address, with a form unless it is read, and what the matrix says each of the cast gets.
type attempt struct {
	path   string
	form   []string
	upload bool
	want   func(p *player) int
	old    []string                            // the form as an outdated page sends it; nil = it stays
	by     []*player                           // who tries it; nil = everybody
	fresh  func() (path string, form []string) // an object of their own for those who may change it; nil = the same does
}

// everybody gets the same.
func everybody(status int) func(*player) int { return func(*player) int { return status } }

// entries say of each route of the desk who gets what. A route that is not here fails the test.
func (c *cast) entries() map[string]func() []attempt {
	all := map[string]func() []attempt{}
	for _, part := range []map[string]func() []attempt{c.openEntries(), c.ownEntries(), c.ticketEntries(), c.changeEntries(), c.articleEntries(), c.otherEntries(), c.profileEntries()} {
		for route, entry := range part {
			all[route] = entry
		}
	}
	return all
}

// mounted are the routes of the desk. Those of the API are proven beside the operations, health pages are for anybody.
func (w *world) mounted(t *testing.T) (routes []string) {
	t.Helper()
	err := chi.Walk(w.routes, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !strings.HasPrefix(pattern, "/api/") && !slices.Contains([]string{"/healthz", "/readyz", "/metrics", "/static/*"}, pattern) {
			routes = append(routes, method+" "+pattern)
		}
		return nil
	})
	if err != nil || len(routes) < 60 {
		t.Fatalf("%d routes: %v", len(routes), err)
	}
	slices.Sort(routes)
	return routes
}

// Every route, as everybody, on every kind of object: 200, 403 and 404 as the matrix says. What is refused changes nothing,
// and what is read changes nothing.
func TestEveryRouteObeysTheMatrix(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	entries, routes := c.entries(), c.mounted(t)
	for route := range entries {
		if !slices.Contains(routes, route) {
			t.Errorf("%s has an entry, and is not mounted", route)
		}
	}
	for _, place := range []string{"Stacks", "Shelf", "Annex"} {
		states := []string{"open", "given", "resolved", "closed", "spam", "merged"}
		switch place {
		case "Shelf":
			states = []string{"open", "given"}
		case "Annex":
			states = []string{"open"}
		}
		for _, state := range states {
			c.tickets = append(c.tickets, c.ticket(place, state))
		}
	}
	tried := map[int]int{}
	slices.SortStableFunc(routes, func(a, b string) int { // readings first, while everything is as it was built
		return strings.Compare(method(a), method(b))
	})
	built := map[string][]attempt{}
	for _, route := range routes {
		if entries[route] == nil {
			t.Errorf("%s is mounted, and nothing says who may: give it an entry", route)
			continue
		}
		if method(route) == http.MethodGet {
			built[route] = entries[route]()
		}
	}
	before := c.state("sessions") // which say when somebody was last here
	read := false
	for _, route := range routes {
		if entries[route] == nil {
			continue
		}
		if method(route) == http.MethodGet {
			for _, a := range built[route] {
				c.try(t, route, a, players, tried)
			}
			continue
		}
		if !read {
			c.unchanged(t, "reading", before, "sessions")
			read = true
		}
		list := entries[route]()
		was := c.state("sessions", "draft", "draft_file") // what one typed is kept, though it was refused
		for _, a := range list {
			c.try(t, route, a, those(a, false), tried)
		}
		c.unchanged(t, route+", refused,", was, "sessions", "draft", "draft_file")
		for _, a := range list {
			c.try(t, route, a, those(a, true), tried)
		}
	}
	for status, least := range map[int]int{200: 500, 303: 100, 403: 200, 404: 1000, outdated: 300, atDoor: 100} {
		if tried[status] < least {
			t.Errorf("only %d tries whose answer is %d", tried[status], status)
		}
	}
	t.Logf("%d routes, tries by answer: %v", len(routes), tried)
}

func method(route string) string {
	m, _, _ := strings.Cut(route, " ")
	return m
}

// those are who may do it, or who may not.
func those(a attempt, may bool) []*player {
	return slices.DeleteFunc(slices.Clone(players), func(p *player) bool {
		want := a.want(p)
		return (p.name != "nobody" && want >= 200 && want < 400) != may
	})
}

// try sends an attempt as each of some of the cast, several at once.
func (c *cast) try(t *testing.T, route string, a attempt, as []*player, tried map[int]int) {
	var wait sync.WaitGroup
	for _, p := range as {
		want, path, form := a.want(p), a.path, a.form
		if p.name == "nobody" {
			want = nobodyToo(route)
		}
		if a.by != nil && !slices.Contains(a.by, p) {
			continue
		}
		if want == outdated && a.old != nil {
			form = a.old
		}
		if a.fresh != nil && method(route) != http.MethodGet && want >= 200 && want < 400 {
			path, form = a.fresh()
		}
		tried[want]++
		wait.Go(func() {
			got := c.ask(c.browsers[p.name], method(route), path, form, a.upload)
			login := strings.HasPrefix(got.to, "/login")
			switch {
			case want == atDoor && got.status == http.StatusSeeOther && login:
			case want == outdated && slices.Contains([]int{http.StatusConflict, http.StatusUnprocessableEntity}, got.status):
			case want == got.status && (!login || openRoutes[route] != 0):
			default:
				t.Errorf("%s (%s %v): %s gets %d %s, want %d", route, path, form, p.name, got.status, got.to, want)
			}
		})
	}
	wait.Wait()
}

// nobodyToo is what a route answers to who is not signed in, where it does not ask for that.
func nobodyToo(route string) int {
	if status := openRoutes[route]; status != 0 {
		return status
	}
	return atDoor
}

// on makes an attempt for each ticket of the cast.
func (c *cast) on(suffix func(k *played) string, want func(p *player, k *played) int) (list []attempt) {
	for _, k := range c.tickets {
		list = append(list, attempt{path: at(k.number) + suffix(k), want: func(p *player) int { return want(p, k) }})
	}
	return list
}

// seen is the answer about a ticket to who sees it.
func (c *cast) seen(status int) func(*player, *played) int {
	return func(p *player, k *played) int {
		if len(c.matrix.columns(p, k)) == 0 {
			return http.StatusNotFound
		}
		return status
	}
}

// shown is the answer about something on a ticket that one has to have the row for.
func (c *cast) shown(row core.Permission) func(*player, *played) int {
	return func(p *player, k *played) int {
		if !c.matrix.has(c.matrix.columns(p, k), row) {
			return http.StatusNotFound
		}
		return http.StatusOK
	}
}

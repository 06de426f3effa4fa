package desk_test

import (
	"net/http"
	"strconv"
)

// profileEntries are what everybody sets for themselves; nobody else's tokens and addresses are there to end.
func (c *cast) profileEntries() map[string]func() []attempt {
	own := func(path string, status int, form ...string) func() []attempt {
		return func() []attempt { return []attempt{{path: path, form: form, want: everybody(status)}} }
	}
	return map[string]func() []attempt{
		"GET /me":              own("/me", http.StatusOK),
		"POST /me/language":    own("/me/language", http.StatusSeeOther, "language", "en"),
		"POST /me/notices":     own("/me/notices", http.StatusBadRequest, "reason", "none"),
		"POST /me/absence":     own("/me/absence", outdated, "from", "2035-01-01T10:00", "until", "2035-01-02T10:00", "delegate", "nobody@else.test"),
		"POST /me/absence/end": own("/me/absence/end", outdated),
		"POST /me/addresses": func() []attempt { // one alone, for an address is asked only so often; whose it is nobody is told
			return []attempt{{path: "/me/addresses", form: []string{"address", "mia@city.test"}, want: everybody(http.StatusSeeOther), by: named("stranger")}}
		},
		"POST /me/addresses/drop": own("/me/addresses/drop", http.StatusNotFound, "address", "sol@city.test"),
		"POST /me/tokens":         own("/me/tokens", http.StatusOK, "name", "report"),
		"POST /me/tokens/{id}/revoke": func() []attempt {
			if _, err := c.help.CreateAPIToken(c.t.Context(), "mia@city.test", "hers"); err != nil {
				c.t.Fatal(err)
			}
			id := c.id("select id from api_token where person_id = $1", c.People["mia"].ID)
			return own("/me/tokens/"+strconv.FormatInt(id, 10)+"/revoke", http.StatusNotFound)()
		},
	}
}

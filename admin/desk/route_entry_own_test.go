package desk_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// openRoutes ask for nobody signed in, with what they answer to nobody.
var openRoutes = map[string]int{
	"GET /": http.StatusSeeOther, "GET /login": http.StatusOK, "POST /login": http.StatusForbidden, "GET /login/link": http.StatusOK, "POST /login/link": http.StatusForbidden,
	"GET /login/second": http.StatusSeeOther, "POST /login/second": http.StatusSeeOther, "POST /login/provider": http.StatusNotFound,
	"GET /login/provider/answer": http.StatusForbidden, "POST /logout": http.StatusSeeOther,
}

// openEntries are the ways in, which nobody needs a right for, and which give nothing to who knows no secret.
func (c *cast) openEntries() map[string]func() []attempt {
	forms := map[string][]string{"POST /login": {"email", "ms@cast.test", "password", "wrong horse battery"}, "POST /login/link": {"token", "wrong"},
		"POST /login/second": {"code", "000000"}, "POST /login/provider": {"name", "none"}}
	all := map[string]func() []attempt{}
	for route, status := range openRoutes {
		_, path, _ := strings.Cut(route, " ")
		all[route] = func() []attempt {
			a := attempt{path: path, form: forms[route], want: everybody(status), by: named("nobody")}
			if route == "GET /" {
				a.by = nil
			}
			return []attempt{a}
		}
	}
	return all
}

// ownEntries are what everybody has who is signed in: their own lists, drafts and ways in, and nobody else's.
func (c *cast) ownEntries() map[string]func() []attempt {
	own := func(path string, status int, form ...string) func() []attempt {
		return func() []attempt { return []attempt{{path: path, form: form, want: everybody(status)}} }
	}
	guesses := func(path string, form ...string) func() []attempt { // one alone, for guesses are counted
		return func() []attempt {
			return []attempt{{path: path, form: form, want: everybody(outdated), by: named("stranger")}}
		}
	}
	const security = "/me/security"
	return map[string]func() []attempt{
		"GET " + home:                         own(home+"?status=all", http.StatusOK),
		"GET " + home + "/live":               own(home+"/live", http.StatusOK),
		"GET " + home + "/find":               own(home+"/find?q=book", http.StatusOK),
		"GET " + home + "/people":             own(home+"/people?q=s", http.StatusOK),
		"GET " + home + "/new":                own(home+"/new", http.StatusOK),
		"GET " + home + "/new/knowledge":      own(home+"/new/knowledge?q=shelving", http.StatusOK),
		"GET " + home + "/drafts":             own(home+"/drafts", http.StatusOK),
		"GET /approvals":                      own("/approvals", http.StatusOK),
		"GET " + security:                     own(security, http.StatusOK),
		"POST " + home + "/new/draft":         own(home+"/new/draft", http.StatusNoContent, "subject", "A shelf", "text", "It is bent."),
		"POST " + home + "/new/draft/discard": own(home+"/new/draft/discard", http.StatusSeeOther),
		// Each throws away what they write themselves: a ticket that they do not see has nothing of theirs.
		"POST " + home + "/drafts": func() []attempt {
			n := strconv.FormatInt(int64(c.tickets[0].number), 10)
			return []attempt{{path: home + "/drafts", form: []string{"ticket", n, "kind", "reply"}, want: everybody(http.StatusSeeOther)}}
		},
		"POST " + security + "/password":             guesses(security+"/password", "current", "wrong horse", "password", "another horse battery"),
		"POST " + security + "/second-factor/{what}": guesses(security+"/second-factor/confirm", "code", "000000"),
		"POST " + security + "/identities/link":      own(security+"/identities/link", http.StatusNotFound, "name", "none"),
		"POST " + security + "/sessions/end":         own(security+"/sessions/end", http.StatusSeeOther),
		"POST " + security + "/sessions/{id}/end": func() []attempt {
			return own(security+"/sessions/"+c.word("select id::text from sessions where person_id = $1", c.People["mia"].ID)+"/end", http.StatusNotFound)()
		},
		"POST " + security + "/identities/{id}/unlink": func() []attempt {
			id := c.word("insert into identity (issuer, subject, person_id, linked_at) values ('https://login.test', 'mia', $1, now()) returning id::text", c.People["mia"].ID)
			return own(security+"/identities/"+id+"/unlink", http.StatusNotFound)()
		},
	}
}

// castReader reads held mail as text, and mail that waits for a confirmation as one that resolves the ticket.
type castReader struct{ resolver }

func (castReader) ReadContent(ctx context.Context, r io.Reader) (helpdesk.MailContent, error) {
	return plainReader{}.ReadContent(ctx, r)
}

// mailIn holds a mail for the team of a place.
func (c *cast) mailIn(place string) string {
	path := c.held(c.t, "Kim <kim@else.test>", "Lost", "A book is lost.", unknownSender)
	c.exec(c.t, "update inbound set service_id = $1 where id = $2::text::bigint", c.services[place], path[strings.LastIndex(path, "/")+1:])
	c.help.ReadMailWith(castReader{resolver{c.tickets[0].number}})
	return path
}

// confirmation is a mail in the requester's name that they are asked about.
func (c *cast) confirmation() string {
	path, _ := c.unproven(c.t, "rq", c.tickets[0].number)
	c.help.ReadMailWith(castReader{resolver{c.tickets[0].number}})
	return path[strings.Index(path, "/confirm/"):]
}

// otherEntries are opening, deciding, overseeing and sorting.
func (c *cast) otherEntries() map[string]func() []attempt {
	sorts := func(p *player, place string, status int) int {
		return asManaged(team(p.roles(place)), true, status)
	}
	held := func(suffix string, status int, form ...string) func() []attempt {
		return func() (list []attempt) {
			for _, place := range []string{"Stacks", "Annex"} {
				list = append(list, attempt{path: c.mailIn(place) + suffix, form: form, want: func(p *player) int {
					if suffix == "/accept" { // which opens a ticket in its sender's name
						return asManaged(team(p.roles(place)), c.matrix.has(p.roles(place), core.TicketCreateOnBehalf), status)
					}
					return sorts(p, place, status)
				},
					fresh: func() (string, []string) { return c.mailIn(place) + suffix, form }})
			}
			return list
		}
	}
	confirms := func(form ...string) func() []attempt {
		return func() []attempt {
			status := http.StatusOK
			if form != nil {
				status = http.StatusSeeOther
			}
			return []attempt{{path: c.confirmation(), form: form, want: func(p *player) int { return asManaged(p.name == "rq", true, status) }}}
		}
	}
	oversees := func(path string) func() []attempt { // E12: main solvers and managers answer for the numbers
		return func() []attempt {
			return []attempt{{path: path, want: func(p *player) int { return asManaged(true, p.column == "MS" || p.column == "MG", http.StatusOK) }}}
		}
	}
	return map[string]func() []attempt{
		"GET /reports":           oversees("/reports"),
		"GET /reports/table.csv": oversees("/reports/table.csv"),
		"GET /confirm/{id}":      confirms(),
		"POST /confirm/{id}":     confirms("answer", "not_mine"),
		"GET /quarantine": func() []attempt {
			return []attempt{{path: "/quarantine", want: func(p *player) int { return sorts(p, "Stacks", http.StatusOK) }}}
		},
		"GET /quarantine/{id}": held("", http.StatusOK),
		"POST /quarantine/{id}/{decision}": func() []attempt {
			return append(append(held("/attach", outdated, "number", "999999")(), held("/accept", http.StatusSeeOther)()...), held("/refuse", http.StatusSeeOther)()...)
		},
		"POST /approvals/{number:[0-9]+}": func() (list []attempt) {
			for _, k := range c.tickets {
				list = append(list, c.acts(k, "/approvals/%d", core.ActApprove, func(*played) []string { return []string{"verdict", "approve", "text", "Yes."} }))
			}
			return list
		},
		"POST " + home + "/new": func() (list []attempt) {
			for _, place := range places {
				path := map[string]string{"Shelf": "Stacks/Shelf", "Folder": "Stacks/Folder"}[place]
				if path == "" {
					path = place
				}
				opens := func(may bool) int {
					if place == "Folder" { // A31: nobody does
						return outdated
					}
					return asManaged(true, may, http.StatusSeeOther)
				}
				form := []string{"service", path, "subject", "A shelf", "text", "It is bent.", "category", "other"}
				list = append(list,
					attempt{path: home + "/new", form: form, upload: true, want: func(p *player) int {
						return opens(c.matrix.has(p.roles(place), core.TicketCreateForSelf))
					}},
					attempt{path: home + "/new", form: append(form[:len(form):len(form)], "on_behalf_of", "fellow@cast.test"), upload: true, want: func(p *player) int {
						return opens(c.matrix.has(p.roles(place), core.TicketCreateOnBehalf) || p.name == "fellow" && c.matrix.has(p.roles(place), core.TicketCreateForSelf))
					}})
			}
			return list
		},
	}
}

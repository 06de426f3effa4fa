package desk_test

import (
	"net/http"
	"slices"

	"postdesk/core"
)

// articleEntries are knowledge and news (A21–A26), templates (A27, A28).
func (c *cast) articleEntries() map[string]func() []attempt {
	all := map[string]func() []attempt{}
	for _, kind := range []core.ArticleKind{core.Knowledge, core.News} {
		c.articles(all, kind)
	}
	c.templates(all)
	return all
}

// somewhere tells whether somebody has the row in any place.
func (c *cast) somewhere(p *player, row core.Permission) bool {
	return slices.ContainsFunc(places, func(place string) bool { return c.matrix.has(p.roles(place), row) })
}

// asManaged is the answer about what some see and some of these change.
func asManaged(sees, manages bool, status int) int {
	switch {
	case !sees:
		return http.StatusNotFound
	case !manages:
		return http.StatusForbidden
	}
	return status
}

func (c *cast) articles(all map[string]func() []attempt, kind core.ArticleKind) {
	base, manage := "/"+string(kind), core.Permission(string(kind)+".manage")
	// each puts an article into each place, for the team and for requesters.
	each := func(suffix string, status int, form ...string) func() []attempt {
		return func() (list []attempt) {
			for _, place := range places {
				for row, open := range map[core.Permission]bool{core.Permission(string(kind) + ".view_for_team"): false, core.Permission(string(kind) + ".view_for_requesters"): true} {
					id := c.word(`insert into article (id, kind, service_id, title, text, language, for_requesters, created_at, updated_at)
						values (gen_random_uuid(), $1, $2, 'Shelving', 'By name.', 'en', $3, now(), now()) returning id::text`, kind, c.services[place], open)
					list = append(list, attempt{path: base + "/" + id + suffix, form: form, want: func(p *player) int {
						roles := p.roles(place)
						return asManaged(c.matrix.has(roles, row), suffix == "" || c.matrix.has(roles, manage), status)
					}})
				}
			}
			return list
		}
	}
	writes := func(p *player, status int) int { return asManaged(true, c.somewhere(p, manage), status) }
	all["GET "+base] = func() []attempt { return []attempt{{path: base, want: everybody(http.StatusOK)}} }
	all["GET "+base+"/new"] = func() []attempt {
		return []attempt{{path: base + "/new", want: func(p *player) int { return writes(p, http.StatusOK) }}}
	}
	all["POST "+base+"/preview"] = func() []attempt {
		return []attempt{{path: base + "/preview", form: []string{"text", "By name."}, want: func(p *player) int { return writes(p, http.StatusOK) }}}
	}
	all["POST "+base+"/new"] = func() (list []attempt) {
		for _, place := range places {
			path := map[string]string{"Shelf": "Stacks/Shelf", "Folder": "Stacks/Folder"}[place]
			if path == "" {
				path = place
			}
			list = append(list, attempt{path: base + "/new", form: []string{"service", path, "title", "Moving", "text", "By day.", "language", "en"}, want: func(p *player) int {
				return asManaged(true, c.matrix.has(p.roles(place), manage), http.StatusSeeOther)
			}})
		}
		return list
	}
	all["GET "+base+"/{id}"] = each("", http.StatusOK)
	all["GET "+base+"/{id}/edit"] = each("/edit", http.StatusOK)
	all["POST "+base+"/{id}/preview"] = each("/preview", http.StatusOK, "version", "1", "text", "By name.")
	all["POST "+base+"/{id}/edit"] = each("/edit", outdated, "version", "7", "title", "Other", "text", "By size.", "language", "en", "service", "Stacks")
	all["POST "+base+"/{id}/delete"] = each("/delete", outdated, "version", "7")
}

func (c *cast) templates(all map[string]func() []attempt) {
	const base = "/templates"
	kinds := []core.TemplateKind{core.ReplyTemplate, core.TicketTemplate}
	each := func(suffix string, status int, form ...string) func() []attempt {
		return func() (list []attempt) {
			for _, place := range places {
				for _, kind := range kinds {
					id := c.word(`insert into template (id, kind, service_id, title, text, language, created_at, updated_at)
						values (gen_random_uuid(), $1, $2, 'Card ' || gen_random_uuid(), 'x', 'en', now(), now()) returning id::text`, kind, c.services[place])
					list = append(list, attempt{path: base + "/" + id + suffix, form: form, want: func(p *player) int {
						roles := p.roles(place)
						return asManaged(c.matrix.has(roles, core.TemplateUse), len(form) == 0 || c.matrix.has(roles, core.TemplateManage), status)
					}})
				}
			}
			return list
		}
	}
	all["GET "+base] = func() []attempt {
		return []attempt{{path: base, want: func(p *player) int { return asManaged(c.somewhere(p, core.TemplateUse), true, http.StatusOK) }}}
	}
	all["GET "+base+"/next"] = func() []attempt { // reckons, and tells of nobody's
		return []attempt{{path: base + "/next?every=day&at=08:00&timezone=UTC", want: everybody(http.StatusOK)}}
	}
	all["GET "+base+"/new"] = func() []attempt {
		return []attempt{{path: base + "/new", want: func(p *player) int {
			return asManaged(c.somewhere(p, core.TemplateUse), c.somewhere(p, core.TemplateManage), http.StatusOK)
		}}}
	}
	all["POST "+base+"/new"] = func() (list []attempt) {
		for _, place := range []string{"Stacks", "Annex"} {
			for _, kind := range kinds {
				n := 0
				path := base + "/new?kind=" + string(kind)
				form := func() []string {
					n++
					return []string{"service", place, "title", "Card " + string(kind) + string(rune('A'+n)), "text", "x", "language", "en", "subject", "x"}
				}
				list = append(list, attempt{path: path, form: form(), fresh: func() (string, []string) { return path, form() }, want: func(p *player) int {
					return asManaged(true, c.matrix.has(p.roles(place), core.TemplateManage), http.StatusSeeOther)
				}})
			}
		}
		return list
	}
	all["GET "+base+"/{id}"] = each("", http.StatusOK)
	all["POST "+base+"/{id}"] = each("", outdated, "version", "7", "service", "Stacks", "title", "Other", "text", "y", "language", "en", "subject", "x")
	all["POST "+base+"/{id}/delete"] = each("/delete", outdated, "version", "7")
}

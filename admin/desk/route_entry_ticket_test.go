package desk_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"postdesk/core"
)

const home = "/dashboard/ithelpdesk"

const oneTicket = home + "/{number:[0-9]+}"

// ticketEntries are what is read of a ticket.
func (c *cast) ticketEntries() map[string]func() []attempt {
	whole, sees := c.shown(core.LogViewAll), c.seen(http.StatusOK)
	page := func(p *player, k *played) int {
		if status := sees(p, k); status != http.StatusOK || k.state != "merged" {
			return status
		}
		return http.StatusSeeOther // to what it became part of
	}
	under := func(suffix string, want func(*player, *played) int) func() []attempt {
		return func() []attempt { return c.on(func(*played) string { return suffix }, want) }
	}
	files := func(suffix string) func() []attempt {
		return func() []attempt {
			return append(c.on(func(k *played) string { return "/attachments/" + k.public + suffix }, c.shown(core.LogViewShownToRequester)),
				c.on(func(k *played) string { return "/attachments/" + k.note + suffix }, whole)...)
		}
	}
	mail := func(suffix string) func() []attempt {
		return func() []attempt {
			return c.on(func(k *played) string { return "/records/" + k.first + "/mail" + suffix }, whole)
		}
	}
	return map[string]func() []attempt{
		"GET " + oneTicket:                               under("", page),
		"GET " + oneTicket + "/live":                     under("/live", page),
		"GET " + oneTicket + "/came":                     under("/came", sees),
		"GET " + oneTicket + "/attachments/{id}":         files(""),
		"GET " + oneTicket + "/attachments/{id}/view":    files("/view"),
		"GET " + oneTicket + "/attachments.zip":          under("/attachments.zip", sees),
		"GET " + oneTicket + "/records/{id}/mail":        mail(""),
		"GET " + oneTicket + "/records/{id}/mail/source": mail("/source"),
		"GET " + oneTicket + "/records/{id}/mail.eml":    mail(".eml"),
		// Whoever sees the ticket may look which templates they have for it, which are none without the row; see TestReplyTemplatesAreForWhoUsesThem.
		"GET " + oneTicket + "/templates": under("/templates", sees),
		"GET " + home + "/events": func() []attempt {
			list := []attempt{{path: home + "/events", want: everybody(http.StatusOK)}}
			for _, k := range c.tickets {
				if k.state == "open" || k.state == "given" {
					list = append(list, attempt{path: home + "/events?ticket=" + strconv.FormatInt(int64(k.number), 10), want: func(p *player) int { return sees(p, k) }})
				}
			}
			return list
		},
	}
}

// sayings are what a form of each action says, besides the version.
func (c *cast) sayings(k *played) map[core.Action][]string {
	other := strconv.FormatInt(int64(c.tickets[0].number), 10)
	if k == c.tickets[0] {
		other = strconv.FormatInt(int64(c.tickets[1].number), 10)
	}
	return map[core.Action][]string{
		core.ActTake: nil, core.ActReturn: nil, core.ActReopen: nil, core.ActClose: nil, core.ActWithdraw: nil, core.ActSpam: nil, core.ActCancelAsk: nil,
		core.ActAssign:      {"solver", "s@cast.test"},
		core.ActStatus:      {"status", string(core.InProgress)},
		core.ActResolve:     {"text", "Done."},
		core.ActPriority:    {"priority", "high"},
		core.ActCategory:    {"category", "phone"},
		core.ActParticipant: {"add", "fellow@cast.test"},
		core.ActFollower:    {"add", "stranger@cast.test"},
		core.ActMove:        {"service", "Shelf"},
		core.ActEdit:        {"subject", "Another", "text", "It was lent."},
		core.ActDue:         {"target", "2035-01-01T10:00"},
		core.ActSplit:       {"record", k.first},
		core.ActLink:        {"number", other},
		core.ActParent:      {"number", other},
		core.ActMerge:       {"into", other},
		core.ActAsk:         {"approvers", "stranger@cast.test"},
		core.ActApprove:     {"text", "Yes."},
		core.ActReject:      {"text", "No."},
	}
}

// acting is the answer to who would act on a ticket. Of what is possible, the most is really done on open tickets of Stacks and
// by the exceptional solver; elsewhere an outdated page does for who may, and the tests of the operations do the rest.
func (c *cast) acting(p *player, k *played, action core.Action) int {
	switch {
	case len(c.matrix.columns(p, k)) == 0:
		return http.StatusNotFound
	case k.state == "merged": // a page of it is older than what it became part of
		return outdated
	case !c.matrix.may(p, k, action):
		return http.StatusForbidden
	case k.place == "Stacks" && (k.state == "open" || k.state == "given" && p.name == "es") && !slices.Contains(notNow, action):
		return http.StatusSeeOther
	}
	return outdated
}

// notNow are the actions that an open ticket which was never assigned has no use for, and those whose number or service would
// have to suit who acts.
var notNow = []core.Action{core.ActReturn, core.ActReopen, core.ActClose, core.ActMove, core.ActLink, core.ActParent, core.ActMerge}

// acts are the attempts at an action on a ticket.
func (c *cast) acts(k *played, path string, action core.Action, say func(k *played) []string) attempt {
	version := func(n int, k *played) []string { return append([]string{"version", strconv.Itoa(n)}, say(k)...) }
	return attempt{path: fmt.Sprintf(path, k.number), form: version(k.version, k), old: version(1, k),
		want: func(p *player) int { return c.acting(p, k, action) },
		fresh: func() (string, []string) {
			own := c.ticket(k.place, k.state)
			return fmt.Sprintf(path, own.number), version(own.version, own)
		}}
}

// changeEntries are what is done with tickets.
func (c *cast) changeEntries() map[string]func() []attempt {
	keeps := func(suffix string, status int, form ...string) func() []attempt {
		return func() []attempt {
			list := c.on(func(*played) string { return suffix }, c.seen(status))
			for i := range list {
				list[i].form = form
			}
			return list
		}
	}
	// A reply and a note, kept or sent.
	writes := func(suffix string, status int, upload bool) func() []attempt {
		return func() (list []attempt) {
			for _, k := range c.tickets {
				for _, kind := range []string{"reply", "note"} {
					form := []string{"as", kind, "text", "More."}
					var old []string
					if status == outdated {
						old = append(slices.Clone(form), "version", "1")
						form = append(form, "version", strconv.Itoa(k.version))
					}
					list = append(list, attempt{path: at(k.number) + suffix, form: form, old: old, upload: upload, want: func(p *player) int {
						columns := c.matrix.columns(p, k)
						switch {
						case len(columns) == 0:
							return http.StatusNotFound
						case kind == "reply" && status == outdated && k.state == "merged":
							return status
						case kind == "note" && !(c.matrix.has(columns, core.LogViewAll) && c.matrix.has(columns, core.LogCreate)),
							kind == "reply" && status == outdated && !c.matrix.may(p, k, core.ActRecord): // what is kept is no reply yet
							return http.StatusForbidden
						}
						return status
					}})
				}
			}
			return list
		}
	}
	return map[string]func() []attempt{
		"POST " + oneTicket + "/seen":        keeps("/seen", http.StatusOK, "unread", "no"),
		"POST " + oneTicket + "/presence":    keeps("/presence", http.StatusNoContent, "writing", "no"),
		"POST " + oneTicket + "/undo":        keeps("/undo", outdated, "id", "00000000-0000-0000-0000-000000000000"),
		"POST " + oneTicket + "/draft":       writes("/draft", http.StatusNoContent, false),
		"POST " + oneTicket + "/draft/files": c.draftFiles,
		"POST " + oneTicket + "/record":      writes("/record", outdated, true),
		"POST " + oneTicket + "/actions/{action}": func() (list []attempt) {
			for _, k := range c.tickets {
				for i, action := range core.Actions() {
					if action == core.ActRecord { // has its own route
						continue
					}
					if _, known := c.sayings(k)[action]; !known {
						c.t.Fatalf("nothing says what a form for %s says", action)
					}
					a := c.acts(k, home+"/%d/actions/"+string(action), action, func(k *played) []string { return c.sayings(k)[action] })
					if k.place != "Stacks" || k.state != "open" && k.state != "given" { // what follows from these takes turns
						a.by = inTurn(i + int(k.number))
					}
					list = append(list, a)
				}
			}
			return list
		},
		"POST " + home + "/actions/{action}": func() (list []attempt) {
			k := c.tickets[0]
			for _, action := range []core.Action{core.ActTake, core.ActAssign, core.ActStatus, core.ActPriority, core.ActCategory, core.ActResolve, core.ActClose} {
				form := c.sayings(k)[action]
				list = append(list, attempt{path: home + "/actions/" + string(action), form: append([]string{"ticket", fmt.Sprintf("%d.%d", k.number, k.version)}, form...),
					want: func(p *player) int {
						if action != core.ActClose && c.matrix.may(p, k, action) { // it is open: nobody closes it
							return http.StatusSeeOther
						}
						return http.StatusConflict // one page for all that are refused, with the reason of each
					},
					fresh: func() (string, []string) {
						own := c.ticket("Stacks", "open")
						return home + "/actions/" + string(action), append([]string{"ticket", fmt.Sprintf("%d.%d", own.number, own.version)}, form...)
					}})
			}
			return append(list, attempt{path: home + "/actions/merge", form: []string{"ticket", "1.1"}, want: everybody(http.StatusNotFound)})
		},
	}
}

func (c *cast) draftFiles() []attempt {
	list := c.changeEntries()["POST "+oneTicket+"/draft"]()
	for i := range list {
		list[i].path, list[i].form, list[i].upload = list[i].path+"/files", list[i].form[:2], true
		want := list[i].want
		list[i].want = func(p *player) int {
			if status := want(p); status != http.StatusNoContent {
				return status
			}
			return http.StatusOK
		}
	}
	return list
}

package desk

import (
	"net/http"
	"slices"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// pageSize is how many tickets a list shows before it goes on.
const pageSize = 50

// deskPage is home: tiles, pills and list, and beside them the ticket that is open, if one is.
type deskPage struct {
	web.Frame
	Tiles   []tile
	Pills   []pill
	Narrow  narrowing
	Choices helpdesk.ListChoices // of the filter menu
	Chips   []chip
	Rows    []row
	Older   string // address of the next page of the list; "" = the end
	Hint    string // what an empty list says: none narrowed queue
	Bulk    bool   // some can be chosen, to be acted on at once
	Failed  []failure
	Ticket  *ticketPage
}

type tile struct {
	Key     string
	Count   string
	Href    string
	Current bool
	Late    bool
}

type pill struct {
	Status  core.Status // "" = all that are open
	Count   string
	Href    string
	Current bool
}

func listTickets(v *visit) error { return v.deskPage(http.StatusOK, nil) }

// deskPage renders home with the list as the address narrows it, or what the browser does not have of it yet: the ticket
// (id detail), the list (id list), or what follows in it (id older).
func (v *visit) deskPage(status int, open *ticketPage) error {
	n := v.narrowing()
	if open != nil {
		open.Back = n.at(home)
		open.Frame = v.frame(v.ticketTitle(open.View), n.at(ticketPath(open.View.Number)))
		if open.Part = web.Wants(v.r, "detail"); open.Part {
			return v.pages.RenderPart(v.w, status, "desk", "part-ticket", open)
		}
	}
	return v.list(status, n, open, nil)
}

// list renders home with its list; failed are the tickets of it that could not be acted on.
func (v *visit) list(status int, n narrowing, open *ticketPage, failed []failure) error {
	list, err := v.Helpdesk.Tickets(v.r.Context(), v.me, n.filter())
	if err != nil {
		return err
	}
	p := deskPage{Ticket: open, Narrow: n, Failed: failed}
	if open != nil {
		p.Frame = open.Frame
	} else {
		p.Frame = v.frame(v.printer.T("desk.title"), n.at(home))
	}
	p.Query = n.query
	p.Rows = v.rows(n, list, open, failed)
	if list.Next != 0 {
		older := n
		older.page = list.Next
		p.Older = older.at(home)
	}
	if web.Wants(v.r, "older") {
		return v.pages.RenderPart(v.w, status, "desk", "rows", p)
	}
	if p.Choices, err = v.Helpdesk.ListChoices(v.r.Context(), v.me); err != nil {
		return err
	}
	p.Tiles, p.Pills, p.Chips = v.tiles(n, list), v.pills(n, list), v.chips(n)
	p.Bulk = slices.ContainsFunc(p.Rows, func(r row) bool { return r.Pick != "" })
	switch {
	case list.Counts.Total == 0 && !n.narrowed() && n.query == "":
		p.Hint = "none"
	case n.queue == "mine" && !n.narrowed():
		p.Hint = "queue"
	default:
		p.Hint = "narrowed"
	}
	if p.Part = web.Wants(v.r, "list"); p.Part {
		return v.pages.RenderPart(v.w, status, "desk", "part-list", p)
	}
	return v.pages.Render(v.w, status, "desk", p)
}

func (v *visit) ticketTitle(t core.View) string {
	return t.Subject + " · " + v.printer.T("desk.number", t.Number)
}

// tiles are those of C13 and D19, each a link to what it counts.
func (v *visit) tiles(n narrowing, list helpdesk.TicketList) []tile {
	make := func(key string, count int, status, queue string) tile {
		return tile{Key: key, Count: v.count(count, list.Counts.More), Href: n.with(status, queue).at(home), Current: n.status == status && n.queue == queue}
	}
	overdue := make("desk.tile.overdue", list.Counts.Overdue, "", "overdue")
	overdue.Late = list.Counts.Overdue > 0
	return []tile{
		make("desk.tile.total", list.Counts.Total, "all", ""),
		make("desk.tile.open", list.Counts.Open, "", ""),
		make("desk.tile.mine", list.Counts.Mine, "", "mine"),
		overdue,
	}
}

func (v *visit) pills(n narrowing, list helpdesk.TicketList) []pill {
	pills := []pill{{Count: v.count(list.Counts.Open, list.Counts.More), Href: n.with("", "").at(home), Current: n.status == "" && n.queue == ""}}
	for _, s := range core.Statuses() {
		pills = append(pills, pill{Status: s, Count: v.count(list.Counts.Statuses[s], list.Counts.More),
			Href: n.with(string(s), "").at(home), Current: n.status == string(s)})
	}
	return pills
}

// roundedFrom is the count that stands for itself and everything above where counts were rounded down.
const roundedFrom = 1000

func (v *visit) count(n int, rounded bool) string {
	s := v.printer.Number(int64(n))
	if rounded && n >= roundedFrom {
		s += "+"
	}
	return s
}

package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// pageSize is how many tickets a list shows before it goes on.
const pageSize = 50

// deskPage is home: tiles, pills and list, and beside them the ticket that is open, if one is.
type deskPage struct {
	web.Frame
	Tiles  []tile
	Pills  []pill
	Rows   []row
	Older  string // address of the next page of the list; "" = the end
	Hint   string // what an empty list says: none narrowed queue
	Ticket *ticketPage
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

type row struct {
	core.View
	Href    string
	Current bool
	Mine    bool // the reader is its solver
	Own     bool // the reader is its requester
}

// narrowing is what the address says about the list. It stays in the address of the ticket that is opened from it.
type narrowing struct {
	status string // "" = open ones, all, or a status
	queue  string
	query  string
	page   core.Number
}

func (v *visit) narrowing() narrowing {
	q := v.r.URL.Query()
	page, _ := strconv.ParseInt(q.Get("page"), 10, 64) // what is no page is the first
	return narrowing{status: q.Get("status"), queue: q.Get("queue"), query: q.Get("q"), page: core.Number(max(page, 0))}
}

// at is an address with the narrowing in its query.
func (n narrowing) at(path string) string {
	q := url.Values{}
	for key, value := range map[string]string{"status": n.status, "queue": n.queue, "q": n.query} {
		if value != "" {
			q.Set(key, value)
		}
	}
	if n.page > 0 {
		q.Set("page", strconv.FormatInt(int64(n.page), 10))
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (n narrowing) filter() helpdesk.ListFilter {
	f := helpdesk.ListFilter{Queue: n.queue, Query: n.query, Before: n.page, Limit: pageSize}
	switch n.status {
	case "all":
	case "":
		f.Statuses = slices.DeleteFunc(core.Statuses(), core.Status.Done)
	default:
		f.Statuses = []core.Status{core.Status(n.status)}
	}
	return f
}

func listTickets(v *visit) error { return v.deskPage(http.StatusOK, nil) }

// deskPage renders home with the list as the address narrows it, or what the browser does not have of it yet: the ticket
// (id detail), or the list (id list).
func (v *visit) deskPage(status int, open *ticketPage) error {
	n := v.narrowing()
	if open != nil {
		open.Back = n.at(home)
		open.Frame = v.frame(v.ticketTitle(open.View), n.at(ticketPath(open.View.Number)))
		if open.Part = web.Wants(v.r, "detail"); open.Part {
			return v.pages.RenderPart(v.w, status, "desk", "part-ticket", open)
		}
	}
	list, err := v.Helpdesk.Tickets(v.r.Context(), v.me, n.filter())
	if err != nil {
		return err
	}
	p := deskPage{Ticket: open}
	if open != nil {
		p.Frame = open.Frame
	} else {
		p.Frame = v.frame(v.printer.T("desk.title"), n.at(home))
	}
	p.Query = n.query
	p.Tiles, p.Pills = v.tiles(n, list), v.pills(n, list)
	for _, t := range list.Tickets {
		t.EachPerson(v.printer.Name)
		r := row{View: t, Href: n.at(ticketPath(t.Number)), Current: open != nil && open.View.Number == t.Number}
		r.Mine, r.Own = t.Solver != nil && t.Solver.Email == v.me.Email, t.Requester.Email == v.me.Email
		p.Rows = append(p.Rows, r)
	}
	if list.Next != 0 {
		older := n
		older.page = list.Next
		p.Older = older.at(home)
	}
	switch {
	case list.Counts.Total == 0 && n.query == "":
		p.Hint = "none"
	case n.queue == "mine":
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
	make := func(key string, count int, to narrowing) tile {
		to.query = n.query
		return tile{Key: key, Count: v.count(count, list.Counts.More), Href: to.at(home), Current: n.status == to.status && n.queue == to.queue}
	}
	overdue := make("desk.tile.overdue", list.Counts.Overdue, narrowing{queue: "overdue"})
	overdue.Late = list.Counts.Overdue > 0
	return []tile{
		make("desk.tile.total", list.Counts.Total, narrowing{status: "all"}),
		make("desk.tile.open", list.Counts.Open, narrowing{}),
		make("desk.tile.mine", list.Counts.Mine, narrowing{queue: "mine"}),
		overdue,
	}
}

func (v *visit) pills(n narrowing, list helpdesk.TicketList) []pill {
	pills := []pill{{Count: v.count(list.Counts.Open, list.Counts.More), Href: narrowing{query: n.query}.at(home), Current: n.status == "" && n.queue == ""}}
	for _, s := range core.Statuses() {
		pills = append(pills, pill{Status: s, Count: v.count(list.Counts.Statuses[s], list.Counts.More),
			Href: narrowing{status: string(s), query: n.query}.at(home), Current: n.status == string(s)})
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

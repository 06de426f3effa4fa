package desk

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// narrowing is what the address says about the list. It stays in the address of the ticket that is opened from it.
type narrowing struct {
	status   string // "" = open ones, all, or a status
	queue    string
	query    string
	page     core.Number
	Service  string
	Category string
	Priority string
	Solver   string
	Group    string
}

// fields are the parts of a narrowing that the filter menu sets, by their names in the address.
func (n *narrowing) fields() map[string]*string {
	return map[string]*string{"service": &n.Service, "category": &n.Category, "priority": &n.Priority, "solver": &n.Solver, "group": &n.Group}
}

// inOrder are those names as the chips stand.
var inOrder = []string{"service", "category", "priority", "solver", "group"}

func (v *visit) narrowing() narrowing {
	q := v.r.URL.Query()
	page, _ := strconv.ParseInt(q.Get("page"), 10, 64) // what is no page is the first
	n := narrowing{status: q.Get("status"), queue: q.Get("queue"), query: q.Get("q"), page: core.Number(max(page, 0))}
	for name, field := range n.fields() {
		*field = strings.TrimSpace(q.Get(name))
	}
	if q.Has("q") && strings.TrimSpace(n.query) == "" { // the search was cleared, which looked into all statuses
		n.query = ""
		if n.status == "all" && n.queue == "" {
			n.status = ""
		}
	}
	return n
}

// at is an address with the narrowing in its query.
func (n narrowing) at(path string) string {
	q := url.Values{}
	set := func(key, value string) {
		if value != "" {
			q.Set(key, value)
		}
	}
	set("status", n.status)
	set("queue", n.queue)
	set("q", n.query)
	for name, field := range n.fields() {
		set(name, *field)
	}
	if n.page > 0 {
		q.Set("page", strconv.FormatInt(int64(n.page), 10))
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// with is the first page of the same list in a status and queue.
func (n narrowing) with(status, queue string) narrowing {
	n.status, n.queue, n.page = status, queue, 0
	return n
}

// narrowed tells whether the filter menu leaves out anything.
func (n narrowing) narrowed() bool {
	for _, field := range n.fields() {
		if *field != "" {
			return true
		}
	}
	return false
}

// What the templates ask of it.

func (n narrowing) Status() string { return n.status }
func (n narrowing) Queue() string  { return n.queue }
func (n narrowing) Search() string { return n.query }

// Unsearched is the address of the list without what is searched for, which looked into all statuses.
func (n narrowing) Unsearched() string {
	n.query = ""
	if n.status == "all" {
		n.status = ""
	}
	return n.with(n.status, n.queue).at(home)
}

// Kept is what a new search keeps of the filter, by the names of fields.
func (n narrowing) Kept() map[string]string {
	kept := map[string]string{}
	for name, field := range n.fields() {
		if *field != "" {
			kept[name] = *field
		}
	}
	return kept
}

// Queues are those of the menu.
func (n narrowing) Queues(inside bool) []string {
	if inside {
		return []string{"mine", "unassigned", "overdue", "approval", "spam"}
	}
	return []string{"overdue", "approval"}
}

func (n narrowing) Categories() []core.Category { return core.Categories() }
func (n narrowing) Priorities() []core.Priority { return core.Priorities() }

// Live are the statuses that can be set.
func (n narrowing) Live() []core.Status {
	return slices.DeleteFunc(core.Statuses(), core.Status.Done)
}

func (n narrowing) filter() helpdesk.ListFilter {
	f := helpdesk.ListFilter{Queue: n.queue, Query: n.query, Before: n.page, Limit: pageSize, Words: true,
		Service: n.Service, Category: core.Category(n.Category), Priority: core.Priority(n.Priority), Solver: n.Solver, Group: n.Group}
	switch n.status {
	case "all":
	case "":
		if n.queue != "approval" { // a decision can be waited for whatever the status
			f.Statuses = slices.DeleteFunc(core.Statuses(), core.Status.Done)
		}
	default:
		f.Statuses = []core.Status{core.Status(n.status)}
	}
	return f
}

// chip is one thing that narrows the list, and the address without it.
type chip struct{ Name, Value, Href string }

func (v *visit) chips(n narrowing) []chip {
	var chips []chip
	add := func(name, value string, without narrowing) {
		without.page = 0
		chips = append(chips, chip{name, value, without.at(home)})
	}
	if slices.Contains([]string{"unassigned", "approval", "spam"}, n.queue) { // the others are tiles
		add(v.printer.T("desk.filter.queue"), v.printer.T("desk.queue."+n.queue), n.with(n.status, ""))
	}
	for _, name := range inOrder {
		value := *n.fields()[name]
		if value == "" {
			continue
		}
		without := n
		*without.fields()[name] = ""
		shown := value
		if name == "category" || name == "priority" {
			shown = v.printer.Word(name + "." + value)
		}
		add(v.printer.T("desk.field."+name), shown, without)
	}
	return chips
}

package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// The index knows a ticket's words once for each window of numbers (migrations 0011, 0015): a search asks for the newest
// window, then for more and more of them at a time, until it has as many tickets as it needs. So a word that stands in half
// of all tickets costs no more than a rare one. What is not closed stands in windows of its own, which few tickets share.

const (
	// Of a ticket's number, below its window: few tickets are not closed, and share larger ones.
	closedBits, liveBits = 14, 17
	windows              = 2048 // of each; what is beyond stands in the last one
	// stepWords is about how many words one look at the index asks for.
	stepWords = 256
	// markedServices is up to how many services are asked for in the index; whoever sees more finds enough without.
	markedServices = 64
	// fewTickets is up to how many tickets are looked at one by one rather than asked for in the index, whether the person
	// sees no more of them in some way or no more have the words.
	fewTickets = 300
)

func window(n core.Number, of state) int {
	if of == live {
		return windows + int(min(n>>liveBits, windows-1))
	}
	return int(min(n>>closedBits, windows-1))
}

// windowName is search_window of migration 0015.
func windowName(w int) string {
	return strings.Map(func(r rune) rune { return rune("bcdfghjklmnpqrst"[strings.IndexRune("0123456789abcdef", r)]) }, fmt.Sprintf("%03x", w))
}

// search is one that is ready to be asked.
type search struct {
	reads
	scope  Scope
	filter Filter
	terms  terms
	number core.Number // the ticket whose number was typed; 0 = none
	newest core.Number // of all tickets
	oldest core.Number
	// Whether the person sees some tickets in that way at all, and no more than fewTickets.
	view, own, joined some
	followed, later   bool
	rare              []core.Number // all that have the words, or nearly have them, where these are few; nil = there are more, or it was not asked
	rareLetters       []string
}

// some tells how many tickets there are.
type some struct{ any, few bool }

func someOf(n int) some { return some{n > 0, n <= fewTickets} }

func (r reads) search(ctx context.Context, s Scope, f Filter) (*search, error) {
	q := &search{reads: r, scope: s, filter: f}
	q.filter.Query = ""
	var err error
	if q.terms, err = r.terms(ctx, f.Query, textPrefix); err != nil {
		return nil, err
	}
	var viewed, own, joined int
	err = r.db.QueryRow(ctx, `select coalesce((select coalesce(merged_into, number) from ticket where number = $1), 0),
			coalesce((select max(number) from ticket), 0), coalesce((select min(number) from ticket), 0),
			(select count(*) from (select from ticket where service_id = any ($3) limit $4) t),
			(select count(*) from (select from ticket where requester_id = $2 limit $4) t),
			(select count(*) from (select from ticket_person where person_id = $2 and part = 'participant' and since is null limit $4) t),
			exists (select from ticket_person where person_id = $2 and part = 'follower'),
			exists (select from ticket_person where person_id = $2 and part = 'participant' and since is not null)`,
		numbered(f.Query), s.Person, q.narrow(s.View).services(), fewTickets+1).Scan(&q.number, &q.newest, &q.oldest, &viewed, &own, &joined, &q.followed, &q.later)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	q.view, q.own, q.joined = someOf(viewed), someOf(own), someOf(joined)
	if len(q.terms) > 0 {
		q.rareLetters, q.rare, err = q.ifFew(ctx)
	}
	return q, err
}

// ifFew asks the index for all tickets that have the words, whoever sees them, and tells with which letters. nil = there are
// more than fewTickets, or the person's tickets themselves are so few that they are looked at anyway.
func (q *search) ifFew(ctx context.Context) ([]string, []core.Number, error) {
	letters := shownLetters
	switch {
	case q.view.any && !q.view.few:
		letters = allLetters
	case q.own.few && q.joined.few:
		return nil, nil, nil
	}
	rows, err := q.db.Query(ctx, `select n.number from unnest($1::text[]) q,
		lateral (select s.number from ticket_search s where search_index(s.words) @@ q::tsquery offset 0) n limit $2`, slices.Concat(q.steps(way{letters: letters}, live), q.steps(way{letters: letters}, closed)), fewTickets+1)
	if err != nil {
		return nil, nil, fmt.Errorf("search: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[core.Number])
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("search: %w", err)
	case len(found) > fewTickets:
		return nil, nil, nil
	case found == nil:
		found = []core.Number{}
	}
	return letters, found, nil
}

// Those who read the whole log find all words in it, requesters what they are shown (migration 0011).
var allLetters, shownLetters = []string{"v", "z"}, []string{"v"}

// way is one of the ways in which somebody sees tickets (Scope), as a search follows it.
type way struct {
	sql     string   // the condition on ticket t, which is what counts
	letters []string // of the words they read
	marks   []string // any of which the index has for the tickets; none = for all
	walk    bool     // through the index; else the tickets are few, and looked at
}

// ways are those in which the person sees tickets.
func (q *search) ways(c *conditions) (list []way) {
	s, me := q.scope, c.arg(q.scope.Person)
	if q.view.any {
		for _, g := range []Grants{{Services: s.View.Services}, {PairServices: s.View.PairServices, PairGroups: s.View.PairGroups}} {
			if g = q.narrow(g); !g.Empty() {
				list = append(list, way{c.holds("t", g), allLetters, serviceMarks(g.services()), !q.view.few})
			}
		}
	}
	if sole := c.holds("t", q.narrow(s.Sole)); sole != "" {
		list = append(list, way{"t.solver_id = " + me + " and (" + sole + ")", allLetters, nil, false})
	}
	if team := c.holds("p", s.Team); team != "" {
		list = append(list, way{belowOf(team), allLetters, nil, false})
	}
	if q.followed {
		list = append(list, way{followed(me), allLetters, nil, false})
	}
	list = append(list, way{c.asked(s, me), allLetters, nil, false})
	mark := []string{"@p" + strconv.FormatInt(int64(s.Person), 10)}
	if q.filter.inside() {
		return list
	}
	if q.own.any {
		list = append(list, way{"t.requester_id = " + me, shownLetters, mark, !q.own.few})
	}
	if q.joined.any {
		list = append(list, way{participates(me, " and since is null"), shownLetters, mark, !q.joined.few})
	}
	if q.later { // D15: of those who see only what is later, the index knows nothing
		list = append(list, way{participates(me, " and since is not null") +
			c.later(me, q.exact(shownLetters, textPrefix[1:])), shownLetters, nil, false})
	}
	return list
}

// exact is the query that documents answer, with the name of their window.
func (q *search) exact(letters []string, window string) string {
	return q.query(letters, window, false)
}

func (q *search) query(letters []string, window string, index bool) string {
	var forms []form
	for _, l := range letters {
		forms = append(forms, form{l + window, index})
	}
	return q.terms.query(forms...)
}

// later: what a participant may read holds the words. That is what was written since they came, and their own.
func (c *conditions) later(me, shown string) string {
	if shown == "" { // a number alone was typed, and they see the ticket
		return ""
	}
	return ` and (select search_words('` + textPrefix + `', concat_ws(E'\n', t.subject, p.name, p.email, search_fields(t.service_id, t.fields, true))) || coalesce(search_sum(search_words('` + textPrefix + `', concat_ws(E'\n', r.text,
			(select string_agg(a.name, E'\n' order by a.position) from attachment a where a.record_id = r.id and not a.inline)))), '')
		from person p left join log_record r on r.ticket_number = t.number and r.show_to_requester and (r.author_id = ` + me + ` or r.at >= (select since
			from ticket_person where ticket_number = t.number and person_id = ` + me + ` and part = 'participant'))
		where p.id = t.requester_id group by p.id) @@ ` + c.arg(shown) + "::text::tsquery"
}

// narrow leaves the grants in the services that the filter names.
func (q *search) narrow(g Grants) Grants {
	if len(q.filter.Services) == 0 {
		return g
	}
	var in Grants
	for _, id := range g.Services {
		if slices.Contains(q.filter.Services, id) {
			in.Services = append(in.Services, id)
		}
	}
	for i, id := range g.PairServices {
		if slices.Contains(q.filter.Services, id) {
			in.PairServices, in.PairGroups = append(in.PairServices, id), append(in.PairGroups, g.PairGroups[i])
		}
	}
	return in
}

func serviceMarks(ids []core.ServiceID) []string {
	if len(ids) > markedServices {
		return nil
	}
	var marks []string
	for _, id := range ids {
		marks = append(marks, "@s"+strconv.FormatInt(int64(id), 10))
	}
	return marks
}

// state is of which tickets a search is: of all, or of those that are closed or are not.
type state string

const (
	everything state = ""
	closed     state = "t.status = 'closed'"
	live       state = "t.status <> 'closed'"
)

// steps are what the index is asked for, one after the other: the words and marks in the newest window of what is closed or
// of what is not, then in more of them at a time.
func (q *search) steps(w way, of state) []string {
	query := "(" + q.query(w.letters, "#", true) + ")"
	if len(w.marks) > 0 {
		query += "&(#" + strings.Join(w.marks, "|#") + ")"
	}
	most := max(1, stepWords/(1+strings.Count(query, "#")))
	var steps, step []string
	many := 1
	last := window(q.oldest, of)
	for n := window(q.newest, of); n >= last; n-- {
		step = append(step, "("+strings.ReplaceAll(query, "#", windowName(n))+")")
		if len(step) >= many || n == last {
			steps, step, many = append(steps, strings.Join(step, "|")), nil, min(2*many, most)
		}
	}
	return steps
}

// found asks for the numbers of what matches and the person sees, under the conditions, and no more than the limit: the
// newest, or any of them for counting. There is a term or a number.
func (q *search) found(c *conditions, only state, limit int, newest bool) string {
	parts := []state{live, closed}
	if only != everything {
		c.and(string(only))
		parts = []state{only}
	}
	most, order, fence := " limit "+c.arg(limit), "", " offset 0"
	if newest {
		order, fence = " order by t.number desc", " order by s.number desc"
	}
	var selects, sees []string
	for _, w := range q.ways(c) {
		sees = append(sees, w.sql)
		if len(q.terms) == 0 {
			continue
		}
		where := "(" + w.sql + ")\n and " + c.where()
		match := func() string {
			return "ts_match_vq(s.words, replace(" + c.arg(q.exact(w.letters, "#")) + ", '#', s.place)::tsquery)"
		}
		// Each offset 0 keeps the planner, who does not know how common the words are, from turning the way around.
		switch {
		case w.walk && q.rare == nil:
			if q.terms.phrases() { // else the index is exact
				where += " and " + match()
			}
			// No step is taken that is not needed; within one the tickets are looked at one by one, until there are enough.
			for _, part := range parts {
				selects = append(selects, "(select n.number from unnest("+c.arg(q.steps(w, part))+"::text[]) q, lateral (select t.number from"+
					" (select s.number, s.place, s.words from ticket_search s where search_index(s.words) @@ q::tsquery"+fence+") s, lateral (select * from ticket t where t.number = s.number offset 0) t"+
					" where "+where+most+") n"+most+")")
			}
		case w.walk && !q.terms.phrases() && slices.Equal(w.letters, q.rareLetters): // as the index said
			selects = append(selects, "(select t.number from ticket t where t.number = any ("+c.arg(q.rare)+")\n and "+where+order+most+")")
		default:
			if w.walk {
				where = "t.number = any (" + c.arg(q.rare) + ")\n and " + where
			}
			selects = append(selects, "(select t.number from (select t.number from ticket t where "+where+" offset 0) t, lateral (select from ticket_search s where s.number = t.number"+
				" and "+match()+" offset 0) s"+order+most+")")
		}
	}
	if q.number != 0 {
		selects = append(selects, "(select t.number from ticket t where t.number = "+c.arg(q.number)+" and "+c.where()+" and (("+strings.Join(sees, ") or (")+")))")
	}
	return "select t.number from (" + strings.Join(selects, "\nunion\n") + ") t" + order + most
}

// tickets lists what was found: the ticket whose number was typed first, the others newest first.
func (q *search) tickets(ctx context.Context) ([]*core.Ticket, error) {
	var first []*core.Ticket
	if q.number != 0 && q.filter.Before == 0 {
		var err error
		if first, err = q.list(ctx, true, 1); err != nil {
			return nil, err
		}
	}
	if len(q.terms) == 0 {
		return first, nil
	}
	rest, err := q.list(ctx, false, q.filter.Limit-len(first))
	return append(first, rest...), err
}

// list is either the ticket whose number was typed or all others.
func (q *search) list(ctx context.Context, numbered bool, limit int) ([]*core.Ticket, error) {
	c := &conditions{}
	c.always(q.scope, q.filter)
	only := q.leaves(c)
	one := *q
	if q.filter.Before > 0 {
		one.newest = min(q.newest, q.filter.Before-1)
	}
	if numbered {
		one.terms = nil
	} else {
		one.number = 0
		if q.number != 0 {
			c.and("t.number <> " + c.arg(q.number))
		}
	}
	rows, err := q.db.Query(ctx, "select "+ticketColumns+" from ticket t where t.number in ("+one.found(c, only, limit, true)+") order by t.number desc", c.args...)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return q.collect(ctx, rows)
}

// leaves adds the filter's statuses, queue and page; it tells whether that leaves only what is not closed.
func (q *search) leaves(c *conditions) state {
	f := q.filter
	c.narrow(q.scope, f)
	if len(f.Statuses) > 0 {
		c.and("t.status = any (" + c.arg(f.Statuses) + ")")
	}
	switch f.Queue {
	case "mine":
		c.and(c.mine(q.scope))
	case "approval":
		c.and(c.asked(q.scope, c.arg(q.scope.Person)))
	}
	if len(f.Statuses) > 0 && !slices.Contains(f.Statuses, core.Closed) || slices.Contains([]string{"mine", "unassigned", "overdue"}, f.Queue) {
		return live
	}
	return everything
}

// counts counts what was found: first what is not closed, which is what the desk is about, then what is. Each is exact up
// to countLimit; More tells that there is more.
func (q *search) counts(ctx context.Context) (Counts, error) {
	all := *q
	all.filter.Queue, all.filter.Statuses, all.filter.Before = "", nil, 0
	q = &all
	out := Counts{Statuses: map[core.Status]int{}}
	if len(q.terms) == 0 && q.number == 0 {
		return out, nil
	}
	statuses := slices.DeleteFunc(core.Statuses(), func(s core.Status) bool { return s == core.Closed })
	columns := []string{"count(*)"}
	c := &conditions{}
	c.always(q.scope, q.filter)
	columns = append(columns, "count(*) filter (where "+undone+")", "count(*) filter (where "+c.mine(q.scope)+")", "count(*) filter (where "+c.overdue(q.filter.Now)+")")
	numbers := make([]int, len(statuses))
	into := []any{&out.Total, &out.Open, &out.Mine, &out.Overdue}
	for i, s := range statuses {
		columns, into = append(columns, "count(*) filter (where t.status = "+c.arg(s)+")"), append(into, &numbers[i])
	}
	err := q.db.QueryRow(ctx, "select "+strings.Join(columns, ", ")+" from ticket t where t.number in ("+q.found(c, live, countLimit+1, false)+")", c.args...).Scan(into...)
	if err != nil {
		return out, fmt.Errorf("search: %w", err)
	}
	c = &conditions{}
	c.always(q.scope, q.filter)
	done := 0
	if err := q.db.QueryRow(ctx, "select count(*) from ("+q.found(c, closed, countLimit+1, false)+") n", c.args...).Scan(&done); err != nil {
		return out, fmt.Errorf("search: %w", err)
	}
	out.Total += done
	out.More = out.Total > countLimit
	for _, n := range []*int{&out.Total, &out.Open, &out.Mine, &out.Overdue, &done} {
		*n = min(*n, countLimit)
	}
	out.Statuses[core.Closed] = done
	for i, s := range statuses {
		out.Statuses[s] = min(numbers[i], countLimit)
	}
	return out, nil
}

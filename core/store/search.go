package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"postdesk/core"
)

// The index knows a ticket's words once for each window of numbers (migration 0011): a search asks for the newest window,
// then for more and more of them at a time, until it has as many tickets as it needs. So a word that stands in half of all
// tickets costs no more than a rare one.

const (
	windowBits = 14   // of a ticket's number, below its window
	windows    = 4096 // what is beyond stands in the last one
	// stepWords is about how many words one look at the index asks for.
	stepWords = 256
	// markedServices is up to how many services are asked for in the index; whoever sees more finds enough without.
	markedServices = 64
	// liveLimit is among how many of the tickets that are not closed a search counts, where it finds more than
	// countLimit in all.
	liveLimit = 2 * countLimit
	// phraseLimit is up to where counts are exact where words have to follow each other: each document that has them all is
	// read for that.
	phraseLimit = 100
)

func window(n core.Number) int { return int(min(n>>windowBits, windows-1)) }

// windowName is search_window of migration 0011.
func windowName(w int) string {
	return strings.Map(func(r rune) rune { return rune("bcdfghjklmnpqrst"[strings.IndexRune("0123456789abcdef", r)]) }, fmt.Sprintf("%03x", w))
}

// hunt is a search that is ready to be asked.
type hunt struct {
	reads
	scope  Scope
	filter Filter
	terms  terms
	number core.Number // the ticket whose number was typed; 0 = none
	newest core.Number // of all tickets
	oldest core.Number
}

func (r reads) hunt(ctx context.Context, s Scope, f Filter) (*hunt, error) {
	h := &hunt{reads: r, scope: s, filter: f}
	h.filter.Query = ""
	var err error
	if h.terms, err = r.terms(ctx, f.Query, textPrefix); err != nil {
		return nil, err
	}
	err = r.db.QueryRow(ctx, `select coalesce((select coalesce(merged_into, number) from ticket where number = $1), 0),
		coalesce((select max(number) from ticket), 0), coalesce((select min(number) from ticket), 0)`, numbered(f.Query)).Scan(&h.number, &h.newest, &h.oldest)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if f.Before > 0 {
		h.newest = min(h.newest, f.Before-1)
	}
	return h, nil
}

// trail is one of the ways in which somebody sees tickets (Scope), as a search follows it: with the words of all who read
// the whole log, or of requesters.
type trail struct {
	sql   string   // the condition on ticket t, which is what counts
	query string   // for one window, # its name
	marks []string // any of which the index has for the tickets; none = the way leads to few tickets, which are looked at
	walk  bool     // through the index
}

// trails are the ways in which the person sees tickets.
func (h *hunt) trails(c *conditions) []trail {
	s, me := h.scope, c.arg(h.scope.Person)
	both, shown := h.terms.query("v#", "z#"), h.terms.query("v#")
	var list []trail
	for _, g := range []Grants{{Services: s.View.Services}, {PairServices: s.View.PairServices, PairGroups: s.View.PairGroups}} {
		if g = h.narrow(g); len(g.Services)+len(g.PairServices) > 0 {
			list = append(list, trail{c.holds("t", g), both, serviceMarks(append(g.Services, g.PairServices...)), true})
		}
	}
	if sole := c.holds("t", h.narrow(s.Sole)); sole != "" {
		list = append(list, trail{"t.solver_id = " + me + " and (" + sole + ")", both, nil, false})
	}
	if team := c.holds("p", s.Team); team != "" {
		list = append(list, trail{belowOf(team), both, nil, false})
	}
	return append(list,
		trail{followed(me), both, nil, false}, trail{c.asked(s, me), both, nil, false},
		trail{"(t.requester_id = " + me + " or t.number in (select ticket_number from ticket_person where person_id = " + me + " and part = 'participant' and since is null))",
			shown, []string{"@p" + strconv.FormatInt(int64(s.Person), 10)}, true},
		// D15: of those who see only what is later, the index knows nothing.
		trail{"t.number in (select ticket_number from ticket_person where person_id = " + me + " and part = 'participant' and since is not null)" +
			c.later(me, shown), shown, nil, false})
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
		where p.id = t.requester_id group by p.id) @@ ` + c.arg(strings.ReplaceAll(shown, "v#", textPrefix)) + "::text::tsquery"
}

// narrow leaves the grants in the services that the filter names.
func (h *hunt) narrow(g Grants) Grants {
	if len(h.filter.Services) == 0 {
		return g
	}
	var in Grants
	for _, id := range g.Services {
		if slices.Contains(h.filter.Services, id) {
			in.Services = append(in.Services, id)
		}
	}
	for i, id := range g.PairServices {
		if slices.Contains(h.filter.Services, id) {
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

// steps are what the index is asked for, one after the other: the words and marks in the newest window, then in more of
// them at a time.
func (h *hunt) steps(t trail, live bool) []string {
	query := "(" + t.query + ")"
	if len(t.marks) > 0 {
		query += "&(#" + strings.Join(t.marks, "|#") + ")"
	}
	if live {
		query += "&#@on"
	}
	most := max(1, stepWords/(1+strings.Count(query, "#")))
	if h.terms.phrases() {
		most = 1
	}
	var steps, step []string
	many := 1
	last := window(h.oldest)
	for w := window(h.newest); w >= last; w-- {
		step = append(step, "("+strings.ReplaceAll(query, "#", windowName(w))+")")
		if len(step) >= many || w == last {
			steps, step, many = append(steps, strings.Join(step, "|")), nil, min(2*many, most)
		}
	}
	return steps
}

// found asks for the numbers of what matches and the person sees, under the conditions, and no more than the limit: the
// newest, or any of them for counting. live = the conditions leave only what is not closed. There is a term or a number.
func (h *hunt) found(c *conditions, limit int, newest, live bool) string {
	most, order, fence := " limit "+c.arg(limit), "", " offset 0"
	if newest {
		order, fence = " order by t.number desc", " order by s.number desc"
	}
	var selects, sees []string
	for _, t := range h.trails(c) {
		sees = append(sees, t.sql)
		if len(h.terms) == 0 {
			continue
		}
		where := "(" + t.sql + ")\n and " + c.where()
		// Each offset 0 keeps the planner, who does not know how common the words are, from turning the way around.
		if t.walk {
			// No step is taken that is not needed; within one the tickets are looked at one by one, until there are enough.
			selects = append(selects, "(select n.number from unnest("+c.arg(h.steps(t, live))+"::text[]) q, lateral (select t.number from"+
				" (select s.number from ticket_search s where s.words @@ q::tsquery"+fence+") s, lateral (select * from ticket t where t.number = s.number offset 0) t"+
				" where "+where+most+") n"+most+")")
		} else {
			selects = append(selects, "(select t.number from (select t.number from ticket t where "+where+" offset 0) t, lateral (select from ticket_search s where s.number = t.number"+
				" and ts_match_vq(s.words, replace("+c.arg(t.query)+", '#', search_window(t.number))::tsquery) offset 0) s"+order+most+")")
		}
	}
	if h.number != 0 {
		selects = append(selects, "(select t.number from ticket t where t.number = "+c.arg(h.number)+" and "+c.where()+" and (("+strings.Join(sees, ") or (")+")))")
	}
	return "select t.number from (" + strings.Join(selects, "\nunion\n") + ") t" + order + most
}

// tickets lists what was found: the ticket whose number was typed first, the others newest first.
func (h *hunt) tickets(ctx context.Context) ([]*core.Ticket, error) {
	var first []*core.Ticket
	if h.number != 0 && h.filter.Before == 0 {
		var err error
		if first, err = h.list(ctx, true, 1); err != nil {
			return nil, err
		}
	}
	if len(h.terms) == 0 {
		return first, nil
	}
	rest, err := h.list(ctx, false, h.filter.Limit-len(first))
	return append(first, rest...), err
}

// list is either the ticket whose number was typed or all others.
func (h *hunt) list(ctx context.Context, numbered bool, limit int) ([]*core.Ticket, error) {
	c := &conditions{}
	c.always(h.scope, h.filter)
	live := c.narrow(h.scope, h.filter)
	one := *h
	if numbered {
		one.terms = nil
	} else {
		one.number = 0
		if h.number != 0 {
			c.and("t.number <> " + c.arg(h.number))
		}
	}
	rows, err := h.db.Query(ctx, "select "+ticketColumns+" from ticket t where t.number in ("+one.found(c, limit, true, live)+") order by t.number desc", c.args...)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return h.collect(ctx, rows)
}

// counts counts what was found. Where that is more than countLimit, what is not closed is counted by itself, up to
// liveLimit; More tells that the numbers may be higher in truth.
func (h *hunt) counts(ctx context.Context) (Counts, error) {
	out := Counts{Statuses: map[core.Status]int{}}
	if len(h.terms) == 0 && h.number == 0 {
		return out, nil
	}
	statuses, most := core.Statuses(), countLimit
	if h.terms.phrases() {
		most = phraseLimit
	}
	count := func(limit int, only string, live bool) error {
		c := &conditions{}
		c.always(h.scope, h.filter)
		if only != "" {
			c.and(only)
		}
		columns := []string{"count(*)", "count(*) filter (where " + undone + ")", "count(*) filter (where " + c.mine(h.scope) + ")",
			"count(*) filter (where " + c.overdue(h.filter.Now) + ")"}
		into := []any{&out.Total, &out.Open, &out.Mine, &out.Overdue}
		byStatus := make([]int, len(statuses))
		for i, s := range statuses {
			columns, into = append(columns, "count(*) filter (where t.status = "+c.arg(s)+")"), append(into, &byStatus[i])
		}
		if err := h.db.QueryRow(ctx, "select "+strings.Join(columns, ", ")+" from ticket t where t.number in ("+h.found(c, limit, false, live)+")", c.args...).Scan(into...); err != nil {
			return fmt.Errorf("search: %w", err)
		}
		for i, s := range statuses {
			if s != core.Closed || !live {
				out.Statuses[s] = byStatus[i]
			}
		}
		return nil
	}
	if err := count(most+1, "", false); err != nil || out.Total <= most {
		return out, err
	}
	if most == countLimit { // else what was found says enough
		if err := count(most+1, "t.status = 'closed'", false); err != nil {
			return out, err
		}
		if err := count(liveLimit, "t.status <> 'closed'", true); err != nil {
			return out, err
		}
	}
	out.Total, out.More = most, true
	for _, n := range []*int{&out.Open, &out.Mine, &out.Overdue} {
		*n = min(*n, most)
	}
	for s, n := range out.Statuses {
		out.Statuses[s] = min(n, most)
	}
	return out, nil
}

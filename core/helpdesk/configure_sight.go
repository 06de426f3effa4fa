package helpdesk

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"postdesk/core"
)

// bucket is a set of open tickets that the same people see by their roles.
type bucket struct {
	service core.ServiceID
	class   int32
}

// sight tells who would gain and lose sight of how many open tickets by the roles they hold. What somebody sees for
// being part of a single ticket is not in question here.
func (e *effect) sight() []string {
	tickets := map[bucket]int{}
	for _, k := range e.counts {
		tickets[bucket{k.Service, k.Class}] += k.Tickets
	}
	untouched := map[bucket]bool{}
	for b := range tickets {
		untouched[b] = slices.Equal(e.before.dir.Effective(b.service, e.classes[b.class].before), e.after.dir.Effective(b.service, e.classes[b.class].after))
	}
	told := map[string][]string{} // what → whom
	for id, is := range e.after.people {
		was := e.before.people[id]
		same := was != nil && was.Disabled == is.Disabled && slices.Equal(was.Groups, is.Groups) && !e.delegate(id)
		gained, lost := map[core.ServiceID]int{}, map[core.ServiceID]int{}
		for b, n := range tickets {
			if same && untouched[b] {
				continue
			}
			saw, sees := e.before.sees(was, b.service, e.classes[b.class].before), e.after.sees(is, b.service, e.classes[b.class].after)
			switch {
			case sees && !saw:
				gained[b.service] += n
			case saw && !sees:
				lost[b.service] += n
			}
		}
		if n, services := e.perService(gained); n > 0 {
			what := fmt.Sprintf("would see %s (%s)", strings.Replace(countTickets(n), " open", " more open", 1), services)
			told[what] = append(told[what], is.Email)
		}
		if n, services := e.perService(lost); n > 0 {
			what := fmt.Sprintf("would lose sight of %s (%s)", countTickets(n), services)
			told[what] = append(told[what], is.Email)
		}
	}
	var lines []string
	for what, people := range told {
		slices.Sort(people)
		lines = append(lines, "~ sight: "+firstOf(people)+" "+what)
	}
	slices.Sort(lines)
	return lines
}

// delegate tells whether somebody may do the duties of another one, whose roles may have changed (E14).
func (e *effect) delegate(id core.PersonID) bool {
	return slices.ContainsFunc(e.before.dir.Absences, func(a core.Absence) bool { return a.Delegate != nil && a.Delegate.ID == id })
}

// sees tells whether somebody sees the tickets that a requester opens in a service.
func (p *picture) sees(person *core.Person, service core.ServiceID, requester *core.Person) bool {
	return core.StandingOf(p.dir, &core.Ticket{Service: service, Requester: requester}, person).Sees()
}

// perService adds tickets up and shows them by service.
func (e *effect) perService(tickets map[core.ServiceID]int) (sum int, text string) {
	var words []string
	for _, id := range slices.SortedFunc(maps.Keys(tickets), func(a, b core.ServiceID) int {
		return cmp.Compare(e.after.dir.Path(a), e.after.dir.Path(b))
	}) {
		if tickets[id] > 0 {
			sum += tickets[id]
			words = append(words, fmt.Sprintf("%s %d", e.after.dir.Path(id), tickets[id]))
		}
	}
	return sum, strings.Join(words, ", ")
}

// firstOf names people, the first five of many.
func firstOf(people []string) string {
	if len(people) <= 6 {
		return strings.Join(people, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(people[:5], ", "), len(people)-5)
}

package helpdesk_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

var (
	randomPeople   = []string{"a@city.test", "b@city.test", "c@city.test", "d@city.test", "e@city.test"}
	randomServices = []string{"S", "S/T", "S/T/U"}
	sightLine      = regexp.MustCompile(`^~ sight: (.*) would (see|lose sight of) ([0-9]+) `)
)

// randomFile is a desk file with random people, members, roles, sub-teams and inheritance.
func randomFile(r *rapid.T) string {
	some := func(of []string, label string) string {
		return strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, len(of), rapid.ID[string]).Draw(r, label), ", ")
	}
	people := rapid.SliceOfNDistinct(rapid.SampledFrom(randomPeople), 3, 5, rapid.ID[string]).Draw(r, "people")
	text := "people: [{email: " + strings.Join(people, "}, {email: ") + "}]\n" +
		"requester_groups: [{name: G, members: [" + some(people, "members of G") + "]}, {name: H, members: [" + some(people, "members of H") + "]}]\nservices:\n"
	for i, path := range randomServices {
		name := path[len(path)-1:]
		text += "  - {name: " + name
		if i > 0 {
			text += fmt.Sprintf(", parent: %s, inherit: %v", randomServices[i-1][len(randomServices[i-1])-1:], rapid.Bool().Draw(r, "inherit"))
		}
		var roles []string
		for range rapid.IntRange(0, 3).Draw(r, "grants") {
			role := "{role: " + rapid.SampledFrom([]string{"main_solver", "solver", "manager", "reader", "exceptional_solver", "ticket_reporter"}).Draw(r, "role")
			if rapid.Bool().Draw(r, "to a group") {
				role += ", groups: [" + rapid.SampledFrom([]string{"G", "H"}).Draw(r, "of") + "]"
			} else {
				role += ", people: [" + rapid.SampledFrom(people).Draw(r, "to") + "]"
			}
			if group := rapid.SampledFrom([]string{"", "", "G", "H"}).Draw(r, "for"); group != "" {
				role += ", for_requesters: " + group
			}
			roles = append(roles, role+"}")
		}
		text += ", roles: [" + strings.Join(roles, ", ") + "]}\n"
	}
	return text
}

// seen lists, ticket by ticket, who sees it by roles, and whether its solver holds a role for it.
func (d *configured) seen(tickets []core.Number) (sees map[string]map[core.Number]bool, solves map[core.Number]bool) {
	dir, err := d.store.Directory(context.Background())
	if err != nil {
		d.Fatal(err)
	}
	sees, solves = map[string]map[core.Number]bool{}, map[core.Number]bool{}
	for _, n := range tickets {
		t := d.read(n)
		stranger := *t.Requester // what they see for having asked is not in question
		stranger.ID = -1
		for _, email := range randomPeople {
			p := d.person(email)
			if sees[email] == nil {
				sees[email] = map[core.Number]bool{}
			}
			sees[email][n] = core.StandingOf(dir, &core.Ticket{Service: t.Service, Requester: &stranger}, p).Sees()
		}
		if t.Solver != nil {
			roles, _ := dir.RolesOf(t.Solver, t.Service, t.Requester)
			solves[n] = core.MayReceive(roles)
		}
	}
	return sees, solves
}

func (d *configured) export() core.DeskFile {
	f, err := d.desk.ExportDesk(context.Background())
	if err != nil {
		d.Fatal(err)
	}
	return f
}

// Counting in the database tells the same as looking at every ticket for every person, before and after.
func TestSightAndLossesAgreeWithEachTicket(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		d := newDesk(t)
		d.apply("people: [{email: " + strings.Join(randomPeople, "}, {email: ") + "}]")
		d.apply(randomFile(r))
		dir, err := d.store.Directory(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var tickets []core.Number
		err = d.store.InTx(context.Background(), func(tx *store.Tx) error {
			for range rapid.IntRange(4, 12).Draw(r, "tickets") {
				n, err := tx.NextNumber(context.Background())
				if err != nil {
					return err
				}
				ticket := &core.Ticket{Number: n, Version: 1, Service: dir.ServiceByName(rapid.SampledFrom(randomServices).Draw(r, "service")).ID, Subject: "x", Status: core.InProgress,
					Category: "other", Priority: core.Normal, Requester: d.person(rapid.SampledFrom(randomPeople).Draw(r, "requester")), OpenedVia: core.ViaMail,
					RootMessageID: "x@city.test", CreatedAt: d.now, UpdatedAt: d.now}
				if solver := rapid.SampledFrom(append(slices.Clone(randomPeople), "")).Draw(r, "solver"); solver != "" {
					ticket.Solver = d.person(solver)
				}
				tx.AddTicket(ticket)
				tickets = append(tickets, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		saw, solved := d.seen(tickets)
		solver := map[core.Number]*core.Person{}
		for _, n := range tickets {
			solver[n] = d.read(n).Solver
		}
		file := randomFile(r)
		d.now = d.now.Add(time.Minute)
		difference, err := d.try(file, helpdesk.ConfigureOptions{Yes: true})
		if err != nil {
			r.Fatal(err)
		}
		told := map[string]map[string]int{"see": {}, "lose sight of": {}}
		for _, line := range difference.Sight {
			m := sightLine.FindStringSubmatch(line)
			if m == nil {
				r.Fatalf("line %q", line)
			}
			for _, email := range strings.Split(m[1], ", ") {
				told[m[2]][email], _ = strconv.Atoi(m[3])
			}
		}
		sees, _ := d.seen(tickets)
		for _, email := range randomPeople {
			gained, lost := 0, 0
			for _, n := range tickets {
				switch {
				case sees[email][n] && !saw[email][n]:
					gained++
				case saw[email][n] && !sees[email][n]:
					lost++
				}
			}
			if told["see"][email] != gained || told["lose sight of"][email] != lost {
				r.Errorf("%s gains %d and loses %d, told %q", email, gained, lost, difference.Sight)
			}
		}
		losing := 0
		after, err := d.store.Directory(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range tickets {
			x := d.read(n)
			if solver[n] == nil {
				continue
			}
			roles, _ := after.RolesOf(d.person(solver[n].Email), x.Service, x.Requester)
			loses := solved[n] && !core.MayReceive(roles)
			if loses {
				losing++
			}
			if loses != (x.Solver == nil) {
				r.Errorf("#%d of %s: loses its solver %v, has %v", n, solver[n].Email, loses, x.Solver)
			}
		}
		if losing != difference.Tickets {
			r.Errorf("%d tickets lose their solver, told %d: %q", losing, difference.Tickets, difference.Lines)
		}
		for _, again := range []core.DeskFile{parse(t, file), d.export()} {
			if second, err := d.desk.Configure(context.Background(), core.Actor{}, again, helpdesk.ConfigureOptions{}); err != nil || !second.Empty() || len(second.Sight) > 0 {
				r.Errorf("applied again, or exported and applied: %q %q, %v", second.Lines, second.Sight, err)
			}
		}
	})
}

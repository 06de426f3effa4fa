package core

import (
	"strings"
	"testing"
	"time"
)

// Who sees a ticket, by rule.
func TestWhoSeesATicket(t *testing.T) {
	t.Parallel()
	d := newDesk()
	all := "mia sol gus exa man rea tre net cop ben eva pat root off vic nil"
	for name, c := range map[string]struct {
		ticket *Ticket
		see    string
	}{
		"A3, A60, A66, A86, A87, D13":              {d.ticket(), "mia sol vic gus man rea ben"},
		"A43: assigned to the ES":                  {d.ticket(d.solver("exa")), "mia sol vic gus man rea ben exa"},
		"A45: given to somebody else":              {d.ticket(d.solver("sol")), "mia sol vic gus man rea ben"},
		"A84: participant":                         {d.ticket(d.with("eva")), "mia sol vic gus man rea ben eva"},
		"A58: follower":                            {d.ticket(d.followed("net")), "mia sol vic gus man rea ben net"},
		"D17: a requester of a sub-team":           {d.ticket(d.from("pat")), "mia sol vic gus man rea pat cop"},
		"A60: opened by the reporter for themself": {d.ticket(d.from("tre")), "mia sol vic gus man rea tre"},
		"D13: the administrator's own":             {d.ticket(d.from("root")), "mia sol vic gus man rea root"},
		"disabled, though requester":               {d.ticket(d.from("off")), "mia sol vic gus man rea"},
		"in another service":                       {d.ticket(func(t *Ticket) { t.Service = network }), "net ben"},
	} {
		for _, who := range strings.Fields(all) {
			want := strings.Contains(" "+c.see+" ", " "+who+" ")
			if got := d.standing(who, c.ticket).Sees(); got != want {
				t.Errorf("%s: %s sees it: %v", name, who, got)
			}
		}
	}
	if StandingOf(d.Directory, d.ticket(), nil).Sees() {
		t.Error("nobody sees a ticket")
	}
}

// What cannot be seen cannot be acted on, whatever the matrix says for the roles held.
func TestNothingMayBeDoneWithAnUnseenTicket(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for _, who := range []string{"exa", "tre", "net", "root", "off", "eva", "nil"} {
		s := d.standing(who, d.ticket(d.solver("sol")))
		for p := range cells {
			if s.Grade(p) != Denied {
				t.Errorf("%s has %s on a ticket that they do not see", who, p)
			}
		}
		if s.MaySolve(d.ticket()) || s.SeesInternal() || s.TeamSide() || s.MayAddFollower() || Decide(d.Directory, d.ticket(resolved), s, ActReopen, noon) == nil {
			t.Errorf("%s may do something with it", who)
		}
		if v := ViewOf(d.Directory, d.ticket(), s, noon); v.Number != 0 || v.Subject != "" || v.Actions != nil {
			t.Errorf("%s is shown %+v", who, v)
		}
	}
}

// The rows A13–A16 by the ticket's state.
func TestWhoMaySolve(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for name, c := range map[string]struct {
		ticket *Ticket
		solve  string
	}{
		"unassigned (A13)":           {d.ticket(), "mia sol gus man"},
		"in a group (A14)":           {d.ticket(grouped), "mia sol gus man"},
		"assigned to sol (A15, A16)": {d.ticket(d.solver("sol")), "mia sol gus man"},
		"assigned to the ES":         {d.ticket(d.solver("exa")), "mia sol gus man exa"},
		"the manager's (A47)":        {d.ticket(d.solver("man")), "mia sol gus"},
	} {
		for _, who := range strings.Fields("mia sol gus exa man rea tre ben root") {
			if got, want := d.standing(who, c.ticket).MaySolve(c.ticket), strings.Contains(" "+c.solve+" ", " "+who+" "); got != want {
				t.Errorf("%s: %s may solve: %v", name, who, got)
			}
		}
	}
	for _, who := range []string{"man", "rea", "tre", "ben"} { // A49
		if roles, _ := d.RolesOf(d.p[who], printers, d.p["ben"]); MayReceive(roles) {
			t.Errorf("%s can be given a ticket", who)
		}
	}
}

// A follower has a reader's rights on the log of that one ticket, and nothing of the reader's beside it (D14).
func TestFollowersRights(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := d.standing("eva", d.ticket(d.followed("eva")))
	for p := range cells {
		want := Denied
		if p == LogViewAll || p == LogViewShownToRequester || p == LogCreate {
			want = Allowed
		}
		if s.Grade(p) != want {
			t.Errorf("%s: %d, want %d", p, s.Grade(p), want)
		}
	}
	if !s.MayAddFollower() || s.MaySolve(d.ticket()) {
		t.Error("a follower names followers, and solves nothing")
	}
}

// Rights add up over the roles held (D11).
func TestStandingAddsUpRoles(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.grant(printers, Reader, "exa", 0)
	if s := d.standing("exa", d.ticket(d.solver("sol"))); !s.Sees() || s.MaySolve(d.ticket()) {
		t.Error("an exceptional solver who is a reader as well reads, and solves nothing of others")
	}
	d.grant(printers, Solver, "ben", 0)
	s := d.standing("ben", d.ticket())
	if !s.SeesInternal() || s.TeamSide() || !s.MaySolve(d.ticket()) {
		t.Error("a solver reads all of their own ticket, and speaks as its requester")
	}
	if s = d.standing("ben", d.ticket(d.solver("ben"))); !s.TeamSide() {
		t.Error("a solver who solves their own ticket speaks for the desk")
	}
	if s = d.standing("sol", d.ticket(d.with("sol"))); !s.TeamSide() || !s.Part {
		t.Error("a solver who takes part speaks for the desk")
	}
}

// D16: days × 24 h from resolution, inclusive; 0 = never. A79, A80.
func TestReopenDeadline(t *testing.T) {
	t.Parallel()
	d := newDesk()
	ticket := d.ticket(resolved, d.with("eva"))
	end := noon.Add(7 * 24 * time.Hour)
	for _, c := range []struct {
		who string
		at  time.Time
		may bool
	}{
		{"ben", noon, true}, {"ben", end, true}, {"ben", end.Add(time.Nanosecond), false},
		{"eva", end, true}, {"eva", end.Add(time.Nanosecond), false},
		{"mia", end.Add(time.Hour), true}, {"man", end.Add(time.Hour), true}, {"rea", noon, false}, {"pat", noon, false},
	} {
		if got := Decide(d.Directory, ticket, d.standing(c.who, ticket), ActReopen, c.at) == nil; got != c.may {
			t.Errorf("%s at %v: %v", c.who, c.at, got)
		}
	}
	d.Services[printers].ReopenDays = 0
	if Decide(d.Directory, ticket, d.standing("ben", ticket), ActReopen, noon) == nil {
		t.Error("0 days means never")
	}
	d.Services[printers].ReopenDays = 7
	if mine := d.ticket(resolved, d.solver("man")); Decide(d.Directory, mine, d.standing("man", mine), ActReopen, end.Add(time.Hour)) != nil {
		t.Error("the team has no limit: a manager reopens what they resolved (A47, D16)")
	}
}

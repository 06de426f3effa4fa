package desk_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"postdesk/core"
)

// matrix is the reviewed table of permissions: what each column has in a row.
type matrix map[core.Permission]map[string]string

func readMatrix(t testing.TB) matrix {
	t.Helper()
	f, err := os.Open(filepath.FromSlash("../../core/testdata/roles.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 27 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	m := matrix{}
	for _, row := range rows[1:] {
		marks := map[string]string{}
		for i, column := range rows[0][1:] {
			marks[column] = row[i+1]
		}
		m[core.Permission(row[0])] = marks
	}
	return m
}

// has tells whether one of the columns has the row; "own" is not the whole of it.
func (m matrix) has(columns []string, row core.Permission) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return m[row][c] == "yes" })
}

// player is one of those who try every route: the column of the role that they hold in Stacks and what inherits from it, and
// what they are to each ticket there.
type player struct {
	name   string
	column string // "" = no role
	is     string // requester, participant, follower or approver of the tickets; "" = nothing
}

var players = []*player{
	{"ms", "MS", ""}, {"s", "S", ""}, {"sg", "SG", ""}, {"es", "ES", ""}, {"mg", "MG", ""}, {"rd", "RD", ""}, {"tr", "TR", ""},
	{"fellow", "RQ", ""}, {"rq", "RQ", "requester"}, {"part", "RQ", "participant"},
	{"follow", "", "follower"}, {"ap", "", "approver"}, {"stranger", "", ""}, {"boss", "", ""}, {"nobody", "", ""},
}

// named is one of them.
func named(name string) []*player {
	return slices.DeleteFunc(slices.Clone(players), func(p *player) bool { return p.name != name })
}

// inTurn is every fourth of them, others in each turn.
func inTurn(turn int) (some []*player) {
	for i := turn % 4; i < len(players); i += 4 {
		some = append(some, players[i])
	}
	return some
}

// roles are the columns that somebody has in a place, tickets aside (A1, D23).
func (p *player) roles(place string) []string {
	if p.column == "" || place == "Annex" {
		return nil
	}
	return []string{p.column}
}

// columns are those that somebody has on a ticket which they see; none = they do not see it.
func (m matrix) columns(p *player, k *played) (columns []string) {
	if k.place == "Annex" {
		return nil
	}
	switch roles := p.roles(k.place); {
	case m.has(roles, core.TicketViewAllInService):
		columns = roles
	case p.column == "ES" && k.state == "given": // A43
		columns = roles
	}
	switch p.is {
	case "requester", "participant": // A66, A84
		columns = append(columns, "RQ")
	case "follower": // D14
		columns = append(columns, "RD")
	case "approver": // A64, D12
		if k.waits {
			columns = append(columns, "AP")
		}
	}
	return columns
}

// team is A50.
func team(columns []string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return slices.Contains([]string{"MS", "S", "SG", "MG"}, c) })
}

// solves picks the row among A13–A16 that the ticket is in.
func (m matrix) solves(columns []string, k *played) bool {
	switch {
	case k.state != "given":
		return m.has(columns, core.TicketSolveUnassigned)
	case slices.Contains(columns, "ES"):
		return m.has(columns, core.TicketSolveAssignedToMe)
	}
	return m.has(columns, core.TicketSolveAssignedToAnother)
}

// may tells whether somebody may do the action on a ticket, were it possible now.
func (m matrix) may(p *player, k *played, action core.Action) bool {
	columns := m.columns(p, k)
	takesPart := p.is == "requester" || p.is == "participant"
	switch action {
	case core.ActTake:
		return m.has(columns, core.TicketSelfAssign)
	case core.ActAssign, core.ActReturn:
		return m.has(columns, core.TicketAssignToOtherOrGroup)
	case core.ActStatus, core.ActResolve, core.ActPriority, core.ActCategory, core.ActDue, core.ActLink, core.ActMerge, core.ActParent:
		return m.solves(columns, k)
	case core.ActEdit: // and the requester, what is theirs
		return m.solves(columns, k) || p.is == "requester"
	case core.ActSplit: // which opens a ticket in the requester's name
		return m.solves(columns, k) && m.has(columns, core.TicketCreateOnBehalf)
	case core.ActReopen: // A79, A80, D16
		return team(columns) || m.solves(columns, k) || takesPart
	case core.ActClose: // D25
		return m.solves(columns, k) || takesPart
	case core.ActWithdraw:
		return p.is == "requester"
	case core.ActMove: // E6
		return team(columns) || m.solves(columns, k)
	case core.ActParticipant: // D15
		return m.has(columns, core.LogCreate) || takesPart
	case core.ActFollower: // D14
		return team(columns) || slices.Contains(columns, "RD")
	case core.ActSpam: // D25
		return slices.Contains(columns, "MS")
	case core.ActAsk, core.ActCancelAsk: // E13
		return team(columns)
	case core.ActApprove, core.ActReject:
		return m.has(columns, core.TicketApproveOrReject)
	case core.ActRecord: // a message, which is shown to requesters (D7)
		return m.solves(columns, k) || takesPart
	}
	panic("nothing says who may " + string(action))
}

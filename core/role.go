package core

import "math/bits"

// Role is one of the roles of A1–A2 in the words of the desk file and the API, or the part a person has in one ticket.
type Role string

// The roles that permissions are given to. MainSolver to TicketReporter are granted on a service; Approver and
// Requester (and participant) come per ticket (A2). Follower has a reader's rights on one ticket (D14).
const (
	MainSolver        Role = "main_solver"
	Solver            Role = "solver"
	SolverGroupMember Role = "solver_group"
	ExceptionalSolver Role = "exceptional_solver"
	Manager           Role = "manager"
	Reader            Role = "reader"
	TicketReporter    Role = "ticket_reporter"
	Approver          Role = "approver"
	Requester         Role = "requester"
	Participant       Role = "participant"
	Follower          Role = "follower"
)

// roleColumns maps the columns of the permission matrix to roles, in their order.
var roleColumns = []struct {
	column string
	role   Role
}{
	{"MS", MainSolver}, {"S", Solver}, {"SG", SolverGroupMember}, {"ES", ExceptionalSolver}, {"MG", Manager},
	{"RD", Reader}, {"TR", TicketReporter}, {"AP", Approver}, {"RQ", Requester},
}

// GrantedRoles are the roles an administrator can grant on a service (A2), in the order of the matrix.
func GrantedRoles() []Role {
	roles := make([]Role, 0, 7)
	for _, c := range roleColumns[:7] {
		roles = append(roles, c.role)
	}
	return roles
}

// RoleSet is a set of matrix roles. Rights add up over it; there is no deny (D11).
type RoleSet uint16

func bitOf(r Role) RoleSet {
	for i, c := range roleColumns {
		if c.role == r {
			return 1 << i
		}
	}
	return 0
}

// With returns the set with r added. Participant counts as Requester and Follower as Reader (A84, D14) only where
// Standing says so; here unknown roles add nothing.
func (s RoleSet) With(r Role) RoleSet { return s | bitOf(r) }

// Has tells whether r is in the set.
func (s RoleSet) Has(r Role) bool { b := bitOf(r); return b != 0 && s&b != 0 }

// Empty tells whether no role is held.
func (s RoleSet) Empty() bool { return s == 0 }

// Count is the number of roles held.
func (s RoleSet) Count() int { return bits.OnesCount16(uint16(s)) }

// Team tells whether the set makes somebody a member of the service team: MS, S, SG or MG (A50).
func (s RoleSet) Team() bool {
	return s.Has(MainSolver) || s.Has(Solver) || s.Has(SolverGroupMember) || s.Has(Manager)
}

package core

import (
	"slices"
	"testing"
)

// Nobody is asked about mails that never come for them, and somebody about each (E4).
func TestReasonsConcernWhoTheyReach(t *testing.T) {
	t.Parallel()
	concerned := func(roles ...Role) (list []string) {
		var set RoleSet
		for _, r := range roles {
			set = set.With(r)
		}
		for _, reason := range SwitchableReasons() {
			if Concerns(reason, set) {
				list = append(list, reason)
			}
		}
		return list
	}
	for _, c := range []struct {
		role      Role
		has, lack []string
	}{
		{Requester, []string{"requester", "participant", "acknowledgement", "news"}, []string{"solver", "main_solver", "group_member", "sla_manager", "passed_on"}},
		{Solver, []string{"solver", "assigned_to_you", "passed_on", "sla_solver", "follower"}, []string{"requester", "main_solver", "new_ticket", "group_member", "sla_manager"}},
		{SolverGroupMember, []string{"group_member", "assigned_to_group", "solver"}, []string{"main_solver", "sla_manager"}},
		{MainSolver, []string{"main_solver", "new_ticket", "unassigned", "returned", "also_sent", "moved_here"}, []string{"group_member", "sla_manager"}},
		{Manager, []string{"sla_manager", "follower"}, []string{"solver", "assigned_to_you", "main_solver"}},
	} {
		got := concerned(c.role)
		for _, reason := range c.has {
			if !slices.Contains(got, reason) {
				t.Errorf("%s is not asked about %s", c.role, reason)
			}
		}
		for _, reason := range c.lack {
			if slices.Contains(got, reason) {
				t.Errorf("%s is asked about %s", c.role, reason)
			}
		}
	}
	if got := concerned(); got != nil {
		t.Errorf("without a role: %v", got)
	}
	if all := concerned(Requester, Solver, SolverGroupMember, MainSolver, Manager); !slices.Equal(all, SwitchableReasons()) {
		t.Errorf("nobody is asked about all but %v", all)
	}
}

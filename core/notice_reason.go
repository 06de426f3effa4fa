package core

// audienceOf is how people come to a derived reason.
var audienceOf = map[string]Audience{
	"requester": ToRequester, "participant": ToParticipants, "follower": ToFollowers,
	"solver": ToSolver, "group_member": ToGroupMembers, "main_solver": ToMainSolvers,
}

// Concerns tells whether somebody in the roles can be told of something for the reason, which can be switched: nobody is
// asked about mails that never come for them.
func Concerns(reason string, roles RoleSet) bool {
	if a, ok := audienceOf[reason]; ok {
		return a.holds(roles)
	}
	for _, n := range noticeLines {
		if n.Reason == reason && n.Switch != AlwaysOn && n.Audience.holds(roles) {
			return true
		}
	}
	return false
}

// holds tells whether somebody in the roles can be in the audience of a ticket, or of news.
func (a Audience) holds(roles RoleSet) bool {
	switch a {
	case ToRequester, ToParticipants:
		return roles.Has(Requester)
	case ToFollowers: // the team adds whom it wants to
		return !roles.Empty()
	case ToGroupMembers:
		return roles.Has(SolverGroupMember)
	case ToMainSolvers, ToOrphaned:
		return roles.Has(MainSolver)
	case ToManagers:
		return roles.Has(Manager)
	case ToReaders:
		return News.Reads(roles)
	case ToSolver, ToPreviousSolver, ToSolverSide, ToArrival, ToWithdrawn:
		return MayReceive(roles)
	}
	return false
}

// RolesBelow adds up what a person is in a service and in those below it, or in all services (0), where no ticket is in
// question; archived ones do not count.
func (d *Directory) RolesBelow(p *Person, id ServiceID) RoleSet {
	var roles RoleSet
	add := func(s *Service) {
		if s != nil && !s.Archived {
			roles |= d.RolesIn(p, s.ID)
		}
	}
	if id == 0 {
		for _, s := range d.Services {
			add(s)
		}
		return roles
	}
	for _, below := range d.Below(id) {
		add(d.Services[below])
	}
	return roles
}

package core

import (
	"fmt"
	"strings"
)

// Permission is one row of the matrix (A3–A28).
type Permission string

// The rows, in their order.
const (
	TicketViewAllInService       Permission = "ticket.view_all_in_service"
	TicketCreateForSelf          Permission = "ticket.create_for_self"
	TicketCreateOnBehalf         Permission = "ticket.create_on_behalf"
	NotifyNewTicket              Permission = "notify.new_ticket"
	NotifyUnassignedTicket       Permission = "notify.unassigned_ticket"
	NotifyAssignedToMyGroup      Permission = "notify.assigned_to_my_group"
	NotifyInMyGroupWithoutSolver Permission = "notify.in_my_group_without_solver"
	NotifyAssignedToMe           Permission = "notify.assigned_to_me"
	TicketSelfAssign             Permission = "ticket.self_assign"
	TicketAssignToOtherOrGroup   Permission = "ticket.assign_to_other_or_group"
	TicketSolveUnassigned        Permission = "ticket.solve_unassigned"
	TicketSolveInGroup           Permission = "ticket.solve_in_group_without_solver"
	TicketSolveAssignedToMe      Permission = "ticket.solve_assigned_to_me"
	TicketSolveAssignedToAnother Permission = "ticket.solve_assigned_to_another"
	TicketApproveOrReject        Permission = "ticket.approve_or_reject"
	LogViewAll                   Permission = "log.view_all"
	LogViewShownToRequester      Permission = "log.view_shown_to_requester"
	LogCreate                    Permission = "log.create"
	KnowledgeViewForRequesters   Permission = "knowledge.view_for_requesters"
	KnowledgeViewForTeam         Permission = "knowledge.view_for_team"
	KnowledgeManage              Permission = "knowledge.manage"
	NewsViewForRequesters        Permission = "news.view_for_requesters"
	NewsViewForTeam              Permission = "news.view_for_team"
	NewsManage                   Permission = "news.manage"
	TemplateUse                  Permission = "template.use"
	TemplateManage               Permission = "template.manage"
)

// matrix is THE permission matrix: who may do what. ● = allowed, ○ = own: only a record that is shown to the requester,
// on a ticket one takes part in (D7), · = denied. Every right presumes that the person can see the ticket at all
// (Standing.Sees). Roles of one person add up (D11).
const matrix = `
                                     MS  S   SG  ES  MG  RD  TR  AP  RQ
ticket.view_all_in_service           ●   ●   ●   ·   ●   ●   ·   ·   ·
ticket.create_for_self               ·   ·   ·   ·   ·   ·   ·   ·   ●
ticket.create_on_behalf              ●   ●   ●   ·   ·   ·   ●   ·   ·
notify.new_ticket                    ●   ·   ·   ·   ·   ·   ·   ·   ·
notify.unassigned_ticket             ●   ·   ·   ·   ·   ·   ·   ·   ·
notify.assigned_to_my_group          ·   ·   ●   ·   ·   ·   ·   ·   ·
notify.in_my_group_without_solver    ·   ·   ●   ·   ·   ·   ·   ·   ·
notify.assigned_to_me                ●   ●   ●   ●   ·   ·   ·   ·   ·
ticket.self_assign                   ●   ●   ●   ·   ·   ·   ·   ·   ·
ticket.assign_to_other_or_group      ●   ●   ●   ●   ●   ·   ·   ·   ·
ticket.solve_unassigned              ●   ●   ●   ·   ●   ·   ·   ·   ·
ticket.solve_in_group_without_solver ●   ●   ●   ·   ●   ·   ·   ·   ·
ticket.solve_assigned_to_me          ●   ●   ●   ●   ·   ·   ·   ·   ·
ticket.solve_assigned_to_another     ●   ●   ●   ·   ●   ·   ·   ·   ·
ticket.approve_or_reject             ·   ·   ·   ·   ·   ·   ·   ●   ·
log.view_all                         ●   ●   ●   ●   ●   ●   ·   ●   ·
log.view_shown_to_requester          ●   ●   ●   ●   ●   ●   ·   ●   ●
log.create                           ●   ●   ●   ●   ●   ●   ·   ●   ○
knowledge.view_for_requesters        ●   ●   ●   ●   ●   ●   ·   ·   ●
knowledge.view_for_team              ●   ●   ●   ●   ●   ●   ·   ·   ·
knowledge.manage                     ●   ●   ●   ●   ●   ·   ·   ·   ·
news.view_for_requesters             ●   ●   ●   ●   ●   ·   ·   ·   ●
news.view_for_team                   ●   ●   ●   ●   ●   ·   ·   ·   ·
news.manage                          ●   ●   ●   ●   ●   ·   ·   ·   ·
template.use                         ●   ●   ●   ·   ●   ·   ·   ·   ·
template.manage                      ●   ●   ●   ·   ●   ·   ·   ·   ·
`

// Grade is what a cell of the matrix says.
type Grade uint8

// The grades, weakest first, so that the strongest of several roles is their maximum.
const (
	Denied Grade = iota
	Own
	Allowed
)

// cells holds, per permission, the roles that have it fully and those that have it for their own (parsed at start).
var cells = parseMatrix(matrix)

type cell struct{ allowed, own RoleSet }

func parseMatrix(text string) map[Permission]cell {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	columns := strings.Fields(lines[0])
	m := make(map[Permission]cell, len(lines)-1)
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		if len(fields) != 1+len(columns) {
			panic(fmt.Sprintf("permission matrix: %d marks in %q", len(fields)-1, line))
		}
		var c cell
		for i, mark := range fields[1:] {
			switch mark {
			case "●":
				c.allowed |= 1 << i
			case "○":
				c.own |= 1 << i
			case "·":
			default:
				panic(fmt.Sprintf("permission matrix: unknown mark %q in %q", mark, line))
			}
		}
		m[Permission(fields[0])] = c
	}
	return m
}

// Grade looks the permission up for everything held: the strongest cell counts (D11). An unknown permission is denied.
func (s RoleSet) Grade(p Permission) Grade {
	c := cells[p]
	switch {
	case s&c.allowed != 0:
		return Allowed
	case s&c.own != 0:
		return Own
	}
	return Denied
}

package api

import "github.com/danielgtaylor/huma/v2"

// ticketDocs say what the names of a ticket's fields do not. Fields that are absent may not be seen, or are not set.
var ticketDocs = map[string]map[string]string{
	"Ticket": {
		"number":              "Identifies the ticket; that of a merged ticket leads to the one that it became part of",
		"tag":                 "What subjects of its mails hold, such as [IT #1042]",
		"status":              "open, triaged, in_progress, waiting, resolved or closed",
		"priority":            "low, normal, high or urgent",
		"group":               "The solver group that it is assigned to",
		"followers":           "For who reads the whole log",
		"parent":              "The ticket above it",
		"children":            "The tickets below it",
		"links":               "Tickets that have to do with it",
		"merged":              "Tickets that became part of it",
		"withdrawn":           "Its requester took it back",
		"spam":                "Marked as spam: in no list but queue=spam, and nobody is mailed",
		"first_response_due":  "Until when the team has to answer, or had to, by its service level",
		"resolution_due":      "Until when it has to be resolved by its service level; while the ticket waits it is as it was",
		"current_target":      "What has to be met next",
		"overdue":             "Past a deadline of its service level that is not met; absent where it is not",
		"work":                "Minutes noted in its log, summed up",
		"internal_target":     "The team's own date",
		"organization":        "The organization that it is about",
		"requester_fields":    "Custom fields of the requester",
		"solver_fields":       "Custom fields of the solver",
		"organization_fields": "Custom fields of the organization that it is about",
		"fields":              "Custom fields of the ticket: the team sees all of them, others those that are for requesters",
		"approvals":           "For who reads the whole log",
		"version":             "For If-Match; grows with each change",
		"actions":             "What the person can do with it now",
	},
	"CurrentTarget": {
		"target": "first_response, internal_target or resolution",
		"missed": "It has passed",
		"paused": "The ticket waits for its user, and the deadlines of the service level move on meanwhile",
	},
	"ApprovalView": {
		"rule":       "all = everybody must approve, any = one suffices",
		"state":      "pending, approved, rejected, cancelled or expired",
		"text":       "What is asked",
		"expires_at": "Until when it can be decided",
	},
	"ApproverView": {
		"state":      "pending, approved, rejected, cancelled or expired",
		"at":         "When it was decided",
		"text":       "What the approver said",
		"decided_by": "The delegate who decided in the approver's place",
	},
}

// describeTickets writes them into the description.
func describeTickets(schemas map[string]*huma.Schema) {
	for name, docs := range ticketDocs {
		for field, doc := range docs {
			schemas[name].Properties[field].Description = doc
		}
	}
}

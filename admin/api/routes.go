package api

import (
	"net/http"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// endpoints is every endpoint of the API.
func (a *api) endpoints() []endpoint {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	const act = "/tickets/{number}/actions/"
	knowledge, news := articles{a, core.Knowledge}, articles{a, core.News}
	return []endpoint{
		on(a, get, "/tickets", "ticket-list", "Tickets, newest first", a.ticketList),
		described(on(a, post, "/tickets", "ticket-create", "Open a ticket", a.ticketCreate, created), "/tickets", describeCreated),
		on(a, get, "/tickets/{number}", "ticket-get", "A ticket", a.ticketGet),
		on(a, get, "/tickets/{number}/log", "ticket-log", "Its log, oldest first", a.ticketLog),
		on(a, get, "/tickets/{number}/attachments/{id}", "attachment-get", "A file of its log", a.attachment),
		on(a, get, "/tickets/{number}/who", "ticket-who", "Who would be told of an event, and why (who reads its whole log)", a.ticketWho),
		on(a, get, "/approvals", "approval-list", "Tickets that wait for the person's decision", a.approvalList),

		on(a, post, act+"take", "ticket-take", "Become its solver", a.simple((*helpdesk.Act).Take), mayVanish),
		on(a, post, act+"assign", "ticket-assign", "Give it to somebody or to a group", with(a, assign), mayVanish),
		on(a, post, act+"return", "ticket-return", "Return it to the main solvers", a.simple((*helpdesk.Act).Return), mayVanish),
		on(a, post, act+"status", "ticket-status", "Change its status", with(a, setStatus), mayVanish),
		on(a, post, act+"resolve", "ticket-resolve", "Resolve it, with a message or without", with(a, resolve), mayVanish),
		on(a, post, act+"reopen", "ticket-reopen", "Reopen it", a.simple((*helpdesk.Act).Reopen), mayVanish),
		described(on(a, post, act+"record", "ticket-record", "Write a message or a note", a.ticketRecord, mayVanish), act+"record", describeSubmission[NewRecord]),
		on(a, post, act+"priority", "ticket-priority", "Change its priority", with(a, setPriority), mayVanish),
		on(a, post, act+"category", "ticket-category", "Change its category", with(a, setCategory), mayVanish),
		on(a, post, act+"participant", "ticket-participant", "Add or remove a participant",
			with(a, people((*helpdesk.Act).AddParticipant, (*helpdesk.Act).RemoveParticipant)), mayVanish),
		on(a, post, act+"follower", "ticket-follower", "Add or remove a follower",
			with(a, people((*helpdesk.Act).AddFollower, (*helpdesk.Act).RemoveFollower)), mayVanish),
		on(a, post, act+"close", "ticket-close", "Close it", a.simple((*helpdesk.Act).Close), mayVanish),
		on(a, post, act+"move", "ticket-move", "Put it into another service", a.ticketMove, mayVanish),
		on(a, post, act+"withdraw", "ticket-withdraw", "Take back one's own request", a.simple((*helpdesk.Act).Withdraw), mayVanish),
		on(a, post, act+"edit", "ticket-edit", "Change subject, text, custom fields or related organization", with(a, edit), mayVanish),
		on(a, post, act+"due", "ticket-due", "Set or clear the team's own date", with(a, setDue), mayVanish),
		on(a, post, act+"spam", "ticket-spam", "Mark it as spam, or take the mark away", with(a, spam), mayVanish),
		on(a, post, act+"ask", "ticket-ask", "Ask for an approval", with(a, ask), mayVanish),
		on(a, post, act+"cancel_ask", "ticket-cancel-ask", "End an approval that is not needed any more", with(a, cancelAsk), mayVanish),
		on(a, post, act+"approve", "ticket-approve", "Approve", with(a, decide(core.ApprovalApproved)), mayVanish),
		on(a, post, act+"reject", "ticket-reject", "Reject", with(a, decide(core.ApprovalRejected)), mayVanish),
		on(a, post, act+"split", "ticket-split", "Make a message a ticket of its own", with(a, split), mayVanish),
		on(a, post, act+"link", "ticket-link", "Link it with another one, or undo that", with(a, link), mayVanish),
		on(a, post, act+"merge", "ticket-merge", "Make it part of another one, which is the answer", with(a, merge), mayVanish),
		on(a, post, act+"parent", "ticket-parent", "Put it below another one, or below none", with(a, setParent), mayVanish),

		on(a, get, "/services", "service-list", "Services that the person can use", a.serviceList),
		on(a, get, "/people", "people-list", "People of the person's organization", a.peopleList),

		on(a, get, "/knowledge", "knowledge-list", "Articles that the person may read, newest first", knowledge.list),
		on(a, post, "/knowledge", "knowledge-create", "Write one (who manages them in the service)", knowledge.create, created),
		on(a, get, "/knowledge/{id}", "knowledge-get", "An article", knowledge.get),
		on(a, put, "/knowledge/{id}", "knowledge-edit", "Change it; what is left out stays", knowledge.edit),
		on(a, del, "/knowledge/{id}", "knowledge-delete", "Delete it for good", knowledge.delete),
		on(a, get, "/news", "news-list", "News that the person may read: what is pinned first, then the newest", news.list),
		on(a, post, "/news", "news-create", "Write one (who manages them in the service)", news.create, created),
		on(a, get, "/news/{id}", "news-get", "One item", news.get),
		on(a, put, "/news/{id}", "news-edit", "Change it; what is left out stays", news.edit),
		on(a, del, "/news/{id}", "news-delete", "Delete it for good", news.delete),

		on(a, get, "/reports", "report-get", "Numbers over time (main solvers and managers)", a.report),
		on(a, get, "/reports.csv", "report-csv", "The same as a table for spreadsheets", a.reportCSV, asCSV),

		on(a, get, "/templates", "template-list", "Templates that the person may use, by title", a.templateList),
		on(a, post, "/templates", "template-create", "Write one (who manages them in the service)", a.templateCreate, created),
		on(a, get, "/templates/{id}", "template-get", "A template", a.templateGet),
		on(a, put, "/templates/{id}", "template-edit", "Change it; what is left out stays", a.templateEdit),
		on(a, del, "/templates/{id}", "template-delete", "Delete it for good, its schedule with it", a.templateDelete),

		on(a, get, "/me", "me-get", "The person of the token", a.me),
		on(a, get, "/me/absence", "absence-get", "When the person is away, and who stands in", a.absenceGet),
		on(a, put, "/me/absence", "absence-set", "Set it", a.absencePut),
		on(a, del, "/me/absence", "absence-end", "Be back, or not go", a.absenceDelete),
		on(a, get, "/me/addresses", "addresses-get", "The addresses from which the person writes", a.addressesGet),
		on(a, post, "/me/addresses", "address-add", "Add one: a mail goes there, and an answer from there confirms it", a.addressAdd, created),
		on(a, del, "/me/addresses/{address}", "address-drop", "Take one away that was added", a.addressDrop),
		on(a, get, "/me/notifications", "notifications-get", "Which mails the person gets, by reason", a.noticesGet),
		on(a, put, "/me/notifications", "notifications-set", "Switch a reason on or off", a.noticesPut),

		on(a, get, "/admin/mail/inbound", "inbound-list", "The ledger, newest first (administrators)", a.inboundList),
		on(a, post, "/admin/mail/inbound/{id}/replay", "inbound-replay", "Put a message back into the queue (administrators)", a.inboundReplay),
		on(a, get, "/admin/mail/outbound", "outbound-list", "The outbox, newest first (administrators)", a.outboundList),
		on(a, post, "/admin/mail/outbound/{id}/replay", "outbound-replay", "Send a mail again (administrators)", a.outboundReplay),
		on(a, get, "/admin/audit", "audit-list", "Changes of people, roles, services and settings, newest first (administrators)", a.auditList),

		on(a, get, "/quarantine", "held-list", "Held mail, newest first (service team)", a.heldList),
		on(a, post, "/quarantine/{id}/accept", "held-accept", "Open a ticket from it", a.heldAccept, created),
		on(a, post, "/quarantine/{id}/attach", "held-attach", "Add it to a ticket", a.heldAttach),
		on(a, post, "/quarantine/{id}/refuse", "held-refuse", "End it without a ticket", a.heldRefuse),
	}
}

package desk

import (
	"time"

	"postdesk/core"
)

// told makes the sentences of one event. Each is there twice: with its actor, who is {0}, and for what the desk did by
// itself, under the same key with _alone behind it.
type told struct {
	v   *visit
	who string
}

func (t told) say(key, alone string, args ...any) string {
	if t.who == "" {
		return t.v.printer.T(alone, args...)
	}
	return t.v.printer.T(key, append([]any{t.who}, args...)...)
}

// event says in one line what happened.
func (v *visit) event(r core.RecordView) (line, icon string) {
	c := core.Change{}
	if r.Change != nil {
		c = *r.Change
	}
	t := told{v: v}
	if r.Author != nil {
		t.who = r.Author.Display()
	}
	switch r.Kind {
	case core.KindStatus:
		line, icon = t.status(c)
	case core.KindAssignment:
		line, icon = t.assignment(c)
	case core.KindProperty:
		line, icon = t.property(c)
	case core.KindParticipant:
		line, icon = t.participant(c)
	case core.KindApproval:
		line, icon = t.approval(c)
	case core.KindMail:
		line, icon = v.printer.T("desk.event.bounced", c.From), "circle-alert"
	case core.KindSLA:
		line, icon = t.clock(c)
	case core.KindMoved:
		line, icon = t.say("desk.event.moved", "desk.event.moved_alone", c.From, c.To), "inbox"
	case core.KindMerged, core.KindSplit, core.KindLink:
		line, icon = t.relation(r.Kind, c)
	}
	if line == "" { // of a kind that a later version of the desk wrote
		line, icon = t.say("desk.event.other", "desk.event.other_alone", c.From, c.To), "activity"
	}
	return line, icon
}

func (t told) status(c core.Change) (line, icon string) {
	switch to := core.Status(c.To); {
	case to == core.Resolved:
		return t.say("desk.event.resolved", "desk.event.resolved_alone"), "check"
	case to == core.Closed:
		return t.say("desk.event.closed", "desk.event.closed_alone"), "check-check"
	case core.Status(c.From).Done():
		return t.say("desk.event.reopened", "desk.event.reopened_alone"), "rotate-ccw"
	}
	return t.say("desk.event.status", "desk.event.status_alone", c.To), "circle-dot"
}

func (t told) assignment(c core.Change) (line, icon string) {
	switch {
	case c.To == "" && c.From == "":
		return t.say("desk.event.returned", "desk.event.returned_alone"), "undo-2"
	case c.To == "":
		return t.say("desk.event.taken_from", "desk.event.taken_from_alone", c.From), "undo-2"
	case t.who != "" && c.To == t.who:
		return t.v.printer.T("desk.event.taken", t.who), "user-check"
	}
	return t.say("desk.event.given", "desk.event.given_alone", c.To), "user-check"
}

func (t told) property(c core.Change) (line, icon string) {
	set := c.To != ""
	if custom, ok := core.PropertyField(c.Field); ok {
		if set {
			return t.say("desk.event.field", "desk.event.field_alone", custom, c.To), "tag"
		}
		return t.say("desk.event.no_field", "desk.event.no_field_alone", custom), "tag"
	}
	switch c.Field {
	case "priority":
		return t.say("desk.event.priority", "desk.event.priority_alone", c.From, c.To), "flame"
	case "category":
		return t.say("desk.event.category", "desk.event.category_alone", c.From, c.To), "tag"
	case "withdrawn":
		return t.say("desk.event.withdrawn", "desk.event.withdrawn_alone"), "undo-2"
	case "spam":
		if set {
			return t.say("desk.event.spam", "desk.event.spam_alone"), "shield-alert"
		}
		return t.say("desk.event.no_spam", "desk.event.no_spam_alone"), "shield-check"
	case string(core.FieldInternalTarget):
		if at, err := time.Parse(time.RFC3339, c.To); err == nil {
			return t.say("desk.event.target", "desk.event.target_alone", t.v.printer.Moment(at, t.v.now)), "signal"
		}
		return t.say("desk.event.no_target", "desk.event.no_target_alone"), "signal"
	case "organization":
		if set {
			return t.say("desk.event.organization", "desk.event.organization_alone", c.To), "users"
		}
		return t.say("desk.event.no_organization", "desk.event.no_organization_alone"), "users"
	case "subject":
		return t.say("desk.event.subject", "desk.event.subject_alone", c.From, c.To), "file"
	case "text":
		return t.say("desk.event.text", "desk.event.text_alone"), "file"
	case "template":
		return t.say("desk.event.template", "desk.event.template_alone", c.To), "file"
	}
	return "", ""
}

// clock tells of a deadline that moved, with its new date, or of one that was missed, with the date that it had.
func (t told) clock(c core.Change) (line, icon string) {
	at := func(s string) string {
		if moment, err := time.Parse(time.RFC3339, s); err == nil {
			return t.v.printer.Moment(moment, t.v.now)
		}
		return s
	}
	switch gone := c.To == ""; {
	case c.Field == "first_response_due" && gone:
		return t.v.printer.T("desk.event.no_due_first_response"), "signal"
	case c.Field == "first_response_due":
		return t.v.printer.T("desk.event.due_first_response", at(c.To)), "signal"
	case c.Field == "resolution_due" && gone:
		return t.v.printer.T("desk.event.no_due_resolution"), "signal"
	case c.Field == "resolution_due":
		return t.v.printer.T("desk.event.due_resolution", at(c.To)), "signal"
	case c.Field == string(core.TargetFirstResponse):
		return t.v.printer.T("desk.event.missed_first_response", at(c.From)), "circle-alert"
	case c.Field == string(core.TargetResolution):
		return t.v.printer.T("desk.event.missed_resolution", at(c.From)), "circle-alert"
	case c.Field == string(core.TargetInternal):
		return t.v.printer.T("desk.event.missed_internal_target", at(c.From)), "circle-alert"
	}
	return "", ""
}

func (t told) participant(c core.Change) (line, icon string) {
	switch added := c.From == ""; {
	case c.Field == "participant" && added:
		return t.say("desk.event.participant_added", "desk.event.participant_added_alone", c.To), "users"
	case c.Field == "participant":
		return t.say("desk.event.participant_removed", "desk.event.participant_removed_alone", c.From), "users"
	case c.Field == "follower" && added:
		return t.say("desk.event.follower_added", "desk.event.follower_added_alone", c.To), "eye"
	case c.Field == "follower":
		return t.say("desk.event.follower_removed", "desk.event.follower_removed_alone", c.From), "eye"
	}
	return "", ""
}

// approval tells who was asked, and what became of it. From is who was asked or whose decision it is: another author
// decided in their place (E14).
func (t told) approval(c core.Change) (line, icon string) {
	switch state := core.ApprovalState(c.To); {
	case state == core.ApprovalPending:
		return t.say("desk.event.asked", "desk.event.asked_alone", c.From), "user-check"
	case state == core.ApprovalCancelled:
		return t.say("desk.event.approval_cancelled", "desk.event.approval_cancelled_alone"), "x"
	case state == core.ApprovalExpired:
		return t.v.printer.T("desk.event.approval_expired"), "x"
	case state == core.ApprovalApproved && (t.who == "" || t.who == c.From):
		return t.v.printer.T("desk.event.approved", c.From), "check"
	case state == core.ApprovalApproved:
		return t.v.printer.T("desk.event.approved_for", t.who, c.From), "check"
	case state == core.ApprovalRejected && (t.who == "" || t.who == c.From):
		return t.v.printer.T("desk.event.rejected", c.From), "x"
	case state == core.ApprovalRejected:
		return t.v.printer.T("desk.event.rejected_for", t.who, c.From), "x"
	}
	return "", ""
}

// relation names the other ticket by its number.
func (t told) relation(kind core.RecordKind, c core.Change) (line, icon string) {
	came := c.To != ""
	switch {
	case kind == core.KindMerged:
		return t.say("desk.event.merged", "desk.event.merged_alone", c.From), "activity"
	case kind == core.KindSplit:
		return t.say("desk.event.split", "desk.event.split_alone", c.To), "activity"
	case c.Field == "link" && came:
		return t.say("desk.event.linked", "desk.event.linked_alone", c.To), "activity"
	case c.Field == "link":
		return t.say("desk.event.unlinked", "desk.event.unlinked_alone", c.From), "activity"
	case c.Field == "parent" && came:
		return t.say("desk.event.parent", "desk.event.parent_alone", c.To), "activity"
	case c.Field == "parent":
		return t.say("desk.event.no_parent", "desk.event.no_parent_alone", c.From), "activity"
	case c.Field == "child":
		return t.say("desk.event.child", "desk.event.child_alone", c.To), "activity"
	case c.Field == "forwarded":
		return t.say("desk.event.forwarded", "desk.event.forwarded_alone", c.To), "mail"
	case c.Field == "presumed":
		return t.say("desk.event.presumed", "desk.event.presumed_alone", c.To), "activity"
	}
	return "", ""
}

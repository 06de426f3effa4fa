package desk

import (
	"strings"

	"postdesk/core"
)

// entry is one record of the thread: what somebody wrote, or a small line that says what happened.
type entry struct {
	core.RecordView
	Event string // the line; "" = it was written
	Icon  string
	Who   string
	Side  string // colour of the circle: requester, team, other
	Note  bool
	Proof string // of mail: was the sender proven? yes, no, or "" where it is not asked or not the reader's business
	Files []file
}

type file struct {
	core.AttachmentView
	Href  string
	Image bool // small enough and of a kind that is shown
}

// previewLimit is up to which size, in bytes, an image is shown in the thread.
const previewLimit = 5 << 20

func (v *visit) entries(view core.View, records []core.RecordView) []entry {
	entries := make([]entry, 0, len(records))
	for _, r := range records {
		e := entry{RecordView: r, Who: v.dir.Desk.Name, Side: "other", Note: r.Kind == core.KindNote || r.Kind == core.KindMessage && !r.ShowToRequester}
		if r.Author != nil {
			e.Who, e.Side = r.Author.Display(), "team"
			if r.Author.Email != "" && r.Author.Email == view.Requester.Email {
				e.Side = "requester"
			}
		}
		if r.Kind != core.KindMessage && r.Kind != core.KindNote {
			e.Event, e.Icon = v.event(r)
		}
		if r.Verified != nil {
			e.Proof = map[bool]string{true: "yes", false: "no"}[*r.Verified]
		}
		for _, a := range r.Attachments {
			f := file{AttachmentView: a, Href: ticketPath(view.Number) + "/attachments/" + a.ID}
			f.Image = shownInline(a.ContentType) && a.Size <= previewLimit
			e.Files = append(e.Files, f)
		}
		entries = append(entries, e)
	}
	return entries
}

// event says in one line what happened.
func (v *visit) event(r core.RecordView) (line, icon string) {
	change := core.Change{}
	if r.Change != nil {
		change = *r.Change
	}
	who := ""
	if r.Author != nil {
		who = r.Author.Display()
	}
	// say picks the sentence with an actor or, where the desk itself acted, the one without. {0} is the actor.
	say := func(key, alone string, args ...any) string {
		if who == "" {
			return v.printer.T(alone, args...)
		}
		return v.printer.T(key, append([]any{who}, args...)...)
	}
	switch r.Kind {
	case core.KindStatus:
		return v.statusEvent(say, change)
	case core.KindAssignment:
		return v.assignmentEvent(say, who, change)
	case core.KindProperty:
		switch change.Field {
		case "priority":
			return say("desk.event.priority", "desk.event.priority_alone", change.From, change.To), "flame"
		case "category":
			return say("desk.event.category", "desk.event.category_alone", change.From, change.To), "tag"
		}
	case core.KindParticipant:
		key := change.Field + ".added"
		name := change.To
		if name == "" {
			key, name = change.Field+".removed", change.From
		}
		switch key {
		case "participant.added":
			return say("desk.event.participant_added", "desk.event.participant_added_alone", name), "users"
		case "participant.removed":
			return say("desk.event.participant_removed", "desk.event.participant_removed_alone", name), "users"
		case "follower.added":
			return say("desk.event.follower_added", "desk.event.follower_added_alone", name), "eye"
		case "follower.removed":
			return say("desk.event.follower_removed", "desk.event.follower_removed_alone", name), "eye"
		}
	}
	if line := strings.TrimSpace(r.Text); line != "" {
		return line, "activity"
	}
	return say("desk.event.other", "desk.event.other_alone", change.From, change.To), "activity"
}

func (v *visit) statusEvent(say func(key, alone string, args ...any) string, c core.Change) (line, icon string) {
	switch to := core.Status(c.To); {
	case to == core.Resolved:
		return say("desk.event.resolved", "desk.event.resolved_alone"), "check"
	case to == core.Closed:
		return say("desk.event.closed", "desk.event.closed_alone"), "check-check"
	case core.Status(c.From).Done():
		return say("desk.event.reopened", "desk.event.reopened_alone"), "rotate-ccw"
	}
	return say("desk.event.status", "desk.event.status_alone", c.To), "circle-dot"
}

func (v *visit) assignmentEvent(say func(key, alone string, args ...any) string, who string, c core.Change) (line, icon string) {
	switch {
	case c.To == "" && c.From == "":
		return say("desk.event.returned", "desk.event.returned_alone"), "undo-2"
	case c.To == "":
		return say("desk.event.taken_from", "desk.event.taken_from_alone", c.From), "undo-2"
	case who != "" && c.To == who:
		return v.printer.T("desk.event.taken", who), "user-check"
	}
	return say("desk.event.given", "desk.event.given_alone", c.To), "user-check"
}

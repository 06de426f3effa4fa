package desk

import (
	"slices"

	"postdesk/core"
)

// thread is the log of a ticket as its page shows it.
type thread struct {
	Entries []entry
}

// entry is one record of the thread: what somebody wrote, or a small line that says what happened.
type entry struct {
	core.RecordView
	Event  string // the line; "" = it was written
	Icon   string
	Before string // of an edit: the text that stood there
	Who    string
	Side   string // colour of the circle: requester, team, other
	Note   bool   // for the team only
	Proof  string // of mail: was the sender proven? yes, no, or "" where it is not asked or not the reader's business
	Files  []file
	Copied []string // in Cc, and still nobody who takes part (D15)
}

type file struct {
	core.AttachmentView
	Href  string
	Image bool // small enough and of a kind that is shown
}

// written are the kinds of what somebody wrote. Mail that was filed with the ticket is one of them, with its files.
var written = []core.RecordKind{core.KindMessage, core.KindNote, core.KindMail}

// previewLimit is up to which size, in bytes, an image is shown in the thread.
const previewLimit = 5 << 20

func (v *visit) thread(view core.View, records []core.RecordView) thread {
	entries := make([]entry, 0, len(records))
	for _, r := range records {
		e := entry{RecordView: r, Who: v.dir.Desk.Name, Side: "other", Note: !r.ShowToRequester}
		if r.Author != nil {
			v.printer.Name(r.Author)
			e.Who, e.Side = r.Author.Display(), "team"
			if r.Author.Email != "" && r.Author.Email == view.Requester.Email {
				e.Side = "requester"
			}
		}
		if !slices.Contains(written, r.Kind) || r.Kind == core.KindMail && r.Change != nil { // that a mail came back
			e.Event, e.Icon = v.event(r)
			if r.Change != nil && r.Change.Field == "text" {
				e.Before = r.Change.From
			}
		}
		for _, address := range r.Copied {
			if !takesPart(view, address) {
				e.Copied = append(e.Copied, address)
			}
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
	return thread{Entries: entries}
}

// takesPart tells whether an address is that of somebody who takes part in the ticket, or follows it.
func takesPart(view core.View, address string) bool {
	is := func(who core.Ref) bool { return who.Email == address }
	return is(view.Requester) || slices.ContainsFunc(view.Participants, is) || slices.ContainsFunc(view.Followers, is)
}

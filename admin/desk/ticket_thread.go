package desk

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"postdesk/core"
)

// keyLog is what of the log a session is shown; "" = everything.
const keyLog = "log"

// messagesOnly leaves out of the log the lines that say what happened.
const messagesOnly = "messages"

// thread is the log of a ticket as its page shows it.
type thread struct {
	Entries []entry
	Only    bool   // messages only
	Switch  string // address that shows the other of both; "" = there is next to nothing to leave out
	Events  int    // how many lines the switch leaves out
	Files   int
	Zip     string // address of all files together; "" = at most one record has some
}

// entry is one record of the thread: what somebody wrote, or a small line that says what happened.
type entry struct {
	core.RecordView
	Day    string // stands above it: the day begins here
	Event  string // the line; "" = it was written
	Icon   string
	Before string // of an edit: the text that stood there
	Who    string
	Side   string // colour of the circle: requester, team, other
	Note   bool   // for the team only
	Proof  string // of mail: was the sender proven? yes, no, or "" where it is not asked or not the reader's business
	Rest   string // of a long text: what is folded
	More   int    // how many lines that is
	Files  []file
	Zip    string   // address of its files together; "" = fewer than two
	Copied []string // in Cc, and still nobody who takes part (D15)
	Mails  []mailsIn
	Origin string // address of the mail that it came by; "" = none, or not the reader's to see
}

type file struct {
	core.AttachmentView
	Href  string
	View  string // address where it is looked at; "" = it is for saving only
	Kind  string // picture, pdf, text or ""
	Image bool   // a picture small enough to show among others
}

// Open is where a click leads: to look at it, else to save it.
func (f file) Open() string {
	if f.View != "" {
		return f.View
	}
	return f.Href
}

// Pictures are the files that are shown among what was written, Others those that are named below.
func (e entry) Pictures() []file { return e.Files[:e.pictures()] }

// Others: see Pictures.
func (e entry) Others() []file { return e.Files[e.pictures():] }

func (e entry) pictures() int {
	n := slices.IndexFunc(e.Files, func(f file) bool { return !f.Image })
	if n < 0 {
		return len(e.Files)
	}
	return n
}

// mailsIn are the mails of a record that are in one state.
type mailsIn struct {
	State core.OutboundState
	Names string // who they go to, by first name
	Mails []core.Sent
}

// written are the kinds of what somebody wrote. Mail that was filed with the ticket is one of them, with its files.
var written = []core.RecordKind{core.KindMessage, core.KindNote, core.KindMail}

const (
	previewLimit = 5 << 20 // up to which size, in bytes, a picture is shown in the thread
	switchFrom   = 3       // so many lines are worth leaving out
)

func (v *visit) thread(view core.View, records []core.RecordView) thread {
	base := ticketPath(view.Number)
	t := thread{Entries: make([]entry, 0, len(records)), Only: v.messagesOnly()}
	today := v.printer.Day(v.now, v.now)
	days, last, with := map[string]bool{}, "", 0
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
			if r.Text == "" && len(r.Deliveries) == 0 { // words and mails that were lost are never left out
				t.Events++
				if t.Only {
					continue
				}
			}
		}
		e.Text, e.Rest, e.More = folded(r.Text)
		for _, address := range r.Copied {
			if !takesPart(view, address) {
				e.Copied = append(e.Copied, address)
			}
		}
		if r.Verified != nil {
			e.Proof = map[bool]string{true: "yes", false: "no"}[*r.Verified]
		}
		e.Files = filesOf(view.Number, r)
		kept := 0
		for _, f := range e.Files {
			if !f.Removed {
				kept++
			}
		}
		if kept > 0 {
			t.Files, with = t.Files+kept, with+1
		}
		if kept > 1 {
			e.Zip = base + "/attachments.zip?record=" + r.ID
		}
		e.Mails = v.mails(r.Sent)
		if r.Mail {
			e.Origin = base + "/records/" + r.ID + "/mail"
		}
		if day := v.printer.Day(r.At, v.now); day != last {
			e.Day, last = v.dayName(r.At, day, today), day
			days[day] = true
		}
		t.Entries = append(t.Entries, e)
	}
	if len(days) == 1 { // one day needs no separators
		t.Entries[0].Day = ""
	}
	if with > 1 {
		t.Zip = base + "/attachments.zip"
	}
	if t.Events >= switchFrom || t.Only && t.Events > 0 {
		t.Switch = withQuery(v.narrowing().at(base), "log="+map[bool]string{true: "all", false: messagesOnly}[t.Only])
	}
	return t
}

// messagesOnly keeps in the session what ?log= asks for, as ?lang= does.
func (v *visit) messagesOnly() bool {
	switch v.r.URL.Query().Get("log") {
	case messagesOnly:
		v.sessions.Put(v.r.Context(), keyLog, messagesOnly)
	case "all":
		v.sessions.Remove(v.r.Context(), keyLog)
	}
	return v.sessions.GetString(v.r.Context(), keyLog) == messagesOnly
}

func withQuery(address, query string) string {
	if strings.Contains(address, "?") {
		return address + "&" + query
	}
	return address + "?" + query
}

func (v *visit) dayName(at time.Time, day, today string) string {
	switch {
	case day == today:
		return v.printer.T("desk.day.today")
	case day == v.printer.Day(v.now.AddDate(0, 0, -1), v.now):
		return v.printer.T("desk.day.yesterday")
	}
	return day
}

// How much of a text stands open; longer ones are folded where they have rest enough to be worth it.
const (
	foldLines = 60 // of so many letters:
	foldWidth = 90
	foldOpen  = 45
)

// folded cuts a long text at the end of a line, else at a blank. more is how many lines the rest has.
func folded(text string) (shown, rest string, more int) {
	room, all := 0, 0
	for line := range strings.Lines(text) {
		n := 1 + utf8.RuneCountInString(line)/foldWidth
		if all += n; all > foldOpen {
			continue
		}
		room += len(line)
	}
	if all <= foldLines {
		return text, "", 0
	}
	end := room
	if end == 0 { // one line without an end
		end = min(len(text), foldOpen*foldWidth)
		if blank := strings.LastIndexByte(text[:end], ' '); blank > 0 {
			end = blank + 1
		}
		for !utf8.RuneStart(text[end]) {
			end--
		}
	}
	shown, rest = strings.TrimRight(text[:end], "\n"), strings.TrimLeft(text[end:], "\n")
	for line := range strings.Lines(rest) {
		more += 1 + utf8.RuneCountInString(line)/foldWidth
	}
	return shown, rest, more
}

// mails sorts the mails of a record by what became of them, the ones that need somebody first.
func (v *visit) mails(sent []core.Sent) (groups []mailsIn) {
	order := []core.OutboundState{core.OutboundBounced, core.OutboundRejected, core.OutboundParked, core.OutboundUncertain, core.OutboundQueued,
		core.OutboundAccepted, core.OutboundCancelled}
	for _, state := range order {
		g := mailsIn{State: state}
		var names []string
		for _, m := range sent {
			if m.State == state || state == core.OutboundQueued && m.State == core.OutboundSending {
				v.printer.Name(&m.To)
				g.Mails, names = append(g.Mails, m), append(names, m.To.FirstName())
			}
		}
		if len(g.Mails) == 0 {
			continue
		}
		if g.Names = strings.Join(names, ", "); len(names) > namesMost {
			g.Names = v.printer.N("desk.sent.people", len(names))
		}
		groups = append(groups, g)
	}
	return groups
}

// namesMost is how many names a line of mails has.
const namesMost = 4

// takesPart tells whether an address is that of somebody who takes part in the ticket, or follows it.
func takesPart(view core.View, address string) bool {
	is := func(who core.Ref) bool { return who.Email == address }
	return is(view.Requester) || slices.ContainsFunc(view.Participants, is) || slices.ContainsFunc(view.Followers, is)
}

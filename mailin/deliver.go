package mailin

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// delivery is one message on its way into the desk.
type delivery struct {
	*helpdesk.Mail
	msg      *Message
	from     core.Ref // the identity that the mail claims; empty where it claims none that can be read (mail.md 4)
	refs     []string
	evidence evidence
	level    core.Level
}

// letter is what the ledger keeps of the message.
func letter(m *Message, e evidence) helpdesk.Letter {
	from, _ := m.SingleFrom()
	l := helpdesk.Letter{
		MessageID: m.MessageID, Sender: from.Address, Subject: m.Subject, Class: string(m.Class), Evidence: e.why,
		ContentKey:  m.ContentKey[:],
		Refs:        references(m),
		Recipients:  m.Recipients(),
		Acknowledge: m.MayAnswer && m.Class == ClassHuman,
		Reopen:      m.Class == ClassHuman || m.Class == ClassMachine || m.Class == ClassDesk,
	}
	if from.Address != "" {
		l.From = core.FoldAddress(from.Address)
	}
	if l.Sender == "" && len(m.From) > 0 {
		l.Sender = m.From[0].Address
	}
	for _, a := range append(append([]Address{}, m.To...), m.Cc...) {
		l.Direct = append(l.Direct, core.FoldAddress(a.Address))
	}
	return l
}

// deliver is the one switch: what kind of mail it is, whose, which ticket it names, and which operation that makes. It
// runs within the mail's transaction; what it returns becomes the message's line in the ledger.
func deliver(ctx context.Context, mail *helpdesk.Mail, m *Message) (store.Outcome, error) {
	d := &delivery{Mail: mail, msg: m, refs: references(m)}
	if from, ok := m.SingleFrom(); ok {
		d.from = core.Ref{Email: core.FoldAddress(from.Address), Name: from.Name}
	}
	d.evidence = judgeDomain(m, d.from.Email, mail.Directory().Mailboxes[mail.Row.Mailbox])
	switch {
	case m.ReceivedCount() > maxReceived:
		return store.Outcome{State: core.InboundParked, Reason: "more than 30 servers handed it on: a loop"}, nil
	case m.Class == ClassSelf, m.Class == ClassBounce, m.Class == ClassReceipt, m.Class == ClassList:
		return store.Outcome{State: core.InboundSuppressed, Reason: string(m.Class) + ": " + first(m.Reasons)}, nil
	}
	token, person := d.Token(), d.Sender()
	candidate, err := d.candidate(ctx, token)
	if err != nil {
		return store.Outcome{}, err
	}
	if m.Class == ClassAuto {
		return d.automatic(ctx, candidate, person)
	}
	if token != nil && d.Valid(token) && (person == nil || person.ID != token.Person) {
		// Right token, wrong From: somebody passed the address on (mail.md 4).
		if err := d.MisusedToken(ctx, token); err != nil {
			return store.Outcome{}, err
		}
		return d.holdReply(ctx, candidate, "the reply address is somebody else's; it was revoked"), nil
	}
	if m.Class == ClassHuman && m.OutOfOffice() { // row 9 of mail.md 2: close behind our own mail it is an automatic answer
		if soon, err := d.JustMailed(ctx, d.from.Email); err != nil || soon {
			if err != nil {
				return store.Outcome{}, err
			}
			return d.automatic(ctx, candidate, person)
		}
	}
	mine := token != nil && d.Valid(token) && person != nil && token.Person == person.ID
	d.level = proof(d.evidence, mine, d.policy())
	if person != nil && person.Disabled {
		return d.holdReply(ctx, candidate, "the sender is disabled"), nil
	}
	if person != nil {
		d.Become(person, d.level)
		if mine {
			d.UseToken(token)
		}
	}
	if candidate.Ticket != 0 && person != nil {
		s, err := d.StandingIn(ctx, candidate.Ticket)
		if err != nil {
			return store.Outcome{}, err
		}
		switch {
		case s.Sees() && (!candidate.Weak || s.Owner):
			return d.answer(ctx, candidate, s, mine, token)
		case token != nil && token.Person == person.ID: // meant for that ticket's people, not to become a ticket of its own
			return d.holdReply(ctx, candidate, "the sender may not see the ticket any more"), nil
		}
	}
	return d.open(ctx, candidate, person)
}

func (d *delivery) policy() core.TrustPolicy {
	if box := d.Directory().Mailboxes[d.Row.Mailbox]; box != nil {
		return box.Policy
	}
	return core.StrictPolicy
}

// candidate is the ticket that the mail names: by token, else by its references and subject (mail.md 3).
func (d *delivery) candidate(ctx context.Context, token *helpdesk.Token) (helpdesk.Candidate, error) {
	if token != nil {
		return d.CandidateOfToken(ctx, token)
	}
	return d.Thread(ctx, subjectTag(d.msg.Subject))
}

// automatic mail never opens, reopens or changes anything; what answers a ticket's person is kept with it.
func (d *delivery) automatic(ctx context.Context, c helpdesk.Candidate, person *core.Person) (store.Outcome, error) {
	reason := string(d.msg.Class) + ": " + first(d.msg.Reasons)
	if c.Ticket == 0 || person == nil {
		return store.Outcome{State: core.InboundSuppressed, Reason: reason}, nil
	}
	d.Become(person, core.Machine)
	s, err := d.StandingIn(ctx, c.Ticket)
	if err != nil || !s.Sees() {
		return store.Outcome{State: core.InboundSuppressed, Reason: reason}, err
	}
	n, err := d.RecordAutomatic(ctx, c.Ticket, d.from.Email, d.text(), d.source())
	return store.Outcome{State: core.InboundApplied, Reason: reason, Ticket: n}, err
}

// answer writes to the ticket that the mail belongs to. The requester's side may do so with an address alone, marked as
// not verified; a solver's work needs the person proven.
func (d *delivery) answer(ctx context.Context, c helpdesk.Candidate, s core.Standing, mine bool, token *helpdesk.Token) (store.Outcome, error) {
	r := helpdesk.NewRecord{Text: d.text(), Folded: d.folded(), Attachments: d.attachments(), Mail: d.source()}
	if s.TeamSide() || !s.Part {
		if d.level < core.PersonProven {
			return d.holdReply(ctx, c, "written for the desk, but the sender is not proven ("+d.evidence.why+")"), nil
		}
		if err := d.teamText(ctx, c.Ticket, &r); err != nil {
			return store.Outcome{}, err
		}
		r.Answer = (r.Text != "" || len(r.Attachments) > 0) && !forTheTeam(d.msg)
	}
	if mine && token.Purpose == core.PurposeNote || s.TeamSide() && !r.Answer { // a note address makes notes, whatever became of its owner
		note := false
		r.Show, r.Answer = &note, false
	}
	n, err := d.AddRecord(ctx, c.Ticket, r)
	if refused := core.CodeOf(err); refused == core.Forbidden || refused == core.NotFound {
		return d.holdReply(ctx, c, "not allowed in ticket "+fmt.Sprint(c.Ticket)), nil
	}
	if err == nil {
		err = d.AddCopied(ctx, n, addresses(d.msg.Cc))
	}
	return store.Outcome{State: core.InboundApplied, Reason: c.How, Ticket: n}, err
}

// forTheTeam tells that a solver's mail is not an answer to the requester although it came to the address for one: a
// forward of a notification, or one that begins with a #word, which may be a command and must not go out as text
// (mail.md 5; #12 is text).
func forTheTeam(m *Message) bool {
	line, _, _ := strings.Cut(strings.TrimSpace(m.Visible), "\n")
	return commandWord.MatchString(line) || forwardPrefix.MatchString(m.Subject)
}

var (
	commandWord   = regexp.MustCompile(`^#\pL`)
	forwardPrefix = regexp.MustCompile(`(?i)^\s*(?:fwd?|rv|wg|tr|enc|i)\s*:`)
)

// open makes a new ticket of the mail, linked to the presumed one where it named one that its sender may not write to.
func (d *delivery) open(ctx context.Context, c helpdesk.Candidate, person *core.Person) (store.Outcome, error) {
	service, also := d.ServiceFor(addresses(d.msg.To), addresses(d.msg.Cc))
	s := d.Directory().Services[service]
	switch {
	case s == nil:
		return store.Outcome{State: core.InboundParked, Reason: "no service takes tickets yet: add one and replay"}, nil
	case s.Folder, s.Archived: // D22
		return d.hold(s.ID, s.Name+" takes no tickets: it is "+state(s)), d.RefuseNew(person, s, "folder")
	case d.from.Email == "":
		return d.hold(s.ID, "no single sender address"), nil
	}
	if person == nil || !d.IsRequester(person, service) {
		var why string
		var err error
		if person, why, err = d.stranger(ctx, person, s); err != nil {
			return store.Outcome{}, err
		}
		switch {
		case person != nil:
			d.Become(person, d.level)
		case s.UnknownSenders == core.RefuseUnknown:
			return store.Outcome{State: core.InboundSuppressed, Reason: "refused: " + why}, nil
		default:
			return d.hold(s.ID, why), nil
		}
	}
	n, err := d.OpenTicket(ctx, helpdesk.NewTicket{
		Service: service, Subject: withoutTag(d.msg.Subject), Text: d.text(), Folded: d.folded(), Attachments: d.attachments(),
		Mail: d.source(), Presumed: c.Ticket,
	})
	switch core.CodeOf(err) {
	case core.Forbidden, core.Invalid: // refused before anything was written
		return d.hold(s.ID, "not allowed to open a ticket in "+s.Name), nil
	}
	if err != nil {
		return store.Outcome{}, err
	}
	if err := d.TellAlso(ctx, n, also); err != nil {
		return store.Outcome{}, err
	}
	return store.Outcome{State: core.InboundApplied, Reason: "opened", Ticket: n}, d.AddCopied(ctx, n, addresses(d.msg.Cc))
}

// state names why a service takes no tickets.
func state(s *core.Service) string {
	if s.Archived {
		return "archived"
	}
	return "a folder"
}

// stranger decides about somebody who is no requester of the service: nil and why where a person has to look at it.
func (d *delivery) stranger(ctx context.Context, known *core.Person, s *core.Service) (*core.Person, string, error) {
	if known == nil && d.level >= core.DomainProven {
		ok, err := d.DomainIsRequester(ctx, d.from.Email, s.ID)
		if err != nil {
			return nil, "", err
		}
		if ok {
			p, err := d.AddPerson(ctx, d.from, s.ID, core.Contact)
			return p, "", err
		}
	}
	if known == nil && s.UnknownSenders == core.GuestUnknown {
		p, err := d.AddPerson(ctx, d.from, s.ID, core.Guest)
		return p, "", err
	}
	if known != nil && known.Origin == core.Guest && s.UnknownSenders == core.GuestUnknown {
		return known, "", nil
	}
	return nil, "the sender is no requester of " + s.Name, nil
}

// hold keeps the mail for the triage of a service.
func (d *delivery) hold(service core.ServiceID, why string) store.Outcome {
	if s := d.Directory().Services[service]; s == nil || s.Folder || s.Archived { // nobody sorts mail there
		service = d.Directory().ServiceNear(d.Row.Mailbox)
	}
	return store.Outcome{State: core.InboundQuarantined, Reason: why, Service: service}
}

// holdReply keeps mail that was meant for a ticket, for the triage of the ticket's service.
func (d *delivery) holdReply(ctx context.Context, c helpdesk.Candidate, why string) store.Outcome {
	if service := d.ServiceOf(ctx, c.Ticket); service != 0 {
		return d.hold(service, why)
	}
	service, _ := d.ServiceFor(addresses(d.msg.To), addresses(d.msg.Cc))
	return d.hold(service, why)
}

func (d *delivery) source() *helpdesk.MailSource {
	verified := d.level >= core.DomainProven
	return &helpdesk.MailSource{Inbound: d.Row.ID, MessageID: d.msg.MessageID, Refs: d.refs, Verified: &verified}
}

func (d *delivery) text() string { return newText(d.msg) }

func (d *delivery) folded() string { return foldedText(d.msg) }

func (d *delivery) attachments() []core.Attachment { return attachmentsOf(d.msg) }

// newText is what the sender wrote anew; the whole text where everything else was cut.
func newText(m *Message) string {
	text := m.Visible
	if strings.TrimSpace(text) == "" && len(m.Attachments) == 0 {
		text = m.Text
	}
	return maskAddresses(strings.TrimSpace(text))
}

// foldedText is what was cut: never lost, shown to those who read the whole log.
func foldedText(m *Message) string {
	return maskAddresses(strings.TrimSpace(strings.TrimSpace(m.Quoted) + "\n\n" + strings.TrimSpace(m.Signature)))
}

func attachmentsOf(m *Message) []core.Attachment {
	files := make([]core.Attachment, 0, len(m.Attachments))
	for _, a := range m.Attachments {
		files = append(files, core.Attachment{Name: a.Name, ContentType: a.ContentType, Size: a.Size, SHA256: a.SHA256,
			Inline: a.Inline, ContentID: a.ContentID, Data: a.Data})
	}
	return files
}

// replyAddress matches the addresses that carry reply tokens, as they are and as links write them; they are shown to
// nobody (mail.md 6).
var replyAddress = regexp.MustCompile(`(?i)(?:\+|%2b|\b)[rn]\.[a-z2-7]{34}\b`)

func maskAddresses(text string) string {
	if !mayHoldToken(text) {
		return text
	}
	return replyAddress.ReplaceAllString(text, "")
}

// mayHoldToken looks for a word as long as a token. Few mails have one, and the pattern above is slow.
func mayHoldToken(text string) bool {
	run := 0
	for i := range len(text) {
		switch c := text[i] | 0x20; {
		case c >= 'a' && c <= 'z', text[i] >= '2' && text[i] <= '7':
			if run++; run == 34 {
				return true
			}
		default:
			run = 0
		}
	}
	return false
}

// teamText cuts what a solver wrote to what may go from the desk to a requester: the new text alone. Whatever of a
// notification stands between or below it, notes included, stays in the fold (mail.md 6).
func (d *delivery) teamText(ctx context.Context, n core.Number, r *helpdesk.NewRecord) error {
	text := strings.TrimSpace(d.msg.Visible)
	kept := withoutLines(text, func(line string) bool {
		return strings.HasPrefix(line, ">") || replyAddress.MatchString(line)
	})
	// Where the quote of a notification was not recognised as one, at least nothing of a note passes.
	if kept != text || tagPattern.MatchString(text) {
		notes, err := d.Notes(ctx, n)
		if err != nil {
			return err
		}
		kept = withoutNotes(kept, notes)
	}
	r.Text = kept
	if kept != text {
		r.Folded = strings.TrimSpace(maskAddresses(text) + "\n\n" + r.Folded)
	}
	return nil
}

// withoutLines takes lines out of a text; drop is asked with each line, trimmed.
func withoutLines(text string, drop func(line string) bool) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if !drop(strings.TrimSpace(line)) {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

// noteLine is from how many characters on a line that stands in a note too is taken for a piece of it.
const noteLine = 12

// withoutNotes takes out lines that stand in one of the notes, however they are broken.
func withoutNotes(text string, notes []string) string {
	for i, n := range notes {
		notes[i] = strings.Join(strings.Fields(n), " ")
	}
	return withoutLines(text, func(line string) bool {
		plain := strings.Join(strings.Fields(line), " ")
		return len(plain) >= noteLine && slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, plain) })
	})
}

func addresses(list []Address) []string {
	out := make([]string, 0, len(list))
	for _, a := range list {
		out = append(out, a.Address)
	}
	return out
}

func first(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return reasons[0]
}

package core

// Receipt is what became of a mail by which somebody worked: of each command, and of its text (mail.md 5: nothing is
// ignored silently).
type Receipt struct {
	Lines []ReceiptLine `json:"lines,omitempty"` // the commands, in the order of the mail
	// Unknown is a first word after # that is no command: then none of the commands ran. Near are those that look like it.
	Unknown string   `json:"unknown,omitempty"`
	Near    []string `json:"near,omitempty"`
	// Text says what became of the text; "" = there was none.
	Text TextOutcome `json:"text,omitempty"`
	// Told are the people who got mail by it, by name.
	Told []string `json:"told,omitempty"`
	// Confirm is the path of the page where the recipient carries out, signed in, what was not proven to be theirs.
	Confirm string `json:"confirm,omitempty"`
	// Approval is the question that a mail to its approve address left open: an answer to the receipt decides it. Undecided is
	// the key of the sentence that says why such a mail decides nothing any more.
	Approval  string `json:"approval,omitempty"`
	Undecided string `json:"undecided,omitempty"`
	// Help asks for the list of commands.
	Help bool `json:"help,omitempty"`
}

// ReceiptLine is one command and what became of it.
type ReceiptLine struct {
	Command  string         `json:"command"` // its English name
	Argument string         `json:"argument,omitempty"`
	Outcome  CommandOutcome `json:"outcome"`
	// Reason says why it was refused: the key of a sentence, with what stands in it. Of a template that was sent, Args is its title.
	Reason string   `json:"reason,omitempty"`
	Args   []string `json:"args,omitempty"`
}

// CommandOutcome is what became of a command.
type CommandOutcome string

// The outcomes.
const (
	CommandDone    CommandOutcome = "done"
	CommandRefused CommandOutcome = "refused"
	CommandConfirm CommandOutcome = "confirm" // waits for a button, because the sender was not proven well enough
)

// TextOutcome is what became of a mail's text.
type TextOutcome string

// The outcomes.
const (
	TextReply   TextOutcome = "reply"   // went to the requester's side
	TextNote    TextOutcome = "note"    // an internal note
	TextMessage TextOutcome = "message" // the requester's side wrote it
	TextOpened  TextOutcome = "opened"  // opened the ticket
	TextHeld    TextOutcome = "held"    // waits for a person
)

// Switching is the line of a receipt about one word that asked for more or fewer mails (E4): its arguments are their reason and
// the service, by path. It is nil where the receipt, which may be nil, is about something else.
func (r *Receipt) Switching() *ReceiptLine {
	if r == nil || len(r.Lines) != 1 || len(r.Lines[0].Args) != 2 || r.Lines[0].Command != "stop" && r.Lines[0].Command != "start" {
		return nil
	}
	return &r.Lines[0]
}

// MailCommands are the commands by their English names, in the order in which help lists them.
func MailCommands() []string {
	return []string{"take", "assign", "group", "return", "status", "waiting", "resolve", "close", "reopen", "priority", "category", "move",
		"note", "public", "participant", "follow", "ask", "approve", "reject", "merge", "template", "help"}
}

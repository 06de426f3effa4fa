package core

import "time"

// RecordKind says what a log record tells.
type RecordKind string

// The kinds: a message is meant for people on both sides, a note for the team; the others are events.
const (
	KindMessage     RecordKind = "message"
	KindNote        RecordKind = "note"
	KindStatus      RecordKind = "status"
	KindAssignment  RecordKind = "assignment"
	KindProperty    RecordKind = "property"
	KindMerged      RecordKind = "merged"
	KindLink        RecordKind = "link"
	KindParticipant RecordKind = "participant"
	KindMail        RecordKind = "mail"
	KindMoved       RecordKind = "moved"
	KindSplit       RecordKind = "split"
	KindApproval    RecordKind = "approval"
	KindSLA         RecordKind = "sla"
)

// Record is one entry of a ticket's log. At grows strictly within a ticket, so it orders the log.
type Record struct {
	ID              string
	Ticket          Number
	At              time.Time
	Kind            RecordKind
	Author          *Person // nil = the desk itself, or an address that is no person (AuthorAddress)
	AuthorAddress   string
	Via             Via
	Text            string // what was newly written; events carry none
	Folded          string // quote, signature, disclaimer: never lost, shown to those who read the whole log
	ShowToRequester bool
	Verified        *bool // of mail: was the sender proven; nil = not asked (desk, API, the desk itself)
	MessageID       string
	Inbound         int64  // the ledger row it came from; 0 = none
	Change          Change // of events: what changed
	Work            int    // minutes (A70); 0 = none noted
	Attachments     []Attachment
	Copied          []string // of mail: addresses in Cc of people who took no part when it came (D15)
	Sent            []Sent   // mails about it, oldest first
}

// Change is what an event record reports: a field with its values before and after, in the words of the API; persons
// and groups by name.
type Change struct {
	Field string `json:"field,omitempty"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// Attachment is a file of a record; the content is found by its hash.
type Attachment struct {
	ID          string
	Name        string
	ContentType string
	Size        int64
	SHA256      [32]byte
	Removed     bool // the content was dropped when its time was over; SHA256 is zero
	Inline      bool
	ContentID   string
	// Data is the content while it is small and not yet stored; nil = the content store has it already.
	Data []byte
}

package core

import "time"

// Outgoing is one mail to one person, decided in the transaction of its event: recipient, reason, language and what it
// says are frozen here, cut to what the recipient may see, so that rendering later can leak nothing (mail.md 1, 7).
type Outgoing struct {
	ID        string // UUID; the Message-ID is made of it
	Ticket    Number // 0 = belongs to no ticket (a sign-in link)
	Record    string // the log record it tells of; "" = none
	Mailbox   MailboxID
	Person    *Person // nil = an address that is no person
	Address   string
	Event     Event
	Role      Role
	Reason    string
	Language  Language
	Automatic bool // false for a person's reply to the requester's side, which goes on when automatic mail is paused
	MessageID string
	CreatedAt time.Time
	Tokens    []ReplyToken
	Content   Content
}

// ReplyToken is issued with a mail and lets its recipient write to the ticket (mail.md 4).
type ReplyToken struct {
	Token    [16]byte
	Purpose  Purpose
	Expires  time.Time
	Approval string   // of PurposeApprove: which question, …
	Digest   [32]byte // …asked of which request (E13)
	Address  string   // of PurposeConfirm: which address becomes the person's
}

// Content is what a mail says, as the templates get it.
type Content struct {
	Ticket View        `json:"ticket"`
	Record *RecordView `json:"record,omitempty"` // the message or note that it tells of; the request where that is new to the recipient
	// Events happened in the same act, told in the same mail (resolved with a message, say); in the words of the log.
	Actor         *Ref     `json:"actor,omitempty"`      // who did it; absent = the desk itself
	Previous      string   `json:"previous,omitempty"`   // assigned, returned: who had it before
	Desk          string   `json:"desk"`                 // the desk's name
	RequesterSide bool     `json:"requester_side"`       // no machinery, no reply commands, no note address
	OnBehalf      bool     `json:"on_behalf,omitempty"`  // acknowledgement: opened by the team for the requester
	Scheduled     bool     `json:"scheduled,omitempty"`  // a template opened the ticket when its time came, and nobody asked for it
	Schedule      string   `json:"schedule,omitempty"`   // that template's title, which is for the team alone
	Echo          bool     `json:"echo,omitempty"`       // acknowledgement: the sender is proven, so the subject and text may stand in it
	Unverified    bool     `json:"unverified,omitempty"` // solver side: the sender of this message is not proven
	ReplyAddress  string   `json:"reply_address"`        // Reply-To
	NoteAddress   string   `json:"note_address,omitempty"`
	FromName      string   `json:"from_name"`
	FromAddress   string   `json:"from_address"`
	InReplyTo     string   `json:"in_reply_to,omitempty"`
	References    []string `json:"references,omitempty"`     // the ticket's root first
	Link          string   `json:"link,omitempty"`           // path below the public URL; "" = no button
	Files         []File   `json:"files,omitempty"`          // travel with the mail
	FilesAsLinks  []File   `json:"files_as_links,omitempty"` // too large, or of an unverified sender: in the desk only
	// MovedFrom is the service in which the ticket was before (moved).
	MovedFrom string `json:"moved_from,omitempty"`
	// AlsoIn is the service to which a mail for two services went (D29).
	AlsoIn string `json:"also_in,omitempty"`
	// Tickets are those that one mail tells of together: what somebody who left had (D26).
	Tickets []View `json:"tickets,omitempty"`
	// Approval is what is asked, or how it ended (approval_requested, approval_finished); InsteadOf whose duty a delegate does.
	Approval  *ApprovalView `json:"approval,omitempty"`
	InsteadOf string        `json:"instead_of,omitempty"`
	// Decides tells that an answer decides, by one of two words (approval_requested).
	Decides bool `json:"decides,omitempty"`
	// Deadlines are those that moved (deadline_changed), or the one that is near or passed (sla_warning, sla_breach).
	Deadlines []Deadline `json:"deadlines,omitempty"`
	// Child is the resolved ticket below this one (child_resolved); its subject is empty where it may not be seen.
	Child *View `json:"child,omitempty"`
	// ResolvesAt is when waiting ends by itself (waiting_reminder); absent = never.
	ResolvesAt *time.Time `json:"resolves_at,omitempty"`
	// Refused says why something was refused (refusal): the key of a sentence below refusal. in the locale files.
	Refused string `json:"refused,omitempty"`
	// Findings are what the configuration check found (configuration_alert).
	Findings []Finding `json:"findings,omitempty"`
	// Receipt tells what became of a mail's commands (receipt).
	Receipt *Receipt `json:"receipt,omitempty"`
	// Digest are the mails that this one carries together, each cut to its recipient as it would have been (digest). They
	// are put in when the mail is written, from rows of their own, and are not kept here.
	Digest []Carried `json:"digest,omitempty"`
	// NewAddress was added to the person's own (address_confirmation); "" = the mail asks its recipient to confirm it.
	NewAddress string `json:"new_address,omitempty"`
	// News is what is told (news); the service stands in Ticket.
	News *ArticleView `json:"news,omitempty"`
	// Failed tells of the mail that could not be delivered (delivery_failed): to whom, and the server's answer.
	Failed *Failure `json:"failed,omitempty"`
}

// Carried is one mail that goes with a digest.
type Carried struct {
	Event   Event     `json:"event"`
	Role    Role      `json:"role"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
	Content Content   `json:"content"`
}

// Deadline is when something is due; Due absent = there is no such date any more.
type Deadline struct {
	Target Target     `json:"target"`
	Due    *time.Time `json:"due,omitempty"`
}

// File is an attachment of a mail, by the hash of its content.
type File struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`
	SHA256      []byte `json:"sha256"`
}

// Failure is a mail that did not arrive.
type Failure struct {
	To       string `json:"to"`
	Response string `json:"response"`
}

// Sent is one mail that tells of a log record: to whom it goes, and where it stands in the outbox.
type Sent struct {
	To       Ref
	State    OutboundState
	Response string // what the other server said; "" = nothing yet
}

// failed tells whether the mail did not arrive, or perhaps not.
func (s Sent) failed() bool {
	switch s.State {
	case OutboundRejected, OutboundBounced, OutboundParked, OutboundUncertain:
		return true
	}
	return false
}

// Delivery is what became of one mail that tells of a log record, where it did not arrive or perhaps not.
type Delivery struct {
	To       string        `json:"to"`
	State    OutboundState `json:"state"`    // rejected, bounced, parked or uncertain
	Response string        `json:"response"` // what the other server said
}

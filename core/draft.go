package core

import (
	"slices"
	"time"
)

// DraftKind is what a draft becomes when it is sent.
type DraftKind string

// The kinds. Of each, a person writes one at a time in a ticket.
const (
	ReplyDraft  DraftKind = "reply"
	NoteDraft   DraftKind = "note"
	TicketDraft DraftKind = "ticket" // a ticket that is not opened yet
)

// Draft is what somebody is writing, or has sent and may still take back. It is theirs alone: nobody else reads it.
type Draft struct {
	ID        string
	Author    PersonID
	Ticket    Number // 0 with TicketDraft
	Kind      DraftKind
	Text      string
	Fields    map[string]string // with TicketDraft: what else its form says, by field
	Status    Status            // what the ticket is set to when it is sent, Waiting or Resolved; "" = as it is
	Files     []Attachment
	UpdatedAt time.Time
	SendAt    time.Time // zero = it is being written
	Failure   *Error    // why it was not sent, until its author goes on writing
}

// RepeatOf tells whether another draft that is on its way says all of this one.
func (d *Draft) RepeatOf(other *Draft) bool {
	return !d.Empty() && !other.SendAt.IsZero() && other.Ticket == d.Ticket && other.Kind == d.Kind && other.Text == d.Text && other.Status == d.Status &&
		!slices.ContainsFunc(d.Files, func(f Attachment) bool {
			return !slices.ContainsFunc(other.Files, func(o Attachment) bool { return o.Name == f.Name && o.SHA256 == f.SHA256 })
		})
}

// Empty tells whether nothing is in it.
func (d *Draft) Empty() bool { return d.Text == "" && len(d.Files) == 0 && len(d.Fields) == 0 }

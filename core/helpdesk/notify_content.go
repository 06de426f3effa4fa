package helpdesk

import (
	"context"
	"slices"
	"strings"

	"postdesk/core"
)

// request is the message that opened the ticket, for the events that bring it to somebody who may not know it yet: they
// read in the mail what they are given, or asked to approve.
func (c *change) request(ctx context.Context, e told) (*core.Record, error) {
	switch e.event {
	case core.EventAssigned, core.EventAssignedGroup, core.EventReturned, core.EventMoved, core.EventApprovalAsked:
	default:
		return nil, nil
	}
	if e.record != nil && e.record.Kind == core.KindMessage { // it was opened just now
		return e.record, nil
	}
	first, err := c.tx.FirstRecord(ctx, c.t.Number)
	if core.CodeOf(err) == core.NotFound {
		return nil, nil
	}
	return first, err
}

// particulars are what single events tell besides.
func (c *change) particulars(k *core.Content, r recipient, e told) {
	if e.event == core.EventMoved && e.record != nil {
		k.MovedFrom = e.record.Change.From
	}
	if e.approval != nil {
		v := e.approval.View()
		k.Approval = &v
		if s := e.approval.Of(r.person.ID); r.role == core.Approver && !e.approval.Waits(s) {
			for _, s := range e.approval.Approvers {
				if c.dir.StandsIn(r.person.ID, s.Person.ID) {
					k.InsteadOf = s.Person.Ref().Display()
				}
			}
		}
	}
	if c.child != nil {
		v := core.ViewOf(c.dir, c.child, core.StandingOf(c.dir, c.child, r.person), c.now)
		if v.Number == 0 { // not theirs to see: that it is done, no more
			v = core.View{Number: c.child.Number, Tag: c.dir.Desk.Tag(c.child.Number)}
		}
		k.Child = &v
	}
	if e.event == core.EventWaitingReminder {
		if at := c.resolvesAt(); !at.IsZero() {
			k.ResolvesAt = &at
		}
	}
}

// vouched tells whether the record may be taken as its author's: an unproven sender's words stay so, also when a triager
// lets them in (mail.md 4).
func (c *change) vouched(r *core.Record) bool {
	return c.proven() && (r == nil || r.Verified == nil || *r.Verified)
}

// files sorts a record's files: those that travel with the mail, and those that stay in the desk because they are too
// large or their sender is unproven.
func (c *change) files(k *core.Content, r *core.Record) {
	var total int64
	for _, a := range r.Attachments {
		total += a.Size
	}
	for _, a := range r.Attachments {
		if a.Removed {
			continue
		}
		f := core.File{Name: a.Name, ContentType: a.ContentType, Size: a.Size, SHA256: slices.Clone(a.SHA256[:])}
		if total > travelLimit || !c.vouched(r) || strings.HasPrefix(a.ContentType, "message/") {
			k.FilesAsLinks = append(k.FilesAsLinks, f)
		} else {
			k.Files = append(k.Files, f)
		}
	}
}

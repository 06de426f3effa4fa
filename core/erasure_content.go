package core

import (
	"slices"
	"strings"
)

// Content takes them out of what a mail to somebody else says: references to them, their requests, what they wrote (the
// records whose ids are given), and their files. What others wrote stays as it is.
func (f *Forgotten) Content(c *Content, wrote []string) {
	for _, v := range append([]*View{&c.Ticket, c.Child}, pointers(c.Tickets)...) {
		f.view(v)
	}
	f.record(c, wrote)
	if c.Approval != nil {
		f.approval(c.Approval)
	}
	c.EachPerson(f.ref) // last: what is theirs is known by it
	c.Previous, c.InsteadOf = f.Named(c.Previous), f.Named(c.InsteadOf)
	for _, name := range f.Names { // "Ana Ruiz (IT)", as what they wrote is from
		c.withoutSender(name)
	}
	for i := range c.Findings {
		c.Findings[i].Names, c.Findings[i].Text = f.Named(c.Findings[i].Names), f.Named(c.Findings[i].Text)
	}
	if r := c.Receipt; r != nil {
		for i := range r.Lines {
			r.Lines[i].Argument = f.Named(r.Lines[i].Argument)
			f.list(r.Lines[i].Args)
		}
		f.list(r.Told)
	}
	if f.Named(c.NewAddress) != c.NewAddress {
		c.NewAddress = f.Address()
	}
	if c.Failed != nil {
		to := f.Named(c.Failed.To)
		if to != c.Failed.To { // the server's answer may quote what it refused
			c.Failed.Response = ""
		}
		c.Failed.To, c.Failed.Response = to, f.Named(c.Failed.Response)
	}
	for i := range c.Digest {
		f.Content(&c.Digest[i].Content, wrote)
	}
}

func (c *Content) withoutSender(name string) {
	if rest, ok := strings.CutPrefix(c.FromName, name+" ("); ok && name != "" {
		c.FromName = strings.TrimSuffix(rest, ")")
	}
}

func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

func (f *Forgotten) list(words []string) {
	for i := range words {
		words[i] = f.Named(words[i])
	}
}

func (f *Forgotten) ref(r *Ref) {
	if f.Is(*r) {
		*r = Ref{Email: f.Address()}
	}
}

func (f *Forgotten) view(v *View) {
	if v == nil {
		return
	}
	if f.Is(v.Requester) {
		v.Subject, v.RequesterFields, v.Fields = erasedText(v.Subject), nil, nil
	}
	if v.Solver != nil && f.Is(*v.Solver) {
		v.SolverFields = nil
	}
	for i := range v.Approvals {
		f.approval(&v.Approvals[i])
	}
}

// approval takes away the words that go with a question or a decision of theirs.
func (f *Forgotten) approval(a *ApprovalView) {
	if f.Is(a.AskedBy) {
		a.Text = ""
	}
	for i := range a.Approvers {
		if s := &a.Approvers[i]; f.Is(Ref{Email: s.Email, Name: s.Name}) || s.DecidedBy != nil && f.Is(*s.DecidedBy) {
			s.Text = ""
		}
	}
}

func (f *Forgotten) record(c *Content, wrote []string) {
	r := c.Record
	if r == nil {
		return
	}
	theirs := slices.Contains(wrote, r.ID) || r.Author != nil && f.Is(*r.Author)
	if theirs {
		r.Text, r.Folded, r.Copied, r.Attachments = erasedText(r.Text), "", nil, []AttachmentView{}
		c.Files, c.FilesAsLinks = nil, nil
	}
	if a := r.Author; theirs && a != nil { // perhaps by a name that tells nobody elsewhere
		c.withoutSender(a.Name)
		if c.Actor != nil && *c.Actor == *a {
			*c.Actor = Ref{Email: f.Address()}
		}
		*a = Ref{Email: f.Address()}
	}
	r.Copied = slices.DeleteFunc(r.Copied, func(a string) bool { return slices.Contains(f.Addresses, FoldAddress(a)) })
	if r.Change != nil {
		change := f.Change(*r.Change, theirs || f.Is(c.Ticket.Requester))
		if change.Field == "delivery" && change.From != r.Change.From { // the server's answer may quote what it refused
			r.Text = ""
		}
		r.Change = &change
	}
	for i := range r.Deliveries {
		d := &r.Deliveries[i]
		if to := f.Named(d.To); to != d.To {
			d.To, d.Response = to, ""
		}
	}
}

package core

// EachPerson calls fn for everybody whom the view names, to change how.
func (v *View) EachPerson(fn func(*Ref)) {
	fn(&v.Requester)
	if v.Solver != nil {
		fn(v.Solver)
	}
	for i := range v.Participants {
		fn(&v.Participants[i])
	}
	for i := range v.Followers {
		fn(&v.Followers[i])
	}
	for i := range v.Approvals {
		v.Approvals[i].EachPerson(fn)
	}
}

// EachPerson calls fn for everybody whom the approval names, to change how.
func (a *ApprovalView) EachPerson(fn func(*Ref)) {
	fn(&a.AskedBy)
	for i := range a.Approvers {
		s := &a.Approvers[i]
		r := Ref{Email: s.Email, Name: s.Name}
		fn(&r)
		s.Email, s.Name = r.Email, r.Name
		if s.DecidedBy != nil {
			fn(s.DecidedBy)
		}
	}
}

// EachPerson calls fn for everybody whom the mail names by a reference, to change how. Those that a digest carries are
// asked themselves.
func (c *Content) EachPerson(fn func(*Ref)) {
	c.Ticket.EachPerson(fn)
	for i := range c.Tickets {
		c.Tickets[i].EachPerson(fn)
	}
	if c.Child != nil {
		c.Child.EachPerson(fn)
	}
	if c.Actor != nil {
		fn(c.Actor)
	}
	if c.Record != nil && c.Record.Author != nil {
		fn(c.Record.Author)
	}
	if c.Approval != nil {
		c.Approval.EachPerson(fn)
	}
	if c.News != nil && c.News.Author != nil {
		fn(c.News.Author)
	}
}

// Erased tells that the reference is to somebody who was erased.
func (r Ref) Erased() bool { return IsErased(r.Email) }

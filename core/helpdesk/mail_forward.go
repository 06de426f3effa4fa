package helpdesk

import (
	"context"

	"postdesk/core"
)

// Own tells whether an address is one of the desk's, a reply address or not.
func (m *Mail) Own(address string) bool {
	if _, _, ok := readReplyAddress(m.h.store.Secrets(), address); ok {
		return true
	}
	return m.dir.MailboxAt(address) != nil
}

// Forwarded finds the person whose mail somebody passed on to a service. Who is not listed is recorded as a contact where
// their domain makes them a requester there (mail.md 4); nil where nobody can be found so.
func (m *Mail) Forwarded(ctx context.Context, from core.Ref, service core.ServiceID) (*core.Person, error) {
	p, err := m.tx.PersonByAddress(ctx, from.Email)
	if err == nil || core.CodeOf(err) != core.NotFound {
		return p, err
	}
	ok, err := m.DomainIsRequester(ctx, from.Email, service)
	if err != nil || !ok {
		return nil, err
	}
	return m.AddPerson(ctx, from, service, core.Contact)
}

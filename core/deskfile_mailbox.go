package core

import (
	"slices"
	"strings"
)

// mailboxDefinitions and, once the services are known, mailboxes complete that section.
func (r *resolver) mailboxDefinitions() {
	r.target.Mailboxes, r.mailboxNames = continued(r.file.Mailboxes, r.current.Mailboxes, identity[MailboxEntry]{
		func(e *MailboxEntry) *string { e.Address = FoldAddress(e.Address); return &e.Address },
		func(e *MailboxEntry) string { return e.Was },
		func(e *MailboxEntry) *int64 { return &e.ID }, func(e *MailboxEntry) bool { return e.Archived },
	}, "mailbox", "mailboxes")
}

func (r *resolver) mailboxes() {
	if len(r.faults) > 0 {
		return // services may be missing for reasons that were told already
	}
	paths := map[int64]string{}
	for _, s := range r.target.Services {
		paths[s.ID] = s.Path()
	}
	for i := range r.target.Mailboxes {
		m := &r.target.Mailboxes[i]
		m.complete()
		var at place
		if r.file.Mailboxes != nil {
			at = place{"mailboxes"}.at(i)
			for _, server := range []ServerEntry{m.IMAP, m.SMTP} {
				if server.TLS == "none" && !Loopback(server.Host) {
					r.warn("mailbox %s: tls none sends everything to %s in the clear", m.Address, server.Host)
				}
			}
		} else if old := slices.IndexFunc(r.current.Services, func(s ServiceEntry) bool { return m.Opens != "" && s.Path() == m.Opens }); old >= 0 {
			m.Opens = or(paths[r.current.Services[old].ID], m.Opens) // followed through a rename or move
		}
		r.opening(at, m)
	}
}

// opening checks that mail to a mailbox opens tickets in one service.
func (r *resolver) opening(at place, m *MailboxEntry) {
	var writers []string
	for _, s := range r.target.Services {
		if s.Mailbox == m.Address && !s.Folder {
			writers = append(writers, s.Path())
		}
	}
	switch {
	case m.Opens != "":
		if s := r.oneService(at.sub("opens"), "mailbox "+m.Address, m.Opens); s != nil {
			if s.Folder {
				r.fail(at.sub("opens"), "mailbox %s opens %s, which is a folder and takes no tickets", m.Address, s.Path())
			}
			m.Opens = s.Path()
		}
	case len(writers) > 1:
		r.fail(at, "several services write from mailbox %s (%s): say with opens in which one new mail opens a ticket", m.Address, strings.Join(writers, ", "))
	case len(writers) == 0:
		r.warn("mailbox %s: no service writes from it, so mail to it opens no ticket", m.Address)
	}
}

// complete fills in the defaults.
func (m *MailboxEntry) complete() {
	ports := func(s *ServerEntry, implicit, starttls, none int) {
		s.TLS = or(s.TLS, "implicit")
		s.Port = or(s.Port, map[string]int{"implicit": implicit, "starttls": starttls, "none": none}[s.TLS])
	}
	ports(&m.IMAP, 993, 143, 143)
	ports(&m.SMTP, 465, 587, 25)
	m.IMAP.Folder = or(m.IMAP.Folder, "INBOX")
	m.PlusAddresses = orPointer(m.PlusAddresses, true)
	m.ReplyDomain = FoldAddress(m.ReplyDomain)
	m.Start = or(m.Start, "now")
	m.After.Action = or(m.After.Action, AfterKeep)
	m.Trust.AuthservIDs, m.Trust.Borders = folded(m.Trust.AuthservIDs), folded(m.Trust.Borders)
	m.Trust.DKIM = orPointer(m.Trust.DKIM, true)
	m.Trust.Policy = or(m.Trust.Policy, StrictPolicy)
	if m.Auth != nil {
		auth := *m.Auth
		m.Auth = &auth
	}
}

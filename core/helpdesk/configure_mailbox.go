package helpdesk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

func (c *configuration) saveMailboxes(ctx context.Context) error {
	type entry = core.MailboxEntry
	var starting []*entry
	err := saveSection(ctx, c, section[entry]{
		noun: store.Mailboxes, audited: core.AuditMailbox, label: "mailbox", current: c.current.Mailboxes, target: c.target.Mailboxes,
		id:     func(e *entry) *int64 { return &e.ID },
		unused: func(e *entry) bool { return e.Archived },
		unique: func(e *entry) string { return e.Address },
		name:   func(e *entry) string { return e.Address },
		fields: mailboxFields,
		write: func(e, old *entry) error {
			c.tx.SaveMailbox(e)
			if old == nil || old.Archived || old.Start != e.Start {
				starting = append(starting, e)
			}
			return nil
		},
		end: func(e *entry) error { c.tx.Archive(store.Mailboxes, e.ID, c.now); return nil },
	})
	if err != nil {
		return err
	}
	for _, e := range starting {
		at, err := c.startOf(e)
		if err != nil {
			return err
		}
		c.tx.SetMailboxStart(e.ID, e.Start, at)
	}
	if c.file.Mailboxes == nil {
		return nil
	}
	for i := range c.target.Mailboxes {
		if err := c.saveSecrets(ctx, i, &c.target.Mailboxes[i]); err != nil {
			return err
		}
	}
	return c.unprobed(ctx)
}

func mailboxFields(e *core.MailboxEntry) []field {
	server := func(s core.ServerEntry) string {
		text := fmt.Sprintf("%s:%d %s", s.Host, s.Port, s.TLS)
		for _, x := range []string{s.Username, s.Folder, s.PasswordEnv} {
			if x != "" {
				text += " " + x
			}
		}
		return text
	}
	var auth string
	if a := e.Auth; a != nil {
		auth = words([]string{a.Method, a.TokenURL, a.ClientID, shown(a.ClientSecretEnv), shown(a.RefreshTokenEnv), shown(a.Scope)})
	}
	return []field{{"address", e.Address}, {"imap", server(e.IMAP)}, {"smtp", server(e.SMTP)}, {"auth", auth},
		{"plus_addresses", strconv.FormatBool(*e.PlusAddresses)}, {"reply_domain", e.ReplyDomain}, {"start", e.Start}, {"after", e.After.String()},
		{"opens", e.Opens}, {"authserv_ids", words(e.Trust.AuthservIDs)}, {"borders", words(e.Trust.Borders)},
		{"dkim", strconv.FormatBool(*e.Trust.DKIM)}, {"policy", string(e.Trust.Policy)}}
}

// startOf is the moment from which on mail is taken; zero = all of it. "now" is that of the apply that adds the mailbox
// or says so first; a date begins at midnight of the desk's time zone.
func (c *configuration) startOf(e *core.MailboxEntry) (time.Time, error) {
	switch e.Start {
	case "now":
		return c.now, nil
	case "all":
		return time.Time{}, nil
	}
	zone, err := time.LoadLocation(c.target.Desk.Timezone)
	if err != nil {
		return time.Time{}, fmt.Errorf("time zone of the desk: %w", err)
	}
	return time.ParseInLocation(time.DateOnly, e.Start, zone)
}

// saveSecrets reads the variables that a mailbox names: set ones are kept, unset ones leave what is stored, and there
// has to be something stored.
func (c *configuration) saveSecrets(ctx context.Context, i int, e *core.MailboxEntry) error {
	stored, err := c.tx.MailboxSecrets(ctx, e.ID)
	if err != nil {
		return err
	}
	kept := store.MailboxSecrets{}
	for _, s := range secretsOf(e) {
		value, old := c.secret(s.variable), stored[s.field]
		switch {
		case value == "" && old.Value == "":
			return fault(fmt.Sprintf("the environment variable %s is not set: the %s of mailbox %s is read from it when it is first applied",
				s.variable, s.label, e.Address), append([]string{"mailboxes", strconv.Itoa(i)}, s.path...)...)
		case value == "" || value == old.Given:
			kept[s.field] = old
		default:
			kept[s.field] = store.StoredSecret{Value: value, Given: value}
			done := "set"
			if old.Value != "" {
				done = "replaced"
			}
			c.audit(core.AuditMailbox, e.Address, core.AuditChanged, nil, []field{{s.label, done}})
			if old.Value != "" {
				c.line("~ mailbox %s: %s replaced", e.Address, s.label)
			} else if slices.ContainsFunc(c.current.Mailboxes, func(m core.MailboxEntry) bool { return m.ID == e.ID }) {
				c.line("~ mailbox %s: %s set", e.Address, s.label)
			}
		}
	}
	if maps.Equal(kept, stored) {
		return nil
	}
	return c.tx.SaveMailboxSecrets(e.ID, kept)
}

// mailboxSecret is a secret that a mailbox needs, and where its variable is named.
type mailboxSecret struct {
	field    core.MailboxField
	label    string
	variable string
	path     []string
}

func secretsOf(e *core.MailboxEntry) []mailboxSecret {
	all := []mailboxSecret{
		{core.IMAPPassword, "imap password", e.IMAP.PasswordEnv, []string{"imap", "password_env"}},
		{core.SMTPPassword, "smtp password", e.SMTP.PasswordEnv, []string{"smtp", "password_env"}},
	}
	if a := e.Auth; a != nil {
		all = append(all,
			mailboxSecret{core.ClientSecret, "client secret", a.ClientSecretEnv, []string{"auth", "client_secret_env"}},
			mailboxSecret{core.RefreshToken, "refresh token", a.RefreshTokenEnv, []string{"auth", "refresh_token_env"}})
	}
	return slices.DeleteFunc(all, func(s mailboxSecret) bool { return s.variable == "" })
}

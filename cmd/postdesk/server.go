package main

import (
	"postdesk/core"
	"postdesk/core/store"
	"postdesk/mailin"
	"postdesk/mailout"
)

// imapConfig says how to read a mailbox.
func imapConfig(s *store.Store, box core.MailboxAccess) mailin.IMAPConfig {
	c := mailin.IMAPConfig{Host: box.IMAP.Host, Port: box.IMAP.Port, TLS: box.IMAP.TLS, Username: box.IMAP.Username,
		Password: string(box.IMAP.Password), Folder: box.IMAP.Folder}
	if box.OAuth != nil {
		c.Token, c.AuthMethod = tokens(s, box), box.OAuth.Method
	}
	return c
}

// smtpConfig says how to submit the mail of a mailbox.
func smtpConfig(s *store.Store, box core.MailboxAccess) mailout.SMTPConfig {
	c := mailout.SMTPConfig{Host: box.SMTP.Host, Port: box.SMTP.Port, TLS: mailout.TLSMode(box.SMTP.TLS),
		Username: box.SMTP.Username, Password: string(box.SMTP.Password)}
	if box.OAuth != nil {
		c.Token, c.AuthMethod = tokens(s, box), mailout.AuthMethod(box.OAuth.Method)
	}
	return c
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"postdesk/core"
	"postdesk/mailin"
	"postdesk/mailout"
)

// mailboxDoctor looks at one mailbox.
type mailboxDoctor struct {
	*doctor
	box   core.MailboxAccess
	trust *core.Mailbox
	wrong bool // something was
}

func (d *mailboxDoctor) line(check string, h core.Health, text, next string) {
	d.wrong = d.wrong || h == core.HealthWrong
	d.say(core.Diagnosis{Area: d.box.Address, Check: check, Health: h, Text: text, Next: next})
}

func (d *mailboxDoctor) examine(ctx context.Context) {
	imapAt, smtpAt := imapConfig(d.store, d.box), smtpConfig(d.store, d.box)
	if d.box.OAuth != nil {
		token, err := imapAt.Token(ctx)
		if err != nil {
			d.line("access token", core.HealthWrong, oneLine(err), "look at auth of the mailbox: token_url, client, secret and refresh token; a refused refresh token has to be made anew")
			return
		}
		d.line("access token", core.HealthOK, "given by "+d.box.OAuth.TokenURL, "")
		// One token for both servers: a service that rotates refresh tokens has taken the one we know back.
		one := func(context.Context) (string, error) { return token, nil }
		imapAt.Token, smtpAt.Token = one, one
	}
	imap := d.imap(ctx, imapAt)
	if imap != nil {
		defer imap.Close()
	}
	smtp := d.smtp(ctx, smtpAt)
	if smtp != nil {
		defer smtp.Close()
	}
	d.addresses()
	switch {
	case !d.cmd.Send:
		d.probed(ctx)
	case imap == nil || smtp == nil:
		d.line("probe", core.HealthWarning, "not sent, because it needs both servers", "")
	default:
		d.probe(ctx, imap, smtp)
	}
}

func (d *mailboxDoctor) imap(ctx context.Context, c mailin.IMAPConfig) *mailin.IMAP {
	imap, err := mailin.DialIMAP(ctx, c)
	if err != nil {
		d.line("imap", core.HealthWrong, oneLine(err), "correct imap of the mailbox in the desk file, and apply it")
		return nil
	}
	d.reached("imap", d.box.IMAP, fmt.Sprintf(", folder %s opened", d.box.IMAP.Folder))
	can := imap.Abilities()
	if can.Idle {
		d.line("idle", core.HealthOK, "offered: new mail is announced", "")
	} else {
		d.line("idle", core.HealthWarning, "not offered: new mail is seen within a minute", "")
	}
	switch after := d.box.After; {
	case after.Action == core.AfterMove && !can.Move && !can.UIDPlus:
		d.line("after", core.HealthWarning, "the server can neither MOVE nor UIDPLUS: mail stays in the folder, marked with "+mailin.KeywordDone, "set after: keep or seen")
	case after.Action == core.AfterDelete && !can.UIDPlus:
		d.line("after", core.HealthWarning, "the server has no UIDPLUS: mail stays in the folder, marked with "+mailin.KeywordDone, "set after: keep or seen")
	default:
		d.line("after", core.HealthOK, after.String()+": the server can do that", "")
	}
	return imap
}

func (d *mailboxDoctor) smtp(ctx context.Context, c mailout.SMTPConfig) *mailout.Conn {
	smtp, err := mailout.Dial(ctx, c)
	switch {
	case errors.Is(err, mailout.ErrAuthentication):
		d.line("smtp", core.HealthWrong, oneLine(err), "correct user name and password below smtp of the mailbox, or renew its token")
	case err != nil:
		d.line("smtp", core.HealthWrong, oneLine(err), "correct smtp of the mailbox in the desk file: host, port, tls")
	default:
		d.reached("smtp", d.box.SMTP, "")
		return smtp
	}
	return nil
}

// reached says that a server works, and whether what is said to it can be overheard.
func (d *mailboxDoctor) reached(check string, s core.ServerAccess, besides string) {
	text := fmt.Sprintf("%s:%d reached (tls %s)", s.Host, s.Port, s.TLS)
	if s.Username != "" {
		text += ", signed in as " + s.Username
	}
	if s.TLS == "none" && !core.Loopback(s.Host) {
		d.line(check, core.HealthWarning, text+besides+"; password and mail go there in the clear", "set tls: implicit or starttls")
		return
	}
	d.line(check, core.HealthOK, text+besides, "")
}

// addresses says how answers find their ticket.
func (d *mailboxDoctor) addresses() {
	switch {
	case d.trust.PlusAddresses:
		d.line("reply addresses", core.HealthOK, "plus addresses", "")
	case d.trust.ReplyDomain != "":
		d.line("reply addresses", core.HealthOK, "all of "+d.trust.ReplyDomain, "")
	default:
		d.line("reply addresses", core.HealthWarning, "none: nobody can be proven by mail, so solvers' mail becomes notes that they confirm in the desk",
			"set plus_addresses: true where the server takes them, or a reply_domain")
	}
}

// oneLine is an error as it can be printed.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

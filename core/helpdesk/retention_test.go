package helpdesk_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

func (c *city) drop(want helpdesk.Dropped) {
	c.Helper()
	if got, err := c.desk.DropExpired(c.Context()); err != nil || got != want {
		c.Errorf("dropped %+v, want %+v: %v", got, want, err)
	}
}

// told of wants a refusal with this sentence.
func (c *city) refusedWith(what, key string, err error) {
	c.Helper()
	var refusal *core.Error
	if !errors.As(err, &refusal) || refusal.Key != key {
		c.Errorf("%s: %v, want %s", what, err, key)
	}
}

// noReader fails a test that reads a mail whose bytes are gone.
type noReader struct{ *testing.T }

func (r noReader) ReadContent(context.Context, io.Reader) (helpdesk.MailContent, error) {
	r.Error("a mail without bytes is read")
	return helpdesk.MailContent{}, nil
}

func (r noReader) Reread(context.Context, *store.Inbound, io.Reader) (helpdesk.Reread, error) {
	r.Error("a mail without bytes is read again")
	return helpdesk.Reread{}, nil
}

// What a service says goes down the tree, and by itself everything is kept for ever.
func TestDropExpired(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.desk.ReadMailWith(noReader{t})
	n := c.openWith("ben")
	var file core.AttachmentView
	_, records, err := c.desk.Log(t.Context(), c.People["ben"], n)
	if err != nil {
		t.Fatal(err)
	}
	file = records[0].Attachments[0]
	raw := []byte("From: ben@city.test\r\n\r\nx")
	mail := store.RawMail{UID: 1, ReceivedAt: c.now, SHA256: sha256.Sum256(raw), Size: int64(len(raw)), Data: raw}
	if err := c.Store.AcceptPage(t.Context(), c.Mailbox, store.MailboxPosition{Epoch: 1, UIDValidity: 7}, []store.RawMail{mail}, c.now); err != nil {
		t.Fatal(err)
	}
	c.sql("update inbound set state = 'suppressed', finished_at = $1", c.now)
	c.sql("update outbox set state = 'rejected', finished_at = $1", c.now)
	mails := c.count("select count(*) from outbox")
	if err := c.resolve("mia", n, ""); err != nil {
		t.Fatal(err)
	}
	c.sql("update ticket set status = 'closed', closed_at = $1", c.now)
	c.sql("update outbox set state = 'accepted', finished_at = $1 where state = 'queued'", c.now)
	all := c.count("select count(*) from outbox")
	c.now = c.now.Add(31 * 24 * time.Hour)
	c.drop(helpdesk.Dropped{})
	c.sql("update service set keep_mail_days = 30 where id = $1", c.IT)
	c.sql("update service set keep_mail_days = 0, keep_attachment_days = 32 where id = $1", c.Printers)
	c.sql("update service set keep_mail_days = 0 where id = $1", c.Network)
	c.drop(helpdesk.Dropped{}) // mail goes by Printers, which keeps it
	c.sql("update service set keep_mail_days = null, inherit = false where id = $1", c.Printers)
	c.drop(helpdesk.Dropped{Inbound: 1, Outbound: all})
	if _, r, err := c.desk.OpenAttachment(t.Context(), c.People["ben"], n, file.ID); err != nil {
		t.Errorf("the file is gone too early: %v", err)
	} else {
		r.Close()
	}
	c.now = c.now.Add(2 * 24 * time.Hour)
	c.drop(helpdesk.Dropped{Files: 1})
	c.drop(helpdesk.Dropped{})
	for _, who := range []string{"ben", "mia"} {
		_, _, err := c.desk.OpenAttachment(t.Context(), c.People[who], n, file.ID)
		c.refusedWith("a file that is gone", "error.retention.file", err)
		c.refused("a file that is gone", core.NotFound, err)
	}
	_, _, err = c.desk.OpenAttachment(t.Context(), c.People["ken"], n, file.ID)
	c.refusedWith("who does not see the ticket", "error.not_found", err)
	_, records, err = c.desk.Log(t.Context(), c.People["ben"], n)
	if got := records[0].Attachments[0]; err != nil || !got.Removed || got.Name != file.Name || got.Size != file.Size {
		t.Errorf("of the file is left %+v, %v", got, err)
	}
	if mails == 0 {
		t.Fatal("no mail was rejected")
	}
	var id string
	if err := c.Store.Pool().QueryRow(t.Context(), "select id::text from outbox where state = 'rejected' limit 1").Scan(&id); err != nil {
		t.Fatal(err)
	}
	c.refusedWith("sent again", "error.retention.mail", c.desk.ReplayOutbound(t.Context(), id))
	c.refusedWith("read again", "error.retention.mail", c.desk.Replay(t.Context(), 1))
	// Held mail is never dropped for its age; where it is gone for another reason, its triage says so.
	c.sql("update inbound set state = 'quarantined', service_id = $1", c.Printers)
	_, err = c.desk.AcceptHeld(t.Context(), c.actor("mia"), 1)
	c.refusedWith("a held mail that is gone", "error.retention.mail", err)
	c.refusedWith("a held mail that is gone", "error.retention.mail", c.desk.AttachHeld(t.Context(), c.actor("mia"), 1, n))
	if err := c.desk.RefuseHeld(t.Context(), c.actor("mia"), 1); err != nil {
		t.Errorf("it cannot be put away: %v", err)
	}
}

// A mail whose record lost a file cannot be written again; one that was written already can be sent as it was.
func TestMailWithFilesThatAreGoneIsNotSentAgain(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.openWith("ben")
	if err := c.resolve("mia", n, ""); err != nil {
		t.Fatal(err)
	}
	c.sql("update outbox set state = 'cancelled', finished_at = $1", c.now)
	c.sql("update ticket set status = 'closed', closed_at = $1", c.now)
	c.sql("update service set keep_attachment_days = 1 where id = $1", c.Printers)
	c.now = c.now.Add(25 * time.Hour)
	c.drop(helpdesk.Dropped{Files: 1})
	var id string
	err := c.Store.Pool().QueryRow(t.Context(), `select o.id::text from outbox o join attachment a on a.record_id = o.record_id limit 1`).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	c.refusedWith("to be written again", "error.retention.mail", c.desk.ReplayOutbound(t.Context(), id))
	c.sql("update outbox_content set raw = 'as it was' where outbox_id = $1", id)
	if err := c.desk.ReplayOutbound(t.Context(), id); err != nil {
		t.Errorf("as it was: %v", err)
	}
}

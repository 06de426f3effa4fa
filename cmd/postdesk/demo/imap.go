package demo

import (
	"fmt"
	"io"
	"log"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// newIMAP is the server from which the desk fetches, and which any mail program can open.
func (h *MailHost) newIMAP() *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &reading{host: h}, nil, nil
		},
		Caps: imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}, imap.CapIdle: {},
			imap.CapNamespace: {}, imap.CapESearch: {}, imap.CapListStatus: {}, imap.CapListExtended: {},
		},
		InsecureAuth: true, // loopback only
		Logger:       log.New(io.Discard, "", 0),
	})
}

// reading is one IMAP connection. The memory server does the work; here the INBOX is kept in step with the disk, so that
// no UID ever means another message after a restart. Other folders last as long as the program runs.
type reading struct {
	host *MailHost
	box  *mailbox
	*imapmemserver.UserSession
}

func (r *reading) Login(username, password string) error {
	address := r.host.signIn(username, password)
	if address == "" {
		return imapserver.ErrAuthFailed
	}
	r.box = r.host.boxes[address]
	r.UserSession = imapmemserver.NewUserSession(r.box.user)
	return nil
}

func (r *reading) Append(folder string, l imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	if !isInbox(folder) {
		return r.UserSession.Append(folder, l, options)
	}
	if l.Size() > maxMessage {
		return nil, refuse("the message is too large for this sample host")
	}
	raw, err := io.ReadAll(l)
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) != l.Size() {
		return nil, fmt.Errorf("append: %d of %d bytes came", len(raw), l.Size())
	}
	when := options.Time
	if when.IsZero() {
		when = time.Now()
	}
	uid, err := r.box.add(raw, when, options.Flags...)
	if err != nil {
		return nil, refuse(err.Error())
	}
	return &imap.AppendData{UID: imap.UID(uid), UIDValidity: uidValidity}, nil
}

func (r *reading) Copy(set imap.NumSet, folder string) (*imap.CopyData, error) {
	if isInbox(folder) {
		return nil, refuse("this sample host copies nothing into INBOX")
	}
	return r.UserSession.Copy(set, folder)
}

func (r *reading) Move(w *imapserver.MoveWriter, set imap.NumSet, folder string) error {
	if isInbox(folder) {
		return refuse("this sample host moves nothing into INBOX")
	}
	if err := r.UserSession.Move(w, set, folder); err != nil {
		return err
	}
	return r.box.forget()
}

func (r *reading) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	if err := r.UserSession.Expunge(w, uids); err != nil {
		return err
	}
	return r.box.forget()
}

func (r *reading) Delete(folder string) error {
	if isInbox(folder) {
		return refuse("INBOX cannot be deleted") // RFC 3501, section 6.3.4
	}
	return r.UserSession.Delete(folder)
}

func (r *reading) Rename(from, to string, options *imap.RenameOptions) error {
	if isInbox(from) {
		return refuse("this sample host does not rename INBOX")
	}
	return r.UserSession.Rename(from, to, options)
}

// isInbox knows that the name counts in any case (RFC 3501, section 5.1).
func isInbox(folder string) bool { return strings.EqualFold(folder, inbox) }

func refuse(text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Text: text}
}

package demo

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-message/textproto"
)

// inbox is the one folder that is kept on disk.
const inbox = "INBOX"

// uidValidity never changes, because file names keep the UIDs (RFC 3501, section 2.3.1.1). It is the number that the
// IMAP library gives to the first folder of a user.
const uidValidity = 1

// errUnreadable is a message whose header the IMAP side could not serve again. Accepting it would lose it silently.
var errUnreadable = errors.New("the message's header is not a mail header")

// StoredMail is one message in an inbox.
type StoredMail struct {
	Number   uint32 // its UID, and the name of its file
	Raw      []byte // as stored, trace fields on top
	Received time.Time
	Subject  string // decoded
	From     string // decoded, as "Name <address>"
}

// mailbox keeps one person's mail on disk, one file a message, and the same in memory for IMAP. A message is a file
// <UID>.eml; where it was removed, an empty file <UID>.gone keeps its number from being given again.
type mailbox struct {
	dir     string
	address string
	user    *imapmemserver.User

	mu    sync.Mutex
	next  uint32
	mails []StoredMail // rising by Number
}

// openMailbox reads the mail of earlier runs in order, so that each gets the UID it had.
func openMailbox(dir, address string) (*mailbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	mails, gone, err := readMails(dir)
	if err != nil {
		return nil, err
	}
	// The user's own password is never asked: the host signs people in.
	b := &mailbox{dir: dir, address: address, user: imapmemserver.NewUser(address, ""), next: 1}
	for _, folder := range []string{inbox, "Sent", "Drafts", "Archive", "Trash"} {
		if err := b.user.Create(folder, nil); err != nil {
			return nil, err
		}
	}
	for _, m := range mails {
		if err := b.skipTo(m.Number); err != nil {
			return nil, err
		}
		if err := b.show(m, imap.FlagSeen); err != nil {
			return nil, err
		}
	}
	if err := b.skipTo(gone + 1); err != nil {
		return nil, err
	}
	view := imapmemserver.NewUserSession(b.user)
	if _, err := view.Select(inbox, nil); err != nil {
		return nil, err
	}
	return b, errors.Join(view.Expunge(nil, nil), view.Close())
}

// skipTo spends the UIDs below n on messages that are removed at once.
func (b *mailbox) skipTo(n uint32) error {
	for b.next < n {
		if err := b.show(StoredMail{Number: b.next}, imap.FlagDeleted); err != nil {
			return err
		}
		b.mails = b.mails[:len(b.mails)-1]
	}
	return nil
}

// show makes a message visible to IMAP clients. The caller holds b.mu, or is the only one who knows b.
func (b *mailbox) show(m StoredMail, flags ...imap.Flag) error {
	done, err := b.user.Append(inbox, bytes.NewReader(m.Raw), &imap.AppendOptions{Time: m.Received, Flags: flags})
	if err != nil {
		return err
	}
	if uint32(done.UID) != m.Number || done.UIDValidity != uidValidity {
		return fmt.Errorf("mailbox %s: message %d is shown as UID %d", b.address, m.Number, done.UID)
	}
	b.next = m.Number + 1
	b.mails = append(b.mails, m)
	return nil
}

// add stores a message durably, then shows it, and returns its UID.
func (b *mailbox) add(raw []byte, received time.Time, flags ...imap.Flag) (uint32, error) {
	if _, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw))); err != nil {
		return 0, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	m := newStored(b.next, raw, received)
	if err := writeDurably(b.file(m.Number, ".eml"), raw, received); err != nil {
		return 0, fmt.Errorf("mailbox %s: %w", b.address, err)
	}
	return m.Number, b.show(m, flags...)
}

func (b *mailbox) list() []StoredMail {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.mails)
	slices.Reverse(all)
	return all
}

// forget removes from disk what an IMAP client has removed.
func (b *mailbox) forget() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	view := imapmemserver.NewUserSession(b.user)
	if _, err := view.Select(inbox, nil); err != nil {
		return err
	}
	defer view.Close()
	found, err := view.Search(imapserver.NumKindUID, &imap.SearchCriteria{}, &imap.SearchOptions{})
	if err != nil {
		return err
	}
	left, ok := found.All.(imap.UIDSet)
	if !ok {
		return fmt.Errorf("mailbox %s: search answered with a %T", b.address, found.All)
	}
	var kept []StoredMail
	for _, m := range b.mails {
		if left.Contains(imap.UID(m.Number)) {
			kept = append(kept, m)
			continue
		}
		if err := writeDurably(b.file(m.Number, ".gone"), nil, time.Now()); err != nil {
			return err
		}
		if err := os.Remove(b.file(m.Number, ".eml")); err != nil {
			return err
		}
	}
	b.mails = kept
	return nil
}

func (b *mailbox) file(n uint32, ext string) string {
	return filepath.Join(b.dir, strconv.FormatUint(uint64(n), 10)+ext)
}

// ReadInbox reads an address's mail from the disk, newest first, without a running host: for another process.
func ReadInbox(dir, address string) ([]StoredMail, error) {
	address, err := cleanAddress(address)
	if err != nil {
		return nil, err
	}
	mails, _, err := readMails(mailDir(dir, address))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not one of the sample people", address)
	}
	slices.Reverse(mails)
	return mails, err
}

// readMails returns the messages of a directory by rising number, and the highest number that was removed.
func readMails(dir string) (mails []StoredMail, gone uint32, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, err
	}
	removed := map[uint32]bool{}
	for _, e := range entries {
		if n, ok := fileNumber(e.Name(), ".gone"); ok {
			removed[n] = true
			gone = max(gone, n)
		}
	}
	for _, e := range entries {
		n, ok := fileNumber(e.Name(), ".eml")
		if !ok || removed[n] {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, 0, err
		}
		info, err := e.Info()
		if err != nil {
			return nil, 0, err
		}
		mails = append(mails, newStored(n, raw, info.ModTime()))
	}
	slices.SortFunc(mails, func(a, b StoredMail) int { return cmp.Compare(a.Number, b.Number) })
	return mails, gone, nil
}

func fileNumber(name, ext string) (uint32, bool) {
	digits, ok := strings.CutSuffix(name, ext)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), ok && err == nil && n > 0
}

// writeDurably returns when the file's content and name are on disk; an interrupted write leaves no half file behind the
// name.
func writeDurably(path string, data []byte, modified time.Time) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Chtimes(f.Name(), modified, modified); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

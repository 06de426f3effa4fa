package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

func TestRestartKeepsUIDs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := host(t, dir)
	for i := range 12 { // more than nine, so that file names do not sort like numbers
		deliver(t, h, "it@city.test", fmt.Sprintf("mail %d", i+1))
	}
	before, addr := uids(t, h, "it"), h.SMTPAddr()
	received := h.Inbox("it@city.test")[0].Received
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = host(t, dir)
	if h.SMTPAddr() != addr {
		t.Errorf("the port changed from %s to %s", addr, h.SMTPAddr())
	}
	if ports, err := ReadPorts(dir); err != nil || ports.SMTP != h.SMTPAddr() || ports.IMAP != h.IMAPAddr() {
		t.Errorf("ReadPorts: %+v, %v", ports, err)
	}
	if got := uids(t, h, "it"); strings.Join(got, "|") != strings.Join(before, "|") {
		t.Errorf("before %q\nafter  %q", before, got)
	}
	if _, data := open(t, h, "it"); data.UIDValidity != 1 || data.UIDNext != 13 {
		t.Errorf("UIDVALIDITY %d, UIDNEXT %d", data.UIDValidity, data.UIDNext)
	}
	if got := h.Inbox("it@city.test")[0].Received; got.Sub(received).Abs() > time.Second {
		t.Errorf("received at %v, after the restart at %v", received, got)
	}
}

func TestRemovedMailStaysRemovedAndItsUIDIsNotReused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := host(t, dir)
	for i := range 4 {
		deliver(t, h, "it@city.test", fmt.Sprintf("mail %d", i+1))
	}
	c, _ := open(t, h, "it")
	if _, err := c.Move(imap.UIDSetNum(2), "Archive").Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Store(imap.UIDSetNum(4), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Collect(); err != nil {
		t.Fatal(err)
	}
	if err := c.UIDExpunge(imap.UIDSetNum(4)).Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"1 mail 1", "3 mail 3"}
	if got := uids(t, h, "it"); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("at once: %q", got)
	}
	if got := h.Inbox("it@city.test"); len(got) != 2 || got[0].Number != 3 {
		t.Errorf("Inbox has %d", len(got))
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = host(t, dir)
	deliver(t, h, "it@city.test", "mail 5")
	want = append(want, "5 mail 5")
	if got := uids(t, h, "it"); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("after the restart: %q", got)
	}
}

func TestAppendToInboxIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := host(t, dir)
	c, _ := open(t, h, "it")
	raw := text("ben@city.test", "appended")
	w := c.Append("inbox", int64(len(raw)), nil)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	done, err := w.Wait()
	if err != nil || done.UID != 1 {
		t.Fatalf("APPEND: %+v, %v", done, err)
	}
	if _, err := c.Copy(imap.UIDSetNum(1), "Inbox").Wait(); err == nil {
		t.Error("COPY into INBOX would give a UID that the disk does not know")
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if got := uids(t, host(t, dir), "it"); len(got) != 1 || got[0] != "1 appended" {
		t.Errorf("after the restart: %q", got)
	}
}

func TestHalfWrittenFileIsNoMail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	box := filepath.Join(dir, "mail", "it@city.test")
	if err := os.MkdirAll(box, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(box, ".new-123"), []byte("Subject: ha"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := host(t, dir).Inbox("it@city.test"); len(got) != 0 {
		t.Errorf("%d messages", len(got))
	}
}

func TestFailedWriteIsNotAccepted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := host(t, dir)
	if err := os.RemoveAll(filepath.Join(dir, "mail", "it@city.test")); err != nil {
		t.Fatal(err)
	}
	err := Submit(h.SMTPAddr(), secret, "ben@city.test", []string{"it@city.test"}, text("ben@city.test", "x"))
	if err == nil || !strings.Contains(err.Error(), "mailbox it@city.test") {
		t.Errorf("SMTP answered %v", err)
	}
	if got := h.Inbox("it@city.test"); len(got) != 0 {
		t.Error("a message that is not on disk is shown")
	}
}

func TestUnreadableHeaderIsRefusedNotLost(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir())
	err := Submit(h.SMTPAddr(), secret, "ben@city.test", []string{"it@city.test"}, []byte("no colon here\r\n\r\nx\r\n"))
	if err == nil || !strings.Contains(err.Error(), "mail header") {
		t.Errorf("SMTP answered %v", err)
	}
}

func TestParallelDeliveriesKeepNumbersInStep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := host(t, dir)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := h.Deliver("ben@city.test", []string{"it@city.test"}, text("ben@city.test", fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	before := uids(t, h, "it")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if got := uids(t, host(t, dir), "it"); len(got) != 20 || strings.Join(got, "|") != strings.Join(before, "|") {
		t.Errorf("before %q\nafter  %q", before, got)
	}
}

func TestReadInboxWithoutTheHost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := host(t, dir)
	deliver(t, h, "eva@city.test", "first")
	deliver(t, h, "eva@city.test", "second")
	got, err := ReadInbox(dir, "Eva@city.test")
	if err != nil || len(got) != 2 || got[0].Subject != "second" || got[1].Number != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, wrong := range []string{"stranger@city.test", "../../etc@x", "mail"} {
		if _, err := ReadInbox(dir, wrong); err == nil {
			t.Errorf("ReadInbox(%q) finds something", wrong)
		}
	}
}

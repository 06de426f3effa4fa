package e2e

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// inbox reads all mail of a person over IMAP, oldest first.
func inbox(t testing.TB, d *mailhost.Dovecot, user string) []received {
	t.Helper()
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(d.Host, strconv.Itoa(d.IMAPPort)), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	defer c.Close()
	if err := c.Login(user, password(user)).Wait(); err != nil {
		t.Fatal(err)
	}
	data, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if data.NumMessages == 0 {
		return nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	all := imap.UIDSet{}
	all.AddRange(1, 0)
	found, err := c.Fetch(all, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var list []received
	for _, m := range found {
		list = append(list, readMail(t, m.FindBodySection(section)))
	}
	return list
}

// arrives waits until a person has n mails and returns the last one; more than n fail the test.
func arrives(t *testing.T, d *mailhost.Dovecot, user string, n int) received {
	t.Helper()
	var mails []received
	eventually(t, 30*time.Second, func() error {
		if mails = inbox(t, d, user); len(mails) < n {
			return fmt.Errorf("%s has %d of %d mails: %s", user, len(mails), n, events(mails))
		}
		return nil
	})
	if len(mails) > n {
		t.Fatalf("%s has %d mails, not %d: %s", user, len(mails), n, events(mails))
	}
	return mails[n-1]
}

// listed is how many messages a mailbox has, and their UIDs.
func listed(t testing.TB, d *mailhost.Dovecot, user, folder string) (uidValidity uint32, uids []uint32) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(d.Host, strconv.Itoa(d.IMAPPort)), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := imapclient.New(conn, nil)
	defer c.Close()
	if err := c.Login(user, password(user)).Wait(); err != nil {
		t.Fatal(err)
	}
	data, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range found.AllUIDs() {
		uids = append(uids, uint32(u))
	}
	return data.UIDValidity, uids
}

func events(mails []received) (list []string) {
	for _, m := range mails {
		list = append(list, m.event()+" as "+m.role())
	}
	return list
}

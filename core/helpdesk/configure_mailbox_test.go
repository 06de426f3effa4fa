package helpdesk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func TestSecretsAreSealedAndNeverShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env["IT_PASSWORD"] = ""
	d.refused(office, "IT_PASSWORD is not set", "mailboxes[0].imap.password_env")
	d.env["IT_PASSWORD"] = "mailbox-secret"
	d.env["ROOT_PASSWORD"] = ""
	d.refused(office, "ROOT_PASSWORD is not set", "people[0].password_env")
	d.env["ROOT_PASSWORD"] = "a long pass phrase"
	lines := strings.Join(d.apply(office).Lines, "\n")
	var row, hash string
	d.one(&row, "select concat(m::text, encode(m.secrets, 'escape')) from mailbox m")
	d.one(&hash, "select password_hash from person where email = 'root@city.test'")
	for _, where := range []string{lines, row, hash, d.exported()} {
		if strings.Contains(where, "mailbox-secret") || strings.Contains(where, "pass phrase") {
			t.Errorf("a secret is readable in %s", where)
		}
	}
	if !strings.Contains(d.exported(), "password_env: IT_PASSWORD") || !strings.Contains(d.exported(), "password_env: ROOT_PASSWORD") {
		t.Error("the names of the variables are not exported")
	}
	if !helpdesk.CheckPassword(t.Context(), hash, "a long pass phrase") {
		t.Error("the password was not set")
	}
	access := func() core.MailboxAccess {
		t.Helper()
		all, err := d.store.MailboxAccesses(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		return all[0]
	}
	if a := access(); a.IMAP.Password != "mailbox-secret" || a.SMTP.Password != "mailbox-secret" || strings.Contains(fmt.Sprintf("%v %+v %#v", a, a, a), "mailbox-secret") {
		t.Errorf("access = %+v", a)
	}
	d.env["IT_PASSWORD"], d.env["ROOT_PASSWORD"] = "", "" // unset later = unchanged
	d.expect(office)
	d.env["IT_PASSWORD"], d.env["ROOT_PASSWORD"] = "new-secret", "another pass phrase"
	d.expect(office, "~ mailbox it@city.test: imap password replaced", "~ mailbox it@city.test: smtp password replaced")
	if a := access(); a.IMAP.Password != "new-secret" {
		t.Error("the new password is not stored")
	}
	d.one(&hash, "select password_hash from person where email = 'root@city.test'")
	if helpdesk.CheckPassword(t.Context(), hash, "another pass phrase") {
		t.Error("the password of somebody who has one was replaced")
	}
}

func TestRefreshTokenThatRotatedIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env["REFRESH"] = "first-token"
	file := edited(t, office, "    smtp: {host: 127.0.0.1, port: 1025, tls: none, username: it, password_env: IT_PASSWORD}\n",
		"    smtp: {host: 127.0.0.1, port: 1025, tls: none, username: it}\n    auth: {method: xoauth2, token_url: \"https://login.cloud.test/t\", client_id: desk, refresh_token_env: REFRESH}\n")
	d.apply(file)
	all, err := d.store.MailboxAccesses(t.Context())
	if err != nil || all[0].OAuth.RefreshToken != "first-token" {
		t.Fatalf("%v", err)
	}
	if err := d.store.SaveRefreshToken(t.Context(), all[0].ID, "rotated-token"); err != nil {
		t.Fatal(err)
	}
	d.expect(file)
	if all, err = d.store.MailboxAccesses(t.Context()); err != nil || all[0].OAuth.RefreshToken != "rotated-token" || all[0].IMAP.Password != "mailbox-secret" {
		t.Errorf("the rotated token was lost, or the password (%v)", err)
	}
	d.env["REFRESH"] = "second-token"
	d.expect(file, "~ mailbox it@city.test: refresh token replaced")
	if all, err = d.store.MailboxAccesses(t.Context()); err != nil || all[0].OAuth.RefreshToken != "second-token" {
		t.Errorf("a token that the operator gave anew was not taken (%v)", err)
	}
}

func TestMailboxStartIsSetOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	start := func() *time.Time {
		var at *time.Time
		d.one(&at, "select start_at from mailbox")
		return at
	}
	added := d.now
	d.now = d.now.Add(48 * time.Hour)
	d.expect(office)
	d.expect(edited(t, office, "port: 1143", "port: 2143"), "~ mailbox it@city.test: imap 127.0.0.1:1143 none it INBOX IT_PASSWORD → 127.0.0.1:2143 none it INBOX IT_PASSWORD")
	if at := start(); at == nil || !at.Equal(added) {
		t.Errorf("start = %v, the mailbox was added at %v", at, added)
	}
	d.apply(edited(t, office, "address: it@city.test", "address: it@city.test\n    start: all"))
	if at := start(); at != nil {
		t.Errorf("start all = %v", at)
	}
	d.apply(edited(t, office, "address: it@city.test", "address: it@city.test\n    start: 2026-11-01"))
	if at := start(); at == nil || !at.Equal(time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC)) {
		t.Errorf("start on a date = %v, wanted midnight in Chicago", at)
	}
}

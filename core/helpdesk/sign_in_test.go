package helpdesk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func newLease() uuid.UUID { return uuid.New() }

func TestPasswords(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	hash, err := helpdesk.HashPassword(t.Context(), "a long pass phrase")
	if err != nil {
		t.Fatal(err)
	}
	c.sql("update person set password_hash = $1 where email in ('ben@city.test', 'off@city.test')", hash)
	if p, err := c.desk.SignIn(t.Context(), " BEN@city.test ", "a long pass phrase"); err != nil || p.Email != "ben@city.test" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, try := range [][2]string{{"ben@city.test", "wrong"}, {"ben@city.test", ""}, {"eva@city.test", ""}, {"eva@city.test", "a long pass phrase"},
		{"off@city.test", "a long pass phrase"}, {"nobody@city.test", "a long pass phrase"}, {"", ""}} {
		_, err := c.desk.SignIn(t.Context(), try[0], try[1])
		if core.CodeOf(err) != core.Forbidden || !strings.Contains(err.Error(), "error.sign_in.wrong") {
			t.Errorf("%q: %v", try, err)
		}
	}
	again, err := helpdesk.HashPassword(t.Context(), "a long pass phrase")
	if err != nil || again == hash || strings.Contains(hash, "phrase") {
		t.Error("equal passwords have equal hashes")
	}
	for _, broken := range []string{"", "x", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", strings.Replace(hash, "argon2id", "argon2i", 1)} {
		if helpdesk.CheckPassword(t.Context(), broken, "a long pass phrase") {
			t.Errorf("%q lets in", broken)
		}
	}
}

func TestSignInLinks(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	link := func(who string) string {
		t.Helper()
		if err := c.desk.MailSignInLink(t.Context(), who); err != nil {
			t.Fatal(err)
		}
		mails := c.outbox()
		if len(mails) == 0 {
			return ""
		}
		if q := mails[0]; len(mails) > 1 || q.Event != "sign_in" || q.Reason != "sign_in" || !strings.HasPrefix(who, q.To) {
			t.Errorf("%+v", mails)
		}
		_, token, _ := strings.Cut(mails[0].Link, "token=")
		return token
	}
	token := link("eva@city.test")
	if p, err := c.desk.UseSignInLink(t.Context(), token); err != nil || p.Email != "eva@city.test" {
		t.Fatalf("%+v, %v", p, err)
	}
	for name, x := range map[string]string{"twice": token, "made up": "AAAA", "empty": ""} {
		if _, err := c.desk.UseSignInLink(t.Context(), x); core.CodeOf(err) != core.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	token = link("eva@city.test")
	c.now = c.now.Add(15 * time.Minute)
	if _, err := c.desk.UseSignInLink(t.Context(), token); core.CodeOf(err) != core.Forbidden {
		t.Errorf("after a quarter of an hour: %v", err)
	}
	token = link("ben@city.test")
	c.sql("update person set disabled_at = now() where email = 'ben@city.test'")
	if _, err := c.desk.UseSignInLink(t.Context(), token); core.CodeOf(err) != core.Forbidden {
		t.Errorf("disabled meanwhile: %v", err)
	}
	c.sql("insert into person (email, origin) values ('con@city.test', 'contact')")
	for _, who := range []string{"off@city.test", "nobody@city.test", "ben@city.test", "con@city.test"} { // no account is made by mail
		if link(who) != "" {
			t.Errorf("%s gets a link", who)
		}
	}
	for range 20 { // nobody is flooded
		if err := c.desk.MailSignInLink(t.Context(), "pat@city.test"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.outbox()); n != 10 {
		t.Errorf("%d links a day", n)
	}
}

func TestAPITokens(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	token, err := c.desk.CreateAPIToken(t.Context(), "sol@city.test", "script")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := c.desk.PersonOfToken(t.Context(), token); err != nil || p.Email != "sol@city.test" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, wrong := range []string{"", "pd_", token[:len(token)-1], token + "A", strings.ToLower(token)} {
		if _, err := c.desk.PersonOfToken(t.Context(), wrong); core.CodeOf(err) != core.NotFound {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	var stored string
	if err := c.Store.Pool().QueryRow(t.Context(), "select t::text from api_token t").Scan(&stored); err != nil || strings.Contains(stored, token[3:]) {
		t.Errorf("the token itself is kept: %v", err)
	}
	c.sql("update person set disabled_at = now() where email = 'sol@city.test'")
	if _, err := c.desk.PersonOfToken(t.Context(), token); core.CodeOf(err) != core.NotFound {
		t.Errorf("a disabled person's: %v", err)
	}
	for _, who := range []string{"sol@city.test", "nobody@city.test"} {
		if _, err := c.desk.CreateAPIToken(t.Context(), who, "x"); err == nil {
			t.Errorf("a token for %s", who)
		}
	}
}

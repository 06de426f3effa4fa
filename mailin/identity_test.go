package mailin

import (
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
)

// evidences are ways in which the servers judge the sender's domain; what each is worth stands beside it (mail.md 4).
var evidences = []struct {
	name, top string
	worth     string // pass, fail or none
}{
	{"none at all", "", "none"},
	{"a border that says nothing", border, "none"},
	{"dmarc=pass", passed, "pass"},
	{"dmarc=fail", failed, "fail"},
	{"dkim=pass, aligned", ar("dkim=pass header.d=city.test header.s=x") + border, "pass"},
	{"dkim=pass of a parent domain", ar("dkim=pass header.d=test") + border, "none"},
	{"dkim=pass of another domain", ar("dkim=pass header.d=evil.test") + border, "none"},
	{"dkim=fail, aligned", ar("dkim=fail header.d=city.test") + border, "fail"},
	{"dmarc=pass of another domain", ar("dmarc=pass header.from=evil.test") + border, "none"},
	{"dmarc=none", ar("dmarc=none header.from=city.test") + border, "none"},
	{"two that agree", ar("dkim=pass header.d=city.test") + ar("dmarc=pass header.from=city.test") + border, "pass"},
	{"two that disagree", ar("dmarc=pass header.from=city.test") + ar("dmarc=fail header.from=city.test") + border, "fail"},
	{"two that disagree, the other way round", ar("dmarc=fail header.from=city.test") + ar("dmarc=pass header.from=city.test") + border, "fail"},
	{"pass and fail in one field", ar("dmarc=pass header.from=city.test; dmarc=fail header.from=city.test") + border, "fail"},
	{"forged below the border", border + ar("dmarc=pass header.from=city.test"), "none"},
	{"forged below, with a forged border below", border + ar("dmarc=pass header.from=city.test") + border, "none"},
	{"fail above, forged pass below", failed + ar("dmarc=pass header.from=city.test") + border, "fail"},
	{"without any Received", ar("dmarc=pass header.from=city.test"), "none"},
	{"Received by a host that is no border", ar("dmarc=pass header.from=city.test") + "Received: from a by mx.evil.test; x\r\n", "none"},
	{"of an id that is not trusted", "Authentication-Results: mx.evil.test; dmarc=pass header.from=city.test\r\n" + border, "none"},
	{"another id's fail", "Authentication-Results: mx.evil.test; dmarc=fail header.from=city.test\r\n" + passed, "pass"},
	{"with a version", "Authentication-Results: mx.city.test 1; dmarc=pass header.from=city.test\r\n" + border, "pass"},
	{"in capitals", "AUTHENTICATION-RESULTS: MX.CITY.TEST; DMARC=PASS HEADER.FROM=CITY.TEST\r\n" + border, "pass"},
	{"a comment that says pass", ar(`spf=none (dmarc=pass; dmarc=pass header.from=city.test; x) smtp.mailfrom=evil.test`) + border, "none"},
	{"a comment within a comment", ar(`spf=none (a (b; dmarc=pass) ; dmarc=pass header.from=city.test) smtp.mailfrom=evil.test`) + border, "none"},
	{"an envelope address that says pass", ar(`spf=none smtp.mailfrom="x; dmarc=pass header.from=city.test "@evil.test`) + border, "none"},
	{"an envelope address with an escaped quote", ar(`spf=none smtp.mailfrom="x\"; dmarc=pass header.from=city.test "@evil.test`) + border, "none"},
	{"a comment that names our domain", ar(`dmarc=pass header.from=evil.test (or header.from=city.test )`) + border, "none"},
	{"a quote that does not end", ar(`dmarc=pass header.from=city.test; spf=none smtp.mailfrom="x`) + border, "fail"},
	{"a comment that does not end", ar(`dmarc=pass header.from=city.test (x`) + border, "fail"},
	{"a sender who greets as by", "Received: from by (client [192.0.2.1])\r\n\tby mx.city.test (Postfix) id 1; x\r\n" + ar("dmarc=pass header.from=city.test") + border, "none"},
	{"an inner server on top", "Received: from mx.city.test by store.city.test; x\r\n" + passed, "pass"},
	{"behind an inner server", "Received: from mx.city.test by store.city.test; x\r\n" + border + ar("dmarc=pass header.from=city.test"), "none"},
}

func ar(results string) string { return "Authentication-Results: mx.city.test; " + results + "\r\n" }

func TestEvidence(t *testing.T) {
	t.Parallel()
	box := &core.Mailbox{AuthservIDs: []string{"mx.city.test"}, Borders: []string{"mx.city.test"}}
	for _, e := range evidences {
		m := Read(strings.NewReader(e.top+"From: sol@city.test\r\n\r\nx"), Options{})
		got := judgeDomain(m, "sol@city.test", box)
		if want := e.worth; got.pass != (want == "pass") || got.fail != (want == "fail") || got.why == "" {
			t.Errorf("%s: %+v, want %s", e.name, got, want)
		}
		if got := judgeDomain(m, "sol@city.test", &core.Mailbox{}); got.pass || got.fail {
			t.Errorf("%s: a mailbox that trusts nobody finds %+v", e.name, got)
		}
		if got := judgeDomain(m, "sol@city.test", nil); got.pass || got.fail {
			t.Errorf("%s: no mailbox finds %+v", e.name, got)
		}
	}
}

// wantLevel is the table of mail.md 4, written down a second time.
func wantLevel(worth, token, policy string) core.Level {
	right := token == "reply" || token == "note"
	switch {
	case worth == "fail":
		return core.Unverified
	case worth == "pass" && right, worth == "none" && right && policy == "token":
		return core.PersonProven
	case worth == "pass":
		return core.DomainProven
	}
	return core.Unverified
}

// Evidence × token × policy, for a solver, whose work needs the person proven, and for the requester, whose words are taken
// but marked.
func TestEvidenceAndTokenDecide(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"strict", "token"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.sql("update mailbox set policy = $1", policy)
			n := o.open(post{})
			o.take("sol", n)
			o.write("mia", n, "A note for sol.", false)
			o.write("gus", n, "A word to ben.", true)
			sol, mia, ben := o.notice(n, "sol"), o.notice(n, "mia"), o.notice(n, "ben")
			if sol.note == "" || ben.note != "" || sol.reply == mia.reply {
				t.Fatalf("addresses: %+v %+v %+v", sol, mia, ben)
			}
			o.mails()
			tokens := map[string]map[string]string{
				"sol": {"reply": sol.reply, "note": sol.note, "another's": mia.reply, "expired": sol.reply, "revoked": sol.reply, "none": "it@city.test"},
				"ben": {"reply": ben.reply, "another's": sol.reply, "expired": ben.reply, "revoked": ben.reply, "none": "it@city.test"},
			}
			count := 0
			for _, e := range []struct{ worth, top string }{{"none", ""}, {"pass", passed}, {"fail", failed}, {"none", border + passed}} {
				for who, addresses := range tokens {
					for token, to := range addresses {
						o.sql("update reply_token set revoked_at = null, expires_at = '2030-01-01'")
						switch token {
						case "expired":
							o.sql("update reply_token set expires_at = '2026-03-04 11:00Z'")
						case "revoked":
							o.sql("update reply_token set revoked_at = '2026-03-04 11:00Z'")
						}
						count++
						what := fmt.Sprintf("%s, evidence %s, token %s", who, e.worth, token)
						text := fmt.Sprintf("Words number %d.", count)
						row := o.send(post{top: e.top, from: who + "@city.test", to: to, subject: fmt.Sprintf("Re: [IT #%d] Paper jam", n), body: text})
						level := wantLevel(e.worth, token, policy)
						told := o.mails()
						switch {
						case token == "another's":
							o.is(what, row, core.InboundQuarantined, 0)
							owner := map[string]string{"sol": "mia", "ben": "sol"}[who]
							if len(told) != 1 || told[0] != "token_misused "+owner {
								t.Errorf("%s: told %q", what, told)
							}
							var revoked int
							if err := o.Store.Pool().QueryRow(t.Context(), "select count(*) from reply_token where revoked_at is not null").Scan(&revoked); err != nil || revoked != 1 {
								t.Errorf("%s: %d tokens revoked: %v", what, revoked, err)
							}
						case who == "sol" && level < core.PersonProven:
							o.is(what, row, core.InboundQuarantined, 0)
							if row.Service != o.Printers || len(told) != 0 {
								t.Errorf("%s: held for service %d, told %q", what, row.Service, told)
							}
						case who == "sol":
							o.is(what, row, core.InboundApplied, n)
							r := o.last(n)
							if r.Text != text || r.ShowToRequester != (token == "reply") || r.Author.Email != "sol@city.test" || r.Verified == nil || !*r.Verified {
								t.Errorf("%s: %+v", what, r)
							}
							if want := map[bool]string{true: "[public_reply ben]", false: "[]"}[token == "reply"]; fmt.Sprint(told) != want {
								t.Errorf("%s: told %q, want %s", what, told, want)
							}
						default:
							o.is(what, row, core.InboundApplied, n)
							r := o.last(n)
							if r.Text != text || !r.ShowToRequester || r.Verified == nil || *r.Verified != (level >= core.DomainProven) {
								t.Errorf("%s: %+v", what, r)
							}
							if fmt.Sprint(told) != "[message_received sol]" {
								t.Errorf("%s: told %q", what, told)
							}
						}
					}
				}
			}
		})
	}
}

// Identity is the one From; several fields, several mailboxes, groups and what readers disagree about name nobody.
func TestFromThatNamesNobodyIsHeld(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{})
	o.take("sol", n)
	o.write("mia", n, "A note for sol.", false)
	o.mails()
	for name, from := range map[string]string{
		"two fields":              "x@evil.test\r\nFrom: ben@city.test",
		"two fields, swapped":     "ben@city.test\r\nFrom: x@evil.test",
		"two mailboxes":           "ben@city.test, x@evil.test",
		"a group":                 "Staff: ben@city.test;",
		"a group with a stranger": "ben@city.test:x@evil.test;",
		"a comment as address":    "(ben@city.test) x",
		"a Cyrillic letter":       "ben@сity.test",
		"a quoted local part":     `"ben@city.test "@evil.test`,
		"a route":                 "<@evil.test:ben@city.test>",
		"none":                    "-",
		"empty":                   "",
		"a null byte's neighbour": "ben@city.test\x01@evil.test",
		"the address as a name":   `"ben@city.test" <x@evil.test>`,
		"an encoded name":         "=?utf-8?q?ben=40city.test?= <x@evil.test>",
		"a solver as Sender":      "x@evil.test\r\nSender: sol@city.test\r\nReply-To: sol@city.test",
	} {
		for _, to := range []string{"it@city.test", o.notice(n, "sol").reply} {
			o.sql("update reply_token set revoked_at = null")
			row := o.send(post{top: passed, from: from, to: to, subject: fmt.Sprintf("Re: [IT #%d] x", n), body: name + to})
			o.is(name, row, core.InboundQuarantined, 0)
		}
	}
	if got := len(o.records(n)); got != 4 { // opened, assigned, status, note
		t.Errorf("%d records", got)
	}
	for _, who := range o.mails() {
		if who != "token_misused sol" {
			t.Errorf("told %s", who)
		}
	}
}

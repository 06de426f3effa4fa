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
	{"a pass and a none", ar("dmarc=pass header.from=city.test") + ar("dmarc=none header.from=city.test") + border, "none"},
	{"a none and a pass", ar("dmarc=none header.from=city.test") + ar("dkim=pass header.d=city.test") + border, "none"},
	{"a pass and a neutral signature", ar("dkim=neutral header.d=city.test; dkim=pass header.d=city.test") + border, "none"},
	{"a pass and a broken signature", ar("dkim=pass header.d=city.test; dkim=fail header.d=city.test") + border, "fail"},
	{"a pass beside a field about another domain", ar("dmarc=pass header.from=city.test") + ar("dkim=pass header.d=list.test; spf=pass smtp.mailfrom=list.test") + border, "pass"},
	{"no policy, but a signature", ar("dmarc=none header.from=city.test; dkim=pass header.d=city.test") + border, "pass"},
	{"DMARC outweighs a signature", ar("dkim=fail header.d=city.test; spf=pass smtp.mailfrom=city.test; dmarc=pass header.from=city.test") + border, "pass"},
	{"forwarded: DMARC outweighs SPF", ar("spf=fail smtp.mailfrom=city.test") + ar("dmarc=pass header.from=city.test") + border, "pass"},
	{"spf=fail alone", ar("spf=fail smtp.mailfrom=city.test") + border, "fail"},
	{"spf=pass alone", ar("spf=pass smtp.mailfrom=city.test") + border, "none"},
	{"the signer's identity only", ar("dkim=pass header.i=@city.test header.s=x") + border, "pass"},
	{"an identity that looks like ours", ar(`dkim=pass header.i="a@city.test"@evil.test`) + border, "none"},
	{"a method with its version", ar("dmarc/1=fail header.from=city.test") + border, "fail"},
	{"blanks around the sign", ar("dmarc = fail header.from=city.test; dkim=pass header.d=city.test") + border, "fail"},
	{"of a version to come", "Authentication-Results: mx.city.test 2; dmarc=pass header.from=city.test\r\n" + border, "none"},
	{"without a name, from who names himself", "Authentication-Results: dmarc=pass header.from=city.test\r\n" + border, "none"},
	{"the word none for a name", "Authentication-Results: none; dmarc=pass header.from=city.test\r\n" + border, "none"},
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

// Exchange Online and Gmail, as their mailboxes show it: what is trusted is configured, and where it stands decides.
func TestEvidenceOfLargeHosts(t *testing.T) {
	t.Parallel()
	exchange := &core.Mailbox{AuthservIDs: []string{"none"}, Borders: []string{"*.mail.protection.outlook.com"}}
	gmail := &core.Mailbox{AuthservIDs: []string{"mx.google.com"}, Borders: []string{"mx.google.com"}}
	for _, e := range []struct {
		name  string
		box   *core.Mailbox
		top   string
		worth string
	}{
		{"Exchange Online", exchange, exchangeTop("dkim=pass (signature was verified) header.d=city.test;dmarc=pass action=none header.from=city.test;compauth=pass reason=100"), "pass"},
		{"Exchange Online, forged", exchange, exchangeTop("dkim=none (message not signed) header.d=none;dmarc=fail action=oreject header.from=city.test;compauth=none reason=451"), "fail"},
		{"Exchange Online, no policy", exchange, exchangeTop("dkim=none (message not signed) header.d=none;dmarc=bestguesspass action=none header.from=city.test"), "none"},
		{"Exchange Online, below its border", exchange, exchangeBorder + "Authentication-Results: dmarc=pass action=none header.from=city.test\r\n", "none"},
		{"Exchange Online, what the sender wrote is kept as original", exchange, "Authentication-Results-Original: dmarc=pass header.from=city.test\r\n" + exchangeBorder, "none"},
		{"Exchange Online, a border that only ends like one", exchange, strings.ReplaceAll(exchangeTop("dmarc=pass action=none header.from=city.test"), ".mail.protection", ".evilmail.protection"), "none"},
		{"Exchange Online, a named field", exchange, ar("dmarc=pass header.from=city.test") + exchangeBorder, "none"},
		{"Gmail writes below its Received", gmail, gmailTop("dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=city.test"), "none"},
	} {
		m := Read(strings.NewReader(e.top+"From: sol@city.test\r\n\r\nx"), Options{})
		if got := judgeDomain(m, "sol@city.test", e.box); got.pass != (e.worth == "pass") || got.fail != (e.worth == "fail") {
			t.Errorf("%s: %+v, want %s", e.name, got, e.worth)
		}
	}
}

// Trace fields as Exchange Online writes them: no server is named in its results.
func exchangeTop(results string) string {
	return "Received: from AB1PR01.eurprd05.prod.outlook.com (2603:10a6::1) by CD2PR01.eurprd05.prod.outlook.com with HTTPS; Wed, 4 Mar 2026 11:00:02 +0000\r\n" +
		"Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=city.test; " + results + "\r\n" +
		"Received-SPF: Pass (protection.outlook.com: domain of city.test designates 192.0.2.1 as permitted sender)\r\n" + exchangeBorder
}

const exchangeBorder = "Received: from mail.city.test (192.0.2.1) by\r\n AM7EUR03FT012.mail.protection.outlook.com (10.152.16.123) with Microsoft SMTP Server; Wed, 4 Mar 2026 11:00:01 +0000\r\n"

// gmailTop are trace fields as Gmail writes them: its results stand below its own Received.
func gmailTop(results string) string {
	return "Delivered-To: it@city.test\r\nReceived: by 2002:a05:6102:22c6:0:0:0:0 with SMTP id a6csp1; Wed, 4 Mar 2026 03:00:02 -0800 (PST)\r\n" +
		"X-Received: by 2002:a92:ca4e:: with SMTP id q14mr1; Wed, 04 Mar 2026 03:00:02 -0800 (PST)\r\n" +
		"ARC-Authentication-Results: i=1; mx.google.com; " + results + "\r\n" +
		"Received: from mail.city.test (mail.city.test. [192.0.2.1]) by mx.google.com with ESMTPS id x1; Wed, 04 Mar 2026 03:00:01 -0800 (PST)\r\n" +
		"Authentication-Results: mx.google.com; " + results + "\r\n"
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
							want := map[bool]string{true: "[]", false: "[receipt sol]"}[e.worth == "fail"] // a forged sender hears nothing
							if row.Service != o.Printers || fmt.Sprint(told) != want {
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

// Each notice has addresses of its own (mail.md 4). One that was written to proves its person as before, but no second act
// of those that cannot be taken back.
func TestEachNoticeHasAddressesOfItsOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n, other := o.open(post{top: passed}), o.open(post{top: passed, subject: "Another one"})
	seen := map[string]bool{}
	for range 3 {
		o.write("ben", n, "Hello?", true)
		x := o.notice(n, "mia")
		for _, address := range []string{x.reply, x.note} {
			if code, _, _ := strings.Cut(strings.TrimPrefix(address, "it+"), "@"); seen[address] || len(code) != 36 || strings.Contains(x.id, code[2:]) {
				t.Errorf("address %s, Message-ID %s", address, x.id)
			}
			seen[address] = true
		}
	}
	var same bool
	if err := o.Store.Pool().QueryRow(t.Context(), "select count(distinct token) = count(*) and min(length(token)) = 16 and max(length(token)) = 16 from reply_token").Scan(&same); err != nil || !same {
		t.Errorf("tokens in the database: %v %v", same, err)
	}
	merge := fmt.Sprintf("#merge %d", other)
	spent := o.notice(n, "mia").reply
	o.is("a word", o.send(post{top: passed, from: "mia@city.test", to: spent, body: "I look at it."}), core.InboundApplied, n)
	o.is("a second word", o.send(post{top: passed, from: "mia@city.test", to: spent, body: "I still do."}), core.InboundApplied, n)
	o.is("a merge at a spent address", o.send(post{top: passed, from: "mia@city.test", to: spent, body: merge}), core.InboundQuarantined, 0)
	o.write("ben", n, "And?", true)
	o.is("a merge at a new one", o.send(post{top: passed, from: "mia@city.test", to: o.notice(n, "mia").reply, body: merge}), core.InboundApplied, 0)
	if o.ticket(n).MergedInto != other {
		t.Errorf("merged into %d", o.ticket(n).MergedInto)
	}
}

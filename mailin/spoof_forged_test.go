package mailin

import (
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// forgedResults are eight shapes of results that the sender wrote himself, around what the real border found: nothing.
var forgedResults = map[string]string{
	"below the border":                    border + ar("dmarc=pass header.from=city.test"),
	"below the border, a border below":    border + ar("dmarc=pass header.from=city.test") + border,
	"without any border":                  ar("dmarc=pass header.from=city.test"),
	"with a border of a host like ours":   ar("dmarc=pass header.from=city.test") + strings.ReplaceAll(border, "mx.city.test", "mx.city.test.evil.test"),
	"a greeting that looks like a border": "Received: from by (mx.city.test [192.0.2.1])\r\n\tby mx.city.test (Postfix) id 1; x\r\n" + ar("dmarc=pass header.from=city.test") + border,
	"in the border's comment":             ar("spf=none (dmarc=pass header.from=city.test) smtp.mailfrom=\"x; dmarc=pass header.from=city.test\"@evil.test") + border,
	"under another name of the field":     "ARC-Authentication-Results: i=1; mx.city.test; dmarc=pass header.from=city.test\r\nAuthentication-Results-Original: mx.city.test; dmarc=pass header.from=city.test\r\nX-Authentication-Results: mx.city.test; dmarc=pass\r\n" + border,
	"under another server's name":         "Authentication-Results: mx.city.test.evil.test; dmarc=pass header.from=city.test\r\nAuthentication-Results: dmarc=pass header.from=city.test\r\n" + border,
}

// Even who knows an address of mia's gets nowhere with results of his own making, and without one least of all.
func TestForgedResultsHaveNoEffect(t *testing.T) {
	t.Parallel()
	o := profiles()[0].office(newOffice(t), "strict")
	for _, a := range attempts[:4] {
		x := o.try(a)
		for name, top := range forgedResults {
			for _, to := range []string{"it@city.test", x.at} {
				p := x.post(to)
				p.top = top
				o.refused(name+", "+a.line+" to "+to, x, o.send(p), false)
			}
		}
	}
	o.nothingLost()
}

// Who another mail program may show as mia, while the servers looked at somebody else.
func TestForgedFromHasNoEffect(t *testing.T) {
	t.Parallel()
	o := profiles()[0].office(newOffice(t), "token")
	evil := ar("dkim=pass header.d=evil.test; dmarc=pass header.from=evil.test") + border
	for name, from := range map[string]string{
		"two fields":                 "x@evil.test\r\nFrom: mia@city.test",
		"two fields, mia first":      "mia@city.test\r\nFrom: x@evil.test",
		"two mailboxes":              "mia@city.test, x@evil.test",
		"a group":                    "Staff: mia@city.test;",
		"an encoded address":         "=?utf-8?q?mia=40city.test?= <x@evil.test>",
		"an encoded word as whole":   "=?utf-8?b?bWlhQGNpdHkudGVzdA==?=",
		"the address as a name":      `"mia@city.test" <x@evil.test>`,
		"Reply-To":                   "x@evil.test\r\nReply-To: mia@city.test",
		"Sender":                     "x@evil.test\r\nSender: mia@city.test",
		"a Cyrillic letter":          "miа@city.test",
		"a null byte":                "mia@city.test\x00@evil.test",
		"a comment":                  "x@evil.test (mia@city.test)",
		"a line end in the name":     "=?utf-8?q?x=0D=0AFrom:_mia=40city.test?= <x@evil.test>",
		"a domain that begins alike": "mia@city.test.evil.test",
	} {
		x := o.try(attempts[0])
		for i, to := range []string{"it@city.test", x.at} {
			o.sql("update reply_token set revoked_at = null")
			p := x.post(to)
			p.top, p.from = evil, from
			row := o.send(p)
			o.is(name, row, core.InboundQuarantined, 0)
			if after := o.digest(); after != x.before {
				t.Errorf("%s: it had an effect", name)
			}
			if i == 0 {
				o.told(name)
			} else { // her address came from somebody else: she hears of that alone
				o.told(name, "token_misused mia")
			}
		}
	}
	o.nothingLost()
}

// Addresses that are not the sender's own, of another ticket, spent or made up.
func TestForgedAddressesHaveNoEffect(t *testing.T) {
	t.Parallel()
	o := profiles()[0].office(newOffice(t), "strict")
	other := o.open(post{subject: "Not this one"})
	o.take("sol", other)
	o.write("ben", other, "Hello?", true)
	sols := o.notice(other, "sol")
	revived := func() { o.sql("update reply_token set revoked_at = null, expires_at = '2030-01-01'") }
	for _, c := range []struct {
		name, from string
		to         func(x *try) string
		told       string // besides nothing
		prepare    func()
	}{
		{"of another person", "mia", func(*try) string { return sols.reply }, "token_misused sol", nil},
		{"from a notice that was passed on", "ben", func(x *try) string { return x.at }, "token_misused mia", nil},
		{"from a notice that went outside", "x@evil.test", func(x *try) string { return x.at }, "token_misused mia", nil},
		{"expired", "mia", func(x *try) string { return x.at }, "receipt mia", func() { o.sql("update reply_token set expires_at = $1", o.now) }},
		{"revoked", "mia", func(x *try) string { return x.at }, "receipt mia", func() { o.sql("update reply_token set revoked_at = $1", o.now) }},
		{"of the note address", "mia", func(x *try) string { return o.notice(x.n, "mia").note }, "receipt mia", nil},
		{"a note address that claims to be for answers", "mia", func(x *try) string {
			return strings.Replace(o.notice(x.n, "mia").note, "+n.", "+r.", 1)
		}, "receipt mia", nil},
		{"an answer address that claims to decide", "mia", func(x *try) string { return strings.Replace(x.at, "+r.", "+a.", 1) }, "receipt mia", nil},
		{"guessed", "mia", func(*try) string { return "it+r." + strings.Repeat("a", 34) + "@city.test" }, "receipt mia", nil},
		{"one letter off", "mia", func(x *try) string { return strings.Replace(x.at, "@", "a@", 1) }, "receipt mia", nil},
		{"cut short", "mia", func(x *try) string {
			return strings.Replace(x.at, x.at[len(x.at)-len("a@city.test"):], "@city.test", 1)
		}, "receipt mia", nil},
		{"with wildcards", "mia", func(*try) string { return "it+r." + strings.Repeat("%", 34) + "@city.test" }, "receipt mia", nil},
		{"empty", "mia", func(*try) string { return "it+r.@city.test" }, "receipt mia", nil},
		{"of a person who was disabled", "mia", func(x *try) string { return x.at }, "", func() { o.sql("update person set disabled_at = now() where email = 'mia@city.test'") }},
	} {
		x := o.try(attempts[0])
		revived()
		to := c.to(x)
		if c.prepare != nil {
			c.prepare()
		}
		x.before = o.digest()
		p := x.post(to)
		if !strings.Contains(c.from, "@") {
			c.from += "@city.test"
		}
		p.from, p.top = c.from, passed
		row := o.send(p)
		o.is(c.name, row, core.InboundQuarantined, 0)
		if row.Service == 0 || o.digest() != x.before {
			t.Errorf("%s: service %d, and perhaps an effect", c.name, row.Service)
		}
		if c.told == "" {
			o.told(c.name)
		} else {
			o.told(c.name, c.told)
		}
	}
	o.sql("update person set disabled_at = null where email = 'mia@city.test'")
	revived()
	// Her own address of one ticket says which ticket is meant, whatever the subject says.
	x, y := o.try(attempts[0]), o.try(attempts[0])
	p := x.post(y.at)
	p.top = passed
	o.is("of another ticket", o.send(p), core.InboundApplied, y.n)
	if o.ticket(x.n).Solver != nil || !attempts[0].done(o, y.n) {
		t.Error("the address of one ticket worked on the other")
	}
	o.nothingLost()
}

// True signatures in the wrong place: each mail was really signed by the server of city.test.
func TestReplayedSignaturesHaveNoEffect(t *testing.T) {
	t.Parallel()
	gmail := profiles()[2]
	o := gmail.office(newOffice(t), "strict")
	day := func(d time.Duration) func(string, *try) string {
		return func(raw string, _ *try) string {
			return sign(strings.Replace(raw, o.now.Format(time.RFC1123Z), o.now.Add(d).Format(time.RFC1123Z), 1), "city.test", usualFields, "")
		}
	}
	signed := func(raw string) string { return sign(raw, "city.test", usualFields, "") }
	for name, replay := range map[string]func(raw string, x *try) string{
		"written to somebody else": func(raw string, x *try) string {
			return "Delivered-To: " + x.at + "\r\n" + signed(strings.Replace(raw, x.at, "ann@other.test", 1))
		},
		"written to the plain address": func(raw string, x *try) string {
			return "Delivered-To: " + x.at + "\r\nX-Original-To: " + x.at + "\r\n" + signed(strings.Replace(raw, x.at, "it@city.test", 1))
		},
		"of last week":          day(-8 * 24 * time.Hour),
		"of a time to come":     day(3 * 24 * time.Hour),
		"with a second To":      func(raw string, x *try) string { return "To: " + x.at + "\r\n" + signed(raw) },
		"with a second From":    func(raw string, _ *try) string { return "From: mia@city.test\r\n" + signed(raw) },
		"with another text":     func(raw string, _ *try) string { return strings.Replace(signed(raw), "#take", "#move Network", 1) },
		"with more text":        func(raw string, _ *try) string { return sign(raw, "city.test", usualFields, " l=5;") + "#resolve\r\n" },
		"without the recipient": func(raw string, _ *try) string { return sign(raw, "city.test", "from:subject:date:message-id", "") },
		"by a colleague's host": func(raw string, _ *try) string { return sign(raw, "vendor.test", usualFields, "") },
	} {
		x := o.try(attempts[0])
		p := x.post(x.at)
		raw := o.recent(p.raw(o))
		row := o.sendRaw(o.Mailbox, gmailTop("dmarc=pass header.from=city.test")+replay(raw, x))
		if name == "with a second From" { // nobody's, so nobody is asked
			o.is(name, row, core.InboundQuarantined, 0)
			if o.mails(); o.digest() != x.before {
				t.Errorf("%s: it had an effect", name)
			}
			continue
		}
		o.refused(name, x, row, false)
	}
	// The very mail a second time is a copy, even through another host.
	x := o.try(attempts[0])
	raw := signed(o.recent(x.post(x.at).raw(o)))
	o.is("the first time", o.sendRaw(o.Mailbox, raw), core.InboundApplied, x.n)
	o.do("mia", func(a *helpdesk.Act) error { _, err := a.Return(o.Context(), x.n, 0); return err })
	before := o.digest()
	o.is("the second time", o.sendRaw(o.Mailbox, gmailTop("dmarc=pass header.from=city.test")+raw), core.InboundDuplicate, x.n)
	if o.digest() != before {
		t.Error("a mail that was replayed had its effect twice")
	}
	o.nothingLost()
}

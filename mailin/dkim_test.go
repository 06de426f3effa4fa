package mailin

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postdesk/core"
)

// dkimKey signs as the sender's server does; a second writing of RFC 6376 beside the one under test (relaxed/simple,
// Ed25519 of RFC 8463).
var dkimKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func dkimRecord() string {
	return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(dkimKey.Public().(ed25519.PublicKey))
}

const usualFields = "from:to:subject:date:message-id:cc"

// sign puts a signature on top of a mail whose fields stand on one line each.
func sign(raw, domain, fields, tags string) string {
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	bh := sha256.Sum256([]byte(strings.TrimRight(body, "\r\n") + "\r\n"))
	value := fmt.Sprintf("v=1; a=ed25519-sha256; c=relaxed/simple; d=%s; s=sel; h=%s; bh=%s;%s b=", domain, fields,
		base64.StdEncoding.EncodeToString(bh[:]), tags)
	relaxed := func(name, value string) string { return name + ":" + strings.Join(strings.Fields(value), " ") }
	var data strings.Builder
	lines := strings.Split(head, "\r\n")
	for name := range strings.SplitSeq(fields, ":") {
		for i := len(lines) - 1; i >= 0; i-- {
			if n, v, _ := strings.Cut(lines[i], ":"); strings.EqualFold(n, name) {
				data.WriteString(relaxed(name, v) + "\r\n")
				lines[i] = ""
				break
			}
		}
	}
	data.WriteString(relaxed("dkim-signature", value))
	sum := sha256.Sum256([]byte(data.String()))
	return "DKIM-Signature: " + value + base64.StdEncoding.EncodeToString(ed25519.Sign(dkimKey, sum[:])) + "\r\n" + raw
}

var dkimNow = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// dkimMail is a mail as sol's program hands it to the server that signs.
func dkimMail(change func(string) string) string {
	raw := "From: Sol <sol@city.test>\r\nTo: IT <it@city.test>\r\nSubject: Paper jam\r\nDate: Wed, 04 Mar 2026 11:00:00 +0000\r\n" +
		"Message-ID: <m1@city.test>\r\n\r\nIt jams.\r\n"
	if change != nil {
		raw = change(raw)
	}
	return raw
}

func TestOwnDKIMCheck(t *testing.T) {
	t.Parallel()
	dir := &core.Directory{Mailboxes: map[core.MailboxID]*core.Mailbox{1: {ID: 1, Address: "it@city.test", PlusAddresses: true},
		2: {ID: 2, Address: "fleet@city.test", ReplyDomain: "t.city.test"}}}
	swap := func(old, new string) func(string) string {
		return func(raw string) string { return strings.ReplaceAll(raw, old, new) }
	}
	at := func(d time.Duration) string { return fmt.Sprint(dkimNow.Add(d).Unix()) }
	for _, c := range []struct {
		name           string
		before         func(string) string // it is signed
		domain, fields string
		tags           string
		after          func(string) string // somebody changes it on the way
		record         string
		why            string // "" = it is proof
	}{
		{name: "as it should be"},
		{name: "a domain above", before: swap("sol@city.test", "sol@it.city.test")},
		{name: "signed more than is there", fields: usualFields + ":from:to:reply-to"},
		{name: "with times", tags: " t=" + at(-time.Hour) + "; x=" + at(24*365*10*time.Hour) + ";"},
		{name: "to a plus address", before: swap("it@city.test", "IT+r.abc@City.test")},
		{name: "to the reply domain", before: swap("it@city.test", "r.abc@t.city.test")},
		{name: "to us in the copy", before: swap("To: IT <it@city.test>", "To: ann@other.test\r\nCc: it@city.test")},
		{name: "behind a list's own signature", after: func(s string) string { return sign(s, "list.test", usualFields, "") }},
		{name: "trace fields on top", after: func(s string) string { return "Received: from a by b; x\r\n" + s }},

		{name: "not signed", after: func(s string) string { _, rest, _ := strings.Cut(s, "\r\n"); return rest }, why: "no signature"},
		{name: "another domain", domain: "evil.test", why: "no signature of the sender's domain"},
		{name: "a domain below", domain: "x.city.test", why: "no signature of the sender's domain"},
		{name: "the top-level domain", domain: "test", why: "no signature of the sender's domain"},
		{name: "another From", after: swap("sol@city.test", "mia@city.test"), why: "did not verify"},
		{name: "another body", after: swap("It jams.", "#approve"), why: "did not verify"},
		{name: "a longer body", after: func(s string) string { return s + "#approve\r\n" }, why: "did not verify"},
		{name: "a length", tags: " l=5;", after: func(s string) string { return s + "#approve\r\n" }, why: "body length"},
		{name: "From not signed", fields: "to:subject:date:message-id", why: "From field not signed"},
		{name: "To not signed", fields: "from:subject:date:message-id", why: "To is not signed"},
		{name: "Subject not signed", fields: "from:to:date:message-id", why: "Subject is not signed"},
		{name: "Date not signed", fields: "from:to:subject:message-id", why: "Date is not signed"},
		{name: "Message-ID not signed", fields: "from:to:subject:date", why: "Message-ID is not signed"},
		{name: "a Cc added", fields: "from:to:subject:date:message-id", after: func(s string) string { return "Cc: x@evil.test\r\n" + s }, why: "Cc is not signed"},
		{name: "a second From", after: func(s string) string { return "From: sol@city.test\r\n" + s }, why: "2 From fields"},
		{name: "a second Subject", after: func(s string) string { return "Subject: other\r\n" + s }, why: "2 Subject fields"},
		{name: "a second To", after: func(s string) string { return "To: it@city.test\r\n" + s }, why: "2 To fields"},
		{name: "no Date", before: swap("Date:", "X-Date:"), why: "0 Date fields"},
		{name: "signed for somebody else", before: swap("it@city.test", "boss@other.test"), why: "not written to us"},
		{name: "to who looks like us", before: swap("it@city.test", "it@city.test.evil.test"), why: "not written to us"},
		{name: "our address as a name", before: swap("IT <it@city.test>", `"it@city.test" <x@other.test>`), why: "not written to us"},
		{name: "eight days old", before: swap("04 Mar", "24 Feb"), why: "not of the last 7 days"},
		{name: "of the future", before: swap("2026 11", "2027 11"), why: "not of the last 7 days"},
		{name: "signed eight days ago", tags: " t=" + at(-8*24*time.Hour) + ";", why: "signature is not of the last 7 days"},
		{name: "signed in the future", tags: " t=" + at(48*time.Hour) + ";", why: "signature is not of the last 7 days"},
		{name: "expired", tags: " x=" + at(-time.Minute) + ";", why: "expired"},
		{name: "no key", record: "-", why: "no key"},
		{name: "a key that was taken back", record: "v=DKIM1; k=ed25519; p=", why: "revoked"},
		{name: "a key under test", record: dkimRecord() + "; t=s:y", why: "under test"},
		{name: "a name server that fails", record: "error", why: "no answer"},
		{name: "six signatures, the last is good", after: func(s string) string { return strings.Repeat("DKIM-Signature: v=1; d=x.test\r\n", 5) + s }, why: "no signature of the sender's domain"},

		// What our reading mends must not be read in two ways.
		{name: "a line without colon", after: swap("Subject", "no field\r\nSubject"), why: "no field"},
		{name: "an mbox line", after: func(s string) string { return "From sol@city.test Wed Mar  4\r\n" + s }, why: "no field"},
		{name: "a bare carriage return", after: swap("Subject: Paper", "X: y\rz\r\nSubject: Paper"), why: "do not end as they must"},
		{name: "bare line feeds", after: swap("\r\n", "\n"), why: "do not end as they must"},
		{name: "a NUL", after: swap("Subject: Paper", "X: y\x00\r\nSubject: Paper"), why: "do not end as they must"},
		{name: "a line of blanks", after: swap("Message-ID", " \r\nMessage-ID"), why: "continues nothing"},
		{name: "a huge header", after: func(s string) string { return strings.Repeat("X-Fill: "+strings.Repeat("x", 900)+"\r\n", 300) + s }, why: ""},
		{name: "a body of blanks", before: func(s string) string { return s + strings.Repeat("\r\n", 1<<20) + "x\r\n" }, why: "blank for too long"},
		{name: "a large body", before: func(s string) string { return s + strings.Repeat(strings.Repeat("x", 76)+"\r\n", 1<<15) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			domain, fields := c.domain, c.fields
			if domain == "" {
				domain = "city.test"
			}
			if fields == "" {
				fields = usualFields
			}
			raw := sign(dkimMail(c.before), domain, fields, c.tags)
			if c.after != nil {
				raw = c.after(raw)
			}
			if c.name == "a huge header" {
				c.why = "fields" // ours is cut, too: what it says does not stand in it
			}
			lookup := func(_ context.Context, name string) ([]string, error) {
				if !strings.HasSuffix(name, "."+domain) {
					t.Errorf("asked for %s", name)
				}
				switch c.record {
				case "":
					return []string{dkimRecord()}, nil
				case "-":
					return nil, nil
				case "error":
					return nil, errors.New("no answer")
				}
				return []string{c.record}, nil
			}
			m := Read(strings.NewReader(raw), Options{})
			why := unfitForCheck(m, dir, dkimNow)
			if why == "" {
				signer, err := verify(t.Context(), strings.NewReader(raw), m, core.DomainOf(fromAddress(m)), dkimNow, lookup)
				if err == nil && signer != domain {
					t.Errorf("signer %q", signer)
				}
				if err != nil {
					why = err.Error()
				}
			}
			if c.why == "" && why != "" || c.why != "" && !strings.Contains(why, c.why) {
				if c.record == "-" && strings.Contains(why, "no valid key") {
					return
				}
				t.Errorf("why %q, want %q", why, c.why)
			}
		})
	}
}

// A connection that breaks in the middle of the body must not leave the library's readers behind (see the leak test), nor
// be taken for the body's end.
func TestDKIMCheckOfBrokenInput(t *testing.T) {
	t.Parallel()
	raw := sign(sign(dkimMail(nil), "city.test", usualFields, ""), "city.test", usualFields, "")
	m := Read(strings.NewReader(raw), Options{})
	broken := io.MultiReader(strings.NewReader(raw), errorReader{})
	_, err := verify(t.Context(), broken, m, "city.test", dkimNow, func(context.Context, string) ([]string, error) { return []string{dkimRecord()}, nil })
	if err == nil || !strings.Contains(err.Error(), "the wire is cut") {
		t.Errorf("error %v", err)
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("the wire is cut") }

// The worker asks for keys only where the mailbox wants it and the border left the question open; a pass of ours never
// outweighs the border's fail, and what counts as the address written to is then what was signed.
func TestOwnCheckInTheWorker(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var asked atomic.Int32
	o.worker.LookupTXT = func(context.Context, string) ([]string, error) {
		asked.Add(1)
		return []string{dkimRecord()}, nil
	}
	n := o.open(post{top: passed})
	o.take("sol", n)
	o.write("ben", n, "Hello?", true)
	x := o.notice(n, "sol")
	deliver := func(what, top, to, under string, state core.InboundState, questions int32) {
		t.Helper()
		asked.Store(0)
		raw := post{from: "sol@city.test", to: to, body: "Done: " + what}.raw(o)
		raw = top + under + sign(raw, "city.test", usualFields, "")
		row := o.sendRaw(o.Mailbox, raw)
		o.is(what, row, state, 0)
		if got := asked.Load(); got != questions {
			t.Errorf("%s: %d questions to name servers, want %d (%s)", what, got, questions, row.Evidence)
		}
		if !strings.Contains(row.Evidence, map[bool]string{true: "own check", false: ""}[questions > 0]) {
			t.Errorf("%s: evidence %q", what, row.Evidence)
		}
	}
	trust := func(dkim bool) {
		t.Helper()
		o.sql("update mailbox set policy = 'strict', dkim = $1", dkim)
		if _, err := o.Store.Directory(t.Context()); err != nil { // the worker's picture may be a second old
			t.Fatal(err)
		}
	}
	trust(false)
	deliver("not wanted", "", x.reply, "", core.InboundQuarantined, 0)
	trust(true)
	deliver("wanted", "", x.reply, "", core.InboundApplied, 1)
	deliver("the border passes it", passed, x.reply, "", core.InboundApplied, 0)
	deliver("the border fails it", failed, x.reply, "", core.InboundQuarantined, 0)
	deliver("the border says nothing of it", border, x.reply, "", core.InboundApplied, 1)
	// An old address of sol's, found by somebody who has a true mail of sol's to the desk: it was not written to it.
	row := o.sendRaw(o.Mailbox, "Delivered-To: "+x.reply+"\r\n"+sign(post{from: "sol@city.test", body: "The printer is fine."}.raw(o), "city.test", usualFields, ""))
	if row.Ticket == n {
		t.Error("a mail that was signed for the plain address wrote in the ticket of a reply address")
	}
}

package mailin

import (
	"slices"
	"strings"
	"testing"
)

// dialect is a report in the way of one mail system, and what must be read of it.
type dialect struct {
	raw        string
	kind       BounceKind
	status     string
	recipients []string
	original   string
}

const ourID = "pd.0190a5c8-7d5e-7a31-9c44-5b6f2d8e1a20@desk.city.test"

// dialects are reports in the manner of many systems; all words are ours, the forms are theirs.
var dialects = map[string]dialect{
	"postfix": {"Return-Path: <>\nFrom: MAILER-DAEMON@mx.vendor.test (Mail Delivery System)\nTo: it@city.test\nSubject: Undelivered Mail Returned to Sender\n" +
		"Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" +
		"--b\nContent-Description: Notification\nContent-Type: text/plain\n\nThis is the mail system at host mx.vendor.test.\n\n<luis@vendor.test>: unknown user: \"luis\"\n\n" +
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.vendor.test\n\nFinal-Recipient: rfc822; luis@vendor.test\nOriginal-Recipient: rfc822;luis@vendor.test\n" +
		"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: x-unix; unknown user: \"luis\"\n\n--b\nContent-Type: message/rfc822\n\nFrom: it@city.test\nTo: luis@vendor.test\n" +
		"Message-ID: <" + ourID + ">\nSubject: Toner\n\nHello\n--b--\n", BounceFailed, "5.1.1", []string{"luis@vendor.test"}, ourID},

	"postfix, late": {"Return-Path: <>\nFrom: MAILER-DAEMON@mx.vendor.test (Mail Delivery System)\nSubject: Delayed Mail (still being retried)\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nTHIS IS A WARNING ONLY.\n\n" +
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.vendor.test\n\nFinal-Recipient: rfc822; luis@vendor.test\nAction: delayed\nStatus: 4.4.1\n" +
		"Diagnostic-Code: X-Postfix; connect to mail.vendor.test: timed out\nWill-Retry-Until: Mon, 9 Mar 2026 10:00:00 +0000\n\n" +
		"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <" + ourID + ">\n\n--b--\n", BounceDelayed, "4.4.1", []string{"luis@vendor.test"}, ourID},

	"exim": {"Return-path: <>\nX-Failed-Recipients: luis@vendor.test\nAuto-Submitted: auto-replied\nFrom: Mail Delivery System <Mailer-Daemon@mx.city.test>\nTo: it@city.test\n" +
		"Subject: Mail delivery failed: returning message to sender\n\nThis message was created by the mail software of this host.\n\nYour message could not be delivered to one of its recipients:\n\n" +
		"  luis@vendor.test\n    SMTP error from remote mail server after RCPT TO:<luis@vendor.test>:\n    550 5.1.1 <luis@vendor.test>: no mailbox of this name\n\n" +
		"------ This is a copy of the message, including all the headers. ------\n\nReturn-path: <it@city.test>\nTo: luis@vendor.test\nMessage-ID: <" + ourID + ">\nSubject: Toner\n\nHello\n",
		BounceFailed, "5.1.1", []string{"luis@vendor.test"}, ourID},

	"qmail": {"Return-Path: <>\nFrom: MAILER-DAEMON@mx.vendor.test\nTo: it@city.test\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.vendor.test.\n" +
		"Your message was undeliverable, I am giving up.\n\n<luis@vendor.test>:\n192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 user unknown\n\n" +
		"--- Below this line is a copy of the message.\n\nReturn-Path: <it@city.test>\nMessage-ID: <" + ourID + ">\nTo: luis@vendor.test\n\nHello\n",
		BounceFailed, "5.1.1", []string{"luis@vendor.test"}, ourID},

	"sendmail before reports": {"Return-Path: <MAILER-DAEMON>\nFrom: Mail Delivery Subsystem <MAILER-DAEMON@mx.vendor.test>\nTo: it@city.test\nSubject: Returned mail: User unknown\n\n" +
		"The original message was received at Mon, 2 Mar 2026 10:00:00 GMT\n\n   ----- The following addresses had permanent fatal errors -----\n<luis@vendor.test>\n\n" +
		"   ----- Transcript of session follows -----\n... while talking to mail.vendor.test.:\n>>> RCPT To:<luis@vendor.test>\n<<< 550 5.1.1 <luis@vendor.test>... User unknown\n\n" +
		"   ----- Original message follows -----\n\nReturn-Path: <it@city.test>\nMessage-Id: <" + ourID + ">\nTo: luis@vendor.test\n\nHello\n",
		BounceFailed, "5.1.1", []string{"luis@vendor.test"}, ourID},

	"exchange": {"From: postmaster@vendor.test\nTo: it@city.test\nSubject: Undeliverable: Toner\nMIME-Version: 1.0\nIn-Reply-To: <" + ourID + ">\nReferences: <" + ourID + ">\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\nX-MS-Exchange-Message-Is-Ndr:\n\n--b\nContent-Type: multipart/alternative; boundary=a\n\n" +
		"--a\nContent-Type: text/plain; charset=utf-8\n\nDelivery has failed to these recipients or groups:\n\nluis@vendor.test\n\n--a\nContent-Type: text/html; charset=utf-8\n\n<p>Delivery has failed</p>\n--a--\n" +
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;EX1.vendor.test\n\nFinal-recipient: rfc822;luis@vendor.test\nAction: failed\nStatus: 5.1.10\n" +
		"Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found\n\n--b--\n", BounceFailed, "5.1.10", []string{"luis@vendor.test"}, ourID},

	"exchange of old": {"From: System Administrator <postmaster@vendor.test>\nTo: it@city.test\nSubject: Undeliverable: Toner\n\nYour message\n\n  To:      luis@vendor.test\n  Subject: Toner\n" +
		"  Sent:    Mon, 2 Mar 2026 10:00:00 -0000\n\ndid not reach the following recipient(s):\n\nluis@vendor.test on Mon, 2 Mar 2026 10:00:10 -0000\n    The recipient name is not recognized\n" +
		"    MSEXCH:IMS:Vendor:Site:EX1 0 (000C05A6) Unknown Recipient\n\nMessage-ID: <" + ourID + ">\n", BounceFailed, "", []string{"luis@vendor.test"}, ourID},

	"gmail": {"Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nTo: it@city.test\nSubject: Delivery Status Notification (Failure)\nX-Failed-Recipients: luis@vendor.test\n\n" +
		"** Address not found **\n\nYour message wasn't delivered to luis@vendor.test because the address couldn't be found.\n\nThe response was:\n\n550 5.1.1 The account does not exist.\n\n" +
		"----- Original message -----\n\nTo: luis@vendor.test\nMessage-ID: <" + ourID + ">\nSubject: Toner\n\nHello\n", BounceFailed, "5.1.1", []string{"luis@vendor.test"}, ourID},

	"gmail, late": {"Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nTo: it@city.test\nSubject: Delivery Status Notification (Delay)\n\n" +
		"THIS IS A WARNING MESSAGE ONLY.\n\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nDelivery to the following recipient has been delayed:\n\n     luis@vendor.test\n\nMessage will be retried for 2 more day(s)\n\n" +
		"The server said: 451 4.2.2 mailbox is full\n\n----- Original message -----\n\nMessage-ID: <" + ourID + ">\nTo: luis@vendor.test\n\nHello\n", BounceDelayed, "4.2.2", []string{"luis@vendor.test"}, ourID},

	"yahoo": {"Return-Path: <>\nFrom: MAILER-DAEMON@yahoo.test\nTo: it@city.test\nSubject: Failure Notice\n\nSorry, we were unable to deliver your message to the following address.\n\n<luis@vendor.test>:\n" +
		"554: delivery error: dd This user doesn't have a yahoo.test account (luis@vendor.test) [0] - mta1.yahoo.test\n\n--- Below this line is a copy of the message.\n\n" +
		"Return-Path: <it@city.test>\nMessage-ID: <" + ourID + ">\nSubject: Toner\n\nHello\n", BounceFailed, "", []string{"luis@vendor.test"}, ourID},

	"groupwise": {"Return-Path: <>\nFrom: Mailer-Daemon@gw.vendor.test\nTo: it@city.test\nSubject: Message status - undeliverable\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" +
		"--b\nContent-Type: text/plain\n\nThe message that you sent was undeliverable to the following:\n\tluis@vendor.test (user not found)\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <" + ourID + ">\nTo: luis@vendor.test\nSubject: Toner\n\nHello\n--b--\n",
		BounceFailed, "", []string{"luis@vendor.test"}, ourID},

	"notes": {"From: Postmaster@vendor.test\nTo: it@city.test\nSubject: DELIVERY FAILURE: User luis (luis@vendor.test) not listed in Domino Directory\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nYour message\n\n  Subject: Toner\n\nwas not delivered to:\n\n  luis@vendor.test\n\nbecause:\n\n  User luis not listed\n\n" +
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;notes.vendor.test\n\nFinal-Recipient: rfc822;luis@vendor.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: X-Notes; User luis not listed\n\n" +
		"--b\nContent-Type: message/rfc822\n\nMessage-ID: <" + ourID + ">\nTo: luis@vendor.test\n\nHello\n--b--\n", BounceFailed, "5.1.1", []string{"luis@vendor.test"}, ourID},

	"aol, a user without domain": {"Return-Path: <>\nFrom: Mail Delivery Subsystem <MAILER-DAEMON@aol.test>\nTo: it@city.test\nSubject: Mail Delivery Problem\n\n" +
		"Your mail to the following recipients could not be delivered because they take no files:\n\tluis\n\tmaria.r\n", BounceFailed, "", []string{"luis@aol.test", "maria.r@aol.test"}, ""},

	"amazon, notified": {"Return-Path: <0101@eu.amazonses.test>\nFrom: SES <no-reply@sns.amazonaws.com>\nTo: it@city.test\nSubject: AWS Notification Message\nList-Id: topic\n\n" +
		`{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"luis@vendor.test","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},` +
		`"mail":{"commonHeaders":{"messageId":"<` + ourID + `>"}}}` + "\n\n--\nTo stop these notifications visit a page.\n", BounceFailed, "5.1.1", []string{"luis@vendor.test"}, ourID},

	"amazon, wrapped": {"Return-Path: <0101@eu.amazonses.test>\nFrom: SES <no-reply@sns.amazonaws.com>\nTo: it@city.test\nSubject: Amazon SES Notification\n\n" +
		`{"Type":"Notification","Message":"{\"notificationType\":\"Delivery\",\"delivery\":{\"recipients\":[\"luis@vendor.test\"]},\"mail\":{\"commonHeaders\":{\"messageId\":\"<` + ourID + `>\"}}}"}` + "\n",
		BounceDelivered, "", []string{"luis@vendor.test"}, ourID},

	"in Spanish": {"Return-Path: <>\nFrom: postmaster@vendor.test\nTo: it@city.test\nSubject: =?utf-8?Q?No_se_pudo_entregar:_T=C3=B3ner?=\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" +
		"No se pudo entregar el mensaje a este destinatario:\n\nluis@vendor.test\n550 5.1.1 usuario desconocido\n\nMessage-ID: <" + ourID + ">\n", BounceFailed, "5.1.1", []string{"luis@vendor.test"}, ourID},

	"fields that lost their part": {"Return-Path: <>\nFrom: MAILER-DAEMON@mx.vendor.test\nTo: it@city.test\nSubject: Undelivered Mail Returned to Sender\n\nYour message could not be delivered.\n\n" +
		"Reporting-MTA: dns; mx.vendor.test\n\nFinal-Recipient: rfc822; luis@vendor.test\nAction: failed\nStatus: 5.2.1\nDiagnostic-Code: smtp; 550 5.2.1 mailbox disabled\n\nMessage-ID: <" + ourID + ">\n",
		BounceFailed, "5.2.1", []string{"luis@vendor.test"}, ourID},
}

func TestBounceDialects(t *testing.T) {
	t.Parallel()
	for name, d := range dialects {
		m := Read(strings.NewReader(d.raw), Options{})
		b := m.Bounce
		if m.Class != ClassBounce || m.MayAnswer {
			t.Errorf("%s: class %s, may answer %v", name, m.Class, m.MayAnswer)
			continue
		}
		if b.Kind != d.kind || d.status != "" && b.Status != d.status || !slices.Equal(b.Recipients, d.recipients) || b.OriginalMessageID != d.original {
			t.Errorf("%s: %+v", name, *b)
		}
		if d.original != "" && !slices.Equal(ownIDs(m), []string{ourID}) {
			t.Errorf("%s: our ids are %q", name, ownIDs(m))
		}
		if x := Explain(name, m).Bounce; x == nil || x.Kind != d.kind || x.OriginalMessageID != d.original || !slices.Equal(x.Recipients, d.recipients) {
			t.Errorf("%s is explained as %+v", name, x)
		}
	}
}

// A person may write about bounces, forward one, or answer from an address that sounds like a mail system.
func TestPeopleAreNoBounces(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"asks about one":      "From: ana@city.test\nTo: it@city.test\nSubject: Undelivered mail?\n\nMy mail to <luis@vendor.test> came back: 550 5.1.1 user unknown. Why?\n",
		"forwards one":        "From: ana@city.test\nTo: it@city.test\nSubject: Fwd: Undelivered Mail Returned to Sender\n\n> <luis@vendor.test>: 550 5.1.1 user unknown\n> Final-Recipient: rfc822; luis@vendor.test\n> Action: failed\n",
		"attaches one":        "From: ana@city.test\nTo: it@city.test\nSubject: What is this?\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nSee below.\n--x\nContent-Type: message/rfc822\n\n" + dialects["postfix"].raw + "\n--x--\n",
		"a notifier's friend": "From: ana@city.test\nTo: it@city.test\nSubject: JSON\n\n{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[{\"emailAddress\":\"luis@vendor.test\"}]}}\n",
	} {
		if m := Read(strings.NewReader(raw), Options{}); m.Class != ClassHuman || m.Bounce != nil {
			t.Errorf("%s: class %s, %v", name, m.Class, m.Reasons)
		}
	}
}

package mailin

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// report is what a server or a reader says about a mail of ours. It opens and changes no ticket (mail.md 2, rows 2 and 3):
// what it says goes to the mail that it concerns.
func (d *delivery) report(ctx context.Context) (store.Outcome, error) {
	said, n, err := d.ReportDelivery(ctx, deliveryReportOf(d.msg))
	return store.Outcome{State: core.InboundSuppressed, Reason: string(d.msg.Class) + ": " + said, Ticket: n}, err
}

func deliveryReportOf(m *Message) helpdesk.DeliveryReport {
	r := helpdesk.DeliveryReport{IDs: ownIDs(m)}
	switch b := m.Bounce; {
	case b != nil:
		r.Kind, r.Status, r.Recipients = core.ReportKind(b.Kind), b.Status, b.Recipients
		r.Diagnostic = maskAddresses(b.Diagnostic) // it goes where the ticket's team reads
	case m.report.feedback != nil || m.report.kind == "feedback-report":
		r.Kind = core.ReportComplaint
		r.Recipients = appendOnce(nil, typedValue(m.report.field("Original-Rcpt-To")))
	default:
		r.Kind, r.Diagnostic = core.ReportRead, typedValue(m.report.field("Disposition"))
		r.Recipients = appendOnce(nil, typedValue(m.report.field("Final-Recipient")))
	}
	return r
}

// maxOwnIDs bounds how many Message-IDs of one report are looked up.
const maxOwnIDs = 10

// ownMessageID matches the Message-IDs that this desk makes (core.MessageID).
var ownMessageID = regexp.MustCompile(`\bpd\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}@[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?`)

// ownIDs are the Message-IDs of this desk's looks that a report names, the surest first: that of the returned message and
// what the report calls the original, what it answers, then wherever else they stand. Servers return the mail whole, or
// its header, or its text, in a part or in the text, or nothing of it.
func ownIDs(m *Message) []string {
	var found []string
	look := func(texts ...string) {
		for _, text := range texts {
			for _, id := range ownMessageID.FindAllString(text, maxOwnIDs) {
				if len(found) < maxOwnIDs && !slices.Contains(found, id) {
					found = append(found, id)
				}
			}
		}
	}
	look(m.report.original.Get("Message-Id"))
	if m.Bounce != nil {
		look(m.Bounce.OriginalMessageID)
	}
	look(m.report.field("Original-Message-ID"))
	look(m.InReplyTo...)
	for _, id := range slices.Backward(m.References) {
		look(id)
	}
	for _, f := range m.Header {
		look(f.Value)
	}
	look(string(m.report.status), string(m.report.disposition), string(m.report.feedback), m.Text)
	for _, f := range m.report.original {
		look(f.Value)
	}
	for _, a := range m.Attachments {
		if strings.HasPrefix(a.ContentType, "text/") || strings.HasPrefix(a.ContentType, "message/") {
			look(string(a.Data))
		}
	}
	return found
}

package mailin

import (
	"bytes"
	"io"
	"regexp"
	"strings"
)

// BounceKind says what a delivery report reports (RFC 3464 2.3.3).
type BounceKind string

// The kinds; only failed says that the mail did not arrive.
const (
	BounceFailed    BounceKind = "failed"
	BounceDelayed   BounceKind = "delayed"
	BounceDelivered BounceKind = "delivered"
	BounceRelayed   BounceKind = "relayed"
	BounceExpanded  BounceKind = "expanded"
)

// Bounce is what a delivery report says about a mail we sent.
type Bounce struct {
	Kind              BounceKind
	Status            string   // RFC 3463, "5.1.1"; empty when the report has none
	Recipients        []string // whom it concerns
	OriginalMessageID string
	Diagnostic        string // what the other server said, one line
}

// reportParts collects the machine-readable parts of a multipart/report.
type reportParts struct {
	kind        string // report-type of the message itself
	status      []byte // message/delivery-status
	original    Header // header of the returned message
	disposition []byte // message/disposition-notification; nil = has none
	feedback    []byte // message/feedback-report; nil = has none
}

func (r *reportParts) add(ctype string, b []byte) {
	switch ctype {
	case "message/delivery-status", "message/global-delivery-status":
		r.status = append(append(r.status, b...), "\n\n"...)
	case "message/disposition-notification":
		r.disposition = append([]byte{}, b...)
	case "message/feedback-report":
		r.feedback = append([]byte{}, b...)
	case "text/rfc822-headers":
		if r.original == nil {
			r.original, _ = newScanner(bytes.NewReader(b)).readHeader(func(string) {})
		}
	}
}

// field is a field of a read receipt or a feedback report.
func (r *reportParts) field(name string) string {
	s := newScanner(io.MultiReader(bytes.NewReader(r.disposition), bytes.NewReader(r.feedback)))
	defer s.release()
	h, _ := s.readHeader(func(string) {})
	return h.Get(name)
}

// readBounce says whether m is a delivery report and why.
func readBounce(m *Message) (*Bounce, string) {
	if m.report.feedback != nil || m.report.disposition != nil {
		return nil, ""
	}
	if b := readNotice(m); b != nil {
		return b, "a notification of a delivery"
	}
	b := &Bounce{}
	why := ""
	switch {
	case m.report.kind == "delivery-status":
		why = "multipart/report with report-type=delivery-status"
	case len(m.report.status) > 0 && (nullReturnPath(m) || fromPostmaster(m)):
		why = "a delivery status part from a mail system"
	default:
		if why = homemadeBounce(m); why == "" {
			return nil, ""
		}
	}
	b.readStatus(m.report.status)
	if len(m.report.status) == 0 {
		// The fields of a report may stand in the text of a mail that lost its parts.
		if i := strings.Index(m.Text, "\nFinal-Recipient:"); i >= 0 {
			b.readStatus([]byte(cut(m.Text[i+1:], maxSmallFile)))
		}
	}
	b.complete(m)
	return b, why
}

// readStatus reads the recipient groups of a delivery status (RFC 3464 2.1).
func (b *Bounce) readStatus(raw []byte) {
	s := newScanner(bytes.NewReader(raw))
	defer s.release()
	for groups := 0; groups < 200; groups++ {
		h, ended := s.readHeader(func(string) {})
		action := lowerASCII(firstWord(h.Get("Action")))
		rcpt := typedValue(h.Get("Final-Recipient"))
		if rcpt == "" {
			rcpt = typedValue(h.Get("Original-Recipient"))
		}
		if rcpt != "" || action != "" {
			b.Recipients = appendOnce(b.Recipients, rcpt)
			kind := BounceKind(action)
			switch kind {
			case BounceFailed, BounceDelayed, BounceDelivered, BounceRelayed, BounceExpanded:
			default:
				kind = ""
			}
			worse := b.Kind == "" || kind == BounceFailed && b.Kind != BounceFailed
			if worse {
				b.Kind = kind
			}
			if st := statusCode.FindString(h.Get("Status")); st != "" && (b.Status == "" || worse) {
				b.Status = st
			}
			if d := typedValue(h.Get("Diagnostic-Code")); d != "" && (b.Diagnostic == "" || worse) {
				b.Diagnostic = cut(d, 500)
			}
		}
		if ended {
			return
		}
	}
}

var (
	statusCode  = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	replyCode   = regexp.MustCompile(`(?m)(?:^|[\s:("'<])([45])(\d)(\d)[ \-]+(?:#?([45]\.\d{1,3}\.\d{1,3})\b)?`)
	messageIDRE = regexp.MustCompile(`(?im)^[>\s]*Message-Id:\s*<([^<>\s]+@[^<>\s]+)>`)
	addressRE   = regexp.MustCompile(`[A-Za-z0-9._%+\-=/]+@[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9\-]+)+`)
)

// complete fills what the report's own fields leave open from the text and the
// returned message.
func (b *Bounce) complete(m *Message) {
	text := reportText(m.Text)
	if b.Diagnostic == "" {
		b.Diagnostic = diagnosticLine(text)
	}
	if b.Status == "" || strings.HasSuffix(b.Status, ".0.0") {
		for _, s := range []string{b.Diagnostic, text} {
			if st := statusIn(s); st != "" && (b.Status == "" || st[0] == b.Status[0]) {
				b.Status = st
				break
			}
		}
	}
	if st := exactStatus(b.Diagnostic); st != "" && b.Status != "" && vague(b.Status) && st[0] == b.Status[0] {
		b.Status = st
	}
	if b.Kind == "" {
		b.Kind = BounceFailed
		if delayedText.MatchString(text) || strings.HasPrefix(b.Status, "4.") && !failedText.MatchString(text) && delayedText.MatchString(m.Subject) {
			b.Kind = BounceDelayed
		}
	}
	if len(b.Recipients) == 0 {
		for _, f := range []string{"X-Failed-Recipients", "X-Actual-Recipients"} {
			for _, a := range appendAddresses(nil, m.Header.Get(f)) {
				b.Recipients = appendOnce(b.Recipients, a.Address)
			}
		}
	}
	if len(b.Recipients) == 0 {
		b.Recipients = recipientsIn(text, m)
	}
	if m.report.original != nil {
		b.OriginalMessageID = firstID(m.report.original.Get("Message-Id"))
		if len(b.Recipients) == 0 {
			for _, a := range appendAddresses(nil, m.report.original.Get("To")) {
				b.Recipients = appendOnce(b.Recipients, a.Address)
			}
		}
	}
	if b.OriginalMessageID == "" {
		if id := messageIDRE.FindStringSubmatch(m.Text); id != nil {
			b.OriginalMessageID = id[1]
		} else if len(m.InReplyTo) > 0 {
			b.OriginalMessageID = m.InReplyTo[0]
		}
	}
}

// vague says whether a status names no reason: an unspecified detail, or that
// the time ran out, which says less than what the other server answered.
func vague(status string) bool {
	return strings.HasSuffix(status, ".0") || strings.HasSuffix(status, ".4.7")
}

// exactStatus is the first status in a text that names a reason.
func exactStatus(s string) string {
	for _, st := range statusCode.FindAllString(s, 10) {
		if !vague(st) {
			return st
		}
	}
	return ""
}

// typedValue drops the type of "rfc822; ana@city.test" (RFC 3464 2.1.2).
func typedValue(v string) string {
	if i := strings.IndexByte(v, ';'); i >= 0 {
		v = v[i+1:]
	}
	v = strings.TrimSpace(v)
	if strings.HasPrefix(v, "<") {
		v = strings.Trim(v, "<>")
	}
	return v
}

func firstWord(s string) string {
	if f := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '(' || r == ';' }); len(f) > 0 {
		return f[0]
	}
	return ""
}

func appendOnce(list []string, s string) []string {
	if s == "" || len(list) >= maxAddresses {
		return list
	}
	for _, have := range list {
		if strings.EqualFold(have, s) {
			return list
		}
	}
	return append(list, s)
}

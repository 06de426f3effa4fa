package mailin

import (
	"encoding/json"
	"strings"
)

// Amazon's mail service tells what became of a mail by its notification service: in JSON, from no mail system.

const notifierDomain = "@sns.amazonaws.com"

// deliveryNotice is what is read of such a text. Notifications that are not sent raw have it as a string within.
type deliveryNotice struct {
	Wrapped string `json:"Message"`
	Kind    string `json:"notificationType"`
	Bounce  struct {
		Recipients []struct {
			Address    string `json:"emailAddress"`
			Status     string `json:"status"`
			Diagnostic string `json:"diagnosticCode"`
		} `json:"bouncedRecipients"`
	} `json:"bounce"`
	Delivery struct {
		Recipients []string `json:"recipients"`
	} `json:"delivery"`
	Mail struct {
		Fields struct {
			MessageID string `json:"messageId"`
		} `json:"commonHeaders"`
	} `json:"mail"`
}

// readNotice returns the failure or delivery that the mail notifies of, or nil.
func readNotice(m *Message) *Bounce {
	if len(m.From) != 1 || !strings.HasSuffix(lowerASCII(m.From[0].Address), notifierDomain) {
		return nil
	}
	var n deliveryNotice
	// Sendmail marks where it broke a line that was too long with "!" (its EOL option).
	text := strings.ReplaceAll(m.Text, "!\n ", "")
	for range 2 {
		start := strings.IndexByte(text, '{')
		if start < 0 || json.NewDecoder(strings.NewReader(text[start:])).Decode(&n) != nil {
			return nil
		}
		if n.Kind != "" {
			break
		}
		text = n.Wrapped
	}
	b := &Bounce{OriginalMessageID: firstID(n.Mail.Fields.MessageID)}
	switch n.Kind {
	case "Bounce":
		b.Kind = BounceFailed
	case "Delivery":
		b.Kind = BounceDelivered
	default:
		return nil
	}
	for _, address := range n.Delivery.Recipients {
		b.Recipients = appendOnce(b.Recipients, address)
	}
	for _, r := range n.Bounce.Recipients {
		b.Recipients = appendOnce(b.Recipients, r.Address)
		if b.Status == "" && statusCode.MatchString(r.Status) {
			b.Status, b.Diagnostic = r.Status, cut(typedValue(r.Diagnostic), 500)
		}
	}
	return b
}

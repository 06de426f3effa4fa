package mailout

import (
	"bytes"
	"fmt"
	"time"
)

// Probe is the mail by which `postdesk doctor` learns what the servers between submission and mailbox do: whether they
// deliver to addresses that carry tokens, and what becomes of Authentication-Results that a mail brings along.
type Probe struct {
	MessageID string
	From, To  string
	Mark      string   // stands in each forged field, so that it is known again; letters, digits and hyphens
	Forge     []string // authserv-ids in whose name the mail claims to be proven; "none" = a field that names no server
	Domain    string   // which domain it claims
	Loop      string   // the desk's loop mark
	Date      time.Time
}

// Bytes is the mail. Its forged fields stand where a sender's would, above everything that he writes.
func (p Probe) Bytes() ([]byte, error) {
	for _, field := range append([]string{p.MessageID, p.Mark, p.Domain, p.Loop}, p.Forge...) {
		if field != cleanText(field) || field == "" {
			return nil, fmt.Errorf("probe: %q cannot stand in a header", field)
		}
	}
	for _, address := range []string{p.From, p.To} {
		if err := CheckAddress(address); err != nil {
			return nil, fmt.Errorf("probe: %w", err)
		}
	}
	var b bytes.Buffer
	for _, id := range p.Forge {
		if id += "; "; id == "none; " { // as Exchange Online writes
			id = ""
		}
		fmt.Fprintf(&b, "Authentication-Results: %sdmarc=pass (%s) header.from=%s\r\n", id, p.Mark, p.Domain)
	}
	for _, f := range [][2]string{
		{"From", p.From}, {"To", p.To}, {"Subject", "Postdesk doctor: a test of this mailbox"}, {"Message-ID", "<" + p.MessageID + ">"},
		{"Date", p.Date.Format(time.RFC1123Z)}, {"Auto-Submitted", "auto-generated"}, {"X-Auto-Response-Suppress", "All"}, {"X-Postdesk-Loop", p.Loop},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=us-ascii"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", f[0], f[1])
	}
	b.WriteString("\r\nSomebody ran \"postdesk doctor --send\" to see how mail reaches this mailbox.\r\nNothing has to be done; this mail may be deleted.\r\n")
	return b.Bytes(), nil
}

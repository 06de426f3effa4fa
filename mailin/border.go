package mailin

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"strings"

	"postdesk/core"
)

// Trace is what the trace fields of one message tell about the servers that it came through: who took it in, what they
// say of its sender, and where they say so (RFC 5321 section 4.4, RFC 8601 section 5).
type Trace struct {
	From     string   // the domain that is judged
	Received []string // who wrote each Received field, from the top
	Stamps   []Stamp
	Style    BorderStyle
	// Trust is what the mailbox's settings should say, as far as one message can tell.
	Trust core.Mailbox

	header    Header
	positions []int // of the Received fields
}

// Stamp is one Authentication-Results field.
type Stamp struct {
	ID      string // authserv-id; the word none where a result comes first, "" where nothing does
	Results string
	Forged  bool // it was in the message when it was sent: the doctor's own

	position int
}

// BorderStyle is the way in which a border writes down what it found.
type BorderStyle string

// The styles.
const (
	StampsAbove    BorderStyle = "above"    // above its own Received, with an id: Postfix with rspamd, OpenDKIM or OpenDMARC
	StampsBelow    BorderStyle = "below"    // below its own Received: Gmail. There anybody may have written it
	StampsNameless BorderStyle = "nameless" // above, without an id: Exchange Online
	StampsNone     BorderStyle = "none"
)

// exchangeOnline is the domain of the hosts by which Exchange Online takes mail in; there are thousands.
const exchangeOnline = ".mail.protection.outlook.com"

// ReadTrace reads the trace fields of a message. forged marks fields that its writer made up; "" = none is known.
func ReadTrace(m *Message, forged string) *Trace {
	from, _ := m.SingleFrom()
	t := &Trace{From: core.DomainOf(from.Address), Style: StampsNone, header: m.Header, Trust: core.Mailbox{Policy: core.StrictPolicy}}
	for i, f := range m.Header {
		switch f.key() {
		case "received":
			t.Received, t.positions = append(t.Received, byHost(f.Value)), append(t.positions, i)
		case "authentication-results":
			t.Stamps = append(t.Stamps, readStamp(f.Value, forged, i))
		}
	}
	t.suggest()
	return t
}

// suggest looks for the topmost result that the message did not bring along, and for the server that wrote it.
func (t *Trace) suggest() {
	i := slices.IndexFunc(t.Stamps, func(s Stamp) bool { return !s.Forged })
	if i < 0 {
		t.Trust.DKIM = true
		if h := t.firstHost(); h != "" {
			t.Trust.Borders = []string{h}
		}
		return
	}
	s := t.Stamps[i]
	below := t.hostBelow(s.position)
	switch {
	case s.ID == withoutID && strings.HasSuffix(below, exchangeOnline):
		t.Style, t.Trust.DKIM = StampsNameless, true
		t.Trust.AuthservIDs, t.Trust.Borders = []string{withoutID}, []string{"*" + exchangeOnline}
	case s.ID == "", s.ID == withoutID:
		t.Trust.DKIM = true
	case below == "" || t.wrote(s.ID, 0, s.position) && !t.wrote(s.ID, s.position, len(t.header)):
		t.Style, t.Trust.DKIM = StampsBelow, true
	default:
		t.Style, t.Trust.Borders = StampsAbove, []string{below}
		border := t.border(t.Trust.Borders)
		for _, s := range t.Stamps { // several programs of one border: OpenDKIM and OpenDMARC
			if !s.Forged && s.ID != "" && s.ID != withoutID && s.position < border && !slices.Contains(t.Trust.AuthservIDs, s.ID) {
				t.Trust.AuthservIDs = append(t.Trust.AuthservIDs, s.ID)
			}
		}
	}
}

// border is the position of the topmost Received by one of the hosts; -1 = there is none.
func (t *Trace) border(hosts []string) int {
	return slices.IndexFunc(t.header, func(f Field) bool { return f.key() == "received" && receivedBy(f.Value, hosts) })
}

// firstHost is the topmost server that has a name.
func (t *Trace) firstHost() string { return t.hostBelow(-1) }

// hostBelow is the next named server whose Received stands below a position.
func (t *Trace) hostBelow(position int) string {
	for i, at := range t.positions {
		if at > position && named(t.Received[i]) {
			return t.Received[i]
		}
	}
	return ""
}

// wrote tells whether a Received of the host stands between two positions.
func (t *Trace) wrote(host string, from, to int) bool {
	for i, at := range t.positions {
		if at >= from && at < to && strings.EqualFold(t.Received[i], host) {
			return true
		}
	}
	return false
}

// named tells a server's name from its bare address, which some write for steps within their own house.
func named(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err != nil && strings.Contains(host, ".")
}

// byHost is the host in the by clause of a Received field.
func byHost(value string) string {
	words := strings.Fields(value)
	for i, w := range words[:max(len(words)-1, 0)] {
		if strings.EqualFold(w, "by") {
			host, _, _ := strings.Cut(words[i+1], "(")
			return core.FoldAddress(strings.TrimRight(host, ";."))
		}
	}
	return ""
}

// readStamp takes the authserv-id off the results. Exchange Online leaves it out, so that a result comes first.
func readStamp(value, forged string, position int) Stamp {
	s := Stamp{position: position, Forged: forged != "" && strings.Contains(value, forged), Results: strings.TrimSpace(value)}
	plain, _ := plainResults(value)
	head, _, _ := strings.Cut(plain, ";")
	switch words := strings.Fields(head); {
	case strings.Contains(head, "="):
		s.ID = withoutID
	case len(words) > 0:
		s.ID = core.FoldAddress(words[0])
		_, rest, _ := strings.Cut(value, ";")
		s.Results = strings.TrimSpace(rest)
	}
	return s
}

// OwnCheck is what the desk's own check of a message's signatures finds (mail.md 4). The zero value: there was nothing to
// check.
type OwnCheck struct {
	Signer string
	Err    error
}

// CheckOwn checks the signatures of the sender's domain in a whole message, as of the time when it was written.
func CheckOwn(ctx context.Context, raw []byte, m *Message, lookup TXTLookup) (c OwnCheck) {
	from := core.DomainOf(fromAddress(m))
	if m.Date == nil || !slices.ContainsFunc(m.Header.Values(dkimField), func(v string) bool { return aligned(signer(v), from) }) {
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, dkimTime)
	defer cancel()
	c.Signer, c.Err = verify(ctx, bytes.NewReader(raw), m, from, *m.Date, lookup)
	return c
}

// signer is the d= of a DKIM signature (RFC 6376 section 3.5).
func signer(signature string) string {
	for tag := range strings.SplitSeq(signature, ";") {
		if name, value, _ := strings.Cut(tag, "="); strings.TrimSpace(name) == "d" {
			return core.FoldAddress(strings.TrimSpace(value))
		}
	}
	return ""
}

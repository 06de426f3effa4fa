package mailin

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"strings"
	"time"
)

// Limits of reading. They bound time and memory whatever bytes come; the raw
// message stays stored beside what is read, so a cap hides nothing for good.
const (
	maxHeaderBytes = 256 << 10 // of one header block
	maxFieldBytes  = 16 << 10  // of one unfolded field
	maxAddresses   = 500       // of one address field
	maxDepth       = 20        // nested multiparts and messages
	maxParts       = 1000      // leaves and containers of one message
	maxTextBytes   = 2 << 20   // of all readable text, and of all HTML
	maxNestedBytes = 4 << 20   // a nested message that is looked into
	maxNested      = 5         // messages within messages that are looked into
	maxSmallFile   = 64 << 10  // an attachment kept in Attachment.Data
	maxSmallTotal  = 1 << 20   // all attachments kept so
	maxWarnings    = 50
)

// Class says what kind of mail a message is.
type Class string

// The classes, in the words that the interface and the ledger use.
const (
	ClassHuman   Class = "human"   // a person wrote it
	ClassAuto    Class = "auto"    // automatic answer or notice (RFC 3834)
	ClassBounce  Class = "bounce"  // delivery report (RFC 3464) or a homemade one
	ClassReceipt Class = "receipt" // read receipt (RFC 8098) or feedback report (RFC 5965)
	ClassList    Class = "list"    // mailing list or bulk mail
	ClassMachine Class = "machine" // sent from an address nobody reads
	ClassDesk    Class = "desk"    // another desk's automatic mail
	ClassSelf    Class = "self"    // our own mail came back
)

// Options tells Read what it cannot see in the message. All may be zero.
type Options struct {
	// OwnAddresses says whether an address (lower case) is one this desk
	// sends from. Nil means no address is.
	OwnAddresses func(address string) bool
	// OwnMessageID says whether this desk made the Message-ID (without angle
	// brackets). Nil means it made none.
	OwnMessageID func(id string) bool
	// OwnLoop judges the value of the loop mark LoopHeader. Nil means the mark
	// is always of another desk.
	OwnLoop func(value string) bool
	// Sink takes the attachments that are too large to be kept in memory. Nil
	// means they are measured and hashed only.
	Sink Sink
}

// Sink stores the decoded bytes of one attachment. a has its name and type;
// size and hash are known only when content has been read to its end, and are
// filled in after the call. What is left unread is read and hashed all the
// same. Read calls it from its own goroutine, one attachment at a time.
type Sink interface {
	Attachment(a *Attachment, content io.Reader) error
}

// Message is what was read from the raw bytes of one mail. Text fields are
// valid UTF-8 without NUL; header texts are also free of line ends, control
// characters and bidirectional controls. Message ids are written without
// angle brackets.
type Message struct {
	MessageID  string
	From       []Address
	To         []Address
	Cc         []Address
	ReplyTo    []Address
	Sender     []Address
	FromFields int // number of From fields; anything but one proves no identity
	Subject    string
	Date       *time.Time // nil when there is none or it cannot be read
	InReplyTo  []string
	References []string
	Header     Header // all fields from the top, see Header

	Class     Class
	Reasons   []string // every test that hit, the deciding one first
	MayAnswer bool     // false where automatic mail must not be sent in return

	Text      string // the whole readable text
	Visible   string // what the person newly wrote
	Quoted    string // the quoted mail that was folded away
	Signature string // the signature that was folded away
	Language  string // ISO 639-1 of Visible, or "und"
	HTML      string // sanitised; empty when the mail has none

	// RemoteImages counts the images of HTML that point to other hosts; they
	// are not in HTML.
	RemoteImages int

	Attachments []Attachment
	Bounce      *Bounce // set when Class is ClassBounce
	Warnings    []string

	// ContentKey is equal for copies of one mail that came by different ways:
	// it covers Message-ID, From, Date, Subject and the decoded content, no
	// trace fields. Of mail with neither Message-ID nor Date it says nothing: a
	// device's repeated alarm is no copy. See Tellable.
	ContentKey [32]byte

	// SinkErr is the first error of the input or of Options.Sink: bytes did not
	// pass through whole. The message must then be read again before it is
	// applied.
	SinkErr error

	report     reportParts
	strictFrom bool     // the standard library reads the same single mailbox
	recipients []string // from fields that receiving servers add
	received   []string // from the "for" of Received
}

// Attachment is a part that is not shown as text.
type Attachment struct {
	Name        string // for display only: no path, no control characters; never empty
	ContentType string // lower case, without parameters
	Size        int64  // decoded bytes
	SHA256      [32]byte
	Inline      bool   // belongs into the text, such as an image of a signature
	ContentID   string // without angle brackets
	Data        []byte // small attachments only
	Stored      bool   // was handed to Options.Sink
}

// Read reads one message. It always returns a message: what cannot be read is
// said in Warnings. r is read once, to its end, and never held whole.
func Read(r io.Reader, o Options) *Message {
	m := &Message{}
	p := newPartReader(m, o)
	key := sha256.New()
	p.key = key
	p.readMessage(r)
	m.readFields(key)
	m.assemble(p.content)
	m.classify(o)
	key.Sum(m.ContentKey[:0])
	return m
}

// warn records a warning once, up to maxWarnings.
func (m *Message) warn(text string) {
	if len(m.Warnings) >= maxWarnings {
		return
	}
	for _, w := range m.Warnings {
		if w == text {
			return
		}
	}
	m.Warnings = append(m.Warnings, text)
}

// readFields fills the fields that come from the header of the message.
func (m *Message) readFields(key hash.Hash) {
	hops := 0
	for _, f := range m.Header {
		switch f.key() {
		case "message-id":
			if m.MessageID == "" {
				m.MessageID = firstID(f.Value)
			} else {
				m.warn("more than one Message-ID field")
			}
		case "from":
			m.FromFields++
			m.From = appendAddresses(m.From, f.Value)
			if len(m.From) == 0 && !strings.ContainsAny(f.Value, "<@,;: ") && f.Value != "" {
				m.From = []Address{{Address: decodeHeaderText(f.Value)}} // "From: root", of the sender's own host
			}
			m.strictFrom = m.FromFields == 1 && strictMailbox(f.Value, m.From)
		case "to":
			m.To = appendAddresses(m.To, f.Value)
		case "cc":
			m.Cc = appendAddresses(m.Cc, f.Value)
		case "reply-to":
			m.ReplyTo = appendAddresses(m.ReplyTo, f.Value)
		case "sender":
			m.Sender = appendAddresses(m.Sender, f.Value)
		case "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-forwarded-to", "x-rcpt-to", "apparently-to":
			for _, a := range appendAddresses(nil, f.Value) {
				m.recipients = append(m.recipients, a.Address)
			}
		case "received":
			// Servers without such a field note the recipient here (RFC 5321 4.4).
			if hops++; hops <= 5 {
				m.received = appendReceivedFor(m.received, f.Value)
			}
		case "subject":
			if m.Subject == "" {
				m.Subject = decodeHeaderText(f.Value)
			}
		case "date":
			if m.Date == nil {
				m.Date = readDate(f.Value)
				if m.Date == nil {
					m.warn("date cannot be read")
				}
			}
		case "in-reply-to":
			m.InReplyTo = appendIDs(m.InReplyTo, f.Value)
		case "references":
			m.References = appendIDs(m.References, f.Value)
		}
	}
	switch {
	case m.FromFields == 0:
		m.warn("no From field")
	case m.FromFields > 1:
		m.warn("more than one From field")
	case len(m.From) != 1:
		m.warn("From does not name exactly one mailbox")
	}
	io.WriteString(key, "\x00id\x00"+m.MessageID+"\x00subject\x00"+m.Subject)
	for _, a := range m.From {
		io.WriteString(key, "\x00from\x00"+lowerASCII(a.Address))
	}
	if m.Date != nil {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(m.Date.Unix()))
		io.WriteString(key, "\x00date\x00")
		key.Write(b[:])
	}
}

// Tellable says whether the content key tells a copy from another mail of the
// same words.
func (m *Message) Tellable() bool { return m.MessageID != "" || m.Date != nil }

// Recipients are the addresses this mail may have been delivered to: what the
// receiving servers recorded (Delivered-To, X-Original-To, Envelope-To, the "for"
// of Received) first, then To and Cc; lower case, each once.
func (m *Message) Recipients() []string {
	var out []string
	seen := map[string]bool{}
	add := func(a string) {
		a = lowerASCII(a)
		if a != "" && !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	for _, list := range [][]string{m.recipients, m.received} {
		for _, a := range list {
			add(a)
		}
	}
	for _, list := range [][]Address{m.To, m.Cc} {
		for _, a := range list {
			add(a.Address)
		}
	}
	return out
}

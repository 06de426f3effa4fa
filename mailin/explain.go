package mailin

import (
	"encoding/hex"
	"time"
)

// Explanation is what `postdesk explain --json` prints about one message: how
// it was read. Lists are never null.
type Explanation struct {
	File        string                `json:"file"`
	MessageID   string                `json:"message_id"`
	From        []Address             `json:"from"`
	To          []Address             `json:"to"`
	Cc          []Address             `json:"cc"`
	ReplyTo     []Address             `json:"reply_to"`
	Subject     string                `json:"subject"`
	Date        *string               `json:"date"`
	InReplyTo   []string              `json:"in_reply_to"`
	References  []string              `json:"references"`
	Class       Class                 `json:"class"`
	Reasons     []string              `json:"reasons"`
	MayAnswer   bool                  `json:"may_answer"`
	Text        string                `json:"text"`
	Visible     string                `json:"visible"`
	Quoted      string                `json:"quoted"`
	Signature   string                `json:"signature"`
	Language    string                `json:"language"`
	HTML        string                `json:"html"`
	Attachments []ExplainedAttachment `json:"attachments"`
	Bounce      *ExplainedBounce      `json:"bounce"`
	Commands    []ExplainedCommand    `json:"commands"`
	Warnings    []string              `json:"warnings"`
}

// ExplainedAttachment is one attachment of an Explanation; SHA256 is the hex
// hash of the decoded bytes.
type ExplainedAttachment struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`
	SHA256      string `json:"sha256"`
	Inline      bool   `json:"inline"`
	ContentID   string `json:"content_id"`
}

// ExplainedBounce is what a delivery report says.
type ExplainedBounce struct {
	Kind              BounceKind `json:"kind"`
	Status            string     `json:"status"`
	Recipients        []string   `json:"recipients"`
	OriginalMessageID string     `json:"original_message_id"`
}

// ExplainedCommand is one command line at the top of the new text.
type ExplainedCommand struct {
	Name     string `json:"name"`
	Argument string `json:"argument"`
}

// Explain says how m was read. file is named in the result as given.
func Explain(file string, m *Message) Explanation {
	e := Explanation{
		File: file, MessageID: m.MessageID,
		From: list(m.From), To: list(m.To), Cc: list(m.Cc), ReplyTo: list(m.ReplyTo),
		Subject: m.Subject, InReplyTo: list(m.InReplyTo), References: list(m.References),
		Class: m.Class, Reasons: list(m.Reasons), MayAnswer: m.MayAnswer,
		Text: m.Text, Visible: m.Visible, Quoted: m.Quoted, Signature: m.Signature,
		Language: m.Language, HTML: m.HTML,
		Attachments: []ExplainedAttachment{}, Commands: []ExplainedCommand{}, Warnings: list(m.Warnings),
	}
	if m.Class == ClassHuman {
		for _, c := range readOrders(m.Visible).commands {
			e.Commands = append(e.Commands, ExplainedCommand(c))
		}
	}
	if m.Date != nil {
		d := m.Date.Format(time.RFC3339)
		e.Date = &d
	}
	for _, a := range m.Attachments {
		e.Attachments = append(e.Attachments, ExplainedAttachment{
			Name: a.Name, ContentType: a.ContentType, Size: a.Size, SHA256: hex.EncodeToString(a.SHA256[:]),
			Inline: a.Inline, ContentID: a.ContentID,
		})
	}
	if b := m.Bounce; b != nil {
		e.Bounce = &ExplainedBounce{Kind: b.Kind, Status: b.Status, Recipients: list(b.Recipients), OriginalMessageID: b.OriginalMessageID}
	}
	return e
}

// list makes an absent list an empty one.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

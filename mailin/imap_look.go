package mailin

import (
	"bytes"
	"context"
	"io"
	"strings"
	"time"
)

// Abilities are what a server can do beyond the necessary (RFC 2177, RFC 6851, RFC 4315).
type Abilities struct{ Idle, Move, UIDPlus bool }

// Abilities tells what the server offered after the login.
func (m *IMAP) Abilities() Abilities {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Abilities{Idle: m.canIdle(), Move: m.canMove(), UIDPlus: m.canExpunge()}
}

// lookBytes is how much of a message is fetched to look at its header.
const lookBytes = maxHeaderBytes

// Look waits for new mail, at most as long as said, and then looks among the messages from a UID on for the one with a
// Message-ID. raw is nil while it is not there, else the beginning of it. noticed tells that the server announced mail by
// itself, in IDLE. Nothing on the server changes.
func (m *IMAP) Look(ctx context.Context, from uint32, messageID string, atMost time.Duration) (raw []byte, noticed bool, err error) {
	begun := time.Now()
	changed, err := m.Idle(ctx, atMost)
	if err != nil {
		return nil, false, err
	}
	noticed = changed && m.Abilities().Idle && time.Since(begun) < atMost
	uids, err := m.ListUIDs(ctx, from)
	if err != nil || len(uids) == 0 {
		return nil, noticed, err
	}
	_, err = m.Fetch(ctx, uids, FetchLimits{First: lookBytes}, func(f Fetched) error {
		b, err := io.ReadAll(f.Body)
		if err == nil && strings.EqualFold(Read(bytes.NewReader(b), Options{}).MessageID, messageID) {
			raw = b
		}
		return err
	})
	return raw, noticed, err
}

package mailin

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// KeywordDone marks mail that should have left the folder, on a server that cannot remove single messages.
const KeywordDone = "PostdeskDone"

// MarkSeen sets \Seen. UIDs that are gone are no error, here and below.
func (m *IMAP) MarkSeen(ctx context.Context, uids []uint32) error {
	return m.dispose(ctx, uids, func(chunk []uint32) error { return m.addFlag(ctx, chunk, `\Seen`) })
}

// MarkKeyword sets a keyword, a short word of ASCII letters, digits, $, _, - and dots. It fails with ErrRefused where
// the folder does not keep keywords.
func (m *IMAP) MarkKeyword(ctx context.Context, uids []uint32, keyword string) error {
	return m.dispose(ctx, uids, func(chunk []uint32) error { return m.mark(ctx, chunk, keyword) })
}

// Move puts messages into another folder, which is created when missing. moved is false where the server has
// neither MOVE nor UIDPLUS and would remove more than these messages: then they stay, marked with KeywordDone.
func (m *IMAP) Move(ctx context.Context, uids []uint32, folder string) (moved bool, err error) {
	return m.leave(ctx, uids, m.canMove() || m.canExpunge(), func(chunk []uint32) error {
		if m.canMove() {
			return m.orCreate(ctx, folder, func() error { return m.moveOnce(ctx, chunk, folder) })
		}
		// Each step waits for the OK of the one before, or a copy that failed would be an expunged original.
		if err := m.orCreate(ctx, folder, func() error { return m.copyOnce(ctx, chunk, folder) }); err != nil {
			return err
		}
		return m.remove(ctx, chunk)
	})
}

// Delete removes messages for good. deleted is false where the server lacks UIDPLUS: then they stay, marked with
// KeywordDone.
func (m *IMAP) Delete(ctx context.Context, uids []uint32) (deleted bool, err error) {
	return m.leave(ctx, uids, m.canExpunge(), func(chunk []uint32) error { return m.remove(ctx, chunk) })
}

// leave takes messages out of the folder, or marks them where that cannot be done safely.
func (m *IMAP) leave(ctx context.Context, uids []uint32, safe bool, out func([]uint32) error) (left bool, err error) {
	if !safe {
		return false, m.MarkKeyword(ctx, uids, KeywordDone)
	}
	err = m.dispose(ctx, uids, out)
	return err == nil, err
}

// dispose opens the folder for changes and works through the UIDs.
func (m *IMAP) dispose(ctx context.Context, uids []uint32, step func([]uint32) error) error {
	if len(uids) == 0 {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.writable(ctx); err != nil {
		return err
	}
	return inChunks(uids, step)
}

// remove is \Deleted, waited for, then UID EXPUNGE (RFC 4315 section 2.1) of just these.
func (m *IMAP) remove(ctx context.Context, uids []uint32) error {
	if err := m.addFlag(ctx, uids, `\Deleted`); err != nil {
		return err
	}
	return m.expunge(ctx, uids)
}

func (m *IMAP) mark(ctx context.Context, uids []uint32, keyword string) error {
	if keyword == "" || strings.Trim(keyword, "$-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
		return m.cfg.fail("mark", ErrRefused, fmt.Errorf("%q is no keyword", keyword))
	}
	if !m.canKeep(keyword) {
		return m.cfg.fail("mark", ErrRefused, errors.New("the folder keeps no keywords"))
	}
	return m.addFlag(ctx, uids, keyword)
}

// orCreate tries again once after creating the folder. Not every server says TRYCREATE (RFC 9051 section 6.4.7), so
// each refusal is taken for a missing folder. CREATE is refused, too, where somebody else was faster: the second try
// tells whether the folder is there.
func (m *IMAP) orCreate(ctx context.Context, folder string, try func() error) error {
	err := try()
	if !errors.Is(err, ErrRefused) {
		return err
	}
	if failed := m.create(ctx, folder); failed != nil && !errors.Is(failed, ErrRefused) {
		return err
	}
	return try()
}

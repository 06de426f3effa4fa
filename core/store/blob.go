package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// InlineLimit is up to which size, in bytes, a content stands in its row; larger ones stream in chunks.
const InlineLimit = 64 << 10

const chunkSize = 256 << 10

// addSmallBlobs keeps contents that came along with a record. In the order of their hashes, so that two transactions
// with the same files cannot wait for each other.
func (tx *Tx) addSmallBlobs(files []core.Attachment) {
	sorted := slices.SortedFunc(slices.Values(files), func(a, b core.Attachment) int { return bytes.Compare(a.SHA256[:], b.SHA256[:]) })
	for _, a := range sorted {
		if !a.Removed && (a.Data != nil || a.Size == 0) {
			tx.write(insertBlob, a.SHA256[:], a.Size, a.Data)
		}
	}
}

// A content that is stored again is as new as one stored now: the sweep must not take it away under the new user.
const insertBlob = `insert into blob (sha256, size, data) values ($1, $2, coalesce($3, ''::bytea))
	on conflict (sha256) do update set created_at = now() where blob.created_at < now() - interval '1 hour'`

// PutBlob stores what r gives and returns its hash and size. Contents stream through in chunks; the store keeps each
// content once. Nothing refers to it yet: what stays so is swept after a day.
func (s *Store) PutBlob(ctx context.Context, r io.Reader) (sum [32]byte, size int64, err error) {
	head := make([]byte, InlineLimit+1)
	n, err := io.ReadFull(r, head)
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		head = head[:n]
		sum = sha256.Sum256(head)
		_, err = s.pool.Exec(ctx, insertBlob, sum[:], n, head)
		return sum, int64(n), err
	case err != nil:
		return sum, 0, err
	}
	return s.putChunks(ctx, io.MultiReader(bytes.NewReader(head), r))
}

// putChunks writes under a placeholder of random bytes, for the hash is known only at the end. While r is read no
// transaction is open: r may be as slow as somebody's upload, and must hold neither a connection nor the lock that changes
// of the configuration wait for. What a broken upload leaves is swept like everything that nothing refers to.
func (s *Store) putChunks(ctx context.Context, r io.Reader) (sum [32]byte, size int64, err error) {
	placeholder := newToken(32)
	if _, err := s.pool.Exec(ctx, "insert into blob (sha256, size, data) values ($1, 0, null)", placeholder); err != nil {
		return sum, 0, fmt.Errorf("store content: %w", err)
	}
	h := sha256.New()
	buf := make([]byte, chunkSize)
	for seq := 0; ; seq++ {
		n, err := io.ReadFull(r, buf)
		if n > 0 {
			h.Write(buf[:n])
			size += int64(n)
			if _, err := s.pool.Exec(ctx, "insert into blob_chunk (sha256, seq, data) values ($1, $2, $3)", placeholder, seq, buf[:n]); err != nil {
				return sum, 0, fmt.Errorf("store content: %w", err)
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return sum, 0, fmt.Errorf("store content: %w", err)
		}
	}
	copy(sum[:], h.Sum(nil))
	err = s.InTx(ctx, func(tx *Tx) error {
		var known bool
		err := tx.db.QueryRow(ctx, `with new as (insert into blob (sha256, size, data) values ($1, $2, null)
			on conflict (sha256) do update set created_at = now() returning xmax <> 0 as known) select known from new`, sum[:], size).Scan(&known)
		if err != nil {
			return err
		}
		if !known {
			tx.write("update blob_chunk set sha256 = $2 where sha256 = $1", placeholder, sum[:])
		}
		tx.write("delete from blob where sha256 = $1", placeholder)
		return nil
	})
	if err != nil {
		return sum, 0, fmt.Errorf("store content: %w", err)
	}
	return sum, size, nil
}

// OpenBlob streams a content; the reader checks the hash at its end. NotFound where it is not kept (any more).
func (s *Store) OpenBlob(ctx context.Context, sum [32]byte) (io.ReadCloser, error) {
	var data []byte
	var chunked bool
	err := s.db.QueryRow(ctx, "select data, data is null from blob where sha256 = $1", sum[:]).Scan(&data, &chunked)
	if err != nil {
		return nil, fmt.Errorf("content %x: %w", sum[:4], notFound(err))
	}
	if !chunked {
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	return &chunks{ctx: ctx, store: s, sum: sum, hash: sha256.New()}, nil
}

// chunks reads a content chunk by chunk, each with a query of its own: a slow reader holds no connection.
type chunks struct {
	ctx   context.Context
	store *Store
	sum   [32]byte
	seq   int
	rest  []byte
	hash  hash.Hash
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		err := c.store.db.QueryRow(c.ctx, "select data from blob_chunk where sha256 = $1 and seq = $2", c.sum[:], c.seq).Scan(&c.rest)
		if err == pgx.ErrNoRows {
			if !bytes.Equal(c.hash.Sum(nil), c.sum[:]) {
				return 0, fmt.Errorf("content %x is damaged", c.sum[:4])
			}
			return 0, io.EOF
		}
		if err != nil {
			return 0, err
		}
		c.seq++
		c.hash.Write(c.rest)
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *chunks) Close() error { return nil }

// SweepBlobs removes contents that nothing refers to and that are older than a day, at most limit of them, and says how
// many went. What was dropped refers to nothing. New mail with the content of a row that is about to go makes that row new
// before, or waits for its end and stores the content anew.
func (s *Store) SweepBlobs(ctx context.Context, now time.Time, limit int) (int, error) {
	tag, err := s.pool.Exec(ctx, `delete from blob where sha256 in (
		select sha256 from blob b where created_at < $1
		and not exists (select from attachment a where a.sha256 = b.sha256)
		and not exists (select from draft_file d where d.sha256 = b.sha256)
		and not exists (select from inbound i where i.sha256 = b.sha256 and i.raw_dropped_at is null)
		and not exists (select from outbox_content o where o.raw_sha256 = b.sha256)
		limit $2 for update skip locked)`, now.Add(-24*time.Hour), limit)
	return int(tag.RowsAffected()), err
}

package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

func TestContentsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	random := rand.NewChaCha8([32]byte{1})
	for _, size := range []int{0, 1, store.InlineLimit, store.InlineLimit + 1, 1<<20 + 7} {
		data := make([]byte, size)
		random.Read(data)
		for range 2 { // the second time the content is known
			sum, n, err := s.PutBlob(t.Context(), bytes.NewReader(data))
			if err != nil || n != int64(size) || sum != sha256.Sum256(data) {
				t.Fatalf("%d bytes: stored %d as %x: %v", size, n, sum[:4], err)
			}
		}
		r, err := s.OpenBlob(t.Context(), sha256.Sum256(data))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes: got %d back: %v", size, len(got), err)
		}
	}
	var blobs, chunks int
	err := s.Pool().QueryRow(t.Context(), "select (select count(*) from blob), (select count(*) from blob_chunk)").Scan(&blobs, &chunks)
	if err != nil || blobs != 5 || chunks != 1+5 {
		t.Errorf("%d contents in %d chunks are kept, want 5 in 6: %v", blobs, chunks, err)
	}
	if _, err := s.OpenBlob(t.Context(), [32]byte{9}); core.CodeOf(err) != core.NotFound {
		t.Errorf("an unknown content: %v", err)
	}
}

// A slow upload once held a transaction, and with it the lock that changes of the configuration wait for.
func TestSlowUploadKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, _, err := s.PutBlob(t.Context(), r)
		done <- err
	}()
	if _, err := w.Write(make([]byte, 1<<20)); err != nil { // the upload is under way now, and pauses
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.InConfigTx(ctx, func(*store.Tx) error { return nil }); err != nil {
		t.Errorf("a change of the configuration waits for the upload: %v", err)
	}
	broken := errors.New("the line broke")
	w.CloseWithError(broken)
	if err := <-done; !errors.Is(err, broken) {
		t.Errorf("a broken upload ends with %v", err)
	}
	if n, err := s.SweepBlobs(t.Context(), time.Now().Add(25*time.Hour), 10); err != nil || n != 1 {
		t.Errorf("swept %d leftovers, want 1: %v", n, err)
	}
}

func readerOf(data []byte) io.Reader { return bytes.NewReader(data) }

func readAll(s *store.Store, t *testing.T, sum []byte) error {
	t.Helper()
	r, err := s.OpenBlob(t.Context(), [32]byte(sum))
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

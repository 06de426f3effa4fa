package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// What is asked for by its name is found by its key: a file, or the mail that a record came by, must not take longer the
// longer the log of all tickets is.
func TestNothingNamedIsSearchedFor(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t)
	storetest.Open(t, url)
	var traced batched
	s, err := store.Open(t.Context(), url, storetest.Secrets(), func(c *pgxpool.Config) {
		c.ConnConfig.Tracer = &traced
		c.ConnConfig.RuntimeParams["enable_seqscan"] = "off" // small tables too are read by an index then, if one serves
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for what, find := range map[string]func(ctx context.Context, id string) error{
		"record":       func(ctx context.Context, id string) error { _, err := s.Record(ctx, id); return err },
		"file":         func(ctx context.Context, id string) error { _, _, err := s.Attachment(ctx, 1, id); return err },
		"confirmation": func(ctx context.Context, id string) error { _, err := s.Confirmation(ctx, id); return err },
		"mail":         func(ctx context.Context, id string) error { _, err := s.Outbound(ctx, id); return err },
	} {
		for _, id := range []string{uuid.NewString(), "none", ""} {
			if err := find(t.Context(), id); core.CodeOf(err) != core.NotFound {
				t.Errorf("%s %q: %v", what, id, err)
			}
		}
		if _, plan := pagesRead(t, s, traced.asked); strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "Index") {
			t.Errorf("%s:\n%s\n%s", what, traced.sql, plan)
		}
	}
}

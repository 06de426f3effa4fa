package mailin

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// roundTrips counts how often something is asked of the database.
type roundTrips struct{ n atomic.Int64 }

func (r *roundTrips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	r.n.Add(1)
	return ctx
}

func (r *roundTrips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	r.n.Add(1)
	return ctx
}

func (*roundTrips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (*roundTrips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (*roundTrips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// How fast mail becomes tickets hangs on the round trips to the database: one to look up what must be known, one for the
// ticket or its number, one for all writes with the commit.
func TestMailTakesThreeRoundTrips(t *testing.T) {
	t.Parallel()
	trips := &roundTrips{}
	s, err := store.Open(t.Context(), storetest.URL(t), storetest.Secrets(), func(c *pgxpool.Config) { c.ConnConfig.Tracer = trips })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	o := officeOn(t, storetest.BuildCity(t, s))
	first := o.open(post{top: passed, id: "first@sender.test"}) // loads the configuration
	for _, c := range []struct {
		what string
		post post
	}{
		{"a new mail", post{top: passed, from: "ben@city.test"}},
		{"a reply", post{top: passed, from: "ben@city.test", reply: "<first@sender.test>", subject: "Re: Paper jam"}},
	} {
		row := o.accept(o.Mailbox, c.post.raw(o))[0]
		before := trips.n.Load()
		if err := o.worker.Apply(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		if n := trips.n.Load() - before; n > 3 {
			t.Errorf("%s took %d round trips", c.what, n)
		}
		row, err := s.Inbound(t.Context(), row.ID)
		if err != nil || row.State != core.InboundApplied || (row.Ticket == first) != (c.what == "a reply") {
			t.Errorf("%s: %+v, %v", c.what, row, err)
		}
	}
}

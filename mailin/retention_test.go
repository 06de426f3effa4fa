package mailin

import (
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// A mail that comes again when its first copy has no bytes any more is a duplicate all the same, and an answer still finds
// its ticket (mail.md 1): what is known again stands in the ledger.
func TestDuplicatesOfMailWhoseTimeIsOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := post{from: "ben@city.test", id: "one@ben.test", body: "Once."}
	n := o.open(first)
	o.told("opened", "ticket_created ben", "ticket_created mia")
	for _, sql := range []string{"update service set keep_mail_days = 1", "update desk set version = version + 1",
		"update outbox set state = 'accepted', finished_at = '2026-01-01'", "update inbound set finished_at = '2026-01-01'"} {
		if _, err := o.Store.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	d, err := o.desk.DropExpired(t.Context())
	if err != nil || d != (helpdesk.Dropped{Inbound: 1, Outbound: 2}) {
		t.Fatalf("dropped %+v: %v", d, err)
	}
	if _, err := o.Store.Pool().Exec(t.Context(), "update blob set created_at = now() - interval '2 days'"); err != nil {
		t.Fatal(err)
	}
	if swept, err := o.Store.SweepBlobs(t.Context(), time.Now(), 10); err != nil || swept != 1 {
		t.Fatalf("swept %d: %v", swept, err)
	}
	o.is("the same bytes", o.send(first), core.InboundDuplicate, n)
	first.top = "Received: from a by b; Wed, 04 Mar 2026 11:00:09 +0000\r\n"
	row := o.send(first)
	o.is("by another way", row, core.InboundDuplicate, n)
	if len(o.records(n)) != 1 {
		t.Errorf("%d records", len(o.records(n)))
	}
	o.told("twice")
	r, err := o.Store.OpenRaw(t.Context(), row)
	if err != nil {
		t.Fatalf("the new copy has no bytes: %v", err)
	}
	r.Close()
}

package store_test

import (
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// BenchmarkTicket reads a ticket with all that stands around it, as every operation does.
func BenchmarkTicket(b *testing.B) {
	c := storetest.NewCity(b)
	err := c.Store.InTx(b.Context(), func(tx *store.Tx) error {
		n, err := tx.NextNumber(b.Context())
		if err != nil {
			return err
		}
		ben, now := c.People["ben"], time.Now()
		tx.AddTicket(&core.Ticket{Number: n, Version: 1, Service: c.Printers, Subject: "Jam", Status: core.Open, Category: "hardware", Priority: core.Normal,
			Requester: ben, OpenedVia: core.ViaDesk, RootMessageID: "root@city.test", CreatedAt: now, UpdatedAt: now})
		for b.Loop() {
			if _, err := tx.LockTicket(b.Context(), n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

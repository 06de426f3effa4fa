package store

import (
	"context"
	"time"
)

// TakeAlert tells whether the daily configuration alert is the caller's to send, and notes that it is sent (D18).
func (tx *Tx) TakeAlert(ctx context.Context, now time.Time, every time.Duration) (bool, error) {
	rows, err := tx.db.Query(ctx, "update desk set alerted_at = $1 where alerted_at is null or alerted_at <= $2 returning 1", now, now.Add(-every))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	mine := rows.Next()
	rows.Close()
	return mine, rows.Err()
}

package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"postdesk/core"
)

// search notes that a ticket's document has to follow what this transaction writes; anew = not only by what is added to
// the log. It follows with the commit, from what is then in the tables: so what a savepoint undid is not in it.
func (tx *Tx) search(n core.Number, anew bool) {
	if tx.searched == nil {
		tx.searched = map[core.Number]bool{}
	}
	tx.searched[n] = tx.searched[n] || anew
}

func (tx *Tx) refreshSearch() {
	for _, n := range slices.Sorted(maps.Keys(tx.searched)) {
		tx.write("select search_refresh($1, $2)", n, tx.searched[n])
	}
}

// RefreshSearch makes the documents of up to limit tickets anew that wait for it: those from before there were any, and
// those whose people or fields were changed in the configuration. It returns how many it did; tickets that are being
// changed just now stay for the next time.
func (s *Store) RefreshSearch(ctx context.Context, limit int) (done int, err error) {
	err = s.InTx(ctx, func(tx *Tx) error {
		rows, err := tx.db.Query(ctx, `select t.number from ticket t where t.number in (select number from search_queue order by number desc limit $1)
			order by t.number for no key update skip locked`, limit)
		if err != nil {
			return err
		}
		var numbers []core.Number
		for rows.Next() {
			var n core.Number
			if err := rows.Scan(&n); err != nil {
				return err
			}
			numbers = append(numbers, n)
			tx.search(n, true)
		}
		done = len(numbers)
		tx.write("delete from search_queue where number = any ($1)", numbers)
		return rows.Err()
	})
	if err != nil {
		return 0, fmt.Errorf("search documents: %w", err)
	}
	return done, nil
}

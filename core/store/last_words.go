package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// lastWordsLength is how many characters of a text a list shows at most.
const lastWordsLength = 160

// LastWords reads the beginning of what was written last in each ticket: a message, or a note. Records have no more than
// that, their time and who wrote them.
func (r reads) LastWords(ctx context.Context, numbers []core.Number) ([]*core.Record, error) {
	rows, err := r.db.Query(ctx, `select l.id, n.number, l.at, l.kind, l.show_to_requester, l.text, l.author_address, coalesce(p.id, 0), coalesce(p.name, ''), coalesce(p.email, '')
		from unnest($1::bigint[]) n (number),
			lateral (select r.id, r.at, r.kind, r.show_to_requester, left(r.text, $2) as text, r.author_id, r.author_address from log_record r
				where r.ticket_number = n.number and r.kind in ('message', 'note') order by r.at desc limit 1) l
			left join person p on p.id = l.author_id`, numbers, lastWordsLength)
	if err != nil {
		return nil, fmt.Errorf("last words: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*core.Record, error) {
		l, author := &core.Record{}, &core.Person{}
		err := row.Scan(&l.ID, &l.Ticket, &l.At, &l.Kind, &l.ShowToRequester, &l.Text, &l.AuthorAddress, &author.ID, &author.Name, &author.Email)
		if author.ID != 0 {
			l.Author = author
		}
		return l, err
	})
}

package store

import (
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// queueAbsences asks for the absences that are not long over; the function gives them once the batch has run.
func queueAbsences(b *pgx.Batch) func() []core.Absence {
	type row struct {
		person, delegate core.PersonID
		from, until      time.Time
	}
	var found []row
	var people map[core.PersonID]*core.Person
	b.Queue("select person_id, coalesce(delegate_id, 0), from_at, until_at from absence order by person_id").Query(func(rows pgx.Rows) error {
		var x row
		_, err := pgx.ForEachRow(rows, []any{&x.person, &x.delegate, &x.from, &x.until}, func() error { found = append(found, x); return nil })
		return err
	})
	b.Queue("select " + personColumns + ` from person p where p.id in
		(select person_id from absence union all select delegate_id from absence)`).Query(func(rows pgx.Rows) (err error) {
		people, err = byID(pgx.CollectRows(rows, scanPerson))
		return err
	})
	return func() []core.Absence {
		var list []core.Absence
		for _, x := range found {
			list = append(list, core.Absence{Person: people[x.person], Delegate: people[x.delegate], From: x.from, Until: x.until})
		}
		return list
	}
}

// SaveAbsence sets a person's absence in place of the one before.
func (tx *Tx) SaveAbsence(a core.Absence) {
	tx.write(`insert into absence (person_id, from_at, until_at, delegate_id) values ($1, $2, $3, nullif($4::bigint, 0))
		on conflict (person_id) do update set from_at = excluded.from_at, until_at = excluded.until_at, delegate_id = excluded.delegate_id`,
		a.Person.ID, a.From, a.Until, idOf(a.Delegate))
}

// DropAbsence ends a person's absence, or forgets one that is over.
func (tx *Tx) DropAbsence(id core.PersonID) { tx.write("delete from absence where person_id = $1", id) }

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// EraseInTicket takes a person out of one ticket, in a transaction under its lock: what they wrote, and where they are
// named. false = a mail of it is being sent just now, so that it is for later.
func (s *Store) EraseInTicket(ctx context.Context, e *Erasure, n core.Number, now time.Time) (done bool, err error) {
	err = s.InTx(ctx, func(tx *Tx) error {
		done = false
		var own, joined bool
		if err := tx.db.QueryRow(ctx, `select requester_id = $2, exists (select from ticket m where m.merged_into = t.number and m.requester_id = $2)
			from ticket t where number = $1 for no key update`, n, e.ID).Scan(&own, &joined); err != nil {
			return err
		}
		if err := tx.db.QueryRow(ctx, `select not exists (select from outbox where ticket_number = $1 and state = 'sending' and lease_until > $2)`,
			n, now).Scan(&done); err != nil || !done {
			return err
		}
		if own {
			tx.write("update ticket set subject = $2, fields = '{}', version = version + 1 where number = $1", n, core.ErasedText)
		}
		wrote, err := tx.eraseRecords(ctx, e, n, own || joined, now)
		if err != nil {
			return err
		}
		tx.write("update approval set text = '' where ticket_number = $1 and asked_by = $2", n, e.ID)
		tx.write("update approver set text = '' where approval_id in (select id from approval where ticket_number = $1) and $2::bigint in (person_id, decided_by)", n, e.ID)
		if err := tx.eraseMails(ctx, e, "o.ticket_number = $1 order by o.seq", n, wrote, now); err != nil {
			return err
		}
		tx.write("select search_refresh($1, true)", n)
		tx.write("delete from erasure_ticket where person_id = $1 and ticket_number = $2", e.ID, n)
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("ticket %d: %w", n, err)
	}
	return done, nil
}

// eraseRecords takes the person out of a ticket's log, and gives the records that they wrote. What others quote of them
// goes with the quote: in their own tickets, and those that one of theirs was merged into, all quotes and what the request
// said before, also where it was logged since the erasure began; elsewhere those that name them. The raw mail has the same in it.
func (tx *Tx) eraseRecords(ctx context.Context, e *Erasure, n core.Number, own bool, now time.Time) (wrote []string, err error) {
	type record struct {
		ID      string
		At      time.Time
		Author  core.PersonID
		Address string
		Text    string
		Folded  string
		Copied  []string
		Inbound int64
		Change  []byte
	}
	rows, err := tx.db.Query(ctx, `select id, at, coalesce(author_id, 0), author_address, text, folded, copied, coalesce(inbound_id, 0), change
		from log_record where ticket_number = $1`, n)
	if err != nil {
		return nil, err
	}
	records, err := pgx.CollectRows(rows, pgx.RowToStructByPos[record])
	if err != nil {
		return nil, err
	}
	var raw []int64
	for _, r := range records {
		was, f := r, e.at(r.At.Add(-logAhead))
		theirs := r.Author == e.ID || slices.Contains(f.Addresses, core.FoldAddress(r.Address))
		if theirs && r.Text != "" {
			r.Text = core.ErasedText
		}
		if theirs || own || f.Mentioned(r.Folded) {
			r.Folded = ""
		}
		if r.Address != "" && theirs {
			r.Address = f.Address()
		}
		r.Copied = slices.DeleteFunc(slices.Clone(r.Copied), func(a string) bool { return slices.Contains(f.Addresses, core.FoldAddress(a)) })
		if r.Change != nil {
			var change core.Change
			if err := json.Unmarshal(r.Change, &change); err != nil {
				return nil, err
			}
			after := f.Change(change, theirs || own)
			if after.Field == "delivery" && after.From != change.From { // the report quotes the address, and perhaps the mail
				r.Text, r.Folded = "", ""
				raw = append(raw, r.Inbound)
			}
			if after != change {
				if r.Change, err = json.Marshal(after); err != nil {
					return nil, err
				}
			}
		}
		if theirs {
			wrote = append(wrote, r.ID)
			r.Copied = []string{}
		}
		if theirs || own || r.Folded != was.Folded {
			raw = append(raw, r.Inbound)
		}
		if r.Text != was.Text || r.Folded != was.Folded || r.Address != was.Address || len(r.Copied) != len(was.Copied) || string(r.Change) != string(was.Change) {
			tx.write("update log_record set text = $2, folded = $3, author_address = $4, copied = $5, change = $6 where id = $1",
				r.ID, r.Text, r.Folded, r.Address, r.Copied, r.Change)
		}
	}
	tx.write("delete from attachment where record_id = any ($1)", wrote)
	if len(raw) > 0 {
		subject := "subject"
		if own {
			subject = "''"
		}
		tx.write("update inbound set raw_dropped_at = coalesce(raw_dropped_at, $2), likeness = null, subject = "+subject+" where id = any ($1)", raw, now)
	}
	return wrote, nil
}

// eraseMails takes the person out of mails of the outbox: those to them say nothing any more, those to others lose what is
// of them. The bytes as they went out go with it; what is still to be sent is written anew. Mails since the erasure began
// may still have had their words, but do not name them any more.
func (tx *Tx) eraseMails(ctx context.Context, e *Erasure, where string, key any, wrote []string, now time.Time) error {
	type mail struct {
		ID       string
		Person   core.PersonID
		Address  string
		Response string
		Note     string
		Content  []byte
		Created  time.Time
	}
	rows, err := tx.db.Query(ctx, `select o.id, coalesce(o.person_id, 0), o.address, o.response, o.note, c.content, o.created_at
		from outbox o join outbox_content c on c.outbox_id = o.id where `+where, key)
	if err != nil {
		return err
	}
	mails, err := pgx.CollectRows(rows, pgx.RowToStructByPos[mail])
	if err != nil {
		return err
	}
	var changed []string
	for _, m := range mails {
		f := e.at(m.Created)
		if m.Person == e.ID || slices.Contains(f.Addresses, m.Address) {
			tx.write(`update outbox set person_id = $2, address = $3, response = '', note = '',
				state = case when state in ('queued', 'uncertain', 'parked', 'sending') then 'cancelled' else state end,
				finished_at = coalesce(finished_at, $4) where id = $1`, m.ID, e.ID, f.Address(), now)
			tx.write("update outbox_content set content = '{}', raw = null, raw_sha256 = null, text_key = null where outbox_id = $1", m.ID)
			continue
		}
		if response, note := f.Named(m.Response), f.Named(m.Note); response != m.Response || note != m.Note {
			tx.write("update outbox set response = $2, note = $3 where id = $1", m.ID, response, note)
		}
		var content core.Content
		if err := json.Unmarshal(m.Content, &content); err != nil {
			return err
		}
		before, err := json.Marshal(content)
		if err != nil {
			return err
		}
		f.Content(&content, wrote)
		after, err := json.Marshal(content)
		if err != nil {
			return err
		}
		if string(before) != string(after) {
			changed = append(changed, m.ID)
			tx.write("update outbox_content set content = $2, raw = null, raw_sha256 = null, text_key = null where outbox_id = $1", m.ID, after)
		}
	}
	// A digest says what it carried only in its bytes.
	tx.write(`update outbox_content set raw = null, raw_sha256 = null, text_key = null
		where outbox_id in (select digest_id from outbox where id = any ($1) and digest_id is not null)`, changed)
	return nil
}

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"postdesk/core"
)

// RawMail is a message as the mail server gave it.
type RawMail struct {
	UID        uint32
	ReceivedAt time.Time // INTERNALDATE
	SHA256     [32]byte
	Size       int64
	Data       []byte // nil = stored before (PutBlob)
	// Old says that it is listed again after a new epoch and may have been handled before: it is not acknowledged.
	Old bool
	// State is where it stands from the beginning; "" = received, to be read. A message that is not read (older than the
	// mailbox's start, or one that the server will not give) has its Reason and its envelope here, and no bytes.
	State                      core.InboundState
	Reason                     string
	MessageID, Sender, Subject string
	Filed                      bool // nothing will be done to it on the server
}

// AcceptPage is transaction 1 of the ledger (mail.md 1): a page of raw mails and the cursor, all or nothing. Only after
// it returned nil may flags be set or messages moved. A message that stands in the ledger already is left as it is.
func (s *Store) AcceptPage(ctx context.Context, box core.MailboxID, at MailboxPosition, page []RawMail, now time.Time) error {
	return s.InTx(ctx, func(tx *Tx) error {
		tx.addRaw(page)
		n := len(page)
		uids, received, sums, sizes := make([]int64, n), make([]time.Time, n), make([][]byte, n), make([]int64, n)
		states, reasons, finished := make([]core.InboundState, n), make([]string, n), make([]*time.Time, n)
		ids, senders, subjects, olds, filed := make([]string, n), make([]string, n), make([]string, n), make([]bool, n), make([]bool, n)
		for i, m := range page {
			uids[i], received[i], sizes[i], olds[i], filed[i] = int64(m.UID), m.ReceivedAt, m.Size, m.Old, m.Filed
			states[i], sums[i] = core.InboundReceived, m.SHA256[:]
			ids[i], senders[i], subjects[i] = m.MessageID, m.Sender, m.Subject
			if m.State != "" {
				states[i], reasons[i], finished[i], sums[i] = m.State, m.Reason, &now, []byte{}
			}
		}
		tx.write(`insert into inbound (mailbox_id, epoch, uidvalidity, uid, accepted_at, received_at, sha256, size, state, reason,
			finished_at, message_id, sender, subject, old, filed)
			select $1, $2, $3, u, $4, r, h, z, st, re, f, m, se, su, o, fi
			from unnest($5::bigint[], $6::timestamptz[], $7::bytea[], $8::bigint[], $9::text[], $10::text[], $11::timestamptz[],
				$12::text[], $13::text[], $14::text[], $15::bool[], $16::bool[]) x (u, r, h, z, st, re, f, m, se, su, o, fi)
			on conflict (mailbox_id, uidvalidity, uid, epoch) do nothing`,
			box, at.Epoch, int64(at.UIDValidity), now, uids, received, sums, sizes, states, reasons, finished, ids, senders, subjects, olds, filed)
		tx.write(`update mailbox_state set cursor = greatest(cursor, $4) where mailbox_id = $1 and epoch = $2 and uidvalidity = $3`,
			box, at.Epoch, int64(at.UIDValidity), int64(at.Cursor))
		return nil
	})
}

// addRaw keeps the raw bytes of a page in one statement, each content once.
func (tx *Tx) addRaw(page []RawMail) {
	page = slices.DeleteFunc(slices.Clone(page), func(m RawMail) bool { return m.Data == nil })
	slices.SortFunc(page, func(a, b RawMail) int { return bytes.Compare(a.SHA256[:], b.SHA256[:]) })
	page = slices.CompactFunc(page, func(a, b RawMail) bool { return a.SHA256 == b.SHA256 })
	if len(page) == 0 {
		return
	}
	sums, sizes, data := make([][]byte, len(page)), make([]int64, len(page)), make([][]byte, len(page))
	for i := range page {
		sums[i], sizes[i], data[i] = page[i].SHA256[:], page[i].Size, page[i].Data
	}
	tx.write(`insert into blob (sha256, size, data) select * from unnest($1::bytea[], $2::bigint[], $3::bytea[])
		on conflict (sha256) do update set created_at = now() where blob.created_at < now() - interval '1 hour'`, sums, sizes, data)
}

// Inbound is a message of the ledger.
type Inbound struct {
	ID          int64
	Mailbox     core.MailboxID
	Epoch       int
	UIDValidity uint32
	UID         uint32
	SHA256      []byte
	Size        int64
	ReceivedAt  time.Time
	State       core.InboundState
	Reason      string
	Attempts    int
	Ticket      core.Number
	Service     core.ServiceID
	MessageID   string
	Sender      string
	Subject     string
	Class       string
	Evidence    string
	Old         bool
	Held        core.Held
	RawDropped  bool   // the raw bytes are gone: their time was over
	Data        []byte // the raw bytes where they are small (Claim only); else OpenRaw
}

const inboundColumns = `i.id, i.mailbox_id, i.epoch, i.uidvalidity, i.uid, i.sha256, i.size, i.received_at, i.state, i.reason, i.attempts,
	coalesce(i.ticket_number, 0), coalesce(i.service_id, 0), i.message_id, i.sender, i.subject, i.class, i.evidence, i.old, i.held_for, i.held_args,
	i.raw_dropped_at is not null`

func (i *Inbound) fields() []any {
	return []any{&i.ID, &i.Mailbox, &i.Epoch, &i.UIDValidity, &i.UID, &i.SHA256, &i.Size, &i.ReceivedAt, &i.State, &i.Reason, &i.Attempts,
		&i.Ticket, &i.Service, &i.MessageID, &i.Sender, &i.Subject, &i.Class, &i.Evidence, &i.Old, &i.Held.Key, &i.Held.Args, &i.RawDropped}
}

func scanInbound(row pgx.CollectableRow) (*Inbound, error) {
	var i Inbound
	return &i, row.Scan(i.fields()...)
}

// ClaimInbound takes waiting messages of a mailbox that nobody has begun to read, in the order of the server, with their
// small bodies. The attempt is counted and committed before anybody parses them, so that a message which kills its
// reader is known by its count. Those in flight are passed over.
func (s *Store) ClaimInbound(ctx context.Context, box core.MailboxID, limit int, inFlight []int64) ([]*Inbound, error) {
	return s.claim(ctx, "attempts = 0 and id <> all ($3)", box, limit, inFlight)
}

// ClaimSuspect takes the first waiting message of a mailbox that was begun before; nil where there is none. They are
// taken singly, so that only the one which is read is charged with the attempt.
func (s *Store) ClaimSuspect(ctx context.Context, box core.MailboxID) (*Inbound, error) {
	rows, err := s.claim(ctx, "attempts > 0 and id <> all ($3)", box, 1, nil)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

func (s *Store) claim(ctx context.Context, which string, box core.MailboxID, limit int, not []int64) ([]*Inbound, error) {
	if not == nil {
		not = []int64{} // "all" of null would be null
	}
	rows, err := s.pool.Query(ctx, `with next as (
			select id from inbound where mailbox_id = $1 and state = 'received' and `+which+` order by epoch, uid limit $2
		), taken as (
			update inbound i set attempts = attempts + 1 from next where i.id = next.id and i.state = 'received' returning i.*
		)
		select `+inboundColumns+`, b.data from taken i left join blob b using (sha256) order by i.epoch, i.uid`, box, limit, not)
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Inbound, error) {
		var i Inbound
		return &i, row.Scan(append(i.fields(), &i.Data)...)
	})
}

// UnclaimInbound takes back attempts that were not the message's fault: a clean stop, or the database went away.
func (s *Store) UnclaimInbound(ctx context.Context, ids []int64) error {
	_, err := s.pool.Exec(ctx, "update inbound set attempts = attempts - 1 where id = any ($1) and state = 'received' and attempts > 0", ids)
	return err
}

// Outcome is what became of a message.
type Outcome struct {
	State      core.InboundState
	Reason     string
	Held       core.Held // of quarantined mail: why, for its triage
	Ticket     core.Number
	Service    core.ServiceID // of quarantined mail
	MessageID  string
	Sender     string
	Subject    string
	Class      string
	Evidence   string
	ContentKey []byte // nil = none is claimed
	Likeness   *int64 // of its text (core.Likeness); nil = it was not read
}

const lockInbound = "select " + inboundColumns + " from inbound i where id = $1 for no key update"

// LockInbound reads a ledger row for deciding on it.
func (tx *Tx) LockInbound(ctx context.Context, id int64) (*Inbound, error) {
	rows, err := tx.db.Query(ctx, lockInbound, id)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	i, err := pgx.CollectExactlyOneRow(rows, scanInbound)
	return i, notFound(err)
}

// ContentTaken tells whether a transaction failed because another one finished a message with the same content just
// before it.
func ContentTaken(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.ConstraintName == "inbound_content"
}

// FinishInbound writes what became of a message, in the transaction of what it did (transaction 2 of mail.md 1).
func (tx *Tx) FinishInbound(id int64, o Outcome, now time.Time) {
	if o.Held.Key != "" {
		tx.write("update inbound set held_for = $2, held_args = coalesce($3::text[], '{}') where id = $1", id, o.Held.Key, o.Held.Args)
	}
	tx.write(`update inbound set state = $2, reason = $3, ticket_number = nullif($4::bigint, 0), service_id = nullif($5::bigint, 0),
		message_id = $6, sender = $7, subject = $8, class = $9, evidence = $10, content_key = coalesce($11, content_key), finished_at = $12, likeness = coalesce($13, likeness)
		where id = $1`, id, o.State, o.Reason, o.Ticket, o.Service, o.MessageID, o.Sender, o.Subject, o.Class, o.Evidence, o.ContentKey, now, o.Likeness)
}

// SupersedeInbound ends a held message whose proven copy was applied; the content key goes over to that one.
func (tx *Tx) SupersedeInbound(id, by int64, now time.Time) {
	tx.write("update inbound set state = $2, reason = $3, content_key = null, finished_at = $4 where id = $1",
		id, core.InboundDuplicate, fmt.Sprintf("its proven copy, message %d, was applied", by), now)
}

// GiveUpContentKey lets the next mail of the same content count as the first.
func (tx *Tx) GiveUpContentKey(id int64) {
	tx.write("update inbound set content_key = null where id = $1", id)
}

// ReplayInbound puts a message back into the queue: with its attempts forgotten and its content key given up. It
// returns false where the message was applied, which no replay repeats, or its bytes are not kept any more.
func (tx *Tx) ReplayInbound(ctx context.Context, id int64) (bool, error) {
	tag, err := tx.exec(ctx, `update inbound set state = 'received', reason = '', attempts = 0, content_key = null, finished_at = null
		where id = $1 and state in ('suppressed', 'quarantined', 'parked', 'duplicate') and raw_dropped_at is null`, id)
	return tag.RowsAffected() == 1, err
}

// InboundMail lists the ledger, newest first; state "" = all. before is the last id of the page before, 0 at first.
func (r reads) InboundMail(ctx context.Context, state core.InboundState, before int64, limit int) ([]*Inbound, error) {
	rows, err := r.db.Query(ctx, "select "+inboundColumns+` from inbound i where ($1 = '' or state = $1) and ($2 = 0 or id < $2)
		order by id desc limit $3`, state, before, limit)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return pgx.CollectRows(rows, scanInbound)
}

// Inbound reads one row of the ledger.
func (r reads) Inbound(ctx context.Context, id int64) (*Inbound, error) {
	rows, err := r.db.Query(ctx, "select "+inboundColumns+" from inbound i where id = $1", id)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	i, err := pgx.CollectExactlyOneRow(rows, scanInbound)
	return i, notFound(err)
}

// MailboxAddresses names all mailboxes, also those that are no longer read.
func (r reads) MailboxAddresses(ctx context.Context) (map[core.MailboxID]string, error) {
	rows, err := r.db.Query(ctx, "select id, address from mailbox")
	if err != nil {
		return nil, fmt.Errorf("mailboxes: %w", err)
	}
	out := map[core.MailboxID]string{}
	var id core.MailboxID
	var address string
	_, err = pgx.ForEachRow(rows, []any{&id, &address}, func() error { out[id] = address; return nil })
	return out, err
}

// HeldRow is a held message with the person whose address it is from; nil = nobody's.
type HeldRow struct {
	*Inbound
	Known     *core.Person
	Requester *core.Person // of the ticket that it was meant for; else its sender
}

// Quarantine lists held mail of the services, newest first. before is the last id of the page before, 0 at first.
func (r reads) Quarantine(ctx context.Context, services []core.ServiceID, before int64, limit int) ([]HeldRow, error) {
	rows, err := r.db.Query(ctx, "select "+inboundColumns+` from inbound i where state = 'quarantined' and service_id = any ($1)
		and ($2 = 0 or id < $2) order by id desc limit $3`, services, before, limit)
	if err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanInbound)
	if err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	addresses := make([]string, 0, len(found))
	for _, i := range found {
		addresses = append(addresses, core.FoldAddress(i.Sender))
	}
	known, err := r.PeopleByAddress(ctx, addresses)
	held := make([]HeldRow, 0, len(found))
	for _, i := range found {
		row := HeldRow{i, known[core.FoldAddress(i.Sender)], known[core.FoldAddress(i.Sender)]}
		if i.Ticket != 0 && err == nil {
			var t *core.Ticket
			if t, err = r.Ticket(ctx, i.Ticket); err == nil {
				row.Requester = t.Requester
			}
		}
		held = append(held, row)
	}
	return held, err
}

// LedgerUIDs tells which of the UIDs stand in the ledger in this epoch, in ascending order (reconcile).
func (r reads) LedgerUIDs(ctx context.Context, box core.MailboxID, at MailboxPosition, from, to uint32) ([]uint32, error) {
	rows, err := r.db.Query(ctx, `select uid from inbound where mailbox_id = $1 and uidvalidity = $2 and epoch = $3 and uid between $4 and $5 order by uid`,
		box, int64(at.UIDValidity), at.Epoch, int64(from), int64(to))
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[uint32])
}

// Unfiled lists messages whose after-action (seen, move, delete) is not done on the server yet: only finished ones.
func (r reads) Unfiled(ctx context.Context, box core.MailboxID, at MailboxPosition, limit int) (map[uint32]int64, error) {
	rows, err := r.db.Query(ctx, `select uid, id from inbound where mailbox_id = $1 and uidvalidity = $2 and epoch = $3 and not filed
		and state <> 'received' order by uid limit $4`, box, int64(at.UIDValidity), at.Epoch, limit)
	if err != nil {
		return nil, fmt.Errorf("unfiled: %w", err)
	}
	out := map[uint32]int64{}
	var uid uint32
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&uid, &id}, func() error { out[uid] = id; return nil })
	return out, err
}

// MarkFiled notes that the after-action is done.
func (s *Store) MarkFiled(ctx context.Context, ids []int64) error {
	_, err := s.pool.Exec(ctx, "update inbound set filed = true where id = any ($1)", ids)
	return err
}

// LedgerCounts counts the ledger by state, for metrics and the balance with the server.
func (r reads) LedgerCounts(ctx context.Context) (map[core.InboundState]int, error) {
	rows, err := r.db.Query(ctx, "select state, count(*) from inbound group by state")
	if err != nil {
		return nil, err
	}
	out := map[core.InboundState]int{}
	var state core.InboundState
	var n int
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error { out[state] = n; return nil })
	return out, err
}

// Package store keeps the desk in PostgreSQL: all SQL of the product is here, one file per noun. What a transaction
// reads and writes goes through Tx; out of a transaction the same reading methods stand on Store, and only a Tx can
// write. pgx and River are visible here and where the program is wired, nowhere else.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"postdesk/core"
)

// Store is the desk's database. It is safe for concurrent use.
type Store struct {
	reads
	pool      *pgxpool.Pool
	secrets   *Secrets
	directory atomic.Pointer[core.Directory] // the last picture loaded, by version
	confirmed atomic.Int64                   // when it was last found to be the present one, in nanoseconds since 1970
	outbox    chan struct{}                  // a token = a commit put mail into the outbox
}

// Open prepares the pool; it does not wait for the database. The settings of the URL may say pool_max_conns. configure
// may change the pool's settings, for example to trace what is asked.
func Open(ctx context.Context, url string, secrets *Secrets, configure ...func(*pgxpool.Config)) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	if config.MaxConns < 24 {
		config.MaxConns = 24 // lanes, outbox connections and pages each hold one for a moment
	}
	config.ConnConfig.RuntimeParams["application_name"] = "postdesk"
	config.ConnConfig.RuntimeParams["jit"] = "off" // compiling takes longer than any query of a page
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60000"
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	for _, f := range configure {
		f(config)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	s := &Store{pool: pool, secrets: secrets, outbox: make(chan struct{}, 1)}
	s.reads = reads{db: pool, store: s}
	return s, nil
}

// Close ends all connections.
func (s *Store) Close() { s.pool.Close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// Pool is for what must share the database with the store: River, sessions, migrations. Only wiring uses it.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// OutboxWake gets a token after a commit that queued mail, so that the outbox need not wait for its next poll.
func (s *Store) OutboxWake() <-chan struct{} { return s.outbox }

// querier is what reading needs, from the pool or from a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// reads are the reading methods, in and out of transactions; the files by noun define them.
type reads struct {
	db    querier
	store *Store
}

// configLock is the advisory lock that orders changes of the configuration against all other transactions: those hold it
// shared, so that nobody acts on roles that a committed change has taken away.
const configLock = 0x706f7374 // "post"

// Tx is a transaction. Writes are queued and sent together, before the next read at the latest and with the commit at
// the end. A Tx is for one goroutine.
type Tx struct {
	reads
	conn       *pgxpool.Conn
	batch      *pgx.Batch
	begun      bool                             // something was sent to the database
	version    int64                            // of the configuration, as this transaction began; known once it is begun
	adding     map[core.Number]*pgx.QueuedQuery // tickets whose insert is still queued
	config     bool                             // it changes the configuration
	searched   map[core.Number]bool             // tickets whose search document has to follow; true = made anew
	wakeOutbox bool
	done       bool
}

// InTx runs fn in a transaction and commits what it wrote; an error or panic of fn undoes everything. The transaction
// begins with the first thing that fn asks. Where two transactions waited for each other and the database ended this one,
// fn runs again.
func (s *Store) InTx(ctx context.Context, fn func(*Tx) error) (err error) {
	for range deadlockTries {
		if err = s.inTx(ctx, false, fn); !deadlock(err) {
			break
		}
	}
	return err
}

// deadlockTries is how often a transaction is tried that others stood in the way of.
const deadlockTries = 5

func deadlock(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "40P01"
}

// InConfigTx is InTx for changes of the configuration: it waits for the transactions that run, keeps new ones waiting,
// and bumps the version that they compare their picture with.
func (s *Store) InConfigTx(ctx context.Context, fn func(*Tx) error) error {
	return s.inTx(ctx, true, fn)
}

func (s *Store) inTx(ctx context.Context, config bool, fn func(*Tx) error) (err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	tx := &Tx{conn: conn, batch: &pgx.Batch{}, config: config}
	tx.reads = reads{db: flushing{tx}, store: s}
	defer func() {
		if !tx.done {
			tx.rollback()
		}
		conn.Release()
	}()
	// The transaction begins with the first thing that fn asks, in the same round trip.
	tx.write("begin isolation level read committed")
	if config {
		tx.write("select pg_advisory_xact_lock($1)", configLock)
		tx.write("update desk set version = version + 1 returning version").QueryRow(func(r pgx.Row) error { return r.Scan(&tx.version) })
	} else {
		tx.write("select pg_advisory_xact_lock_shared($1)", configLock)
		tx.write("select version from desk").QueryRow(func(r pgx.Row) error { return r.Scan(&tx.version) })
	}
	if err := fn(tx); err != nil {
		return err
	}
	return tx.commit(ctx)
}

// commit sends what is queued and the commit in one round trip.
func (tx *Tx) commit(ctx context.Context) error {
	tx.refreshSearch()
	var tag pgconn.CommandTag
	tx.batch.Queue("commit").Exec(func(t pgconn.CommandTag) error { tag = t; return nil })
	err := tx.send(ctx, tx.take()).Close()
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	tx.done = true
	if tag.String() != "COMMIT" {
		return fmt.Errorf("commit: answered %s", tag)
	}
	if tx.wakeOutbox {
		select {
		case tx.store.outbox <- struct{}{}:
		default:
		}
	}
	return nil
}

// rollback undoes the transaction even when the caller's context has ended.
func (tx *Tx) rollback() {
	tx.done = true
	if !tx.begun {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := tx.conn.Exec(ctx, "rollback"); err != nil {
		_ = tx.conn.Conn().Close(ctx)
	}
}

// write queues a statement.
func (tx *Tx) write(sql string, args ...any) *pgx.QueuedQuery { return tx.batch.Queue(sql, args...) }

// Flush sends the queued writes, so that their errors show here.
func (tx *Tx) Flush(ctx context.Context) error {
	if tx.batch.Len() == 0 {
		return nil
	}
	return tx.send(ctx, tx.take()).Close()
}

// take gives what is queued, to be sent.
func (tx *Tx) take() *pgx.Batch {
	b := tx.batch
	tx.batch, tx.adding = &pgx.Batch{}, nil
	return b
}

func (tx *Tx) send(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	tx.begun = true
	return tx.conn.SendBatch(ctx, b)
}

// exec writes at once, behind what is queued, where the answer is needed.
func (tx *Tx) exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := tx.Flush(ctx); err != nil {
		return pgconn.CommandTag{}, err
	}
	return tx.conn.Exec(ctx, sql, args...)
}

// Savepoint runs fn so that its error undoes only what fn wrote; the error is returned and the transaction goes on. Where
// even the undoing fails, nothing of the transaction can be committed any more.
func (tx *Tx) Savepoint(ctx context.Context, fn func() error) error {
	tx.write("savepoint act")
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		err = tx.Flush(ctx)
	}
	if err == nil {
		tx.write("release savepoint act")
		return nil
	}
	tx.take()
	// At once and unprepared: while the transaction is aborted the database prepares nothing, and an outer savepoint of
	// the same name must not be reached before this one is gone.
	if _, undo := tx.conn.Exec(ctx, "rollback to savepoint act; release savepoint act"); undo != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = tx.conn.Conn().Close(closing)
		return errors.Join(err, undo)
	}
	return err
}

// flushing reads within a transaction: what was written before is sent first.
type flushing struct{ tx *Tx }

func (f flushing) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := f.tx.Flush(ctx); err != nil {
		return nil, err
	}
	return f.tx.conn.Query(ctx, sql, args...)
}

func (f flushing) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if err := f.tx.Flush(ctx); err != nil {
		return failedRow{err}
	}
	return f.tx.conn.QueryRow(ctx, sql, args...)
}

func (f flushing) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	joined := f.tx.take()
	joined.QueuedQueries = append(joined.QueuedQueries, b.QueuedQueries...)
	return f.tx.send(ctx, joined)
}

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// notFound turns "no rows" into the refusal that says the same for what is not there and what may not be seen.
func notFound(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return core.Refuse(core.NotFound, "error.not_found")
	}
	return err
}

// nameOf reads the UUID that somebody asks for, so that a primary key finds it and no table is searched; NotFound where it
// is none.
func nameOf(id string) (uuid.UUID, error) {
	name, err := uuid.Parse(id)
	if err != nil {
		return name, core.Refuse(core.NotFound, "error.not_found")
	}
	return name, nil
}

// Malformed tells whether the database refused a text for its characters: NUL, or bytes that are no UTF-8.
func Malformed(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "22021" || pg.Code == "22P05")
}

// Transient tells whether waiting can help: the database is away, restarting or overloaded, or two transactions met.
func Transient(err error) bool {
	if err == nil {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "08", "40", "53", "55", "57", "58": // connection, rollback, resources, not in state, intervention, system
			return true
		}
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// Secrets are the keys of the key file.
func (s *Store) Secrets() *Secrets { return s.secrets }

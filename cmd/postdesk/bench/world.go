package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/jackc/pgx/v5"

	"postdesk/cmd/postdesk/e2e/mailhost"
	"postdesk/core/store/localpg"
)

const password = "bench"

// The mailboxes on the server. The desk's address is the same in all databases; which mailbox stands behind it differs by
// part, so that no part meets another's mail.
const (
	boxBacklog = "backlog"
	boxPaced   = "paced"
	boxSingles = "singles"
)

// world is the machinery of a run: a durable PostgreSQL, a Dovecot, a mail sink and the daemon's program.
type world struct {
	settings
	errors   io.Writer // what the daemon complains of
	dir      string
	postgres *localpg.Server
	dovecot  *mailhost.Dovecot
	sink     *sink
	letters  []letter // in the mailbox boxBacklog, in the order of their UIDs
	counter  int
}

func newWorld(ctx context.Context, h *host, s settings) (*world, error) {
	w := &world{settings: s, errors: os.Stderr}
	var err error
	if w.dir, err = os.MkdirTemp("", "postdesk-bench-"); err != nil {
		return nil, err
	}
	h.Cleanup(func() { _ = os.RemoveAll(w.dir) })
	if err := os.Chmod(w.dir, 0o755); err != nil { // PostgreSQL's user, if it is another one, has to get through
		return nil, err
	}
	if w.daemon == "" {
		w.daemon = filepath.Join(w.dir, "postdesk")
		build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", w.daemon, "postdesk/cmd/postdesk")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build the daemon: %w: %s", err, out)
		}
	}
	w.postgres, err = localpg.Start(ctx, localpg.Options{Dir: filepath.Join(w.dir, "postgres"), Log: os.Stderr, Settings: map[string]string{
		"track_commit_timestamp": "on", // tells when a mail's transaction was committed, without asking meanwhile
	}})
	if err != nil {
		return nil, err
	}
	h.Cleanup(func() { _ = w.postgres.Stop() })
	if w.sink, err = newSink(); err != nil {
		return nil, err
	}
	h.Cleanup(w.sink.close)
	w.dovecot = mailhost.StartDovecot(h, map[string]string{boxBacklog: password, boxPaced: password, boxSingles: password},
		// The load comes in by LMTP. It must not compete for the disk that is measured, nor for the lock of a maildir.
		"mail_fsync = never", "mail_location = sdbox:DIR/mail/%n")
	if err := w.setUp(ctx, "desk", boxBacklog, w.dovecot.IMAPPort); err != nil {
		return nil, err
	}
	w.letters = backlog(w.mails)
	return w, w.deliver(boxBacklog, w.letters)
}

// deliver puts mails into a mailbox, in their order.
func (w *world) deliver(box string, letters []letter) error {
	post, err := w.postman(box)
	if err != nil {
		return err
	}
	defer post.Close()
	for _, l := range letters {
		if err := post.deliver(l.raw); err != nil {
			return err
		}
	}
	return nil
}

// postman delivers to one mailbox over one LMTP connection.
type postman struct {
	*smtp.Client
	box string
}

func (w *world) postman(box string) (*postman, error) {
	conn, err := net.Dial("tcp", net.JoinHostPort(w.dovecot.Host, strconv.Itoa(w.dovecot.LMTPPort)))
	if err != nil {
		return nil, err
	}
	return &postman{smtp.NewClientLMTP(conn), box}, nil
}

func (p *postman) deliver(raw []byte) error {
	if err := p.Mail("client@"+mailhost.Domain, nil); err != nil {
		return err
	}
	if err := p.Rcpt(p.box+"@"+mailhost.Domain, nil); err != nil {
		return err
	}
	data, err := p.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write(raw); err != nil {
		return err
	}
	return data.Close()
}

// setUp makes a database with a small desk in it, with the daemon's own commands.
func (w *world) setUp(ctx context.Context, database, box string, imapPort int) error {
	if err := w.postgres.CreateDatabase(ctx, database, ""); err != nil {
		return err
	}
	file := filepath.Join(w.dir, database+".yaml")
	if err := os.WriteFile(file, []byte(deskFile(box, imapPort, w.sink.port())), 0o600); err != nil {
		return err
	}
	for _, command := range [][]string{{"migrate"}, {"apply", file}} {
		if out, err := w.command(ctx, database, command...).CombinedOutput(); err != nil {
			return fmt.Errorf("postdesk %s: %w: %s", command[0], err, out)
		}
	}
	return nil
}

// copyOf makes a fresh database like another one, which nobody may be connected to.
func (w *world) copyOf(ctx context.Context, database string) (string, error) {
	w.counter++
	name := fmt.Sprintf("%s_%d", database, w.counter)
	return name, w.postgres.CreateDatabase(ctx, name, database)
}

// drop removes a database, and lets the disk come to rest before the next measurement.
func (w *world) drop(ctx context.Context, database string) error {
	_, err := exec1(ctx, w.postgres.URL("postgres"), "drop database "+pgx.Identifier{database}.Sanitize()+" with (force)")
	if err == nil {
		_, err = exec1(ctx, w.postgres.URL("postgres"), "checkpoint")
	}
	return err
}

// exec1 runs one statement on a connection of its own.
func exec1(ctx context.Context, url, sql string) (int64, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	tag, err := conn.Exec(ctx, sql)
	return tag.RowsAffected(), err
}

func (w *world) keyFile() string { return filepath.Join(w.dir, "postdesk.key") }

func (w *world) command(ctx context.Context, database string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, w.daemon, args...)
	cmd.Env = append(os.Environ(), "POSTDESK_DATABASE_URL="+w.postgres.URL(database), "POSTDESK_SECRET_KEY_FILE="+w.keyFile(),
		"POSTDESK_LISTEN=127.0.0.1:0", "BENCH_PASSWORD="+password)
	return cmd
}

// deskFile is the desk of the bench: one service, two main solvers, and people who write.
func deskFile(box string, imapPort, smtpPort int) string {
	var people strings.Builder
	for i := range requesters {
		fmt.Fprintf(&people, "  - {email: %s, name: User %03d, organization: City}\n", sender(i), i)
	}
	return fmt.Sprintf(`limits: {acknowledgements_per_day: 1000000, automatic_per_hour: 1000000, automatic_per_day: 1000000, bundle_above: 1000000}
organizations: [{name: City, domains: [%[1]s]}]
people:
  - {email: mia@%[1]s, name: Mia Main, organization: City}
  - {email: sol@%[1]s, name: Sol Vega, organization: City, language: es}
%[2]srequester_groups: [{name: All staff, domains: [%[1]s]}]
calendars: [{name: Office, timezone: America/Chicago, hours: {mon-fri: ["08:00-17:00"]}}]
slas: [{name: Standard, calendar: Office, first_response: 4h, resolution: 16h}]
mailboxes:
  - address: it@%[1]s
    imap: {host: 127.0.0.1, port: %[3]d, tls: none, username: %[4]s, password_env: BENCH_PASSWORD}
    smtp: {host: 127.0.0.1, port: %[5]d, tls: none, username: it, password_env: BENCH_PASSWORD}
    start: all
    trust: {authserv_ids: [mx.%[1]s], borders: [mx.%[1]s], policy: token}
services:
  - name: IT
    mailbox: it@%[1]s
    requesters: [{group: All staff, sla: Standard}]
    roles:
      - {role: main_solver, people: [mia@%[1]s, sol@%[1]s]}
`, mailhost.Domain, people.String(), imapPort, box, smtpPort)
}

// printEnvironment says on what the numbers were made.
func (w *world) printEnvironment(ctx context.Context, out io.Writer) error {
	conn, err := pgx.Connect(ctx, w.postgres.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var version, durable string
	err = conn.QueryRow(ctx, "select current_setting('server_version'), 'fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit')").
		Scan(&version, &durable)
	if err != nil {
		return err
	}
	fsync, err := fsyncTime(w.dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d cores, %s/%s, %s, PostgreSQL %s (%s), fsync of 8 kB %v\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), version, durable, fsync.Round(time.Microsecond))
	fmt.Fprintf(out, "mails of %d kB; medians of %d runs; × = ratio of the desk to this floor within a run\n", mailSize>>10, w.runs)
	return nil
}

// fsyncTime is how long the disk takes to make 8 kB durable, at the median of 100.
func fsyncTime(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	page := make([]byte, 8<<10)
	var took []time.Duration
	for range 100 {
		begun := time.Now()
		if _, err := f.WriteAt(page, 0); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begun))
	}
	return median(took), nil
}

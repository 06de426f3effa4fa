package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/cmd/postdesk/e2e/mailhost"
	"postdesk/core/store/localpg"
)

var (
	soakFor   = flag.Duration("soak", 0, "repeat the kill test with many mails for so long")
	killMails = flag.Int("e2e.mails", 0, "mails of one kill test; 0 = 300, with -soak 3000")
	killTimes = flag.Int("e2e.kills", 0, "how often each of daemon, database and mail server is killed; 0 = 2, with -soak 10")
)

// TestKill delivers mail while the daemon, PostgreSQL and Dovecot are killed at random, and then counts: the ledger has
// what the server lists, every mail has exactly its one effect, threads are in order, and every mail that was decided has
// left, twice only where the database says that nobody can know.
func TestKill(t *testing.T) {
	t.Parallel()
	mails, kills := 300, 2
	if *soakFor > 0 {
		mails, kills = 3000, 10
	}
	if *killMails > 0 {
		mails = *killMails
	}
	if *killTimes > 0 {
		kills = *killTimes
	}
	begun := time.Now()
	for round := 1; round == 1 || time.Since(begun) < *soakFor; round++ {
		t.Run(fmt.Sprint("round ", round), func(t *testing.T) { killRound(t, mails, kills) })
	}
}

// sentMail is a mail of the test and what it has to lead to.
type sentMail struct {
	letter
	raw    []byte
	marker string
	parent int  // index of the mail that it answers; -1 = a new request
	both   bool // to both mailboxes
	twice  bool // delivered once more
}

// someMails makes half requests, half answers to earlier ones; some with files, small and large, some to two services,
// some delivered twice.
func someMails(n int) []*sentMail {
	var all []*sentMail
	people := []string{"ben", "eva", "pat", "leo"}
	for i := range n {
		m := &sentMail{marker: fmt.Sprintf("marker-%06d-%s", i, hex.EncodeToString([]byte{byte(rand.N(256)), byte(rand.N(256))})), parent: -1}
		person := people[rand.N(len(people))]
		if i%2 == 1 {
			m.parent = rand.N(i)
			if rand.N(2) == 0 {
				m.parent = i - 1 // often at once, so that both come in one page
			}
			m.inReplyTo, m.subject = "<"+all[m.parent].id+">", "Re: "+all[m.parent].subject
			person, _, _ = strings.Cut(all[m.parent].from, "@")
		} else {
			m.subject = "Request " + strconv.Itoa(i)
			m.both = rand.N(20) == 0
		}
		m.from, m.name, m.to = person+"@city.test", person, "it@city.test"
		if m.both {
			m.to += ", network@city.test"
		}
		m.text = "This is " + m.marker + "."
		m.twice = rand.N(25) == 0
		switch rand.N(20) {
		case 0:
			m.files = []file{newFile("small.bin", 1+rand.N(2000)), newFile("middle.bin", 100_000)}
		case 1:
			m.files = []file{newFile("large.bin", 1_500_000)}
		}
		m.verified = rand.N(2) == 0
		m.raw = m.bytes() // the same each time it is delivered: else it would be another mail
		all = append(all, m)
	}
	return all
}

// killBench is what a kill test runs on.
type killBench struct {
	*desk
	pg     *localpg.Server
	sink   *sink
	daemon *daemon
}

func killRound(t *testing.T, mails, kills int) {
	pg, err := startPostgreSQL(filepath.Join(newDir(t), "pg"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := migrated(pg, "desk"); err != nil {
		t.Fatal(err)
	}
	b := &killBench{pg: pg, sink: startSink(t, 10*time.Millisecond)}
	dovecot := mailhost.StartDovecot(t, accounts())
	b.desk = newDesk(t, deskSettings{database: pg.URL("desk"), binary: checkedBinary, dovecot: dovecot, smtpPort: b.sink.port})
	b.daemon = b.serve()
	sent := someMails(mails)

	targets := slices.Repeat([]string{"daemon", "database", "mail server"}, kills)
	rand.Shuffle(len(targets), func(i, j int) { targets[i], targets[j] = targets[j], targets[i] })
	t.Logf("%d mails, kills: %s", mails, strings.Join(targets, ", "))
	batch := (mails + len(targets)) / (len(targets) + 1)
	begun := time.Now()
	for i, target := range targets {
		delivered := b.deliver(sent[min(i*batch, mails):min((i+1)*batch, mails)])
		b.someProgress(rand.N(batch) + 1)
		time.Sleep(rand.N(300 * time.Millisecond))
		b.strike(target)
		<-delivered
	}
	<-b.deliver(sent[min(len(targets)*batch, mails):])
	b.drained()
	t.Logf("done after %s", time.Since(begun).Round(time.Second))
	b.daemon.stop()

	b.checkLedger("it", "network")
	b.checkOutbox(sent, b.checkEffects(sent))
}

// deliver hands mails to Dovecot, one after the other in the background, and again where Dovecot died meanwhile: then
// nobody knows whether it has the mail.
func (b *killBench) deliver(mails []*sentMail) (done chan struct{}) {
	done = make(chan struct{})
	hand := func(m *sentMail, user string) {
		for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			err := b.dovecot.DeliverFrom(m.from, user, m.raw)
			if err == nil {
				return
			}
			if time.Now().After(end) {
				b.Errorf("deliver: %v", err)
				return
			}
		}
	}
	go func() {
		defer close(done)
		for _, m := range mails {
			hand(m, "it")
			if m.both {
				hand(m, "network")
			}
			if m.twice {
				hand(m, "it")
			}
		}
	}()
	return done
}

// someProgress waits until n more mails are finished, or a while where nothing moves: kills are to hit a program at work.
func (b *killBench) someProgress(n int) {
	finished := func() int {
		ctx, cancel := context.WithTimeout(b.Context(), time.Second)
		defer cancel()
		var n int
		if err := b.pool.QueryRow(ctx, "select count(*) from inbound where state <> 'received'").Scan(&n); err != nil {
			return 0 // the database was killed
		}
		return n
	}
	was := finished()
	for end := time.Now().Add(15 * time.Second); finished() < was+n && time.Now().Before(end); {
		time.Sleep(time.Duration(rand.N(20)) * time.Millisecond)
	}
}

// strike kills one of the three, leaves it dead for a moment, and starts it again.
func (b *killBench) strike(target string) {
	b.Helper()
	dead := rand.N(700 * time.Millisecond)
	switch target {
	case "daemon":
		b.daemon.kill()
		time.Sleep(dead)
		b.daemon = b.serve()
	case "database":
		children := childrenOf(b.T, filepath.Join(b.pg.Dir(), "data", "postmaster.pid"))
		if err := b.pg.Kill(); err != nil {
			b.Fatal(err)
		}
		for _, pid := range children {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
		}
		time.Sleep(dead)
		if err := b.pg.Restart(b.Context()); err != nil {
			b.Fatal(err)
		}
	case "mail server":
		b.dovecot.Kill()
		time.Sleep(dead)
		b.dovecot.Restart()
	}
}

// childrenOf are the processes of a PostgreSQL but its first one, which wrote the file.
func childrenOf(t *testing.T, pidFile string) (children []int) {
	t.Helper()
	content, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	parent, _, _ := strings.Cut(string(content), "\n")
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the only error is a bad pattern
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile
		}
		fields := strings.Fields(string(stat[strings.LastIndex(string(stat), ")")+1:])) // state, parent, …
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err == nil && len(fields) > 1 && fields[1] == parent {
			children = append(children, pid)
		}
	}
	if len(children) == 0 {
		t.Fatalf("no children of process %s", parent)
	}
	return children
}

// drained waits until everything that the server lists is worked off and everything decided has left or is uncertain.
func (b *killBench) drained() {
	b.Helper()
	eventually(b.T, 3*time.Minute, func() error {
		for _, user := range []string{"it", "network"} {
			_, uids := listed(b, b.dovecot, user, "INBOX")
			if n := b.count("select count(distinct (uidvalidity, uid)) from inbound join mailbox m on m.id = mailbox_id where address = $1", user+"@city.test"); n < len(uids) {
				return fmt.Errorf("the ledger has %d of %d messages of %s", n, len(uids), user)
			}
		}
		if n := b.count("select count(*) from inbound where state = 'received'"); n > 0 {
			return fmt.Errorf("%d messages wait", n)
		}
		if n := b.count("select count(*) from outbox where state in ('queued', 'sending')"); n > 0 {
			return fmt.Errorf("%d mails wait to be sent", n)
		}
		return nil
	})
}

// checkLedger: what the server lists stands in the ledger with a state that is final, and nothing was set aside.
func (b *killBench) checkLedger(users ...string) {
	b.Helper()
	for _, user := range users {
		validity, uids := listed(b, b.dovecot, user, "INBOX")
		rows, err := b.pool.Query(b.Context(), `select uid from inbound join mailbox m on m.id = mailbox_id
			where address = $1 and uidvalidity = $2 and epoch = (select max(epoch) from mailbox_state s where s.mailbox_id = m.id) order by uid`, user+"@city.test", int64(validity))
		if err != nil {
			b.Fatal(err)
		}
		known, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
		if err != nil {
			b.Fatal(err)
		}
		slices.Sort(uids)
		if !slices.Equal(known, uids) {
			b.Errorf("the server lists %d messages of %s, the ledger %d, or others", len(uids), user, len(known))
		}
	}
	rows, err := b.pool.Query(b.Context(), "select state, reason, count(*) from inbound group by state, regexp_replace(reason, '[0-9]+', 'n'), reason order by 3 desc")
	if err != nil {
		b.Fatal(err)
	}
	var state, reason string
	var n int
	states := map[string]int{}
	if _, err := pgx.ForEachRow(rows, []any{&state, &reason, &n}, func() error {
		if states[state] += n; state != "applied" && state != "duplicate" {
			b.Errorf("%d messages are %s: %s", n, state, reason)
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	b.Logf("ledger: %v, read more than once: %d", states, b.count("select count(*) from inbound where attempts > 1"))
}

// checkEffects: each mail made one record, in its parent's ticket and behind its parent, with its files. A mail server that
// was killed may list a mail again after those that came later; a reply that it lists before its parent is written before
// it, and where the parent is a reply too, opens a ticket: nothing then leads from it to the first mail. strays are those.
func (b *killBench) checkEffects(sent []*sentMail) (strays int) {
	b.Helper()
	type effect struct {
		ticket int64
		at     time.Time
		box    int64
		uid    int64
		ledger string
		files  []string
	}
	effects := map[string][]effect{}
	rows, err := b.pool.Query(b.Context(), `select r.ticket_number, r.at, r.text, i.mailbox_id, i.uid,
			format('message %s, uid %s, epoch %s, %s attempts, accepted %s, finished %s', i.id, i.uid, i.epoch, attempts, accepted_at, finished_at),
			array(select encode(a.sha256, 'hex') from attachment a join blob b on b.sha256 = a.sha256 where a.record_id = r.id order by position)
		from log_record r join inbound i on i.id = r.inbound_id where kind = 'message'`)
	if err != nil {
		b.Fatal(err)
	}
	var e effect
	var text string
	if _, err := pgx.ForEachRow(rows, []any{&e.ticket, &e.at, &text, &e.box, &e.uid, &e.ledger, &e.files}, func() error {
		marker := strings.TrimSuffix(strings.TrimPrefix(text, "This is "), ".")
		effects[marker] = append(effects[marker], e)
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	for i, m := range sent {
		mine := effects[m.marker]
		if len(mine) != 1 {
			b.Errorf("mail %d has %d effects", i, len(mine))
			continue
		}
		var files []string
		for _, f := range m.files {
			files = append(files, fmt.Sprintf("%x", sha256.Sum256(f.content)))
		}
		if !slices.Equal(files, mine[0].files) {
			b.Errorf("mail %d has files %s, not %s", i, mine[0].files, files)
		}
		if m.parent < 0 {
			continue
		}
		parent := effects[sent[m.parent].marker]
		if len(parent) == 1 && parent[0].box == mine[0].box && parent[0].uid > mine[0].uid && (parent[0].ticket == mine[0].ticket || sent[m.parent].parent >= 0) {
			if parent[0].ticket != mine[0].ticket {
				strays++
			}
			continue
		}
		if len(parent) == 1 && (parent[0].ticket != mine[0].ticket || !parent[0].at.Before(mine[0].at)) {
			b.Errorf("mail %d stands in ticket %d at %s, its parent %d in %d at %s\n%s\n%s", i, mine[0].ticket, mine[0].at, m.parent, parent[0].ticket, parent[0].at,
				mine[0].ledger, parent[0].ledger)
		}
	}
	if n, want := b.count("select count(*) from log_record where kind = 'message'"), len(sent); n != want {
		b.Errorf("%d messages in the log for %d mails", n, want)
	}
	return strays
}

// checkOutbox: each event told whom it had to, once; every mail was taken by the server, once, in the order of its
// ticket and person; where nobody can know, the mail is uncertain and has not come twice.
func (b *killBench) checkOutbox(sent []*sentMail, strays int) {
	b.Helper()
	want := map[string]int{"ticket_created requester": strays, "ticket_created main_solver": strays, "message_received main_solver": -strays}
	for _, m := range sent {
		switch {
		case m.parent >= 0:
			want["message_received main_solver"]++
		default:
			want["ticket_created requester"]++
			want["ticket_created main_solver"]++
		}
		if m.both {
			want["also_sent main_solver"]++
		}
	}
	rows, err := b.pool.Query(b.Context(), "select event || ' ' || role, message_id, state, resent, ticket_number || ' ' || address from outbox order by seq")
	if err != nil {
		b.Fatal(err)
	}
	var kind, id, state, thread string
	var resent bool
	got, states, threads := map[string]int{}, map[string]int{}, map[string][]string{}
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	known := map[string]bool{}
	if _, err := pgx.ForEachRow(rows, []any{&kind, &id, &state, &resent, &thread}, func() error {
		known[id] = true
		got[kind]++
		states[state]++
		times := b.sink.times[id]
		switch {
		case state == "accepted" && (times == 1 || resent && times == 2):
			threads[thread] = append(threads[thread], id)
		case state == "uncertain" && times <= 1:
		case state == "cancelled" && kind == "ticket_created requester" && times == 0: // so many mails in an hour are a flood (mail.md 2)
		default:
			b.Errorf("a mail that is %s (resent: %t) arrived %d times", state, resent, times)
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	for kind := range want {
		if got[kind] != want[kind] {
			b.Errorf("%d mails of %s, not %d", got[kind], kind, want[kind])
		}
	}
	if len(got) != len(want) {
		b.Errorf("other mails than %v: %v", want, got)
	}
	place := map[string]int{}
	for i, id := range b.sink.taken {
		if place[id] = i; !known[id] {
			b.Errorf("nobody decided to send %s", id)
		}
	}
	for thread, ids := range threads {
		if !slices.IsSortedFunc(ids, func(a, b string) int { return place[a] - place[b] }) {
			b.Errorf("the mails of %s came in another order", thread)
		}
	}
	b.Logf("outbox: %v", states)
}

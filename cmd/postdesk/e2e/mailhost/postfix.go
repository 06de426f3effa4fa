package mailhost

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Postfix is a running submission server in front of a Dovecot. It ends with the test.
type Postfix struct {
	Host     string // 127.0.0.1
	SMTPPort int    // for people: plain SMTP, with AUTH against the Dovecot's users
	MXPort   int    // for other mail servers: without AUTH

	t    TB
	dir  string
	proc *process
}

// StartPostfix takes mail for the people of d and hands it to d over LMTP. Whoever signs in may also write to other
// domains: such mail bounces to its sender, and to others it is refused at once. Postfix can be run only by root.
func StartPostfix(t TB, d *Dovecot) *Postfix {
	t.Helper()
	return startPostfix(t, d, nil)
}

// StartBorder is StartPostfix for the people of d under further domains too. Of mail from any of these domains and its own
// it writes into Authentication-Results that it is genuine, as a border does that has checked it.
func StartBorder(t TB, d *Dovecot, domains ...string) *Postfix {
	t.Helper()
	return startPostfix(t, d, append([]string{Domain}, domains...))
}

func startPostfix(t TB, d *Dovecot, genuine []string) *Postfix {
	t.Helper()
	need(t, "postfix", "/usr/lib/postfix/sbin/master")
	if os.Geteuid() != 0 {
		t.Fatal("Postfix can be started only by root: run these tests as root")
	}
	p := &Postfix{Host: "127.0.0.1", t: t, dir: serverDir(t, "postfix")}
	p.makeQueue()
	users, err := os.ReadFile(filepath.Join(d.dir, "users"))
	if err != nil {
		t.Fatal(err)
	}
	domains := genuine
	if domains == nil {
		domains = []string{Domain}
	}
	var table, verdicts strings.Builder
	for line := range strings.Lines(string(users)) {
		name, _, _ := strings.Cut(line, ":")
		for _, domain := range domains {
			fmt.Fprintf(&table, "%s@%s ok\n", name, domain)
		}
	}
	for _, domain := range genuine {
		fmt.Fprintf(&verdicts, "%s PREPEND Authentication-Results: mx.%s; dmarc=pass header.from=%s\n", domain, Domain, domain)
	}
	write(t, p.dir, "people", table.String())
	write(t, p.dir, "verdicts", verdicts.String())
	write(t, p.dir, "main.cf", strings.NewReplacer("DIR", p.dir, "DOVECOT", d.dir, "LMTPPORT", strconv.Itoa(d.LMTPPort), "DOMAINS", strings.Join(domains, ", "), "DOMAIN", Domain).Replace(mainCF))
	t.Cleanup(func() {
		showLog(t, filepath.Join(p.dir, "log"))
		if p.proc == nil {
			return
		}
		if err := p.proc.kill(); err != nil {
			t.Error(err)
		}
	})
	for range 5 {
		ports := freePorts(t, 2)
		p.SMTPPort, p.MXPort = ports[0], ports[1]
		write(t, p.dir, "master.cf", strings.NewReplacer("SMTPPORT", strconv.Itoa(p.SMTPPort), "MXPORT", strconv.Itoa(p.MXPort)).Replace(masterCF))
		if err = p.start(); err == nil {
			return p
		}
	}
	t.Fatal(err)
	return nil
}

// makeQueue makes the directories that "postfix check" would make in two seconds.
func (p *Postfix) makeQueue() {
	p.t.Helper()
	names := []string{"queue", "queue/pid", "data"}
	for _, n := range []string{"active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "private", "public", "saved", "trace"} {
		names = append(names, "queue/"+n)
	}
	for _, n := range names {
		if err := os.Mkdir(filepath.Join(p.dir, n), 0o755); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, n := range names[2:] {
		chown(p.t, filepath.Join(p.dir, n), "postfix")
	}
}

// mainCF: no transport to other hosts is defined, here or in masterCF. The one for all other domains runs a shell that
// says no (67 is EX_NOUSER), because mail for Postfix's own transport "error" is refused at once and never bounces.
// Retries are quick, for tests that take Dovecot away.
const mainCF = `compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file_prefixes = DIR
maillog_file = DIR/log
myhostname = mx.DOMAIN
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
recipient_delimiter = +
virtual_mailbox_domains = DOMAINS
virtual_mailbox_maps = texthash:DIR/people
virtual_transport = lmtp:inet:127.0.0.1:LMTPPORT
default_transport = nowhere
relay_transport = nowhere
relay_domains =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = unix:DOVECOT/run/auth-submission
smtpd_sender_restrictions = check_sender_access texthash:DIR/verdicts
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtputf8_enable = yes
message_size_limit = 104857600
mailbox_size_limit = 0
virtual_mailbox_limit = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 3s
destination_concurrency_failed_cohort_limit = 100
`

const masterCF = `127.0.0.1:SMTPPORT inet n - n - - smtpd
127.0.0.1:MXPORT inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=no
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
nowhere unix - n n - - pipe user=nobody argv=/bin/sh -c {echo 5.1.2 nothing leaves this test; exit 67}
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// start returns when Postfix greets its clients.
func (p *Postfix) start() (err error) {
	// Each Postfix process closes every file number it might have inherited: with a limit of a million that takes seconds.
	const limited = `ulimit -n 4096; exec /usr/lib/postfix/sbin/master -c "$0" -d`
	if p.proc, err = startGroup(filepath.Join(p.dir, "output"), "/bin/sh", "-c", limited, p.dir); err != nil {
		return err
	}
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end) && !p.proc.ended(); time.Sleep(10 * time.Millisecond) {
		if err = errors.Join(p.greeting(p.SMTPPort), p.greeting(p.MXPort)); err == nil {
			return nil
		}
	}
	log, _ := os.ReadFile(filepath.Join(p.dir, "log")) // it may have ended before it had a log
	return errors.Join(fmt.Errorf("Postfix does not answer: %w: %s", err, log), p.proc.kill())
}

func (p *Postfix) greeting(port int) error {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(p.Host, strconv.Itoa(port)), time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	line := make([]byte, 512)
	n, err := conn.Read(line)
	if err == nil && !strings.HasPrefix(string(line[:n]), "220 mx."+Domain) {
		err = fmt.Errorf("greeting %q", line[:n])
	}
	return err
}

// Package mailhost is in charge of real mail servers for tests: a Dovecot (IMAP and LMTP) and a Postfix (submission) on
// free ports of the loopback interface, each in a directory of its own. Nothing can leave them. Only tests and benchmarks import it.
package mailhost

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/textproto"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// Domain is the mail domain of both servers.
const Domain = "city.test"

// TB is what the servers need of a testing.TB, so that a benchmark which is no test can run them too.
type TB interface {
	Helper()
	Cleanup(func())
	Failed() bool
	Log(args ...any)
	Logf(format string, args ...any)
	Error(args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Dovecot is a running IMAP and LMTP server. It ends with the test.
type Dovecot struct {
	Host     string // 127.0.0.1
	IMAPPort int    // plain IMAP
	LMTPPort int

	t        TB
	dir      string
	user     string // who signs in to see whether the server is ready
	password string
	proc     *process
}

// StartDovecot serves a mailbox to each user, named by local part, with their password. People sign in as "it" or
// "it@city.test"; mail to it+anything@city.test reaches it, mail to others is refused. lines are added to the
// configuration, where the last value of a setting counts.
//
// As root the mail belongs to the user mail; else everything runs as the user of the test.
func StartDovecot(t TB, users map[string]string, lines ...string) *Dovecot {
	t.Helper()
	need(t, "dovecot-imapd dovecot-lmtpd", "/usr/sbin/dovecot", "/usr/lib/dovecot/imap", "/usr/lib/dovecot/lmtp")
	if len(users) == 0 {
		t.Fatal("Dovecot without users")
	}
	d := &Dovecot{Host: "127.0.0.1", t: t, dir: serverDir(t, "dovecot")}
	var table strings.Builder
	for _, name := range slices.Sorted(maps.Keys(users)) {
		d.user, d.password = name, users[name]
		fmt.Fprintf(&table, "%s:{PLAIN}%s::::::\n", name, users[name])
	}
	write(t, d.dir, "users", table.String())
	for _, name := range []string{"run", "mail"} {
		if err := os.Mkdir(filepath.Join(d.dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 {
		chown(t, filepath.Join(d.dir, "mail"), "mail")
	}
	t.Cleanup(func() {
		showLog(t, d.log())
		if err := d.proc.kill(); err != nil {
			t.Error(err)
		}
	})
	var err error
	for range 5 {
		// Between picking a port and listening on it another program may take it.
		ports := freePorts(t, 2)
		d.IMAPPort, d.LMTPPort = ports[0], ports[1]
		write(t, d.dir, "dovecot.conf", d.config(lines))
		if err = d.start(); err == nil {
			return d
		}
	}
	t.Fatal(err)
	return nil
}

func (d *Dovecot) log() string { return filepath.Join(d.dir, "log") }

// config is written without one-line blocks, which Dovecot's parser refuses.
func (d *Dovecot) config(lines []string) string {
	owner, asUser := "mail", ""
	if os.Geteuid() != 0 {
		me, err := user.Current()
		if err != nil {
			d.t.Fatal(err)
		}
		group, err := user.LookupGroupId(me.Gid)
		if err != nil {
			d.t.Fatal(err)
		}
		owner = me.Username
		asUser = fmt.Sprintf("default_internal_user = %[1]s\ndefault_login_user = %[1]s\ndefault_internal_group = %[2]s\n"+
			"service anvil {\n  chroot =\n}\n", me.Username, group.Name)
		for _, s := range []string{"auth", "lmtp", "log", "config", "imap"} {
			asUser += fmt.Sprintf("service %s {\n  user = %s\n}\n", s, me.Username)
		}
	}
	account, err := user.Lookup(owner)
	if err != nil {
		d.t.Fatal(err)
	}
	return strings.NewReplacer("DIR", d.dir, "IMAPPORT", strconv.Itoa(d.IMAPPort), "LMTPPORT", strconv.Itoa(d.LMTPPort),
		"UID", account.Uid, "GID", account.Gid, "DOMAIN", Domain).Replace(`
base_dir = DIR/run
state_dir = DIR/run
log_path = DIR/log
protocols = imap lmtp
listen = 127.0.0.1
hostname = imap.DOMAIN
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %Ln
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
mail_location = maildir:DIR/mail/%n
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
mailbox_idle_check_interval = 1 s
default_vsz_limit = 0
service imap-login {
  chroot =
  inet_listener imap {
    port = IMAPPORT
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = LMTPPORT
  }
}
service auth {
  unix_listener auth-submission {
    mode = 0666
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
protocol lmtp {
  postmaster_address = postmaster@DOMAIN
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%n DIR/users
}
userdb {
  driver = passwd-file
  args = username_format=%n DIR/users
  override_fields = uid=UID gid=GID home=DIR/mail/%n
}
namespace inbox {
  inbox = yes
  separator = /
}
` + asUser + strings.Join(lines, "\n") + "\n")
}

// start returns when somebody could sign in over IMAP and LMTP answers. The children of a killed server may hold its
// ports for a moment, so an attempt that ends at once is repeated.
func (d *Dovecot) start() error {
	var err error
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if d.proc == nil || d.proc.ended() {
			if d.proc, err = startGroup(filepath.Join(d.dir, "output"), "/usr/sbin/dovecot", "-F", "-c", filepath.Join(d.dir, "dovecot.conf")); err != nil {
				return err
			}
		}
		if err = errors.Join(d.signIn(), d.greeting()); err == nil {
			return nil
		}
	}
	out, _ := os.ReadFile(filepath.Join(d.dir, "output")) // what Dovecot says before it has a log
	return errors.Join(fmt.Errorf("Dovecot does not answer: %w: %s", err, out), d.proc.kill())
}

func (d *Dovecot) signIn() error {
	conn, err := net.DialTimeout("tcp", d.address(d.IMAPPort), time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return err
	}
	c := textproto.NewConn(conn)
	if _, err := c.ReadLine(); err != nil { // greeting
		return err
	}
	if err := c.PrintfLine("a LOGIN %q %q", d.user, d.password); err != nil {
		return err
	}
	for {
		line, err := c.ReadLine()
		if err != nil {
			return err
		}
		if strings.HasPrefix(line, "a ") {
			if !strings.HasPrefix(line, "a OK") {
				return errors.New(line)
			}
			return c.PrintfLine("b LOGOUT")
		}
	}
}

func (d *Dovecot) greeting() error {
	conn, err := net.DialTimeout("tcp", d.address(d.LMTPPort), time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return err
	}
	_, err = bufio.NewReader(conn).ReadString('\n')
	return err
}

func (d *Dovecot) address(port int) string { return net.JoinHostPort(d.Host, strconv.Itoa(port)) }

// Deliver hands in a message over LMTP, as the mail server in front would, from a null sender. It fails the test unless
// Dovecot has taken it. A rcpt without a domain is meant in Domain.
func (d *Dovecot) Deliver(rcpt string, raw []byte) {
	d.t.Helper()
	if err := d.DeliverFrom("", rcpt, raw); err != nil {
		d.t.Fatalf("deliver to %s: %v", rcpt, err)
	}
}

// DeliverFrom is Deliver with the envelope's sender, and returns what Dovecot says.
func (d *Dovecot) DeliverFrom(sender, rcpt string, raw []byte) error {
	if !strings.Contains(rcpt, "@") {
		rcpt += "@" + Domain
	}
	conn, err := net.DialTimeout("tcp", d.address(d.LMTPPort), 5*time.Second)
	if err != nil {
		return err
	}
	c := smtp.NewClientLMTP(conn)
	defer c.Close()
	if err := c.Mail(sender, nil); err != nil {
		return err
	}
	if err := c.Rcpt(rcpt, nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	return w.Close()
}

// Kill ends Dovecot and all of its children with SIGKILL, as a crash would.
func (d *Dovecot) Kill() {
	d.t.Helper()
	if err := d.proc.kill(); err != nil {
		d.t.Fatal(err)
	}
}

// Restart runs Dovecot again with the same ports and mail, killing it first where it still runs.
func (d *Dovecot) Restart() {
	d.t.Helper()
	d.Kill()
	if err := d.start(); err != nil {
		d.t.Fatal(err)
	}
}

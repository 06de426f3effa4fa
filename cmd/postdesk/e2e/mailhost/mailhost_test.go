package mailhost

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

var accounts = map[string]string{"it": "secret of it", "ben": "secret of ben"}

// inbox waits until a person has n messages and returns them, oldest first.
func inbox(t *testing.T, d *Dovecot, user string, n uint32) []string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", d.address(d.IMAPPort), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	defer c.Close()
	if err := c.Login(user, accounts[user]).Wait(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		data, err := c.Select("INBOX", nil).Wait()
		if err != nil {
			t.Fatal(err)
		}
		if data.NumMessages >= n {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%s has %d of %d messages", user, data.NumMessages, n)
		}
	}
	section := &imap.FetchItemBodySection{Peek: true}
	all := imap.UIDSet{}
	all.AddRange(1, 0)
	found, err := c.Fetch(all, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range found {
		list = append(list, string(m.FindBodySection(section)))
	}
	return list
}

func letter(subject string) []byte {
	return []byte("From: ben@city.test\r\nTo: it@city.test\r\nSubject: " + subject + "\r\n\r\nHello\r\n.\r\nEnd\r\n")
}

// submit writes as a user, or as another mail server where user is empty.
func submit(p *Postfix, user, from, to string, raw []byte) error {
	port := p.SMTPPort
	if user == "" {
		port = p.MXPort
	}
	c, err := smtp.Dial(net.JoinHostPort(p.Host, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	defer c.Close()
	if user != "" {
		if err := c.Auth(sasl.NewPlainClient("", user, accounts[user])); err != nil {
			return err
		}
	}
	return c.SendMail(from, []string{to}, strings.NewReader(string(raw)))
}

func TestMailGoesThroughPostfixAndDovecot(t *testing.T) {
	t.Parallel()
	d := StartDovecot(t, accounts)
	p := StartPostfix(t, d)
	if err := submit(p, "ben", "ben@city.test", "it+t0ken@city.test", letter("one")); err != nil {
		t.Fatal(err)
	}
	got := inbox(t, d, "it", 1)
	if len(got) != 1 || !strings.Contains(got[0], "\r\nSubject: one\r\n") || !strings.HasSuffix(got[0], "\r\n\r\nHello\r\n.\r\nEnd\r\n") {
		t.Fatalf("%q", got)
	}
	for _, want := range []string{"Return-Path: <ben@city.test>", "Delivered-To: it+t0ken@city.test", "by mx.city.test (Postfix)"} {
		if !strings.Contains(got[0], want) {
			t.Errorf("%q is missing in\n%s", want, got[0])
		}
	}
}

func TestNothingLeavesPostfix(t *testing.T) {
	t.Parallel()
	d := StartDovecot(t, accounts)
	p := StartPostfix(t, d)
	if err := submit(p, "", "ben@city.test", "someone@example.org", letter("x")); err == nil {
		t.Error("a stranger may write to other domains")
	}
	if err := submit(p, "", "ben@city.test", "nobody@city.test", letter("x")); err == nil {
		t.Error("mail to an unknown person is taken")
	}
	if err := submit(p, "ben", "ben@city.test", "someone@example.org", letter("x")); err != nil {
		t.Fatal(err)
	}
	got := inbox(t, d, "ben", 1)
	if !strings.Contains(got[0], "nothing leaves this test") || !strings.Contains(got[0], "report-type=delivery-status") {
		t.Errorf("not a bounce:\n%s", got[0])
	}
}

func TestPostfixKeepsMailWhileDovecotIsDown(t *testing.T) {
	t.Parallel()
	d := StartDovecot(t, accounts)
	p := StartPostfix(t, d)
	d.Kill()
	if err := submit(p, "", "x@example.org", "it@city.test", letter("later")); err != nil {
		t.Fatal(err)
	}
	d.Restart()
	inbox(t, d, "it", 1)
}

func TestDovecotKeepsPortsAndMailOverAKill(t *testing.T) {
	t.Parallel()
	d := StartDovecot(t, accounts)
	imapPort, lmtpPort := d.IMAPPort, d.LMTPPort
	d.Deliver("it", letter("before"))
	d.Deliver("it+x@city.test", letter("plus"))
	if err := d.DeliverFrom("ben@city.test", "nobody@city.test", letter("x")); err == nil {
		t.Error("mail to an unknown person is taken")
	}
	d.Kill()
	if conn, err := net.Dial("tcp", d.address(imapPort)); err == nil {
		conn.Close()
		t.Error("somebody listens after Kill")
	}
	d.Restart()
	if d.IMAPPort != imapPort || d.LMTPPort != lmtpPort {
		t.Errorf("ports %d and %d became %d and %d", imapPort, lmtpPort, d.IMAPPort, d.LMTPPort)
	}
	d.Deliver("it", letter("after"))
	if got := inbox(t, d, "it", 3); len(got) != 3 || !strings.Contains(got[2], "Subject: after") {
		t.Errorf("%d messages", len(got))
	}
}

func TestDovecotTakesFurtherSettings(t *testing.T) {
	t.Parallel()
	d := StartDovecot(t, accounts, "protocol imap {", "  imap_capability = IMAP4rev1", "}")
	c, err := imapclient.DialInsecure(d.address(d.IMAPPort), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("it@city.test", accounts["it"]).Wait(); err != nil {
		t.Fatal(err)
	}
	if caps, err := c.Capability().Wait(); err != nil || caps.Has(imap.CapMove) {
		t.Errorf("capabilities %v, %v", caps, err)
	}
}

// recorder stands for a test that fails.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper() {}
func (r *recorder) Fatalf(format string, args ...any) {
	r.said = strings.TrimSpace(strings.ReplaceAll(format, "%s", "")) + " "
	for _, a := range args {
		r.said += a.(string) + " "
	}
}

func TestMissingProgramFailsWithTheNameOfThePackage(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	need(r, "dovecot-imapd dovecot-lmtpd", "/does/not/exist")
	if !strings.Contains(r.said, "apt-get install") || !strings.Contains(r.said, "dovecot-lmtpd") {
		t.Errorf("the test says %q", r.said)
	}
}

// TestMain also plays a test program that dies with its server running.
func TestMain(m *testing.M) {
	if output := os.Getenv("MAILHOST_TEST_ORPHAN"); output != "" {
		p, err := startGroup(output, "/bin/sleep", "60")
		if err != nil {
			os.Exit(1)
		}
		os.WriteFile(output+".pid", []byte(strconv.Itoa(p.pid)), 0o600)
		select {}
	}
	os.Exit(m.Run())
}

func TestServerEndsWithAKilledTest(t *testing.T) {
	t.Parallel()
	output := t.TempDir() + "/output"
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MAILHOST_TEST_ORPHAN="+output)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	for end := time.Now().Add(10 * time.Second); pid == 0; time.Sleep(10 * time.Millisecond) {
		b, _ := os.ReadFile(output + ".pid")
		pid, _ = strconv.Atoi(string(b))
		if time.Now().After(end) {
			t.Fatal("the other program does not start")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	for end := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("process %d outlives the test that started it", pid)
		}
	}
}

// alive is false for a process that has ended and waits to be collected.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

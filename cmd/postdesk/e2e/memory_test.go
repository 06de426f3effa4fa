package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// peakMemory is the most that a process had in memory so far (VmHWM of proc(5)), in bytes.
func peakMemory(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	var kilobytes int64
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	t.Fatalf("no VmHWM in\n%s", status)
	return 0
}

// TestLargeMailStreams sends 50 MB through: the files come out as they went in, the notification names them as links,
// and the daemon never has the mail in memory whole. The answer's file of 9 MB travels with its mail.
func TestLargeMailStreams(t *testing.T) {
	t.Parallel()
	const limit = 100 << 20
	dovecot := mailhost.StartDovecot(t, accounts())
	sink := startSink(t, 0)
	d := newDesk(t, deskSettings{binary: plainBinary, dovecot: dovecot, smtpPort: sink.port})
	daemon := d.serve().ready()
	mia := d.caller(daemon, "mia")
	t.Logf("peak before: %d MB", peakMemory(t, daemon.pid)>>20)

	request := letter{from: "ben@city.test", name: "Ben", to: "it@city.test", subject: "Scans", text: "See the scans.", verified: true,
		files: []file{newFile("one.tif", 14<<20), newFile("two.tif", 13<<20), newFile("three.tif", 10<<20)}}
	raw := request.bytes()
	if len(raw) < 50<<20 {
		t.Fatalf("the mail has only %d MB", len(raw)>>20)
	}
	if err := dovecot.DeliverFrom(request.from, "it", raw); err != nil {
		t.Fatal(err)
	}
	raw = nil
	news := sink.arrives(t, "mia@city.test", 1)
	if len(news.files) > 0 || len(news.raw) > 100<<10 {
		t.Errorf("the notification has %d files and %d bytes", len(news.files), len(news.raw))
	}
	for _, f := range request.files {
		if !strings.Contains(news.text, f.name) {
			t.Errorf("the notification does not name %s:\n%s", f.name, news.text)
		}
	}
	tickets := mia.tickets("")
	if len(tickets) != 1 {
		t.Fatalf("tickets %+v", tickets)
	}
	log := mia.log(tickets[0].Number)
	if len(log) != 1 || len(log[0].Attachments) != len(request.files) {
		t.Fatalf("log %+v", log)
	}
	for i, a := range log[0].Attachments {
		got := sha256.Sum256(mia.bytes("GET", fmt.Sprintf("/tickets/%d/attachments/%s", tickets[0].Number, a.ID), nil))
		if want := sha256.Sum256(request.files[i].content); got != want || a.Name != request.files[i].name {
			t.Errorf("%s is not %s as it was sent", a.Name, request.files[i].name)
		}
	}
	if peak := peakMemory(t, daemon.pid); peak > limit {
		t.Errorf("the daemon had %d MB in memory", peak>>20)
	} else {
		t.Logf("peak after a mail of 50 MB: %d MB", peak>>20)
	}

	answer := letter{from: "mia@city.test", name: "Mia", to: news.replyTo, subject: "Re: " + news.subject, inReplyTo: news.id,
		text: "Here is the manual.", files: []file{newFile("manual.pdf", 9<<20)}}
	if err := dovecot.DeliverFrom(answer.from, "it", answer.bytes()); err != nil {
		t.Fatal(err)
	}
	reply := sink.arrives(t, "ben@city.test", 2) // behind the acknowledgement
	if len(reply.files) != 1 || !bytes.Equal(reply.files[0].content, answer.files[0].content) {
		t.Errorf("the answer came with %d files, or other bytes", len(reply.files))
	}
	if peak := peakMemory(t, daemon.pid); peak > limit {
		t.Errorf("the daemon had %d MB in memory", peak>>20)
	} else {
		t.Logf("peak after an answer of 9 MB: %d MB", peak>>20)
	}
	eventually(t, 10*time.Second, func() error {
		if n := d.count("select count(*) from outbox where state <> 'accepted'"); n > 0 {
			return fmt.Errorf("%d mails are not accepted", n)
		}
		return nil
	})
	daemon.stop()
}

package mailout

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestOddAddressesNeverReachTheServer(t *testing.T) {
	t.Parallel()
	server := startScript(t, nil)
	c := dial(t, server.config())
	odd := []string{
		"", "ana", "@city.test", "ana@", "ana@city..test", "a..b@city.test", ".a@city.test", "ana@city.test\r\nRCPT TO:<x@vendor.test>",
		"ana@city.test\n", "ana\x00@city.test", "ana ruiz@city.test", `"ana ruiz"@city.test`, `a b" RCPT TO:<v@vendor.test>@city.test`,
		"<ana@city.test>", "ana@city.test>", "ana@city.test> SIZE=1", "ana@[127.0.0.1]", "año@city.test", "ana@city.test,x@vendor.test",
		"ana@a@city.test", strings.Repeat("a", 250) + "@city.test", "ana@city.test ", "ana@city.test\u2028",
	}
	for _, address := range odd {
		if got := c.Send(t.Context(), "it@city.test", address, strings.NewReader(sampleMail), nothing); got.Class != Permanent || got.Phase != PhaseLocal {
			t.Errorf("to %q: %+v", address, got)
		}
		if address == "" {
			continue // the null return path
		}
		if got := c.Send(t.Context(), address, "ana@city.test", strings.NewReader(sampleMail), nothing); got.Class != Permanent || got.Phase != PhaseLocal {
			t.Errorf("from %q: %+v", address, got)
		}
	}
	if n := server.heard("MAIL"); n != 0 {
		t.Errorf("%d MAIL commands", n)
	}
	for _, address := range []string{"ana@city.test", "it+1-abc_DEF=x@t.city.test", "o'neil@city.test", "root@localhost", "x@a_b.test"} {
		if got := c.Send(t.Context(), "", address, strings.NewReader(sampleMail), nothing); got.Class != Accepted {
			t.Errorf("to %q: %+v", address, got)
		}
	}
	if server.heard("MAIL FROM:<>") != 5 || server.heard("RCPT TO:<ana@city.test>") != 1 {
		t.Errorf("commands %q", server.commands)
	}
}

// Bare CR and LF around a dot end a mail for some servers and not for others (SMTP smuggling).
func TestOnlyCRLFAndStuffedDotsOnTheWire(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"a\r\nb\r\n":                           "a\r\nb\r\n",
		"a\r\n.\r\nMAIL FROM:<x@vendor.test>":  "a\r\n..\r\nMAIL FROM:<x@vendor.test>\r\n",
		".\r\n..\r\n.a\r\n":                    "..\r\n...\r\n..a\r\n",
		"a\n.\nb":                              "a\r\n..\r\nb\r\n",
		"a\r.\rb":                              "a\r\n..\r\nb\r\n",
		"a\n.\rb\r\n.\nc\r.\r\nd":              "a\r\n..\r\nb\r\n..\r\nc\r\n..\r\nd\r\n",
		"a\r\r\n.\r":                           "a\r\n\r\n..\r\n",
		"\r":                                   "\r\n",
		"a\r\n\r\n\r\n":                        "a\r\n\r\n\r\n",
		"long " + strings.Repeat("y", 100_000): "long " + strings.Repeat("y", 100_000) + "\r\n",
		"eight bits: é\xff\r\n" + "\x00\x1a\r\n": "eight bits: é\xff\r\n\x00\x1a\r\n",
	} {
		server := startScript(t, nil)
		c := dial(t, server.config())
		for piece := 1; piece <= 3; piece++ {
			if got := c.Send(t.Context(), "", "ana@city.test", pieces{content, piece}, nothing); got.Class != Accepted {
				t.Fatalf("%.40q: %+v", content, got)
			}
			if got := server.delivered[piece-1]; got != want {
				t.Errorf("%.40q in pieces of %d: %.60q on the wire, want %.60q", content, piece, got, want)
			}
		}
	}
}

type pieces struct {
	content string
	size    int
}

// What the hook records is "the content has left": it may be called only then.
func TestHookRunsAfterTheContentAndBeforeTheDot(t *testing.T) {
	t.Parallel()
	server := startScript(t, nil)
	c := dial(t, server.config())
	content := bytes.Repeat([]byte(sampleMail), 1000)
	got := c.Send(t.Context(), "", "ana@city.test", bytes.NewReader(content), func(context.Context) error {
		if n := c.client.Text.W.Buffered(); n != 0 {
			t.Errorf("%d bytes of the content still here", n)
		}
		if len(server.delivered) != 0 {
			t.Error("the dot left before the hook")
		}
		return nil
	})
	if got.Class != Accepted || len(server.delivered) != 1 || server.delivered[0] != string(content) {
		t.Errorf("outcome %+v", got)
	}
}

func TestStoredBytesAreTheSameOnEachRetry(t *testing.T) {
	t.Parallel()
	server := startScript(t, answersOf("dot", "451 4.3.0 later", "dot", drop))
	stored := []byte("Message-ID: <1@city.test>\r\n\r\n.dot\r\nend without line end")
	var classes []Class
	for range 3 {
		c := dial(t, server.config())
		classes = append(classes, c.Send(t.Context(), "", "ana@city.test", bytes.NewReader(stored), nothing).Class)
	}
	if classes[0] != Temporary || classes[1] != Uncertain || classes[2] != Accepted {
		t.Errorf("classes %q", classes)
	}
	if d := server.delivered; len(d) != 3 || d[0] != d[1] || d[1] != d[2] {
		t.Errorf("deliveries differ: %q", server.delivered)
	}
}

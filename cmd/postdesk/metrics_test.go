package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"postdesk/core/store/storetest"
)

// What the mail edges count is shown, too, nothing under somebody else's name, and all of it documented.
func TestMetricsOfAllParts(t *testing.T) {
	t.Parallel()
	config, err := readConfig([]string{"POSTDESK_DATABASE_URL=" + storetest.URL(t), "POSTDESK_LISTEN=127.0.0.1:0",
		"POSTDESK_SECRET_KEY_FILE=" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(t.Context(), config, nil, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	answer, err := http.Get("http://" + p.Addr() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status, err)
	}
	for _, name := range []string{"postdesk_inbound_messages", "postdesk_inbound_apply_seconds", "postdesk_outbound_send_seconds"} {
		if !strings.Contains(string(text), "# TYPE "+name+" ") {
			t.Errorf("%s is missing", name)
		}
	}
	operations := read(t, "docs/operations.md")
	for line := range strings.Lines(string(text)) {
		if name, typed := strings.CutPrefix(line, "# TYPE "); typed {
			if name, _, _ = strings.Cut(name, " "); !strings.Contains(operations, "`"+name) {
				t.Errorf("docs/operations.md does not tell of %s", name)
			}
		}
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "postdesk_") {
			t.Errorf("not our name: %s", line)
		}
	}
}

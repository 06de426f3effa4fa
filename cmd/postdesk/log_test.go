package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// A database that is away made every loop warn each second and filled the log.
func TestLogSaysARepeatedWarningOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := Config{}.logger(&out)
	for range 50 {
		log.Warn("claim mail", "error", "connection refused")
		log.Warn("mailbox waits", "mailbox", "it@city.test")
		log.Warn("mailbox waits", "mailbox", "hr@city.test")
		log.Info("mail", "n", 1)
	}
	if n := strings.Count(out.String(), "claim mail"); n != 1 {
		t.Errorf("the warning stands %d times", n)
	}
	if n := strings.Count(out.String(), "mailbox waits"); n != 2 {
		t.Errorf("each mailbox's warning is one of its own: %d", n)
	}
	if n := strings.Count(out.String(), "level=INFO"); n != 50 {
		t.Errorf("information is not held back: %d of 50", n)
	}
}

func TestLibraryChatterStaysOutOfTheLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(warnOnly{Config{}.logger(&out).Handler()}).With("part", "jobs")
	log.Info("job counts")
	log.Warn("job failed")
	if got := out.String(); strings.Contains(got, "counts") || !strings.Contains(got, "job failed") {
		t.Errorf("log: %s", got)
	}
}

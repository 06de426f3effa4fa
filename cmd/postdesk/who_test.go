package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store/storetest"
)

func TestWho(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(exitDone, "migrate")
	env := &environment{Ctx: t.Context(), Environ: s.environ, Getenv: func(string) string { return "" }}
	db, err := env.openStore()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	city := storetest.BuildCity(t, db)
	var n core.Number
	err = helpdesk.New(db, time.Now).Do(t.Context(), core.Actor{Person: city.People["eva"], Via: core.ViaAPI, Level: core.SignedIn}, func(a *helpdesk.Act) error {
		n, err = a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: city.Printers, Subject: "Paper jam", Text: "x"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	number := fmt.Sprint(n)
	table, _ := s.run(exitDone, "who", number, "public_reply")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "to ") || !strings.Contains(table, "mia@city.test  main_solver") {
		t.Errorf("who says\n%s", table)
	}
	for _, line := range lines[1:] {
		f := strings.Fields(line)
		if f[0] == "eva@city.test" && (f[1] != "requester" || f[3] != "es" || f[4] != "notes") {
			t.Errorf("of the requester it says %q", line)
		}
	}
	raw, _ := s.run(exitDone, "who", "--json", "#"+number, "public_reply")
	var answer struct{ Recipients []helpdesk.Told }
	if err := json.Unmarshal([]byte(raw), &answer); err != nil || len(answer.Recipients) != 2 {
		t.Errorf("as JSON it says %s: %v", raw, err)
	}
	if breach, _ := s.run(exitDone, "who", number, "sla_breach"); !strings.Contains(breach, "mia@city.test  main_solver  sla_solver") || strings.Contains(breach, "man@") {
		t.Errorf("of a missed deadline it says\n%s", breach)
	}
	if nobody, _ := s.run(exitDone, "who", number, "approval_requested"); nobody != "nobody would be told of approval_requested in #"+number+"\n" {
		t.Errorf("of nobody it says %s", nobody)
	}
	if empty, _ := s.run(exitDone, "who", "--json", number, "approval_requested"); empty != `{"recipients":[]}`+"\n" {
		t.Errorf("of nobody it says %s", empty)
	}

	for _, wrong := range []struct {
		exit   int
		args   []string
		stderr string
	}{
		{exitFailed, []string{"999999", "closed"}, "there is no ticket #999999"},
		{exitUsage, []string{"x", "closed"}, "no number of a ticket"},
		{exitUsage, []string{"0", "closed"}, "no number of a ticket"},
		{exitUsage, []string{number, "weather"}, "ticket_created"}, // it names those that there are
		{exitUsage, []string{number}, "event"},
	} {
		if _, stderr := s.run(wrong.exit, append([]string{"who"}, wrong.args...)...); !strings.Contains(stderr, wrong.stderr) {
			t.Errorf("who %v says %s", wrong.args, stderr)
		}
	}
}

package rights_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
)

// commands are the operations that a mail can order. A decision by mail has an address of its own, and is tested with that.
var commands = map[string]string{
	"take": "#take", "assign": "#asignar gil", "return": "#devolver", "status": "#status triaged", "resolve": "#resolve\r\n\r\nDone.",
	"reopen": "#reabrir", "close": "#close", "move": "#mover Network", "priority": "#priority urgent", "category": "#categoría telefonía",
	"reply": "#public\r\nMore.", "note": "#nota\r\nMore.", "participant": "#participant pat@city.test", "follower": "#seguidor root@desk.test",
	"ask": "#ask root@desk.test\r\nMay we?", "merge": "#unir %d",
}

// A command of a proven sender is one more way in: the same table holds, cell by cell.
func TestCommandsObeyTheTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tried := map[string]int{}
	for _, c := range readCells(t, cells) {
		command, ok := commands[c.operation]
		if !ok {
			continue
		}
		tried[c.operation+c.want]++
		s := w.build(t, strings.Fields(c.state))
		if strings.Contains(command, "%d") {
			command = fmt.Sprintf(command, s.other)
		}
		before := w.footprint(t, s)
		row := w.order(t, s, c.who, command)
		after, got := w.footprint(t, s), "gone"
		before[2], after[2] = 0, 0 // the receipt is a mail
		if row.State == core.InboundApplied {
			var line core.ReceiptLine
			if got, line = "no", w.receipt(t, c.who); line.Outcome == core.CommandDone {
				got = "ok"
			}
		}
		want := c.want
		if want == "over" || want == "bad" {
			want = "no"
		}
		if got != want {
			t.Errorf("%s, %s: %s is answered %q (%s), want %q", c.operation, c.state, c.who, got, row.Reason, c.want)
		}
		if kept := strings.Contains(command, "\r\n") && got == "no"; !kept && (after != before) != (c.want == "ok") {
			t.Errorf("%s, %s: %s changed something, or nothing, against the table", c.operation, c.state, c.who)
		}
	}
	for name := range commands {
		if tried[name+"ok"] == 0 || tried[name+"no"]+tried[name+"over"]+tried[name+"gone"] == 0 {
			t.Errorf("#%s was tried %v times", name, tried)
		}
	}
}

// receipt is the first line of somebody's newest one.
func (w *world) receipt(t *testing.T, who string) core.ReceiptLine {
	t.Helper()
	var raw []byte
	var r core.Receipt
	err := w.Store.Pool().QueryRow(t.Context(), `select content->'receipt' from outbox join outbox_content on outbox_id = id
		where event = 'receipt' and address = $1 order by seq desc limit 1`, w.People[who].Email).Scan(&raw)
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil || len(r.Lines) == 0 {
		t.Fatalf("the receipt to %s says %s: %v", who, raw, err)
	}
	return r.Lines[0]
}

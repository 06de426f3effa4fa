package mailin

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

// Every mail, however broken, ends in a state that somebody can see, and is applied at most once (mail.md 1). The
// collection is named by POSTDESK_CORPUS, as for TestCorpus. Each mail is delivered as it is, and all once more: then
// nothing may be applied a second time.
func TestEveryMailEndsSomewhere(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("POSTDESK_CORPUS")
	if dir == "" {
		dir = filepath.Join("testdata", "corpus")
	}
	o := newOffice(t)
	o.sql("update service set unknown_senders = 'guest'") // so that as many as possible are applied
	var names, raws []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".jsonl") {
			return err
		}
		raw, err := os.ReadFile(path)
		names, raws = append(names, path), append(raws, string(raw))
		return err
	})
	if err != nil || len(raws) < 10 {
		t.Fatalf("%d mails in %s: %v", len(raws), dir, err)
	}
	round := func() map[core.InboundState]int {
		states := map[core.InboundState]int{}
		for at := range slices.Chunk(slices.Collect(indices(len(raws))), 500) {
			page := make([]string, 0, len(at))
			for _, i := range at {
				page = append(page, raws[i])
			}
			rows := o.accept(o.Mailbox, page...)
			if len(rows) != len(page) {
				t.Fatalf("%d of %d mails wait", len(rows), len(page))
			}
			for i, row := range rows {
				if err := o.worker.Apply(t.Context(), row); err != nil {
					t.Errorf("%s: %v", names[at[i]], err)
					continue
				}
				out, err := o.Store.Inbound(t.Context(), row.ID)
				if err != nil {
					t.Fatal(err)
				}
				states[out.State]++
				if out.State == core.InboundReceived || out.Reason == "" || out.State == core.InboundApplied && out.Ticket == 0 ||
					out.State == core.InboundQuarantined && out.Service == 0 {
					t.Errorf("%s ended %s in ticket %d (%q)", names[at[i]], out.State, out.Ticket, out.Reason)
				}
			}
		}
		return states
	}
	counts := func() string {
		var s string
		if err := o.Store.Pool().QueryRow(t.Context(), "select (select count(*) from ticket) || ' ' || (select count(*) from log_record) || ' ' || (select count(*) from outbox)").Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := round()
	t.Logf("%d mails: %v", len(raws), first)
	if first[core.InboundApplied] == 0 {
		t.Error("none is applied")
	}
	before := counts()
	second := round()
	if second[core.InboundApplied] != 0 || counts() != before {
		t.Errorf("delivered again: %v, and %s tickets, records and notices became %s", second, before, counts())
	}
	var stray int
	if err := o.Store.Pool().QueryRow(t.Context(), "select count(*) from inbound i where not exists (select from blob b where b.sha256 = i.sha256)").Scan(&stray); err != nil || stray != 0 {
		t.Errorf("%d raw mails are lost: %v", stray, err)
	}
}

func indices(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

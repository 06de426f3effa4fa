package core

import (
	"encoding/csv"
	"os"
	"testing"
)

// The table in the code and the reviewed matrix must agree cell by cell (A3–A28).
func TestMatrixEqualsRolesCSV(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/roles.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 27 || len(cells) != 26 {
		t.Fatalf("%d rows in the file, %d in the code; want 26 and a header", len(rows)-1, len(cells))
	}
	grades := map[string]Grade{"": Denied, "own": Own, "yes": Allowed}
	for _, row := range rows[1:] {
		p := Permission(row[0])
		if _, ok := cells[p]; !ok {
			t.Errorf("%s is missing in the code", p)
		}
		for i, column := range rows[0][1:] {
			c := roleColumns[i]
			if c.column != column {
				t.Fatalf("column %d is %s, want %s", i, c.column, column)
			}
			if got, want := RoleSet(0).With(c.role).Grade(p), grades[row[i+1]]; got != want {
				t.Errorf("%s for %s: %d, want %d", p, column, got, want)
			}
		}
	}
}

func TestRightsAddUp(t *testing.T) {
	t.Parallel()
	both := RoleSet(0).With(TicketReporter).With(Requester).With(Reader)
	if both.Grade(LogCreate) != Allowed {
		t.Error("reader and requester: the reader's full right must win over the requester's own (D11)")
	}
	if RoleSet(0).Grade(LogCreate) != Denied || RoleSet(0).With("root").Grade(LogCreate) != Denied {
		t.Error("no role, or an unknown one, must give nothing")
	}
}

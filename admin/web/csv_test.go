package web_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"postdesk/admin/web"
)

// table is what a row of texts becomes, as a reader of CSV sees it, and as it stands in the file.
func table(t *testing.T, cells ...any) (read []string, raw string) {
	t.Helper()
	c := web.NewCSV()
	c.Row(cells...)
	raw, marked := strings.CutPrefix(string(c.Bytes()), "\uFEFF")
	if !marked {
		t.Error("no byte order mark")
	}
	if raw, marked = strings.CutSuffix(raw, "\r\n"); !marked {
		t.Error("no CRLF at the end")
	}
	rows, err := csv.NewReader(strings.NewReader(raw)).ReadAll()
	if err != nil || len(rows) != 1 {
		t.Fatalf("%q: %v, %v", raw, rows, err)
	}
	return rows[0], raw
}

func TestTextsOfTablesAreNoFormulas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"=cmd|' /C calc'!A0":    "'=cmd|' /C calc'!A0",
		"＠SUM(1)":               "'＠SUM(1)",
		"＝1":                    "'＝1",
		"＋1":                    "'＋1",
		"－1":                    "'－1",
		"-2+3":                  "'-2+3",
		"+1":                    "'+1",
		"@SUM(1)":               "'@SUM(1)",
		"|x":                    "'|x",
		"%0A=1":                 "'%0A=1",
		"\t=1":                  "'\t'=1",
		"\tx":                   "'\tx",
		"\nx":                   "'\nx",
		"  =1":                  "'  =1",
		"\u00a0=1":              "'\u00a0=1",
		"\u200b\ufeff=1":        "'\u200b\ufeff=1",
		"\u2066=1":              "'\u2066=1",
		"\u0301=1":              "'\u0301=1",
		"\u2800=1":              "'\u2800=1",
		"\x00=1":                "'\x00=1",
		"−1":                    "'−1",
		"a;=1":                  "a;'=1", // a new cell where the separator is a semicolon
		"a\t =1":                "a\t' =1",
		"a\n=1":                 "a\n'=1",
		"IT/Printers":           "IT/Printers",
		"Ana \"la jefa\", Ruiz": "Ana \"la jefa\", Ruiz",
		"\"=1\"":                "\"=1\"",
		"a=1, b-2; c":           "a=1, b-2; c",
		"two\nlines":            "two\nlines",
		"":                      "",
		"Señora Ñ":              "Señora Ñ",
		"\xff=1":                "\ufffd=1",
	} {
		got, _ := table(t, text)
		if text == "\xff=1" { // what is no text is shown as such, and hides nothing
			got[0] = strings.ToValidUTF8(got[0], "\ufffd")
		}
		if got[0] != want {
			t.Errorf("%q becomes %q, want %q", text, got[0], want)
		}
	}
}

func TestOwnNumbersOfTablesStayNumbers(t *testing.T) {
	t.Parallel()
	if _, raw := table(t, -3, nil, 0, "-3", 2.5); raw != `-3,,0,"'-3",2.5` {
		t.Errorf("the row is %s", raw)
	}
}

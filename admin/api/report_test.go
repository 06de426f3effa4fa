package api_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"postdesk/core"
)

func TestReportInJSON(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.open("ben", "Paper jam")
	path := r.open("ben", "Toner")
	r.act(200, "sol", path, "take", nil)
	r.act(200, "sol", path, "resolve", object{"text": "Done."})
	a := r.get(200, "man", "/reports?every=day&by=solver&timezone=UTC&service=IT")
	today := time.Now().UTC().Format(time.DateOnly)
	rows := list(a, "rows")
	if len(rows) != 2 || rows[0]["key"] != "sol@city.test" || rows[0]["name"] != "Sol Vega" || rows[0]["period"] != today || rows[0]["resolved"] != 1.0 ||
		rows[1]["key"] != "" || rows[1]["name"] != "No solver" || rows[1]["open"] != 1.0 {
		t.Errorf("rows %v", rows)
	}
	totals, ages := a.JSON["totals"].(object), list(a, "open_by_age")
	if totals["created"] != 2.0 || totals["resolution"].(object)["none"] != 1.0 || totals["resolution"].(object)["median_minutes"] != 0.0 ||
		a.JSON["from"] == nil || a.JSON["to"] != today || a.JSON["every"] != "day" || a.JSON["by"] != "solver" || a.JSON["timezone"] != "UTC" ||
		len(ages) != 5 || ages[0]["age"] != "<1d" || ages[0]["count"] != 1.0 || len(ages[0]["by_key"].([]any)) != 1 {
		t.Errorf("the rest is %s", a.Raw)
	}
	// The desk's own words come in the person's language.
	r.sql("update person set language = 'es' where email = 'man@city.test'")
	a = r.get(200, "man", "/reports?by=priority")
	if rows := list(a, "rows"); len(rows) != 1 || rows[0]["key"] != "normal" || rows[0]["name"] != "Normal" {
		t.Errorf("by priority: %s", a.Raw)
	}
	if a = r.get(200, "man", "/reports?by=group"); list(a, "rows")[0]["name"] != "Sin grupo" {
		t.Errorf("by group: %s", a.Raw)
	}
	for query, want := range map[string]string{
		"from=2026-04-01&to=2026-03-31": "El informe termina antes de empezar", "from=x": "no es una fecha", "every=hour": "no es una duración",
		"by=requester": "no puede separar", "from=2015-01-01&to=2026-01-01": "como máximo 5 años", "from=2024-01-01&to=2026-01-01&every=day": "Son 732 períodos",
		"timezone=Local": "no es una zona horaria", "service=Network": "", "service=%00": "",
	} {
		if a := r.get(422, "man", "/reports?"+query); !strings.Contains(a.JSON["detail"].(string), want) {
			t.Errorf("%s: %s", query, a.Raw)
		}
		r.get(422, "man", "/reports.csv?"+query)
	}
}

// A name in a report is whatever somebody wrote; a manager's spreadsheet must not run it.
func TestNamesInReportTablesAreNoFormulas(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	formula, wide, minus := "=cmd|' /C calc'!A0", "＠SUM(1)", "-2+3, \"x\"\n=1"
	r.sql("update service set name = $1 where id = $2", formula, r.city.Printers)
	r.sql("update solver_group set name = $1 where id = $2", wide, r.city.Field)
	r.sql("update person set name = $1 where email = 'sol@city.test'", minus)
	r.sql(`insert into ticket (number, service_id, subject, requester_id, solver_id, group_id, opened_via, root_message_id, created_at, updated_at)
		values (9001, $1, 'Jam', $2, $3, $4, 'desk', 'm@city.test', '2026-03-04T12:00Z', now())`,
		r.city.Printers, r.city.People["ben"].ID, r.city.People["sol"].ID, r.city.Field)
	r.sql("update desk set version = version + 1")
	for by, want := range map[core.ReportBy][2]string{
		"service":  {"IT/" + formula, "'" + formula},
		"group":    {"IT/" + formula + "/" + wide, "'" + wide},
		"solver":   {"sol@city.test", "'-2+3, \"x\"\n'=1"},
		"category": {"other", "Other"},
	} {
		a := r.get(200, "man", "/reports.csv?from=2026-03-02&to=2026-03-08&by="+string(by))
		if kind := a.Header.Get("Content-Type"); kind != "text/csv; charset=utf-8" {
			t.Errorf("by %s: of type %s", by, kind)
		}
		if got := a.Header.Get("Content-Disposition"); got != "attachment; filename=report-2026-03-02-2026-03-08-week-"+string(by)+".csv" {
			t.Errorf("by %s: %s", by, got)
		}
		text, marked := strings.CutPrefix(a.Raw, "\uFEFF")
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || !marked || !strings.HasSuffix(text, "\r\n") || len(rows) != 2 || len(rows[0]) != 16 {
			t.Fatalf("by %s: %q: %v", by, a.Raw, err)
		}
		row := rows[1]
		if row[0] != "2026-03-02" || row[1] != want[0] || row[2] != want[1] || strings.Join(row[3:], ",") != "1,0,1,0,0,0,,,0,0,0,," {
			t.Errorf("by %s: %q", by, row)
		}
		if !strings.Contains(text, "\r\n2026-03-02,\"") || !strings.Contains(text, ",1,0,1,0,0,0,,,") {
			t.Errorf("by %s dates or numbers are texts: %q", by, text)
		}
	}
	r.sql("update person set language = 'es' where email = 'man@city.test'")
	if a := r.get(200, "man", "/reports.csv"); !strings.HasPrefix(a.Raw, "\uFEFF\"Período desde\",\"Clave\",\"Nombre\",\"Creados\"") {
		t.Errorf("the head in Spanish: %.200s", a.Raw)
	}
}

func TestReportsAreForbiddenToWhoOverseesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.open("ben", "Paper jam")
	for _, who := range []string{"sol", "vic", "gus", "exa", "rea", "tre", "ben", "ken", "root"} {
		for _, path := range []string{"/reports", "/reports.csv", "/reports?service=Printers", "/reports?by=x", "/reports.csv?from=x"} {
			if a := r.get(403, who, path); strings.Contains(a.Raw, "Printers") || a.JSON["code"] != "forbidden" {
				t.Errorf("%s asks for %s: %s", who, path, a.Raw)
			}
		}
	}
	if a := r.get(200, "net", "/reports"); len(list(a, "rows")) != 0 || a.JSON["totals"].(object)["created"] != 0.0 || strings.Contains(a.Raw, "Printers") {
		t.Errorf("the main solver of Network reads %s", a.Raw)
	}
}

package api_test

import (
	"fmt"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

func TestAdministratorsReadTheAudit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	root := core.Actor{Person: r.city.People["root"], Via: core.ViaAPI}
	for _, name := range []string{"First", "Second"} {
		file := core.DeskFile{Desk: &core.DeskEntry{Name: name}}
		if _, err := r.desk.Configure(t.Context(), root, file, helpdesk.ConfigureOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, who := range []string{"mia", "ben", "ken", "man"} {
		if a := r.get(404, who, "/admin/audit"); strings.Contains(a.Raw, "Second") {
			t.Errorf("%s is told %s", who, a.Raw)
		}
	}
	r.get(422, "root", "/admin/audit?page=x")
	a := r.get(200, "root", "/admin/audit")
	var desk []object
	for _, row := range list(a, "changes") {
		if row["noun"] == "desk" {
			desk = append(desk, row)
		}
	}
	if len(desk) != 2 || keys(desk[0]) != "action actor after at before id name noun via" {
		t.Fatalf("the audit is %s", a.Raw)
	}
	newest := desk[0]
	if newest["actor"] != "root@desk.test" || newest["via"] != "api" || newest["action"] != "changed" ||
		newest["before"].(object)["name"] != "First" || newest["after"].(object)["name"] != "Second" || len(newest["after"].(object)) != 1 {
		t.Errorf("the newest change is %v", newest)
	}
	r.sql("insert into audit (at, actor_name, via, noun, name, action) select now(), 'x', 'command', 'service', g::text, 'added' from generate_series(1, 60) g")
	first := r.get(200, "root", "/admin/audit")
	second := r.get(200, "root", "/admin/audit?page="+first.JSON["next"].(string))
	if rows := list(first, "changes"); len(rows) != 50 || rows[0]["name"] != "60" || list(second, "changes")[0]["name"] != "10" || second.JSON["next"] != nil {
		t.Errorf("pages of %d and %d", len(rows), len(list(second, "changes")))
	}
}

// Who is let in from the quarantine becomes a person, by who let them in.
func TestPeopleLetInAreAudited(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	held := fmt.Sprintf("/quarantine/%d/accept", r.hold(r.city.Printers, "Una <una@other.test>", "Paper", "Please help"))
	r.post(201, "sol", held, nil)
	var row object
	for _, x := range list(r.get(200, "root", "/admin/audit"), "changes") {
		if x["name"] == "una@other.test" {
			row = x
		}
	}
	if row == nil || row["noun"] != "person" || row["action"] != "added" || row["actor"] != "sol@city.test" || row["via"] != "api" || row["after"].(object)["origin"] != "guest" {
		t.Errorf("the audit has %v", row)
	}
}

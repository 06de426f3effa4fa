package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func subjects(a answer) string {
	var out []string
	for _, ticket := range list(a, "tickets") {
		out = append(out, ticket["subject"].(string))
	}
	return strings.Join(out, " ")
}

func TestTicketListFilters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b, c := r.open("ben", "Alpha"), r.open("eva", "Beta"), r.open("ben", "Gamma")
	r.post(201, "ben", "/tickets", object{"service": "Network", "subject": "Delta", "text": "The cable is loose."})
	r.act(200, "sol", a, "take", nil)
	r.act(200, "mia", b, "assign", object{"group": "Field"})
	r.act(200, "mia", c, "resolve", nil)
	for _, x := range []struct{ who, query, want string }{
		{"mia", "", "Gamma Beta Alpha"},
		{"net", "", "Delta"},
		{"ben", "", "Delta Gamma Alpha"},
		{"eva", "", "Beta"},
		{"exa", "", ""}, {"tre", "", ""}, {"root", "", ""}, {"ken", "", ""},
		{"mia", "status=resolved", "Gamma"},
		{"mia", "status=triaged,resolved", "Gamma Beta Alpha"},
		{"mia", "status=triaged&status=resolved", "Gamma Beta Alpha"},
		{"mia", "status=", "Gamma Beta Alpha"},
		{"ben", "service=Network", "Delta"},
		{"ben", "service=it/printers&status=triaged", "Alpha"},
		{"mia", "service=Network", ""},
		{"ben", "service=IT", "Delta Gamma Alpha"}, // a folder is all below it
		{"sol", "queue=mine", "Alpha"},
		{"gus", "queue=mine", "Beta"},
		{"mia", "queue=unassigned", ""},
		{"net", "queue=unassigned", "Delta"},
		{"net", "queue=mine", "Delta"}, // as main solver
		{"mia", "queue=overdue", ""},
		{"mia", "queue=all", "Gamma Beta Alpha"},
		{"mia", "q=alph", "Alpha"},
		{"mia", "q=noise&status=triaged", "Beta Alpha"},
		{"mia", "q=" + url.QueryEscape("#"+strings.TrimPrefix(a, "/tickets/")), "Alpha"},
		{"eva", "q=" + strings.TrimPrefix(a, "/tickets/"), ""},
		{"mia", "q=" + url.QueryEscape("%"), ""},
	} {
		if got := subjects(r.get(200, x.who, "/tickets?"+x.query)); got != x.want {
			t.Errorf("%s ?%s: %q, want %q", x.who, x.query, got, x.want)
		}
	}
	for query, field := range map[string]string{"status=lost": "status", "queue=theirs": "queue", "service=Nowhere": "service", "page=x": "page", "page=MTA": "page"} {
		if a := r.get(422, "mia", "/tickets?"+query); a.JSON["field"] != field {
			t.Errorf("?%s: %s", query, a.Raw)
		}
	}
	r.get(422, "mia", "/tickets?q="+strings.Repeat("x", 201))
}

func TestCountsAreOfWhatIsSeenUnderServiceAndSearch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.open("ben", "Alpha"), r.open("eva", "Beta")
	r.act(200, "sol", a, "take", nil)
	r.act(200, "mia", b, "resolve", nil)
	for _, x := range []struct{ who, query, want string }{
		{"mia", "", "total 2 open 1 mine 0"},
		{"sol", "", "total 2 open 1 mine 1"},
		{"sol", "status=closed&queue=unassigned", "total 2 open 1 mine 1"}, // whatever status and queue
		{"sol", "q=beta", "total 1 open 0 mine 0"},
		{"sol", "service=Network", "total 0 open 0 mine 0"},
		{"ben", "", "total 1 open 1 mine 0"},
		{"exa", "", "total 0 open 0 mine 0"},
	} {
		counts := r.get(200, x.who, "/tickets?"+x.query).JSON["counts"].(object)
		if got := fmt.Sprintf("total %v open %v mine %v", counts["total"], counts["open"], counts["mine"]); got != x.want || counts["overdue"] != 0.0 {
			t.Errorf("%s ?%s: %v, want %s", x.who, x.query, counts, x.want)
		}
	}
}

func TestListsGoOnPageByPage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := strings.TrimPrefix(r.open("ben", "Ticket"), "/tickets/")
	r.sql(`insert into ticket (service_id, subject, requester_id, opened_via, root_message_id, created_at, updated_at)
		select service_id, 'Ticket', requester_id, 'api', 'x' || n, now(), now() from ticket, generate_series(1, 119) n where number = $1::bigint`, first)
	r.sql(`insert into outbox (id, mailbox_id, address, event, role, reason, language, automatic, message_id, next_at, created_at)
		select gen_random_uuid(), (select id from mailbox), 'x@x.test', 'sign_in', '', 'sign_in', 'en', true, 'x' || n, now(), now() from generate_series(1, 120) n`)
	for who, x := range map[string]struct{ path, key, id string }{
		"mia":  {"/tickets", "tickets", "number"},
		"root": {"/admin/mail/outbound?event=", "messages", "id"},
	} {
		seen, sizes, page := map[any]bool{}, "", ""
		for {
			a := r.get(200, who, x.path+map[bool]string{true: "&", false: "?"}[strings.Contains(x.path, "?")]+"page="+url.QueryEscape(page))
			rows := list(a, x.key)
			for _, row := range rows {
				if seen[row[x.id]] {
					t.Errorf("%s shows %v twice", x.path, row[x.id])
				}
				seen[row[x.id]] = true
			}
			sizes += fmt.Sprint(len(rows), " ")
			if a.JSON["next"] == nil {
				break
			}
			page = a.JSON["next"].(string)
		}
		var want int
		if err := r.city.Store.Pool().QueryRow(t.Context(), "select count(*) from "+map[string]string{"mia": "ticket", "root": "outbox"}[who]).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if len(seen) != want || !strings.HasPrefix(sizes, "50 50 2") {
			t.Errorf("%s shows %d of %d in pages of %s", x.path, len(seen), want, sizes)
		}
	}
}

func TestPeopleAreFoundInOnesOwnOrganization(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	found := func(who, q string) string {
		var out []string
		for _, p := range list(r.get(200, who, "/people?q="+url.QueryEscape(q)), "people") {
			out = append(out, fmt.Sprint(p["email"], " ", p["name"], " ", p["organization"]))
		}
		return strings.Join(out, ", ")
	}
	for _, x := range []struct{ who, q, want string }{
		{"ben", "eva", "eva@city.test Eva Ruiz City"},
		{"ben", "EVA@", "eva@city.test Eva Ruiz City"},
		{"mia", "ruiz", "eva@city.test Eva Ruiz City"},
		{"mia", "Vendor", ""},
		{"ken", "Vendor", "ken@vendor.test Ken Vendor Vendor, vic@vendor.test Vic Vendor Vendor"},
		{"ken", "eva", ""},
		{"mia", "", ""},
		{"mia", "%", ""},
		{"mia", "off", ""}, // disabled
	} {
		if got := found(x.who, x.q); got != x.want {
			t.Errorf("%s looks for %q: %s, want %s", x.who, x.q, got, x.want)
		}
	}
	r.sql("update person set organization_id = null where email in ('ben@city.test', 'eva@city.test')")
	if got := found("ben", "eva"); got != "" { // no organization is not an organization (D9)
		t.Errorf("without an organization ben finds %s", got)
	}
}

func TestServicesAreThoseOneCanUse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for who, want := range map[string]string{
		"mia":  "IT/Network self, IT/Printers self behalf team",
		"ben":  "IT/Network self, IT/Printers self",
		"tre":  "IT/Printers behalf",
		"vic":  "IT/Printers behalf team",
		"exa":  "IT/Network self, IT/Printers self",
		"ken":  "",
		"root": "",
	} {
		var out []string
		for _, s := range list(r.get(200, who, "/services"), "services") {
			line := s["path"].(string)
			for _, x := range [][2]string{{"for_self", "self"}, {"on_behalf", "behalf"}, {"team", "team"}} {
				if s[x[0]] == true {
					line += " " + x[1]
				}
			}
			out = append(out, line)
		}
		if got := strings.Join(out, ", "); got != want {
			t.Errorf("%s can use %s, want %s", who, got, want)
		}
	}
}

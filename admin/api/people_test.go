package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// A51–A53, A57, A82, A83: whatever one's part is, a search gives names and addresses of one's own organization, and never a
// custom field; nor does it search in them.
func TestPeopleSearchShowsNamesAndAddressesOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sql("update person set fields = '{\"badge\": \"Xyzzy93\"}'")
	r.sql("update organization set fields = '{\"code\": \"Xyzzy93\"}'")
	for who, own := range map[string]string{
		"mia": "City", "sol": "City", "vic": "Vendor", "gus": "City", "exa": "City", "man": "City", "rea": "City", "tre": "City", "ben": "City", "ken": "Vendor", "root": "City",
	} {
		colleague, stranger := "eva@city.test", "vendor"
		if own == "Vendor" {
			colleague, stranger = "ken@vendor.test", "ruiz"
		}
		found := r.get(200, who, "/people?q="+colleague)
		people := list(found, "people")
		if len(people) != 1 || people[0]["email"] != colleague || people[0]["organization"] != own || len(people[0]) != 3 {
			t.Errorf("%s looks for a colleague: %s", who, found.Raw)
		}
		for _, q := range []string{stranger, "Xyzzy93", "badge"} {
			if found := r.get(200, who, "/people?q="+q); len(list(found, "people")) != 0 {
				t.Errorf("%s finds %q: %s", who, q, found.Raw)
			}
		}
		if strings.Contains(found.Raw, "Xyzzy93") {
			t.Errorf("%s is shown custom fields: %s", who, found.Raw)
		}
	}
}

// D28: whom one names in full is told the same of, whether nobody knows the address, or it is somebody's who is not
// entitled, disabled, or has no account.
func TestNamingSomebodyTellsNotWhetherTheyAreKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sql("insert into person (email, name, origin) values ('guest@outside.test', 'Guest', 'guest')")
	path := r.open("ben", "Paper jam")
	for _, x := range []struct {
		what, who string
		named     []string // entitled to nothing here
		call      func(who, email string) answer
	}{
		{"a participant", "ben", []string{"ken@vendor.test", "off@city.test", "guest@outside.test", "root@desk.test"}, func(who, email string) answer {
			return r.act(422, who, path, "participant", object{"add": email})
		}},
		{"a follower", "mia", []string{"off@city.test", "guest@outside.test"}, func(who, email string) answer {
			return r.act(422, who, path, "follower", object{"add": email})
		}},
		{"a solver", "mia", []string{"ken@vendor.test", "off@city.test", "guest@outside.test", "man@city.test"}, func(who, email string) answer {
			return r.act(422, who, path, "assign", object{"solver": email})
		}},
		{"an approver", "mia", []string{"off@city.test", "guest@outside.test"}, func(who, email string) answer {
			return r.act(422, who, path, "ask", object{"approvers": []string{email}})
		}},
		{"a requester", "mia", []string{"ken@vendor.test", "off@city.test", "root@desk.test"}, func(who, email string) answer {
			return r.post(422, who, "/tickets", object{"service": "Printers", "subject": "s", "text": "t", "on_behalf_of": email})
		}},
		{"somebody, without the right to", "ben", []string{"ken@vendor.test", "off@city.test", "eva@city.test"}, func(who, email string) answer {
			return r.post(403, who, "/tickets", object{"service": "Printers", "subject": "s", "text": "t", "on_behalf_of": email})
		}},
	} {
		nobody := "nobody@unknown.test"
		unknown := strings.ReplaceAll(x.call(x.who, nobody).Raw, nobody, "")
		for _, email := range x.named {
			if got := strings.ReplaceAll(x.call(x.who, email).Raw, email, ""); got != unknown {
				t.Errorf("%s names %s as %s: %s, an unknown one: %s", x.who, email, x.what, got, unknown)
			}
		}
	}
	if a := r.get(200, "ben", "/people?q="+url.QueryEscape("guest@outside.test")); fmt.Sprint(a.JSON["people"]) != "[]" {
		t.Errorf("a guest is found: %s", a.Raw)
	}
}

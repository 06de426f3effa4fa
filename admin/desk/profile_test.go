package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// reasons are those that the page asks about.
func (p page) reasons() (list []string) {
	for _, n := range p.find("#notices input[type=radio]") {
		if reason := strings.TrimPrefix(attr(n, "name"), "reason:"); !slices.Contains(list, reason) {
			list = append(list, reason)
		}
	}
	return list
}

// Everybody sees their own profile, and is asked about the mails that can come for them.
func TestProfileByRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for who, c := range map[string]struct {
		roles     string
		has, lack string
	}{
		"mia":  {"main solver", "main_solver", "group_member"},
		"gus":  {"member of a solver group", "assigned_to_group", "main_solver"},
		"man":  {"manager", "sla_manager", "main_solver"},
		"ben":  {"", "requester", "solver"},
		"ken":  {"", "", "requester"},
		"root": {"", "", "main_solver"},
	} {
		p := w.as(t, who).get("/me").want(200)
		if got := p.text(".self"); !strings.Contains(got, w.People[who].Name) || !strings.Contains(got, w.People[who].Email) {
			t.Errorf("%s: %q", who, got)
		}
		if got := p.text(".parts"); !strings.Contains(got, c.roles) || c.roles == "" && got != "" {
			t.Errorf("%s: roles %q", who, got)
		}
		got := p.reasons()
		if c.has != "" && !slices.Contains(got, c.has) || slices.Contains(got, c.lack) {
			t.Errorf("%s is asked about %v", who, got)
		}
		if links := p.find(".me .pop a[href=/me]"); len(links) != 1 {
			t.Errorf("%s: %d links in the menu", who, len(links))
		}
	}
	if to := w.browser(t).get("/me").want(303).header.Get("Location"); !strings.HasPrefix(to, "/login") {
		t.Errorf("a stranger is led to %s", to)
	}
}

// What is said of a service holds there, is listed elsewhere, and can be taken back. Services without a part for the reader
// are not there.
func TestProfileNotices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mia := w.as(t, "mia")
	checked := func(p page, reason string) string {
		t.Helper()
		for _, n := range p.find("#notices input[checked]") {
			if attr(n, "name") == "reason:"+reason {
				return attr(n, "value")
			}
		}
		t.Fatalf("nothing is chosen for %s", reason)
		return ""
	}
	mia.follow(mia.post("/me/notices", "service", "IT/Printers", "reason:new_ticket", "off", "reason:main_solver", "").want(303))
	if got := checked(mia.get("/me?service=IT/Printers").want(200), "new_ticket"); got != "off" {
		t.Errorf("new tickets: %q", got)
	}
	all := mia.get("/me").want(200)
	if got := checked(all, "new_ticket"); got != "" {
		t.Errorf("everywhere: %q", got)
	}
	if !strings.Contains(all.text("#notices a"), "IT/Printers") {
		t.Error("the other place is not named")
	}
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Paper jam", Text: "It jams.", Category: "hardware", Priority: core.High})
	var mails int
	if err := w.Store.Pool().QueryRow(t.Context(), "select count(*) from outbox where ticket_number = $1 and person_id = $2", n, w.People["mia"].ID).Scan(&mails); err != nil || mails != 0 {
		t.Errorf("%d mails all the same, %v", mails, err)
	}
	mia.post("/me/notices", "service", "IT/Printers", "reason:new_ticket", "").want(303)
	if got := checked(mia.get("/me?service=IT/Printers"), "new_ticket"); got != "" {
		t.Errorf("taken back: %q", got)
	}
	mia.post("/me/notices", "service", "", "reason:new_ticket", "perhaps").want(400)
	mia.get("/me?service=IT/Nothing").want(404)
	w.as(t, "ken").get("/me?service=IT/Printers").want(404)
	w.as(t, "ken").post("/me/notices", "service", "IT/Printers", "reason:news", "off").want(404)
}

func TestProfileAbsence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mia, eva := w.as(t, "mia"), w.as(t, "eva")
	day := func(in int) string { return time.Now().UTC().AddDate(0, 0, in).Format("2006-01-02") }
	refused := mia.post("/me/absence", "from", day(0), "until", day(3), "delegate", "ken@vendor.test").want(422)
	if refused.one("#absence [name=delegate][aria-invalid=true]"); attr(refused.one("#absence [name=until]"), "value") != day(3) {
		t.Error("what was typed is lost")
	}
	mia.post("/me/absence", "from", "soon", "until", day(3)).want(422).one("#absence [name=from][aria-invalid=true]")
	mia.post("/me/absence", "from", day(3), "until", day(1)).want(422).one("#absence .alert")
	mine := mia.follow(mia.post("/me/absence", "from", day(0), "until", day(0), "delegate", " Eva@city.test").want(303))
	if got := mine.text("#absence .state"); !strings.Contains(got, "Eva Ruiz stands in for you") || attr(mine.one("#absence [name=until]"), "value") != day(0) {
		t.Errorf("of one's own: %q", got)
	}
	if got := eva.get("/me?lang=en").text("#absence .state"); !strings.Contains(got, "You stand in for Mia Main until") {
		t.Errorf("who stands in reads %q", got)
	}
	if got := w.as(t, "ben").get("/me").text("#absence"); strings.Contains(got, "Mia") {
		t.Errorf("others read of it: %q", got)
	}
	if got := mia.follow(mia.post("/me/absence/end").want(303)).text("#absence .state"); got != "" {
		t.Errorf("back: %q", got)
	}
	mia.post("/me/absence/end").want(409).one("#absence .alert")
}

func TestProfileLanguageAddressesAndTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ben := w.as(t, "ben")
	es, en := printer(t, core.Spanish), printer(t, core.English)
	if got := ben.follow(ben.post("/me/language", "language", "es").want(303)); got.text("h1") != "Ben Staff" || !strings.Contains(got.text(".said"), es.T("profile.language.said")) ||
		!strings.Contains(ben.get("/dashboard/ithelpdesk").text(".rail"), es.T("profile.title")) {
		t.Errorf("Spanish: %q", got.text(".said"))
	}
	ben.post("/me/language", "language", "de").want(422).one("#language .alert")
	ben.post("/me/language", "language", "en").want(303)

	added := ben.follow(ben.post("/me/addresses", "address", "ben@home.test").want(303))
	if got := added.text("#addresses .ways"); !strings.Contains(got, "ben@home.test") || !strings.Contains(got, "Waiting") {
		t.Errorf("addresses: %q", got)
	}
	if got := attr(ben.post("/me/addresses", "address", "it@city.test").want(422).one("#addresses input[name=address]"), "value"); got != "it@city.test" {
		t.Errorf("typed: %q", got)
	}
	ben.post("/me/addresses/drop", "address", "ben@city.test").want(409).one("#addresses .alert")
	if got := ben.follow(ben.post("/me/addresses/drop", "address", "ben@home.test").want(303)).text("#addresses .ways"); strings.Contains(got, "ben@home.test") {
		t.Errorf("still there: %q", got)
	}

	made := ben.post("/me/tokens", "name", "script").want(200)
	token := made.text("#tokens .token-once .key")
	if p, err := w.help.PersonOfToken(t.Context(), token); err != nil || p.Email != "ben@city.test" {
		t.Fatalf("%q: %v", token, err)
	}
	list := ben.get("/me").want(200)
	if strings.Contains(string(list.body), token) || !strings.Contains(list.text("#tokens .ways"), en.T("profile.tokens.used")) {
		t.Errorf("afterwards: %q", list.text("#tokens"))
	}
	path := attr(list.one("#tokens .ways form"), "action")
	w.as(t, "eva").post(path).want(404)
	ben.post(path).want(303)
	if _, err := w.help.PersonOfToken(t.Context(), token); core.CodeOf(err) != core.NotFound {
		t.Errorf("revoked: %v", err)
	}
	ben.post("/me/tokens", "name", " ").want(422).one("#tokens [name=name][aria-invalid=true]")
}

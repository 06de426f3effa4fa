package desk_test

import (
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

func options(p page, name string) (values []string) {
	for _, o := range p.find("select[name=" + name + "] option") {
		values = append(values, attr(o, "value"))
	}
	return values
}

// services are those that the form offers.
func services(p page) (paths []string) {
	for _, input := range p.find("input[name=service]") {
		paths = append(paths, attr(input, "value"))
	}
	return paths
}

func TestOpenTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ben := w.as(t, "ben")
	form := ben.get("/dashboard/ithelpdesk/new").want(200)
	if got := services(form); !slices.Equal(got, []string{"IT/Network", "IT/Printers"}) {
		t.Errorf("services: %q", got)
	}
	if got := options(form, "category"); len(got) != 8 || got[0] != "hardware" {
		t.Errorf("categories: %q", got)
	}
	if len(form.find("[name=on_behalf_of]")) != 0 {
		t.Error("a requester is asked for whom")
	}
	done := ben.upload("/dashboard/ithelpdesk/new", []sending{{"screen.png", "image/png", picture(t)}}, "service", "IT/Printers", "subject", "  It   smokes ", "text", "A lot.\r\nReally.", "category", "hardware", "priority", "urgent")
	p := ben.follow(done).want(200)
	if p.text("#subject") != "It smokes" || !strings.Contains(p.text(".said"), "[IT #1001]") || !strings.Contains(p.text(".gal"), "screen.png") {
		t.Errorf("opened: %q, %q, %q", p.text("#subject"), p.text(".said"), p.text(".gal"))
	}
	v := w.view(t, "mia", 1001)
	if v.Priority != core.Urgent || v.Category != "hardware" || v.Requester.Name != "Ben Staff" || w.log(t, "mia", 1001)[0].Text != "A lot.\nReally." {
		t.Errorf("opened %+v", v)
	}
}

func TestOpenTicketKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mia := w.as(t, "mia")
	say := printer(t, core.English)
	typed := map[string]string{"service": "IT/Printers", "subject": "Smoke & <fire>", "text": "A lot.", "category": "phone", "priority": "high", "on_behalf_of": "ben@city.test"}
	for _, c := range []struct{ field, value, key string }{
		{"subject", " ", "error.subject.empty"},
		{"service", "", "error.service.missing"}, {"service", "Nowhere", "error.service.unknown"},
		{"on_behalf_of", "nobody@city.test", "error.open.no_requester"},
		{"on_behalf_of", "ken@vendor.test", "error.open.no_requester"},
		{"category", "weather", "error.category.unknown"},
	} {
		var values []string
		for name, value := range typed {
			if name == c.field {
				value = c.value
			}
			values = append(values, name, value)
		}
		p := mia.upload("/dashboard/ithelpdesk/new", []sending{{"smoke.jpg", "image/jpeg", "x"}}, values...).want(422)
		if got := p.text("#wrong-" + c.field); got != say.T(c.key, c.value) {
			t.Errorf("%s %q reads %q", c.field, c.value, got)
		}
		input := p.one("[aria-invalid]")
		if attr(input, "name")+attr(input, "data-name") != c.field || attr(input, "aria-describedby") != "wrong-"+c.field {
			t.Errorf("%s: %s is marked", c.field, attr(input, "name"))
		}
		kept := fields(p.one("form[enctype]"))
		for name, value := range typed {
			if i := slices.Index(kept, name); name != c.field && (i < 0 || kept[i+1] != value) {
				t.Errorf("%s: %s is lost: %q", c.field, name, kept)
			}
		}
		if !slices.Contains(kept, "kept") || !strings.Contains(p.text(".kept"), "smoke.jpg") {
			t.Errorf("%s: the file is lost", c.field)
		}
	}
}

func TestOpenTicketForOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mia := w.as(t, "mia")
	p := mia.follow(mia.upload("/dashboard/ithelpdesk/new", nil, "service", "IT/Printers", "subject", "Called me", "text", "No toner.", "category", "hardware", "priority", "normal", "on_behalf_of", "eva@city.test")).want(200)
	if got := w.view(t, "eva", 1001); got.Requester.Email != "eva@city.test" || p.text("#subject") != "Called me" {
		t.Errorf("opened for %v", got.Requester)
	}
	// A ticket reporter files for others and does not see what they filed (A60).
	tre := w.as(t, "tre")
	form := tre.get("/dashboard/ithelpdesk/new").want(200)
	if got := services(form); !slices.Equal(got, []string{"IT/Printers"}) || attr(form.one("input[name=service]"), "type") != "hidden" {
		t.Errorf("a reporter's services: %q", got)
	}
	done := tre.upload("/dashboard/ithelpdesk/new", nil, "service", "IT/Printers", "subject", "Somebody called", "text", "No toner.", "category", "hardware", "priority", "normal", "on_behalf_of", "ben@city.test")
	p = tre.follow(done).want(200)
	if !strings.Contains(p.text(".said"), "[IT #1002]") || len(p.find(".row")) != 0 {
		t.Errorf("a reporter reads %q and %q", p.text(".said"), p.text(".list"))
	}
	if got := w.view(t, "ben", 1002); got.Subject != "Somebody called" {
		t.Errorf("filed %+v", got)
	}
	// Whoever has no service at all is told so.
	if got := w.as(t, "root").get("/dashboard/ithelpdesk/new").want(200).text(".sheet"); !strings.Contains(got, printer(t, core.English).T("desk.new.no_service")) {
		t.Errorf("without services it reads %q", got)
	}
}

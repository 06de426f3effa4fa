package helpdesk_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// asking gives Printers three fields, and Network one, of which requesters see floor and site.
func (c *city) asking() {
	c.Helper()
	c.sql(`update service set ticket_fields = '[{"name": "site", "requesters": true, "choices": ["north", "south"]}]' where id = $1`, c.IT)
	c.sql(`update service set ticket_fields = '[{"name": "asset tag"}, {"name": "floor", "requesters": true}]' where id = $1`, c.Printers)
}

func (c *city) openAsking(who string, fields map[string]string) (core.Number, error) {
	return c.tryOpen(who, helpdesk.NewTicket{Service: c.Printers, Subject: "Paper jam", Text: "It jams.", Fields: fields})
}

func (c *city) editFields(who string, n core.Number, fields map[string]string) error {
	return c.as(who, func(a *helpdesk.Act) error {
		_, err := a.EditTicket(c.Context(), n, helpdesk.Edit{Fields: fields}, 0)
		return err
	})
}

func (c *city) has(what string, n core.Number, want map[string]string) {
	c.Helper()
	if got := c.ticket(n).Fields; !maps.Equal(got, want) {
		c.Errorf("%s: the fields are %v, want %v", what, got, want)
	}
}

type fields = map[string]string

// D27: requesters set what is theirs and hear of nothing else; the team sets all.
func TestTicketFieldsWhenOpening(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.asking()
	n, err := c.openAsking("ben", fields{"floor": " 3 ", "site": ""})
	if err != nil {
		t.Fatal(err)
	}
	c.has("opened by ben", n, fields{"floor": "3"})
	for name, field := range map[string]string{"the team's": "asset tag", "nobody's": "color"} {
		_, err := c.openAsking("ben", fields{"floor": "3", field: "x"})
		var refusal *core.Error
		if !errors.As(err, &refusal) || refusal.Field != "fields" || fmt.Sprint(refusal.Args...) != field+"floor, site" {
			t.Errorf("a field that is %s: %v", name, err)
		}
	}
	_, err = c.openAsking("ben", fields{"site": "west"})
	c.refused("none of the choices", core.Invalid, err)
	_, err = c.openAsking("ben", fields{"floor": strings.Repeat("x", 501)})
	c.refused("too long", core.Invalid, err)
	if n, err = c.openAsking("mia", fields{"asset tag": "A-17", "site": "north"}); err != nil {
		t.Fatal(err)
	}
	c.has("opened by mia", n, fields{"asset tag": "A-17", "site": "north"})
	_, err = c.tryOpen("tre", helpdesk.NewTicket{Service: c.Printers, Subject: "x", Text: "x", OnBehalfOf: c.People["ben"], Fields: fields{"asset tag": "A-17"}})
	c.refused("a ticket reporter, who does not see it, sets the team's field", core.Invalid, err)
	_, err = c.tryOpen("net", helpdesk.NewTicket{Service: c.Network, Subject: "x", Text: "x", Fields: fields{"floor": "3"}})
	c.refused("a field of another service", core.Invalid, err)
}

func TestTicketFieldsWhenEditing(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.asking()
	n, err := c.openAsking("ben", fields{"floor": "3"})
	if err != nil {
		t.Fatal(err)
	}
	c.ask("mia", n, core.AllApprove, "pat")
	c.mails()
	if err := c.editFields("ben", n, fields{"floor": "4", "site": "south"}); err != nil {
		t.Fatal(err)
	}
	c.has("edited by ben", n, fields{"floor": "4", "site": "south"})
	c.told("nobody is told of a field, and nobody asked again")
	if err := c.editFields("mia", n, fields{"asset tag": "A-17", "floor": ""}); err != nil {
		t.Fatal(err)
	}
	c.has("edited by mia", n, fields{"asset tag": "A-17", "site": "south"})
	c.refused("ben sets the team's", core.Invalid, c.editFields("ben", n, fields{"asset tag": "A-18"}))
	c.refused("ben guesses what it is", core.Invalid, c.editFields("ben", n, fields{"asset tag": "A-17"}))
	c.refused("ben takes it away", core.Invalid, c.editFields("ben", n, fields{"asset tag": ""}))
	c.refused("nothing new", core.Conflict, c.editFields("mia", n, fields{"asset tag": "A-17"}))
	c.refused("half of it is wrong", core.Invalid, c.editFields("mia", n, fields{"asset tag": "A-18", "site": "west"}))
	for _, who := range []string{"rea", "eva"} {
		if err := c.editFields(who, n, fields{"floor": "5"}); err == nil {
			t.Errorf("%s sets a field", who)
		}
	}
	c.has("after what was refused", n, fields{"asset tag": "A-17", "site": "south"})
	seen := func(who string) (list []string) {
		_, records, err := c.desk.Log(t.Context(), c.People[who], n)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r.Kind == core.KindProperty {
				list = append(list, fmt.Sprintf("%s:%s>%s", r.Change.Field, r.Change.From, r.Change.To))
			}
		}
		return list
	}
	if got := strings.Join(seen("ben"), " "); got != "fields.floor:3>4 fields.site:>south fields.floor:4>" {
		t.Errorf("ben reads %s", got)
	}
	if got := strings.Join(seen("rea"), " "); got != "fields.floor:3>4 fields.site:>south fields.asset tag:>A-17 fields.floor:4>" {
		t.Errorf("rea reads %s", got)
	}
}

// D27: a ticket that moves to a service with other fields keeps what it has. The team sees it and can take it away.
func TestTicketFieldsStayWhenTheTicketMoves(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.asking()
	n, err := c.openAsking("mia", fields{"asset tag": "A-17", "floor": "3", "site": "north"})
	if err != nil {
		t.Fatal(err)
	}
	c.grant(c.Network, core.MainSolver, "mia", 0)
	if err := c.move("mia", n, c.Network); err != nil {
		t.Fatal(err)
	}
	all := fields{"asset tag": "A-17", "floor": "3", "site": "north"}
	c.has("moved", n, all)
	if v, err := c.desk.Ticket(t.Context(), c.People["net"], n); err != nil || !maps.Equal(v.Fields, all) {
		t.Errorf("the team there sees %v, %v", v.Fields, err)
	}
	c.refused("what is not asked there is set", core.Invalid, c.editFields("net", n, fields{"floor": "4"}))
	if err := c.editFields("net", n, fields{"floor": "3", "asset tag": "", "site": "south"}); err != nil {
		t.Fatal(err)
	}
	c.has("cleaned", n, fields{"floor": "3", "site": "south"})
	if err := c.move("mia", n, c.Printers); err != nil {
		t.Fatal(err)
	}
	c.sql("update service set ticket_fields = '[]' where id = $1", c.Printers)
	if v, err := c.desk.Ticket(t.Context(), c.People["sol"], n); err != nil || v.Fields["floor"] != "3" {
		t.Errorf("the team does not see what is not defined any more: %v %v", v.Fields, err)
	}
	for _, s := range []struct{ who, want string }{{"ben", "[site]"}, {"mia", "[site]"}} {
		list, err := c.desk.Services(t.Context(), c.People[s.who])
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			names := []string{}
			for _, f := range v.Fields {
				names = append(names, f.Name)
			}
			if v.ID == c.Printers && fmt.Sprint(names) != s.want {
				t.Errorf("%s can set %v", s.who, names)
			}
		}
	}
}

package core

import (
	"strings"
	"testing"
)

func TestTemplateIsFoundByItsTitle(t *testing.T) {
	t.Parallel()
	list := []*Template{
		{ID: "en", Title: "Welcome", Language: English, Service: 2}, {ID: "es", Title: "Welcome", Language: Spanish, Service: 2},
		{ID: "above", Title: "Welcome", Language: English, Service: 1},
		{ID: "reset", Title: "Contraseña cambiada", Language: Spanish, Service: 1}, {ID: "reset2", Title: "Contraseña caducada", Language: Spanish, Service: 1},
		{ID: "toner", Title: "Toner ordered", Language: English, Service: 2}, {ID: "toner-es", Title: "Tóner pedido", Language: Spanish, Service: 2},
		{ID: "closed", Title: "Closed for the holidays", Language: English, Service: 1}, {ID: "close", Title: "Close", Language: English, Service: 1},
	}
	for _, x := range []struct {
		name     string
		language Language
		want     string
	}{
		{"welcome", English, "en"}, {"WELCOME", Spanish, "es"}, {"Wel", English, "en"}, {"wel", Spanish, "es"},
		{"contrasena cambiada", English, "reset"}, {"CONTRASEÑA CAM", Spanish, "reset"}, {"“Welcome”", English, "en"},
		{"toner", English, "toner"}, {"toner", Spanish, "toner-es"}, {"toner p", English, "toner-es"}, {"close", English, "close"}, {"closed", Spanish, "closed"},
		{"contraseña", English, "error.template.ambiguous “Contraseña cambiada”, “Contraseña caducada”"},
		{"c", Spanish, "error.template.ambiguous “Contraseña cambiada”, “Contraseña caducada”"},
		{"wellcom", English, "error.template.unknown “Welcome”, "}, {"holidays", English, "error.template.unknown “Closed for the holidays”, "},
		{"tonner orderd", Spanish, "error.template.unknown “Toner ordered”, "}, {"...", English, "error.template.which “Welcome”, “Toner ordered”, "},
		{"", Spanish, "error.template.which “Welcome”, “Tóner pedido”, “Contraseña cambiada”, “Contraseña caducada”, “Toner ordered”"},
		{strings.Repeat("x", 5000), English, "error.template.unknown “"},
	} {
		found, err := TemplateCalled(list, x.name, x.language, []ServiceID{2, 1})
		got := ""
		if e, ok := err.(*Error); ok {
			got = e.Key + " " + e.Args[len(e.Args)-1].(string)
		} else {
			got = found.ID
		}
		if got != x.want && (err == nil || !strings.HasPrefix(got, x.want)) {
			t.Errorf("%.50q in %s: %q, want %q", x.name, x.language, got, x.want)
		}
	}
	if _, err := TemplateCalled(nil, "welcome", English, nil); CodeOf(err) != Conflict {
		t.Errorf("of none: %v", err)
	}
}

// A template serves in the service that it belongs to and below; who uses it needs the right in its own service.
func TestTemplateServices(t *testing.T) {
	t.Parallel()
	ana, ben := &Person{ID: 1}, &Person{ID: 2}
	d := &Directory{Services: map[ServiceID]*Service{1: {ID: 1}, 2: {ID: 2, Parent: 1, Inherit: true}, 3: {ID: 3, Parent: 2}, 4: {ID: 4, Archived: true}},
		Grants: map[ServiceID][]Grant{1: {{Role: Manager, Person: ana.ID}}, 3: {{Role: Solver, Person: ana.ID}, {Role: Solver, Person: ben.ID}}, 4: {{Role: Solver, Person: ana.ID}}}}
	for i, x := range []struct {
		p    *Person
		in   ServiceID
		want int
	}{{ana, 3, 3}, {ana, 2, 2}, {ana, 1, 1}, {ana, 4, 0}, {ana, 0, 3}, {ben, 3, 1}, {ben, 2, 0}, {ben, 0, 1}, {nil, 3, 0}} {
		if got := d.TemplateServices(x.p, x.in); len(got) != x.want || x.in != 0 && x.want > 0 && got[0] != x.in {
			t.Errorf("%d: %v, want %d", i, got, x.want)
		}
	}
}

package desk_test

import (
	"strings"
	"testing"

	"postdesk/core"
)

// The list of reply templates opens to everybody who sees the ticket; what stands in it is for those alone who have the row
// (A27), and never what belongs to another service.
func TestReplyTemplatesAreForWhoUsesThem(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	for _, place := range []string{"Stacks", "Annex"} {
		c.exec(t, `insert into template (id, kind, service_id, title, text, language, created_at, updated_at)
			values (gen_random_uuid(), 'reply', $1, 'Card of ' || $2::text, 'Thank you.', 'en', now(), now())`, c.services[place], place)
	}
	shown := 0
	for _, place := range []string{"Stacks", "Shelf"} {
		k := c.ticket(place, "open")
		for _, p := range players {
			columns := c.matrix.columns(p, k)
			if p.name == "nobody" || len(columns) == 0 {
				continue
			}
			page := c.browsers[p.name].get(at(k.number) + "/templates").want(200)
			got, want := strings.Contains(string(page.body), "Card of Stacks"), c.matrix.has(columns, core.TemplateUse)
			if got != want {
				t.Errorf("%s: %s is offered the template: %v, want %v", place, p.name, got, want)
			}
			if strings.Contains(string(page.body), "Card of Annex") {
				t.Errorf("%s: %s is offered a template of another service", place, p.name)
			}
			if got {
				shown++
			}
		}
	}
	if shown != 8 {
		t.Errorf("the template is offered %d times", shown)
	}
}

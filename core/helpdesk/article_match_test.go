package helpdesk_test

import (
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// know writes an article of knowledge.
func (c *city) know(who, title, text string, changes ...func(*helpdesk.ArticleWriting)) {
	c.Helper()
	changes = append([]func(*helpdesk.ArticleWriting){func(w *helpdesk.ArticleWriting) { w.Text = &text }}, changes...)
	if _, err := c.desk.AddArticle(c.Context(), c.actor(who), core.Knowledge, writing(title, changes...)); err != nil {
		c.Fatal(err)
	}
}

func inSpanish(w *helpdesk.ArticleWriting) {
	es := core.Spanish
	w.Language = &es
}

func TestKnowledgeThatFitsWhatIsWritten(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.know("mia", "Paper jams in the payroll printer", "Open the rear door and pull the sheet out slowly.", forAll)
	c.know("mia", "Atasco de papel en la impresora", "Abre la puerta trasera y saca la hoja.", forAll, inSpanish)
	c.know("mia", "VPN from home", "Start the client before you open the mail. The printer of the office is reached too.", forAll)
	c.know("mia", "Rear door of printers: what the vendor charges", "For jams by envelopes too.")
	find := func(who, text string, language core.Language) string {
		t.Helper()
		list, err := c.desk.Matching(c.Context(), c.People[who], text, language, 3)
		if err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, v := range list {
			titles = append(titles, v.Title)
		}
		return strings.Join(titles, " | ")
	}
	jams, atasco, vpn, vendor := "Paper jams in the payroll printer", "Atasco de papel en la impresora", "VPN from home", "Rear door of printers: what the vendor charges"
	for _, x := range []struct{ who, text, language, want string }{
		{"ben", "My printer jammed again", "en", jams}, // by stems; one word in the text of another article is too little
		{"ben", "las impresoras se atascan", "es", atasco},
		{"ben", "Impresión y PAPEL", "es", atasco},
		{"mia", "printer jam, rear door", "en", vendor + " | " + jams}, // the team's for the team alone
		{"ben", "the of and with for", "en", ""},
		{"ben", "coffee machine", "en", ""},
		{"ben", "", "en", ""},
		{"ben", "vpn'; drop table article; -- \x00 | & ! ( <-> :* \\", "en", vpn},
		{"ben", strings.Repeat("vpn ", 5000), "en", vpn},
		{"tre", "vpn printer jam", "en", ""}, // no requester: reads nothing (roles.csv)
		{"root", "vpn printer jam", "en", ""},
	} {
		if got := find(x.who, x.text, core.Language(x.language)); got != x.want {
			t.Errorf("%s writes %.40q in %s and is shown %q, want %q", x.who, x.text, x.language, got, x.want)
		}
	}
}

package helpdesk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Who leaves something out is told that it is missing, and who writes a word that is none reads which there are.
func TestRefusalsSayWhatIsMissingAndNameTheChoices(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	kind, empty, title, printers := core.ReplyTemplate, "", "Welcome", "Printers"
	c.refusedWith("a ticket without service", "error.service.missing", c.as("ben", func(a *helpdesk.Act) error {
		_, err := a.OpenTicket(t.Context(), helpdesk.NewTicket{Subject: "Jam", Text: "It jams."})
		return err
	}))
	for key, w := range map[string]helpdesk.TemplateWriting{
		"error.service.missing":       {Kind: &kind, Service: &empty, Title: &title, Text: &title},
		"error.template.kind_missing": {Service: &printers, Title: &title, Text: &title},
		"error.template.text":         {Kind: &kind, Service: &printers, Title: &title, Text: &empty},
	} {
		_, err := c.desk.AddTemplate(t.Context(), c.actor("sol"), w)
		c.refusedWith(key, key, err)
	}
	_, err := c.desk.AddArticle(t.Context(), c.actor("mia"), core.Knowledge, helpdesk.ArticleWriting{})
	c.refusedWith("an article without service", "error.service.missing", err)

	_, _, in := c.desk.InboundMail(t.Context(), c.People["root"], "nope", 0, 1)
	_, _, out := c.desk.OutboundMail(t.Context(), c.People["root"], "nope", 0, 1)
	notice := c.desk.SetNotice(t.Context(), c.actor("ben"), helpdesk.NoticeChoice{Reason: "weather"})
	for choice, err := range map[string]error{string(core.InboundParked): in, string(core.OutboundBounced): out, "participant": notice} {
		var refusal *core.Error
		if !errors.As(err, &refusal) || len(refusal.Args) != 2 || !slices.Contains(strings.Split(fmt.Sprint(refusal.Args[1]), ", "), choice) {
			t.Errorf("%v does not name %s", err, choice)
		}
	}
}

package leak_test

import (
	"strings"

	"postdesk/admin/api"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// canned writes a reply template with everything that can be filled in, and a vendor's solver answers the requester with it:
// what is filled in goes to those who see least.
func (p *play) canned() {
	p.Helper()
	kind, service, title := core.ReplyTemplate, "Printers", "zztemplate"
	var text strings.Builder
	for _, name := range []string{"requester.name", "requester.first_name", "ticket.number", "ticket.tag", "ticket.subject", "service", "solver.name", "me.name", "desk"} {
		text.WriteString(name + ": {{" + name + "}}\n")
	}
	all := text.String()
	v, err := p.help.AddTemplate(p.Context(), core.Actor{Person: p.people["sol"], Via: core.ViaDesk, Level: core.SignedIn},
		helpdesk.TemplateWriting{Kind: &kind, Service: &service, Title: &title, Text: &all})
	p.ok(err)
	p.template = v.ID
	p.do("vic", func(a *helpdesk.Act) error {
		_, filled, err := a.ReplyNamed(p.Context(), p.ticket, "zztemp")
		if err != nil {
			return err
		}
		if !strings.Contains(filled, "ticket.number: "+number(p.ticket)+"\n") {
			p.Errorf("filled in: %s", filled)
		}
		yes := true
		return only(a.AddRecord(p.Context(), p.ticket, helpdesk.NewRecord{Text: filled, Show: &yes}))
	})
}

// templates asks for it in every way; who may not use it neither sees it nor learns of it.
func (p *play) templates(who string) {
	p.Helper()
	may := p.allows(who, "template")
	for _, query := range []string{"", "?kind=reply", "?service=Printers", "?kind=reply&ticket=" + number(p.ticket)} {
		got := p.get(who, api.Base+"/templates"+query)
		if strings.Contains(got, p.template) != may && !(strings.Contains(query, "ticket=") && strings.HasPrefix(got, "404 ")) {
			p.Errorf("%s asks for templates%s: %.300s", who, query, got)
		}
	}
	if got := p.get(who, api.Base+"/templates/"+p.template); strings.HasPrefix(got, "200 ") != may || !may && !strings.HasPrefix(got, "404 ") {
		p.Errorf("%s reads a template: %.300s", who, got)
	}
	if got := p.send(who, "PUT", api.Base+"/templates/"+p.template, map[string]string{"text": "x"}, "If-Match", "7"); !may && !strings.HasPrefix(got, "404 ") {
		p.Errorf("%s writes a template: %.300s", who, got)
	}
}

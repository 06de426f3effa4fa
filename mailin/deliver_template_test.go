package mailin

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// template writes a reply template in a service.
func (o *office) template(who string, service, title, text string, language core.Language) {
	o.Helper()
	kind := core.ReplyTemplate
	_, err := o.desk.AddTemplate(o.Context(), core.Actor{Person: o.People[who], Via: core.ViaAPI, Level: core.SignedIn},
		helpdesk.TemplateWriting{Kind: &kind, Service: &service, Title: &title, Text: &text, Language: &language})
	if err != nil {
		o.Fatal(err)
	}
}

// #template answers the requester with a filled template, in their language, and the text below follows it in one message.
func TestTemplateCommand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sql("insert into role_grant (service_id, role, person_id) values ($1, 'solver', $2)", o.IT, o.People["sol"].ID)
	o.template("sol", "Printers", "Welcome", "Hello {{requester.first_name}},\nwe have {{ticket.tag}}. {{me.name}}", core.English)
	o.template("sol", "Printers", "Bienvenida", "Hola, {{solicitante.nombre_de_pila}}:\ntenemos {{ticket.etiqueta}}. {{yo.nombre}}", core.Spanish)
	o.template("sol", "IT", "Toner", "Toner is on its way.", core.English)
	o.template("sol", "IT", "Tóner", "El tóner va en camino.", core.Spanish)
	o.template("sol", "Printers", "Closed today", "{{solver.name}}", core.English)
	o.template("net", "Network", "Router", "Restart it.", core.English)
	bens := o.open(post{top: passed, subject: "{{me.name}}"})
	evas := o.open(post{top: passed, from: "eva@city.test"})
	tag := func(n core.Number) string {
		dir, err := o.desk.Directory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return dir.Desk.Tag(n)
	}
	for i, x := range []struct {
		who     string
		n       core.Number
		body    string
		account string
		last    string
	}{
		{"sol", bens, "#template welcome", "#template welcome done “Welcome”; told Ben Staff", "message shown: Hello Ben,\nwe have " + tag(bens) + ". Sol Vega"},
		{"mia", bens, "#Plantilla WELC\nMore soon.\n\nM.", "#template WELC done “Welcome”; text reply; told Ben Staff", "message shown: Hello Ben,\nwe have " + tag(bens) + ". Mia Main\n\nMore soon.\n\nM."},
		{"sol", evas, "#plantilla bienvenida", "#template bienvenida done “Bienvenida”; told Eva Ruiz", "message shown: Hola, Eva:\ntenemos " + tag(evas) + ". Sol Vega"},
		{"sol", evas, "#template toner", "#template toner done “Tóner”; told Eva Ruiz", "message shown: El tóner va en camino."},
		{"sol", bens, "#template toner", "#template toner done “Toner”; told Ben Staff", "message shown: Toner is on its way."},
		{"mia", bens, "#template toner\nHm.", "#template toner refused error.template.unknown; text note; told Sol Vega", "note hidden: Hm."},
		{"sol", bens, "#template router", "#template router refused error.template.unknown", ""},
		{"sol", bens, "#template closed", "#template closed refused error.template.empty", ""},
		{"sol", bens, "#template", "#template refused error.template.which", ""},
		{"sol", bens, "#template\nHm.", "#template refused error.template.which; text note", "note hidden: Hm."},
		{"sol", bens, "#template welcome\n#note\nHm.", "#template welcome done “Welcome”; #note done; text note; told Ben Staff", "message shown: Hello Ben,\nwe have " + tag(bens) + ". Sol Vega"},
		{"man", bens, "#template welcome", "#template welcome done “Welcome”; told Ben Staff", "message shown: Hello Ben,\nwe have " + tag(bens) + ". Man Ager"},
		{"rea", bens, "#template welcome\nHm.", "#template welcome refused error.forbidden; text note", "note hidden: Hm."},
		{"ben", bens, "#template welcome\nHm.", "#template welcome refused error.forbidden; text note", "mail hidden: Hm."},
		{"sol", bens, "#template welcome\n#resolve\nBye.", "#template welcome done “Welcome”; #resolve done; text reply; told Ben Staff", "message shown: Hello Ben,\nwe have " + tag(bens) + ". Sol Vega\n\nBye."},
	} {
		p := o.order(x.who, x.n, x.body)
		o.mails()
		row := o.send(p)
		o.is(x.body, row, core.InboundApplied, x.n)
		r := o.receipt(x.who)
		if got := account(r); !strings.HasPrefix(got, strings.Split(x.account, "; told")[0]) || strings.Contains(x.account, "; told B") && !strings.Contains(got, "Ben Staff") {
			t.Errorf("%d %s: %q\nreceipt %s\nwant    %s", i, x.who, x.body, got, x.account)
		}
		if len(r.Lines) > 0 && r.Lines[0].Reason == "error.template.unknown" && (len(r.Lines[0].Args) != 2 || !strings.Contains(r.Lines[0].Args[1], "“Welcome”") || strings.Contains(r.Lines[0].Args[1], "Router")) {
			t.Errorf("%d: the receipt names %q", i, r.Lines[0].Args)
		}
		if len(r.Lines) > 0 && r.Lines[0].Reason == "error.template.which" && fmt.Sprint(r.Lines[0].Args) != "[“Closed today”, “Welcome”, “Toner”, “Bienvenida”]" {
			t.Errorf("%d: the receipt offers %q", i, r.Lines[0].Args)
		}
		if x.last == "" {
			continue
		}
		last := o.last(x.n)
		if got := string(last.Kind) + map[bool]string{true: " shown: ", false: " hidden: "}[last.ShowToRequester] + last.Text; got != x.last {
			t.Errorf("%d %s: %q: the record is %q, want %q", i, x.who, x.body, got, x.last)
		}
		if !strings.Contains(x.body, "#note") && (last.Inbound != row.ID || last.Verified == nil) { // there the note has it
			t.Errorf("%d: the record knows its mail as %d, proven %v", i, last.Inbound, last.Verified)
		}
	}
	if ticket := o.ticket(bens); ticket.Status != core.Resolved || ticket.FirstResponse.IsZero() {
		t.Errorf("the ticket is %s, first answered %v", ticket.Status, ticket.FirstResponse)
	}
	if got := o.mails(); slices.ContainsFunc(got, func(m string) bool { return strings.Contains(m, "eva") }) {
		t.Errorf("others were told: %q", got)
	}
}

// At an address that proves too little, and for whom no address proves, a template waits like every other command.
func TestTemplateCommandNeedsProof(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.template("sol", "Printers", "Welcome", "Hello", core.English)
	n := o.open(post{top: passed})
	records := len(o.records(n))
	for what, p := range map[string]post{
		"note address": {top: passed, from: "sol@city.test", to: o.lend("sol", n, "n"), body: "#template welcome"},
		"no token":     {from: "sol@city.test", subject: fmt.Sprintf("Re: [IT #%d] Paper jam", n), body: "#template welcome"},
	} {
		if row := o.send(p); row.State == core.InboundApplied || len(o.records(n)) != records {
			t.Errorf("%s: %s (%s)", what, row.State, row.Reason)
		}
	}
}

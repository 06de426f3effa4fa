package mailout

import (
	"strings"
	"testing"

	"postdesk/core"
)

// receiptSamples are answers to mails by which somebody worked.
func receiptSamples() map[string]core.Outgoing {
	receipt := func(role core.Role, r core.Receipt, changes ...func(*core.Outgoing)) core.Outgoing {
		return sample(core.EventReceipt, role, "receipt", noPerson, append(changes, content(func(k *core.Content) {
			k.Receipt, k.InReplyTo = &r, "command@pc.city.test"
			k.References = append(k.References, k.InReplyTo)
			if r.Confirm != "" {
				k.Link = r.Confirm
			}
		}), func(o *core.Outgoing) {
			if r.Confirm != "" {
				o.Reason = "in_your_name"
			}
		})...)
	}
	done := func(command, argument string) core.ReceiptLine {
		return core.ReceiptLine{Command: command, Argument: argument, Outcome: core.CommandDone}
	}
	unproven := content(func(k *core.Content) { k.Ticket.Subject = "" })
	const confirm = "/confirm/0199d0a0-0000-7000-8000-000000000077"
	return map[string]core.Outgoing{
		"receipt-done": receipt(core.Solver, core.Receipt{Text: core.TextReply, Told: []string{"Ben Ortega", "Cleo Paz"},
			Lines: []core.ReceiptLine{done("take", ""), done("priority", "high"), done("waiting", "")}}),
		"receipt-partly": receipt(core.Solver, core.Receipt{Text: core.TextNote, Told: []string{"Gus Grau"}, Lines: []core.ReceiptLine{
			done("note", ""), done("group", "Field"),
			{Command: "assign", Argument: "sol", Outcome: core.CommandRefused, Reason: "error.person.ambiguous", Args: []string{"sol", "Sol Paz <sol.paz@city.test>, Sol Vega <sol@city.test>"}},
			{Command: "template", Argument: "welcome", Outcome: core.CommandRefused, Reason: "error.template.unknown", Args: []string{"welcome", "“Toner”, “Closed”"}},
		}}),
		"receipt-template": receipt(core.Solver, core.Receipt{Text: core.TextNote, Told: []string{"Ben Ortega"}, Lines: []core.ReceiptLine{
			{Command: "template", Argument: "wel", Outcome: core.CommandDone, Args: []string{"Welcome"}}, done("note", ""),
			{Command: "template", Outcome: core.CommandRefused, Reason: "error.template.which", Args: []string{"“Toner”, “Closed”"}},
		}}),
		"receipt-refused": receipt(core.Solver, core.Receipt{Lines: []core.ReceiptLine{
			{Command: "resolve", Outcome: core.CommandRefused, Reason: "error.status.done", Args: []string{"closed"}}}, Text: core.TextNote}),
		"receipt-undecided": receipt(core.Approver, core.Receipt{Approval: "0199d0a0-0000-7000-8000-000000000078", Text: core.TextNote}, content(func(k *core.Content) {
			k.ReplyAddress, k.Decides = "it+a.d8c3m2@city.test", true
		})),
		"receipt-undecided-page": receipt(core.Approver, core.Receipt{Approval: "0199d0a0-0000-7000-8000-000000000078", Text: core.TextNote}, content(func(k *core.Content) {
			k.ReplyAddress, k.NoteAddress = "it@city.test", ""
		})),
		"receipt-undecided-changed": receipt(core.Approver, core.Receipt{Undecided: "error.approval.changed", Text: core.TextNote}),
		"receipt-unknown":           receipt(core.Solver, core.Receipt{Unknown: "asing", Near: []string{"assign", "asignar"}, Text: core.TextNote}),
		"receipt-unlike":            receipt(core.Solver, core.Receipt{Unknown: "xylophone", Help: true, Text: core.TextNote}),
		"receipt-help":              receipt(core.Solver, core.Receipt{Help: true, Lines: []core.ReceiptLine{done("help", "")}}),
		"receipt-forward":           receipt(core.Solver, core.Receipt{Text: core.TextNote}),
		"receipt-opened_for":        receipt(core.Solver, core.Receipt{Text: core.TextOpened, Told: []string{"Ben Ortega"}}),
		"receipt-decided":           receipt(core.Approver, core.Receipt{Lines: []core.ReceiptLine{done("approve", "")}}),
		"receipt-confirm":           receipt(core.Solver, core.Receipt{Confirm: confirm, Text: core.TextHeld, Lines: []core.ReceiptLine{{Command: "merge", Argument: "1040", Outcome: core.CommandConfirm}}}),
		"receipt-kept":              receipt(core.Solver, core.Receipt{Confirm: confirm, Text: core.TextNote}, unproven),
		"receipt-unproven":          receipt(core.Solver, core.Receipt{Confirm: confirm, Text: core.TextHeld, Near: []string{"take"}}, unproven),
		"receipt-stop": receipt(core.Requester, core.Receipt{Lines: []core.ReceiptLine{
			{Command: "stop", Outcome: core.CommandDone, Args: []string{"participant", "IT services"}}}}),
		"receipt-stop-unseen": receipt("", core.Receipt{Lines: []core.ReceiptLine{
			{Command: "stop", Outcome: core.CommandDone, Args: []string{"participant", "IT services"}}}}, func(o *core.Outgoing) {
			k := &o.Content
			o.Ticket, k.ReplyAddress, k.NoteAddress, k.Link, k.Ticket = 0, "it@city.test", "", "", core.View{Number: 1042, Tag: "[IT #1042]"}
		}),
		"receipt-start": receipt(core.Solver, core.Receipt{Lines: []core.ReceiptLine{
			{Command: "start", Outcome: core.CommandDone, Args: []string{"new_ticket", "IT/Printers"}}}}),
		"receipt-stop-always": receipt(core.Solver, core.Receipt{Lines: []core.ReceiptLine{
			{Command: "stop", Outcome: core.CommandRefused, Reason: "error.quiet.always", Args: []string{"approver", "IT/Printers"}}}}),
		"receipt-stop-unproven": receipt(core.Requester, core.Receipt{Lines: []core.ReceiptLine{
			{Command: "stop", Outcome: core.CommandRefused, Reason: "error.quiet.unproven", Args: []string{"requester", "IT/Printers"}}}}, unproven),
		"receipt-requester": receipt(core.Requester, core.Receipt{Text: core.TextMessage, Told: []string{"Sol Vega"}, Lines: []core.ReceiptLine{done("close", "")}}),
		"receipt-passed_on": receipt("", core.Receipt{Lines: []core.ReceiptLine{done("assign", "gus")}}, func(o *core.Outgoing) {
			o.Ticket, o.Content = 0, core.Content{Desk: "IT", FromName: "IT", FromAddress: "it@city.test", ReplyAddress: "it@city.test", RequesterSide: true,
				Ticket: core.View{Number: 1042, Tag: "[IT #1042]"}, References: []string{}}
		}),
	}
}

// What a receipt promises to do with a reply is true, and only who may confirm is led to the page.
func TestReceiptLeadsOn(t *testing.T) {
	t.Parallel()
	r, all := newRenderer(t), receiptSamples()
	for name, want := range map[string]struct{ has, lacks []string }{
		"receipt-done":              {[]string{"Reply to this mail and Ben gets your answer.", "Open the ticket: https://desk.city.test/dashboard/ithelpdesk/1042", "Told by mail: Ben Ortega, Cleo Paz."}, []string{"Look and confirm"}},
		"receipt-template":          {[]string{"“Welcome” went to Ben.", "Your text is an internal note.", "Write one of these behind it: “Toner”, “Closed”."}, []string{"Your text went"}},
		"receipt-confirm":           {[]string{"Look and confirm: https://desk.city.test/confirm/", "a mail in your name came to IT"}, []string{"Reply to this mail"}},
		"receipt-undecided":         {[]string{"Nothing is decided yet.", "reply to this mail with approve or reject"}, []string{"#approve", "Not done", "gets your answer"}},
		"receipt-undecided-page":    {[]string{"Nothing is decided yet.", "open the ticket"}, []string{"approve or reject"}},
		"receipt-undecided-changed": {[]string{"Your mail decides nothing."}, []string{"#approve", "approve or reject", "yet"}},
		"receipt-passed_on":         {[]string{"#assign gus"}, []string{"eply to this mail", "https://", "Payroll"}},
		"receipt-unproven":          {[]string{"[IT #1042]", "Did you mean #take?"}, []string{"Payroll"}},
		"receipt-requester":         {[]string{"To answer, reply to this mail."}, []string{"Internal"}},
		"receipt-unknown":           {[]string{"#asing is no command", "Did you mean #assign or #asignar?"}, []string{"#help"}},
		"receipt-stop":              {[]string{"answer this mail with the one word start"}, nil},
		"receipt-stop-unseen":       {[]string{"not this one, with the one word start"}, []string{"answer this mail"}},
		"receipt-unlike":            {[]string{"#xylophone is no command", "- #take · #tomar\n", "Commands go on"}, nil},
	} {
		l := letterOf(t, r, all[name])
		for _, s := range want.has {
			if !strings.Contains(l.Subject+"\n"+l.Text, s) {
				t.Errorf("%s lacks %q:\n%s", name, s, l.Text)
			}
		}
		for _, s := range want.lacks {
			if strings.Contains(l.Subject+"\n"+l.Text, s) {
				t.Errorf("%s has %q:\n%s", name, s, l.Text)
			}
		}
		if l.AutoSubmitted != "auto-replied" {
			t.Errorf("%s: Auto-Submitted: %s", name, l.AutoSubmitted)
		}
	}
	es := all["receipt-help"]
	es.Language = core.Spanish
	if l := letterOf(t, r, es); !strings.Contains(l.Text, "- #tomar · #take\n") {
		t.Errorf("the Spanish list does not begin with the Spanish words:\n%s", l.Text)
	}
}

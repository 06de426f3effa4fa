package mailin

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// lend makes the ticket's newest address for replies (r) or notes (n) somebody's, as if a notice of it had gone to them.
func (o *office) lend(who string, n core.Number, letter string) (address string) {
	o.Helper()
	field := map[string]string{"r": "reply_address", "n": "note_address"}[letter]
	err := o.Store.Pool().QueryRow(o.Context(), `select content->>$3 from outbox join outbox_content on outbox_id = id
		where ticket_number = $1 and content->>$3 like '%+' || $2 || '.%' order by seq desc limit 1`, n, letter, field).Scan(&address)
	if err != nil {
		o.Fatalf("no address of ticket %d: %v", n, err)
	}
	o.sql("update reply_token set person_id = $1, uses = 0, revoked_at = null where ticket_number = $2", o.People[who].ID, n)
	return address
}

// order is a mail of somebody's to a ticket, sent to a reply address of theirs that nobody has used, and proven.
func (o *office) order(who string, n core.Number, body string) post {
	o.Helper()
	top := passed
	if d := core.DomainOf(o.People[who].Email); d != "city.test" {
		top = strings.Replace(passed, "header.from=city.test", "header.from="+d, 1)
	}
	return post{top: top, from: o.People[who].Email, to: o.lend(who, n, "r"), subject: fmt.Sprintf("Re: [IT #%d] Paper jam", n), body: strings.ReplaceAll(body, "\n", "\r\n")}
}

// account says a receipt in one line: commands with what became of them, the text, and who was told.
func account(r core.Receipt) string {
	var parts []string
	for _, l := range r.Lines {
		s := strings.TrimSpace("#"+l.Command+" "+l.Argument) + " " + string(l.Outcome)
		if l.Reason != "" {
			s += " " + l.Reason
		} else if l.Command == "template" && len(l.Args) == 1 {
			s += " “" + l.Args[0] + "”"
		}
		parts = append(parts, s)
	}
	if r.Unknown != "" {
		parts = append(parts, fmt.Sprintf("unknown %s, near %v", r.Unknown, r.Near))
	}
	if r.Text != "" {
		parts = append(parts, "text "+string(r.Text))
	}
	if len(r.Told) > 0 {
		parts = append(parts, "told "+strings.Join(r.Told, ", "))
	}
	if r.Help {
		parts = append(parts, "help")
	}
	if r.Confirm != "" {
		parts = append(parts, "confirm")
	}
	return strings.Join(parts, "; ")
}

// state is what commands change of a ticket, in one line.
func (o *office) state(n core.Number) string {
	o.Helper()
	t := o.ticket(n)
	s := fmt.Sprintf("%s %s %s", t.Status, t.Priority, t.Category)
	if t.Solver != nil {
		s += " solver " + t.Solver.Name
	}
	if t.Group != 0 {
		s += " in group"
	}
	for _, p := range t.Participants {
		s += " with " + p.Name
	}
	for _, p := range t.Followers {
		s += " followed by " + p.Name
	}
	for _, a := range t.Approvals {
		s += fmt.Sprintf(" asks %d of %s: %s", len(a.Approvers), a.Rule, a.State)
	}
	if t.Service != o.Printers {
		s += " moved"
	}
	if t.MergedInto != 0 {
		s += " merged"
	}
	return s
}

// A day's work by mail, in both languages: each mail ends in one receipt, which says what became of it.
func TestWorkingByMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.open(post{top: passed})
	other := o.open(post{top: passed, subject: "Same jam"})
	for i, x := range []struct{ who, body, state, account, last string }{
		{"sol", "#take", "triaged normal other solver Sol Vega", "#take done", ""},
		{"sol", "#Prioridad ALTA\n#categoría red\n#estado en curso", "in_progress high network solver Sol Vega", "#priority ALTA done; #category red done; #status en curso done", ""},
		{"sol", "#nota\nSe trabó otra vez.", "in_progress high network solver Sol Vega", "#note done; text note", "note hidden: Se trabó otra vez."},
		{"sol", "#nota Llamar a Ben", "in_progress high network solver Sol Vega", "#note done; text note", "note hidden: Llamar a Ben"},
		{"sol", "#waiting\nPlease open tray 2.", "waiting high network solver Sol Vega", "#waiting done; text reply; told Ben Staff", "message shown: Please open tray 2."},
		{"sol", "#publica\nAbre la bandeja.", "waiting high network solver Sol Vega", "#public done; text reply; told Ben Staff", "message shown: Abre la bandeja."},
		{"sol", "#assign gus\nPlease look.", "waiting high network solver Gus Group", "#assign gus done; text reply; told Gus Group, Ben Staff", "message shown: Please look."},
		{"mia", "#grupo field", "waiting high network in group", "#group field done; told Gus Group, Gil Group", ""},
		{"mia", "#asignar vega\n#note\nFor you.", "waiting high network solver Sol Vega", "#assign vega done; #note done; text note; told Sol Vega", "note hidden: For you."},
		{"mia", "#devolver", "triaged high network", "#return done; told Sol Vega", ""},
		{"mia", "#participante eva@city.test\n#follow Pat", "triaged high network with Eva Ruiz followed by Pat Police", "#participant eva@city.test done; #follow Pat done", ""},
		{"mia", "#ask any man, rea\nMay we buy a roller?", "triaged high network with Eva Ruiz followed by Pat Police asks 2 of any: pending", "#ask any man, rea done; told Man Ager, Rea Der", ""},
		{"mia", "#plantilla hola", "triaged high network with Eva Ruiz followed by Pat Police asks 2 of any: pending", "#template hola refused error.template.none", ""},
		{"mia", "#help", "triaged high network with Eva Ruiz followed by Pat Police asks 2 of any: pending", "#help done; help", ""},
		{"sol", "#tomar\n#asing mia\nHi", "triaged high network with Eva Ruiz followed by Pat Police asks 2 of any: pending", "unknown asing, near [assign]; text note; told Mia Main, Pat Police", "note hidden: #tomar\n#asing mia\nHi"},
		{"sol", "#tomar\n#resolver\nRodillo nuevo.", "resolved high network solver Sol Vega with Eva Ruiz followed by Pat Police asks 2 of any: cancelled", "#take done; #resolve done; text reply; told Ben Staff, Eva Ruiz, Pat Police", "message shown: Rodillo nuevo."},
		{"sol", "#resolve\nOnce more.", "resolved high network solver Sol Vega with Eva Ruiz followed by Pat Police asks 2 of any: cancelled", "#resolve refused error.status.done; text note; told Pat Police", "note hidden: Once more."},
		{"ben", "#close\nThank you.", "closed high network solver Sol Vega with Eva Ruiz followed by Pat Police asks 2 of any: cancelled", "#close done; text message; told Sol Vega, Eva Ruiz", "message shown: Thank you."},
		{"eva", "#reabrir\nSigue igual.", "in_progress high network solver Sol Vega with Eva Ruiz followed by Pat Police asks 2 of any: cancelled", "#reopen done; text message; told Sol Vega, Ben Staff", "message shown: Sigue igual."},
		{"ben", "#take\nPlease hurry.", "in_progress high network solver Sol Vega with Eva Ruiz followed by Pat Police asks 2 of any: cancelled", "#take refused error.forbidden; text message; told Sol Vega, Eva Ruiz", "message shown: Please hurry."},
		{"ben", "#note\nDo not tell Eva.", "in_progress high network solver Sol Vega with Eva Ruiz followed by Pat Police asks 2 of any: cancelled", "#note refused error.record.note_by_requester; text note", "mail hidden: Do not tell Eva."},
		{"mia", fmt.Sprintf("#unir #%d", other), "closed high network solver Sol Vega with Eva Ruiz followed by Pat Police asks 2 of any: cancelled merged", fmt.Sprintf("#merge #%d done", other), ""},
	} {
		p := o.order(x.who, n, x.body)
		o.mails()
		row := o.send(p)
		o.is(x.body, row, core.InboundApplied, 0)
		if got := o.state(n); got != x.state {
			t.Errorf("%d %s: %q\nmakes it %s\nwant     %s", i, x.who, x.body, got, x.state)
		}
		if got := account(o.receipt(x.who)); got != x.account {
			t.Errorf("%d %s: %q\nreceipt %s\nwant    %s", i, x.who, x.body, got, x.account)
		}
		receipts := slices.DeleteFunc(o.mails(), func(m string) bool { return !strings.HasPrefix(m, "receipt ") })
		if !slices.Equal(receipts, []string{"receipt " + x.who}) {
			t.Errorf("%d %q: receipts %q", i, x.body, receipts)
		}
		if x.last != "" {
			r := o.last(n)
			got := string(r.Kind) + map[bool]string{true: " shown: ", false: " hidden: "}[r.ShowToRequester] + r.Text
			if got != x.last {
				t.Errorf("%d %q: the record is %q, want %q", i, x.body, got, x.last)
			}
		}
	}
}

// Each command goes through the same operation as the page's button, so the same matrix: who is refused there is refused
// here, and nothing happens. The oracle is the matrix of roles, for an unassigned ticket of ben's.
func TestCommandsObeyTheMatrix(t *testing.T) {
	t.Parallel()
	solves := "mia sol gus man" // A13
	for command, c := range map[string]struct{ body, may string }{
		"take":        {"#take", "mia sol gus"},                                           // A11
		"assign":      {"#asignar vic", "mia sol gus man"},                                // A12
		"group":       {"#group Field", "mia sol gus man"},                                // A12
		"status":      {"#status in progress", solves},                                    // A13
		"waiting":     {"#esperar", solves},                                               // A13
		"resolve":     {"#resolve", solves},                                               // E7
		"priority":    {"#priority low", solves},                                          // D1
		"category":    {"#categoria red", solves},                                         // D1
		"public":      {"#public\nHello.", solves + " ben eva"},                           // A20, D7
		"note":        {"#nota\nHola.", "mia sol gus man rea pat"},                        // A20, D14
		"participant": {"#participante net@city.test", "mia sol gus man rea ben eva pat"}, // D15
		"follow":      {"#seguidor net@city.test", "mia sol gus man rea pat"},             // D14
		"ask":         {"#pedir net@city.test", "mia sol gus man"},                        // E13
		"move":        {"#move Network", "mia"},                                           // E6: who works there too
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.sql("insert into role_grant (service_id, role, person_id) values ($1, 'solver', $2)", o.Network, o.People["mia"].ID)
			for _, who := range []string{"mia", "sol", "gus", "man", "rea", "ben", "eva", "pat"} {
				n := o.open(post{top: passed})
				o.do("mia", func(a *helpdesk.Act) error {
					_, err := a.AddFollower(t.Context(), n, o.People["pat"], 0)
					if err == nil {
						_, err = a.AddParticipant(t.Context(), n, o.People["eva"], 0)
					}
					return err
				})
				before := o.state(n)
				o.is(who, o.send(o.order(who, n, c.body)), core.InboundApplied, n)
				line := o.receipt(who).Lines[0]
				if may := slices.Contains(strings.Fields(c.may), who); may != (line.Outcome == core.CommandDone) {
					t.Errorf("%s: %s %s, while the matrix says %v", who, line.Outcome, line.Reason, may)
				} else if !may && o.state(n) != before {
					t.Errorf("%s was refused and made it %s", who, o.state(n))
				}
			}
		})
	}
}

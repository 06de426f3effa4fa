package mailin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// deed is a command on its way: which ticket it is for, which may become another one, and the text that is its own.
type deed struct {
	Command
	ticket core.Number
	sent   string             // the title of the template that went out
	words  helpdesk.NewRecord // of resolve, template, ask, approve and reject: what stands below the commands
}

// trait is what is so of a command besides what it does.
type trait struct {
	needs  bool // something must stand behind it
	alone  bool // nothing may stand behind it
	begins bool // what stands behind it is the first line of the text
	takes  bool // the text below is its own; with others it is recorded by itself
	tells  bool // it says where the text goes, and does nothing itself
	// first: it counts for the text below already, where it stands first. Who takes the ticket writes as its solver, and who
	// is added reads what follows. All else comes after the text, for it may end the right to write, or the ticket.
	first bool
	gives bool // it is first where its giver still sees the ticket: who is given it reads what follows
}

var traits = map[string]trait{
	"take":        {alone: true, first: true},
	"assign":      {needs: true, gives: true},
	"group":       {needs: true, gives: true},
	"return":      {alone: true},
	"status":      {needs: true},
	"waiting":     {alone: true},
	"resolve":     {begins: true, takes: true},
	"close":       {begins: true},
	"reopen":      {begins: true},
	"priority":    {needs: true, first: true},
	"category":    {needs: true, first: true},
	"move":        {needs: true},
	"note":        {begins: true, tells: true},
	"public":      {begins: true, tells: true},
	"participant": {needs: true, first: true},
	"follow":      {needs: true, first: true},
	"ask":         {needs: true, takes: true},
	"approve":     {begins: true, takes: true},
	"reject":      {begins: true, takes: true},
	"merge":       {needs: true},
	"template":    {takes: true},
	"help":        {},
}

// verbs do the commands, each by the operation that the desk and the API have for it, so by the same matrix.
var verbs = map[string]func(context.Context, *delivery, *deed) error{
	"take":   func(ctx context.Context, d *delivery, x *deed) error { return x.to(d.Take(ctx, x.ticket, 0)) },
	"return": func(ctx context.Context, d *delivery, x *deed) error { return x.to(d.Return(ctx, x.ticket, 0)) },
	"reopen": func(ctx context.Context, d *delivery, x *deed) error { return x.to(d.Reopen(ctx, x.ticket, 0)) },
	"close":  func(ctx context.Context, d *delivery, x *deed) error { return x.to(d.Close(ctx, x.ticket, 0)) },
	"waiting": func(ctx context.Context, d *delivery, x *deed) error {
		return x.to(d.SetStatus(ctx, x.ticket, core.Waiting, 0))
	},
	"resolve": func(ctx context.Context, d *delivery, x *deed) error { return x.to(d.Resolve(ctx, x.ticket, x.words)) },
	"assign": func(ctx context.Context, d *delivery, x *deed) error {
		p, err := d.AssigneeNamed(ctx, x.ticket, x.Argument)
		if err != nil {
			return err
		}
		return x.to(d.Assign(ctx, x.ticket, helpdesk.Assignee{Solver: p}, 0))
	},
	"group": func(ctx context.Context, d *delivery, x *deed) error {
		name, err := d.GroupNamed(ctx, x.ticket, x.Argument)
		if err != nil {
			return err
		}
		return x.to(d.Assign(ctx, x.ticket, helpdesk.Assignee{Group: name}, 0))
	},
	"status": func(ctx context.Context, d *delivery, x *deed) error {
		to := valueOf(statusWords, x.Argument)
		if !core.ValidStatus(to) {
			return core.BadInput("status", "error.status.unknown", x.Argument)
		}
		return x.to(d.SetStatus(ctx, x.ticket, to, 0))
	},
	"priority": func(ctx context.Context, d *delivery, x *deed) error {
		return x.to(d.SetPriority(ctx, x.ticket, valueOf(priorityWords, x.Argument), 0))
	},
	"category": func(ctx context.Context, d *delivery, x *deed) error {
		return x.to(d.SetCategory(ctx, x.ticket, valueOf(categoryWords, x.Argument), 0))
	},
	"move": func(ctx context.Context, d *delivery, x *deed) error {
		service, err := d.ServiceNamed(ctx, x.ticket, x.Argument)
		if err != nil {
			return err
		}
		return x.to(d.MoveTicket(ctx, x.ticket, service, 0))
	},
	"participant": func(ctx context.Context, d *delivery, x *deed) error { return d.add(ctx, x, d.AddParticipant) },
	"follow":      func(ctx context.Context, d *delivery, x *deed) error { return d.add(ctx, x, d.AddFollower) },
	"ask":         func(ctx context.Context, d *delivery, x *deed) error { return d.ask(ctx, x) },
	"approve": func(ctx context.Context, d *delivery, x *deed) error {
		return x.to(d.DecideApproval(ctx, x.ticket, core.ApprovalApproved, "", x.words.Text, 0))
	},
	"reject": func(ctx context.Context, d *delivery, x *deed) error {
		return x.to(d.DecideApproval(ctx, x.ticket, core.ApprovalRejected, "", x.words.Text, 0))
	},
	"merge": func(ctx context.Context, d *delivery, x *deed) error {
		into, err := strconv.ParseInt(strings.TrimPrefix(x.Argument, "#"), 10, 64)
		if err != nil {
			return core.BadInput("into", "error.ticket.unknown", x.Argument)
		}
		return x.to(d.MergeTicket(ctx, x.ticket, core.Number(into), 0))
	},
	"template": func(ctx context.Context, d *delivery, x *deed) error {
		title, text, err := d.ReplyNamed(ctx, x.ticket, x.Argument)
		if err != nil {
			return err
		}
		r, yes := x.words, true
		x.sent = title
		r.Text, r.Show = strings.TrimSpace(text+"\n\n"+r.Text), &yes
		return x.to(d.AddRecord(ctx, x.ticket, r))
	},
	"note":   func(context.Context, *delivery, *deed) error { return nil }, // these say where the text goes: it went there
	"public": func(context.Context, *delivery, *deed) error { return nil },
	"help":   func(context.Context, *delivery, *deed) error { return nil },
}

// to keeps the number under which the ticket lives on.
func (x *deed) to(n core.Number, err error) error {
	if err == nil {
		x.ticket = n
	}
	return err
}

// add adds one person or, separated by commas, several.
func (d *delivery) add(ctx context.Context, x *deed, op func(context.Context, core.Number, *core.Person, int) (core.Number, error)) error {
	_, names, whole := asked(x.Argument)
	if whole != "" { // only commas part people here
		names = []string{whole}
	}
	people, err := d.people(ctx, names)
	if err != nil {
		return err
	}
	for _, p := range people {
		if err := x.to(op(ctx, x.ticket, p, 0)); err != nil {
			return err
		}
	}
	return nil
}

// ask asks for an approval: the text below is the question.
func (d *delivery) ask(ctx context.Context, x *deed) error {
	rule, names, whole := asked(x.Argument)
	if whole != "" { // a name of several words, or several names
		p, err := d.SomebodyNamed(ctx, whole)
		if err != nil {
			return err
		}
		if p.ID != 0 {
			return x.to(d.AskApproval(ctx, x.ticket, helpdesk.NewApproval{Approvers: []*core.Person{p}, Rule: rule, Text: x.words.Text}, 0))
		}
	}
	people, err := d.people(ctx, names)
	if err != nil {
		return err
	}
	return x.to(d.AskApproval(ctx, x.ticket, helpdesk.NewApproval{Approvers: people, Rule: rule, Text: x.words.Text}, 0))
}

// people finds everybody who is named.
func (d *delivery) people(ctx context.Context, names []string) ([]*core.Person, error) {
	if len(names) > maxNames {
		return nil, core.BadInput("person", "error.command.people", maxNames)
	}
	var people []*core.Person
	for _, name := range names {
		p, err := d.SomebodyNamed(ctx, name)
		if err != nil {
			return nil, err
		}
		people = append(people, p)
	}
	return people, nil
}

// run does one command in a savepoint, so that its refusal undoes nothing but itself, and says what became of it.
func (d *delivery) run(ctx context.Context, x *deed) (core.ReceiptLine, error) {
	line := core.ReceiptLine{Command: x.Name, Argument: clip(x.Argument), Outcome: core.CommandDone}
	err := d.Try(ctx, func() error {
		switch {
		case traits[x.Name].needs && x.Argument == "":
			return core.BadInput("command", "error.command.argument")
		case traits[x.Name].alone && x.Argument != "": // it may have been meant as something else
			return core.BadInput("command", "error.command.extra", x.Argument)
		}
		return verbs[x.Name](ctx, d, x)
	})
	if x.sent != "" {
		line.Args = []string{x.sent}
	}
	return refusedLine(line, err)
}

// clip shortens what a receipt repeats.
func clip(s string) string {
	const room = 200
	if r := []rune(s); len(r) > room {
		return string(r[:room]) + "…"
	}
	return s
}

// refusedLine puts the reason of a refusal into the line; what is no refusal is returned.
func refusedLine(line core.ReceiptLine, err error) (core.ReceiptLine, error) {
	var refusal *core.Error
	if errors.As(helpdesk.Refusal(err), &refusal) {
		line.Outcome, line.Reason, line.Args = core.CommandRefused, refusal.Key, nil
		for _, a := range refusal.Args {
			line.Args = append(line.Args, clip(fmt.Sprint(a)))
		}
		return line, nil
	}
	return line, err
}

// neededLevel is how well the sender has to be proven for all that the mail orders (mail.md 4).
func (d *delivery) neededLevel(ctx context.Context, o orders) (core.Level, error) {
	need := core.Unverified
	for _, c := range o.commands {
		level := core.PersonProven
		switch c.Name {
		case "help":
			level = core.Unverified
		case "merge":
			level = core.ActProven
		case "approve", "reject": // a decision is proven by its own address, never by another one
			level = core.SignedIn
		case "participant":
			_, names, whole := asked(c.Argument)
			if whole != "" {
				names = []string{whole}
			}
			people, err := d.people(ctx, names)
			if err != nil && core.CodeOf(err) == "" {
				return need, err
			}
			if slices.ContainsFunc(people, helpdesk.Outside) {
				level = core.ActProven
			}
		}
		need = max(need, level)
	}
	return need, nil
}

// request is the text of a mail that opens a ticket: without its commands, which are carried out after that.
func (d *delivery) request() string {
	if o := readOrders(d.msg.Visible); d.msg.Class == ClassHuman && len(o.commands) > 0 && o.text != "" {
		return maskAddresses(o.text)
	}
	return d.text()
}

// obey carries out what a mail orders besides that opened the ticket. Such a mail came to no reply address, so it
// mostly proves too little, and the receipt says what to answer instead.
// Of a ticket that is another one's they hear in any case.
func (d *delivery) obey(ctx context.Context, n core.Number, another bool) error {
	a := &reply{delivery: d, orders: readOrders(d.msg.Visible), ticket: n, human: d.msg.Class == ClassHuman, forward: another}
	opened := core.Refuse(core.Conflict, "error.command.opened")
	a.refused = map[string]error{"note": opened, "public": opened}
	a.receipt.Text = core.TextOpened
	return a.carryOut(ctx)
}

package rights_test

import (
	"context"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

type object = map[string]any

// scene is one ticket in a state, and what operations on it need.
type scene struct {
	w      *world
	number core.Number // by which it is named: an old one where it was merged
	ticket core.Number
	other  core.Number // another one of its requester's, for what takes two
	first  string      // its first record
}

// operation is something that can be done: by which of the API's actions, which methods of helpdesk.Act, and what it
// sends. What a form of the desk sends is named so too, but for inForm.
type operation struct {
	action core.Action
	method string
	send   func(s *scene) object
	do     func(s *scene, a *helpdesk.Act, ctx context.Context) error
}

func none(*scene) object { return nil }

func sends(o object) func(*scene) object { return func(*scene) object { return o } }

type simple = func(*helpdesk.Act, context.Context, core.Number, int) (core.Number, error)

// plainly is the call of an operation that takes no more than the ticket.
func plainly(f simple) func(*scene, *helpdesk.Act, context.Context) error {
	return func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := f(a, ctx, s.number, 0)
		return err
	}
}

func withOther(f func(*helpdesk.Act, context.Context, core.Number, core.Number, int) (core.Number, error)) func(*scene, *helpdesk.Act, context.Context) error {
	return func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := f(a, ctx, s.number, s.other, 0)
		return err
	}
}

func withPerson(who string, f func(*helpdesk.Act, context.Context, core.Number, *core.Person, int) (core.Number, error)) func(*scene, *helpdesk.Act, context.Context) error {
	return func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := f(a, ctx, s.number, s.w.People[who], 0)
		return err
	}
}

func writes(show *bool) func(*scene, *helpdesk.Act, context.Context) error {
	return func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.AddRecord(ctx, s.number, helpdesk.NewRecord{Text: "More.", Show: show})
		return err
	}
}

func opens(forWhom string) func(*scene, *helpdesk.Act, context.Context) error {
	return func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.OpenTicket(ctx, helpdesk.NewTicket{Service: s.w.Printers, Subject: "Jam", Text: "x", OnBehalfOf: s.w.People[forWhom]})
		return err
	}
}

func decides(verdict core.ApprovalState) func(*scene, *helpdesk.Act, context.Context) error {
	return func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.DecideApproval(ctx, s.number, verdict, "", "x", 0)
		return err
	}
}

var (
	yes, no = true, false
	target  = time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC)
)

// operations is everything that can be done with a ticket, and opening one. Actions that do two things are two.
var operations = map[string]operation{
	"take": {core.ActTake, "Take", none, plainly((*helpdesk.Act).Take)},
	"assign": {core.ActAssign, "Assign", sends(object{"solver": "gil@city.test", "group": "Field"}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.Assign(ctx, s.number, helpdesk.Assignee{Solver: s.w.People["gil"], Group: "Field"}, 0)
		return err
	}},
	"return": {core.ActReturn, "Return", none, plainly((*helpdesk.Act).Return)},
	"status": {core.ActStatus, "SetStatus", sends(object{"status": "triaged"}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.SetStatus(ctx, s.number, core.Triaged, 0)
		return err
	}},
	"resolve": {core.ActResolve, "Resolve", sends(object{"text": "Done."}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.Resolve(ctx, s.number, helpdesk.NewRecord{Text: "Done."})
		return err
	}},
	"reopen":   {core.ActReopen, "Reopen", none, plainly((*helpdesk.Act).Reopen)},
	"close":    {core.ActClose, "Close", none, plainly((*helpdesk.Act).Close)},
	"withdraw": {core.ActWithdraw, "Withdraw", none, plainly((*helpdesk.Act).Withdraw)},
	"move": {core.ActMove, "MoveTicket", sends(object{"service": "Network"}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.MoveTicket(ctx, s.number, s.w.Network, 0)
		return err
	}},
	"priority": {core.ActPriority, "SetPriority", sends(object{"priority": "urgent"}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.SetPriority(ctx, s.number, core.Urgent, 0)
		return err
	}},
	"category": {core.ActCategory, "SetCategory", sends(object{"category": "phone"}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.SetCategory(ctx, s.number, "phone", 0)
		return err
	}},
	"due": {core.ActDue, "SetInternalTarget", sends(object{"internal_target": target}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.SetInternalTarget(ctx, s.number, target, 0)
		return err
	}},
	"edit": {core.ActEdit, "EditTicket", sends(object{"subject": "Another"}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		subject := "Another"
		_, err := a.EditTicket(ctx, s.number, helpdesk.Edit{Subject: &subject}, 0)
		return err
	}},
	"record":        {core.ActRecord, "AddRecord", sends(object{"text": "More."}), writes(nil)},
	"reply":         {core.ActRecord, "AddRecord", sends(object{"text": "More.", "show_to_requester": true, "as": "reply"}), writes(&yes)},
	"note":          {core.ActRecord, "AddRecord", sends(object{"text": "More.", "show_to_requester": false, "as": "note"}), writes(&no)},
	"participant":   {core.ActParticipant, "AddParticipant", sends(object{"add": "pat@city.test"}), withPerson("pat", (*helpdesk.Act).AddParticipant)},
	"unparticipant": {core.ActParticipant, "RemoveParticipant", sends(object{"remove": "pat@city.test"}), withPerson("pat", (*helpdesk.Act).RemoveParticipant)},
	"follower":      {core.ActFollower, "AddFollower", sends(object{"add": "root@desk.test"}), withPerson("root", (*helpdesk.Act).AddFollower)},
	"unfollower":    {core.ActFollower, "RemoveFollower", sends(object{"remove": "root@desk.test"}), withPerson("root", (*helpdesk.Act).RemoveFollower)},
	"spam":          {core.ActSpam, "MarkSpam", none, plainly((*helpdesk.Act).MarkSpam)},
	"unspam":        {core.ActSpam, "UnmarkSpam", sends(object{"undo": true}), plainly((*helpdesk.Act).UnmarkSpam)},
	"ask": {core.ActAsk, "AskApproval", sends(object{"approvers": []string{"root@desk.test"}}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.AskApproval(ctx, s.number, helpdesk.NewApproval{Approvers: []*core.Person{s.w.People["root"]}}, 0)
		return err
	}},
	"cancel_ask": {core.ActCancelAsk, "CancelApproval", sends(object{}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.CancelApproval(ctx, s.number, "", 0)
		return err
	}},
	"approve": {core.ActApprove, "DecideApproval", sends(object{"text": "x"}), decides(core.ApprovalApproved)},
	"reject":  {core.ActReject, "DecideApproval", sends(object{"text": "x"}), decides(core.ApprovalRejected)},
	"split": {core.ActSplit, "SplitTicket", func(s *scene) object { return object{"record": s.first} }, func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.SplitTicket(ctx, s.number, s.first, 0)
		return err
	}},
	"link":   {core.ActLink, "LinkTicket", func(s *scene) object { return object{"number": s.other} }, withOther((*helpdesk.Act).LinkTicket)},
	"unlink": {core.ActLink, "UnlinkTicket", func(s *scene) object { return object{"number": s.other, "undo": true} }, withOther((*helpdesk.Act).UnlinkTicket)},
	"merge":  {core.ActMerge, "MergeTicket", func(s *scene) object { return object{"into": s.other} }, withOther((*helpdesk.Act).MergeTicket)},
	"parent": {core.ActParent, "SetParent", func(s *scene) object { return object{"number": s.other} }, withOther((*helpdesk.Act).SetParent)},
	"unparent": {core.ActParent, "SetParent", sends(object{"number": 0}), func(s *scene, a *helpdesk.Act, ctx context.Context) error {
		_, err := a.SetParent(ctx, s.number, 0, 0)
		return err
	}},

	"open":        {"", "OpenTicket", none, opens("")},
	"open_for":    {"", "OpenTicket", sends(object{"on_behalf_of": "ben@city.test"}), opens("ben")},
	"open_police": {"", "OpenTicket", sends(object{"on_behalf_of": "pat@city.test"}), opens("pat")},
}

// build opens a ticket and brings it into the state that the words say.
func (w *world) build(t *testing.T, words []string) *scene {
	t.Helper()
	s := &scene{w: w}
	from, service := "ben", w.Printers
	for _, word := range words {
		if who, ok := cut(word, "from:"); ok {
			from = who
		}
	}
	open := func(who string, service core.ServiceID) (n core.Number) {
		t.Helper()
		w.must(t, who, func(a *helpdesk.Act) (err error) {
			n, err = a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: service, Subject: "Paper jam", Text: "It jams.", Category: "hardware", Priority: core.High})
			return err
		})
		return n
	}
	s.ticket = open(from, service)
	s.number, s.other = s.ticket, open(from, w.Printers)
	records, err := w.Store.Records(t.Context(), s.ticket)
	if err != nil {
		t.Fatal(err)
	}
	s.first = records[0].ID
	set := func(columns string, args ...any) {
		w.sql(t, "update ticket set "+columns+" where number = $1", append([]any{s.ticket}, args...)...)
	}
	ask := func(people ...*core.Person) {
		w.must(t, "mia", func(a *helpdesk.Act) error {
			_, err := a.AskApproval(t.Context(), s.ticket, helpdesk.NewApproval{Approvers: people}, 0)
			return err
		})
	}
	below := func(child, parent core.Number) {
		if err := w.Store.InTx(t.Context(), func(tx *store.Tx) error { tx.SetParent(child, parent); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, word := range words {
		switch {
		case word == "plain" || word == "-":
		case word == "group":
			set("group_id = $2", w.Field)
		case word == "late":
			set("resolved_at = now() - interval '8 days'")
		case word == "spam":
			set("spam_at = now()")
		case word == "spam:old":
			set("spam_at = now() - interval '31 days'")
		case word == "linked":
			w.must(t, "mia", func(a *helpdesk.Act) error { _, err := a.LinkTicket(t.Context(), s.ticket, s.other, 0); return err })
		case word == "under":
			below(s.ticket, s.other)
		case word == "child": // of a ticket in Network
			below(s.ticket, open("ben", w.Network))
		case word == "above":
			below(s.other, s.ticket)
		case word == "merged":
			s.number = open(from, service)
			w.must(t, "mia", func(a *helpdesk.Act) error { _, err := a.MergeTicket(t.Context(), s.number, s.ticket, 0); return err })
		default:
			w.involve(t, s, word, set, ask)
		}
	}
	return s
}

// involve is for the words that name somebody or a status.
func (w *world) involve(t *testing.T, s *scene, word string, set func(string, ...any), ask func(...*core.Person)) {
	t.Helper()
	if status, ok := cut(word, "status:"); ok {
		set("status = $2, resolved_at = case when $2 in ('resolved', 'closed') then now() end, closed_at = case when $2 = 'closed' then now() end", status)
	} else if who, ok := cut(word, "solver:"); ok {
		set("solver_id = $2", w.id(who))
	} else if who, ok := cut(word, "with:"); ok {
		w.must(t, "ben", func(a *helpdesk.Act) error {
			_, err := a.AddParticipant(t.Context(), s.ticket, w.People[who], 0)
			return err
		})
	} else if who, ok := cut(word, "follow:"); ok {
		w.must(t, "mia", func(a *helpdesk.Act) error {
			_, err := a.AddFollower(t.Context(), s.ticket, w.People[who], 0)
			return err
		})
	} else if who, ok := cut(word, "asked:"); ok {
		ask(w.People[who])
	} else if who, ok := cut(word, "decided:"); ok { // and another one has not
		ask(w.People[who], w.People["gil"])
		w.must(t, who, func(a *helpdesk.Act) error {
			_, err := a.DecideApproval(t.Context(), s.ticket, core.ApprovalApproved, "", "", 0)
			return err
		})
	} else if _, ok := cut(word, "from:"); !ok {
		t.Fatalf("no state %q", word)
	}
}

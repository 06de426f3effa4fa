package mailout

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postdesk/core"
)

var (
	ana = core.Ref{Email: "ana@city.test", Name: "Ana Ruiz"}
	leo = core.Ref{Email: "leo@city.test", Name: "Leo Lanz"}
)

// lifeSamples are the mails of what happens to a ticket beside its messages.
func lifeSamples() map[string]core.Outgoing {
	opened := wrote(core.KindMessage, ben, request)
	question := wrote(core.KindMessage, sol, "Does it also stop with the new envelopes from stock?")
	asker := content(func(k *core.Content) {
		k.Ticket.Actions = []core.Action{core.ActRecord, core.ActApprove, core.ActReject}
	})
	withdrawn := content(func(k *core.Content) { k.Ticket.Withdrawn, k.Ticket.Status = true, core.Resolved })
	target := func(at time.Time) func(*core.Outgoing) {
		return content(func(k *core.Content) {
			k.Ticket.InternalTarget, k.Deadlines = &at, []core.Deadline{{Target: core.TargetInternal, Due: &at}}
		})
	}
	// dues are what a mail says of deadlines, hours from its moment on; 0 = none any more.
	dues := func(first, resolution float64) func(*core.Outgoing) {
		return content(func(k *core.Content) {
			k.Deadlines = []core.Deadline{{Target: core.TargetFirstResponse}, {Target: core.TargetResolution}}
			for i, hours := range []float64{first, resolution} {
				if at := sampleAt.Add(time.Duration(hours * float64(time.Hour))); hours != 0 {
					k.Deadlines[i].Due = &at
				}
			}
		})
	}
	due := func(target core.Target, hours int) func(*core.Outgoing) {
		at := sampleAt.Add(time.Duration(hours) * time.Hour)
		return content(func(k *core.Content) { k.Deadlines = []core.Deadline{{Target: target, Due: &at}} })
	}
	hers := content(func(k *core.Content) { k.Ticket.Solver = &mia })
	child := func(subject string) func(*core.Outgoing) {
		return content(func(k *core.Content) {
			k.Child = &core.View{Number: 1043, Tag: "[IT #1043]", Subject: subject}
		})
	}
	refused := func(why string) func(*core.Outgoing) {
		return content(func(k *core.Content) { k.Refused, k.Link = why, "/dashboard/ithelpdesk/new" })
	}
	toApprover := func(o *core.Outgoing) {
		o.Person, o.Address = &core.Person{Email: ana.Email, Name: ana.Name}, ana.Email
		o.Content.ReplyAddress, o.Content.Decides = "it+a.d8c3m2@city.test", true
	}
	return map[string]core.Outgoing{
		"moved-main_solver": sample(core.EventMoved, core.MainSolver, "moved_here", &mia, opened, inGroup(""),
			content(func(k *core.Content) { k.MovedFrom, k.Previous = "IT/Network", "Gus Grau" })),
		"moved-solver": sample(core.EventMoved, core.Solver, "moved_here", &mia, opened,
			content(func(k *core.Content) { k.MovedFrom, k.Previous = "IT/Network", sol.Name })),
		"moved-passed_on": sample(core.EventMoved, core.Solver, "passed_on", &mia, inGroup(""), content(func(k *core.Content) { k.MovedFrom = "IT/Network" })),

		"approval_requested-approver": sample(core.EventApprovalAsked, core.Approver, "approver", &mia, opened, asker, toApprover, with(rollers),
			approval("", decided(ana, core.ApprovalPending, ""))),
		"approval_requested-any": sample(core.EventApprovalAsked, core.Approver, "approver", &mia, opened, toApprover,
			content(func(k *core.Content) { k.Unverified, k.FilesAsLinks = true, []core.File{rollers} }),
			approval("", decided(ana, core.ApprovalPending, ""), decided(leo, core.ApprovalPending, ""), func(a *core.ApprovalView) {
				a.Rule, a.ExpiresAt = core.AnyApprove, nil
			})),
		"approval_requested-instead": sample(core.EventApprovalAsked, core.Approver, "approver", &mia, opened, asker,
			toApprover, content(func(k *core.Content) {
				k.InsteadOf, k.Decides, k.ReplyAddress, k.NoteAddress = leo.Name, false, "it@city.test", "" // a mailbox that can carry no token
			}),
			approval("", decided(leo, core.ApprovalPending, ""), decided(cleo, core.ApprovalPending, ""))),
		"approval_finished-approved": sample(core.EventApprovalEnded, core.Solver, "solver", &ana,
			approval(core.ApprovalApproved, decided(leo, core.ApprovalApproved, ""), decided(ana, core.ApprovalApproved, "Fine, from the budget of this year."))),
		"approval_finished-rejected": sample(core.EventApprovalEnded, core.Solver, "solver", &ana,
			approval(core.ApprovalRejected, decided(leo, core.ApprovalRejected, "Not this year."), func(a *core.ApprovalView) { a.Approvers[0].DecidedBy = &ana },
				decided(cleo, core.ApprovalCancelled, ""))),
		"approval_finished-cancelled": sample(core.EventApprovalEnded, core.Solver, "solver", &mia, approval(core.ApprovalCancelled, decided(ana, core.ApprovalCancelled, ""))),
		"approval_finished-expired":   sample(core.EventApprovalEnded, core.Solver, "solver", noPerson, approval(core.ApprovalExpired, decided(ana, core.ApprovalExpired, ""))),

		"deadline_changed-solver":            sample(core.EventDeadlineChanged, core.Solver, "solver", &mia, target(sampleAt.Add(50*time.Hour))),
		"deadline_changed-solver-cleared":    sample(core.EventDeadlineChanged, core.Solver, "solver", &mia),
		"deadline_changed-requester":         sample(core.EventDeadlineChanged, core.Requester, "requester", &sol, target(sampleAt.Add(50*time.Hour))),
		"deadline_changed-requester-cleared": sample(core.EventDeadlineChanged, core.Requester, "requester", &sol),

		"deadline_changed-solver-moved":      sample(core.EventDeadlineChanged, core.Solver, "solver", &mia, dues(1.5, 50)),
		"deadline_changed-solver-half":       sample(core.EventDeadlineChanged, core.Solver, "solver", &mia, dues(1.5, 0)),
		"deadline_changed-requester-moved":   sample(core.EventDeadlineChanged, core.Requester, "requester", &sol, dues(1.5, 50)),
		"deadline_changed-requester-answer":  sample(core.EventDeadlineChanged, core.Requester, "requester", &sol, dues(1.5, 0)),
		"deadline_changed-requester-dropped": sample(core.EventDeadlineChanged, core.Requester, "requester", &sol, dues(0, 0)),

		"sla_warning-solver":          sample(core.EventSLAWarning, core.MainSolver, "sla_solver", noPerson, inGroup(""), due(core.TargetFirstResponse, 1)),
		"sla_warning-manager":         sample(core.EventSLAWarning, core.Manager, "sla_manager", noPerson, due(core.TargetResolution, 3)),
		"sla_warning-solver-internal": sample(core.EventSLAWarning, core.Solver, "sla_solver", noPerson, hers, due(core.TargetInternal, 1)),
		"sla_breach-solver":           sample(core.EventSLABreach, core.SolverGroupMember, "sla_solver", noPerson, inGroup("Print shop"), due(core.TargetFirstResponse, -1)),
		"sla_breach-manager":          sample(core.EventSLABreach, core.Manager, "sla_manager", noPerson, due(core.TargetResolution, -1)),
		"sla_breach-solver-internal":  sample(core.EventSLABreach, core.Solver, "sla_solver", noPerson, hers, due(core.TargetInternal, -1)),

		"child_resolved-solver": sample(core.EventChildResolved, core.Solver, "child_resolved", &gus, child("New rollers for the payroll printer")),
		"child_resolved-unseen": sample(core.EventChildResolved, core.Solver, "child_resolved", &gus, child("")),

		"waiting_reminder-requester": sample(core.EventWaitingReminder, core.Requester, "requester", noPerson, question, content(func(k *core.Content) {
			ends := sampleAt.Add(7 * 24 * time.Hour)
			k.ResolvesAt = &ends
		})),
		"waiting_reminder-requester-unasked": sample(core.EventWaitingReminder, core.Requester, "requester", noPerson),
		"resolved-requester-by_itself":       sample(core.EventResolved, core.Requester, "requester", noPerson),
		"resolved-follower-by_itself":        sample(core.EventResolved, core.Follower, "follower", noPerson),
		"resolved-solver-withdrawn":          sample(core.EventResolved, core.Solver, "solver", &ben, withdrawn),
		"resolved-participant-withdrawn":     sample(core.EventResolved, core.Participant, "participant", &ben, withdrawn),

		"refusal-too_late": sample(core.EventRefusal, core.Requester, "refusal", &ben, refused("too_late")),
		"refusal-folder": sample(core.EventRefusal, core.Requester, "refusal", noPerson, refused("folder"), func(o *core.Outgoing) {
			o.Ticket, o.Content.Ticket, o.Content.ReplyAddress = 0, core.View{Service: "IT services"}, "it@city.test"
		}),
		"refusal-held":    refusedMail("held", &core.Person{Email: ben.Email, Name: ben.Name}, ben.Email),
		"refusal-unknown": refusedMail("unknown", nil, "somebody@else.test"),

		"configuration_alert-findings": alert(func(k *core.Content) {
			k.Findings = []core.Finding{
				{Code: core.NoMainSolver, Service: "IT/Network", Text: "service IT/Network has no main solver"},
				{Code: core.MainSolverDisabled, Service: "IT/Phones", Names: "gus@vendor.test", Text: "…"},
				{Code: core.MainSolverGroupEmpty, Service: "Buildings", Names: "Caretakers", Text: "…"},
				{Code: core.SubteamWithoutMainSolver, Service: "IT/Printers", Names: "Police", Text: "…"},
			}
		}),
		"configuration_alert-ticket": alert(func(k *core.Content) {
			k.Ticket = core.View{Number: 1042, Tag: "[IT #1042]", Service: "IT/Network"}
		}),
		"unassigned-list": sample(core.EventUnassigned, core.MainSolver, "unassigned", noPerson, left(3)),
		"unassigned-one":  sample(core.EventUnassigned, core.MainSolver, "unassigned", noPerson, left(1)),
	}
}

// refusedMail is what is said to an address whose mail opened no ticket.
func refusedMail(why string, to *core.Person, address string) core.Outgoing {
	return sample(core.EventRefusal, "", "refusal", noPerson, func(o *core.Outgoing) {
		o.Person, o.Address, o.Ticket = to, address, 0
		o.Content = core.Content{Desk: "IT", FromName: "IT", FromAddress: "it@city.test", ReplyAddress: "it@city.test", RequesterSide: true,
			Ticket: core.View{Service: "IT services"}, Refused: why, InReplyTo: "asks@else.test", References: []string{"asks@else.test"}}
	})
}

// approval is what is asked, changed into how it ended.
func approval(state core.ApprovalState, changes ...func(*core.ApprovalView)) func(*core.Outgoing) {
	if state == "" {
		state = core.ApprovalPending
	}
	ends := sampleAt.Add(3 * 24 * time.Hour)
	a := core.ApprovalView{Rule: core.AllApprove, State: state, AskedBy: mia, AskedAt: sampleAt, ExpiresAt: &ends,
		Text: "New rollers cost 340 dollars, a new printer 900.\nMay we buy the rollers?"}
	for _, change := range changes {
		change(&a)
	}
	return content(func(k *core.Content) { k.Approval = &a })
}

// decided adds an approver.
func decided(who core.Ref, state core.ApprovalState, text string) func(*core.ApprovalView) {
	return func(a *core.ApprovalView) {
		v := core.ApproverView{Email: who.Email, Name: who.Name, State: state, Text: text}
		if state == core.ApprovalApproved || state == core.ApprovalRejected {
			at := sampleAt.Add(-time.Minute)
			v.At = &at
		}
		a.Approvers = append(a.Approvers, v)
	}
}

// alert is a mail to an administrator, who reads no tickets.
func alert(change func(*core.Content)) core.Outgoing {
	return sample(core.EventConfiguration, "administrator", "administrator", noPerson, func(o *core.Outgoing) {
		o.Ticket, o.Person, o.Address = 0, &core.Person{Email: "root@city.test", Name: "Root"}, "root@city.test"
		o.Content = core.Content{Desk: "IT", FromName: "IT", FromAddress: "it@city.test", ReplyAddress: "it@city.test", RequesterSide: true}
		change(&o.Content)
	})
}

// left is one mail with so many tickets that somebody left.
func left(n int) func(*core.Outgoing) {
	return func(o *core.Outgoing) {
		k := &o.Content
		ticket := k.Ticket
		*k = core.Content{Ticket: core.View{Service: "Printers"}, Desk: "IT", FromName: "IT", FromAddress: "it@city.test", ReplyAddress: "it@city.test",
			Link: "/dashboard/ithelpdesk"}
		ticket.Solver = nil
		for i := range n {
			t := ticket
			t.Number += core.Number(i)
			t.Tag = fmt.Sprintf("[IT #%d]", t.Number)
			switch i % 3 {
			case 1:
				t.Subject, t.Priority, t.Group = "Toner for the library", core.Low, "Print shop"
			case 2:
				t.Subject, t.Priority = "", core.Normal
			}
			k.Tickets = append(k.Tickets, t)
		}
	}
}

// A list of many tickets stays a mail of a size that is shown whole; what is left out is counted.
func TestLongListIsCut(t *testing.T) {
	t.Parallel()
	l := letterOf(t, newRenderer(t), sample(core.EventUnassigned, core.MainSolver, "unassigned", noPerson, left(listLimit+7)))
	if n := strings.Count(l.Text, "/dashboard/ithelpdesk/"); n != listLimit || !strings.Contains(l.Text, "And 7 more.") {
		t.Errorf("%d tickets:\n%s", n, l.Text)
	}
	if len(l.HTML) > 100_000 { // Gmail shows 102 kB
		t.Errorf("%d bytes", len(l.HTML))
	}
}

// A mail leads to the page where its reason is switched off: where there is such a page, the reason can be switched (E4),
// and the recipient can sign in.
func TestMailLeadsToItsSwitch(t *testing.T) {
	t.Parallel()
	r, all := newRenderer(t), samples()
	leads := func(o core.Outgoing) bool {
		l := letterOf(t, r, o)
		text, html := strings.Contains(l.Text, "Choose which mails you get: https://desk.city.test/me\n"), strings.Contains(l.HTML, `href="https://desk.city.test/me"`)
		if text != html {
			t.Errorf("%s %s: in text %v, in HTML %v", o.Event, o.Reason, text, html)
		}
		return text
	}
	for name, want := range map[string]bool{
		"public_reply-requester": true, "moved-solver": true, "unassigned-list": true, "child_resolved-solver": true, "also_sent-main_solver": true,
		"approval_requested-approver": false, "refusal-too_late": false, "configuration_alert-ticket": false, "sign_in": false, "token_misused-solver": false,
	} {
		if got := leads(all[name]); got != want {
			t.Errorf("%s: leads there %v", name, got)
		}
	}
	contact := all["public_reply-requester"]
	contact.Content.Link = ""
	if leads(contact) {
		t.Error("somebody who cannot sign in is led to a page of the desk")
	}
	r.Profile = ""
	if leads(all["public_reply-requester"]) {
		t.Error("a mail leads to a page that is not there")
	}
}

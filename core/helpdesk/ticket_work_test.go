package helpdesk_test

import (
	"slices"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// E5: of two who press take on the same state one wins; the other is told, and can act on the present state.
func TestTakingAnOutdatedTicketConflicts(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	version := c.ticket(n).Version
	if err := c.take("sol", n, version); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Triaged, "sol")
	c.told("own act") // E3: nobody is mailed about their own action
	c.refused("gus on the old version", core.Stale, c.take("gus", n, version))
	c.is(n, core.Triaged, "sol")
	if err := c.take("gus", n, c.ticket(n).Version); err != nil {
		t.Errorf("on the present state: %v", err)
	}
	c.is(n, core.Triaged, "gus")
	c.told("taken over", "assigned sol solver passed_on")
	c.refused("who has it", core.Conflict, c.take("gus", n, 0))
	for _, who := range []string{"exa", "ken", "tre", "net", "root", "eva"} {
		c.refused(who, core.NotFound, c.take(who, n, version)) // not even that it is outdated
	}
	for _, who := range []string{"man", "rea", "ben"} {
		c.refused(who, core.Forbidden, c.take(who, n, 0))
	}
	c.told("refused")
}

// Two daemons, one ticket: both acts count, one after the other.
func TestConcurrentActsAreSerial(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	version := c.ticket(n).Version
	results := make(chan error, 8)
	for range 8 {
		go func() {
			results <- c.desk.Do(t.Context(), c.actor("sol"), func(a *helpdesk.Act) error {
				_, err := a.Take(t.Context(), n, version)
				return err
			})
		}()
	}
	won := 0
	for range 8 {
		if err := <-results; err == nil {
			won++
		} else if core.CodeOf(err) != core.Stale {
			t.Error(err)
		}
	}
	if won != 1 || c.ticket(n).Version != version+1 {
		t.Errorf("%d took it, version %d after %d", won, c.ticket(n).Version, version)
	}
}

// A12, A49, D6, E5.
func TestAssigning(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	for _, who := range []string{"man", "rea", "tre", "ben", "net", "off", "root"} {
		c.refused("given to "+who, core.Invalid, c.assign("mia", n, who, ""))
	}
	c.refused("to nobody", core.Invalid, c.assign("mia", n, "", ""))
	c.refused("to no group", core.Invalid, c.assign("mia", n, "", "Nowhere"))
	c.refused("to a group's stranger", core.Invalid, c.assign("mia", n, "sol", "Field"))
	c.refused("by a reader", core.Forbidden, c.assign("rea", n, "sol", ""))
	c.refused("by the requester", core.Forbidden, c.assign("ben", n, "sol", ""))
	c.refused("by an exceptional solver who does not see it", core.NotFound, c.assign("exa", n, "exa", ""))
	c.is(n, core.Open, "")
	c.told("refused")

	if err := c.assign("man", n, "sol", ""); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Triaged, "sol")
	c.told("to sol", "assigned sol solver assigned_to_you")
	if err := c.assign("sol", n, "", "field"); err != nil {
		t.Fatal(err)
	}
	if got := c.ticket(n); got.Solver != nil || got.Group != c.Field {
		t.Errorf("%+v", got)
	}
	c.told("to the group", "assigned_group gil solver_group assigned_to_group", "assigned_group gus solver_group assigned_to_group")
	if err := c.assign("mia", n, "gus", "Field"); err != nil {
		t.Fatal(err)
	}
	c.told("to a member", "assigned gus solver_group assigned_to_you")
	if err := c.as("gus", func(a *helpdesk.Act) error { _, err := a.Return(t.Context(), n, 0); return err }); err != nil {
		t.Fatal(err)
	}
	if got := c.ticket(n); got.Solver != nil || got.Group != 0 || got.Status != core.Triaged {
		t.Errorf("returned: %+v", got)
	}
	c.told("returned", "returned mia main_solver returned")
	c.refused("returned again", core.Conflict, c.as("mia", func(a *helpdesk.Act) error { _, err := a.Return(t.Context(), n, 0); return err }))
}

// A43–A45, D6, reading 2: the exceptional solver passes on and loses sight in the same transaction; nothing tells them.
func TestExceptionalSolverPassesOn(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.assign("mia", n, "exa", ""); err != nil {
		t.Fatal(err)
	}
	c.told("to exa", "assigned exa exceptional_solver assigned_to_you")
	if err := c.record("exa", n, "A note.", nil); err != nil {
		t.Error(err)
	}
	c.mails()
	if err := c.assign("exa", n, "sol", ""); err != nil {
		t.Fatal(err)
	}
	_, err := c.desk.Ticket(t.Context(), c.People["exa"], n)
	c.refused("afterwards", core.NotFound, err)
	c.refused("a note afterwards", core.NotFound, c.record("exa", n, "x", nil))
	if err := c.assign("mia", n, "exa", ""); err != nil {
		t.Fatal(err)
	}
	c.mails()
	if err := c.assign("mia", n, "sol", ""); err != nil { // taken from them by another
		t.Fatal(err)
	}
	c.told("exa sees it no longer and hears nothing", "assigned sol solver assigned_to_you")
}

// A37 of E1: the solver side is the solver; if none, the group; if none, the main solvers.
func TestSolverSide(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	say := func(what string, want ...string) {
		t.Helper()
		if err := c.record("ben", n, "Any news?", nil); err != nil {
			t.Fatal(err)
		}
		c.told(what, want...)
	}
	say("nobody has it", "message_received mia main_solver main_solver")
	if err := c.assign("mia", n, "", "Field"); err != nil {
		t.Fatal(err)
	}
	c.mails()
	say("a group has it (A9)", "message_received gil solver_group group_member", "message_received gus solver_group group_member")
	if err := c.assign("mia", n, "gil", "Field"); err != nil {
		t.Fatal(err)
	}
	c.mails()
	say("a solver has it", "message_received gil solver_group solver")
}

// A15, A16, D7, E2, E11, D14: who writes what, and who is told.
func TestRecords(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.must("ben", func(a *helpdesk.Act) error {
		_, err := a.AddParticipant(t.Context(), n, c.People["eva"], 0)
		return err
	})
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.AddFollower(t.Context(), n, c.People["net"], 0); return err })
	if err := c.assign("mia", n, "sol", ""); err != nil {
		t.Fatal(err)
	}
	c.mails()

	if err := c.record("mia", n, "Between us.", nil); err != nil { // the team writes notes unless it says otherwise
		t.Fatal(err)
	}
	c.told("a note", "note_added net follower follower", "note_added sol solver solver")
	c.is(n, core.Triaged, "sol")
	if err := c.record("sol", n, "Try again.", yes()); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.InProgress, "sol") // the first public reply (D1, E11)
	c.told("the solver's reply", "public_reply ben requester requester", "public_reply eva participant participant", "public_reply net follower follower")
	if err := c.record("mia", n, "Me too.", yes()); err != nil {
		t.Fatal(err)
	}
	c.told("another's reply", "public_reply ben requester requester", "public_reply eva participant participant",
		"public_reply net follower follower", "public_reply sol solver solver")
	if err := c.status("sol", n, core.Waiting); err != nil {
		t.Fatal(err)
	}
	if err := c.record("eva", n, "It works for me.", nil); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.InProgress, "sol") // a participant's message ends waiting (E9)
	c.told("a participant's message", "message_received ben requester requester", "message_received net follower follower", "message_received sol solver solver")

	c.refused("a note by the requester", core.Forbidden, c.record("ben", n, "x", no()))
	c.refused("a reader shows", core.Forbidden, c.record("rea", n, "x", yes()))
	c.refused("a follower shows", core.Forbidden, c.record("net", n, "x", yes()))
	c.refused("somebody else", core.NotFound, c.record("pat", n, "x", nil))
	c.refused("the administrator", core.NotFound, c.record("root", n, "x", nil))
	c.refused("nothing", core.Invalid, c.record("sol", n, " \n", nil))
	c.told("refused")
	if err := c.record("rea", n, "Seen.", nil); err != nil {
		t.Error(err)
	}
	c.told("a reader's note", "note_added net follower follower", "note_added sol solver solver")

	_, log, err := c.desk.Log(t.Context(), c.People["ben"], n)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range log {
		if r.Kind == core.KindNote || r.Kind == core.KindAssignment || !r.ShowToRequester || r.Text == "Between us." || r.Text == "Seen." {
			t.Errorf("the requester reads %+v", r)
		}
	}
	_, all, err := c.desk.Log(t.Context(), c.People["rea"], n)
	if err != nil || len(all) <= len(log) {
		t.Errorf("the reader reads %d records, the requester %d: %v", len(all), len(log), err)
	}
	if !slices.IsSortedFunc(all, func(a, b core.RecordView) int { return a.At.Compare(b.At) }) {
		t.Error("the log is out of order")
	}
}

// D11: rights add up also for records. A reader who takes part may show a message; a solver may add a note to their own
// request.
func TestRecordsOfTwoRoles(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.must("ben", func(a *helpdesk.Act) error {
		_, err := a.AddParticipant(t.Context(), n, c.People["rea"], 0)
		return err
	})
	if err := c.record("rea", n, "From a participant.", yes()); err != nil {
		t.Error(err)
	}
	c.told("a participant's message", "message_received ben requester requester", "message_received mia main_solver main_solver")
	if err := c.record("rea", n, "From a reader.", nil); err != nil {
		t.Error(err)
	}
	c.told("a note", "note_added mia main_solver main_solver")
	n = c.open("sol")
	if err := c.record("sol", n, "A note on my own.", no()); err != nil {
		t.Error(err)
	}
	c.told("a note", "note_added mia main_solver main_solver")
	if err := c.record("sol", n, "Please hurry.", nil); err != nil {
		t.Error(err)
	}
	c.told("a requester's message", "message_received mia main_solver main_solver")
	if got := c.ticket(n).FirstResponse; !got.IsZero() {
		t.Error("the requester's own words are the team's first response")
	}
}

// What a mail says is cut to its reader; people's replies are not automatic; a note's mail is answered by a note.
func TestMailsAreCutToTheirReader(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.must("mia", func(a *helpdesk.Act) error { _, err := a.AddFollower(t.Context(), n, c.People["net"], 0); return err })
	if err := c.record("vic", n, "Done.", yes()); err != nil {
		t.Fatal(err)
	}
	for _, q := range c.outbox() {
		switch q.To {
		case "ben":
			if q.Automatic || q.FromName != "Vic Vendor (IT)" || q.Ticket.Priority != "" || q.Ticket.Group != "" || q.Actor.Email != "" ||
				q.Record.Author.Email != "" || !slices.Equal(q.Purposes, []string{"reply"}) || q.NoteAddress != "" || len(q.Ticket.Followers) != 0 {
				t.Errorf("ben: %+v", q)
			}
		case "mia", "net":
			if !q.Automatic || q.FromName != "IT" || q.Ticket.Priority != core.High || q.Actor.Email == "" || !slices.Equal(q.Purposes, []string{"reply", "note"}) {
				t.Errorf("%s: %+v", q.To, q)
			}
		}
	}
	if err := c.record("sol", n, "Secret.", nil); err != nil {
		t.Fatal(err)
	}
	for _, q := range c.outbox() {
		if !slices.Equal(q.Purposes, []string{"note", "internal"}) || q.ReplyAddress == q.NoteAddress || q.Record.Text != "Secret." {
			t.Errorf("%s answers a note by %v to %s (mail.md 5)", q.To, q.Purposes, q.ReplyAddress)
		}
	}
}

// A47, D5, reading 3.
func TestManagerWhoResolvesBecomesTheSolver(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.assign("mia", n, "", "Field"); err != nil {
		t.Fatal(err)
	}
	if err := c.assign("mia", n, "gus", "Field"); err != nil {
		t.Fatal(err)
	}
	c.mails()
	if err := c.resolve("man", n, "Replaced."); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Resolved, "man")
	c.told("resolved", "resolved ben requester requester", "resolved gus solver_group passed_on")
	if c.ticket(n).FirstResponse.IsZero() {
		t.Error("the message with which it was resolved is a first response")
	}
	_, log, _ := c.desk.Log(t.Context(), c.People["mia"], n)
	if !slices.ContainsFunc(log, func(r core.RecordView) bool {
		return r.Kind == core.KindAssignment && r.Change != nil && *r.Change == core.Change{Field: "solver", From: "Gus Group", To: "Man Ager"}
	}) {
		t.Error("the change of solver is not in the log")
	}
	if err := c.reopen("ben", n); err != nil { // D5: a manager does not keep it
		t.Fatal(err)
	}
	c.is(n, core.Open, "")
	c.told("reopened: the group has it, and the main solvers hear of it", "reopened gil solver_group group_member",
		"reopened gus solver_group group_member", "reopened mia main_solver main_solver")
	if err := c.resolve("man", n, ""); err != nil {
		t.Fatal(err)
	}
	if err := c.reopen("man", n); err != nil {
		t.Errorf("a manager reopens what they resolved: %v", err)
	}
	// Who can be given tickets resolves without becoming the solver.
	if err := c.resolve("mia", n, ""); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Resolved, "")
}

// D5: a solver who lost the role or was disabled is cleared; one who still holds it goes on.
func TestReopeningClearsALostSolver(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	if err := c.take("sol", n, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.resolve("sol", n, "Done."); err != nil {
		t.Fatal(err)
	}
	c.mails()
	if err := c.reopen("ben", n); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.InProgress, "sol")
	c.told("reopened", "reopened sol solver solver")
	if err := c.resolve("sol", n, "Done."); err != nil {
		t.Fatal(err)
	}
	c.sql("delete from role_grant where person_id = $1", c.People["sol"].ID)
	c.mails()
	if err := c.reopen("ben", n); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Open, "")
	c.told("reopened without solver", "reopened mia main_solver main_solver")
}

// A79–A81, D16, E8, D25.
func TestReopenDeadlineAndClosing(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.refused("closing what is not resolved", core.Conflict, c.status("mia", n, core.Closed))
	c.refused("reopening it", core.Conflict, c.reopen("mia", n))
	if err := c.resolve("sol", n, ""); err != nil {
		t.Fatal(err)
	}
	c.told("resolved without words", "resolved ben requester requester")
	end := c.ticket(n).ResolvedAt.Add(7 * 24 * time.Hour)
	c.now = end.Add(-time.Minute) // as adds the minute
	if err := c.reopen("ben", n); err != nil {
		t.Errorf("at the last moment: %v", err)
	}
	if err := c.resolve("sol", n, ""); err != nil {
		t.Fatal(err)
	}
	c.now = c.ticket(n).ResolvedAt.Add(7*24*time.Hour - time.Minute + time.Microsecond)
	c.refused("after it", core.Conflict, c.reopen("ben", n))
	c.mails()
	if err := c.record("ben", n, "Still broken.", nil); err != nil { // the text is logged all the same
		t.Fatal(err)
	}
	c.is(n, core.Resolved, "")
	c.told("too late", "message_received mia main_solver main_solver")
	c.refused("by a reader", core.Forbidden, c.reopen("rea", n))
	if err := c.reopen("gus", n); err != nil {
		t.Errorf("the team has no limit: %v", err)
	}
	if err := c.resolve("sol", n, ""); err != nil {
		t.Fatal(err)
	}
	if err := c.record("ben", n, "No, it does not work.", nil); err != nil {
		t.Fatal(err)
	}
	c.is(n, core.Open, "")
	if err := c.resolve("sol", n, ""); err != nil {
		t.Fatal(err)
	}
	c.mails()
	closing := func(a *helpdesk.Act) error { _, err := a.Close(t.Context(), n, 0); return err }
	c.refused("a reader closes", core.Forbidden, c.as("rea", closing))
	if err := c.as("ben", closing); err != nil {
		t.Errorf("the requester closes what is resolved: %v", err)
	}
	c.is(n, core.Closed, "")
	c.told("closed by themself")
	c.refused("twice", core.Conflict, c.as("mia", closing))
	c.refused("out of closed by status", core.Conflict, c.status("mia", n, core.Open))
}

package core

import "testing"

// The rows of the matrix that let somebody be told belong to the audience that the table tells under them (A6–A10).
func TestNoticesAgreeWithTheMatrix(t *testing.T) {
	t.Parallel()
	rows := map[Audience]Permission{}
	for event, list := range noticesOf {
		for i, n := range list {
			if n.Row != "" {
				if p, known := rows[n.Audience]; known && p != n.Row && n.Audience != ToMainSolvers {
					t.Errorf("%s: %s is told under %s and under %s", event, n.Audience, p, n.Row)
				}
				rows[n.Audience] = n.Row
				holder := map[Audience]Role{ToMainSolvers: MainSolver, ToSolver: Solver, ToGroupMembers: SolverGroupMember, ToApprovers: Approver}[n.Audience]
				if RoleSet(0).With(holder).Grade(n.Row) != Allowed {
					t.Errorf("%s: %s may not be told under %s", event, n.Audience, n.Row)
				}
			}
			if n.Own != (event == EventTicketCreated && n.Audience == ToRequester) {
				t.Errorf("%s to %s goes to its cause: only the acknowledgement does (E3)", event, n.Audience)
			}
			for _, m := range list[:i] {
				if m.Audience == n.Audience {
					t.Errorf("%s names %s twice", event, n.Audience)
				}
			}
		}
	}
	for event, audiences := range map[Event][]Audience{ // E2
		EventTicketCreated: {ToRequester, ToMainSolvers}, EventNoteAdded: {ToSolverSide, ToFollowers},
		EventPublicReply: {ToSolverSide, ToRequester, ToParticipants, ToFollowers}, EventMessageReceived: {ToSolverSide, ToFollowers},
		EventAssigned: {ToSolver, ToPreviousSolver}, EventReopened: {ToSolverSide, ToRequester, ToFollowers}, EventReturned: {ToMainSolvers},
		EventResolved: {ToRequester, ToParticipants, ToFollowers}, EventClosed: {ToRequester}, EventAssignedGroup: {ToGroupMembers},
		EventSLAWarning: {ToSolverSide, ToManagers}, EventSLABreach: {ToSolverSide, ToManagers}, // E12
	} {
		for _, a := range audiences {
			found := false
			for _, n := range NoticesOf(event) {
				found = found || n.Audience == a
			}
			if !found {
				t.Errorf("%s does not tell %s", event, a)
			}
		}
	}
	for _, n := range noticeLines { // E12: managers are told of deadlines where they asked, and of nothing else
		if sla := n.Event == EventSLAWarning || n.Event == EventSLABreach; (n.Audience == ToManagers) != (n.Switch == OffFirst) || n.Audience == ToManagers && !sla {
			t.Errorf("%s tells %s by %q", n.Event, n.Audience, n.Switch)
		}
	}
	for _, n := range NoticesOf(EventNoteAdded) { // A69
		if n.Audience == ToRequester || n.Audience == ToParticipants {
			t.Error("a note is told to the requester's side")
		}
	}
}

func TestNoticeTableRefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"resolved requester", "resolved requester x notify.unknown"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is taken", text)
				}
			}()
			parseNotices(text)
		}()
	}
}

func TestOwnMessageIDs(t *testing.T) {
	t.Parallel()
	id := MessageID("0198a3f2-7c11-7d3a-9a70-0123456789ab", "city.test")
	for candidate, want := range map[string]bool{id: true, "x" + id: false, id + ".evil.test": false, "": false, "@": false,
		"0198a3f2-7c11-7d3a-9a70-0123456789ab@city.test": false, "pd.short@city.test": false,
		MessageID("0198a3f2-7c11-7d3a-9a70-0123456789ab", "evil.test"): false} {
		if IsOwnMessageID(candidate, []string{"other.test", "city.test"}) != want {
			t.Errorf("%q is ours: %v", candidate, !want)
		}
	}
}

// The strongest word counts, and whoever asks how a reason stands is told what the mails go by (E4).
func TestNoticeStatesTellWhoseWordCounts(t *testing.T) {
	t.Parallel()
	d := newDesk()
	mia := d.p["mia"]
	is := func(what string, id ServiceID, wanted bool, from NoticeSource) {
		t.Helper()
		for _, s := range d.NoticeStates(mia, id) {
			if s.Reason != "new_ticket" {
				continue
			}
			if s.Wanted != wanted || s.From != from || d.Wants(mia, id, s.Reason, OnFirst) != wanted {
				t.Errorf("%s: %v %s, want %v %s", what, s.Wanted, s.From, wanted, from)
			}
			return
		}
		t.Errorf("%s: not listed", what)
	}
	is("nobody said anything", printers, true, TableOfNotices)
	d.Services[itID].Notifications = map[string]bool{"new_ticket": false}
	is("the folder above", printers, false, ServiceForAll)
	is("nowhere in particular", 0, true, TableOfNotices)
	d.Services[printers].Notifications = map[string]bool{"new_ticket": true}
	is("the service before its folder", printers, true, ServiceForAll)
	mia.Settings = []NoticeSetting{{Reason: "new_ticket", Wanted: false}}
	is("the person everywhere", printers, false, PersonAnywhere)
	mia.Settings = append(mia.Settings, NoticeSetting{Service: itID, Reason: "new_ticket", Wanted: true})
	is("the person for the folder", printers, true, PersonForService)
	is("elsewhere", 0, false, PersonAnywhere)
	if n := len(d.NoticeStates(mia, 0)); n != len(SwitchableReasons()) {
		t.Errorf("%d of %d reasons are listed", n, len(SwitchableReasons()))
	}
	if !d.Wants(mia, 0, "new_ticket", AlwaysOn) {
		t.Error("what nobody can switch was switched")
	}
}

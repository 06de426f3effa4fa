package core_test

import (
	"encoding/json"
	"strings"
	"testing"

	"postdesk/core"
)

func TestErasedAddressIsNobodys(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{core.ErasedAddress(12): true, "erased-1@invalid": true, "erased-@invalid": false, "erased-x@invalid": false,
		"erased--1@invalid": false, "erased-1@invalid.test": false, "ana@invalid": false, "": false} {
		if core.IsErased(address) != want {
			t.Errorf("%q: %v", address, !want)
		}
	}
	if name := (core.Ref{Email: core.ErasedAddress(1), Name: "erased person"}).FirstName(); name != "erased person" {
		t.Errorf("they are called %q", name)
	}
}

func TestForgettingTakesNamesOutOfTexts(t *testing.T) {
	t.Parallel()
	f := core.NewForgotten(7, []string{"ana@city.test", "a.ruiz@vendor.test"}, []string{"Ana Ruiz"})
	x := core.ErasedAddress(7)
	for text, want := range map[string]string{
		"":                                    "",
		"Ana Ruiz":                            x,
		"Ben Staff, Ana Ruiz":                 "Ben Staff, " + x,
		"Ana Ruiz jams":                       "Ana Ruiz jams", // a name in a sentence may be a word
		"Ana@City.test":                       x,
		"550 <ana@city.test>: no such user":   "550 <" + x + ">: no such user",
		"ana@city.test ana@city.test":         x + " " + x,
		"to ana@city.test.":                   "to " + x + ".",
		"joana@city.test":                     "joana@city.test",
		"x.ana@city.test":                     "x.ana@city.test",
		"ana@city.test.example":               "ana@city.test.example",
		"anaXcity.test, a-ruiz@vendor.test":   "anaXcity.test, a-ruiz@vendor.test",
		"refused by a.ruiz@vendor.test, late": "refused by " + x + ", late",
	} {
		if got := f.Named(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if again := f.Named(f.Named(text)); again != want {
			t.Errorf("%q became %q the second time", text, again)
		}
	}
}

func TestForgettingKeepsWhatOthersWrote(t *testing.T) {
	t.Parallel()
	f := core.NewForgotten(7, []string{"ana@city.test"}, []string{"Ana Ruiz"})
	ana, sol := core.Ref{Email: "ana@city.test", Name: "Ana Ruiz"}, core.Ref{Email: "sol@city.test", Name: "Sol Vega"}
	mail := func(requester, author core.Ref) *core.Content {
		return &core.Content{Ticket: core.View{Number: 5, Subject: "Jam", Requester: requester, Solver: &core.Ref{Name: "Ana Ruiz"}, Followers: []core.Ref{ana}},
			Record: &core.RecordView{ID: "r", Author: &author, Text: "It jams.", Copied: []string{"ana@city.test", "x@city.test"}}, Actor: &core.Ref{Email: author.Email, Name: author.Name},
			Files: []core.File{{Name: "jam.png"}}, FromName: author.Name + " (IT)", Previous: "Ana Ruiz",
			Approval: &core.ApprovalView{Text: "Buy?", AskedBy: sol, Approvers: []core.ApproverView{{Email: ana.Email, Name: ana.Name, Text: "No."}}},
			Failed:   &core.Failure{To: "ana@city.test", Response: "550 ana"}}
	}
	theirs := mail(ana, ana)
	f.Content(theirs, nil)
	if theirs.Ticket.Subject != core.ErasedText || theirs.Record.Text != core.ErasedText || theirs.Files != nil || theirs.FromName != "IT" || theirs.Failed.Response != "" {
		t.Errorf("%+v %+v", theirs, theirs.Record)
	}
	others := mail(sol, sol)
	f.Content(others, nil)
	if others.Ticket.Subject != "Jam" || others.Record.Text != "It jams." || len(others.Files) != 1 || others.Approval.Text != "Buy?" || others.Approval.Approvers[0].Text != "" || len(others.Record.Copied) != 1 {
		t.Errorf("%+v %+v", others, others.Record)
	}
	byID := mail(sol, core.Ref{})
	f.Content(byID, []string{"r"})
	if byID.Record.Text != core.ErasedText {
		t.Errorf("a record that they wrote says %q", byID.Record.Text)
	}
	for _, c := range []*core.Content{theirs, others, byID} {
		raw, err := json.Marshal(c)
		if err != nil || strings.Contains(string(raw), "ana@city.test") || strings.Contains(string(raw), "Ana Ruiz") {
			t.Errorf("it still names them: %s", raw)
		}
	}
}

func TestNamesThatAreWordsAreLeftInTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		mentioned  bool
	}{
		{"Al", "Also the Alarm", false},
		{"Al", "Al, can you look?", false},
		{"A. L. B.", "plan A. L. B. is better", false},
		{"Al B", "al b", false},
		{"Ana Ruiz", "so Ana Ruiz wrote:", true},
		{"Ana Ruiz", "ana ruiz", true},
		{"Ana Ruiz", "(Ana Ruiz)", true},
		{"Ana Ruiz", "Joana Ruiz", false},
		{"Ana Ruiz", "Ana Ruizal", false},
		{"Ána Ruiz", "Ána Ruiz.", true},
		{"Li Xu", "Li Xu", true},
		{"Ana M. Ruiz", "Ana M. Ruiz\nIT", true},
		{"Ana M. Ruiz", "Ana Mx Ruiz", false},
		{"", "", false},
	} {
		f := core.NewForgotten(7, nil, []string{c.name})
		if f.Mentioned(c.text) != c.mentioned {
			t.Errorf("%q in %q: %v", c.name, c.text, !c.mentioned)
		}
	}
	al := core.NewForgotten(7, []string{"al@city.test"}, []string{"Al"})
	if got := al.Named("Al, Sol Vega"); got != "Al, Sol Vega" {
		t.Errorf("another Al became %q", got)
	}
	if al.Is(core.Ref{Name: "Al"}) || !al.Is(core.Ref{Name: "Al", Email: "AL@city.test"}) || !al.Is(core.Ref{Email: core.ErasedAddress(7)}) {
		t.Error("Al is somebody else")
	}
	if al.Names == nil {
		t.Error("no name is null for the database")
	}
	mail := core.Content{Record: &core.RecordView{ID: "r", Author: &core.Ref{Name: "Al"}, Text: "Done."}, Actor: &core.Ref{Name: "Al"}, FromName: "Al (IT)"}
	al.Content(&mail, []string{"r"})
	if x := (core.Ref{Email: core.ErasedAddress(7)}); *mail.Record.Author != x || *mail.Actor != x || mail.FromName != "IT" {
		t.Errorf("what Al wrote is still from %v, %v, %q", mail.Record.Author, mail.Actor, mail.FromName)
	}
}

func TestForgettingInEvents(t *testing.T) {
	t.Parallel()
	f := core.NewForgotten(7, []string{"ana@city.test"}, []string{"Ana Ruiz"})
	x := core.ErasedAddress(7)
	for _, c := range []struct {
		before, after core.Change
		theirs        bool
	}{
		{core.Change{Field: "solver", From: "Ana Ruiz", To: "Sol Vega"}, core.Change{Field: "solver", From: x, To: "Sol Vega"}, false},
		{core.Change{Field: "status", From: "open", To: "waiting"}, core.Change{Field: "status", From: "open", To: "waiting"}, true},
		{core.Change{Field: "text", From: "my words", To: "your words"}, core.Change{Field: "text", From: core.ErasedText, To: core.ErasedText}, true},
		{core.Change{Field: "text", From: "my words", To: ""}, core.Change{Field: "text", From: "my words"}, false},
		{core.Change{Field: core.FieldProperty("asset"), To: "her laptop"}, core.Change{Field: core.FieldProperty("asset"), To: core.ErasedText}, true},
	} {
		if got := f.Change(c.before, c.theirs); got != c.after {
			t.Errorf("%+v became %+v", c.before, got)
		}
	}
}

package mailin

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

// D15: who is copied and does not become a participant by that is shown to the team, with a way to add them; whoever takes
// part already, the desk's own addresses and the solver are not named, and the requester's side reads none of it.
func TestCopiedPeopleAreShownToTheTeam(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	own := "IT <it@city.test>, it+printers@city.test"
	n := o.open(post{top: passed, cc: "eva@city.test, kim@else.test, KEN@vendor.test, kim@else.test, " + own})
	copied := func() []string { return o.last(n).Copied }
	if want := []string{"kim@else.test", "ken@vendor.test"}; !slices.Equal(copied(), want) {
		t.Errorf("the request names %q, want %q", copied(), want)
	}
	if !o.ticket(n).TakesPart(o.People["eva"].ID) {
		t.Error("eva is no participant")
	}
	o.is("unproven answer", o.send(post{from: "ben@city.test", subject: o.tag(n), cc: "pat@city.test, eva@city.test", body: "And?"}), core.InboundApplied, n)
	if want := []string{"pat@city.test"}; !slices.Equal(copied(), want) || o.ticket(n).TakesPart(o.People["pat"].ID) {
		t.Errorf("an unproven answer names %q, want %q, and adds nobody", copied(), want)
	}
	o.take("sol", n)
	o.is("somebody else's answer", o.send(post{top: passed, from: "eva@city.test", subject: o.tag(n), cc: "sol@city.test, ben@city.test, pat@city.test, x@else.test", body: "Mine too."}), core.InboundApplied, n)
	if want := []string{"pat@city.test", "x@else.test"}; !slices.Equal(copied(), want) || o.ticket(n).TakesPart(o.People["pat"].ID) {
		t.Errorf("somebody else's answer names %q, want %q, and adds nobody", copied(), want)
	}
	o.write("ben", n, "Hello?", true)
	o.is("forged", o.send(post{top: failed, from: "ben@city.test", subject: o.tag(n), cc: "evil@else.test", body: "Forged."}), core.InboundApplied, n)
	if len(copied()) > 0 {
		t.Errorf("a forged mail names %q", copied())
	}
	for who, sees := range map[string]bool{"sol": true, "rea": true, "ben": false, "eva": false} {
		_, records, err := o.desk.Log(t.Context(), o.People[who], n)
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(records, func(r core.RecordView) bool { return len(r.Copied) > 0 })
		if found != sees {
			t.Errorf("%s sees who is copied: %v, want %v", who, found, sees)
		}
	}
	for _, m := range append(o.notices("ben@city.test"), o.notices("eva@city.test")...) {
		if strings.Contains(m, "copied") || strings.Contains(m, "else.test") {
			t.Errorf("the requester's side is told of strangers: %s", m)
		}
	}
	if m := o.notices("mia@city.test"); len(m) == 0 || !strings.Contains(m[0], `"copied": ["kim@else.test", "ken@vendor.test"]`) {
		t.Errorf("mia is told %q", m)
	}
}

func (o *office) tag(n core.Number) string { return fmt.Sprintf("Re: [IT #%d] Paper jam", n) }

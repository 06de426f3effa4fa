package mailout

import (
	"strings"
	"testing"

	"postdesk/core"
)

// digestSamples is one mail with what would have been several.
func digestSamples() map[string]core.Outgoing {
	opened := sample(core.EventTicketCreated, core.MainSolver, "new_ticket", &ben, wrote(core.KindMessage, ben, request), inGroup(""))
	noted := sample(core.EventNoteAdded, core.Solver, "solver", &sol, wrote(core.KindNote, sol, "The vendor knows this fault: rollers of batch 7."))
	closed := sample(core.EventClosed, core.Requester, "requester", &sol)
	secret := sample(core.EventTicketCreated, core.Requester, "acknowledgement", &ben, wrote(core.KindMessage, ben, request)) // not proven: no echo
	return map[string]core.Outgoing{"digest": digestOf(opened, noted, closed, secret)}
}

func digestOf(mails ...core.Outgoing) core.Outgoing {
	return sample(core.EventDigest, "", "digest", noPerson, func(o *core.Outgoing) {
		o.Ticket = 0
		o.Content = core.Content{Desk: "IT", FromName: "IT", FromAddress: "it@city.test", ReplyAddress: "it@city.test", RequesterSide: true,
			Link: "/dashboard/ithelpdesk"}
		for _, m := range mails {
			o.Content.Digest = append(o.Content.Digest, core.Carried{Event: m.Event, Role: m.Role, Reason: m.Reason, At: m.CreatedAt, Content: m.Content})
		}
	})
}

// A digest says of each mail no more than that mail would have said, and no address in it but the one for notes.
func TestDigestSaysWhatItsMailsSay(t *testing.T) {
	t.Parallel()
	l := letterOf(t, newRenderer(t), digestSamples()["digest"])
	for _, want := range []string{"[IT #1042] Payroll printer jams on envelopes", "Ben Ortega: Since Friday", "Sol Vega: The vendor knows", "it+n.k3f9a1@city.test",
		"https://desk.city.test/dashboard/ithelpdesk/1042"} {
		if !strings.Contains(l.Text, want) {
			t.Errorf("it lacks %q:\n%s", want, l.Text)
		}
	}
	for _, never := range []string{"it+r."} {
		if strings.Contains(l.Text+l.HTML, never) {
			t.Errorf("it holds %q", never)
		}
	}
	if l.AutoSubmitted != "auto-generated" || l.ReplyTo != "it@city.test" {
		t.Errorf("%q, replies to %q", l.AutoSubmitted, l.ReplyTo)
	}
	unproven := digestOf(sample(core.EventTicketCreated, core.Requester, "acknowledgement", &ben, wrote(core.KindMessage, ben, request)))
	if l := letterOf(t, newRenderer(t), unproven); strings.Contains(l.Text+l.HTML, "Payroll") || strings.Contains(l.Text, "envelope") {
		t.Errorf("it echoes what nobody proved:\n%s", l.Text)
	}
}

// However much happens, the mail stays one that is shown whole, and counts what it leaves out.
func TestLongDigestIsCut(t *testing.T) {
	t.Parallel()
	var many []core.Outgoing
	for range digestLimit + 7 {
		many = append(many, sample(core.EventClosed, core.Requester, "requester", &sol))
	}
	l := letterOf(t, newRenderer(t), digestOf(many...))
	if n := strings.Count(l.Text, "[IT #1042]"); n != digestLimit || !strings.Contains(l.Text, "7 ") || !strings.Contains(l.Subject, "207") {
		t.Errorf("%d entries under %q", n, l.Subject)
	}
}

package mailout

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"postdesk/core"
	"postdesk/templates"
)

var update = flag.Bool("update", false, "write the mails' forms to testdata")

const publicURL = "https://desk.city.test/"

func newRenderer(t testing.TB) *Renderer {
	t.Helper()
	locales, err := templates.LoadLocales()
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRenderer(locales, func() *time.Location { return deskZone })
	if err != nil {
		t.Fatal(err)
	}
	r.Profile = "/me"
	return r
}

func letterOf(t testing.TB, r *Renderer, o core.Outgoing) Letter {
	t.Helper()
	l, err := r.Render(o, publicURL)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// unsaid finds keys that no language has a sentence for.
var unsaid = regexp.MustCompile(`\b(mail|reason|priority|date|refusal|finding|command|error)\.[a-z_]{2}`)

// TestMailsReadAsKept compares every event, face and language with the forms that were read and approved.
func TestMailsReadAsKept(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	kept := map[string]bool{}
	events := map[core.Event]bool{}
	for name, o := range samples() {
		events[o.Event] = true
		for _, lang := range []core.Language{core.English, core.Spanish} {
			o.Language = lang
			l := letterOf(t, r, o)
			head := fmt.Sprintf("From: %s <%s>\nTo: %s <%s>\nReply-To: <%s>\nSubject: %s\nAuto-Submitted: %q\nX-Postdesk-Reason: %s\n\n",
				l.FromName, l.FromAddress, l.ToName, l.To, l.ReplyTo, l.Subject, l.AutoSubmitted, l.Reason)
			for form, text := range map[string]string{"txt": head + l.Text, "html": l.HTML} {
				path := filepath.Join("testdata", "mail", fmt.Sprintf("%s.%s.%s", name, lang, form))
				kept[path] = true
				compareKept(t, path, text)
				if key := unsaid.FindString(text); key != "" {
					t.Errorf("%s shows the key %s", path, key)
				}
				for _, never := range []string{"<no value>", "%!", "{0", "{1", "ZgotmplZ", " \n"} {
					if strings.Contains(strings.ReplaceAll(text, "\n-- \n", ""), never) {
						t.Errorf("%s holds %q", path, never)
					}
				}
			}
		}
	}
	for event := range r.forms {
		if !events[event] {
			t.Errorf("no sample of %s", event)
		}
	}
	on, err := filepath.Glob(filepath.Join("testdata", "mail", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range on {
		if !kept[path] {
			t.Errorf("%s is no sample's", path)
		}
	}
}

func compareKept(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed (read it, then run with -update):\n%s", path, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\ngot  %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// Every rule of outgoing mail that a kept form could lose by an -update stands here in words.
func TestMailsKeepTheirPromises(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	buttons := regexp.MustCompile(`class="bl"`)
	preheader := regexp.MustCompile(`mso-hide:all">([^<]*)</div>`)
	for name, o := range samples() {
		l := letterOf(t, r, o)
		if n := len(buttons.FindAllString(l.HTML, -1)); n > 1 {
			t.Errorf("%s: %d buttons", name, n)
		}
		if !strings.Contains(l.Text, "\nYou get this because ") || !strings.Contains(l.HTML, "You get this because ") {
			t.Errorf("%s does not say why it came", name)
		}
		if o.Ticket != 0 && len(o.Content.Tickets) < 2 && !strings.HasPrefix(l.Subject, "[IT #1042] ") {
			t.Errorf("%s: subject %q", name, l.Subject)
		}
		if m := preheader.FindStringSubmatch(l.HTML); m == nil || m[1] == "" {
			t.Errorf("%s: no preview", name)
		}
		if _, err := html.Parse(strings.NewReader(l.HTML)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, token := range []string{"q7w2e5"} {
			if strings.Contains(l.Text+l.HTML+l.Subject+l.MessageID, token) {
				t.Errorf("%s shows the reply token", name)
			}
		}
		if o.Content.RequesterSide && o.Event != core.EventConfiguration && o.Event != core.EventDigest { // these go to who works at the desk
			for _, machinery := range []string{"urgent", "k3f9a1", "nternal", "solver", "Printers"} {
				if strings.Contains(l.Text+l.HTML, machinery) {
					t.Errorf("%s shows the machinery: %s", name, machinery)
				}
			}
		}
		var raw bytes.Buffer
		if _, err := l.WriteTo(&raw); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHeadersSayWhatKindOfMailItIs(t *testing.T) {
	t.Parallel()
	r, all := newRenderer(t), samples()
	for name, want := range map[string][3]string{
		"ticket_created-requester":   {"auto-replied", "role=requester; event=ticket_created; service=Printers", "it+r.q7w2e5@city.test"},
		"ticket_created-main_solver": {"auto-generated", "role=main_solver; event=ticket_created; service=Printers", "it+r.q7w2e5@city.test"},
		"public_reply-requester":     {"", "role=requester; event=public_reply; service=Printers", "it+r.q7w2e5@city.test"},
		"resolved-requester":         {"", "role=requester; event=resolved; service=Printers", "it+r.q7w2e5@city.test"},
		"resolved-requester-plain":   {"auto-generated", "role=requester; event=resolved; service=Printers", "it+r.q7w2e5@city.test"},
		"note_added-solver":          {"auto-generated", "role=solver; event=note_added; service=Printers", "it+i.q7w2e5@city.test"},
		"sign_in":                    {"auto-generated", "event=sign_in", ""},
		"approval_requested-any":     {"auto-generated", "role=approver; event=approval_requested; service=Printers", "it+a.d8c3m2@city.test"},
		"approval_finished-approved": {"auto-generated", "role=solver; event=approval_finished; service=Printers", "it+r.q7w2e5@city.test"},
		"moved-main_solver":          {"auto-generated", "role=main_solver; event=moved; service=Printers", "it+r.q7w2e5@city.test"},
		"deadline_changed-requester": {"auto-generated", "role=requester; event=deadline_changed; service=Printers", "it+r.q7w2e5@city.test"},
		"waiting_reminder-requester": {"auto-generated", "role=requester; event=waiting_reminder; service=Printers", "it+r.q7w2e5@city.test"},
		"refusal-folder":             {"auto-generated", "role=requester; event=refusal; service=IT services", "it@city.test"},
		"configuration_alert-ticket": {"auto-generated", "role=administrator; event=configuration_alert; service=IT/Network", "it@city.test"},
		"unassigned-list":            {"auto-generated", "role=main_solver; event=unassigned; service=Printers", "it@city.test"},
	} {
		l := letterOf(t, r, all[name])
		if got := [3]string{l.AutoSubmitted, l.Reason, l.ReplyTo}; got != want {
			t.Errorf("%s\ngot  %q\nwant %q", name, got, want)
		}
	}
	o := all["public_reply-requester"]
	o.Content.References = []string{"root@pc.city.test", "bad id", "<last@pc.city.test>"}
	o.Content.InReplyTo = "broken\r\nBcc: x@x.test"
	o.Content.Ticket.Service = "HR; role=manager\r\nX-Bad: 1 50%"
	l := letterOf(t, r, o)
	if strings.Join(l.References, " ") != "root@pc.city.test <last@pc.city.test>" || l.InReplyTo != "" {
		t.Errorf("references %q, in reply to %q", l.References, l.InReplyTo)
	}
	if want := "role=requester; event=public_reply; service=HR%3B role=manager X-Bad: 1 50%25"; l.Reason != want {
		t.Errorf("reason %q", l.Reason)
	}
}

// An unproven sender must not make the desk carry their words to the person they pretend to be (mail.md 4).
func TestAcknowledgementOfUnprovenMailIsInTheDesksWords(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	const planted = "PLANTED"
	for _, lang := range []core.Language{core.English, core.Spanish} {
		o := sample(core.EventTicketCreated, core.Requester, "acknowledgement", &core.Ref{Name: planted, Email: planted + "@x.test"},
			wrote(core.KindMessage, core.Ref{Name: planted}, planted+" https://bad.test/"),
			with(core.File{Name: planted}), content(func(k *core.Content) {
				k.Ticket.Subject, k.FilesAsLinks = planted, []core.File{{Name: planted}}
				k.Record.Attachments = []core.AttachmentView{{Name: planted}}
			}))
		o.Language = lang
		l := letterOf(t, r, o)
		if strings.Contains(l.Subject+l.Text+l.HTML, planted) || strings.Contains(l.HTML, "bad.test") {
			t.Errorf("%s: the acknowledgement echoes:\n%s", lang, l.Text)
		}
		o.Content.Echo = true
		if l = letterOf(t, r, o); !strings.Contains(l.Text, planted+" https://bad.test/") || !strings.Contains(l.Subject, planted) {
			t.Errorf("%s: a proven sender does not see what arrived:\n%s", lang, l.Text)
		}
	}
}

// What a requester may not see is absent in their view; what remains must render without holes, whatever is absent.
func TestRequesterMailHoldsOnlyItsView(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	d := &core.Directory{Desk: core.Desk{Name: "IT"}, Services: map[core.ServiceID]*core.Service{1: {ID: 1, Name: "Printers"}},
		SolverGroups: map[core.SolverGroupID]core.SolverGroup{7: {ID: 7, Service: 1, Name: "HIDDEN group"}}}
	requester := &core.Person{ID: 1, Email: "ben@city.test", Name: "Ben Ortega", Organization: 1}
	solver := &core.Person{ID: 2, Email: "concealed-solver@vendor.test", Name: "Sol Vega", Organization: 2}
	follower := &core.Person{ID: 3, Email: "concealed-follower@city.test", Name: "HIDDEN follower"}
	tk := &core.Ticket{Number: 1042, Service: 1, Subject: "Printer", Status: core.InProgress, Priority: core.Urgent,
		Requester: requester, Solver: solver, Group: 7, Followers: []*core.Person{follower}, Parent: 777, CreatedAt: sampleAt,
		InternalTarget: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), Work: 888, Children: []core.Number{777}, Links: []core.Number{777},
		Approvals: []*core.Approval{{Text: "HIDDEN question", State: core.ApprovalPending, AskedBy: solver,
			Approvers: []core.ApproverState{{Person: follower, State: core.ApprovalPending}}}}}
	standing := core.StandingOf(d, tk, requester)
	for event := range r.forms {
		for _, kind := range []core.RecordKind{core.KindMessage, core.KindNote, core.KindStatus} {
			o := sample(event, core.Requester, "requester", nil)
			o.Content.Ticket = core.ViewOf(d, tk, standing, sampleAt)
			record := &core.Record{ID: "x", At: sampleAt, Kind: kind, Author: solver, Text: "HIDDEN text", Folded: "HIDDEN quote",
				ShowToRequester: kind == core.KindMessage}
			if kind == core.KindMessage {
				record.Text = "Seen"
			}
			if v, ok := core.ViewOfRecord(record, standing); ok {
				o.Content.Record = &v
			}
			for _, lang := range []core.Language{core.English, core.Spanish, ""} {
				o.Language = lang
				l := letterOf(t, r, o)
				all := l.Subject + l.Text + l.HTML + l.Reason
				for _, hidden := range []string{"HIDDEN", "concealed", "urgent", "777", "888", "2031", "<no value>", "%!"} {
					if strings.Contains(all, hidden) {
						t.Errorf("%s %s %s shows %q:\n%s", event, kind, lang, hidden, l.Text)
					}
				}
			}
		}
	}
}

// An empty view is what somebody gets who may see nothing; every event must still come out as a whole mail.
func TestMailOfAnEmptyViewHasNoHoles(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	for event := range r.forms {
		for _, side := range []bool{true, false} {
			o := core.Outgoing{ID: "1", Address: "a@city.test", Event: event, CreatedAt: sampleAt, MessageID: "1@city.test",
				Content: core.Content{Desk: "IT", RequesterSide: side, FromAddress: "it@city.test"}}
			l, err := r.Render(o, "")
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(l.Text+l.HTML, "<no value>") || strings.Contains(l.HTML, `href=`) || !strings.Contains(l.Text, "You get this because") {
				t.Errorf("%s:\n%s", event, l.Text)
			}
		}
	}
	if _, err := r.Render(core.Outgoing{Event: "unheard_of"}, ""); err == nil {
		t.Error("an event without templates was rendered")
	}
}

func TestReplyHintIsTrue(t *testing.T) {
	t.Parallel()
	r, all := newRenderer(t), samples()
	for name, want := range map[string]string{
		"message_received-solver":    "Reply to this mail and Ben gets your answer.",
		"message_received-follower":  "Reply to this mail to add an internal note. Ben does not see it.",
		"message_received-group":     "Reply to this mail to add an internal note. Ben does not see it.", // no plus addresses, no token
		"note_added-solver":          "Reply to this mail to add an internal note. Ben does not see it.",
		"message_received-requester": "To answer, reply to this mail.",
		"also_sent-main_solver":      "",
		"delivery_failed-solver":     "",
		"unassigned-one":             "", // it did not come from the ticket's reply address
		"refusal-too_late":           "",
		"approval_requested-any":     "To decide by mail, reply with approve or reject alone on the first line;",
		"approval_requested-instead": "A reply to this mail does not decide anything: it adds an internal note.",
	} {
		l := letterOf(t, r, all[name])
		if want == "" && (strings.Contains(l.Text, "Reply to this") || strings.Contains(l.Text, "reply to this")) || !strings.Contains(l.Text, want) {
			t.Errorf("%s:\n%s", name, l.Text)
		}
	}
}

func TestFamilyNameFirstIsSaidWhole(t *testing.T) {
	t.Parallel()
	o := samples()["message_received-solver"]
	o.Content.Ticket.Requester.Name = "Ortega, Ben"
	if l := letterOf(t, newRenderer(t), o); !strings.Contains(l.Text, "and Ortega, Ben gets your answer.") {
		t.Error(l.Text)
	}
}

func TestLongMessageToTheTeamGoesOnInTheDesk(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	long := strings.Repeat("ñandú ", 20_000)
	l := letterOf(t, r, sample(core.EventMessageReceived, core.Solver, "solver", &ben, wrote(core.KindMessage, ben, long)))
	if len(l.Text) > textLimit+2_000 || !strings.Contains(l.Text, "The message goes on in the desk.") || strings.Contains(l.Text, "\uFFFD") {
		t.Errorf("%d bytes", len(l.Text))
	}
	l = letterOf(t, r, sample(core.EventPublicReply, core.Requester, "requester", &sol, wrote(core.KindMessage, sol, long)))
	if !strings.Contains(l.Text, strings.TrimSpace(long)) || strings.Contains(l.Text, "goes on") {
		t.Error("the requester's side did not get all of it")
	}
}

// FuzzRender: whatever people write, the HTML has the tags of the templates only, and the headers are one line each.
func FuzzRender(f *testing.F) {
	f.Add("Printer", "It jams.\nhttps://city.test/", "Ben Ortega")
	f.Add("a\r\nBcc: x@x.test", `<script>alert(1)</script>"'&lt;</td></table>`, "\"<b>\r\nX: 1")
	f.Add("{{.}} {0}", "https://x.test/\"onmouseover=\"x javascript:x", "=?utf-8?Q?x?=\u202e\x00")
	r := newRenderer(f)
	allowed := map[string]bool{"html": true, "head": true, "meta": true, "title": true, "style": true, "body": true, "div": true,
		"table": true, "tbody": true, "tr": true, "td": true, "h1": true, "p": true, "b": true, "a": true, "br": true}
	f.Fuzz(func(t *testing.T, subject, text, name string) {
		author := core.Ref{Name: name, Email: "x@city.test"}
		written := content(func(k *core.Content) {
			k.Ticket.Subject, k.Ticket.Requester, k.FromName, k.Unverified = subject, author, name, true
		})
		for _, o := range []core.Outgoing{
			sample(core.EventMessageReceived, core.Solver, "solver", &author, wrote(core.KindMessage, author, text), with(core.File{Name: name, Size: 1}), written),
			sample(core.EventMessageReceived, core.Requester, "requester", &author, wrote(core.KindMessage, author, text), with(core.File{Name: name, Size: 1}), written),
			sample(core.EventApprovalAsked, core.Approver, "approver", &author, written, content(func(k *core.Content) { k.InsteadOf = name }),
				approval("", decided(author, core.ApprovalPending, ""), func(a *core.ApprovalView) { a.Text, a.AskedBy = text, author })),
			sample(core.EventApprovalEnded, core.Solver, "solver", &author, written, approval(core.ApprovalRejected, decided(author, core.ApprovalRejected, text))),
			sample(core.EventChildResolved, core.Solver, "child_resolved", &author, written, content(func(k *core.Content) {
				k.Child, k.MovedFrom = &core.View{Number: 1, Subject: subject}, name
				k.Findings = []core.Finding{{Code: core.MainSolverDisabled, Service: name, Names: text}}
				k.Tickets = []core.View{k.Ticket, {Number: 2, Subject: text, Group: name}}
			})),
		} {
			l := letterOf(t, r, o)
			root, err := html.Parse(strings.NewReader(l.HTML))
			if err != nil {
				t.Fatal(err)
			}
			for n := range root.Descendants() {
				if n.Type == html.ElementNode && !allowed[n.Data] {
					t.Fatalf("element %s", n.Data)
				}
				for _, a := range n.Attr {
					if strings.HasPrefix(a.Key, "on") {
						t.Fatalf("attribute %s", a.Key)
					}
					if link := strings.ToLower(a.Val); a.Key == "href" &&
						!strings.HasPrefix(link, "http://") && !strings.HasPrefix(link, "https://") && !strings.HasPrefix(link, "mailto:it+n.k3f9a1@") {
						t.Fatalf("link %q", a.Val)
					}
				}
			}
			var raw bytes.Buffer
			if _, err := l.WriteTo(&raw); err != nil {
				t.Fatal(err)
			}
			m, err := mail.ReadMessage(&raw)
			if err != nil {
				t.Fatal(err)
			}
			for _, field := range []string{"Bcc", "X", "Cc"} {
				if m.Header.Get(field) != "" {
					t.Fatalf("a field %s came in", field)
				}
			}
			if strings.ContainsAny(l.Subject+l.Reason, "\r\n") || !strings.HasPrefix(l.Subject, "[IT #1042] ") {
				t.Fatalf("subject %q, reason %q", l.Subject, l.Reason)
			}
		}
	})
}

// BenchmarkRender makes the bytes of one mail in text and HTML.
func BenchmarkRender(b *testing.B) {
	r := newRenderer(b)
	o := sample(core.EventTicketCreated, core.MainSolver, "new_ticket", &ben, wrote(core.KindMessage, ben, request))
	b.ReportAllocs()
	for b.Loop() {
		letter := letterOf(b, r, o)
		if _, err := letter.WriteTo(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

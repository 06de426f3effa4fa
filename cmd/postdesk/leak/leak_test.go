package leak_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postdesk/admin/api"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// Nobody gets to see what is not theirs, in any page, mail, answer, search, count or file, whatever happens to a ticket
// (A43–A45, A51–A60, A64, A66–A77, A87, D6, D8–D15, D17, D25); and everybody gets to see what is.
func TestNobodyIsShownWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	everybody := strings.Fields("mia sol vic gus man rea del fol par exa ada dan req eva ken pat net amy cop joe tre root")
	some := strings.Fields("mia fol req eva ken pat")
	for name, c := range map[string]struct {
		guest, on bool
		asked     []string
	}{
		"a requester": {asked: everybody},
		"a guest":     {asked: some, guest: true},
		"a requester who is shown the optional fields": {asked: some, on: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &play{world: newWorld(t, c.guest, c.on)}
			p.asked = slices.DeleteFunc(slices.Clone(c.asked), func(who string) bool { return c.guest && who == "req" })
			p.all()
			p.sweep()
			p.complete(p.asked)
			for _, e := range core.ToldEvents() {
				if !p.events[e] && e != core.EventAlsoSent {
					t.Errorf("nobody was told of %s", e)
				}
			}
		})
	}
}

// play is the life of a ticket, with those around it.
type play struct {
	*world
	asked                                                          []string // who asks for everything; a guest has mail only
	shelved                                                        []string // the articles' ids
	template                                                       string   // its id
	ticket, merged, parent, linked, child, subteam, spam, reported core.Number
}

// narrow are the people who see less than all, at some times or always.
var narrow = strings.Fields("fol exa ada dan req eva ken pat net cop joe tre root")

func (p *play) all() {
	on := func(who string, does bool) { p.times[who] = does }
	p.step("opened", p.start)
	p.step("near its deadline", func() { p.later(200 * time.Minute) })
	p.step("late", func() { p.later(time.Hour) })
	p.step("taken part in", func() {
		for _, who := range []string{"eva", "ken"} {
			p.do("mia", func(a *helpdesk.Act) error {
				return only(a.AddParticipant(p.Context(), p.ticket, p.people[who], 0))
			})
		}
	})
	p.step("assigned and followed", func() {
		p.give("mia", "vic", "")
		p.do("mia", func(a *helpdesk.Act) error {
			return only(a.AddFollower(p.Context(), p.ticket, p.people["fol"], 0))
		})
		on("fol", true)
	})
	p.step("answered by mail", p.answer)
	p.step("noted", p.note)
	p.step("set", p.properties)
	p.step("edited", func() { p.edit("zzearlier, said again") })
	p.step("merged, before", func() {
		on("pat/mergedtext", true)
		p.merged = p.open("pat", "Printers", "Toner", "zzmerged")
		p.words["merged"] = []string{number(p.merged)}
	})
	p.step("merged", func() {
		on("pat/mergedtext", false)
		p.do("mia", func(a *helpdesk.Act) error { return only(a.MergeTicket(p.Context(), p.merged, p.ticket, 0)) })
	})
	p.step("related", p.relate)
	on("ada", true)
	on("dan", true)
	p.step("asked", func() { p.ask("sol", "ada") })
	p.step("edited while asked", func() { p.edit("zzearlier, and again") })
	p.step("approved", func() {
		p.do("ada", func(a *helpdesk.Act) error {
			return only(a.DecideApproval(p.Context(), p.ticket, core.ApprovalApproved, "", "zzverdict", 0))
		})
		on("ada", false)
		on("dan", false)
	})
	p.step("asked in vain", func() {
		p.ask("sol", "gil")
		p.do("sol", func(a *helpdesk.Act) error { return only(a.CancelApproval(p.Context(), p.ticket, "", 0)) })
	})
	p.step("answered by a participant", func() { p.write("eva", p.ticket, "Me too.", true) })
	p.step("waiting", func() {
		p.do("vic", func(a *helpdesk.Act) error { return only(a.SetStatus(p.Context(), p.ticket, core.Waiting, 0)) })
	})
	p.step("reminded", func() { p.later(25 * time.Hour) })
	p.step("not waiting", func() { p.write("ken", p.ticket, "It is blue.", true) })
	p.step("in a group", func() { p.give("mia", "", "Zzgroup") })
	p.step("noted in a group", func() { p.write("man", p.ticket, "zznote of the manager", false) })
	p.step("returned", func() {
		p.do("gus", func(a *helpdesk.Act) error { return only(a.Return(p.Context(), p.ticket, 0)) })
	})
	on("exa", true)
	p.step("with the exceptional solver", func() { p.give("sol", "exa", "") })
	p.step("near its deadline with them", func() { p.later(6 * time.Hour) })
	p.step("worked on by them", func() {
		p.write("exa", p.ticket, "zznote of theirs", false)
		p.write("exa", p.ticket, "I look at it.", true)
		p.send("exa", "GET", p.file(), nil)
	})
	p.step("passed on by them", func() {
		on("exa", false) // D6: the very answer tells nothing more
		got := p.send("exa", "POST", p.path("/actions/assign"), map[string]string{"solver": p.people["vic"].Email})
		if !strings.HasPrefix(got, "204 ") {
			p.Errorf("after passing it on: %s", got)
		}
	})
	p.step("late with another", func() { p.later(3 * time.Hour) })
	p.step("not delivered", func() {
		p.write("vic", p.ticket, "Try now.", true)
		p.post(func(l *store.Leased) bool { return l.Event == core.EventPublicReply && p.keys[l.Address] == "eva" })
	})
	p.step("resolved by the manager", func() {
		p.do("man", func(a *helpdesk.Act) error {
			return only(a.Resolve(p.Context(), p.ticket, helpdesk.NewRecord{Text: "It is a new printer now."}))
		})
	})
	p.step("reopened", func() {
		p.byMail("req", func(a *helpdesk.Act) error { return only(a.Reopen(p.Context(), p.ticket, 0)) })
		p.give("mia", "vic", "")
	})
	p.step("below it resolved", func() {
		p.do("net", func(a *helpdesk.Act) error {
			return only(a.Resolve(p.Context(), p.child, helpdesk.NewRecord{Text: "zzchild is done"}))
		})
	})
	p.step("moved", func() {
		for _, to := range []string{"Scanners", "Printers"} {
			p.do("mia", func(a *helpdesk.Act) error { return only(a.MoveTicket(p.Context(), p.ticket, p.service[to], 0)) })
		}
	})
	p.step("split", p.split)
	p.step("left behind", p.leave)
	p.step("around it", p.around)
	p.step("around it, near deadlines", func() { p.later(200 * time.Minute) })
	p.step("written about", p.publish)
	p.step("answered with a template", p.canned)
	p.step("resolved", func() {
		p.do("vic", func(a *helpdesk.Act) error {
			return only(a.Resolve(p.Context(), p.ticket, helpdesk.NewRecord{Text: "Done."}))
		})
	})
	p.step("closed by itself", func() { p.later(6 * 24 * time.Hour) })
	p.step("written to too late", func() {
		p.later(5 * 24 * time.Hour)
		yes := true
		p.byMail("req", func(a *helpdesk.Act) error {
			return only(a.AddRecord(p.Context(), p.ticket, helpdesk.NewRecord{Text: "It is broken again.", Show: &yes,
				Mail: &helpdesk.MailSource{MessageID: "late@pc.test", Verified: &yes}}))
		})
	})
	p.step("reopened by the team", func() {
		p.do("vic", func(a *helpdesk.Act) error { return only(a.Reopen(p.Context(), p.ticket, 0)) })
	})
}

func only(_ core.Number, err error) error { return err }

func number(n core.Number) string { return fmt.Sprint(int64(n)) }

// path is where the API has the ticket.
func (p *play) path(below string) string { return api.Base + "/tickets/" + number(p.ticket) + below }

// step does something, brings out the mails, and asks those who see less than all what they see.
func (p *play) step(name string, fn func()) {
	p.Helper()
	fn()
	p.post(nil)
	if p.Failed() {
		p.Fatalf("after it was %s", name)
	}
	for _, who := range p.asked {
		if slices.Contains(narrow, who) {
			p.get(who, p.path("/log"))
			p.get(who, home+"/"+number(p.ticket))
		}
	}
	if p.Failed() {
		p.Fatalf("after it was %s", name)
	}
}

const home = "/dashboard/ithelpdesk"

func (p *play) start() {
	yes := true // a manager who asked for it hears of deadlines (E12)
	p.ok(p.help.SetNotice(p.Context(), core.Actor{Person: p.people["man"], Via: core.ViaDesk, Level: core.SignedIn}, helpdesk.NoticeChoice{Reason: "sla_manager", Wanted: &yes}))
	p.byMail("req", func(a *helpdesk.Act) (err error) {
		p.ticket, err = a.OpenTicket(p.Context(), helpdesk.NewTicket{Service: p.service["Printers"], Subject: "Paper jam", Text: "zzearlier, the request"})
		return err
	})
	t, err := p.city.Store.Ticket(p.Context(), p.ticket)
	p.ok(err)
	if t.SLA == 0 { // a guest is promised nothing
		delete(p.words, "late")
		delete(p.marks, "late")
		return
	}
	p.words["late"] = []string{`"from":"` + strings.ToLower(t.Clock.FirstResponseDue.UTC().Format(time.RFC3339)) + `"`} // what the log says of it
}

func (p *play) give(by, solver, group string) {
	p.Helper()
	p.do(by, func(a *helpdesk.Act) error {
		return only(a.Assign(p.Context(), p.ticket, helpdesk.Assignee{Solver: p.people[solver], Group: group}, 0))
	})
}

func (p *play) answer() {
	yes := true
	p.byMail("vic", func(a *helpdesk.Act) error {
		return only(a.AddRecord(p.Context(), p.ticket, helpdesk.NewRecord{Text: "zzearlier, the answer", Folded: "> zzfolded", Show: &yes,
			Mail: &helpdesk.MailSource{MessageID: "zzmsgid@vendor.test", Verified: &yes}}))
	})
}

func (p *play) note() {
	file, err := p.help.PutFile(p.Context(), "zzfilename.txt", "text/plain", strings.NewReader("zzfilecontent"))
	p.ok(err)
	no := false
	p.do("vic", func(a *helpdesk.Act) error {
		return only(a.AddRecord(p.Context(), p.ticket, helpdesk.NewRecord{Text: "zznote", Show: &no, Work: 47, Attachments: []core.Attachment{file}}))
	})
	yes := true // what was worked on an answer is no more for the requester than the sum
	p.do("vic", func(a *helpdesk.Act) error {
		return only(a.AddRecord(p.Context(), p.ticket, helpdesk.NewRecord{Text: "zzearlier, the second answer", Show: &yes, Work: 11}))
	})
}

func (p *play) properties() {
	name := "Zzorgname"
	for _, fn := range []func(*helpdesk.Act) error{
		func(a *helpdesk.Act) error { return only(a.SetPriority(p.Context(), p.ticket, core.Urgent, 0)) },
		func(a *helpdesk.Act) error {
			return only(a.SetInternalTarget(p.Context(), p.ticket, time.Date(2031, 7, 19, 12, 0, 0, 0, time.UTC), 0))
		},
		func(a *helpdesk.Act) error {
			return only(a.EditTicket(p.Context(), p.ticket, helpdesk.Edit{Organization: &name}, 0))
		},
		func(a *helpdesk.Act) error { // twice, so that both stand in the log too
			return only(a.EditTicket(p.Context(), p.ticket, helpdesk.Edit{Fields: map[string]string{"zzteamfield tag": "x", "floor": "zzopenfield before"}}, 0))
		},
		func(a *helpdesk.Act) error {
			return only(a.EditTicket(p.Context(), p.ticket, helpdesk.Edit{Fields: map[string]string{"zzteamfield tag": "zzteamfield", "floor": "zzopenfield"}}, 0))
		},
	} {
		p.do("mia", fn)
	}
}

func (p *play) edit(text string) {
	p.byMail("req", func(a *helpdesk.Act) error {
		return only(a.EditTicket(p.Context(), p.ticket, helpdesk.Edit{Text: &text}, 0))
	})
}

func (p *play) ask(who, approver string) {
	p.do(who, func(a *helpdesk.Act) error {
		return only(a.AskApproval(p.Context(), p.ticket, helpdesk.NewApproval{Approvers: []*core.Person{p.people[approver]}, Text: "zzapprtext"}, 0))
	})
}

// relate puts a ticket above, one beside, and one below. The desk itself does it, for nobody here may do it in all services.
func (p *play) relate() {
	p.parent = p.open("amy", "Roads", "Signs", "zzparent")
	p.linked = p.open("amy", "Network", "Cables", "zzlinked")
	p.child = p.open("amy", "Network", "Sockets", "zzchild")
	p.words["parent"], p.words["linked"], p.words["child"] = []string{number(p.parent)}, []string{number(p.linked)}, []string{number(p.child)}
	for _, fn := range []func(*helpdesk.Act) error{
		func(a *helpdesk.Act) error { return only(a.SetParent(p.Context(), p.ticket, p.parent, 0)) },
		func(a *helpdesk.Act) error { return only(a.SetParent(p.Context(), p.child, p.ticket, 0)) },
		func(a *helpdesk.Act) error { return only(a.LinkTicket(p.Context(), p.ticket, p.linked, 0)) },
	} {
		p.doAs(core.Actor{Via: core.ViaDesk}, fn)
	}
}

func (p *play) split() {
	_, log, err := p.help.Log(p.Context(), p.people["sol"], p.ticket)
	p.ok(err)
	for _, r := range log {
		if r.Kind == core.KindMessage && r.Author.Email == p.people["eva"].Email {
			p.do("sol", func(a *helpdesk.Act) error { return only(a.SplitTicket(p.Context(), p.ticket, r.ID, 0)) })
			return
		}
	}
	p.Fatal("eva wrote nothing")
}

// leave takes the roles from the solver of the ticket, whom the others in the group outlive (D26).
func (p *play) leave() {
	p.give("mia", "gil", "")
	file, err := p.help.ExportDesk(p.Context())
	p.ok(err)
	for _, s := range file.Services {
		for i, r := range s.Roles {
			s.Roles[i].People = slices.DeleteFunc(r.People, func(email string) bool { return email == p.people["gil"].Email })
		}
	}
	_, err = p.help.Configure(p.Context(), core.Actor{}, core.DeskFile{Services: file.Services}, helpdesk.ConfigureOptions{Yes: true})
	p.ok(err)
	p.give("mia", "vic", "")
}

// around opens what has nothing to do with the ticket: of a sub-team, spam, taken back, reported, and without main solver.
func (p *play) around() {
	p.subteam = p.open("joe", "Printers", "Badge", "zzsubteam")
	p.spam = p.open("joe", "Printers", "Offer", "zzspam")
	p.do("mia", func(a *helpdesk.Act) error { return only(a.MarkSpam(p.Context(), p.spam, 0)) })
	p.open("joe", "Lone", "zzunserved", "zzunserved")
	back := p.open("eva", "Printers", "Not needed", "Forget it.")
	p.do("eva", func(a *helpdesk.Act) error { return only(a.Withdraw(p.Context(), back, 0)) })
	got := p.send("tre", "POST", api.Base+"/tickets", map[string]string{"service": "Printers", "subject": "zzreported", "text": "Loud.", "on_behalf_of": "eva@city.test"})
	if !strings.HasPrefix(got, "201 ") {
		p.Fatal(got)
	}
	p.reported = p.open("eva", "Printers", "zzreported too", "Loud.")
	p.hold("evil@outside.test", "zzheld")
}

func (p *play) later(d time.Duration) {
	p.ahead.Add(int64(d))
	p.ok(p.help.Life(context.WithoutCancel(p.Context())))
	p.ok(p.help.Deadlines(context.WithoutCancel(p.Context())))
}

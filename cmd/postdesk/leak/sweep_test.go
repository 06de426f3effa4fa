package leak_test

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"postdesk/admin/api"
	"postdesk/core"
	"postdesk/core/store"
)

// sweep asks on every way for everything.
func (p *play) sweep() {
	file := p.file()
	tickets := []core.Number{p.ticket, p.merged, p.parent, p.linked, p.child, p.subteam, p.spam}
	for _, who := range p.asked {
		for _, path := range []string{"/tickets", "/tickets?queue=mine", "/tickets?queue=unassigned", "/tickets?queue=overdue",
			"/tickets?status=resolved,closed", "/tickets?service=IT", "/services", "/people?q=zz", "/people?q=vic", "/quarantine", "/approvals",
			"/me", "/me/absence", "/me/addresses", "/me/notifications", "/admin/mail/inbound", "/admin/mail/outbound", "/admin/audit"} {
			p.get(who, api.Base+path)
		}
		for _, path := range []string{home + "?status=all", home + "?queue=spam", home + "/new", "/quarantine"} {
			p.get(who, path)
		}
		for _, n := range tickets {
			p.get(who, api.Base+"/tickets/"+number(n))
			p.get(who, api.Base+"/tickets/"+number(n)+"/log")
		}
		for _, n := range []core.Number{p.ticket, p.merged, p.child} {
			p.get(who, home+"/"+number(n))
		}
		p.get(who, file)
		p.get(who, strings.Replace(file, api.Base+"/tickets", home, 1))
		p.who(who)
		p.search(who)
		p.browse(who)
		p.templates(who)
		p.attempt(who)
	}
	p.spamStaysWithTheMainSolvers()
}

// file is where the note's file is.
func (p *play) file() string {
	p.Helper()
	_, log, err := p.help.Log(p.Context(), p.world.people["vic"], p.ticket)
	p.ok(err)
	for _, r := range log {
		for _, a := range r.Attachments {
			return p.path("/attachments/" + a.ID)
		}
	}
	p.Fatal("the note has no file")
	return ""
}

// who asks who would be told: an answer for those alone who read the whole log.
func (p *play) who(who string) {
	for _, e := range []core.Event{core.EventPublicReply, core.EventNoteAdded, core.EventApprovalAsked} {
		got := p.get(who, p.path("/who?event="+string(e)))
		if strings.HasPrefix(got, "200 ") != p.allows(who, "note") {
			p.Errorf("%s asks who is told of %s: %.200s", who, e, got)
		}
	}
}

// search looks for each planted word: whoever may not see it finds and counts nothing, and what is in no text is found by
// nobody.
func (p *play) search(who string) {
	for secret, words := range p.words {
		word := words[0]
		if strings.Contains(word, `"`) || !searchable[secret] && !slices.Contains(narrow, who) {
			continue
		}
		got := p.get(who, api.Base+"/tickets?q="+word)
		total := between(got, `"total":`, ",")
		hits := strings.Count(got, `"number":`)
		if _, err := strconv.Atoi(word); err == nil { // a number finds the ticket itself
			continue
		}
		may := p.allows(who, secret) && searchable[secret]
		if !may && (total != "0" || hits != 0) && secret != "spamtext" {
			p.Errorf("%s finds %s tickets by %s", who, total, word)
		}
		if may && p.marks[secret][who] == "●" && total == "0" {
			p.Errorf("%s does not find %s", who, word)
		}
		if !may && (secret == "note" || secret == "filename" || secret == "teamfield") { // nor in other words
			for _, q := range []string{word[:len(word)-1] + "*", `"` + word + `"`} {
				if form := p.get(who, api.Base+"/tickets?q="+url.QueryEscape(q)); between(form, `"total":`, ",") != "0" {
					p.Errorf("%s finds %s tickets by %s", who, between(form, `"total":`, ","), q)
				}
			}
		}
		if secret != "note" && secret != "earlier" { // the page asks the same question
			continue
		}
		if page := p.get(who, home+"?status=all&q="+word); strings.Contains(page, home+"/900") != may {
			p.Errorf("%s finds %s on the page: %v", who, word, !may)
		}
	}
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

// attempt tries everything that somebody may not do, and everything on an outdated version, which shows the present one.
func (p *play) attempt(who string) {
	me := p.world.people[who].Email
	for action, body := range map[string]any{
		"take": nil, "return": nil, "reopen": nil, "close": nil, "withdraw": nil, "resolve": map[string]string{"text": "x"},
		"assign": map[string]string{"solver": me}, "status": map[string]string{"status": "open"}, "priority": map[string]string{"priority": "low"},
		"category": map[string]string{"category": "phone"}, "follower": map[string]string{"add": me}, "participant": map[string]string{"add": "nobody@city.test"},
		"move": map[string]string{"service": "Network"}, "record": map[string]any{"text": "x", "show_to_requester": false},
		"edit": map[string]string{"organization": "City"}, "split": map[string]string{"record": "x"}, "due": map[string]any{"internal_target": nil},
		"spam": map[string]any{}, "ask": map[string]any{"approvers": []string{me}}, "cancel_ask": map[string]any{}, "approve": map[string]any{}, "reject": map[string]any{},
		"link": map[string]core.Number{"number": p.linked}, "merge": map[string]core.Number{"into": p.linked}, "parent": map[string]core.Number{"number": p.linked},
	} {
		outdated := []string{}
		if p.allows(who, "note") || who == "req" && slices.Contains([]string{"withdraw", "edit"}, action) { // may do it, or some of it
			outdated = []string{"If-Match", "1"}
		}
		if len(outdated) > 0 && action != "take" && action != "edit" { // one shows the present ticket as the other does
			continue
		}
		if got := p.send(who, "POST", p.path("/actions/"+action), body, outdated...); strings.HasPrefix(got, "2") {
			p.Errorf("%s may %s: %s", who, action, got)
		}
	}
}

// spamStaysWithTheMainSolvers: out of all lists but that of spam, which is theirs (D25).
func (p *play) spamStaysWithTheMainSolvers() {
	for _, who := range p.asked {
		for _, queue := range []string{"all", "mine", "unassigned", "spam"} {
			got := p.get(who, api.Base+"/tickets?queue="+queue)
			main := queue == "spam" && (who == "mia" || who == "del")
			if strings.Contains(got, `"number":`+number(p.spam)) != main {
				p.Errorf("%s, queue %q: spam is listed: %v", who, queue, !main)
			}
		}
	}
}

// hold puts a mail into the quarantine of Printers.
func (p *play) hold(from, subject string) {
	at, err := p.city.Store.NewEpoch(p.Context(), p.city.Mailbox, store.MailboxPosition{}, 7)
	p.ok(err)
	raw := fmt.Appendf(nil, "From: %s\r\nSubject: %s\r\n\r\n%s\r\n", from, subject, subject)
	p.ok(p.city.Store.AcceptPage(p.Context(), p.city.Mailbox, at, []store.RawMail{{UID: 1, ReceivedAt: time.Now(), SHA256: sha256.Sum256(raw), Size: int64(len(raw)), Data: raw}}, time.Now()))
	p.sql("update inbound set state = 'quarantined', reason = 'unknown sender', service_id = $1, sender = $2, subject = $3", p.city.Printers, from, subject)
}

package leak_test

import (
	"net/http"
	"strings"

	"postdesk/admin/api"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// shelf is what is written about Printers: for its team alone and for its requesters too.
var shelf = []struct {
	secret        string
	kind          core.ArticleKind
	forRequesters bool
}{
	{"teamknowledge", core.Knowledge, false}, {"openknowledge", core.Knowledge, true},
	{"teamnews", core.News, false}, {"opennews", core.News, true},
}

// publish writes all of it and mails the news.
func (p *play) publish() {
	p.Helper()
	if p.keys["ben@city.test"] == "" { // where a guest asks, he is staff as any other
		p.keys["ben@city.test"] = "eva"
	}
	service := "Printers"
	for _, x := range shelf {
		title := p.words[x.secret][0] + " of mine"
		v, err := p.help.AddArticle(p.Context(), core.Actor{Person: p.people["mia"], Via: core.ViaDesk, Level: core.SignedIn}, x.kind, helpdesk.ArticleWriting{
			Service: &service, ArticleChange: core.ArticleChange{Title: &title, Text: &title, ForRequesters: &x.forRequesters, Mail: x.kind == core.News}})
		p.ok(err)
		p.shelved = append(p.shelved, v.ID)
	}
	p.ok(p.help.MailNews(p.Context()))
}

// browse asks for all of it in every way: whoever may not read something neither lists nor finds it, and learns nothing of it by
// trying to change it.
func (p *play) browse(who string) {
	p.Helper()
	for i, x := range shelf {
		may, base := p.allows(who, x.secret), api.Base+"/"+string(x.kind)
		for _, query := range []string{"", "?expired=true", "?service=Printers", "?q=" + p.words[x.secret][0], "?q=" + p.words[x.secret][0][:6] + "*"} {
			got := p.get(who, base+query)
			if strings.Contains(got, p.shelved[i]) != may {
				p.Errorf("%s asks for %s%s: %.300s", who, base, query, got)
			}
			if !may && strings.HasPrefix(query, "?q=") && !strings.Contains(got, `"items":[]`) && query[3:] == p.words[x.secret][0] {
				p.Errorf("%s finds something by %s: %.300s", who, query, got)
			}
		}
		p.get(who, base+"/"+p.shelved[i])
		for _, other := range shelf { // under the name of the other kind it is nobody's
			if got := p.get(who, api.Base+"/"+string(other.kind)+"/"+p.shelved[i]); strings.HasPrefix(got, "200 ") != (may && other.kind == x.kind) {
				p.Errorf("%s reads %s as %s: %.300s", who, x.secret, other.kind, got)
			}
		}
		if p.manages(who) {
			continue
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete} {
			want := map[bool]string{true: "403 ", false: "404 "}[may]
			var body any
			if method == http.MethodPut {
				body = map[string]string{"title": "x"}
			}
			if got := p.send(who, method, base+"/"+p.shelved[i], body, "If-Match", "7"); !strings.HasPrefix(got, want) {
				p.Errorf("%s: %s of %s: %.300s", who, method, x.secret, got)
			}
		}
	}
}

// manages tells who writes there: the team but its reader, by the oracle those who read its news.
func (p *play) manages(who string) bool { return p.allows(who, "teamnews") }

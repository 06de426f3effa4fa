package desk_test

import (
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// publish keeps an article of Printers, as mia.
func (w *world) publish(t testing.TB, kind core.ArticleKind, title, text string, change func(*helpdesk.ArticleWriting)) string {
	t.Helper()
	service := "Printers"
	a := helpdesk.ArticleWriting{Service: &service, ArticleChange: core.ArticleChange{Title: &title, Text: &text}}
	if change != nil {
		change(&a)
	}
	v, err := w.help.AddArticle(t.Context(), core.Actor{Person: w.People["mia"], Via: core.ViaDesk, Level: core.SignedIn}, kind, a)
	if err != nil {
		t.Fatal(err)
	}
	return "/" + string(kind) + "/" + v.ID
}

func forAll(a *helpdesk.ArticleWriting) { yes := true; a.ForRequesters = &yes }

// shelves is a desk with knowledge and news for the team and for everybody.
func (w *world) shelves(t testing.TB) (paper, fuser, outage, rota string) {
	t.Helper()
	paper = w.publish(t, core.Knowledge, "Envelopes on the LaserJet 500", "Envelopes jam when the lever is wrong.\n\n# What to do\n1. Open the rear tray.\n2. Set the lever to the **envelope** mark.\n\nThe manual is at https://printers.city.test/lj500", forAll)
	fuser = w.publish(t, core.Knowledge, "Where the fuser kits are", "In the cabinet of room 12. `LJ-500-F` fits both models.", nil)
	outage = w.publish(t, core.News, "No printing on Saturday", "The print server moves.\n\n- Saturday from 8 to 12\n- jobs wait and come out later", func(a *helpdesk.ArticleWriting) {
		forAll(a)
		pinned, ends := true, time.Now().Add(72*time.Hour)
		a.Pinned, a.Expires = &pinned, &ends
	})
	rota = w.publish(t, core.News, "Rota for December", "Gus has the first week.", nil)
	return
}

// A21-A26: who reads which articles, finds the link in the rail, and has the buttons to write.
func TestArticlesAreForWhomTheMatrixLets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paper, fuser, outage, rota := w.shelves(t)
	for who, x := range map[string]struct {
		knowledge, news string // what the lists have: paper or fuser, outage or rota
		writes          bool
	}{
		"mia": {"paper fuser", "outage rota", true},
		"gus": {"paper fuser", "outage rota", true},
		"exa": {"paper fuser", "outage rota", true},
		"man": {"paper fuser", "outage rota", true},
		"rea": {"paper fuser", "outage", false}, // a reader is a requester too, and no reader of news
		"ben": {"paper", "outage", false},
		"net": {"paper", "outage", false}, // writes in Network, not here
		"tre": {"", "", false},
		"ken": {"", "", false},
	} {
		b := w.as(t, who)
		rail := b.get("/dashboard/ithelpdesk").want(200)
		for base, want := range map[string]string{"/knowledge": x.knowledge, "/news": x.news} {
			if linked := len(rail.find("nav.rail a[href="+base+"]")) == 1; linked != (want != "") {
				t.Errorf("%s has a link to %s: %v", who, base, linked)
			}
			list := b.get(base).want(200)
			for name, path := range map[string]string{"paper": paper, "fuser": fuser, "outage": outage, "rota": rota} {
				if !strings.HasPrefix(path, base) {
					continue
				}
				has := strings.Contains(want, name)
				if got := len(list.find("#shelf a[href="+path+"]")) > 0; got != has {
					t.Errorf("%s finds %s: %v", who, name, got)
				}
				status := map[bool]int{true: 200, false: 404}[has]
				one := b.get(path).want(status)
				if edit := len(one.find("a[href="+path+"/edit]")) == 1; edit != (has && x.writes) {
					t.Errorf("%s may edit %s: %v", who, name, edit)
				}
				denied := map[bool]int{true: 403, false: 404}[has]
				if !x.writes {
					b.get(path + "/edit").want(denied)
					b.post(path+"/edit", "version", "1", "title", "x", "text", "y", "service", "Printers", "language", "en").want(denied)
					b.post(path+"/delete", "version", "1").want(denied)
					b.post(path+"/preview", "version", "1", "text", "y").want(denied)
				}
			}
			if offered := len(list.find("main a[href="+base+"/new]")) > 0; offered != (x.writes || who == "net") {
				t.Errorf("%s is offered to write at %s: %v", who, base, offered)
			}
			status := 403
			if x.writes || who == "net" {
				status = 200
			}
			b.get(base + "/new").want(status)
			if !x.writes {
				b.post(base+"/new", "title", "x", "text", "y", "service", "IT/Printers", "language", "en", "for", "team").want(403)
			}
		}
	}
}

// An article is found by words, service and language, keeps that in the address, and reads as it was set.
func TestKnowledgeIsFoundAndRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paper, _, _, _ := w.shelves(t)
	spanish := w.publish(t, core.Knowledge, "Sobres en la LaserJet 500", "Los sobres se atascan.", func(a *helpdesk.ArticleWriting) {
		forAll(a)
		es := core.Spanish
		a.Language = &es
	})
	ben := w.as(t, "ben")
	for query, want := range map[string]string{"?q=envelope": paper, "?language=es": spanish, "?q=sobres&service=IT%2FPrinters": spanish} {
		p := ben.get("/knowledge" + query).want(200)
		if rows := p.find("#shelf a.book"); len(rows) != 1 || attr(rows[0], "href") != want {
			t.Errorf("%s finds %d articles", query, len(rows))
		}
	}
	form := ben.get("/knowledge?q=envelope&language=en").want(200).one("form.narrow")
	if got := strings.Join(fields(form), " "); !strings.Contains(got, "q envelope") || !strings.Contains(got, "language en") {
		t.Errorf("the form forgets what is asked for: %s", got)
	}
	if none := ben.get("/knowledge?q=nothing-like-this").want(200); !strings.Contains(none.text("#shelf"), "Nothing fits.") {
		t.Errorf("an empty list says %q", none.text("#shelf"))
	}
	ben.get("/knowledge?language=xx").want(422)
	ben.get("/knowledge?service=Nowhere").want(422)

	p := ben.get(paper).want(200)
	if got := p.text(".prose h2") + "|" + p.text(".prose ol li") + "|" + p.text(".prose strong"); got != "What to do|Open the rear tray.\nSet the lever to the envelope mark.|envelope" {
		t.Errorf("the article reads %q", got)
	}
	if got := attr(p.one(".prose a"), "href"); got != "https://printers.city.test/lj500" {
		t.Errorf("its link leads to %s", got)
	}
	if got := attr(p.one(".still a"), "href"); got != "/dashboard/ithelpdesk/new?service=IT%2FPrinters" {
		t.Errorf("whom it does not help is led to %s", got)
	}
	if strings.Contains(string(p.body), "Mia Main") {
		t.Error("a requester reads who of the team wrote it")
	}
	if got := w.as(t, "mia").get(paper).want(200); !strings.Contains(got.text(".meta"), "Mia Main") {
		t.Error("the team does not read who wrote it")
	}
}

// A page of articles is followed by the next, and each stands on one of them.
func TestOlderArticlesFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 31 {
		w.publish(t, core.Knowledge, "Toner", "Shake it.", forAll)
	}
	ben := w.as(t, "ben")
	first := ben.get("/knowledge?q=toner").want(200)
	older := attr(first.one(".older a"), "href")
	if n := len(first.find("a.book")); n != 30 || !strings.Contains(older, "q=toner") {
		t.Errorf("the first page has %d articles and leads to %s", n, older)
	}
	second := ben.get(older).want(200)
	if n := len(second.find("a.book")); n != 1 || len(second.find(".older")) != 0 {
		t.Errorf("the second page has %d articles", n)
	}
}

// A23, A26: writing, changing with a look at what it will be, and deleting, with what was typed kept where it is refused.
func TestArticlesAreWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mia := w.as(t, "mia")
	blank := mia.get("/knowledge/new").want(200).one("main form")
	refused := mia.post(attr(blank, "action"), "service", "IT/Printers", "language", "es", "for", "requesters", "title", " ", "text", "# Tóner\n- Agítalo").want(422)
	if len(refused.find(".fields .alert#wrong-title")) != 1 || text(refused.one("textarea")) != "# Tóner - Agítalo" {
		t.Errorf("a missing title: %q, and the text is %q", refused.text(".alert"), refused.text("textarea"))
	}
	seen := mia.post("/knowledge/preview", "service", "IT/Printers", "language", "es", "for", "team", "title", "Tóner", "text", "# Tóner\n- Agítalo <b>").want(200)
	if got := seen.text("#preview .prose h2") + "|" + seen.text("#preview .prose li"); got != "Tóner|Agítalo <b>" {
		t.Errorf("the preview reads %q", got)
	}
	if rows := mia.get("/knowledge").want(200).find("a.book"); len(rows) != 0 {
		t.Error("a preview is kept")
	}
	saved := mia.follow(mia.post("/knowledge/new", "service", "IT/Printers", "language", "es", "for", "requesters", "title", "Tóner", "text", "# Tóner\r\n- Agítalo")).want(200)
	if !strings.Contains(saved.text(".said"), "The article is saved.") || attr(saved.one("article h1"), "lang") != "es" {
		t.Errorf("saved: %q", saved.text(".said"))
	}
	edit := attr(saved.find(".acts a")[0], "href")
	old := mia.get(edit).want(200).one("main form")
	sol := w.as(t, "sol")
	sol.lang = "en"
	other := sol.get(edit).want(200).one("main form")
	sol.post(attr(other, "action"), fields(other)...).want(303)
	values := fields(old)
	for i := 0; i < len(values); i += 2 {
		if values[i] == "text" {
			values[i+1] = "Mine."
		}
	}
	stale := mia.post(attr(old, "action"), values...).want(409)
	if text(stale.one("main form textarea")) != "Mine." || len(stale.find(".meanwhile .prose")) != 1 {
		t.Errorf("a stale change: %q, %q", stale.text(".alert"), stale.text(".meanwhile"))
	}
	again := mia.follow(mia.post(attr(old, "action"), fields(stale.one("main form"))...)).want(200)
	if got := again.text(".prose"); got != "Mine." {
		t.Errorf("then it reads %q", got)
	}
	remove := again.one("form[action=" + strings.TrimSuffix(edit, "/edit") + "/delete]")
	mia.post(attr(remove, "action"), "version", "1").want(409)
	gone := mia.follow(mia.post(attr(remove, "action"), fields(remove)...)).want(200)
	if !strings.Contains(gone.text(".said"), "The article is deleted.") || len(gone.find("a.book")) != 0 {
		t.Errorf("deleted: %q", gone.text(".said"))
	}
	mia.post("/knowledge/new", "title", "x", "unknown", "y").want(400)
	mia.post(attr(old, "action"), "title", "x").want(404)
}

// E15: pinned news stands first, what has expired is there for writers who ask for it, and mailing happens once.
func TestNewsIsPinnedExpiresAndIsMailedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(t, "update desk set timezone = 'Europe/Madrid', version = version + 1")
	_, _, outage, rota := w.shelves(t)
	mia, ben := w.as(t, "mia"), w.as(t, "ben")
	list := mia.get("/news").want(200)
	if rows := list.find("article.notice h2 a"); len(rows) != 2 || attr(rows[0], "href") != outage {
		t.Errorf("the list is %q", list.text("article.notice h2"))
	}
	form := mia.get(outage + "/edit").want(200).one("main form")
	var shown time.Time
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	values := fields(form)
	for i := 0; i < len(values); i += 2 {
		if values[i] == "expires_at" {
			if shown, err = time.ParseInLocation("2006-01-02T15:04", values[i+1], madrid); err != nil {
				t.Fatal(err)
			}
		}
	}
	before, err := w.help.Article(t.Context(), w.People["mia"], core.News, strings.TrimPrefix(outage, "/news/"))
	if err != nil || !before.ExpiresAt.Truncate(time.Minute).Equal(shown) {
		t.Fatalf("it ends %v, and the form says %v: %v", before.ExpiresAt, shown, err)
	}
	mia.post(attr(form, "action"), append(values, "mail", "yes")...).want(303)
	after, err := w.help.Article(t.Context(), w.People["mia"], core.News, before.ID)
	if err != nil || !after.ExpiresAt.Equal(*before.ExpiresAt) || after.MailedAt == nil || !after.Pinned {
		t.Errorf("after saving: %+v, %v", after, err)
	}
	again := mia.get(outage + "/edit").want(200)
	if len(again.find("input[name=mail]")) != 0 || !strings.Contains(again.text("main form"), "This news was mailed:") {
		t.Error("it can be mailed twice")
	}
	bad := mia.post("/news/new", "service", "IT/Printers", "language", "en", "for", "team", "title", "x", "text", "y", "expires_at", "tomorrow").want(422)
	if got := bad.text("#wrong-expires_at"); !strings.Contains(got, "“tomorrow” is no date and time.") {
		t.Errorf("a bad time: %q", got)
	}
	w.exec(t, "update article set expires_at = now() - interval '1 minute' where id = $1", strings.TrimPrefix(rota, "/news/"))
	w.exec(t, "update article set expires_at = now() - interval '1 minute' where id = $1", before.ID)
	if n := len(mia.get("/news").want(200).find("article.notice")); n != 0 {
		t.Errorf("%d expired news are shown", n)
	}
	if past := mia.get("/news?expired=yes").want(200); len(past.find("article.past")) != 2 || !strings.Contains(past.text("article.past"), "Expired") {
		t.Errorf("expired ones: %q", past.text("#shelf"))
	}
	if p := ben.get("/news?expired=yes").want(200); len(p.find("article.notice")) != 0 || len(p.find("input[name=expired]")) != 0 {
		t.Error("a requester finds expired news")
	}
	ben.get(outage).want(404)
	if mailed := mia.get(outage).want(200); len(mailed.find(".acts a")) != 1 {
		t.Error("who manages it cannot change expired news")
	}
}

package helpdesk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// writing is a title and a text in Printers, changed by the options.
func writing(title string, changes ...func(*helpdesk.ArticleWriting)) helpdesk.ArticleWriting {
	service, text := "Printers", "Text of "+title
	w := helpdesk.ArticleWriting{Service: &service, ArticleChange: core.ArticleChange{Title: &title, Text: &text}}
	for _, change := range changes {
		change(&w)
	}
	return w
}

func forAll(w *helpdesk.ArticleWriting) { w.ForRequesters = yes() }
func mailed(w *helpdesk.ArticleWriting) { w.Mail = true }

// publish adds news, and gives its id.
func (c *city) publish(who, title string, changes ...func(*helpdesk.ArticleWriting)) string {
	c.Helper()
	c.now = c.now.Add(time.Minute)
	v, err := c.desk.AddArticle(c.Context(), c.actor(who), core.News, writing(title, changes...))
	if err != nil {
		c.Fatal(err)
	}
	return v.ID
}

func (c *city) mailNews() {
	c.Helper()
	if err := c.desk.MailNews(c.Context()); err != nil {
		c.Fatal(err)
	}
}

func TestNewsIsMailedToThoseWhoMayReadIt(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.publish("mia", "Silent", forAll)
	c.mailNews()
	c.told("what nobody asked to mail")
	c.publish("mia", "For the team", mailed)
	c.mailNews()
	c.told("to the team, without who asked", "news sol solver news", "news vic solver news", "news gus solver_group news", "news gil solver_group news",
		"news exa exceptional_solver news", "news man manager news") // no reader (A25), no requester, no administrator (D13)
	c.publish("sol", "For all", forAll, mailed)
	c.mailNews()
	c.mailNews() // once
	seen := map[string]queued{}
	for _, q := range c.outbox() {
		seen[q.To] = q
	}
	for who, want := range map[string]string{"mia": "main_solver en", "vic": "solver en", "ben": "requester en", "eva": "requester es", "pat": "requester en",
		"rea": "requester en", "net": "requester en", "man": "manager en", "gus": "solver_group en", "gil": "solver_group en", "exa": "exceptional_solver en"} {
		q := seen[who]
		if got := q.Role + " " + q.Language; got != want || !q.Automatic || q.News == nil || q.News.Title != "For all" || q.Ticket.Service != "IT/Printers" ||
			!q.RequesterSide || fmt.Sprint(q.Purposes) != "[reply]" || q.FromName != "IT" {
			t.Errorf("%s is told %s: %+v", who, got, q)
		}
		delete(seen, who)
	}
	if len(seen) > 0 {
		t.Errorf("told are also %v", seen)
	}
}

func TestNewsGoesToWhoWantsIt(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for _, choice := range []struct {
		who     string
		service core.ServiceID
		wanted  bool
	}{{"ben", c.Printers, false}, {"eva", c.IT, false}, {"pat", 0, false}, {"net", 0, false}, {"net", c.IT, true}, {"rea", c.Network, false}} {
		if err := c.desk.SetNotice(t.Context(), c.actor(choice.who), helpdesk.NoticeChoice{Reason: "news", Service: choice.service, Wanted: &choice.wanted}); err != nil {
			t.Fatal(err)
		}
	}
	c.publish("mia", "For all", forAll, mailed)
	c.sql("insert into person (email, name, origin) values ('guest@city.test', 'Guest', 'guest'), ('contact@city.test', 'Contact', 'contact')")
	c.mailNews()
	c.told("those who want it", "news sol solver news", "news vic solver news", "news gus solver_group news", "news gil solver_group news",
		"news exa exceptional_solver news", "news man manager news", "news net requester news", "news rea requester news")
}

// Two daemons, each ended again and again between and within its steps, mail everybody once.
func TestNewsIsMailedOnceThroughRestartsAndByTwoDaemons(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	const crowd = 550
	c.sql(fmt.Sprintf("insert into person (email, name) select 'p' || n || '@city.test', 'P' || n from generate_series(1, %d) n", crowd))
	c.publish("mia", "First", forAll, mailed)
	c.publish("mia", "Second", forAll, mailed)
	other := helpdesk.New(c.Store, func() time.Time { return c.now })
	for round := 0; ; round++ {
		if round > 100 {
			t.Fatal("it does not end")
		}
		var both sync.WaitGroup
		for i, desk := range []*helpdesk.Helpdesk{c.desk, other} {
			both.Go(func() {
				ctx, kill := context.WithTimeout(t.Context(), time.Duration(5+90*((round+3*i)%13))*time.Millisecond)
				defer kill()
				if err := desk.MailNews(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		var waiting, unfinished int
		if err := c.Store.Pool().QueryRow(t.Context(), `select (select count(*) from outbox where state = 'queued'), (select count(*) from article where mailed_at is null)`).Scan(&waiting, &unfinished); err != nil {
			t.Fatal(err)
		}
		if waiting > 500+2*200 {
			t.Errorf("%d mails wait in front of all others", waiting)
		}
		if unfinished == 0 {
			break
		}
		c.sql("update outbox set state = 'accepted', finished_at = now()") // they leave
	}
	var people, most, mails int
	if err := c.Store.Pool().QueryRow(t.Context(), `select count(distinct address), max(n), sum(n) from (select address, count(*) n from outbox join outbox_content on outbox_id = id
		where event = 'news' group by address, content->'news'->>'title') x`).Scan(&people, &most, &mails); err != nil {
		t.Fatal(err)
	}
	if want := crowd + 11; people != want || most != 1 || mails != 2*want { // all staff and vic, without who asked
		t.Errorf("%d people got %d mails, one of them %d of the same", people, mails, most)
	}
}

// What changes between the decision and the moment of sending counts (mail.md 1).
func TestNewsThatIsGoneIsNotSent(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		change func(c *city, id string)
		left   string
	}{
		"nothing":  {func(*city, string) {}, "ben exa gil gus man net pat rea sol vic"},
		"deleted":  {func(c *city, id string) { _ = c.desk.DeleteArticle(c.Context(), c.actor("sol"), core.News, id, 0) }, ""},
		"expired":  {func(c *city, _ string) { c.sql("update article set expires_at = $1", c.now) }, ""}, // for nobody, whoever may still read it
		"archived": {func(c *city, _ string) { c.sql("update service set archived_at = now() where name = 'Printers'") }, ""},
		"for the team now": {func(c *city, id string) {
			_, _ = c.desk.EditArticle(c.Context(), c.actor("sol"), core.News, id, helpdesk.ArticleWriting{ArticleChange: core.ArticleChange{ForRequesters: no()}}, 0)
		}, "exa gil gus man sol vic"},
		"out of the team": {func(c *city, _ string) { c.sql("delete from role_grant where role = 'solver'") }, "ben exa gil gus man net pat rea sol"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			id := c.publish("mia", "For all", forAll, mailed)
			c.sql("update person set disabled_at = now() where email = 'eva@city.test'")
			c.mailNews()
			x.change(c, id)
			left := []string{}
			for _, l := range c.leave() {
				who, _, _ := strings.Cut(l.Address, "@")
				left = append(left, who)
			}
			slices.Sort(left)
			if got := strings.Join(left, " "); got != x.left {
				t.Errorf("it leaves to %s, want %s", got, x.left)
			}
		})
	}
}

func TestNewsThatEndsWhileItIsMailedEnds(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	soon := c.now.Add(time.Hour)
	c.publish("mia", "For an hour", forAll, mailed, func(w *helpdesk.ArticleWriting) { w.Expires = &soon })
	c.now = soon
	c.mailNews()
	c.told("after its end")
	c.now = c.now.Add(-30 * time.Minute)
	c.mailNews()
	c.told("it was over")
}

// Mail of news obeys the limits of an address as all automatic mail does.
func TestNewsWaitsForTheLimitsOfAnAddress(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.open("ben")
	c.sql("update outbox set state = 'cancelled', finished_at = now()")
	c.robotMail(n, "ben", true, 20)
	c.leave()
	c.publish("mia", "For all", forAll, mailed)
	c.mailNews()
	for _, l := range c.leave() {
		if l.Address == "ben@city.test" {
			t.Error("news is above the limit of the hour")
		}
	}
	c.now = c.now.Add(2 * time.Hour)
	late := c.leave()
	if len(late) != 1 || late[0].Address != "ben@city.test" || late[0].Event != core.EventNews {
		t.Errorf("after the hour %d mails leave", len(late))
	}
}

func TestOfTwoChangesOfOneVersionOneCounts(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	id := c.publish("mia", "Draft")
	results := make(chan error, 8)
	for i := range cap(results) {
		go func() {
			title := fmt.Sprint("Version of ", i)
			_, err := c.desk.EditArticle(c.Context(), c.actor("sol"), core.News, id, helpdesk.ArticleWriting{ArticleChange: core.ArticleChange{Title: &title}}, 1)
			results <- err
		}()
	}
	done := 0
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			done++
		case core.CodeOf(err) != core.Stale:
			t.Error(err)
		}
	}
	if v, err := c.desk.Article(t.Context(), c.People["mia"], core.News, id); done != 1 || err != nil || v.Version != 2 {
		t.Errorf("%d changes, version %d: %v", done, v.Version, err)
	}
}

// Who wrote, changed and deleted what is in the audit, which administrators read: so it has no words of it (D13).
func TestArticlesAreAuditedWithoutTheirWords(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	id := c.publish("mia", "zzsecret", mailed)
	title, text := "zzsecret too", "zzsecret text"
	if _, err := c.desk.EditArticle(t.Context(), c.actor("sol"), core.News, id, helpdesk.ArticleWriting{ArticleChange: core.ArticleChange{Title: &title, Text: &text, Pinned: yes()}}, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.desk.DeleteArticle(t.Context(), c.actor("man"), core.News, id, 2); err != nil {
		t.Fatal(err)
	}
	entries, _, err := c.desk.Audit(t.Context(), c.People["root"], 0, 3)
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for i, want := range []string{
		"man@city.test news removed map[expires_at:never for_requesters:false language:en mail:true pinned:true service:IT/Printers] map[]",
		"sol@city.test news changed map[pinned:false] map[pinned:true text:changed title:changed]",
		"mia@city.test news added map[] map[expires_at:never for_requesters:false language:en mail:true pinned:false service:IT/Printers]",
	} {
		e := entries[i]
		if got := fmt.Sprint(e.ActorName, " ", e.Noun, " ", e.Action, " ", e.Before, " ", e.After); got != want || e.Name != id || strings.Contains(got, "zz") {
			t.Errorf("entry %d is %s of %s", i, got, e.Name)
		}
	}
}

func TestArticlesMoveWhereTheyAreManaged(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	v, err := c.desk.AddArticle(t.Context(), c.actor("mia"), core.Knowledge, writing("Envelopes"))
	if err != nil {
		t.Fatal(err)
	}
	network := "Network"
	move := helpdesk.ArticleWriting{Service: &network}
	_, err = c.desk.EditArticle(t.Context(), c.actor("mia"), core.Knowledge, v.ID, move, 0)
	c.refused("into a service where one has no role", core.Forbidden, err)
	c.sql("insert into role_grant (service_id, role, person_id) values ($1, 'manager', $2)", c.Network, c.People["mia"].ID)
	if v, err = c.desk.EditArticle(t.Context(), c.actor("mia"), core.Knowledge, v.ID, move, 1); err != nil || v.Service != "IT/Network" {
		t.Errorf("moved to %s: %v", v.Service, err)
	}
	_, err = c.desk.Article(t.Context(), c.People["sol"], core.Knowledge, v.ID)
	c.refused("what left the service", core.NotFound, err)
	for name, actor := range map[string]core.Actor{"nobody": {}, "somebody by mail": {Person: c.People["mia"], Level: core.PersonProven, Via: core.ViaMail}} {
		_, err := c.desk.AddArticle(t.Context(), actor, core.Knowledge, writing("T"))
		c.refused(name, core.Forbidden, err)
	}
}

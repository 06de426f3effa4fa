package core

import (
	"strings"
	"testing"
	"time"
)

func TestArticlesAreShownByTheRolesInTheirOwnService(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.Services[9] = &Service{ID: 9, Parent: printers, Name: "Colour", Inherit: true}
	d.Services[10] = &Service{ID: 10, Parent: printers, Name: "Secret", SLAs: nil}
	d.Services[11] = &Service{ID: 11, Parent: printers, Name: "Gone", Inherit: true, Archived: true}
	for _, x := range []struct {
		service       ServiceID
		forRequesters bool
		kind          ArticleKind
		readers       string
	}{
		{printers, false, Knowledge, "mia sol gus exa man rea cop vic"},
		{printers, false, News, "mia sol gus exa man cop vic"},
		{printers, true, Knowledge, "mia sol gus exa man rea net cop ben eva pat vic"},
		{printers, true, News, "mia sol gus exa man rea net cop ben eva pat vic"}, // rea as requester
		{9, false, News, "mia sol gus exa man cop vic"},                           // D23
		{9, true, Knowledge, "mia sol gus exa man rea net cop ben eva pat vic"},
		{10, false, Knowledge, ""}, {10, true, News, ""},
		{11, true, Knowledge, ""}, {99, true, Knowledge, ""},
		{itID, false, Knowledge, ""}, // what is granted below is not granted above
		{itID, true, News, "mia sol gus exa man rea net cop ben eva pat"},
	} {
		a := &Article{Kind: x.kind, Service: x.service, ForRequesters: x.forRequesters}
		for name, p := range d.p {
			want := strings.Contains(" "+x.readers+" ", " "+name+" ")
			if got := d.Shows(a, p, noon); got != want {
				t.Errorf("%s in %d, for requesters %v: %s reads it: %v", x.kind, x.service, x.forRequesters, name, got)
			}
		}
	}
}

func TestExpiredNewsIsForThoseWhoManageIt(t *testing.T) {
	t.Parallel()
	d := newDesk()
	a := &Article{Kind: News, Service: printers, ForRequesters: true, Expires: noon}
	for _, x := range []struct {
		at       time.Time
		mia, ben bool
	}{{noon.Add(-time.Microsecond), true, true}, {noon, true, false}, {noon.Add(time.Hour), true, false}} {
		if mia, ben := d.Shows(a, d.p["mia"], x.at), d.Shows(a, d.p["ben"], x.at); mia != x.mia || ben != x.ben {
			t.Errorf("at %s mia reads it: %v, ben: %v", x.at, mia, ben)
		}
	}
}

func TestRequestersAreNotToldWhoWroteIt(t *testing.T) {
	t.Parallel()
	d := newDesk()
	a := &Article{Kind: News, Service: printers, ForRequesters: true, Author: d.p["vic"], MailAt: noon, Version: 4}
	for name, want := range map[string][3]bool{"mia": {true, true, true}, "rea": {false, false, false}, "ben": {false, false, false}} {
		v := d.ViewOfArticle(a, d.p[name])
		if got := [3]bool{v.Author != nil, len(v.Actions) == 2, v.MailedAt != nil}; got != want || v.Version != 4 || v.Service != "IT/Printers" {
			t.Errorf("%s sees %+v", name, v)
		}
	}
}

func TestReadersHearUnderTheRoleThatLetsThem(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for name, want := range map[string]Role{"mia": MainSolver, "exa": ExceptionalSolver, "ben": Requester, "rea": Requester, "tre": ""} {
		if got := News.ReaderRole(d.RolesIn(d.p[name], printers), true); got != want {
			t.Errorf("%s reads news as %q, want %q", name, got, want)
		}
	}
	if got := News.ReaderRole(RoleSet(0).With(Requester), false); got != "" {
		t.Errorf("a requester reads the team's news as %q", got)
	}
}

func TestWhatIsWrittenIsCheckedAndKeptAsItIs(t *testing.T) {
	t.Parallel()
	say := func(s string) *string { return &s }
	write := func(a *Article, c ArticleChange) error { return a.Write(c, noon) }
	fresh := func(k ArticleKind) *Article { return &Article{Kind: k, Language: English, Title: "T", Text: "x"} }
	french, yes, past, future := Language("fr"), true, noon.Add(-time.Hour), noon.Add(time.Hour)
	for name, x := range map[string]struct {
		kind   ArticleKind
		change ArticleChange
		field  string
	}{
		"empty title":       {News, ArticleChange{Title: say(" \t")}, "title"},
		"long title":        {News, ArticleChange{Title: say(strings.Repeat("ñ", 201))}, "title"},
		"broken title":      {News, ArticleChange{Title: say("a\xff")}, "title"},
		"bell in the title": {News, ArticleChange{Title: say("a\ab")}, "title"},
		"empty text":        {News, ArticleChange{Text: say("\n\n")}, "text"},
		"long text":         {News, ArticleChange{Text: say(strings.Repeat("ñ", 100_001))}, "text"},
		"broken text":       {News, ArticleChange{Text: say("a\xff")}, "text"},
		"NUL":               {News, ArticleChange{Text: say("a\x00")}, "text"},
		"language":          {News, ArticleChange{Language: &french}, "language"},
		"past":              {News, ArticleChange{Expires: &past}, "expires_at"},
		"pinned knowledge":  {Knowledge, ArticleChange{Pinned: &yes}, "pinned"},
		"mailed knowledge":  {Knowledge, ArticleChange{Mail: true}, "mail"},
		"ending knowledge":  {Knowledge, ArticleChange{Expires: &future}, "expires_at"},
	} {
		if err, ok := write(fresh(x.kind), x.change).(*Error); !ok || err.Code != Invalid || err.Field != x.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := fresh(News)
	if err := write(a, ArticleChange{Title: say(strings.Repeat("ñ", 200)), Text: say("\n  one\r\n\ttwo \n" + strings.Repeat("ñ", 99_980)), Expires: &future, Pinned: &yes, Mail: true}); err != nil ||
		!strings.HasPrefix(a.Text, "  one\n\ttwo \nñ") || !a.Pinned || !a.MailAt.Equal(noon) || !a.CreatedAt.Equal(noon) || !a.UpdatedAt.Equal(noon) {
		t.Errorf("%v: %+.80v", err, a)
	}
	a.Version = 1
	if err := write(a, ArticleChange{Mail: true}); CodeOf(err) != Conflict {
		t.Errorf("mailed twice: %v", err)
	}
	// What is over can still be put right, but neither be mailed.
	a.Expires, a.MailAt = past, time.Time{}
	if err := write(a, ArticleChange{Title: say("Was")}); err != nil || a.Title != "Was" {
		t.Errorf("after its end: %v", err)
	}
	if err := write(a, ArticleChange{Mail: true}); CodeOf(err) != Invalid {
		t.Errorf("mailed after its end: %v", err)
	}
	never := time.Time{}
	if err := write(a, ArticleChange{Expires: &never, Mail: true}); err != nil || !a.Expires.IsZero() {
		t.Errorf("for ever: %v", err)
	}
}

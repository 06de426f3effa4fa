package mailout

import (
	"strings"
	"testing"
	"time"

	"postdesk/core"
)

// newsSamples are news as their readers get them by mail: of the team and of the requesters' side, with the same words.
func newsSamples() map[string]core.Outgoing {
	ends := time.Date(2026, 10, 20, 17, 0, 0, 0, time.UTC)
	about := func(role core.Role, change func(*core.ArticleView)) core.Outgoing {
		return sample(core.EventNews, role, "news", noPerson, func(o *core.Outgoing) {
			news := core.ArticleView{ID: "n", Service: "City hall/Phones", Title: "No phones on Saturday morning", Language: core.English,
				Text:          "The exchange is replaced on Saturday from 8:00 to 12:00.\n\nMobile phones work. Plan: https://city.test/plan?a=1&b=2",
				ForRequesters: true, ExpiresAt: &ends, CreatedAt: sampleAt.Add(-time.Hour), UpdatedAt: sampleAt.Add(-time.Hour), Version: 1}
			change(&news)
			o.Ticket = 0
			o.Content = core.Content{Desk: "IT", FromName: "IT", FromAddress: "it@city.test", ReplyAddress: "it+r.q7w2e5@city.test", RequesterSide: true,
				Ticket: core.View{Service: news.Service}, News: &news}
		})
	}
	return map[string]core.Outgoing{
		"news-requester": about(core.Requester, func(*core.ArticleView) {}),
		"news-solver": about(core.Solver, func(v *core.ArticleView) {
			v.Title, v.ForRequesters, v.Author = "The vendor's number has changed", false, &sol
			v.Text = "It is 555 0100 now.\n<b>Do not</b> pass it on."
		}),
	}
}

// The frame is in the reader's language, the words are as they were written; the mail says why it came and how to stop it.
func TestNewsSaysWhyItCameAndHowToStopIt(t *testing.T) {
	t.Parallel()
	r, all := newRenderer(t), newsSamples()
	for lang, want := range map[core.Language][]string{
		core.English: {"No phones on Saturday morning", "Mobile phones work.", "because you may read the news of City hall/Phones", "with the one word stop"},
		core.Spanish: {"No phones on Saturday morning", "Mobile phones work.", "porque puedes leer las noticias de City hall/Phones", "una sola palabra: parar"},
	} {
		o := all["news-requester"]
		o.Language = lang
		l := letterOf(t, r, o)
		for _, w := range want {
			if !strings.Contains(l.Text, w) || !strings.Contains(l.HTML, w) {
				t.Errorf("%s: it lacks %q:\n%s", lang, w, l.Text)
			}
		}
		if l.Subject != "No phones on Saturday morning" || l.Reason != "role=requester; event=news; service=City hall/Phones" || l.AutoSubmitted != "auto-generated" ||
			l.ReplyTo != "it+r.q7w2e5@city.test" {
			t.Errorf("%s: %q, %q, %q, %q", lang, l.Subject, l.Reason, l.AutoSubmitted, l.ReplyTo)
		}
	}
	l := letterOf(t, r, all["news-solver"])
	if strings.Contains(l.HTML, "<b>Do not") || strings.Contains(l.Text+l.HTML, "Sol Vega") {
		t.Errorf("markup or its author:\n%s", l.Text)
	}
}

// A long text goes out whole: the reader may have nothing but the mail.
func TestNewsIsNotCut(t *testing.T) {
	t.Parallel()
	o := newsSamples()["news-solver"]
	o.Content.News.Text = strings.Repeat("All of it. ", 9000) + "The end."
	if l := letterOf(t, newRenderer(t), o); !strings.Contains(l.Text, "The end.") || !strings.Contains(l.HTML, "The end.") {
		t.Error("the end is cut off")
	}
}

func TestDigestTellsOfNews(t *testing.T) {
	t.Parallel()
	l := letterOf(t, newRenderer(t), digestOf(newsSamples()["news-solver"]))
	if !strings.Contains(l.Text, "- The vendor's number has changed\n  News of City hall/Phones.\n  City hall/Phones: It is 555 0100 now.") || strings.Contains(l.Text+l.HTML, "q7w2e5") {
		t.Errorf("%s", l.Text)
	}
}

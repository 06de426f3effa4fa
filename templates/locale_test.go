package templates_test

import (
	"errors"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/templates"
)

func printer(t *testing.T, lang core.Language) templates.Printer {
	t.Helper()
	locales, err := templates.LoadLocales()
	if err != nil {
		t.Fatal(err)
	}
	return locales.For(lang)
}

func TestSentencesTakeArgumentsAndWords(t *testing.T) {
	t.Parallel()
	en, es := printer(t, core.English), printer(t, core.Spanish)
	for _, c := range []struct{ got, want string }{
		{en.T("error.status.same", core.InProgress), "The ticket is in progress already."},
		{es.T("error.status.same", "in_progress"), "El ticket ya está en curso."},
		{en.T("error.status.unknown", "{0:status}"), "“{0:status}” is no status. Choose open, triaged, in_progress, waiting, resolved or closed."}, // not filled twice
		{es.Word("status.open"), "Abierto"},
		{en.T("no.such.key"), "no.such.key"},
		{string(en.HTML("error.status.unknown", "<i>&")), "“<b>&lt;i&gt;&amp;</b>” is no status. Choose open, triaged, in_progress, waiting, resolved or closed."},
		{es.Error(core.Refuse(core.Conflict, "error.status.same", "closed")), "El ticket ya está cerrado."},
		{en.Error(errors.New("password=hunter2")), en.T("error.failure")},
		{printer(t, "de").T("status.open"), "open"},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}

func TestDatesAndNumbersFollowLanguageAndZone(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("desk", -5*3600)
	en, es := printer(t, core.English).In(zone), printer(t, core.Spanish).In(zone)
	at := time.Date(2026, 10, 12, 13, 12, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{en.Moment(at, at), "Oct 12, 8:12"},
		{es.Moment(at, at), "12 oct a las 8:12"},
		{es.Moment(at.Add(-7*time.Hour), at), "12 oct a la 1:12"},
		{en.Moment(at, at.AddDate(1, 0, 0)), "Oct 12, 2026, 8:12"},
		{es.Moment(at, at.AddDate(1, 0, 0)), "12 oct 2026 a las 8:12"},
		// The year is the desk's, not UTC's: 02:00 UTC on January 1 is December 31 there.
		{en.Day(time.Date(2027, 1, 1, 2, 0, 0, 0, time.UTC), at), "Dec 31"},
		{en.In(nil).Clock(at), "13:12"},
		{en.Number(1234567), "1,234,567"},
		{es.Number(1234567), "1,234,567"},
		{en.Size(999), "999 B"},
		{en.Size(1250), "1.2 kB"},
		{en.Size(340_400), "340 kB"},
		{en.Size(999_600), "1 MB"},
		{es.Size(48_200_000), "48 MB"},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}

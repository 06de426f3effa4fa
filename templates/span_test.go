package templates_test

import (
	"testing"
	"time"

	"postdesk/core"
	"postdesk/templates"
)

func TestSpansAreShort(t *testing.T) {
	t.Parallel()
	locales, err := templates.LoadLocales()
	if err != nil {
		t.Fatal(err)
	}
	p := locales.For(core.Spanish)
	for d, want := range map[time.Duration]string{
		0: "1 min", 20 * time.Second: "1 min", 42 * time.Minute: "42 min", -42 * time.Minute: "42 min", 59*time.Minute + 40*time.Second: "1 h",
		190 * time.Minute: "3 h 10 min", 24 * time.Hour: "1 d", 52 * time.Hour: "2 d 4 h", 175 * time.Hour: "7 d", 24000 * time.Hour: "1,000 d",
	} {
		if got := p.Span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

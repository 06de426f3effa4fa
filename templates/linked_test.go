package templates_test

import (
	"strings"
	"testing"
	"time"

	"postdesk/templates"
)

func TestLinkedShowsTextAndLinksWebAddressesOnly(t *testing.T) {
	t.Parallel()
	const a = ` rel="noopener noreferrer nofollow">`
	for text, want := range map[string]string{
		"a <b>\r\n  c\td":                     "a &lt;b&gt;<br>\n&nbsp; c&nbsp; &nbsp; d",
		"see https://city.test/a?b=1&c=2.":    `see <a href="https://city.test/a?b=1&amp;c=2"` + a + `https://city.test/a?b=1&amp;c=2</a>.`,
		"(http://city.test/x_(y))":            `(<a href="http://city.test/x_(y)"` + a + `http://city.test/x_(y)</a>)`,
		"HTTPS://City.test, then":             `<a href="HTTPS://City.test"` + a + `HTTPS://City.test</a>, then`,
		"javascript:alert(1) https:// data:x": "javascript:alert(1) https:// data:x",
		`https://x.test/"onclick="y`:          `<a href="https://x.test/"` + a + `https://x.test/</a>&#34;onclick=&#34;y`,
		"right\u202eleft\x00":                 "rightleft",
		"https://x.test/'><script>":           `<a href="https://x.test/"` + a + `https://x.test/</a>&#39;&gt;&lt;script&gt;`,
	} {
		if got := string(templates.Linked(text, "")); got != want {
			t.Errorf("%q\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// Mail is written by anybody: a megabyte of brackets behind an address must not keep the sender of mails busy.
func TestLinkedTakesTimeInProportionToTheText(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for _, tail := range []string{")", ".)", "]}", "https://", "https://x "} {
		templates.Linked("https://x.test/"+strings.Repeat(tail, 1<<18/len(tail)), "")
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %s", took)
	}
}

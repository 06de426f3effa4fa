package templates_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"postdesk/templates"
)

func TestProse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"One line\nand another.\n\nA second paragraph.": "<p>One line<br>\nand another.</p>\n<p>A second paragraph.</p>\n",
		"# First\n## Second\n##### Deep\n# Back":        "<h2>First</h2>\n<h3>Second</h3>\n<h4>Deep</h4>\n<h2>Back</h2>\n",
		"### Begins deep":                               "<h2>Begins deep</h2>\n",
		"#no heading, #42":                              "<p>#no heading, #42</p>\n",
		"Do this:\n- one\n  goes on\n* two\n\nEnd":      "<p>Do this:</p>\n<ul>\n<li>one<br>\ngoes on</li>\n<li>two</li>\n</ul>\n<p>End</p>\n",
		"1. one\n2) two\nbelow":                         "<ol>\n<li>one</li>\n<li>two</li>\n</ol>\n<p>below</p>\n",
		"3. three\n- other":                             "<ol start=\"3\">\n<li>three</li>\n</ol>\n<ul>\n<li>other</li>\n</ul>\n",
		"2026 was a year\n-5 degrees":                   "<p>2026 was a year<br>\n-5 degrees</p>\n",
		"```\n# <b>as it is</b>\n\n- x\n```\nafter":     "<pre tabindex=\"0\"># &lt;b&gt;as it is&lt;/b&gt;\n\n- x</pre>\n<p>after</p>\n",
		"```\nnever closed":                             "<pre tabindex=\"0\">never closed</pre>\n",
		"Press `Ctrl <C>` and **wait** **":              "<p>Press <code>Ctrl &lt;C&gt;</code> and <strong>wait</strong> **</p>\n",
		"See https://it.test/a_b*c.":                    `<p>See <a href="https://it.test/a_b*c" rel="noopener noreferrer nofollow" target="_blank">https://it.test/a_b*c</a>.</p>` + "\n",
		"":                                              "",
	} {
		if got := string(templates.Prose(text)); got != want {
			t.Errorf("%q becomes\n%s\nwant\n%s", text, got, want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"# Head\n\n- **one** `two`\n```\nx\n```": "Head one two x",
		"word another, third":                    "word another…",
		"short":                                  "short",
		"nospacesatallinhere":                    "nospacesatalli…",
	} {
		if got := templates.Excerpt(text, 14); got != want {
			t.Errorf("%q is cut to %q, want %q", text, got, want)
		}
	}
}

// Nothing that somebody writes becomes markup beyond the few elements, and no letter of it is lost.
func FuzzProse(f *testing.F) {
	for _, s := range []string{"# a\n- b\n1. c\n```\nd\n```\n**e** `f` https://x.test/", "<script>alert(1)</script>", "- <img src=x onerror=y>\n  > z", "**<b>**`<i>`", "javascript:alert(1) [x](javascript:y)", "```\n</pre><script>"} {
		f.Add(s)
	}
	allowed := map[string]string{"h2": "", "h3": "", "h4": "", "h5": "", "h6": "", "p": "", "ul": "", "ol": "start", "li": "", "pre": "tabindex", "code": "", "strong": "", "br": "", "a": "href rel target"}
	f.Fuzz(func(t *testing.T, text string) {
		z := html.NewTokenizer(strings.NewReader(string(templates.Prose(text))))
		var shown strings.Builder
		var open []string
		for {
			switch z.Next() {
			case html.ErrorToken:
				if z.Err() != io.EOF {
					t.Fatal(z.Err())
				}
				if len(open) > 0 {
					t.Fatalf("%q leaves %v open", text, open)
				}
				if got, want := letters(shown.String()), letters(templates.Plain(text)); got != want {
					t.Fatalf("%q shows %q, want %q", text, got, want)
				}
				return
			case html.StartTagToken:
				token := z.Token()
				attributes, ok := allowed[token.Data]
				if !ok {
					t.Fatalf("%q makes <%s>", text, token.Data)
				}
				for _, a := range token.Attr {
					if !strings.Contains(attributes, a.Key) || a.Key == "href" && !strings.HasPrefix(strings.ToLower(a.Val), "http") {
						t.Fatalf("%q makes %s=%q", text, a.Key, a.Val)
					}
				}
				if token.Data != "br" {
					open = append(open, token.Data)
				}
			case html.EndTagToken:
				token := z.Token()
				if len(open) == 0 || open[len(open)-1] != token.Data {
					t.Fatalf("%q closes <%s> in %v", text, token.Data, open)
				}
				open = open[:len(open)-1]
			case html.TextToken:
				shown.WriteString(z.Token().Data)
			default:
				t.Fatalf("%q makes a comment or doctype", text)
			}
		}
	})
}

// letters are those of a text that no mark of it can be.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("#*•-`.) \n\u00a0", r) || r >= '0' && r <= '9' || r == '\u0085' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// An item may go on for as long as a form can be: what is typed into a preview must not keep the desk busy.
func TestLongItemsAreReadInLinearTime(t *testing.T) {
	t.Parallel()
	const lines = 300_000
	began := time.Now()
	got := string(templates.Prose("- a\n" + strings.Repeat(" b\n", lines)))
	if took := time.Since(began); took > 10*time.Second { // line by line into one string it took a minute
		t.Errorf("it took %s", took)
	}
	if n := strings.Count(got, "<br>\nb"); n != lines || strings.Count(got, "<li>") != 1 {
		t.Errorf("%d lines in %d items", n, strings.Count(got, "<li>"))
	}
}

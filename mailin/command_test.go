package mailin

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/templates"
)

// said is what a text orders, in one line.
func said(o orders) string {
	if o.unknown != "" {
		return fmt.Sprintf("unknown %s near %v text %q", o.unknown, o.near, o.text)
	}
	var names []string
	for _, c := range o.commands {
		names = append(names, strings.TrimSpace(c.Name+" "+c.Argument))
	}
	return fmt.Sprintf("%s text %q", strings.Join(names, "; "), o.text)
}

// mail.md 5: commands stand on the first lines, one a line, case and accents ignored; #12 is text, and what is quoted too.
func TestOrdersOfAMail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                  ` text ""`,
		"Hello\n#take":                      ` text "Hello\n#take"`,
		"#take":                             `take text ""`,
		"#TAKE\n#Assign  Sol Vega \nHello.": `take; assign Sol Vega text "Hello."`,
		"\n \n\u00a0\n  #take\n\n#waiting\n\nHello\n#close":    `take; waiting text "Hello\n#close"`,
		"#take\r\n#note\r\nLine":                               `take; note text "Line"`,
		"#Categoría red\n#CATEGORIA red\n#categori\u0301a red": `category red; category red; category red text ""`,
		"#priority: high":                                      `priority high text ""`,
		"#take.":                                               `take text ""`,
		"#\u200btake":                                          ` text "#\u200btake"`,
		"\u200b#take":                                          `take text ""`,
		"#12 is the tray":                                      ` text "#12 is the tray"`,
		"#take\n#12 is the tray":                               `take text "#12 is the tray"`,
		"# heading\ntext":                                      ` text "# heading\ntext"`,
		"#":                                                    ` text "#"`,
		"##take":                                               ` text "##take"`,
		"#a1 is a paper":                                       ` text "#a1 is a paper"`,
		"#take-over":                                           ` text "#take-over"`,
		"> #take\n#close":                                      ` text "> #take\n#close"`,
		"#take\n> #close":                                      `take text "> #close"`,
		"#take\n\n> quoted\nx":                                 `take text "> quoted\nx"`,
		"#asing sol\nHi":                                       `unknown asing near [assign] text "#asing sol\nHi"`,
		"#take\n#tomra\n#wait":                                 `unknown tomra near [tomar] text "#take\n#tomra\n#wait"`,
		"#wait":                                                `unknown wait near [waiting] text "#wait"`,
		"#xylophone":                                           `unknown xylophone near [] text "#xylophone"`,
		"#" + strings.Repeat("a", 41):                          ` text "#` + strings.Repeat("a", 41) + `"`,
		"#merge #12":                                           `merge #12 text ""`,
		"#ask any ana, Luis Paz\nMay we?":                      `ask any ana, Luis Paz text "May we?"`,
		"#assign it+r." + strings.Repeat("a2", 17) + "@city.test": `assign it@city.test text ""`, // addresses with tokens are masked
	} {
		if got := said(readOrders(text)); got != want {
			t.Errorf("%q\nis   %s\nwant %s", text, got, want)
		}
	}
}

// Both languages' words of mail.md 5, each by its English name.
func TestEveryCommandHasItsWords(t *testing.T) {
	t.Parallel()
	en := strings.Fields("take assign group return status waiting resolve close reopen priority category move note public participant follow ask approve reject merge template help")
	es := strings.Fields("tomar asignar grupo devolver estado esperar resolver cerrar reabrir prioridad categoria mover nota publica participante seguidor pedir aprobar rechazar unir plantilla ayuda")
	manual, err := os.ReadFile("../docs/mail.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range en {
		if !strings.Contains(string(manual), "`#"+name) || !strings.Contains(string(manual), "`#"+es[i]+"`") {
			t.Errorf("the manual lacks #%s or #%s", name, es[i])
		}
		for _, word := range []string{name, es[i], strings.ToUpper(es[i])} {
			if got := said(readOrders("#" + word)); got != name+` text ""` {
				t.Errorf("#%s is %s", word, got)
			}
		}
		if _, known := traits[name]; verbs[name] == nil || !known {
			t.Errorf("nothing does %s", name)
		}
	}
	if !slices.Equal(core.MailCommands(), en) || len(verbs) != len(en) || len(commandWords) != len(en) {
		t.Errorf("the lists of commands differ: %v, %d verbs, %d words", core.MailCommands(), len(verbs), len(commandWords))
	}
}

// What people read in a mail of the desk they may write back: the words of the locale files mean the same to the parser.
func TestCommandsTakeTheWordsThatMailsShow(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "es"} {
		raw, err := templates.Files.ReadFile("locale/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]any
		if err := json.Unmarshal(raw, &all); err != nil {
			t.Fatal(err)
		}
		word := func(key string) string { s, _ := all[key].(string); return s }
		for _, s := range core.Statuses() {
			if got := valueOf(statusWords, word("status."+string(s))); got != s || valueOf(statusWords, strings.ToUpper(string(s))) != s {
				t.Errorf("%s: %s is %s", lang, s, got)
			}
		}
		for _, p := range core.Priorities() {
			if got := valueOf(priorityWords, word("priority."+string(p))); got != p || valueOf(priorityWords, string(p)) != p {
				t.Errorf("%s: %s is %s", lang, p, got)
			}
		}
		for _, c := range core.Categories() {
			if got := valueOf(categoryWords, word("category."+string(c))); got != c || valueOf(categoryWords, string(c)) != c {
				t.Errorf("%s: %s is %s", lang, c, got)
			}
		}
		for _, name := range core.MailCommands() {
			if got := commandOf(word("command." + name)); got != name {
				t.Errorf("%s: #%s is %q", lang, word("command."+name), got)
			}
			if o := readOrders(word("command." + name + ".how")); len(o.commands) != 1 || o.commands[0].Name != name {
				t.Errorf("%s: %q is %s", lang, word("command."+name+".how"), said(o))
			}
		}
	}
	if got := valueOf(statusWords, "Foo"); got != "Foo" {
		t.Errorf("an unknown status becomes %q", got)
	}
}

func TestWhoIsAsked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ana":                            " [ana] ",
		"ana luis":                       " [ana luis] ana luis",
		"any ana, luis":                  "any [ana luis] ",
		"Todos: ana@x.test b@x.test":     "all [ana@x.test b@x.test] ",
		"cualquiera Ana Ruiz; Luis":      "any [Ana Ruiz Luis] ",
		"":                               " [] ",
		"all":                            "all [] ",
		"Gus Group <gus@x.test>":         " [gus@x.test] ",
		"any Ana Ruiz <ana@x.test> luis": "any [ana@x.test luis] ",
		"gus@x.test<mailto:gus@x.test>, Sol <sol@x.test>": " [gus@x.test sol@x.test] ",
	} {
		rule, names, whole := asked(text)
		if got := fmt.Sprintf("%s %v %s", rule, names, whole); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// Whoever sends thousands of commands keeps nobody waiting.
func TestCommandsOfAMailAreBounded(t *testing.T) {
	t.Parallel()
	if o := readOrders(strings.Repeat("#take\n", 100_000) + "Text."); len(o.commands) != maxCommands+1 || o.text != "Text." {
		t.Errorf("%d commands, text %q", len(o.commands), o.text)
	}
	o := newOffice(t)
	n := o.open(post{top: passed})
	o.is("many", o.send(o.order("mia", n, strings.Repeat("#return\n", 40)+"#participant "+strings.Repeat("ben,", 30))), core.InboundApplied, n)
	lines := o.receipt("mia").Lines
	if len(lines) != maxCommands+1 || lines[maxCommands].Reason != "error.command.many" {
		t.Errorf("%d lines, the last %+v", len(lines), lines[len(lines)-1])
	}
	o.is("many people", o.send(o.order("mia", n, "#participant "+strings.Repeat("ben,", 30))), core.InboundApplied, n)
	if l := o.receipt("mia").Lines[0]; l.Reason != "error.command.people" || len([]rune(l.Argument)) > 201 {
		t.Errorf("%+v", l)
	}
}

// Commands are read from mails without a plain form too, and from what programs make of typed addresses.
func TestCommandsInHTML(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"<div>#take</div><div>#prioridad&nbsp;alta</div><div><br></div><div>Hello</div>":                      `take; priority alta text "Hello"`,
		"<p>&nbsp;</p><p>#asignar <a href=\"mailto:sol@city.test\">sol@city.test</a></p><p>Hola</p>":          `assign sol@city.test text "Hola"`,
		"<blockquote type=cite>#take</blockquote>":                                                            ` text "> #take"`,
		"<p>Hello</p><blockquote type=cite>#take</blockquote>":                                                ` text "Hello"`,
		"<p>#note</p><div class=gmail_quote>On Wed, 4 Mar 2026 IT wrote:<blockquote>#take</blockquote></div>": `note text ""`,
	} {
		m := Read(strings.NewReader("From: sol@city.test\r\nSubject: Re: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+body), Options{})
		got := said(readOrders(m.Visible))
		if got != want {
			t.Errorf("%s\nis   %s\nwant %s", body, got, want)
		}
		var named []string
		for _, c := range Explain("x", m).Commands {
			named = append(named, strings.TrimSpace(c.Name+" "+c.Argument))
		}
		if list, _, _ := strings.Cut(want, " text "); strings.Join(named, "; ") != strings.TrimSpace(list) {
			t.Errorf("%s: explain says %q", body, named)
		}
	}
}

// FuzzOrders: commands are whole lines above the text, nothing is invented and nothing lost.
func FuzzOrders(f *testing.F) {
	for _, s := range []string{"#take\n#assign sol\n\nHello", "\u00a0#Categor\u00eda red\r\n> #close", "#asing x", "#12\n#take", "#merge #12\n#merge\n#", "#\u0301\n#t\u00e1ke", "# take"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, visible string) {
		o := readOrders(visible)
		if o.unknown != "" && (len(o.commands) > 0 || o.text != strings.TrimSpace(visible) || commandOf(o.unknown) != "") {
			t.Fatalf("%q: %+v", visible, o)
		}
		if !strings.HasSuffix(strings.TrimSpace(visible), o.text) {
			t.Fatalf("%q: text %q is not its end", visible, o.text)
		}
		above := strings.TrimSuffix(strings.TrimSpace(visible), o.text)
		if lines := len(strings.FieldsFunc(above, func(r rune) bool { return r == '\n' })); len(o.commands) > lines {
			t.Fatalf("%q: %d commands on %d lines", visible, len(o.commands), lines)
		}
		for _, c := range o.commands {
			if !slices.Contains(core.MailCommands(), c.Name) || strings.Contains(c.Argument, "\n") {
				t.Fatalf("%q: %+v", visible, c)
			}
		}
		for _, w := range o.near {
			if commandOf(w) == "" {
				t.Fatalf("%q: near %q", visible, w)
			}
		}
		asked(visible)
	})
}

package templates_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/templates"
)

// Vocabularies are asked for by a key that is put together at run time.
var vocabularies = []string{"reason.", "desk.queue.", "status.", "priority.", "category.", "role.", "event.", "action.", "approval.", "refusal.", "finding.", "command.", "notice.", "held.", "sent."}

// sentences reads a locale file as written: each key with its forms ("other" where there is one only).
func sentences(t *testing.T, lang core.Language) map[string]map[string]string {
	t.Helper()
	raw, err := templates.Files.ReadFile("locale/" + string(lang) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	if err := json.Unmarshal(raw, &values); err != nil {
		t.Fatalf("%s: %v", lang, err)
	}
	all := map[string]map[string]string{}
	for key, value := range values {
		forms := map[string]string{}
		switch v := value.(type) {
		case string:
			forms["other"] = v
		case map[string]any:
			for form, s := range v {
				forms[form], _ = s.(string)
			}
		}
		all[key] = forms
	}
	return all
}

func TestLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	en, es := sentences(t, core.English), sentences(t, core.Spanish)
	for key := range en {
		if es[key] == nil {
			t.Errorf("es lacks %s", key)
		}
	}
	hole := regexp.MustCompile(`\{[^}]*\}`)
	holes := func(forms map[string]string) []string {
		found := hole.FindAllString(forms["other"], -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for key, forms := range es {
		if en[key] == nil {
			t.Errorf("en lacks %s", key)
			continue
		}
		if got, want := holes(forms), holes(en[key]); !slices.Equal(got, want) {
			t.Errorf("%s: es has %v where en has %v", key, got, want)
		}
		if !slices.Equal(slices.Sorted(maps.Keys(forms)), slices.Sorted(maps.Keys(en[key]))) {
			t.Errorf("%s: es and en have different plural forms", key)
		}
	}
}

func TestSentencesArePlainText(t *testing.T) {
	t.Parallel()
	markup := regexp.MustCompile(`<[a-zA-Z/!]|&[a-z#0-9]+;`)
	valid := regexp.MustCompile(`^\{\d(:[a-z_]+)?\}$`)
	hole := regexp.MustCompile(`\{[^}]*\}?`)
	for _, lang := range []core.Language{core.English, core.Spanish} {
		for key, forms := range sentences(t, lang) {
			if forms["other"] == "" {
				t.Errorf("%s %s says nothing", lang, key)
			}
			if len(forms) > 1 && !slices.Equal(slices.Sorted(maps.Keys(forms)), []string{"one", "other"}) {
				t.Errorf("%s %s: forms are one and other", lang, key)
			}
			for _, s := range forms {
				if markup.MatchString(s) {
					t.Errorf("%s %s holds markup: %s", lang, key, s)
				}
				if s != strings.TrimSpace(s) || strings.Contains(s, "!") {
					t.Errorf("%s %s: no space at its ends, no exclamation mark: %q", lang, key, s)
				}
				for _, h := range hole.FindAllString(s, -1) {
					if !valid.MatchString(h) {
						t.Errorf("%s %s: not a placeholder: %s", lang, key, h)
					}
				}
			}
		}
	}
}

// Sorted files with one form merge without conflicts when several hands add keys.
func TestLocaleFilesAreSorted(t *testing.T) {
	t.Parallel()
	for _, lang := range []core.Language{core.English, core.Spanish} {
		raw, err := templates.Files.ReadFile("locale/" + string(lang) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var values map[string]any
		if err := json.Unmarshal(raw, &values); err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(values); err != nil { // Go sorts the keys of maps
			t.Fatal(err)
		}
		if !bytes.Equal(raw, want.Bytes()) {
			t.Errorf("%s.json is not sorted by key with two spaces of indent", lang)
		}
	}
}

var (
	// asked finds the keys that are asked for: by the printer's methods in templates and Go, and by refusals.
	asked = regexp.MustCompile("\\b(?:T|N|HTML|Word)[ (][\"`]([a-z_]+(?:\\.[a-z0-9_]+)+)[\"`]|\"(error(?:\\.[a-z0-9_]+)+)\"")
	// named finds every text that could be a key.
	named = regexp.MustCompile("[\"`]([a-z_]+(?:\\.[a-z0-9_]+)+)[\"`]")
)

// sources gives every Go file and template of the program by path, tests left out.
func sources(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); name != ".." && strings.HasPrefix(name, ".") || name == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		inTemplates := strings.HasPrefix(path, filepath.Join("..", "templates")) && !strings.HasSuffix(path, ".json")
		if strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !inTemplates {
			return nil
		}
		raw, err := os.ReadFile(path)
		files[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestEveryKeyThatIsAskedForExists(t *testing.T) {
	t.Parallel()
	en, count := sentences(t, core.English), 0
	for path, text := range sources(t) {
		for _, m := range asked.FindAllStringSubmatch(text, -1) {
			count++
			if key := m[1] + m[2]; en[key] == nil {
				t.Errorf("%s asks for %s", path, key)
			}
		}
	}
	if count < 20 {
		t.Fatalf("found %d keys only: the search is broken", count)
	}
}

func TestEveryKeyIsUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, text := range sources(t) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			used[m[1]] = true
		}
	}
	for key := range sentences(t, core.English) {
		dynamic := slices.ContainsFunc(vocabularies, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
		if !used[key] && !dynamic {
			t.Errorf("nothing uses %s", key)
		}
	}
}

func TestVocabulariesAreComplete(t *testing.T) {
	t.Parallel()
	var want []string
	for _, s := range core.Statuses() {
		want = append(want, "status."+string(s))
	}
	for _, p := range core.Priorities() {
		want = append(want, "priority."+string(p))
	}
	for _, c := range core.Categories() {
		want = append(want, "category."+string(c))
	}
	for _, r := range append(core.GrantedRoles(), core.Approver, core.Requester, core.Participant, core.Follower) {
		want = append(want, "role."+string(r))
	}
	for _, e := range mailEvents(t) {
		for _, n := range core.NoticesOf(e) {
			if n.Reason != "" {
				want = append(want, "reason."+n.Reason)
			}
		}
	}
	want = append(want, "reason.digest", "reason.administrator", "reason.refusal", "reason.receipt", "reason.in_your_name")
	for _, command := range core.MailCommands() {
		want = append(want, "command."+command, "command."+command+".how", "command."+command+".does")
	}
	for _, code := range []core.FindingCode{core.NoMainSolver, core.MainSolverDisabled, core.MainSolverGroupEmpty, core.SubteamWithoutMainSolver} {
		want = append(want, "finding."+string(code))
	}
	for _, why := range []string{"too_late", "folder", "held", "unknown"} {
		want = append(want, "refusal."+why, "refusal."+why+".next")
	}
	for _, key := range core.HeldKeys() {
		want = append(want, "held."+key)
	}
	for _, reason := range core.SwitchableReasons() {
		want = append(want, "notice."+reason)
	}
	// Where the table leaves the reason open, the mail carries who of the solver side it goes to (E1).
	want = append(want, "reason.solver", "reason.group_member", "reason.main_solver")
	for _, lang := range []core.Language{core.English, core.Spanish} {
		have := sentences(t, lang)
		for _, key := range want {
			if have[key] == nil {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
}

// mailEvents are the events that have templates; each has its subject and both forms of the body.
func mailEvents(t *testing.T) []core.Event {
	t.Helper()
	subjects, err := fs.Glob(templates.Files, "mail/*.subject")
	if err != nil || len(subjects) < 15 {
		t.Fatalf("found %d subjects: %v", len(subjects), err)
	}
	var events []core.Event
	for _, path := range subjects {
		stem := strings.TrimSuffix(path, ".subject")
		for _, form := range []string{".txt", ".html"} {
			if _, err := fs.Stat(templates.Files, stem+form); err != nil {
				t.Error(err)
			}
		}
		events = append(events, core.Event(strings.TrimPrefix(stem, "mail/")))
	}
	return events
}

// Every event that core knows has its templates: a mail of one without them would stay in the outbox for ever.
func TestEveryEventHasTemplates(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, filepath.Join("..", "core", "notification.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var events []core.Event
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Event" {
			for _, value := range spec.Values {
				name, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				events = append(events, core.Event(name))
			}
		}
		return true
	})
	if len(events) < 23 || !slices.Contains(events, core.EventConfiguration) {
		t.Fatalf("found %d events: the search is broken", len(events))
	}
	have := mailEvents(t)
	for _, e := range events {
		if !slices.Contains(have, e) {
			t.Errorf("%s has no templates", e)
		}
	}
	for _, e := range have {
		if !slices.Contains(events, e) {
			t.Errorf("the templates of %s belong to no event", e)
		}
	}
}

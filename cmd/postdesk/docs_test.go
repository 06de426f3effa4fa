package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Comments cite rules by their ids; who follows one must find what it says.
func TestCitedRulesAreDocumented(t *testing.T) {
	t.Parallel()
	rules := read(t, "docs/roles.md")
	id := regexp.MustCompile(`\b[ACDE][1-9][0-9]?\b`)
	cited := 0
	for _, s := range goList(t, "./...") {
		for _, name := range s.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(s.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, group := range file.Comments {
				for _, rule := range id.FindAllString(group.Text(), -1) {
					cited++
					if !strings.Contains(rules, "**"+rule+"**") {
						t.Errorf("%s: rule %s does not stand in docs/roles.md", files.Position(group.Pos()), rule)
					}
				}
			}
		}
	}
	if cited < 100 {
		t.Errorf("only %d citations found", cited)
	}
}

func TestDocumentedMatrixIsTheMatrix(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(read(t, "core/permission.go"), "const matrix = `\n")
	matrix, _, found := strings.Cut(rest, "`")
	if !found || !strings.Contains(read(t, "docs/roles.md"), "```\n"+matrix+"```") {
		t.Error("the matrix of docs/roles.md is not that of core/permission.go")
	}
}

// Links between the pages lead to files that are there.
func TestLinksOfPagesLeadSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)]*)?\)`)
	links := 0
	for _, page := range append([]string{"README.md", "CHANGELOG.md"}, pages(t)...) {
		for _, l := range link.FindAllStringSubmatch(read(t, page), -1) {
			links++
			if _, err := os.Stat(filepath.Join(top, filepath.Dir(page), l[1])); err != nil {
				t.Errorf("%s links to %s: %v", page, l[1], err)
			}
		}
	}
	if links < 10 {
		t.Errorf("only %d links found", links)
	}
}

func pages(t *testing.T) []string {
	t.Helper()
	list, err := fs.Glob(os.DirFS(top), "docs/*.md")
	if err != nil || !slices.Contains(list, "docs/architecture.md") {
		t.Fatalf("pages %v: %v", list, err)
	}
	return list
}

func TestActionsAreDocumented(t *testing.T) {
	t.Parallel()
	for _, action := range core.Actions() {
		if !strings.Contains(read(t, "docs/api.md"), "`"+string(action)+"`") {
			t.Errorf("docs/api.md does not tell of %s", action)
		}
	}
}

func TestSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	for _, name := range settings {
		if !strings.Contains(read(t, "README.md"), "`"+prefix+name+"`") {
			t.Errorf("README.md does not tell of %s%s", prefix, name)
		}
	}
}

// The desk file of the README is a whole desk: it applies, and nothing is wrong with it.
func TestDeskFileOfTheReadme(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(read(t, "README.md"), "   # desk.yaml\n")
	example, _, found := strings.Cut(rest, "   ```")
	if !found {
		t.Fatal("README.md shows no desk file")
	}
	s := newShell(t, "IT_PASSWORD=secret", "ANA_PASSWORD=a long secret", "ROOT_PASSWORD=a long secret")
	path := s.file(strings.ReplaceAll("\n"+example, "\n   ", "\n"))
	s.run(exitDone, "apply", path)
	if again, _ := s.run(exitDone, "apply", path); again != "no changes\n" {
		t.Errorf("applied again it says %s", again)
	}
	if found, _ := s.run(exitDone, "check"); !strings.Contains(found, "in order") {
		t.Error(found)
	}
}

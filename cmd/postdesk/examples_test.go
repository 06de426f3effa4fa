package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// examples are the desk files of docs/examples, by path.
func examples(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(top, "docs", "examples", "*.yaml"))
	if err != nil || len(paths) != 3 {
		t.Fatalf("found %v, %v", paths, err)
	}
	return paths
}

// doubts are the warnings but the one that a border was never probed, which no file can mend.
func doubts(errs string) string {
	var others strings.Builder
	for line := range strings.Lines(errs) {
		if !strings.Contains(line, "was not probed with these settings") {
			others.WriteString(line)
		}
	}
	return others.String()
}

// The set-ups of A88 to A90 can be applied as they stand: without a doubt, a second time without a change, and what is
// exported of them says the same, also to an empty desk.
func TestExamplesApplyAsTheyStand(t *testing.T) {
	t.Parallel()
	for _, path := range examples(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			environ := []string{"ROOT_PASSWORD=root-secret", "IT_PASSWORD=it-secret", "NETWORK_PASSWORD=network-secret"}
			s := newShell(t, environ...)
			if out, errs := s.run(0, "apply", path); doubts(errs) != "" || !strings.Contains(out, "+ service ") {
				t.Errorf("apply says %s%s", out, errs)
			}
			exported, _ := s.run(0, "export")
			for what, again := range map[string]string{"the file": path, "its export": s.file(exported)} {
				if out, errs := s.run(0, "apply", again); out != "no changes\n" || doubts(errs) != "" {
					t.Errorf("%s applied again says %s%s", what, out, errs)
				}
			}
			s.run(0, "check")
			other := newShell(t, environ...)
			other.run(0, "apply", s.file(exported))
			if copied, _ := other.run(0, "export"); copied != exported {
				t.Errorf("the export of the export differs:\n%s\n%s", exported, copied)
			}
		})
	}
}

func TestExamplesAreLinked(t *testing.T) {
	t.Parallel()
	for _, path := range examples(t) {
		link := "examples/" + filepath.Base(path)
		for _, page := range []string{"README.md", "docs/desk-file.md"} {
			text, err := os.ReadFile(filepath.Join(top, page))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), link) {
				t.Errorf("%s does not link %s", page, link)
			}
		}
	}
}

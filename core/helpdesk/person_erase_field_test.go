package helpdesk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

// What the desk itself writes of a ticket stays readable when its requester is erased; only what people wrote goes. A field
// that a change is logged under and that nobody thought of is found here.
func TestErasureKnowsEveryFieldThatTheDeskWrites(t *testing.T) {
	t.Parallel()
	fields := []string{string(core.FieldInternalTarget)}
	for _, target := range []core.Target{core.TargetFirstResponse, core.TargetResolution, core.TargetInternal} {
		fields = append(fields, string(target))
	}
	for _, target := range []core.Target{core.TargetFirstResponse, core.TargetResolution} {
		fields = append(fields, string(target)+"_due")
	}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	written := regexp.MustCompile(`(?:logChange\(core\.Kind\w+, [^,]+, |setProperty\(|Change\{Field: |logLink\(ctx, \w+, )"(\w+)"`)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range written.FindAllStringSubmatch(string(source), -1) {
			fields = append(fields, m[1])
		}
	}
	slices.Sort(fields)
	if fields = slices.Compact(fields); len(fields) < 20 {
		t.Fatalf("only %v found: the search is broken", fields)
	}
	f := core.NewForgotten(7, []string{"ana@city.test"}, nil)
	for _, field := range fields {
		want := core.Change{Field: field, From: "2026-03-04T14:00:00Z", To: "missed"}
		if field == "subject" || field == "text" { // in the requester's own words
			want.From, want.To = core.ErasedText, core.ErasedText
		}
		if got := f.Change(core.Change{Field: field, From: "2026-03-04T14:00:00Z", To: "missed"}, true); got != want {
			t.Errorf("%s becomes %+v", field, got)
		}
	}
	if got := f.Change(core.Change{Field: core.FieldProperty("serial"), To: "S1"}, true); got.To != core.ErasedText {
		t.Errorf("a custom field becomes %+v", got)
	}
}

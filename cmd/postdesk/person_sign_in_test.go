package main

import (
	"strings"
	"testing"
)

func TestOperatorsLinkAndReset(t *testing.T) {
	t.Parallel()
	s := newShell(t, secrets...)
	s.run(0, "apply", "testdata/desk.yaml")
	if said, _ := s.run(0, "person", "link", "ana@city.test", "city id", "subject-7"); !strings.Contains(said, "ana@city.test signs in with account subject-7 of City ID") {
		t.Errorf("said %q", said)
	}
	s.run(0, "person", "link", "ana@city.test", "City ID", "subject-7") // once more changes nothing
	for args, want := range map[string]string{
		"link leo@city.test;City ID;subject-7":    "linked to somebody else",
		"link leo@city.test;Nobody;subject-7":     `there is no provider "Nobody"; the desk file has ["City ID"]`,
		"link nobody@city.test;City ID;subject-8": "there is no person nobody@city.test",
		"reset-second-factor leo@city.test":       "leo@city.test has no second factor",
		"reset-second-factor nobody@city.test":    "there is no person nobody@city.test",
	} {
		command, rest, _ := strings.Cut(args, " ")
		if _, failed := s.run(1, append([]string{"person", command}, strings.Split(rest, ";")...)...); !strings.Contains(failed, want) {
			t.Errorf("%s says %q", args, failed)
		}
	}
}

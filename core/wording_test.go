package core

import (
	"strings"
	"testing"
)

func TestWordingShowsTheOtherLanguageWhereOneIsMissing(t *testing.T) {
	t.Parallel()
	both, one := Wording{English: "Paper", Spanish: "Papel"}, Wording{Spanish: "Papel"}
	if both.In(Spanish) != "Papel" || both.In(English) != "Paper" || one.In(English) != "Papel" || Wording(nil).In(English) != "" {
		t.Errorf("%q %q %q", both.In(Spanish), both.In(English), one.In(English))
	}
	if both.String() != "en: Paper · es: Papel" || one.String() != "es: Papel" || Wording(nil).String() != "" {
		t.Errorf("%s | %s", both, one)
	}
}

func TestWordingIsChecked(t *testing.T) {
	t.Parallel()
	for text, w := range map[string]Wording{
		`language "fr" is unknown`: {"fr": "Papier"}, "one line of 1 to 200": {English: strings.Repeat("x", 201)}, "one line": {English: " "}, "a text here": {Spanish: "a\nb"},
	} {
		c := &checker{}
		c.wording(place{"services"}.at(0).in("description"), w)
		if len(c.faults) != 1 || !strings.Contains(c.faults.Error(), text) {
			t.Errorf("%v: %v", w, c.faults)
		}
	}
	if c := (&checker{}); true {
		if c.wording(place{}, Wording{English: strings.Repeat("ñ", 200)}); len(c.faults) != 0 {
			t.Error(c.faults)
		}
	}
}

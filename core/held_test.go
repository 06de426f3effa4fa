package core_test

import (
	"strings"
	"testing"

	"postdesk/core"
)

func TestHeldReasonsAreSentences(t *testing.T) {
	t.Parallel()
	if got := (core.Held{Key: "no_requester", Args: []string{"Printers"}}).String(); got != "the sender is no requester of Printers" {
		t.Errorf("said %q", got)
	}
	for _, key := range core.HeldKeys() {
		said := core.Held{Key: key, Args: []string{"X"}}.String()
		if strings.HasSuffix(key, "sender") || key == "lost_sight" || key == "sender_disabled" || key == "misused_address" {
			said = core.Held{Key: key}.String()
		}
		if said == key || strings.Contains(said, "%!") {
			t.Errorf("%s is said as %q", key, said)
		}
	}
	if got := (core.Held{Key: "something else"}).String(); got != "something else" {
		t.Errorf("an unknown reason became %q", got)
	}
}

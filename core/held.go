package core

import (
	"fmt"
	"slices"
)

// Held is why mail waits for a person of the team: a key of the sentences below, with what stands in it. The ledger and
// the API say it in English, pages in their reader's language by the key "held." plus it.
type Held struct {
	Key  string
	Args []string
}

// heldSentences are the operator's wording.
var heldSentences = map[string]string{
	"no_sender":         "no single sender address",
	"no_requester":      "the sender is no requester of %s",
	"folder":            "%s takes no tickets: it is a folder",
	"archived":          "%s takes no tickets: it is archived",
	"may_not_open":      "not allowed to open a ticket in %s",
	"may_not_write":     "not allowed in ticket %s",
	"lost_sight":        "the sender may not see the ticket any more",
	"sender_disabled":   "the sender is disabled",
	"misused_address":   "the reply address is somebody else's; it was revoked",
	"unproven":          "written for the desk, but the sender is not proven (%s)",
	"robot_forged":      "from an address that may open tickets by itself, but forged (%s)",
	"decision_forged":   "written to an approve address, but forged (%s)",
	"decision_unproven": "a decision, but the sender is not proven well enough (%s)",
	"approve_unproven":  "written to an approve address, but the sender is not proven well enough (%s)",
}

// HeldKeys are the reasons there are, in alphabetical order.
func HeldKeys() []string {
	keys := make([]string, 0, len(heldSentences))
	for key := range heldSentences {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// String is the reason in English, for operators and the API.
func (h Held) String() string {
	sentence, known := heldSentences[h.Key]
	if !known {
		return h.Key
	}
	args := make([]any, len(h.Args))
	for i, a := range h.Args {
		args[i] = a
	}
	return fmt.Sprintf(sentence, args...)
}

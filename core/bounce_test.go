package core_test

import (
	"testing"

	"postdesk/core"
)

// What suspends an address must speak of the address: a full mailbox empties, a large mail is one mail.
func TestHardBounces(t *testing.T) {
	t.Parallel()
	for status, hard := range map[string]bool{
		"5.1.1": true, "5.0.0": true, "5.1.10": true, "5.2.1": true, "5.7.1": true, "5.4.4": true, "5.2.20": true,
		"5.2.2": false, "5.2.3": false, "5.3.4": false, "5.4.7": false, "5.6.0": false, "5.6.9": false,
		"4.1.1": false, "4.4.7": false, "2.0.0": false, "": false, "5": false,
	} {
		if core.HardBounce(status) != hard {
			t.Errorf("%q: hard is %v", status, !hard)
		}
	}
}

func TestHardAnswers(t *testing.T) {
	t.Parallel()
	for response, hard := range map[string]bool{
		"550 5.1.1 no such user": true, "550 no such user": true, "550-5.1.1 no": true, "554 5.7.1 go away": true,
		"552 5.2.2 mailbox full": false, "451 4.1.1 later": false, "250 2.0.0 ok": false, "connection refused": false, "": false,
		"550 5.1.1x": true, "x 550 5.1.1": false,
	} {
		if core.HardAnswer(response) != hard {
			t.Errorf("%q: hard is %v", response, !hard)
		}
	}
}

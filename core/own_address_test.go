package core

import (
	"fmt"
	"testing"
)

func TestWhichAddressesMayBeAdded(t *testing.T) {
	t.Parallel()
	d := &Directory{Desk: Desk{Name: "IT"}, Mailboxes: map[MailboxID]*Mailbox{
		2: {ID: 2, Address: "it@city.test", PlusAddresses: true}, 1: {ID: 1, Address: "net@city.test", ReplyDomain: "t.city.test"}, 3: {ID: 3, Address: "old@city.test"}}}
	have := []OwnAddress{{Address: "ben@city.test", State: AddressPrimary}, {Address: "b@city.test", State: AddressListed}, {Address: "ben@home.test", State: AddressPending}}
	for address, want := range map[string]Code{
		"ben@work.test": "", "ben+x@work.test": "", "ben@home.test": "", // a pending one is asked for anew
		"": Invalid, "ben": Invalid, "ben@": Invalid, "Ben <ben@work.test>": Invalid, "a@b@work.test": Invalid, `"a b"@work.test`: Invalid, "ñ@work.test": Invalid,
		"ben@work.test, c@work.test": Invalid, "ben@work.test\nBcc: c@work.test": Invalid,
		"it@city.test": Invalid, "it+c.abc@city.test": Invalid, "old@city.test": Invalid, "anybody@t.city.test": Invalid,
		"ben@city.test": Conflict, "b@city.test": Conflict,
	} {
		if got := CodeOf(d.CheckOwnAddress(address, have)); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
	for i := range maxOwnAddresses - 1 {
		if err := d.CheckOwnAddress("ben@work.test", have); err != nil {
			t.Errorf("with %d added: %v", 1+i, err)
		}
		have = append(have, OwnAddress{Address: fmt.Sprintf("ben%d@home.test", i), State: AddressConfirmed})
	}
	if CodeOf(d.CheckOwnAddress("ben@work.test", have)) != Conflict || d.CheckOwnAddress("ben@home.test", have) != nil {
		t.Error("the bound counts what is added, not what is asked for again")
	}
	if m := d.TokenMailbox(0); m == nil || m.ID != 1 {
		t.Errorf("answers come to %+v", m)
	}
	d.Mailboxes = map[MailboxID]*Mailbox{3: d.Mailboxes[3]}
	if m := d.TokenMailbox(0); m != nil {
		t.Errorf("answers come to %+v, which carries no token", m)
	}
}

package helpdesk

import (
	"bytes"
	"strings"
	"testing"

	"postdesk/core"
	"postdesk/core/store"
)

func TestReplyAddressIsReadAsItWasWrittenOnly(t *testing.T) {
	t.Parallel()
	secrets, err := store.NewSecrets(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	others, err := store.NewSecrets(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	token := [16]byte{1, 2, 3, 250, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xff}
	for purpose, letter := range purposeLetters {
		for _, box := range []*core.Mailbox{{Address: "it@city.test", PlusAddresses: true}, {Address: "it@city.test", ReplyDomain: "t.city.test"}} {
			address := replyAddress(secrets, box, purpose, token)
			for _, same := range []string{address, strings.ToUpper(address)} {
				if got, p, ok := readReplyAddress(secrets, same); !ok || got != token || p != purpose {
					t.Errorf("%s is read as %x %s %v", same, got, p, ok)
				}
			}
			if _, _, ok := readReplyAddress(others, address); ok {
				t.Errorf("%s of another desk is taken", address)
			}
			at := strings.IndexByte(address, '@')
			code := strings.Index(address, letter+".")
			wrong := []string{"", "@", address[:at-1] + address[at:], address[:at] + "a" + address[at:], address[:code] + address[code+2:],
				address[:code] + letter + letter + address[code+1:], strings.Replace(address, letter+".", letter, 1), "x" + address[code+1:],
				address[:code+2] + strings.Repeat("a", 34) + address[at:], address[:code+2] + strings.Repeat("%", 34) + address[at:]}
			for i := code; i < at; i++ { // each letter of it counts, also the bits behind the last whole byte
				for _, c := range "abq27%_ é" {
					if byte(c) != address[i] {
						wrong = append(wrong, address[:i]+string(c)+address[i+1:])
					}
				}
			}
			for _, w := range wrong {
				if got, p, ok := readReplyAddress(secrets, w); ok || got != [16]byte{} || p != "" {
					t.Errorf("%q is taken for %s", w, p)
				}
			}
		}
	}
	plain := &core.Mailbox{Address: "it@city.test"}
	if got := replyAddress(secrets, plain, core.PurposeReply, token); got != "it@city.test" {
		t.Errorf("a mailbox that can carry no token has %s", got)
	}
}

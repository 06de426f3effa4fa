package helpdesk

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base32"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

// Reply addresses carry a token: 128 random bits and a short MAC, so that guesses are refused before the database is
// asked (mail.md 4). The purpose's letter is part of the MAC.
//
//	it+r.<26 characters token><8 characters mac>@city.test     plus addresses
//	   r.<26 characters token><8 characters mac>@t.city.test   a reply domain of its own

var base32lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

const (
	tokenChars = 26
	macBytes   = 5
	macChars   = 8
)

var purposeLetters = map[core.Purpose]string{core.PurposeReply: "r", core.PurposeNote: "n", core.PurposeInternal: "i", core.PurposeApprove: "a", core.PurposeConfirm: "c"}

// newReplyToken makes a token of 128 random bits.
func newReplyToken() (t [16]byte) {
	rand.Read(t[:])
	return t
}

// replyAddress is the address that carries a token to a mailbox; the mailbox's own where it can carry none.
func replyAddress(s *store.Secrets, m *core.Mailbox, p core.Purpose, token [16]byte) string {
	code := replyCode(s, purposeLetters[p], token)
	local, domain, _ := strings.Cut(m.Address, "@")
	switch {
	case m.PlusAddresses:
		return local + "+" + code + "@" + domain
	case m.ReplyDomain != "":
		return code + "@" + m.ReplyDomain
	}
	return m.Address
}

// replyCode is the token with its purpose and its MAC, as addresses carry it.
func replyCode(s *store.Secrets, letter string, token [16]byte) string {
	mac := s.MAC([]byte(letter), token[:])[:macBytes]
	return letter + "." + base32lower.EncodeToString(token[:]) + base32lower.EncodeToString(mac)
}

// readReplyAddress takes the token out of an address; ok is false for every address but the very one that replyAddress
// makes of the token: a fixed length, one spelling, compared in constant time.
func readReplyAddress(s *store.Secrets, address string) (token [16]byte, p core.Purpose, ok bool) {
	local, _, _ := strings.Cut(core.FoldAddress(address), "@")
	if _, plus, found := strings.Cut(local, "+"); found {
		local = plus
	}
	for purpose, letter := range purposeLetters {
		code, found := strings.CutPrefix(local, letter+".")
		if !found || len(code) != tokenChars+macChars {
			continue
		}
		raw, err := base32lower.DecodeString(code[:tokenChars])
		if err != nil || len(raw) != len(token) {
			return token, "", false
		}
		copy(token[:], raw)
		if hmac.Equal([]byte(local), []byte(replyCode(s, letter, token))) {
			return token, purpose, true
		}
		return [16]byte{}, "", false
	}
	return token, "", false
}

package mailout

import (
	"errors"
	"fmt"
	"strings"
)

// maxAddress is the path limit of RFC 5321 4.5.3.1.3 without its angle brackets.
const maxAddress = 254

var errAddress = errors.New("not a plain mail address")

// CheckAddress accepts local@domain with a dot-atom on both sides, in ASCII, at
// most 254 bytes. It is narrower than RFC 5321 on purpose: quoted local parts may
// hold spaces, ">" and whole SMTP commands, and parsers hand them out unquoted,
// so such an address is stored but never written to.
func CheckAddress(address string) error {
	local, domain, found := strings.Cut(address, "@")
	if !found || len(address) > maxAddress || !dotAtom(local, isAtext) || !dotAtom(domain, isDomainByte) {
		return fmt.Errorf("%w: %.80q", errAddress, address)
	}
	return nil
}

func dotAtom(s string, allowed func(byte) bool) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for i := range len(atom) {
			if !allowed(atom[i]) {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// isAtext is atext of RFC 5322 3.2.3.
func isAtext(b byte) bool {
	return isAlphanumeric(b) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", b) >= 0
}

// isDomainByte adds to RFC 5321 only the underscore that some internal hosts carry.
func isDomainByte(b byte) bool {
	return isAlphanumeric(b) || b == '-' || b == '_'
}

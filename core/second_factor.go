package core

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// FactorRule says who must have a second factor; everybody may.
type FactorRule string

// The rules.
const (
	FactorOff            FactorRule = "off"
	FactorAdministrators FactorRule = "administrators"
	FactorEverybody      FactorRule = "everybody"
)

// Needs tells whether the rule makes the person have a second factor.
func (r FactorRule) Needs(p *Person) bool {
	return r == FactorEverybody || r == FactorAdministrators && p.Administrator
}

// Time-based one-time passwords (RFC 6238) as every authenticator app makes them: HMAC-SHA-1, six digits, a step of thirty
// seconds (section 5.2 says so, and recommends to take one step of delay; clocks that are ahead get one too).
const (
	totpStep   = 30
	totpDrift  = 1
	totpDigits = 6
	// TOTPSecret is the length of a secret in bytes (RFC 4226 section 4, R6).
	TOTPSecret = 20
)

// TOTPCode is the code of a step (RFC 4226 section 5.3).
func TOTPCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash takes everything
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, n%1_000_000)
}

// TOTPStep is the step that a moment lies in.
func TOTPStep(at time.Time) int64 { return at.Unix() / totpStep }

// MatchTOTP finds the step whose code was typed, spaces aside, among those around now that come after the last one taken
// (RFC 6238 section 5.2: no code twice).
func MatchTOTP(secret []byte, typed string, now time.Time, last int64) (step int64, ok bool) {
	typed = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, typed)
	for s := TOTPStep(now) - totpDrift; s <= TOTPStep(now)+totpDrift; s++ {
		if subtle.ConstantTimeCompare([]byte(TOTPCode(secret, s)), []byte(typed)) == 1 && s > last {
			step, ok = s, true
		}
	}
	return step, ok
}

// TOTPKey is the secret as people type it.
func TOTPKey(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// TOTPAddress is the secret as apps take it from a QR code: the otpauth form that they all know.
func TOTPAddress(desk, account string, secret []byte) string {
	q := url.Values{"secret": {TOTPKey(secret)}, "issuer": {desk}, "algorithm": {"SHA1"}, "digits": {strconv.Itoa(totpDigits)},
		"period": {strconv.Itoa(totpStep)}}
	return "otpauth://totp/" + url.PathEscape(desk+":"+account) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// SecondFactor is what a person's second factor is, as its owner sees it.
type SecondFactor struct {
	On            bool
	Since         time.Time
	RecoveryCodes int // not used yet
}

package core_test

import (
	"strings"
	"testing"
	"time"

	"postdesk/core"
)

// The test values of RFC 6238 appendix B, cut to six digits.
func TestTOTPCodesAreThoseOfTheRFC(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := core.TOTPCode(secret, core.TOTPStep(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestTOTPIsTakenOnceAndOneStepAround(t *testing.T) {
	t.Parallel()
	secret, now := []byte("12345678901234567890"), time.Unix(1_800_000_000, 0)
	at := core.TOTPStep(now)
	for ahead := int64(-3); ahead <= 3; ahead++ {
		step, ok := core.MatchTOTP(secret, core.TOTPCode(secret, at+ahead), now, 0)
		if want := ahead >= -1 && ahead <= 1; ok != want || ok && step != at+ahead {
			t.Errorf("%+d steps: %v", ahead, ok)
		}
	}
	code := core.TOTPCode(secret, at)
	if _, ok := core.MatchTOTP(secret, code, now, at); ok {
		t.Error("a code is taken twice")
	}
	if _, ok := core.MatchTOTP(secret, core.TOTPCode(secret, at-1), now, at); ok {
		t.Error("a code from before the last one is taken")
	}
	if _, ok := core.MatchTOTP(secret, " "+code[:3]+" "+code[3:], now, 0); !ok {
		t.Error("spaces as apps show them are refused")
	}
	for _, wrong := range []string{"", "0", code + "0", code[:5], "abcdef"} {
		if _, ok := core.MatchTOTP(secret, wrong, now, 0); ok {
			t.Errorf("%q is taken", wrong)
		}
	}
}

func TestFactorRules(t *testing.T) {
	t.Parallel()
	root, ben := &core.Person{Administrator: true}, &core.Person{}
	for rule, want := range map[core.FactorRule][2]bool{"": {}, core.FactorOff: {}, core.FactorAdministrators: {true, false}, core.FactorEverybody: {true, true}} {
		if got := [2]bool{rule.Needs(root), rule.Needs(ben)}; got != want {
			t.Errorf("%s: %v", rule, got)
		}
	}
	address := core.TOTPAddress("City IT", "mia@city.test", []byte("12345678901234567890"))
	if !strings.HasPrefix(address, "otpauth://totp/City%20IT:mia@city.test?") || !strings.Contains(address, "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") ||
		!strings.Contains(address, "issuer=City%20IT") {
		t.Error(address)
	}
}

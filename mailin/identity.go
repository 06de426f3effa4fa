package mailin

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"postdesk/core"
)

// evidence is what the border says about the sender's domain (RFC 8601).
type evidence struct {
	pass, fail bool
	given      bool // a trusted result was there at all, whatever it says
	why        string
}

// judgeDomain reads the Authentication-Results that can be trusted: those of a configured authserv-id that stand above
// the topmost Received whose `by` is a border. Anything below was in the mail when it came in, so anybody may have
// written it. Without such a Received there is no evidence; several results of that id must agree, and a fail of any
// overrides (mail.md 4, RFC 8601 section 5).
func judgeDomain(m *Message, from string, trust *core.Mailbox) evidence {
	if trust == nil || len(trust.AuthservIDs) == 0 || len(trust.Borders) == 0 {
		return evidence{why: "no border is trusted"}
	}
	border := -1
	for i, f := range m.Header {
		if strings.EqualFold(f.Name, "Received") && receivedBy(f.Value, trust.Borders) {
			border = i
			break
		}
	}
	if border < 0 {
		return evidence{why: "no Received by a trusted border"}
	}
	e := evidence{why: "no Authentication-Results above the border"}
	for _, f := range m.Header[:border] {
		if !strings.EqualFold(f.Name, "Authentication-Results") {
			continue
		}
		plain, whole := plainResults(f.Value)
		parts := strings.Split(plain, ";")
		id, _, _ := authres.Parse(parts[0])
		if !among(id, trust.AuthservIDs) {
			continue
		}
		var results []authres.Result
		for _, part := range parts[1:] { // one by one: a method that the parser does not know well spoils no other
			if _, r, err := authres.Parse(id + ";" + part); err == nil {
				results = append(results, r...)
			}
		}
		e.given = true
		one := judgeResults(results, core.DomainOf(from))
		if !whole { // what cannot be read may have been a fail
			one = evidence{fail: true, why: "its results cannot be read"}
		}
		e.fail = e.fail || one.fail
		e.pass = e.pass || one.pass
		e.why = id + ": " + one.why
	}
	if e.fail {
		e.pass = false
	}
	return e
}

// judgeResults takes DMARC's word where it was given, for it is about the From domain; else an aligned DKIM signature.
func judgeResults(results []authres.Result, domain string) evidence {
	e := evidence{why: "no result for the sender's domain"}
	for _, r := range results {
		if d, ok := r.(*authres.DMARCResult); ok && (d.From == "" || core.FoldAddress(d.From) == domain) {
			switch d.Value {
			case authres.ResultPass:
				e.pass, e.why = true, "dmarc=pass"
			case authres.ResultFail:
				return evidence{fail: true, why: "dmarc=fail"}
			default:
				e.why = "dmarc=" + string(d.Value)
			}
		}
	}
	if e.pass {
		return e
	}
	for _, r := range results {
		switch d := r.(type) {
		case *authres.DKIMResult:
			if d.Value == authres.ResultPass && aligned(core.FoldAddress(d.Domain), domain) {
				return evidence{pass: true, why: "dkim=pass of " + d.Domain}
			}
			if d.Value == authres.ResultFail && aligned(core.FoldAddress(d.Domain), domain) {
				e = evidence{fail: true, why: "dkim=fail of " + d.Domain}
			}
		case *authres.SPFResult:
			if d.Value == authres.ResultFail {
				e = evidence{fail: true, why: "spf=fail"}
			}
		}
	}
	return e
}

// aligned is relaxed alignment without a list of public suffixes: the same domain, or the signing one above it with at
// least two labels.
func aligned(signer, domain string) bool {
	return signer == domain || strings.Count(signer, ".") >= 1 && strings.HasSuffix(domain, "."+signer)
}

// receivedBy says whether a Received field claims to be by one of the hosts (RFC 5321 section 4.4). Every by counts, not
// only the clause: a sender who greets as "by" must not hide the border's own field and have one of his taken for it.
func receivedBy(value string, hosts []string) bool {
	words := strings.Fields(value)
	for i, w := range words {
		if strings.EqualFold(w, "by") && i+1 < len(words) {
			host, _, _ := strings.Cut(words[i+1], "(")
			if among(strings.TrimRight(host, ";."), hosts) {
				return true
			}
		}
	}
	return false
}

// plainResults takes comments out of an Authentication-Results value, and quoted strings' power to structure it (RFC 8601
// section 2.2): both carry what the sender made up, such as his envelope address. ok is false where one does not end.
func plainResults(value string) (plain string, ok bool) {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '\\' && (quoted || depth > 0) && i+1 < len(value):
			i++
			if depth == 0 {
				b.WriteByte('_')
			}
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
			if strings.IndexByte("; \t=", c) >= 0 {
				c = '_'
			}
			b.WriteByte(c)
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			if depth--; depth == 0 {
				b.WriteByte(' ')
			}
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String(), depth == 0 && !quoted
}

func among(s string, list []string) bool {
	for _, x := range list {
		if strings.EqualFold(s, x) {
			return true
		}
	}
	return false
}

// proof is how well a sender is proven (mail.md 4). token says that the mail came to a working reply address of that very
// person. A fail always demotes: then not even the token helps. The token alone does where the policy says so and there
// is no evidence at all: a border that looked and found no pass is evidence.
// fresh says that nobody has written to that address before: with evidence besides it proves the very act.
func proof(e evidence, token, fresh bool, policy core.TrustPolicy) core.Level {
	switch {
	case e.fail:
		return core.Unverified
	case token && fresh && e.pass:
		return core.ActProven
	case token && (e.pass || policy == core.TokenPolicy && !e.given):
		return core.PersonProven
	case e.pass:
		return core.DomainProven
	}
	return core.Unverified
}

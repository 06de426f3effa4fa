package mailin

import (
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"postdesk/core"
)

// evidence is what is known of the sender's domain (RFC 8601, RFC 6376).
type evidence struct {
	pass, fail bool
	given      bool // a trusted result was there at all, whatever it says
	// signed says that the pass is that of our own check alone. Then the addresses that count are those of the signed To
	// and Cc: the envelope of a copy is made by whoever sends it again.
	signed bool
	why    string
}

// withoutID stands in a mailbox's authserv_ids for fields that name no server: Exchange Online begins with the first
// result at once, which RFC 8601 section 2.2 does not allow.
const withoutID = "none"

// judgeDomain reads the Authentication-Results that can be trusted: those of a configured authserv-id that stand above
// the topmost Received whose `by` is a border. Anything below was in the mail when it came in, so anybody may have
// written it. Without such a Received there is no evidence (mail.md 4, RFC 8601 section 5).
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
	var found []verdict
	for _, f := range m.Header[:border] {
		if !strings.EqualFold(f.Name, "Authentication-Results") {
			continue
		}
		plain, whole := plainResults(f.Value)
		id, results := splitResults(plain)
		if !among(id, trust.AuthservIDs) {
			continue
		}
		v := judgeResults(results, core.DomainOf(from))
		if !whole { // what cannot be read may have been a fail
			v = verdict{fails, "its results cannot be read"}
		}
		found = append(found, verdict{v.worth, id + ": " + v.why})
	}
	return settle(found)
}

// splitResults parses a value without comments: the name of the server, withoutID where it begins with a result, and
// the results.
func splitResults(plain string) (id string, results []authres.Result) {
	parts := strings.Split(plain, ";")
	head := strings.Fields(parts[0])
	switch {
	case len(head) == 0, strings.EqualFold(head[0], withoutID):
		return "", nil
	case strings.Contains(head[0], "="): // no name has one: it is a token of RFC 2045
		id = withoutID
	case len(head) > 1 && head[1] != "1": // a version that is not known
		return "", nil
	default:
		id, parts = head[0], parts[1:]
	}
	for _, part := range parts { // one by one: a method that the parser does not know well spoils no other
		method, rest, _ := strings.Cut(part, "=")
		method, _, _ = strings.Cut(method, "/") // its version
		if _, r, err := authres.Parse("x;" + strings.TrimSpace(method) + "=" + strings.TrimSpace(rest)); err == nil {
			results = append(results, r...)
		}
	}
	return id, results
}

// verdict is what one field says of the sender's domain.
type verdict struct {
	worth worth
	why   string
}

type worth int

const (
	silent    worth = iota // nothing
	undecided              // neither pass nor fail
	passes
	failsSPF // of the envelope's domain alone: forwarding breaks it, so a pass of anything else outweighs it
	fails
)

// settle makes one of several: they must agree, and a fail of any overrides (mail.md 4).
func settle(found []verdict) evidence {
	if len(found) == 0 {
		return evidence{why: "no Authentication-Results above the border"}
	}
	why := map[worth]string{}
	for _, v := range found {
		why[v.worth] = v.why
	}
	e := evidence{given: true}
	switch {
	case why[fails] != "":
		e.fail, e.why = true, why[fails]
	case why[passes] != "" && why[undecided] != "":
		e.why = "results that disagree: " + why[passes] + ", " + why[undecided]
	case why[passes] != "":
		e.pass, e.why = true, why[passes]
	case why[failsSPF] != "":
		e.fail, e.why = true, why[failsSPF]
	case why[undecided] != "":
		e.why = why[undecided]
	default:
		e.why = why[silent]
	}
	return e
}

// judgeResults takes DMARC's word where it was given, for it is about the From domain and weighs the others; else that of
// the aligned DKIM signatures.
func judgeResults(results []authres.Result, domain string) verdict {
	dmarc, dkim, spf := map[authres.ResultValue]bool{}, map[authres.ResultValue]bool{}, false
	for _, r := range results {
		switch r := r.(type) {
		case *authres.DMARCResult:
			if r.From == "" || core.FoldAddress(r.From) == domain {
				dmarc[r.Value] = true
			}
		case *authres.DKIMResult:
			signer := r.Domain
			if signer == "" { // Gmail names the identity instead, whose domain is the signer's or one below it
				signer = core.DomainOf(r.Identifier)
			}
			if aligned(core.FoldAddress(signer), domain) {
				dkim[r.Value] = true
			}
		case *authres.SPFResult:
			spf = spf || r.Value == authres.ResultFail || r.Value == authres.ResultHardFail
		}
	}
	v := verdict{silent, "no result for the sender's domain"}
	for _, method := range []struct {
		name   string
		values map[authres.ResultValue]bool
	}{{"dmarc", dmarc}, {"dkim", dkim}} {
		switch {
		case domain == "" || len(method.values) == 0:
		case method.values[authres.ResultFail], method.values[authres.ResultHardFail]:
			return verdict{fails, method.name + "=fail"}
		case method.values[authres.ResultPass] && len(method.values) == 1:
			return verdict{passes, method.name + "=pass"}
		case v.worth == silent:
			v = verdict{undecided, method.name + " is neither pass nor fail"}
		}
	}
	if spf {
		return verdict{failsSPF, "spf=fail"}
	}
	return v
}

// aligned is relaxed alignment without a list of public suffixes: the same domain, or the signing one above it with at
// least two labels.
func aligned(signer, domain string) bool {
	return signer != "" && signer == domain || strings.Count(signer, ".") >= 1 && strings.HasSuffix(domain, "."+signer)
}

// receivedBy says whether a Received field claims to be by one of the hosts (RFC 5321 section 4.4). Every by counts, not
// only the clause: a sender who greets as "by" must not hide the border's own field and have one of his taken for it.
func receivedBy(value string, hosts []string) bool {
	words := strings.Fields(value)
	for i, w := range words {
		if strings.EqualFold(w, "by") && i+1 < len(words) {
			host, _, _ := strings.Cut(words[i+1], "(")
			if hostAmong(strings.TrimRight(host, ";."), hosts) {
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

// hostAmong says whether a host is in the list, where *.x.test stands for all below x.test.
func hostAmong(host string, list []string) bool {
	return slices.ContainsFunc(list, func(x string) bool {
		if suffix, below := strings.CutPrefix(x, "*"); below {
			return len(host) > len(suffix) && strings.EqualFold(host[len(host)-len(suffix):], suffix)
		}
		return strings.EqualFold(host, x)
	})
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

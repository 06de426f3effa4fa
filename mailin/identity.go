package mailin

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"postdesk/core"
)

// evidence is what the border says about the sender's domain (RFC 8601).
type evidence struct {
	pass, fail bool
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
		if strings.EqualFold(f.Name, "Received") && among(receivedBy(f.Value), trust.Borders) {
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
		id, results, err := authres.Parse(f.Value)
		if err != nil || !among(id, trust.AuthservIDs) {
			continue
		}
		one := judgeResults(results, core.DomainOf(from))
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
				return evidence{pass: true, why: "dmarc=pass"}
			case authres.ResultFail:
				return evidence{fail: true, why: "dmarc=fail"}
			}
			e.why = "dmarc=" + string(d.Value)
		}
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

// receivedBy is the host in the by clause of a Received field (RFC 5321 section 4.4).
func receivedBy(value string) string {
	words := strings.Fields(value)
	for i, w := range words {
		if strings.EqualFold(w, "by") && i+1 < len(words) {
			return strings.TrimSuffix(words[i+1], ";")
		}
	}
	return ""
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
// person. A fail always demotes: then not even the token helps.
func proof(e evidence, token bool, policy core.TrustPolicy) core.Level {
	switch {
	case e.fail:
		return core.Unverified
	case token && (e.pass || policy == core.TokenPolicy):
		return core.PersonProven
	case e.pass:
		return core.DomainProven
	}
	return core.Unverified
}

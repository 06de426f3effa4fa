package mailin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"postdesk/core"
)

// ExplainBorder says, line by line, what a message's trace fields mean for the trust settings of its mailbox; without any
// (nil) for those that it suggests. forged is as in ReadTrace; own is what CheckOwn found.
func ExplainBorder(m *Message, trust *core.Mailbox, forged string, own OwnCheck) []core.Diagnosis {
	x := &borderExplanation{Trace: ReadTrace(m, forged), m: m, trust: trust, own: own}
	if trust == nil || len(trust.AuthservIDs) == 0 && len(trust.Borders) == 0 {
		suggested := x.Trace.Trust
		if trust != nil {
			suggested.Policy, suggested.DKIM = trust.Policy, trust.DKIM
		}
		x.trust, x.unset = &suggested, true
	}
	x.path()
	x.border()
	if forged != "" {
		x.forgery()
	}
	x.verdict()
	return x.lines
}

type borderExplanation struct {
	*Trace
	m     *Message
	trust *core.Mailbox // the mailbox's settings, or those suggested
	unset bool          // they are only suggested
	own   OwnCheck
	lines []core.Diagnosis
}

func (x *borderExplanation) say(check string, h core.Health, text, next string) {
	x.lines = append(x.lines, core.Diagnosis{Check: check, Health: h, Text: text, Next: next})
}

func (x *borderExplanation) path() {
	if len(x.Received) == 0 {
		x.say("way", core.HealthWarning, "no Received field: no server says how it came", "")
		return
	}
	x.say("way", core.HealthOK, "taken in, newest first, by "+strings.Join(x.Received, ", "), "")
}

// quoted writes a list as the desk file takes it: a * would begin something else in YAML.
func quoted(list []string) string {
	words := slices.Clone(list)
	for i, w := range words {
		if strings.HasPrefix(w, "*") {
			words[i] = strconv.Quote(w)
		}
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// border says which server is the border, and what it writes.
func (x *borderExplanation) border() {
	set := fmt.Sprintf("set trust: {authserv_ids: %s, borders: %s} for the mailbox, if that server is yours",
		quoted(x.Trace.Trust.AuthservIDs), quoted(x.Trace.Trust.Borders))
	switch x.Style {
	case StampsBelow:
		i := slices.IndexFunc(x.Stamps, func(s Stamp) bool { return !s.Forged })
		x.say("border", core.HealthWarning, x.Stamps[i].ID+" writes its results below its own Received, where anybody may have written them before (Gmail does so)",
			"leave authserv_ids and borders empty and set trust: {dkim: true}: the desk then checks signatures itself")
		return
	}
	at := x.Trace.border(x.trust.Borders)
	switch {
	case !x.unset && len(x.trust.Borders) > 0 && at < 0:
		x.say("border", core.HealthWrong, "no Received is by "+quoted(x.trust.Borders)+": nothing that is said of the sender counts", set)
		return
	case x.Style == StampsNone && slices.ContainsFunc(x.Stamps, func(s Stamp) bool { return !s.Forged }):
		x.say("border", core.HealthWarning, "the topmost results name no server, and none is known that writes so",
			"set trust: {dkim: true}: the desk then checks signatures itself")
		return
	case x.Style == StampsNone:
		x.say("border", core.HealthWarning, "no server wrote Authentication-Results into this mail",
			"let the border check SPF, DKIM and DMARC (rspamd, or OpenDKIM with OpenDMARC), also for mail of your own people")
		return
	case x.unset && x.Style == StampsNameless:
		x.say("border", core.HealthWarning, "the hosts of Exchange Online look like the border; their results name no server, which the word none stands for", set)
		return
	case x.unset:
		x.say("border", core.HealthWarning, fmt.Sprintf("%s looks like the border, and writes as %s", x.trust.Borders[0], quoted(x.trust.AuthservIDs)), set)
		return
	}
	for _, s := range x.Stamps {
		if !s.Forged && s.position < at && among(s.ID, x.trust.AuthservIDs) {
			x.say("border", core.HealthOK, fmt.Sprintf("%s took it in, and above that %s says: %s", byHost(x.header[at].Value), s.ID, s.Results), "")
			return
		}
	}
	x.say("border", core.HealthWarning, fmt.Sprintf("above the Received by %s there are no results of %s", byHost(x.header[at].Value), quoted(x.trust.AuthservIDs)), set)
}

// forgery says what became of results that the message brought along.
func (x *borderExplanation) forgery() {
	i := slices.IndexFunc(x.Stamps, func(s Stamp) bool { return s.Forged })
	at := x.Trace.border(x.trust.Borders)
	switch {
	case i < 0:
		x.say("forged results", core.HealthOK, "the border removed the forged Authentication-Results", "")
	case at >= 0 && x.Stamps[i].position > at:
		x.say("forged results", core.HealthOK, "the forged Authentication-Results stayed, below the border's Received: the desk does not look there", "")
	case at < 0:
		x.say("forged results", core.HealthWarning, "the forged Authentication-Results stayed; without a border the desk believes none", "")
	default:
		x.say("forged results", core.HealthWrong, "DANGEROUS: the forged Authentication-Results stand above the border's Received, so anybody can write what the desk believes",
			"take authserv_ids and borders out of the mailbox's trust settings until the border removes foreign Authentication-Results (RFC 8601 section 5)")
	}
}

// verdict says whether the strict policy would work: whether mail of this domain is proven.
func (x *borderExplanation) verdict() {
	e := judgeDomain(x.m, "x@"+x.From, x.trust)
	if x.trust.DKIM && x.own.Err != nil {
		e.why += "; own check: " + x.own.Err.Error()
	}
	switch {
	case e.fail:
		x.say("sender", core.HealthWrong, "the border says that this mail is not of "+x.From+" ("+e.why+"): commands in such mail are not carried out",
			"publish SPF and DKIM records for "+x.From+", and sign what your people send")
	case e.pass:
		x.say("sender", core.HealthOK, "proven to be of "+x.From+" ("+e.why+"): policy strict works for such mail", "")
	case x.trust.DKIM && x.own.Signer != "":
		x.say("sender", core.HealthOK, "the border proves nothing, but the desk's own check does: signed by "+x.own.Signer+"; policy strict works for such mail", "")
	case x.trust.Policy == core.TokenPolicy:
		x.say("sender", core.HealthWarning, "nothing proves that it is of "+x.From+" ("+e.why+"): with policy token the reply address alone proves people", "")
	default:
		x.say("sender", core.HealthWarning, "nothing proves that it is of "+x.From+" ("+e.why+"): with policy strict, solvers' mail like this one would be held",
			"let the border check such mail, or sign it with DKIM for "+x.From+", or set policy: token")
	}
}

package desk

import (
	"net/url"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// decision is an approval that waits for the reader's word.
type decision struct {
	core.ApprovalView
	InsteadOf string // for whom the reader stands in; "" = it is their own
}

// decisions finds in the approvals of a ticket those that the reader decides: as themself, or in place of somebody who is
// away (E14).
func (v *visit) decisions(p *ticketPage) []decision {
	var list []decision
	if !p.may(core.ActApprove) {
		return list
	}
	for _, a := range p.View.Approvals {
		waits := map[string]bool{}
		for _, s := range a.Approvers {
			waits[s.Email] = a.State == core.ApprovalPending && s.State == core.ApprovalPending
		}
		if waits[v.me.Email] {
			list = append(list, decision{ApprovalView: a})
			continue
		}
		for _, absent := range v.dir.StandsFor(v.me) {
			if waits[absent.Email] {
				list = append(list, decision{ApprovalView: a, InsteadOf: absent.Ref().Display()})
				break
			}
		}
	}
	return list
}

// decide is the act of approving or rejecting, with the reason that was typed.
func decide(verdict core.ApprovalState) act {
	return act{[]string{"id", "text"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		return a.DecideApproval(v.r.Context(), n, verdict, form.Get("id"), lineEnds(form.Get("text")), version)
	}}
}

// Acts of those who ask for an approval (E13).
var (
	doAsk = act{[]string{"approvers", "rule", "text", "expires"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		q := helpdesk.NewApproval{Rule: core.ApprovalRule(form.Get("rule")), Text: lineEnds(form.Get("text"))}
		var err error
		if q.ExpiresAt, err = v.localTime(form, "expires"); err != nil {
			return n, err
		}
		for _, address := range strings.FieldsFunc(form.Get("approvers"), func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' }) {
			p, err := a.PersonNamed(v.r.Context(), address)
			if err != nil {
				return n, err
			}
			q.Approvers = append(q.Approvers, p)
		}
		return a.AskApproval(v.r.Context(), n, q, version)
	}}
	doCancelAsk = act{[]string{"id"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		return a.CancelApproval(v.r.Context(), n, form.Get("id"), version)
	}}
)

package mailout

import (
	"slices"
	"strings"

	"postdesk/core"
)

// Asking names who asks for the approval.
func (m *told) Asking() string {
	if m.Approval == nil || m.Approval.AskedBy.Display() == "" {
		return m.Desk
	}
	return cleanText(m.Approval.AskedBy.Display())
}

// Deputised is whose duty the recipient does while they are away (E14); "" = nobody's.
func (m *told) Deputised() string { return cleanText(m.InsteadOf) }

// AskedToo names the others who are asked: not the recipient, and not whom they stand in for.
func (m *told) AskedToo() string {
	if m.Approval == nil {
		return ""
	}
	var names []string
	for _, s := range m.Approval.Approvers {
		if name := (core.Ref{Email: s.Email, Name: s.Name}).Display(); s.Email != m.Address && name != m.InsteadOf {
			names = append(names, cleanText(name))
		}
	}
	return strings.Join(names, ", ")
}

// AnySuffices tells that one approval is enough.
func (m *told) AnySuffices() bool { return m.Approval != nil && m.Approval.Rule == core.AnyApprove }

// Until is when the time to decide is over; "" = never.
func (m *told) Until() string {
	if m.Approval == nil || m.Approval.ExpiresAt == nil {
		return ""
	}
	return m.Moment(*m.Approval.ExpiresAt, m.Now)
}

// Ended is how the approval ended: a state, in the words of the API.
func (m *told) Ended() string {
	if m.Approval == nil {
		return ""
	}
	return string(m.Approval.State)
}

// Rejecting names who rejected.
func (m *told) Rejecting() string {
	if m.Approval != nil {
		i := slices.IndexFunc(m.Approval.Approvers, func(s core.ApproverView) bool { return s.State == core.ApprovalRejected })
		if i >= 0 {
			return m.decider(m.Approval.Approvers[i])
		}
	}
	return m.Who()
}

// decider names who decided: the approver, or who stood in for them (E14).
func (m *told) decider(s core.ApproverView) string {
	if s.DecidedBy != nil {
		return cleanText(s.DecidedBy.Display())
	}
	return cleanText(core.Ref{Email: s.Email, Name: s.Name}.Display())
}

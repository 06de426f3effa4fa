package core

// Finding is something wrong with the configuration (A34, D18).
type Finding struct {
	Code    FindingCode `json:"code"`
	Service string      `json:"service,omitempty"` // its path, where the finding is about one service
	Names   string      `json:"names,omitempty"`   // whom, which group or which address it is about, where there is one
	Text    string      `json:"text"`
}

// FindingCode says what kind of finding it is.
type FindingCode string

// The codes.
const (
	NoMainSolver             FindingCode = "no_main_solver"              // A30
	MainSolverDisabled       FindingCode = "main_solver_disabled"        // all who are named are disabled
	MainSolverGroupEmpty     FindingCode = "main_solver_group_empty"     // only the members of a group are, and it has none
	SubteamWithoutMainSolver FindingCode = "subteam_without_main_solver" // D17: requesters of a group reach nobody
	NoMailbox                FindingCode = "no_mailbox"
	MailboxFailing           FindingCode = "mailbox_failing"
	GroupWithoutSLA          FindingCode = "group_without_sla" // its members are requesters of nothing
	DelegateAway             FindingCode = "delegate_away"     // who stands in is away too, or disabled
	DeadAddress              FindingCode = "dead_address"      // mail to a person keeps coming back
)

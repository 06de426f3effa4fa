package core

// Health is how one thing that was looked at does.
type Health string

// The healths.
const (
	HealthOK      Health = "ok"
	HealthWarning Health = "warning" // works, but not as well as it should, or nobody can tell
	HealthWrong   Health = "wrong"
)

// Diagnosis is what `postdesk doctor` found of one thing, for operators.
type Diagnosis struct {
	Area   string `json:"area"`  // database, or a mailbox's address
	Check  string `json:"check"` // what was looked at
	Health Health `json:"state"`
	Text   string `json:"text"`           // what was seen
	Next   string `json:"next,omitempty"` // what to do about it
}

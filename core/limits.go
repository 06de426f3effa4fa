package core

// Limits bound the mail that the desk sends by itself to known addresses, so that no loop and no flood of mail grows
// through it (mail.md 5). Zero means none at all, not unlimited.
type Limits struct {
	AcknowledgementsPerDay int `json:"acknowledgements_per_day"` // per address
	AutomaticPerHour       int `json:"automatic_per_hour"`       // per address, all kinds of automatic mail
	AutomaticPerDay        int `json:"automatic_per_day"`        // per address
	BundleAbove            int `json:"bundle_above"`             // mails an hour and person, above which they come as a digest
}

// DefaultLimits are those that count where the desk file says nothing.
func DefaultLimits() Limits {
	return Limits{AcknowledgementsPerDay: 20, AutomaticPerHour: 20, AutomaticPerDay: 100, BundleAbove: 60}
}

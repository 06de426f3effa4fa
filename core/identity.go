package core

import "time"

// Identity is an account that a person has at a provider of identities. Issuer and Subject together name it for good
// (OpenID Connect Core 1.0 section 5.7); what else a provider tells, an address say, proves nothing.
type Identity struct {
	ID              string
	Issuer, Subject string
	Label           string // how the provider calls the account, for its owner to know it by
	LinkedAt        time.Time
	UsedAt          time.Time // zero = never
}

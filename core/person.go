package core

import "strings"

// Identifiers of the nouns. Zero means none everywhere.
type (
	PersonID         int64
	OrganizationID   int64
	RequesterGroupID int64
	SolverGroupID    int64
	ServiceID        int64
	MailboxID        int64
	SLAID            int64
)

// Language is a language the desk speaks: "en" or "es"; "" means not set (the service's counts then, D21, D29).
type Language string

// The languages of C3.
const (
	English Language = "en"
	Spanish Language = "es"
)

// Or returns l, or the fallback where l is not set.
func (l Language) Or(fallback Language) Language {
	if l == "" {
		return fallback
	}
	return l
}

// Origin says where a person's entry comes from; only configured persons can sign in (mail.md 4: no account is ever
// made by mail).
type Origin string

// The origins.
const (
	Configured Origin = "configured" // named in the desk file or the panel
	Contact    Origin = "contact"    // an unlisted address of a requester group's domain, domain proven
	Guest      Origin = "guest"      // an unknown sender, where the service opens for guests
)

// Person is somebody the desk knows by address.
type Person struct {
	ID            PersonID
	Email         string // the primary address, lower case
	Name          string
	Organization  OrganizationID // 0 = none, which differs from every organization (D9)
	Language      Language
	Administrator bool
	Disabled      bool
	Origin        Origin
	Fields        map[string]string // custom fields (A72)
	Settings      []NoticeSetting   // what the person wants to be told (E4)
	// Groups are the requester groups the person is in, by name or by the domain of the address.
	Groups []RequesterGroupID
}

// Organization is a firm or department that people belong to.
type Organization struct {
	Name   string
	Fields map[string]string // custom fields (A74)
}

// In tells whether the person is in the requester group.
func (p *Person) In(g RequesterGroupID) bool {
	for _, x := range p.Groups {
		if x == g {
			return true
		}
	}
	return false
}

// Ref is how a person is named to others: address and name, either absent where it may not be seen.
type Ref struct {
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
}

// Ref names the person.
func (p *Person) Ref() Ref { return Ref{Email: p.Email, Name: p.Name} }

// FirstName is what one calls the person in a sentence.
func (r Ref) FirstName() string {
	if r.Erased() { // a description is no name
		return r.Display()
	}
	name, _, _ := strings.Cut(r.Display(), " ")
	return name
}

// Display is the name, or the address where there is no name.
func (r Ref) Display() string {
	if r.Name != "" {
		return r.Name
	}
	return r.Email
}

// SameOrganization tells whether both are in one organization; having none equals nothing (D9).
func SameOrganization(a, b *Person) bool {
	return a.Organization != 0 && a.Organization == b.Organization
}

// FoldAddress is the form in which mail addresses are compared and kept: trimmed, lower case.
func FoldAddress(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// DomainOf is the part of an address behind the last @, folded; "" where there is none.
func DomainOf(address string) string {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return ""
	}
	return FoldAddress(address[i+1:])
}

package core

import (
	"fmt"
	"strings"
)

// DeskFile is what is configured, in the words of a desk file; docs/desk-file.md explains every key. A nil section is
// absent from the file and leaves what is configured untouched; a section that is there, even an empty one, is
// complete. Pointers within an entry tell a key that is left out, so that its default counts, from one that is set.
//
// Read from the database, entries carry their ID, and those that are out of use say so (Archived, Disabled); in a
// file both are zero.
type DeskFile struct {
	Desk            *DeskEntry            `yaml:"desk,omitempty"`
	Limits          *LimitsEntry          `yaml:"limits,omitempty"`
	Organizations   []OrganizationEntry   `yaml:"organizations,omitempty"`
	People          []PersonEntry         `yaml:"people,omitempty"`
	RequesterGroups []RequesterGroupEntry `yaml:"requester_groups,omitempty"`
	Calendars       []CalendarEntry       `yaml:"calendars,omitempty"`
	SLAs            []SLAEntry            `yaml:"slas,omitempty"`
	Mailboxes       []MailboxEntry        `yaml:"mailboxes,omitempty"`
	Services        []ServiceEntry        `yaml:"services,omitempty"`
}

// DeskEntry is what is set once for the whole desk.
type DeskEntry struct {
	Name         string      `yaml:"name,omitempty"`
	Languages    []Language  `yaml:"languages,omitempty,flow"`
	Timezone     string      `yaml:"timezone,omitempty"`
	SecondFactor FactorRule  `yaml:"second_factor,omitempty"`
	OIDC         []OIDCEntry `yaml:"oidc,omitempty"`
}

// OIDCEntry is a provider of identities (OpenID Connect Core 1.0): its button's name, its issuer, and what the desk is
// registered as there. Without a secret the desk is a public client, and PKCE alone guards the code (RFC 7636).
type OIDCEntry struct {
	Name            string `yaml:"name" json:"name"`
	Issuer          string `yaml:"issuer" json:"issuer"`
	ClientID        string `yaml:"client_id" json:"client_id"`
	ClientSecretEnv string `yaml:"client_secret_env,omitempty" json:"client_secret_env,omitempty"`
}

// LimitsEntry bounds automatic mail; see Limits.
type LimitsEntry struct {
	AcknowledgementsPerDay *int `yaml:"acknowledgements_per_day,omitempty"`
	AutomaticPerHour       *int `yaml:"automatic_per_hour,omitempty"`
	AutomaticPerDay        *int `yaml:"automatic_per_day,omitempty"`
	BundleAbove            *int `yaml:"bundle_above,omitempty"`
}

// OrganizationEntry is an organization and the mail domains of its people.
type OrganizationEntry struct {
	ID       int64             `yaml:"-"`
	Archived bool              `yaml:"-"`
	Name     string            `yaml:"name"`
	Was      string            `yaml:"was,omitempty"`
	Domains  []string          `yaml:"domains,omitempty"`
	Fields   map[string]string `yaml:"fields,omitempty"` // custom fields (A74)
}

// PersonEntry is a person. Organization nil means: by the domain of the address; "" means none.
type PersonEntry struct {
	ID            int64             `yaml:"-"`
	Disabled      bool              `yaml:"-"`
	Origin        Origin            `yaml:"-"`
	HasPassword   bool              `yaml:"-"`
	Absorbs       []int64           `yaml:"-"` // people who only wrote so far, from addresses that turn out to be this person's
	Email         string            `yaml:"email"`
	Was           string            `yaml:"was,omitempty"`
	Name          string            `yaml:"name,omitempty"`
	Organization  *string           `yaml:"organization,omitempty"`
	Language      Language          `yaml:"language,omitempty"`
	Addresses     []string          `yaml:"addresses,omitempty"` // other confirmed addresses of the same person
	Administrator bool              `yaml:"administrator,omitempty"`
	PasswordEnv   string            `yaml:"password_env,omitempty"`
	Fields        map[string]string `yaml:"fields,omitempty"` // custom fields (A72)
}

// RequesterGroupEntry is a group of requesters, by the domains of their addresses, by name, or both.
type RequesterGroupEntry struct {
	ID       int64    `yaml:"-"`
	Archived bool     `yaml:"-"`
	Name     string   `yaml:"name"`
	Was      string   `yaml:"was,omitempty"`
	Domains  []string `yaml:"domains,omitempty"`
	Members  []string `yaml:"members,omitempty"`
}

// CalendarEntry is a plan of operating hours; see ParseWeek for the form of the hours.
type CalendarEntry struct {
	ID       int64               `yaml:"-"`
	Archived bool                `yaml:"-"`
	Name     string              `yaml:"name"`
	Was      string              `yaml:"was,omitempty"`
	Timezone string              `yaml:"timezone,omitempty"`
	Hours    map[string][]string `yaml:"hours,omitempty"`
	Holidays []string            `yaml:"holidays,omitempty"`
}

// SLATargets are durations inside operating hours, such as 4h or 1h30m; "" = no such target.
type SLATargets struct {
	FirstResponse string `yaml:"first_response,omitempty" json:"first_response,omitempty"`
	Resolution    string `yaml:"resolution,omitempty" json:"resolution,omitempty"`
}

// SLAEntry is an SLA; priorities may have targets of their own (E11).
type SLAEntry struct {
	ID         int64  `yaml:"-"`
	Archived   bool   `yaml:"-"`
	Name       string `yaml:"name"`
	Was        string `yaml:"was,omitempty"`
	Calendar   string `yaml:"calendar,omitempty"`
	SLATargets `yaml:",inline"`
	WarnBefore string                  `yaml:"warn_before,omitempty"` // "" = a fifth of the target
	Priorities map[Priority]SLATargets `yaml:"priorities,omitempty"`
}

// MailboxEntry is a mailbox that the desk reads and writes from.
type MailboxEntry struct {
	ID            int64          `yaml:"-"`
	Archived      bool           `yaml:"-"`
	SecretsSet    []MailboxField `yaml:"-"` // which secrets are stored
	Address       string         `yaml:"address"`
	Was           string         `yaml:"was,omitempty"`
	IMAP          ServerEntry    `yaml:"imap"`
	SMTP          ServerEntry    `yaml:"smtp"`
	Auth          *AuthEntry     `yaml:"auth,omitempty"`
	PlusAddresses *bool          `yaml:"plus_addresses,omitempty"`
	ReplyDomain   string         `yaml:"reply_domain,omitempty"`
	Start         string         `yaml:"start,omitempty"`
	After         After          `yaml:"after,omitempty"`
	Opens         string         `yaml:"opens,omitempty"`
	Trust         TrustEntry     `yaml:"trust,omitempty"`
}

// ServerEntry says how one server of a mailbox is reached. Folder is of IMAP only.
type ServerEntry struct {
	Host        string `yaml:"host" json:"host"`
	Port        int    `yaml:"port,omitempty" json:"port"`
	TLS         string `yaml:"tls,omitempty" json:"tls"`
	Username    string `yaml:"username,omitempty" json:"username,omitempty"`
	PasswordEnv string `yaml:"password_env,omitempty" json:"password_env,omitempty"`
	Folder      string `yaml:"folder,omitempty" json:"folder,omitempty"`
}

// AuthEntry signs a mailbox in by OAuth 2 in place of passwords.
type AuthEntry struct {
	Method          string `yaml:"method" json:"method"`
	TokenURL        string `yaml:"token_url" json:"token_url"`
	ClientID        string `yaml:"client_id" json:"client_id"`
	ClientSecretEnv string `yaml:"client_secret_env,omitempty" json:"client_secret_env,omitempty"`
	RefreshTokenEnv string `yaml:"refresh_token_env,omitempty" json:"refresh_token_env,omitempty"`
	Scope           string `yaml:"scope,omitempty" json:"scope,omitempty"`
}

// TrustEntry says which evidence of a sender counts (mail.md 4).
type TrustEntry struct {
	AuthservIDs []string    `yaml:"authserv_ids,omitempty"`
	Borders     []string    `yaml:"borders,omitempty"`
	DKIM        *bool       `yaml:"dkim,omitempty"`
	Policy      TrustPolicy `yaml:"policy,omitempty"`
}

// ServiceEntry is a service of the tree. Parent is the name or path of another one.
type ServiceEntry struct {
	ID             int64                   `yaml:"-"`
	Archived       bool                    `yaml:"-"`
	Name           string                  `yaml:"name"`
	Was            string                  `yaml:"was,omitempty"`
	Description    Wording                 `yaml:"description,omitempty,flow"`
	Parent         string                  `yaml:"parent,omitempty"`
	Folder         bool                    `yaml:"folder,omitempty"`
	Mailbox        string                  `yaml:"mailbox,omitempty"`
	Language       Language                `yaml:"language,omitempty"`
	ReopenDays     *int                    `yaml:"reopen_days,omitempty"`
	CloseAfterDays *int                    `yaml:"close_after_days,omitempty"`
	UnknownSenders UnknownSenders          `yaml:"unknown_senders,omitempty"`
	MachineSenders []string                `yaml:"machine_senders,omitempty,flow"`
	AfterDeadline  AfterDeadline           `yaml:"after_deadline,omitempty"`
	Waiting        WaitingEntry            `yaml:"waiting,omitempty"`
	Notifications  map[string]Toggle       `yaml:"notifications,omitempty"`
	RequesterSees  []string                `yaml:"requester_sees,omitempty,flow"`
	TicketFields   []TicketField           `yaml:"ticket_fields,omitempty"`
	Retention      Retention               `yaml:"retention,omitempty"`
	Inherit        *bool                   `yaml:"inherit,omitempty"`
	Requesters     []RequestersEntry       `yaml:"requesters,omitempty"`
	Categories     map[Category]RouteEntry `yaml:"categories,omitempty"`
	Roles          []RoleEntry             `yaml:"roles,omitempty"`
}

// RequestersEntry makes a requester group's members requesters of the service under an SLA (A65).
type RequestersEntry struct {
	Group string `yaml:"group"`
	SLA   string `yaml:"sla"`
}

// RouteEntry is where tickets of a category go (D20): to a solver group, or to another service.
type RouteEntry struct {
	Group   string `yaml:"group,omitempty"`
	Service string `yaml:"service,omitempty"`
}

// RoleEntry grants a role to people and to the members of requester groups. With role solver_group, Group names the
// team and Was its earlier name. ForRequesters narrows the grant to the tickets of one requester group (A55).
type RoleEntry struct {
	Role          Role     `yaml:"role"`
	Group         string   `yaml:"group,omitempty"`
	Was           string   `yaml:"was,omitempty"`
	People        []string `yaml:"people,omitempty"`
	Groups        []string `yaml:"groups,omitempty"`
	ForRequesters string   `yaml:"for_requesters,omitempty"`
}

// DeskFileError is what is wrong with one place of a desk file.
type DeskFileError struct {
	Path []string // keys and indices from the top: services 1 roles 0 role; empty = the file as a whole
	Text string   // what is wrong and the way out; never a secret's value
}

// Error says where and what.
func (e *DeskFileError) Error() string {
	if len(e.Path) == 0 {
		return e.Text
	}
	var b strings.Builder
	for i, p := range e.Path {
		switch {
		case p != "" && p[0] >= '0' && p[0] <= '9':
			fmt.Fprintf(&b, "[%s]", p)
		case i > 0:
			b.WriteString("." + p)
		default:
			b.WriteString(p)
		}
	}
	return b.String() + ": " + e.Text
}

// DeskFileErrors are all faults of a desk file, in the order of the file's sections.
type DeskFileErrors []*DeskFileError

// Error gives one line for each fault.
func (e DeskFileErrors) Error() string {
	lines := make([]string, len(e))
	for i, x := range e {
		lines[i] = x.Error()
	}
	return strings.Join(lines, "\n")
}

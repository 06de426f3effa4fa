package core

import (
	"fmt"
	"maps"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// checker gathers the faults of a desk file.
type checker struct{ faults DeskFileErrors }

// place is where in the file something stands.
type place []string

func (p place) in(key string) place { return append(slices.Clone(p), key) }
func (p place) at(i int) place      { return append(slices.Clone(p), strconv.Itoa(i)) }

func (c *checker) fail(p place, format string, args ...any) {
	c.faults = append(c.faults, &DeskFileError{Path: p, Text: fmt.Sprintf(format, args...)})
}

// oneOf checks a word; "" is left out and fine.
func oneOf[T ~string](c *checker, p place, value T, known ...T) {
	if value == "" || slices.Contains(known, value) {
		return
	}
	words := make([]string, len(known))
	for i, k := range known {
		words[i] = string(k)
	}
	c.fail(p, "%q is unknown: use %s", string(value), strings.Join(words, ", "))
}

// Check tells what is wrong with the file by itself: values that mean nothing, things named twice. Whether the names it
// refers to exist is found by Resolve. The error is a DeskFileErrors.
func (f *DeskFile) Check() error {
	c := &checker{}
	f.checkDesk(c)
	f.checkPeople(c)
	f.checkTimes(c)
	for i := range f.Mailboxes {
		c.mailbox(place{"mailboxes"}.at(i), &f.Mailboxes[i])
	}
	distinct(c, "mailboxes", "address", f.Mailboxes, func(m MailboxEntry) string { return m.Address })
	for i := range f.Services {
		c.service(place{"services"}.at(i), &f.Services[i])
	}
	if len(c.faults) > 0 {
		return c.faults
	}
	return nil
}

func (f *DeskFile) checkDesk(c *checker) {
	if d := f.Desk; d != nil {
		at := place{"desk"}
		if strings.ContainsAny(d.Name, "[]#") || len(d.Name) > 40 {
			c.fail(at.in("name"), "%q cannot stand in the subject tag [%s #1042]: use at most 40 characters without [ ] #", d.Name, d.Name)
		}
		c.printable(at.in("name"), d.Name)
		if d.Languages != nil && len(d.Languages) == 0 {
			c.fail(at.in("languages"), "the desk needs a language: en, es or both")
		}
		for i, l := range d.Languages {
			c.language(at.in("languages").at(i), l, true)
		}
		c.timezone(at.in("timezone"), d.Timezone)
		oneOf(c, at.in("second_factor"), d.SecondFactor, FactorOff, FactorAdministrators, FactorEverybody)
		c.oidc(at.in("oidc"), d.OIDC)
	}
	if l := f.Limits; l != nil {
		at := place{"limits"}
		c.within(at.in("acknowledgements_per_day"), l.AcknowledgementsPerDay, 1_000_000)
		c.within(at.in("automatic_per_hour"), l.AutomaticPerHour, 1_000_000)
		c.within(at.in("automatic_per_day"), l.AutomaticPerDay, 1_000_000)
		c.within(at.in("bundle_above"), l.BundleAbove, 1_000_000)
	}
}

func (f *DeskFile) checkPeople(c *checker) {
	for i, o := range f.Organizations {
		at := place{"organizations"}.at(i)
		c.name(at.in("name"), o.Name)
		c.domains(at.in("domains"), o.Domains)
		c.fields(at.in("fields"), o.Fields)
	}
	distinct(c, "organizations", "name", f.Organizations, func(o OrganizationEntry) string { return o.Name })
	domains := map[string]string{}
	for i, o := range f.Organizations {
		for j, d := range o.Domains {
			if other, taken := domains[FoldAddress(d)]; taken {
				c.fail(place{"organizations"}.at(i).in("domains").at(j), "domain %s belongs to %s already: a domain has one organization", d, other)
			}
			domains[FoldAddress(d)] = o.Name
		}
	}
	owner := map[string]string{}
	for i, p := range f.People {
		at := place{"people"}.at(i)
		c.address(at.in("email"), p.Email)
		c.printable(at.in("name"), p.Name)
		c.language(at.in("language"), p.Language, false)
		c.variable(at.in("password_env"), p.PasswordEnv)
		c.fields(at.in("fields"), p.Fields)
		for j, a := range append([]string{p.Email}, p.Addresses...) {
			where := at.in("email")
			if j > 0 {
				where = at.in("addresses").at(j - 1)
				c.address(where, a)
			}
			if other, taken := owner[FoldAddress(a)]; taken && a != "" {
				c.fail(where, "address %s stands in the file twice (also with %s): an address belongs to one person", a, other)
			}
			owner[FoldAddress(a)] = p.Email
		}
	}
	for i, g := range f.RequesterGroups {
		at := place{"requester_groups"}.at(i)
		c.name(at.in("name"), g.Name)
		c.domains(at.in("domains"), g.Domains)
		for j, m := range g.Members {
			c.address(at.in("members").at(j), m)
		}
	}
	distinct(c, "requester_groups", "name", f.RequesterGroups, func(g RequesterGroupEntry) string { return g.Name })
}

func (f *DeskFile) checkTimes(c *checker) {
	for i, k := range f.Calendars {
		at := place{"calendars"}.at(i)
		c.name(at.in("name"), k.Name)
		c.timezone(at.in("timezone"), k.Timezone)
		if _, err := ParseWeek(k.Hours); err != nil {
			c.fail(at.in("hours"), "%v", err)
		}
		for j, h := range k.Holidays {
			if _, err := time.Parse(time.DateOnly, h); err != nil {
				c.fail(at.in("holidays").at(j), "%q is no date: write it as 2026-12-25", h)
			}
		}
	}
	distinct(c, "calendars", "name", f.Calendars, func(k CalendarEntry) string { return k.Name })
	for i, s := range f.SLAs {
		at := place{"slas"}.at(i)
		c.name(at.in("name"), s.Name)
		c.targets(at, s.SLATargets)
		timed := s.SLATargets != (SLATargets{})
		for _, p := range slices.Sorted(maps.Keys(s.Priorities)) {
			if !ValidPriority(p) {
				oneOf(c, at.in("priorities").in(string(p)), p, Priorities()...)
			}
			c.targets(at.in("priorities").in(string(p)), s.Priorities[p])
			timed = timed || s.Priorities[p] != SLATargets{}
		}
		if _, err := ParseSpan(s.WarnBefore); err != nil {
			c.fail(at.in("warn_before"), "%v", err)
		}
		switch {
		case timed && s.Calendar == "":
			c.fail(at, "SLA %s has targets but no calendar: name one, its hours are what the targets count", s.Name)
		case s.WarnBefore != "" && s.Calendar == "":
			c.fail(at.in("warn_before"), "SLA %s warns some hours before deadlines but has no calendar: name one, its hours are what counts", s.Name)
		}
	}
	distinct(c, "slas", "name", f.SLAs, func(s SLAEntry) string { return s.Name })
}

func (c *checker) targets(at place, t SLATargets) {
	if _, err := ParseSpan(t.FirstResponse); err != nil {
		c.fail(at.in("first_response"), "%v", err)
	}
	if _, err := ParseSpan(t.Resolution); err != nil {
		c.fail(at.in("resolution"), "%v", err)
	}
}

func (c *checker) mailbox(at place, m *MailboxEntry) {
	c.address(at.in("address"), m.Address)
	if local, _, _ := strings.Cut(m.Address, "@"); strings.Contains(local, "+") {
		c.fail(at.in("address"), "%s has a plus part: give the plain address, the desk adds its own", m.Address)
	}
	c.server(at.in("imap"), &m.IMAP, m.Auth != nil, true)
	c.server(at.in("smtp"), &m.SMTP, m.Auth != nil, false)
	if m.Auth != nil {
		c.auth(at.in("auth"), m.Auth)
	}
	if m.ReplyDomain != "" {
		c.domains(at, []string{m.ReplyDomain})
	}
	switch m.Start {
	case "", "now", "all":
	default:
		if _, err := time.Parse(time.DateOnly, m.Start); err != nil {
			c.fail(at.in("start"), "%q is unknown: use now, all or a date such as 2026-11-01", m.Start)
		}
	}
	if _, err := ParseAfter(m.After.String()); err != nil {
		c.fail(at.in("after"), "%v", err)
	}
	for i, host := range m.Trust.Borders {
		name := strings.TrimPrefix(host, "*.")
		if wild := name != host; strings.Contains(name, "*") || wild && strings.Count(name, ".") < 1 {
			c.fail(at.in("trust").in("borders").at(i), "%q is no host: write it as mx.city.test, or *.mx.city.test for all below one", host)
		}
	}
	oneOf(c, at.in("trust").in("policy"), m.Trust.Policy, StrictPolicy, TokenPolicy)
}

func (c *checker) server(at place, s *ServerEntry, oauth, imap bool) {
	if s.Host == "" || strings.ContainsAny(s.Host, " /@") {
		c.fail(at.in("host"), "host %q is no host name", s.Host)
	}
	if s.Port < 0 || s.Port > 65535 {
		c.fail(at.in("port"), "port %d is out of 1 to 65535", s.Port)
	}
	oneOf(c, at.in("tls"), s.TLS, "implicit", "starttls", "none")
	c.variable(at.in("password_env"), s.PasswordEnv)
	c.printable(at.in("username"), s.Username)
	switch {
	case imap && s.Username == "":
		c.fail(at.in("username"), "a mailbox cannot be read without a user name")
	case s.Username != "" && s.PasswordEnv == "" && !oauth:
		c.fail(at, "user %s has no password: name its variable with password_env, or use auth", s.Username)
	case s.Username == "" && s.PasswordEnv != "":
		c.fail(at.in("password_env"), "a password without username")
	case !imap && s.Folder != "":
		c.fail(at.in("folder"), "only imap has a folder")
	}
}

func (c *checker) auth(at place, a *AuthEntry) {
	oneOf(c, at.in("method"), a.Method, "xoauth2", "oauthbearer")
	if a.Method == "" {
		c.fail(at, "method is missing: xoauth2 or oauthbearer")
	}
	u, err := url.Parse(a.TokenURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())) {
		c.fail(at.in("token_url"), "%q is no https address", a.TokenURL)
	}
	if a.ClientID == "" {
		c.fail(at, "client_id is missing")
	}
	if a.ClientSecretEnv == "" && a.RefreshTokenEnv == "" {
		c.fail(at, "neither client_secret_env nor refresh_token_env: one of them has to prove who asks")
	}
	c.variable(at.in("client_secret_env"), a.ClientSecretEnv)
	c.variable(at.in("refresh_token_env"), a.RefreshTokenEnv)
}

// Loopback tells whether a host is this machine, so that nothing travels in the clear.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c *checker) service(at place, s *ServiceEntry) {
	c.name(at.in("name"), s.Name)
	if strings.Contains(s.Name, "/") {
		c.fail(at.in("name"), "%q has a slash, which separates a service from its parent in paths: choose another character", s.Name)
	}
	c.language(at.in("language"), s.Language, false)
	c.wording(at.in("description"), s.Description)
	c.within(at.in("reopen_days"), s.ReopenDays, 3650)
	c.within(at.in("close_after_days"), s.CloseAfterDays, 3650)
	oneOf(c, at.in("unknown_senders"), s.UnknownSenders, HoldUnknown, GuestUnknown, RefuseUnknown)
	oneOf(c, at.in("after_deadline"), s.AfterDeadline, RefuseLate, NewTicketLate)
	c.waiting(at.in("waiting"), s.Waiting)
	c.within(at.in("retention").in("raw_mail_days"), s.Retention.RawMailDays, 36500)
	c.within(at.in("retention").in("attachment_days"), s.Retention.AttachmentDays, 36500)
	c.ticketFields(at.in("ticket_fields"), s.TicketFields)
	c.notifications(at.in("notifications"), s.Notifications)
	for i, sender := range s.MachineSenders {
		if local, domain, found := strings.Cut(sender, "@"); !found || domain == "" || strings.ContainsAny(local+domain, "@ <>") {
			c.fail(at.in("machine_senders").at(i), "%q is neither an address nor a domain: write alarms@city.test, or @city.test for all addresses there", sender)
		}
	}
	for i, field := range s.RequesterSees {
		oneOf(c, at.in("requester_sees").at(i), field, OptionalFields()...)
	}
	for i, r := range s.Requesters {
		where := at.in("requesters").at(i)
		if r.Group == "" || r.SLA == "" {
			c.fail(where, "requesters need a group and an sla, as in {group: All staff, sla: Standard}")
		}
	}
	for _, category := range slices.Sorted(maps.Keys(s.Categories)) {
		where, r := at.in("categories").in(string(category)), s.Categories[category]
		oneOf(c, where, category, Categories()...)
		if (r.Group == "") == (r.Service == "") {
			c.fail(where, "category %s needs a group or a service, one of them", category)
		}
	}
	for i := range s.Roles {
		c.role(at.in("roles").at(i), &s.Roles[i])
	}
}

func (c *checker) role(at place, r *RoleEntry) {
	if r.Role == "" {
		c.fail(at, "role is missing")
	}
	oneOf(c, at.in("role"), r.Role, GrantedRoles()...)
	group := r.Role == SolverGroupMember
	switch {
	case group && r.Group == "":
		c.fail(at, "role solver_group needs group, the name of the team")
	case !group && (r.Group != "" || r.Was != ""):
		c.fail(at.in("group"), "only role solver_group has a group; to grant %s to the members of a requester group write groups: [%s]", r.Role, r.Group)
	case !group && len(r.People)+len(r.Groups) == 0:
		c.fail(at, "nobody gets role %s: name people or groups", r.Role)
	}
	c.printable(at.in("group"), r.Group)
	for i, p := range r.People {
		c.address(at.in("people").at(i), p)
	}
}

func (c *checker) within(at place, n *int, most int) {
	if n != nil && (*n < 0 || *n > most) {
		c.fail(at, "%d is out of 0 to %d", *n, most)
	}
}

// distinct checks that no two entries bear the same name, upper and lower case being the same.
func distinct[T any](c *checker, section, key string, entries []T, name func(T) string) {
	seen := map[string]bool{}
	for i, e := range entries {
		n := name(e)
		if seen[foldName(n)] && n != "" {
			c.fail(place{section}.at(i).in(key), "%q stands in %s twice", n, section)
		}
		seen[foldName(n)] = true
	}
}

func foldName(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func (c *checker) name(at place, s string) {
	if strings.TrimSpace(s) == "" {
		c.fail(at, "name is missing")
	}
	c.printable(at, s)
}

// printable keeps control characters out of what ends in mail headers.
func (c *checker) printable(at place, s string) {
	if strings.ContainsFunc(s, unicode.IsControl) {
		c.fail(at, "%q has a line break or another control character", s)
	}
}

func (c *checker) address(at place, s string) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || !strings.EqualFold(a.Address, strings.TrimSpace(s)) || DomainOf(s) == "" || IsErased(FoldAddress(s)) {
		c.fail(at, "%q is no mail address", s)
	}
}

func (c *checker) domains(at place, domains []string) {
	for i, d := range domains {
		if FoldAddress(d) == "" || strings.ContainsAny(d, "@ /*") {
			c.fail(at.at(i), "%q is no domain: write it as city.test", d)
		}
	}
}

func (c *checker) language(at place, l Language, must bool) {
	if l != "" || must {
		if l != English && l != Spanish {
			c.fail(at, "language %q is unknown: use en or es", string(l))
		}
	}
}

func (c *checker) timezone(at place, zone string) {
	if zone == "" {
		return
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		c.fail(at, "time zone %q is unknown: use a name such as America/Chicago", zone)
	}
}

// variable checks the name of an environment variable; the most likely mistake is the secret itself.
func (c *checker) variable(at place, name string) {
	for i, r := range name {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9' || i == 0) {
			c.fail(at, "this is no name of an environment variable (the secret itself never stands in the file)")
			return
		}
	}
}

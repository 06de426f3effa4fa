package core

import (
	"net/url"
	"slices"
	"strings"
)

// oidc checks the providers of identities. An issuer is compared byte by byte with what a provider says (OpenID Connect
// Discovery 1.0 section 4.3), so only its form is checked here.
func (c *checker) oidc(at place, providers []OIDCEntry) {
	for i, p := range providers {
		at := at.at(i)
		c.name(at.in("name"), p.Name)
		if len(p.Name) > 40 {
			c.fail(at.in("name"), "%q does not fit on a button: use at most 40 characters", p.Name)
		}
		u, err := url.Parse(p.Issuer)
		if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())) {
			c.fail(at.in("issuer"), "%q is no https address without ? and #", p.Issuer)
		}
		if p.ClientID == "" {
			c.fail(at, "client_id is missing: the provider gives it when the desk is registered there")
		}
		c.variable(at.in("client_secret_env"), p.ClientSecretEnv)
		before := providers[:i]
		if slices.ContainsFunc(before, func(o OIDCEntry) bool { return foldName(o.Name) == foldName(p.Name) }) {
			c.fail(at.in("name"), "%q stands in oidc twice", p.Name)
		}
		if p.Issuer != "" && slices.ContainsFunc(before, func(o OIDCEntry) bool { return o.Issuer == p.Issuer }) {
			c.fail(at.in("issuer"), "%q stands in oidc twice", p.Issuer)
		}
	}
}

// Provider finds a provider by its name.
func (d Desk) Provider(name string) (OIDCEntry, bool) {
	i := slices.IndexFunc(d.OIDC, func(o OIDCEntry) bool { return strings.EqualFold(o.Name, name) })
	if i < 0 {
		return OIDCEntry{}, false
	}
	return d.OIDC[i], true
}

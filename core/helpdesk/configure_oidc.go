package helpdesk

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

// providers shows the providers of identities.
func providers(list []core.OIDCEntry) string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = words([]string{p.Name, p.Issuer, p.ClientID, shown(p.ClientSecretEnv)})
	}
	return strings.Join(out, ", ")
}

// saveProviderSecrets reads the variables that providers name: set ones are kept, unset ones leave what is stored, and there
// has to be something stored. What belongs to no provider any more goes.
func (c *configuration) saveProviderSecrets(ctx context.Context) error {
	if c.file.Desk == nil {
		return nil
	}
	stored, err := c.tx.ProviderSecrets(ctx)
	if err != nil {
		return err
	}
	kept := map[string]store.StoredSecret{}
	for i, p := range c.target.Desk.OIDC {
		if p.ClientSecretEnv == "" {
			continue
		}
		value, old := c.secret(p.ClientSecretEnv), stored[p.Issuer]
		switch {
		case value == "" && old.Value == "":
			return fault("the environment variable "+p.ClientSecretEnv+" is not set: the client secret of "+p.Name+" is read from it when it is first applied",
				"desk", "oidc", strconv.Itoa(i), "client_secret_env")
		case value == "" || value == old.Given:
			kept[p.Issuer] = old
			continue
		}
		kept[p.Issuer] = store.StoredSecret{Value: value, Given: value}
		done := "set"
		if old.Value != "" {
			done = "replaced"
		}
		c.audit(core.AuditDesk, "", core.AuditChanged, nil, []field{{"client secret of " + p.Name, done}})
		if old.Value != "" || slices.Contains(c.current.Desk.OIDC, p) {
			c.line("~ desk: client secret of %s %s", p.Name, done)
		}
	}
	if maps.Equal(kept, stored) {
		return nil
	}
	return c.tx.SaveProviderSecrets(kept)
}

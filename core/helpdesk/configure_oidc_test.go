package helpdesk_test

import (
	"strings"
	"testing"

	"postdesk/core"
)

// What a desk is known by at a provider is sealed, kept while its variable is not set, replaced by a new value, and gone
// with the provider.
func TestProviderSecretsAreSealed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	provider := core.OIDCEntry{Name: "City ID", Issuer: "https://id.city.test", ClientID: "desk", ClientSecretEnv: "OIDC_SECRET"}
	with := "desk: {name: IT, oidc: [{name: City ID, issuer: \"https://id.city.test\", client_id: desk, client_secret_env: OIDC_SECRET}]}\n"
	d.refused(with, "OIDC_SECRET is not set", "desk.oidc[0].client_secret_env")
	secret := func() string {
		t.Helper()
		s, err := d.desk.ProviderSecret(t.Context(), provider)
		if err != nil {
			t.Fatal(err)
		}
		return string(s)
	}
	d.env["OIDC_SECRET"] = "very-hush"
	lines := strings.Join(d.apply(with).Lines, "\n")
	var row string
	d.one(&row, "select concat(d::text, encode(d.oidc_secrets, 'escape')) from desk d")
	if secret() != "very-hush" || strings.Contains(row+lines+d.exported(), "very-hush") || !strings.Contains(d.exported(), "client_secret_env: OIDC_SECRET") {
		t.Errorf("the secret is %q, or is readable in %s %s", secret(), row, lines)
	}
	d.env["OIDC_SECRET"] = ""
	if got := d.apply(with); !got.Empty() || secret() != "very-hush" {
		t.Errorf("without the variable: %q, %q", got.Lines, secret())
	}
	d.env["OIDC_SECRET"] = "newer"
	d.expect(with, "~ desk: client secret of City ID replaced")
	if secret() != "newer" {
		t.Errorf("replaced it is %q", secret())
	}
	d.apply("desk: {name: IT}\n")
	if secret() != "" {
		t.Error("it stays without its provider")
	}
}

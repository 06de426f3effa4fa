package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// providerPlace is what the secrets of all providers are sealed for.
const providerPlace = "desk:oidc"

// ProviderSecrets opens what the desk is known by at the providers, by issuer.
func (r reads) ProviderSecrets(ctx context.Context) (map[string]StoredSecret, error) {
	secrets := map[string]StoredSecret{}
	var sealed []byte
	if err := r.db.QueryRow(ctx, "select oidc_secrets from desk").Scan(&sealed); err != nil {
		return nil, fmt.Errorf("secrets of providers: %w", err)
	}
	if sealed == nil {
		return secrets, nil
	}
	plain, err := r.store.secrets.Open(providerPlace, sealed)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return nil, errors.New("secrets of providers are damaged") // the error itself might quote them
	}
	return secrets, nil
}

// SaveProviderSecrets seals and writes all secrets of providers.
func (tx *Tx) SaveProviderSecrets(secrets map[string]StoredSecret) error {
	plain, err := json.Marshal(secrets)
	if err != nil {
		return err
	}
	tx.write("update desk set oidc_secrets = $1", tx.store.secrets.Seal(providerPlace, plain))
	return nil
}

// PersonWithIdentity finds whose account at a provider this is, and notes that it was used; NotFound where it is nobody's, or
// its person may not sign in.
func (tx *Tx) PersonWithIdentity(ctx context.Context, issuer, subject string, now time.Time) (*core.Person, error) {
	var id core.PersonID
	err := tx.db.QueryRow(ctx, `update identity i set used_at = $3 from person p
		where i.issuer = $1 and i.subject = $2 and p.id = i.person_id and p.disabled_at is null and p.origin = 'configured' returning p.id`,
		issuer, subject, now).Scan(&id)
	if err != nil {
		return nil, notFound(err)
	}
	return tx.Person(ctx, id)
}

// AddIdentity links an account at a provider to a person. It is false where it is linked already, to whomever.
func (tx *Tx) AddIdentity(ctx context.Context, person core.PersonID, x core.Identity, now time.Time) (bool, error) {
	tag, err := tx.exec(ctx, `insert into identity (issuer, subject, person_id, label, linked_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
		x.Issuer, x.Subject, person, x.Label, now)
	return tag.RowsAffected() == 1, err
}

// Identities lists a person's accounts at providers.
func (r reads) Identities(ctx context.Context, person core.PersonID) ([]core.Identity, error) {
	rows, err := r.db.Query(ctx, "select id, issuer, subject, label, linked_at, used_at from identity where person_id = $1 order by linked_at, id", person)
	if err != nil {
		return nil, fmt.Errorf("identities: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (x core.Identity, err error) {
		var used *time.Time
		err = row.Scan(&x.ID, &x.Issuer, &x.Subject, &x.Label, &x.LinkedAt, &used)
		x.UsedAt = instant(used)
		return x, err
	})
}

// DropIdentity unlinks an account from a person and gives its issuer; NotFound where it is none of theirs.
func (tx *Tx) DropIdentity(ctx context.Context, person core.PersonID, id string) (issuer string, err error) {
	err = tx.db.QueryRow(ctx, "delete from identity where person_id = $1 and id::text = $2 returning issuer", person, id).Scan(&issuer)
	return issuer, notFound(err)
}

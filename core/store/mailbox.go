package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// MailboxSecrets are the secrets of one mailbox.
type MailboxSecrets map[core.MailboxField]StoredSecret

// StoredSecret is a secret as it is sealed in the database. Given is the value as the operator gave it; Value is the
// present one, which differs where a token service has handed out a new refresh token since.
type StoredSecret struct {
	Value string `json:"value"`
	Given string `json:"given"`
}

// String hides the secrets from logs and errors.
func (s StoredSecret) String() string { return "[secret]" }

// GoString hides the secrets from %#v.
func (s StoredSecret) GoString() string { return "[secret]" }

func sealedFor(mailbox int64) string { return fmt.Sprintf("mailbox:%d", mailbox) }

// openSecrets unseals what a mailbox row has; nil opens to nothing.
func (s *Store) openSecrets(mailbox int64, sealed []byte) (MailboxSecrets, error) {
	secrets := MailboxSecrets{}
	if sealed == nil {
		return secrets, nil
	}
	plain, err := s.secrets.Open(sealedFor(mailbox), sealed)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return nil, fmt.Errorf("secrets of mailbox %d are damaged", mailbox) // the error itself might quote them
	}
	return secrets, nil
}

// MailboxSecrets opens the secrets of a mailbox.
func (r reads) MailboxSecrets(ctx context.Context, mailbox int64) (MailboxSecrets, error) {
	var sealed []byte
	if err := r.db.QueryRow(ctx, "select secrets from mailbox where id = $1", mailbox).Scan(&sealed); err != nil {
		return nil, fmt.Errorf("secrets of mailbox %d: %w", mailbox, notFound(err))
	}
	return r.store.openSecrets(mailbox, sealed)
}

// SaveMailboxSecrets seals and writes all secrets of a mailbox.
func (tx *Tx) SaveMailboxSecrets(mailbox int64, secrets MailboxSecrets) error {
	plain, err := json.Marshal(secrets)
	if err != nil {
		return err
	}
	tx.write("update mailbox set secrets = $2 where id = $1", mailbox, tx.store.secrets.Seal(sealedFor(mailbox), plain))
	return nil
}

// SaveRefreshToken keeps the refresh token that a token service gave in place of the last one.
func (s *Store) SaveRefreshToken(ctx context.Context, mailbox core.MailboxID, token core.Secret) error {
	return s.InTx(ctx, func(tx *Tx) error {
		var sealed []byte
		if err := tx.db.QueryRow(ctx, "select secrets from mailbox where id = $1 for update", mailbox).Scan(&sealed); err != nil {
			return fmt.Errorf("refresh token of mailbox %d: %w", mailbox, notFound(err))
		}
		secrets, err := s.openSecrets(int64(mailbox), sealed)
		if err != nil {
			return err
		}
		secrets[core.RefreshToken] = StoredSecret{Value: string(token), Given: secrets[core.RefreshToken].Given}
		return tx.SaveMailboxSecrets(int64(mailbox), secrets)
	})
}

// SaveMailbox writes a mailbox; secrets and the service that it opens are saved apart.
func (tx *Tx) SaveMailbox(e *core.MailboxEntry) {
	var auth any
	if e.Auth != nil {
		auth = e.Auth
	}
	fields := []any{e.Address, e.IMAP, e.SMTP, auth, *e.PlusAddresses, e.ReplyDomain, e.After.String(),
		nonNil(e.Trust.AuthservIDs), nonNil(e.Trust.Borders), *e.Trust.DKIM, e.Trust.Policy}
	if e.ID == 0 {
		tx.write(`insert into mailbox (address, imap, smtp, auth, plus_addresses, reply_domain, after, authserv_ids, borders, dkim, policy)
			values ($1, $2, $3, $4, $5, nullif($6, ''), $7, $8, $9, $10, $11) returning id`, fields...).QueryRow(intoID(&e.ID))
		return
	}
	tx.write(`update mailbox set address = $1, imap = $2, smtp = $3, auth = $4, plus_addresses = $5, reply_domain = nullif($6, ''), after = $7,
		authserv_ids = $8, borders = $9, dkim = $10, policy = $11, archived_at = null where id = $12`, append(fields, e.ID)...)
}

// SetMailboxStart says from which moment on mail is taken; zero = all of it.
func (tx *Tx) SetMailboxStart(mailbox int64, setting string, at time.Time) {
	tx.write("update mailbox set start_setting = $2, start_at = $3 where id = $1", mailbox, setting, nullTime(at))
}

// SetMailboxOpens says in which service mail to the mailbox opens tickets; 0 = the only one that writes from it.
func (tx *Tx) SetMailboxOpens(mailbox, service int64) {
	tx.write("update mailbox set opens_id = nullif($2::bigint, 0) where id = $1", mailbox, service)
}

// MailboxAccesses gives what is needed to work with the mailboxes in use, secrets opened.
func (r reads) MailboxAccesses(ctx context.Context) ([]core.MailboxAccess, error) {
	rows, err := r.db.Query(ctx, `select id, address, imap, smtp, auth, start_at, after, secrets from mailbox where archived_at is null order by id`)
	if err != nil {
		return nil, fmt.Errorf("mailboxes: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (core.MailboxAccess, error) {
		var m core.MailboxAccess
		var imap, smtp core.ServerEntry
		var auth, sealed []byte
		var start *time.Time
		var after string
		if err := row.Scan(&m.ID, &m.Address, &imap, &smtp, &auth, &start, &after, &sealed); err != nil {
			return m, err
		}
		secrets, err := r.store.openSecrets(int64(m.ID), sealed)
		if err != nil {
			return m, fmt.Errorf("mailbox %s: %w", m.Address, err)
		}
		if m.After, err = core.ParseAfter(after); err != nil {
			return m, fmt.Errorf("mailbox %s: %w", m.Address, err)
		}
		secret := func(f core.MailboxField) core.Secret { return core.Secret(secrets[f].Value) }
		m.Start = instant(start)
		m.IMAP = accessOf(imap, secret(core.IMAPPassword))
		m.SMTP = accessOf(smtp, secret(core.SMTPPassword))
		if auth != nil {
			var a core.AuthEntry
			if err := json.Unmarshal(auth, &a); err != nil {
				return m, fmt.Errorf("mailbox %s: %w", m.Address, err)
			}
			m.OAuth = &core.OAuthAccess{Method: a.Method, TokenURL: a.TokenURL, ClientID: a.ClientID, Scope: a.Scope,
				ClientSecret: secret(core.ClientSecret), RefreshToken: secret(core.RefreshToken)}
		}
		return m, nil
	})
}

func accessOf(s core.ServerEntry, password core.Secret) core.ServerAccess {
	return core.ServerAccess{Host: s.Host, Port: s.Port, TLS: s.TLS, Username: s.Username, Password: password, Folder: s.Folder}
}

package helpdesk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

// recoveryCodes is how many recovery codes there are, each of 80 random bits.
const recoveryCodes = 10

// HasSecondFactor tells whether the person has to give a code when signing in.
func (h *Helpdesk) HasSecondFactor(ctx context.Context, p *core.Person) (bool, error) {
	return h.store.HasSecondFactor(ctx, p.ID)
}

// MustSetUpSecondFactor tells whether the desk wants a second factor of the person that they have not set up yet.
func (h *Helpdesk) MustSetUpSecondFactor(ctx context.Context, dir *core.Directory, p *core.Person) (bool, error) {
	if !dir.Desk.SecondFactor.Needs(p) {
		return false, nil
	}
	has, err := h.store.HasSecondFactor(ctx, p.ID)
	return !has, err
}

// SecondFactor tells what the person has.
func (h *Helpdesk) SecondFactor(ctx context.Context, p *core.Person) (core.SecondFactor, error) {
	return h.store.SecondFactor(ctx, p.ID)
}

// SecretBeingSetUp is the secret that waits for its first code; nil = none does.
func (h *Helpdesk) SecretBeingSetUp(ctx context.Context, p *core.Person) ([]byte, error) {
	secret, _, confirmed, err := h.store.FactorSecret(ctx, p.ID)
	if core.CodeOf(err) == core.NotFound || err == nil && confirmed {
		return nil, nil
	}
	return secret, err
}

// BeginSecondFactor makes a new secret, which counts once a first code of it was typed.
func (h *Helpdesk) BeginSecondFactor(ctx context.Context, p *core.Person) error {
	secret := make([]byte, core.TOTPSecret)
	rand.Read(secret)
	return h.store.InTx(ctx, func(tx *store.Tx) error { tx.BeginSecondFactor(p.ID, secret, h.now().UTC()); return nil })
}

// ConfirmSecondFactor switches the second factor on with a first code, and gives the recovery codes, this once. Invalid
// where the code is wrong, Conflict where it is on already or was not begun. All sessions but the one with the key end:
// none of them proved the second factor.
func (h *Helpdesk) ConfirmSecondFactor(ctx context.Context, p *core.Person, code, session string) (recovery []string, err error) {
	err = h.store.InTx(ctx, func(tx *store.Tx) error {
		secret, last, confirmed, err := tx.FactorSecret(ctx, p.ID)
		if core.CodeOf(err) == core.NotFound || err == nil && confirmed {
			return core.Refuse(core.Conflict, "error.second_factor.begun")
		}
		if err != nil {
			return err
		}
		if err := h.takeCode(ctx, tx, p, secret, last, code); err != nil {
			return err
		}
		recovery = h.newRecoveryCodes(tx, p)
		tx.EndSessions(p.ID, session)
		h.auditFactor(tx, p, "off", "on")
		return nil
	})
	return recovery, err
}

// CheckSecondFactor takes a code of the person's app, or a recovery code, once. recovered tells that it was the latter.
// Invalid where it is neither, or was used.
func (h *Helpdesk) CheckSecondFactor(ctx context.Context, p *core.Person, code string) (recovered bool, err error) {
	err = h.store.InTx(ctx, func(tx *store.Tx) error {
		recovered, err = h.checkFactor(ctx, tx, p, code)
		return err
	})
	return recovered, err
}

func (h *Helpdesk) checkFactor(ctx context.Context, tx *store.Tx, p *core.Person, code string) (recovered bool, err error) {
	secret, last, confirmed, err := tx.FactorSecret(ctx, p.ID)
	if core.CodeOf(err) == core.NotFound || err == nil && !confirmed {
		return false, core.Refuse(core.Conflict, "error.second_factor.none")
	}
	if err != nil {
		return false, err
	}
	if hash := recoveryHash(code); hash != nil {
		recovered, err = tx.UseRecoveryCode(ctx, p.ID, hash, h.now().UTC())
		if err == nil && !recovered {
			err = core.BadInput("code", "error.second_factor.code")
		}
		if recovered {
			h.audit(tx, core.Actor{Person: p, Via: core.ViaDesk}, h.now().UTC(), core.AuditEntry{Noun: core.AuditPerson, Name: p.Email, Action: core.AuditChanged,
				After: map[string]string{"recovery_code": "used"}})
		}
		return recovered, err
	}
	return false, h.takeCode(ctx, tx, p, secret, last, code)
}

func (h *Helpdesk) takeCode(ctx context.Context, tx *store.Tx, p *core.Person, secret []byte, last int64, code string) error {
	now := h.now().UTC()
	step, ok := core.MatchTOTP(secret, code, now, last)
	if ok {
		var err error
		if ok, err = tx.TakeStep(ctx, p.ID, step, now); err != nil {
			return err
		}
	}
	if !ok {
		return core.BadInput("code", "error.second_factor.code")
	}
	return nil
}

// RenewRecoveryCodes takes a code, and gives new recovery codes in the place of the earlier ones.
func (h *Helpdesk) RenewRecoveryCodes(ctx context.Context, p *core.Person, code string) (recovery []string, err error) {
	err = h.store.InTx(ctx, func(tx *store.Tx) error {
		if _, err := h.checkFactor(ctx, tx, p, code); err != nil {
			return err
		}
		recovery = h.newRecoveryCodes(tx, p)
		h.audit(tx, core.Actor{Person: p, Via: core.ViaDesk}, h.now().UTC(), core.AuditEntry{Noun: core.AuditPerson, Name: p.Email, Action: core.AuditChanged,
			After: map[string]string{"recovery_codes": "renewed"}})
		return nil
	})
	return recovery, err
}

// DropSecondFactor takes a code and switches the second factor off, and ends all sessions but the one with the key.
// Conflict where the desk wants one of the person.
func (h *Helpdesk) DropSecondFactor(ctx context.Context, p *core.Person, code, session string) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		dir, err := tx.Directory(ctx)
		if err != nil {
			return err
		}
		if dir.Desk.SecondFactor.Needs(p) {
			return core.Refuse(core.Conflict, "error.second_factor.needed")
		}
		if _, err := h.checkFactor(ctx, tx, p, code); err != nil {
			return err
		}
		tx.DropSecondFactor(p.ID)
		tx.EndSessions(p.ID, session)
		h.auditFactor(tx, p, "on", "off")
		return nil
	})
}

// ResetSecondFactor takes the second factor from somebody who lost it, recovery codes too: the operator's way out. Who must
// have one sets it up at the next sign-in. Conflict where there is none.
func (h *Helpdesk) ResetSecondFactor(ctx context.Context, address string) error {
	return h.store.InTx(ctx, func(tx *store.Tx) error {
		p, err := tx.PersonByAddress(ctx, address)
		if err != nil {
			return err
		}
		has, err := tx.HasSecondFactor(ctx, p.ID)
		if err != nil {
			return err
		}
		if !has {
			return core.Refuse(core.Conflict, "error.second_factor.none")
		}
		tx.DropSecondFactor(p.ID)
		tx.EndSessions(p.ID, "")
		h.audit(tx, core.Actor{}, h.now().UTC(), core.AuditEntry{Noun: core.AuditPerson, Name: p.Email, Action: core.AuditChanged,
			Before: map[string]string{"second_factor": "on"}, After: map[string]string{"second_factor": "off"}})
		return nil
	})
}

func (h *Helpdesk) auditFactor(tx *store.Tx, p *core.Person, before, after string) {
	h.audit(tx, core.Actor{Person: p, Via: core.ViaDesk}, h.now().UTC(), core.AuditEntry{Noun: core.AuditPerson, Name: p.Email, Action: core.AuditChanged,
		Before: map[string]string{"second_factor": before}, After: map[string]string{"second_factor": after}})
}

func (h *Helpdesk) newRecoveryCodes(tx *store.Tx, p *core.Person) []string {
	var codes []string
	var hashes [][]byte
	for range recoveryCodes {
		code := strings.ToLower(rand.Text()[:16])
		code = code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:]
		codes, hashes = append(codes, code), append(hashes, recoveryHash(code))
	}
	tx.SaveRecoveryCodes(p.ID, hashes)
	return codes
}

// recoveryHash is what is kept of a recovery code, however it is typed; nil where it cannot be one.
func recoveryHash(typed string) []byte {
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '2' && r <= '7':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case r == ' ' || r == '-':
			return -1
		}
		return '!'
	}, typed)
	if len(code) != 16 || strings.Contains(code, "!") {
		return nil
	}
	hash := sha256.Sum256([]byte(code))
	return hash[:]
}

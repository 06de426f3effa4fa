package helpdesk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// linkLife is for how long a mailed sign-in link works.
const linkLife = 15 * time.Minute

// linksADay is how many links one person is mailed in a day at most, so that nobody can flood them.
const linksADay = 10

// SignIn checks a password. Unknown, disabled and wrong all give the same refusal, after the same work.
func (h *Helpdesk) SignIn(ctx context.Context, email, password string) (*core.Person, error) {
	id, hash, err := h.store.PasswordOf(ctx, email)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return nil, err
	}
	if !CheckPassword(ctx, hash, password) || err != nil {
		return nil, core.Refuse(core.Forbidden, "error.sign_in.wrong")
	}
	return h.store.Person(ctx, id)
}

// MailSignInLink mails a link that signs the person in once. For unknown or disabled persons nothing happens, and the
// caller is told the same.
func (h *Helpdesk) MailSignInLink(ctx context.Context, email string) error {
	p, err := h.store.PersonByAddress(ctx, email)
	if core.CodeOf(err) == core.NotFound || err == nil && (p.Disabled || p.Origin != core.Configured) {
		return nil
	}
	if err != nil {
		return err
	}
	return h.Do(ctx, core.Actor{}, func(a *Act) error {
		n, err := a.tx.SignInLinksSince(ctx, p.ID, a.now.Add(-24*time.Hour))
		if err != nil || n >= linksADay {
			return err
		}
		box := a.dir.MailboxOf(0)
		if box == nil {
			return core.Refuse(core.Conflict, "error.no_mailbox", a.dir.Desk.Name)
		}
		token := rand.Text()
		hash := sha256.Sum256([]byte(token))
		a.tx.AddSignInLink(hash[:], p.ID, a.now.Add(linkLife))
		o := a.notice(p, box, core.EventSignIn, "sign_in")
		o.Content.Link = "/login/link?token=" + token
		return a.tx.QueueMail(o)
	})
}

// UseSignInLink spends a mailed link. It works once and for a quarter of an hour.
func (h *Helpdesk) UseSignInLink(ctx context.Context, token string) (p *core.Person, err error) {
	hash := sha256.Sum256([]byte(token))
	err = h.store.InTx(ctx, func(tx *store.Tx) error {
		id, err := tx.UseSignInLink(ctx, hash[:], h.now())
		if core.CodeOf(err) == core.NotFound {
			return core.Refuse(core.Forbidden, "error.sign_in.link")
		}
		if err != nil {
			return err
		}
		p, err = tx.Person(ctx, id)
		return err
	})
	return p, err
}

// SignedInPerson is the person of a session, as they are now; NotFound once they are disabled.
func (h *Helpdesk) SignedInPerson(ctx context.Context, id core.PersonID) (*core.Person, error) {
	p, err := h.store.Person(ctx, id)
	if err == nil && p.Disabled {
		return nil, core.Refuse(core.NotFound, "error.not_found")
	}
	return p, err
}

package desk

import (
	"encoding/json"
	"net/http"
	"time"

	"postdesk/admin/web"
	"postdesk/core"
)

// Between the first factor and the second a session is nobody's. It waits for secondTime and for secondTries codes.
const (
	secondTime  = 10 * time.Minute
	secondTries = 5
)

// waitingSecond is who has proven the first factor, as the session holds it.
type waitingSecond struct {
	Person core.PersonID
	Next   string
	Until  time.Time
	Tries  int
}

type secondPage struct {
	web.Frame
	Sentence string
}

// askSecond lets the session wait for the second factor, under a new token.
func (v *visit) askSecond(p *core.Person, next string) error {
	if err := v.renew(); err != nil {
		return err
	}
	until := v.now.Add(secondTime)
	v.sessions.SetDeadline(v.r.Context(), until)
	if err := v.keep(keySecond, waitingSecond{Person: p.ID, Next: next, Until: until}); err != nil {
		return err
	}
	return v.redirect("/login/second")
}

// waitingSecond is who waits in this session; nil = nobody does.
func (v *visit) waitingSecond() *waitingSecond {
	var w waitingSecond
	if err := json.Unmarshal(v.sessions.GetBytes(v.r.Context(), keySecond), &w); err != nil || v.now.After(w.Until) {
		return nil
	}
	return &w
}

func showSecond(v *visit) error {
	if v.waitingSecond() == nil {
		return v.redirect("/login")
	}
	return v.secondPage(http.StatusOK, "")
}

func (v *visit) secondPage(status int, sentence string) error {
	return v.pages.Render(v.w, status, "second", secondPage{Frame: v.frame(v.printer.T("login.second.title"), "/login/second"), Sentence: sentence})
}

// useSecond takes the code. Too many wrong ones end the wait: the first factor is asked for again.
func useSecond(v *visit) error {
	form, err := web.ReadForm(v.r, "code")
	if err != nil {
		return err
	}
	w := v.waitingSecond()
	if w == nil {
		return v.redirect("/login")
	}
	p, err := v.Helpdesk.SignedInPerson(v.r.Context(), w.Person)
	if err != nil {
		return err
	}
	account := ownTries("second", p)
	ok, err := v.tries.begin(v.r.Context(), account, v.network())
	if err != nil {
		return err
	}
	if !ok {
		return v.secondPage(http.StatusTooManyRequests, v.printer.T("login.second.too_many"))
	}
	recovered, err := v.Helpdesk.CheckSecondFactor(v.r.Context(), p, form.Get("code"))
	if core.CodeOf(err) == core.Invalid {
		if w.Tries++; w.Tries >= secondTries {
			if err := v.sessions.Destroy(v.r.Context()); err != nil {
				return err
			}
			return v.loginPage(http.StatusForbidden, loginPage{Next: w.Next, Sentence: v.printer.T("login.second.again")})
		}
		if err := v.keep(keySecond, w); err != nil {
			return err
		}
		return v.secondPage(http.StatusForbidden, v.printer.Error(err))
	}
	if err != nil && core.CodeOf(err) != core.Conflict { // Conflict: it was switched off meanwhile
		return err
	}
	v.tries.succeeded(account, v.network())
	if err := v.enter(p); err != nil {
		return err
	}
	if recovered {
		v.say(v.printer.T("login.second.recovered"))
		return v.redirect(security)
	}
	return v.redirect(w.Next)
}

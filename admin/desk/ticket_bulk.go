package desk

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// bulkActions are what can be done with several tickets of the list at once.
var bulkActions = []core.Action{core.ActTake, core.ActAssign, core.ActStatus, core.ActPriority, core.ActCategory, core.ActResolve, core.ActClose}

// bulkMost is how many tickets one form can name: as many as anybody chooses in a list by hand.
const bulkMost = 500

// failure is a ticket that could not be acted on with the others, and why.
type failure struct {
	Number   core.Number
	Sentence string
}

// actTickets does one action with each of the tickets that the form names, each in its own transaction: what one of them
// refuses does not keep it from the others. Those refused are told, and stay chosen.
func actTickets(v *visit) error {
	action := core.Action(chi.URLParam(v.r, "action"))
	act, ok := bulkAct(action)
	if !ok {
		return core.Refuse(core.NotFound, "error.not_found")
	}
	form, err := web.ReadForm(v.r, append([]string{"ticket"}, act.fields...)...)
	if err != nil {
		return err
	}
	chosen := form["ticket"]
	if len(chosen) == 0 {
		return core.BadInput("ticket", "error.bulk.none")
	}
	if len(chosen) > bulkMost {
		return core.BadInput("ticket", "error.bulk.many", bulkMost)
	}
	done := 0
	var failed []failure
	for _, c := range chosen {
		n, version, err := pickOf(c)
		if err != nil {
			return err
		}
		err = v.Helpdesk.Do(v.r.Context(), v.actor(), func(a *helpdesk.Act) error {
			_, err := act.do(v, a, n, version, form)
			return err
		})
		var refusal *core.Error
		switch err = helpdesk.Refusal(err); {
		case err == nil:
			done++
		case errors.As(err, &refusal):
			failed = append(failed, failure{n, v.printer.Error(err)})
		default:
			return err
		}
	}
	if done > 0 {
		v.say(v.printer.N("desk.bulk.done", done))
	}
	if len(failed) > 0 {
		return v.list(http.StatusConflict, v.narrowing(), nil, failed)
	}
	return v.redirect(v.narrowing().at(home))
}

// BulkAt is where the form for what is chosen in the list goes.
func (p deskPage) BulkAt(action string) string { return p.Narrow.at(home + "/actions/" + action) }

func bulkAct(action core.Action) (act, bool) {
	for _, a := range bulkActions {
		if a == action {
			act, ok := acts[action]
			return act, ok
		}
	}
	return act{}, false
}

// pickOf reads what names a ticket and its version in the list; see row.Pick.
func pickOf(picked string) (core.Number, int, error) {
	number, version, _ := strings.Cut(picked, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	v, versionErr := strconv.Atoi(version)
	if err != nil || versionErr != nil || n < 1 || v < 1 {
		return 0, 0, web.ErrForm
	}
	return core.Number(n), v, nil
}

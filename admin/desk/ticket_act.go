package desk

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// act is one thing to do with a ticket: the form's fields and the operation.
type act struct {
	fields []string
	do     func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error)
}

// acts are the actions of the API that the desk has buttons for.
var acts = map[core.Action]act{
	core.ActTake: {nil, func(v *visit, a *helpdesk.Act, n core.Number, version int, _ url.Values) (core.Number, error) {
		return a.Take(v.r.Context(), n, version)
	}},
	core.ActAssign: {[]string{"solver", "group"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		to := helpdesk.Assignee{Group: form.Get("group")}
		if email := form.Get("solver"); email != "" {
			var err error
			if to.Solver, err = a.PersonNamed(v.r.Context(), email); err != nil {
				return n, err
			}
		}
		return a.Assign(v.r.Context(), n, to, version)
	}},
	core.ActReturn: {nil, func(v *visit, a *helpdesk.Act, n core.Number, version int, _ url.Values) (core.Number, error) {
		return a.Return(v.r.Context(), n, version)
	}},
	core.ActStatus: {[]string{"status"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		return a.SetStatus(v.r.Context(), n, core.Status(form.Get("status")), version)
	}},
	core.ActResolve: {[]string{"text"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		return a.Resolve(v.r.Context(), n, helpdesk.NewRecord{Text: lineEnds(form.Get("text")), IfVersion: version})
	}},
	core.ActReopen: {nil, func(v *visit, a *helpdesk.Act, n core.Number, version int, _ url.Values) (core.Number, error) {
		return a.Reopen(v.r.Context(), n, version)
	}},
	core.ActPriority: {[]string{"priority"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		return a.SetPriority(v.r.Context(), n, core.Priority(form.Get("priority")), version)
	}},
	core.ActCategory: {[]string{"category"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		return a.SetCategory(v.r.Context(), n, core.Category(form.Get("category")), version)
	}},
	core.ActParticipant: {[]string{"add", "remove"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		return v.people(a, n, version, form, a.AddParticipant, a.RemoveParticipant)
	}},
	core.ActFollower: {[]string{"add", "remove"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		return v.people(a, n, version, form, a.AddFollower, a.RemoveFollower)
	}},
	core.ActClose: {nil, func(v *visit, a *helpdesk.Act, n core.Number, version int, _ url.Values) (core.Number, error) {
		return a.Close(v.r.Context(), n, version)
	}},
	core.ActWithdraw: {nil, func(v *visit, a *helpdesk.Act, n core.Number, version int, _ url.Values) (core.Number, error) {
		return a.Withdraw(v.r.Context(), n, version)
	}},
	core.ActMove:      doMove,
	core.ActEdit:      doEdit,
	core.ActDue:       doDue,
	core.ActSpam:      doSpam,
	core.ActSplit:     doSplit,
	core.ActLink:      doLink,
	core.ActParent:    doParent,
	core.ActMerge:     doMerge,
	core.ActAsk:       doAsk,
	core.ActCancelAsk: doCancelAsk,
	core.ActApprove:   decide(core.ApprovalApproved),
	core.ActReject:    decide(core.ApprovalRejected),
}

// people adds or removes the person whose address the form names. The operation answers for an address of nobody too (D28).
func (v *visit) people(a *helpdesk.Act, n core.Number, version int, form url.Values,
	add, remove func(context.Context, core.Number, *core.Person, int) (core.Number, error)) (core.Number, error) {
	do, address := add, form.Get("add")
	if form.Has("remove") {
		do, address = remove, form.Get("remove")
	}
	p, err := a.PersonNamed(v.r.Context(), address)
	if err != nil {
		return n, err
	}
	return do(v.r.Context(), n, p, version)
}

// actTicket does one action and shows the ticket as it is then.
func actTicket(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	action := core.Action(chi.URLParam(v.r, "action"))
	act, ok := acts[action]
	if !ok {
		return core.Refuse(core.NotFound, "error.not_found")
	}
	form, err := web.ReadForm(v.r, append([]string{"version", "seen"}, act.fields...)...)
	if err != nil {
		return err
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	err = v.Helpdesk.Do(v.r.Context(), v.actor(), func(a *helpdesk.Act) error {
		var err error
		n, err = act.do(v, a, n, version, form)
		return err
	})
	if err != nil {
		return v.refused(n, err, func(p *ticketPage, sentence string) {
			if core.CodeOf(err) == core.Stale {
				p.Since = v.since(p.Entries, form.Get("seen"))
			}
			if asksMore(action) && !form.Has("undo") {
				p.Dialog = &dialog{Action: action, Typed: form, Alert: sentence}
				return
			}
			p.Alert, p.Added = sentence, form.Get("add")
			if text := strings.TrimSpace(form.Get("text")); form.Has("id") {
				p.Verdict = text
			} else {
				p.Write.Resolution = text
			}
		})
	}
	gone, err := v.unseen(n)
	if err != nil {
		return err
	}
	if gone { // D6: whoever gives a ticket away may lose sight of it with that
		v.say(v.printer.T("desk.said.gone", int64(n)))
		return v.leave(v.narrowing().at(home))
	}
	return v.redirect(v.narrowing().at(ticketPath(n)))
}

// leave goes on to a page that is more than the part that htmx asked for: the browser fetches it whole.
func (v *visit) leave(to string) error {
	if v.r.Header.Get("HX-Request") != "true" {
		return v.redirect(to)
	}
	v.w.Header().Set("HX-Redirect", to)
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

package desk

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// approvals is the address of what waits for the reader's decision.
const approvals = "/approvals"

// approvalsShown is how many requests stand on the page; the next come up as these are decided.
const approvalsShown = 15

// approvalsPage is what waits for the reader, each with all that is needed to decide.
type approvalsPage struct {
	web.Frame
	Cards []approvalCard
	Rest  int    // how many more wait
	Alert string // why a decision was refused whose ticket is not here any more
}

// approvalCard is a ticket that waits for the reader's word on one or more questions.
type approvalCard struct {
	View    core.View
	Request core.RecordView // what the requester wrote
	Others  int             // how many more records there are to read
	Href    string
	Asked   []askedCard
	Alert   string // why the last decision was refused
}

// askedCard is one question.
type askedCard struct {
	decision
	Decided []core.ApproverView // who decided before
	Text    string              // what was typed
}

func listApprovals(v *visit) error { return v.approvalsPage(http.StatusOK, 0, "", "", "") }

// approvalsPage renders the list; a decision that was refused stands at its question, with its reason and what was typed.
func (v *visit) approvalsPage(status int, at core.Number, id, alert, typed string) error {
	waiting, err := v.Helpdesk.Approvals(v.r.Context(), v.me)
	if err != nil {
		return err
	}
	p := approvalsPage{Rest: max(0, len(waiting)-approvalsShown), Alert: alert}
	for i, view := range waiting {
		if i == approvalsShown {
			break
		}
		card, err := v.approvalCard(view.Number)
		if core.CodeOf(err) == core.NotFound { // decided by somebody else in between
			continue
		}
		if err != nil {
			return err
		}
		if card.View.Number == at {
			p.Alert, card.Alert = "", alert
			for i := range card.Asked {
				if card.Asked[i].ID == id {
					card.Asked[i].Text = typed
				}
			}
		}
		p.Cards = append(p.Cards, card)
	}
	p.Frame = v.frame(v.printer.T("approvals.title"), approvals)
	return v.pages.Render(v.w, status, "approvals", p)
}

func (v *visit) approvalCard(n core.Number) (approvalCard, error) {
	view, records, err := v.Helpdesk.Log(v.r.Context(), v.me, n)
	if err != nil {
		return approvalCard{}, err
	}
	view.EachPerson(v.printer.Name)
	c := approvalCard{View: view, Href: ticketPath(view.Number)}
	for i, r := range records {
		switch {
		case i == 0: // the first record is the request
			c.Request = r
		case r.Kind == core.KindMessage, r.Kind == core.KindNote, r.Kind == core.KindMail && r.Change == nil:
			c.Others++
		}
	}
	for _, d := range v.decisions(&ticketPage{View: view}) {
		a := askedCard{decision: d}
		a.Decided = slices.DeleteFunc(slices.Clone(d.Approvers), func(x core.ApproverView) bool { return x.State == core.ApprovalPending })
		c.Asked = append(c.Asked, a)
	}
	return c, nil
}

// decideApproval is the reader's word on one question. The ticket is gone for them then, unless another role shows it.
func decideApproval(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	form, err := web.ReadForm(v.r, "version", "id", "text", "verdict")
	if err != nil {
		return err
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	verdict, said := core.ApprovalApproved, "approvals.said.approved"
	switch form.Get("verdict") {
	case "approve":
	case "reject":
		verdict, said = core.ApprovalRejected, "approvals.said.rejected"
	default:
		return web.ErrForm
	}
	text := lineEnds(form.Get("text"))
	err = v.Helpdesk.Do(v.r.Context(), v.actor(), func(a *helpdesk.Act) error {
		_, err := a.DecideApproval(v.r.Context(), n, verdict, form.Get("id"), text, version)
		return err
	})
	var refusal *core.Error
	switch err = helpdesk.Refusal(err); {
	case errors.As(err, &refusal):
		sentence := v.printer.Error(err)
		if refusal.Code == core.NotFound { // decided in another place meanwhile, or never theirs: the same answer
			sentence = v.printer.T("approvals.over", strconv.FormatInt(int64(n), 10))
		}
		return v.approvalsPage(web.Status(err), n, form.Get("id"), sentence, strings.TrimSpace(text))
	case err != nil:
		return err
	}
	v.say(v.printer.T(said, strconv.FormatInt(int64(n), 10)))
	return v.redirect(approvals)
}

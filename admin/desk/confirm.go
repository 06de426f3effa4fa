package desk

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// confirmPage shows what somebody wrote by mail and was not proven to have written, with the button that carries it out.
type confirmPage struct {
	web.Frame
	Mail  *helpdesk.Confirmation
	Alert string
}

// Open tells whether there is still something to press.
func (p confirmPage) Open() bool { return p.Mail.State == helpdesk.ConfirmationOpen }

// TicketPath is where the ticket is.
func (p confirmPage) TicketPath() string { return ticketPath(p.Mail.Ticket.Number) }

// showConfirmation does nothing but show: mail scanners open links, people press buttons (mail.md 4).
func showConfirmation(v *visit) error { return v.confirmPage(http.StatusOK, "") }

func (v *visit) confirmPage(status int, alert string) error {
	mail, err := v.Helpdesk.Confirmation(v.r.Context(), v.me, chi.URLParam(v.r, "id"))
	if err != nil {
		return err
	}
	p := confirmPage{Mail: mail, Alert: alert}
	title := v.printer.T("confirm.title")
	if !p.Open() {
		title = v.printer.T("confirm.title_over")
	}
	p.Frame = v.frame(title, "/confirm/"+mail.ID)
	return v.pages.Render(v.w, status, "confirm", p)
}

// confirmMail is the reader's word about the mail: theirs, or not.
func confirmMail(v *visit) error {
	form, err := web.ReadForm(v.r, "answer")
	if err != nil {
		return err
	}
	id := chi.URLParam(v.r, "id")
	var n core.Number
	said := "confirm.said.done"
	switch form.Get("answer") {
	case "mine":
		n, err = v.Helpdesk.ConfirmMail(v.r.Context(), v.actor(), id)
	case "not_mine":
		said, err = "confirm.said.denied", v.Helpdesk.DenyMail(v.r.Context(), v.actor(), id)
	default:
		return web.ErrForm
	}
	if core.CodeOf(err) == core.Conflict {
		return v.confirmPage(http.StatusConflict, v.printer.Error(err))
	}
	if err != nil {
		return err
	}
	v.say(v.printer.T(said))
	if n != 0 {
		if gone, err := v.unseen(n); err != nil || !gone {
			if err != nil {
				return err
			}
			return v.redirect(ticketPath(n))
		}
	}
	return v.redirect("/confirm/" + id)
}

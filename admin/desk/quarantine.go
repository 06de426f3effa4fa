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

// quarantine is the address of held mail (contracts.md 7).
const quarantine = "/quarantine"

// quarantinePage is the held mail that the reader sorts, and beside it the one that is open.
type quarantinePage struct {
	web.Frame
	Rows  []heldRow
	Older string // address of the next page; "" = the end
	Mail  *heldRow
	Text  string // of the open mail, plain
	Cut   bool   // it goes on
	Fold  string
	Name  string // by which its sender calls themself
	Files string
	Alert string // why the last decision was refused
	Typed string // the number that was typed with it
	Page  string // the query that leads back to this page of the list
}

type heldRow struct {
	helpdesk.HeldMail
	Why     string
	Href    string
	Until   string // until when its sender may confirm it; "" = it does not wait for that
	Current bool
}

// heldLimit is how much of a held mail's text the page shows, in characters.
const heldLimit = 20_000

func showQuarantine(v *visit) error { return v.quarantinePage(http.StatusOK, 0, "", "") }

func showHeld(v *visit) error {
	id, err := v.heldID()
	if err != nil {
		return err
	}
	return v.quarantinePage(http.StatusOK, id, "", "")
}

// heldID is the mail of the address; what is no number is one that nobody can see.
func (v *visit) heldID() (int64, error) {
	id, err := strconv.ParseInt(chi.URLParam(v.r, "id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, core.Refuse(core.NotFound, "error.not_found")
	}
	return id, nil
}

// quarantinePage renders the list with the mail that is open; 0 = none. A mail that somebody else decided on meanwhile is
// not open any more, and the page says so.
func (v *visit) quarantinePage(status int, open int64, alert, typed string) error {
	ctx := v.r.Context()
	if _, team, err := v.Helpdesk.QuarantineCount(ctx, v.me, 1); err != nil || !team {
		if err == nil {
			err = core.Refuse(core.NotFound, "error.not_found")
		}
		return err
	}
	before, _ := strconv.ParseInt(v.r.URL.Query().Get("page"), 10, 64) // what is no page is the first
	list, next, err := v.Helpdesk.Quarantine(ctx, v.me, max(before, 0), pageSize)
	if err != nil {
		return err
	}
	p := quarantinePage{Alert: alert, Typed: typed}
	if before > 0 {
		p.Page = "?page=" + strconv.FormatInt(before, 10)
	}
	path := quarantine
	if open != 0 {
		text, err := v.Helpdesk.HeldText(ctx, v.actor(), open)
		switch {
		case core.CodeOf(err) == core.Conflict:
			status, p.Alert = http.StatusConflict, v.printer.Error(err)
		case err != nil:
			return err
		default:
			path = heldPath(open)
			p.show(v, text)
		}
	}
	for _, m := range list {
		r := v.heldRow(m)
		r.Href += p.Page
		r.Current = p.Mail != nil && m.ID == p.Mail.ID
		p.Rows = append(p.Rows, r)
	}
	if next != 0 {
		p.Older = quarantine + "?page=" + strconv.FormatInt(next, 10)
	}
	p.Frame = v.frame(v.printer.T("quarantine.title"), path+p.Page)
	return v.pages.Render(v.w, status, "quarantine", p)
}

// show opens a mail on the page.
func (p *quarantinePage) show(v *visit, t helpdesk.HeldText) {
	row := v.heldRow(t.HeldMail)
	p.Mail, p.Text, p.Fold, p.Name = &row, t.Text, t.Fold, t.Name
	if runes := []rune(t.Text); len(runes) > heldLimit {
		p.Text, p.Cut = string(runes[:heldLimit]), true
	}
	var names []string
	for _, f := range t.Files {
		names = append(names, f.Name+" ("+v.printer.Size(f.Size)+")")
	}
	p.Files = strings.Join(names, ", ")
}

func (v *visit) heldRow(m helpdesk.HeldMail) heldRow {
	r := heldRow{HeldMail: m, Why: m.Reason, Href: heldPath(m.ID)}
	if key := "held." + m.Held.Key; v.printer.Has(key) {
		args := make([]any, len(m.Held.Args))
		for i, a := range m.Held.Args {
			args[i] = a
		}
		r.Why = v.printer.T(key, args...)
	}
	if m.ConfirmUntil != nil {
		r.Until = v.printer.Moment(*m.ConfirmUntil, v.now)
	}
	return r
}

func heldPath(id int64) string { return quarantine + "/" + strconv.FormatInt(id, 10) }

// decideHeld is the triager's word about a held mail, under their own name: a ticket, part of a ticket, or nothing.
func decideHeld(v *visit) error {
	id, err := v.heldID()
	if err != nil {
		return err
	}
	form, err := web.ReadForm(v.r, "number")
	if err != nil {
		return err
	}
	var n core.Number
	said, typed := "", strings.TrimSpace(form.Get("number"))
	switch chi.URLParam(v.r, "decision") {
	case "accept":
		said = "quarantine.said.accepted"
		n, err = v.Helpdesk.AcceptHeld(v.r.Context(), v.actor(), id)
	case "attach":
		said = "quarantine.said.attached"
		if n, err = typedNumber(typed); err == nil {
			err = v.Helpdesk.AttachHeld(v.r.Context(), v.actor(), id, n)
		}
		if core.CodeOf(err) == core.NotFound { // the ticket, or else the mail, which the page finds out
			err = core.BadInput("number", "error.quarantine.ticket")
		}
	case "refuse":
		said = "quarantine.said.refused"
		err = v.Helpdesk.RefuseHeld(v.r.Context(), v.actor(), id)
	default:
		return core.Refuse(core.NotFound, "error.not_found")
	}
	var refusal *core.Error
	switch err = helpdesk.Refusal(err); {
	case errors.As(err, &refusal) && refusal.Code != core.NotFound:
		return v.quarantinePage(web.Status(err), id, v.printer.Error(err), typed)
	case err != nil:
		return err
	}
	v.say(v.printer.T(said, n))
	if n != 0 {
		if gone, err := v.unseen(n); err != nil || !gone {
			if err != nil {
				return err
			}
			return v.redirect(ticketPath(n))
		}
	}
	return v.redirect(quarantine)
}

// typedNumber reads a ticket's number with or without what people write before it.
func typedNumber(typed string) (core.Number, error) {
	n, err := strconv.ParseInt(strings.TrimLeft(typed, "# "), 10, 64)
	if err != nil || n <= 0 {
		return 0, core.BadInput("number", "error.quarantine.ticket")
	}
	return core.Number(n), nil
}

package desk

import (
	"net/url"
	"strconv"
	"strings"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// recordTicket adds a reply or a note.
func recordTicket(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	if _, err := v.Helpdesk.Ticket(v.r.Context(), v.me, n); err != nil { // before anything is stored
		return err
	}
	var files []upload
	form, err := web.ReadUpload(v.r, v.uploads(&files), "text", "as", "version", "kept")
	if err != nil {
		return err
	}
	files = append(v.waiting(form["kept"]), files...)
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	note := form.Get("as") == "note"
	if !note && form.Get("as") != "reply" {
		return web.ErrForm
	}
	show := !note
	text := lineEnds(form.Get("text"))
	err = v.Helpdesk.Do(v.r.Context(), v.actor(), func(a *helpdesk.Act) error {
		var err error
		n, err = a.AddRecord(v.r.Context(), n, helpdesk.NewRecord{Text: text, Show: &show, Attachments: attachments(files), IfVersion: version})
		return err
	})
	if err != nil {
		if err := v.wait(files); err != nil {
			return err
		}
		return v.refused(n, err, func(p *ticketPage, sentence string) {
			p.Write.Text, p.Write.Kept, p.Write.AsNote, p.Write.Alert = text, files, note && p.Write.Note || !p.Write.Reply, sentence
		})
	}
	if note {
		v.say(v.printer.T("desk.said.note"))
	} else {
		v.say(v.printer.T("desk.said.reply"))
	}
	return v.redirect(v.narrowing().at(ticketPath(n)))
}

// formVersion is the ticket's version that the form was made from.
func formVersion(form url.Values) (int, error) {
	version, err := strconv.Atoi(form.Get("version"))
	if err != nil || version < 1 {
		return 0, web.ErrForm
	}
	return version, nil
}

// lineEnds undoes what browsers make of line ends in forms.
func lineEnds(text string) string {
	return strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), " \n\t")
}

// unseen tells that the act was done and its actor does not see the ticket any more.
func (v *visit) unseen(n core.Number) (bool, error) {
	_, err := v.Helpdesk.Ticket(v.r.Context(), v.me, n)
	if core.CodeOf(err) == core.NotFound {
		return true, nil
	}
	return false, err
}

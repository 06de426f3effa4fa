package desk

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"postdesk/admin/web"
	"postdesk/core"
)

// recordTicket sends a reply or a note, in a moment (UndoSend takes it back). What is refused stays in the box.
func recordTicket(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	kind, form, err := v.readWriting(n)
	if err != nil {
		return err
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	message := core.Draft{Ticket: n, Kind: kind, Text: textOf(form, kind), Status: core.Status(form.Get("then"))}
	err = v.keepWriting(n, kind, form)
	if err == nil {
		err = v.Helpdesk.SendDraft(v.r.Context(), v.actor(), message, version)
	}
	if core.CodeOf(err) == core.Stale {
		var news bool
		if news, err = v.news(n, form.Get("seen"), err); !news && err == nil {
			err = v.Helpdesk.SendDraft(v.r.Context(), v.actor(), message, 0)
		}
	}
	if err != nil {
		return v.refused(n, err, func(p *ticketPage, sentence string) {
			w := &p.Write
			w.AsNote, w.Alert = kind == core.NoteDraft && w.Note || !w.Reply, sentence
			if core.CodeOf(err) == core.Stale {
				if w.Came = v.came(p, form.Get("seen")); len(w.Came) > 0 {
					w.Alert = v.printer.T("desk.came.again")
				}
			}
			if b := w.box(kind); b != nil {
				b.Text, b.Failed = textOf(form, kind), ""
			} else if len(w.Boxes) > 0 {
				w.Boxes[0].Text = textOf(form, kind)
			}
		})
	}
	return v.redirect(v.narrowing().at(ticketPath(n)) + "#waiting")
}

// news tells whether the ticket changed by what somebody else did and the writer sees: nobody is kept from sending by their
// own work, or by what is none of their business. Where the moment of their page is not known, stale stands.
func (v *visit) news(n core.Number, seen string, stale error) (bool, error) {
	if _, err := time.Parse(time.RFC3339Nano, seen); err != nil {
		return false, stale
	}
	view, records, err := v.Helpdesk.Log(v.r.Context(), v.me, n)
	if err != nil {
		return false, err
	}
	p := &ticketPage{View: view, thread: v.thread(view, records)}
	if len(v.came(p, seen)) > 0 {
		return true, stale
	}
	return false, nil
}

// readWriting reads the form of the box; files go to what is being written. It refuses who does not see the ticket before
// anything is stored.
func (v *visit) readWriting(n core.Number) (core.DraftKind, url.Values, error) {
	if _, err := v.Helpdesk.Ticket(v.r.Context(), v.me, n); err != nil {
		return "", nil, err
	}
	var files []core.Attachment
	form, err := web.ReadUpload(v.r, v.stored(&files), "text", "note", "as", "version", "seen", "then", "drop", "discard")
	if err != nil {
		return "", nil, err
	}
	kind := core.DraftKind(form.Get("as"))
	if kind != core.ReplyDraft && kind != core.NoteDraft {
		return "", nil, web.ErrForm
	}
	if len(files) > 0 {
		_, err = v.Helpdesk.AddDraftFiles(v.r.Context(), v.me, core.Draft{Ticket: n, Kind: kind}, files)
	}
	return kind, form, err
}

// keepWriting keeps what the form says: that of the kind which is sent, and the other one, where the form has both.
func (v *visit) keepWriting(n core.Number, kind core.DraftKind, form url.Values) error {
	if form.Has("note") && kind == core.ReplyDraft {
		if err := v.keepDraft(n, core.NoteDraft, form); err != nil {
			return err
		}
	}
	if form.Has("note") && form.Has("text") && kind == core.NoteDraft {
		if err := v.keepDraft(n, core.ReplyDraft, form); err != nil {
			return err
		}
	}
	return v.keepDraft(n, kind, form)
}

func (v *visit) keepDraft(n core.Number, kind core.DraftKind, form url.Values) error {
	return v.Helpdesk.SaveDraft(v.r.Context(), v.me, core.Draft{Ticket: n, Kind: kind, Text: textOf(form, kind)}, form["drop"])
}

// textOf is the text of a kind. A form with one box calls it text, whatever is written there.
func textOf(form url.Values, kind core.DraftKind) string {
	if kind == core.NoteDraft && form.Has("note") {
		return lineEnds(form.Get("note"))
	}
	return lineEnds(form.Get("text"))
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

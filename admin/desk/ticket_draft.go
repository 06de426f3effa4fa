package desk

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// keptFile is a file of a draft, for the script that sent it.
type keptFile struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Size string `json:"size"`
}

// saveDraft keeps what is being written: in silence for the script, which does so while one types, and with the page for a
// button.
func saveDraft(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	if kind, _, _ := mime.ParseMediaType(v.r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		return v.saveForm(n)
	}
	form, err := web.ReadForm(v.r, "text", "as", "drop")
	if err != nil {
		return err
	}
	kind := core.DraftKind(form.Get("as"))
	if err := v.keepDraft(n, kind, form); err != nil {
		return err
	}
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

// saveForm is saveDraft for the buttons of the form: one takes a file away, one throws the draft of its kind away.
func (v *visit) saveForm(n core.Number) error {
	kind, form, err := v.readWriting(n)
	if err == nil && (form.Has("text") || form.Has("note")) {
		err = v.keepWriting(n, kind, form)
	}
	if err == nil && form.Has("discard") {
		err = v.Helpdesk.DiscardDraft(v.r.Context(), v.me, n, core.DraftKind(form.Get("discard")))
	}
	if err != nil {
		return v.refused(n, err, func(p *ticketPage, sentence string) { p.Write.Alert = sentence })
	}
	return v.redirect(v.narrowing().at(ticketPath(n)) + "#write")
}

// putDraftFiles takes files that are dropped, pasted or chosen, one request each, and answers how they are called from now on.
// A refusal is a sentence of text.
func putDraftFiles(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	if _, err := v.Helpdesk.Ticket(v.r.Context(), v.me, n); err != nil { // before anything is stored
		return err
	}
	var files []core.Attachment
	form, err := web.ReadUpload(v.r, v.stored(&files), "as")
	if err == nil {
		files, err = v.Helpdesk.AddDraftFiles(v.r.Context(), v.me, core.Draft{Ticket: n, Kind: core.DraftKind(form.Get("as"))}, files)
	}
	if err = helpdesk.Refusal(err); core.CodeOf(err) != "" && core.CodeOf(err) != core.NotFound {
		http.Error(v.w, v.printer.Error(err), web.Status(err))
		return nil
	}
	if err != nil {
		return err
	}
	list := make([]keptFile, 0, len(files))
	for _, f := range files {
		list = append(list, keptFile{f.ID, f.Name, v.printer.Size(f.Size)})
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(list)
}

// stored collects files while they are read, and stores their contents.
func (v *visit) stored(into *[]core.Attachment) web.File {
	return func(name, kind string, content io.Reader) error {
		a, err := v.Helpdesk.PutFile(v.r.Context(), name, kind, content)
		if err == nil {
			*into = append(*into, a)
		}
		return err
	}
}

// undoSend takes a message back that waits to be sent.
func undoSend(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	form, err := web.ReadForm(v.r, "id")
	if err != nil {
		return err
	}
	if _, err := v.Helpdesk.UndoSend(v.r.Context(), v.me, form.Get("id")); err != nil {
		return v.refused(n, err, func(p *ticketPage, sentence string) { p.Write.Alert = sentence })
	}
	return v.redirect(v.narrowing().at(ticketPath(n)) + "#write")
}

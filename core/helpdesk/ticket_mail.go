package helpdesk

import (
	"context"
	"io"

	"postdesk/core"
)

// Original describes the mail that a log record was made of.
type Original struct {
	Record core.RecordView
	From   string // who sent it, as the ledger has it
	Bytes  int64  // before reply addresses were covered, which changes no length
	// Evidence is what is known of the sender's domain, in the operator's words.
	Evidence string
}

// OpenOriginal streams the mail that a record was made of, to those who read the whole log: it says more than the ticket
// (mail.md 6). Reply addresses of the desk are covered in it, for whoever holds one may write in another's name. NotFound
// where the record did not come by mail, and, with a sentence that says so, where the mail is not kept any more.
func (h *Helpdesk) OpenOriginal(ctx context.Context, p *core.Person, n core.Number, record string) (Original, io.ReadCloser, error) {
	t, s, _, err := h.see(ctx, p, n)
	if err != nil {
		return Original{}, nil, err
	}
	rec, err := h.store.Record(ctx, record)
	if err != nil {
		return Original{}, nil, err
	}
	view, ok := core.ViewOfRecord(rec, s)
	if rec.Ticket != t.Number || !ok || !view.Mail {
		return Original{}, nil, core.Refuse(core.NotFound, "error.not_found")
	}
	row, err := h.store.Inbound(ctx, rec.Inbound)
	if err != nil {
		return Original{}, nil, err
	}
	raw, err := h.store.OpenRaw(ctx, row)
	if err != nil {
		return Original{}, nil, err
	}
	return Original{Record: view, From: row.Sender, Bytes: row.Size, Evidence: row.Evidence}, coverReplyCodes(raw), nil
}

package helpdesk

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"postdesk/core"
	"postdesk/core/store"
)

// ExportPerson writes everything that the desk holds about a person as a zip, which streams: person.json with a list for
// each kind of thing, the raw mails from them and to them as .eml, and the files that they sent. What others wrote is not
// in it; of mails to them in a role of the team, which quote the team's notes, it only tells that they were sent. progress,
// if not nil, hears how many contents are written.
//
// Only operators and administrators may: NotFound for others, and for an address that is nobody's; Conflict where who
// stands for it is erased. It is audited.
func (h *Helpdesk) ExportPerson(ctx context.Context, actor core.Actor, address string, w io.Writer, progress func(files int)) error {
	if err := mayHandlePeople(actor); err != nil {
		return err
	}
	if core.IsErased(core.FoldAddress(address)) {
		return core.Refuse(core.Conflict, "error.person.erased")
	}
	p, err := h.store.PersonByAddress(ctx, address)
	if err != nil {
		return err
	}
	addresses, err := h.store.AddressesOf(ctx, p.ID)
	if err != nil {
		return err
	}
	if err := h.store.InTx(ctx, func(tx *store.Tx) error {
		h.audit(tx, actor, h.now().UTC(), core.AuditEntry{Noun: core.AuditPerson, Name: p.Email, Action: core.AuditExported})
		return nil
	}); err != nil {
		return err
	}
	archive := zip.NewWriter(w)
	facts, err := archive.Create("person.json")
	if err != nil {
		return err
	}
	if err := h.store.HeldAbout(ctx, p.ID, addresses, facts); err != nil {
		return err
	}
	written := 0
	for _, way := range []string{"in", "out", "files"} {
		after := ""
		for {
			page, err := h.store.HeldContents(ctx, way, p.ID, addresses, after, 50)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			for _, c := range page {
				if err := h.pack(ctx, archive, c); err != nil {
					return err
				}
				after = c.ID
				if written++; progress != nil {
					progress(written)
				}
			}
		}
	}
	return archive.Close()
}

// pack adds one content to an archive.
func (h *Helpdesk) pack(ctx context.Context, archive *zip.Writer, c store.HeldContent) error {
	var content io.ReadCloser = io.NopCloser(bytes.NewReader(c.Data))
	if c.Data == nil {
		var sum [32]byte
		copy(sum[:], c.Sum)
		var err error
		if content, err = h.store.OpenBlob(ctx, sum); core.CodeOf(err) == core.NotFound {
			return nil // its time ended just now
		} else if err != nil {
			return err
		}
	}
	defer content.Close()
	file, err := archive.Create(packedName(c))
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		return fmt.Errorf("%s %s: %w", c.Way, c.ID, err)
	}
	return nil
}

// packedName is the place of a content in the archive. A sender chose a file's name: only its last part counts, and the id
// keeps two of one name apart.
func packedName(c store.HeldContent) string {
	if c.Way == "files" {
		name := strings.Map(func(r rune) rune {
			if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
				return '_'
			}
			return r
		}, c.Name)
		return filepath.ToSlash(filepath.Join("files", c.ID+"-"+strings.Trim(name, ".")))
	}
	if c.Way == "in" { // the number that `postdesk mail show` takes
		return "mail/in/" + strings.TrimLeft(c.ID, "0") + ".eml"
	}
	return "mail/out/" + c.ID + ".eml"
}

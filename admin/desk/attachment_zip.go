package desk

import (
	"archive/zip"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"postdesk/core"
)

// zipAttachments streams the files of a ticket that the reader may see as one archive; with ?record=, those of one record.
func zipAttachments(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	view, records, err := v.Helpdesk.Log(v.r.Context(), v.me, n)
	if err != nil {
		return err
	}
	name, only := fmt.Sprintf("%d.zip", view.Number), v.r.URL.Query().Get("record")
	var files []zipped
	for _, r := range records {
		for _, a := range r.Attachments {
			if !a.Removed && (only == "" || r.ID == only) {
				files = append(files, zipped{a, r.At})
			}
		}
	}
	if len(files) == 0 {
		return core.Refuse(core.NotFound, "error.not_found")
	}
	return v.download(view.Number, name, "application/zip", "attachment", func(w io.Writer) error {
		archive := zip.NewWriter(w)
		taken := map[string]bool{}
		for _, f := range files {
			if err := v.zip(archive, view.Number, f, taken); err != nil {
				return err
			}
		}
		return archive.Close()
	})
}

type zipped struct {
	core.AttachmentView
	at time.Time
}

func (v *visit) zip(archive *zip.Writer, n core.Number, f zipped, taken map[string]bool) error {
	_, content, err := v.Helpdesk.OpenAttachment(v.r.Context(), v.me, n, f.ID)
	if core.CodeOf(err) == core.NotFound { // its time was over meanwhile, or it is not the reader's any more
		return nil
	}
	if err != nil {
		return err
	}
	defer content.Close()
	w, err := archive.CreateHeader(&zip.FileHeader{Name: unlike(f.Name, taken), Method: zip.Deflate, Modified: f.at})
	if err == nil {
		_, err = io.Copy(w, content)
	}
	return err
}

// unlike gives a file a name that no other has in the archive, not even one that differs by capitals only, and that lies
// in no folder.
func unlike(name string, taken map[string]bool) string {
	name = core.CleanFileName(name, "file")
	ext := path.Ext(name)
	for i, stem := 2, strings.TrimSuffix(name, ext); taken[strings.ToLower(name)]; i++ {
		name = fmt.Sprintf("%s (%d)%s", stem, i, ext)
	}
	taken[strings.ToLower(name)] = true
	return name
}

package desk

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"slices"

	"postdesk/core"
)

// upload is a file that arrived with a form which was then refused. It waits in the session, so that nobody has to choose
// it again; its content is in the store already.
type upload struct {
	ID          string
	Name        string
	ContentType string
	Size        int64
	SHA256      [32]byte
}

// maxWaiting bounds what one session keeps waiting.
const maxWaiting = 20

// uploads collects the files of a form while it is read.
func (v *visit) uploads(into *[]upload) func(name, kind string, content io.Reader) error {
	return func(name, kind string, content io.Reader) error {
		a, err := v.Helpdesk.PutFile(v.r.Context(), name, kind, content)
		if err == nil {
			*into = append(*into, upload{ID: rand.Text(), Name: a.Name, ContentType: a.ContentType, Size: a.Size, SHA256: a.SHA256})
		}
		return err
	}
}

// waiting are the uploads of the session that the form still wants.
func (v *visit) waiting(ids []string) []upload {
	return slices.DeleteFunc(v.kept(), func(u upload) bool { return !slices.Contains(ids, u.ID) })
}

func (v *visit) kept() []upload {
	var all []upload
	if b := v.sessions.GetBytes(v.r.Context(), keyUploads); b != nil {
		if err := json.Unmarshal(b, &all); err != nil {
			return nil // written by another version of the desk
		}
	}
	return all
}

// wait keeps the files of a refused form for its next try.
func (v *visit) wait(files []upload) error {
	if len(files) == 0 {
		return nil
	}
	all := slices.DeleteFunc(v.kept(), func(u upload) bool {
		return slices.ContainsFunc(files, func(f upload) bool { return f.ID == u.ID })
	})
	all = append(all, files...)
	return v.keep(keyUploads, all[max(0, len(all)-maxWaiting):])
}

// attachments makes files of a form those of a record.
func attachments(files []upload) []core.Attachment {
	out := make([]core.Attachment, 0, len(files))
	for _, f := range files {
		out = append(out, core.Attachment{Name: f.Name, ContentType: f.ContentType, Size: f.Size, SHA256: f.SHA256})
	}
	return out
}

package desk

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"
)

// inlineKinds are what a browser may show by itself: pictures that cannot carry scripts. Everything else is for saving.
var inlineKinds = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

func shownInline(kind string) bool { return slices.Contains(inlineKinds, kind) }

// getAttachment streams a file to who may see the record that it belongs to. What the sender says it is counts only
// where its first bytes say the same.
func getAttachment(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	a, content, err := v.Helpdesk.OpenAttachment(v.r.Context(), v.me, n, chi.URLParam(v.r, "id"))
	if err != nil {
		return err
	}
	defer content.Close()
	head := make([]byte, 512)
	read, err := io.ReadFull(content, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	head = head[:read]
	kind, disposition := "application/octet-stream", "attachment"
	if shownInline(a.ContentType) && http.DetectContentType(head) == a.ContentType {
		kind, disposition = a.ContentType, "inline"
	}
	h := v.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": a.Name}))
	if h.Get("Content-Disposition") == "" {
		h.Set("Content-Disposition", disposition)
	}
	h.Set("Content-Length", strconv.FormatInt(a.Size, 10))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	if _, err := io.Copy(v.w, io.MultiReader(bytes.NewReader(head), content)); err != nil && v.r.Context().Err() == nil {
		v.Log.ErrorContext(v.r.Context(), "attachment cut off", "ticket", n, "error", err)
		panic(http.ErrAbortHandler) // the reader must notice that the file is not complete
	}
	return nil
}

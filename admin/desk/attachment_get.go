package desk

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"postdesk/core"
)

// downloadTime is how long a download may take.
const downloadTime = 10 * time.Minute

// inlineKinds are what a browser may show by itself: pictures that cannot carry scripts. Everything else is for saving,
// but for a PDF in the frame of our own page.
var inlineKinds = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

func shownInline(kind string) bool { return slices.Contains(inlineKinds, kind) }

const pdfKind = "application/pdf"

// opened is a file of a ticket with its first bytes read.
type opened struct {
	core.Attachment
	head    []byte // at most 512 bytes, as much as sniffing looks at
	content io.Reader
	io.Closer
}

// openFile opens the file of the address for who may see the record that it belongs to.
func (v *visit) openFile(n core.Number, id string) (*opened, error) {
	a, content, err := v.Helpdesk.OpenAttachment(v.r.Context(), v.me, n, id)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 512)
	read, err := io.ReadFull(content, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		content.Close()
		return nil, err
	}
	head = head[:read]
	return &opened{a, head, io.MultiReader(bytes.NewReader(head), content), content}, nil
}

// is tells whether the file is of a kind: what its sender says it is counts only where its first bytes say the same.
func (f *opened) is(kind string) bool {
	return f.ContentType == kind && http.DetectContentType(f.head) == kind
}

// getAttachment streams a file. ?in=frame asks for a PDF as the frame of the viewer shows it; its answer is a sandbox, so
// what runs in it has no part in the desk.
func getAttachment(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	f, err := v.openFile(n, chi.URLParam(v.r, "id"))
	if err != nil {
		return err
	}
	defer f.Close()
	kind, disposition := "application/octet-stream", "attachment"
	switch {
	case shownInline(f.ContentType) && f.is(f.ContentType):
		kind, disposition = f.ContentType, "inline"
	case v.r.URL.Query().Get("in") == "frame" && f.is(pdfKind):
		kind, disposition = pdfKind, "inline"
	}
	v.w.Header().Set("Content-Length", strconv.FormatInt(f.Size, 10))
	return v.download(n, f.Name, kind, disposition, func(w io.Writer) error {
		_, err := io.Copy(w, f.content)
		return err
	})
}

// download streams what belongs to a ticket, as something that has no part in the desk: it runs nothing and loads nothing.
func (v *visit) download(n core.Number, name, kind, disposition string, write func(io.Writer) error) error {
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(downloadTime)) // not possible on a recorder of tests
	h := v.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name})) // RFC 6266, RFC 8187
	if h.Get("Content-Disposition") == "" {
		h.Set("Content-Disposition", disposition)
	}
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'self'")
	if err := write(v.w); err != nil {
		if v.r.Context().Err() == nil {
			v.Log.ErrorContext(v.r.Context(), "download cut off", "ticket", n, "error", err)
		}
		panic(http.ErrAbortHandler) // the reader must notice that the file is not complete
	}
	return nil
}

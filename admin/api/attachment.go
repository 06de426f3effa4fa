package api

import (
	"bufio"
	"context"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"postdesk/core"
)

// downloadTime is how long a download may take.
const downloadTime = 10 * time.Minute

// images are the types that are sent as what they are, when the content begins like one. All else is octet-stream: what
// somebody attached must never run in the desk's name.
var images = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

type attachmentIn struct {
	Number core.Number `path:"number" minimum:"1"`
	ID     string      `path:"id"`
}

// attachment streams a file. Who may read the record that it belongs to may read it; that is asked each time.
func (a *api) attachment(ctx context.Context, in *attachmentIn) (*huma.StreamResponse, error) {
	file, content, err := a.Helpdesk.OpenAttachment(ctx, personOf(ctx), in.Number, in.ID)
	if err != nil {
		return nil, err
	}
	r := bufio.NewReader(content)
	head, err := r.Peek(512) // as much as sniffing looks at
	if err != nil && err != io.EOF {
		content.Close()
		return nil, err
	}
	kind := http.DetectContentType(head)
	if !slices.Contains(images, kind) {
		kind = "application/octet-stream"
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer content.Close()
		_, w := humachi.Unwrap(h)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(downloadTime)) // not possible on a recorder of tests
		h.SetHeader("Content-Type", kind)
		h.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name})) // RFC 6266, RFC 8187
		h.SetHeader("Content-Length", strconv.FormatInt(file.Size, 10))
		h.SetHeader("Content-Security-Policy", "sandbox; default-src 'none'")
		h.SetHeader("X-Content-Type-Options", "nosniff")
		h.SetStatus(http.StatusOK)
		if _, err := io.Copy(h.BodyWriter(), r); err != nil {
			a.Log.WarnContext(ctx, "attachment not sent to its end", "ticket", in.Number, "attachment", in.ID, "error", err)
			panic(http.ErrAbortHandler) // a cut answer must not look complete
		}
	}}, nil
}

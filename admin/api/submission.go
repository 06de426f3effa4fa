package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"postdesk/core"
)

// maxParts and maxFields bound a multipart submission: the number of its parts, and the bytes of its fields together.
const (
	maxParts  = 100
	maxFields = 1 << 20
)

// submission is embedded into the input of endpoints that take JSON, or multipart/form-data with files. The library
// would collect the files in memory and on disk; here they stream into the content store while the request is read.
type submission struct{ request *http.Request }

// Resolve keeps the request for the handler.
func (s *submission) Resolve(ctx huma.Context) []error {
	s.request, _ = humachi.Unwrap(ctx)
	return nil
}

// read takes the fields into the struct that into points to, and the files into the content store, in their order. A
// field that the struct does not have is an error.
func (s *submission) read(ctx context.Context, a *api, into any) ([]core.Attachment, error) {
	kind, params, err := mime.ParseMediaType(s.request.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "multipart/form-data" && params["boundary"] != "":
		return s.readMultipart(ctx, a, multipart.NewReader(s.request.Body, params["boundary"]), into)
	case err == nil && kind == "application/json":
		return nil, decode(json.NewDecoder(s.request.Body), into)
	}
	return nil, errMedia
}

func (s *submission) readMultipart(ctx context.Context, a *api, r *multipart.Reader, into any) ([]core.Attachment, error) {
	var files []core.Attachment
	fields, room := map[string]any{}, int64(maxFields)
	for n := 0; ; n++ {
		part, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if n == maxParts {
			return nil, errTooLarge
		}
		if part.FileName() != "" {
			content := &source{Reader: part}
			file, err := a.Helpdesk.PutFile(ctx, part.FileName(), contentType(part.Header.Get("Content-Type")), content)
			switch {
			case content.failed != nil:
				return nil, unreadable(content.failed)
			case err != nil:
				return nil, err
			}
			files = append(files, file)
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, room+1))
		if err != nil {
			return nil, unreadable(err)
		}
		if room -= int64(len(value)); room < 0 {
			return nil, errTooLarge
		}
		fields[part.FormName()] = formValue(string(value))
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return files, decode(json.NewDecoder(bytes.NewReader(raw)), into)
}

// flag is a yes or no that a form can send too, where every value is text.
type flag bool

// UnmarshalJSON takes true and false, as such or as text.
func (f *flag) UnmarshalJSON(raw []byte) error {
	b, err := strconv.ParseBool(strings.Trim(string(raw), `"`))
	*f = flag(b)
	return err
}

// count is a number that a form can send too.
type count int

// UnmarshalJSON takes a number, as such or as text.
func (c *count) UnmarshalJSON(raw []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	*c = count(n)
	return err
}

// fields are custom fields by name. A form sends them as one part, in the words of JSON.
type fields map[string]string

// UnmarshalJSON takes an object of texts, as such or as text.
func (f *fields) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = []byte(text)
	}
	var m map[string]string
	if err := json.Unmarshal(raw, &m); err != nil {
		return core.BadInput("fields", "error.api.form")
	}
	*f = m
	return nil
}

// formValue makes line ends of a form (CRLF, RFC 7578 inherits them from HTML) the ones of JSON texts.
func formValue(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// contentType is the media type that a client gave a file, without parameters; what is none becomes octet-stream.
func contentType(s string) string {
	kind, _, err := mime.ParseMediaType(s)
	if err != nil || len(kind) > 100 {
		return "application/octet-stream"
	}
	return kind
}

// decode reads exactly one JSON value without unknown fields.
func decode(d *json.Decoder, into any) error {
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err := d.Token(); err != io.EOF {
			return errBroken
		}
		return nil
	}
	var kind *json.UnmarshalTypeError
	var number *strconv.NumError
	var refusal *core.Error
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &kind):
		return core.BadInput(kind.Field, "error.api.form")
	case errors.As(err, &number):
		return core.BadInput("", "error.api.form")
	}
	if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		name, _ = strconv.Unquote(name)
		return core.BadInput(name, "error.api.unknown_field", name)
	}
	return unreadable(err)
}

// source notes whether reading failed, which is the client's doing, or storing, which is ours.
type source struct {
	io.Reader
	failed error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.failed = err
	}
	return n, err
}

// unreadable is the refusal of a body that is too large, cut or malformed.
func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return errBroken
}

// describeSubmission writes both forms of the body into the description.
func describeSubmission[B any](h huma.API, op *huma.Operation) {
	schemas := h.OpenAPI().Components.Schemas
	body := schemas.Schema(typeOf[B](), true, "")
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: body},
		"multipart/form-data": {Schema: &huma.Schema{AllOf: []*huma.Schema{
			{Type: "object", Description: "The same fields, and files as parts with a file name"}, body}}},
	}}
}

package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Bounds of one upload: the fields beside its files, in bytes, and fields and files together, in number. The body as a
// whole is capped by the server.
const (
	maxFields = 1 << 20
	maxParts  = 100
)

// ReadForm reads the fields of a form. A field that is not among the known ones is ErrForm.
func ReadForm(r *http.Request, known ...string) (url.Values, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return nil, ErrForm
	}
	if err := r.ParseForm(); err != nil {
		return nil, formError(err)
	}
	for name := range r.PostForm {
		if !slices.Contains(known, name) {
			return nil, ErrForm
		}
	}
	return r.PostForm, nil
}

// File takes one uploaded file while it arrives. The name is without any path.
type File func(name, contentType string, content io.Reader) error

// ReadUpload reads a multipart form in the order in which it arrives; files go to put under the field name "files".
func ReadUpload(r *http.Request, put File, known ...string) (url.Values, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, ErrForm
	}
	values, room := url.Values{}, int64(maxFields)
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if err == io.EOF {
			return values, nil
		}
		if err != nil {
			return nil, formError(err)
		}
		if n == maxParts {
			return nil, ErrTooLarge
		}
		if part.FormName() == "files" {
			if err := putFile(part, put); err != nil {
				return nil, err
			}
			continue
		}
		if !slices.Contains(known, part.FormName()) {
			return nil, ErrForm
		}
		text, err := io.ReadAll(io.LimitReader(part, room+1))
		if err != nil {
			return nil, formError(err)
		}
		if room -= int64(len(text)); room < 0 {
			return nil, ErrTooLarge
		}
		values.Add(part.FormName(), string(text))
	}
}

func putFile(part *multipart.Part, put File) error {
	name := fileName(part.FileName())
	if name == "" { // the browser sends the field empty where no file was chosen
		return nil
	}
	kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		kind = "application/octet-stream"
	}
	content := &remembering{from: part}
	if err := put(name, kind, content); err != nil {
		if content.err != nil { // it was the upload that broke, not the storing
			return formError(content.err)
		}
		return err
	}
	return nil
}

// remembering keeps the error of reading, which whoever reads may wrap away.
type remembering struct {
	from io.Reader
	err  error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// fileName is the last part of what the browser calls the file, without characters that a file name cannot show.
func fileName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
	if runes := []rune(name); len(runes) > 200 {
		name = string(runes[:200])
	}
	return strings.TrimSpace(name)
}

func formError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return ErrTooLarge
	}
	return ErrForm
}

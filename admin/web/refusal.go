package web

import (
	"errors"
	"net/http"

	"postdesk/core"
)

// ErrForm is a form that no page of the desk makes: an unknown field, or no form at all.
var ErrForm = core.Refuse(core.Invalid, "error.form")

// ErrTooLarge is a form beyond its limit.
var ErrTooLarge = core.Refuse(core.Invalid, "error.too_large")

// Status is the HTTP status of a refusal; what is no refusal is a failure of the server.
func Status(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, ErrForm):
		return http.StatusBadRequest
	case errors.Is(err, ErrTooLarge), errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	}
	switch core.CodeOf(err) {
	case core.NotFound:
		return http.StatusNotFound
	case core.Forbidden:
		return http.StatusForbidden
	case core.Conflict, core.Stale:
		return http.StatusConflict
	case core.Invalid:
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}

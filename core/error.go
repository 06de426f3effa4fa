package core

import (
	"errors"
	"fmt"
)

// Code says what kind of refusal an error is; each edge maps it once (HTTP status, receipt, exit code).
type Code string

// The codes.
const (
	NotFound  Code = "not_found" // not there, or may not be seen: the same answer (D13)
	Forbidden Code = "forbidden" // visible, but this act is not allowed by the matrix
	Conflict  Code = "conflict"  // allowed, but not possible in the present state
	Stale     Code = "stale"     // the caller acted on an outdated version (E5)
	Invalid   Code = "invalid"   // the input is malformed; Field says which
)

// Error is a refusal that a person can be told. Key names the sentence in the locale files, Args fill it.
type Error struct {
	Code  Code
	Field string // with Invalid: the input's name
	Key   string
	Args  []any
}

// Error gives the operator's wording; people see the translated sentence of Key.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Field != "" {
		s += " " + e.Field
	}
	if e.Key != "" {
		s += ": " + e.Key
	}
	if len(e.Args) > 0 {
		s += fmt.Sprintf(" %v", e.Args)
	}
	return s
}

// Refuse makes an *Error without a field.
func Refuse(code Code, key string, args ...any) error {
	return &Error{Code: code, Key: key, Args: args}
}

// BadInput makes an *Error of code Invalid for one input field.
func BadInput(field, key string, args ...any) error {
	return &Error{Code: Invalid, Field: field, Key: key, Args: args}
}

// FieldOf returns the input that an *Error within err is about, or "".
func FieldOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}

// CodeOf returns the code of the *Error within err, or "" where it is none (a failure, not a refusal).
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

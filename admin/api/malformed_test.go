package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// NUL and bytes that are no UTF-8 came back as failures of the server.
func TestTextThatCannotBeKeptIsTheCallersMistake(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, path := range []string{"/tickets?q=%00", "/tickets?q=%ff", "/people?q=%00"} {
		r.want(http.StatusUnprocessableEntity, "mia", http.MethodGet, "/api/v1"+path, nil)
	}
	r.post(http.StatusUnprocessableEntity, "ben", "/tickets", map[string]any{"service": "Printers", "subject": "a\x00b", "text": "t"})
	n := r.open("ben", "Paper jam")
	r.act(http.StatusUnprocessableEntity, "mia", n, "record", map[string]any{"text": "a\x00b"})
	if log := r.log.String(); strings.Contains(log, "request failed") {
		t.Errorf("the log tells of failures: %s", log)
	}
}

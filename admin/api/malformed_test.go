package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// NUL and bytes that are no UTF-8 came back as failures of the server.
func TestTextThatCannotBeKeptIsTheCallersMistake(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, path := range []string{"/tickets?q=%00", "/tickets?q=%ff", "/knowledge?q=%00"} { // what is no text is in no text
		r.want(http.StatusOK, "mia", http.MethodGet, "/api/v1"+path, nil)
	}
	r.want(http.StatusUnprocessableEntity, "mia", http.MethodGet, "/api/v1/people?q=%00", nil)
	r.post(http.StatusUnprocessableEntity, "ben", "/tickets", map[string]any{"service": "Printers", "subject": "a\x00b", "text": "t"})
	n := r.open("ben", "Paper jam")
	r.act(http.StatusUnprocessableEntity, "mia", n, "record", map[string]any{"text": "a\x00b"})
	r.act(http.StatusOK, "mia", n, "ask", object{"approvers": []string{"mia@city.test"}, "text": "May he?"})
	for action, body := range map[string]object{
		"assign": {"solver": "a\x00b"}, "resolve": {"text": "a\x00b"}, "move": {"service": "a\x00b"}, "edit": {"text": "a\x00b"}, "split": {"record": "a\x00b"},
		"ask": {"approvers": []string{"sol@city.test"}, "text": "a\x00b"}, "approve": {"text": "a\x00b"}, "reject": {"text": "a\x00b"}, "cancel_ask": {"id": "a\x00b"},
		"link": {"number": int64(1) << 62}, "merge": {"into": int64(1) << 62}, "parent": {"number": int64(1) << 62}, "participant": {"add": "a\x00b"},
		"due": {"internal_target": "12026-01-01T00:00:00Z"},
	} {
		r.act(http.StatusUnprocessableEntity, "mia", n, action, body)
	}
	r.act(http.StatusUnprocessableEntity, "mia", n, "ask", object{"approvers": []string{"a\x00b"}, "text": "x"})
	r.want(http.StatusUnprocessableEntity, "mia", http.MethodPut, "/api/v1/me/notifications", object{"reason": "a\x00b", "wanted": true})
	r.want(http.StatusUnprocessableEntity, "mia", http.MethodPut, "/api/v1/me/notifications", object{"reason": "solver", "service": "a\x00b", "wanted": true})
	r.want(http.StatusUnprocessableEntity, "mia", http.MethodPut, "/api/v1/me/absence", absence(0, time.Hour, "a\x00b"))
	r.get(http.StatusUnprocessableEntity, "mia", n+"/who?event=%00")
	if log := r.log.String(); strings.Contains(log, "request failed") {
		t.Errorf("the log tells of failures: %s", log)
	}
}

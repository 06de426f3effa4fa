package desk

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Acts that concern another ticket (E10).
var (
	doLink = act{[]string{"number", "undo"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		other, err := ticketNumber(form, "number")
		if err != nil {
			return n, err
		}
		if form.Has("undo") {
			return a.UnlinkTicket(v.r.Context(), n, other, version)
		}
		return a.LinkTicket(v.r.Context(), n, other, version)
	}}
	doMerge = act{[]string{"into"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		into, err := ticketNumber(form, "into")
		if err != nil {
			return n, err
		}
		return a.MergeTicket(v.r.Context(), n, into, version)
	}}
	doParent = act{[]string{"number", "undo"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		if form.Has("undo") {
			return a.SetParent(v.r.Context(), n, 0, version)
		}
		parent, err := ticketNumber(form, "number")
		if err != nil {
			return n, err
		}
		return a.SetParent(v.r.Context(), n, parent, version)
	}}
	doSplit = act{[]string{"record"}, func(v *visit, a *helpdesk.Act, n core.Number, version int, form url.Values) (core.Number, error) {
		return a.SplitTicket(v.r.Context(), n, form.Get("record"), version)
	}}
)

// numberTyped is a ticket's number as people write it: 1042, #1042, or with the tag of a subject around it.
var numberTyped = regexp.MustCompile(`^(?:\[.*#\s*|#\s*)?([0-9]{1,18})\s*\]?$`)

// ticketNumber reads the number of another ticket.
func ticketNumber(form url.Values, field string) (core.Number, error) {
	typed := strings.TrimSpace(form.Get(field))
	m := numberTyped.FindStringSubmatch(typed)
	if m == nil {
		return 0, core.BadInput(field, "error.ticket.number", typed)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || n == 0 {
		return 0, core.BadInput(field, "error.ticket.number", typed)
	}
	return core.Number(n), nil
}

package mailin

import (
	"net/mail"
	"strings"
	"time"
)

// appendIDs adds the message ids of a field value (RFC 5322 3.6.4), each once.
// Ids that lost their angle brackets are taken when they hold an "@".
func appendIDs(ids []string, value string) []string {
	add := func(id string) {
		id = strings.Map(func(r rune) rune {
			if r <= ' ' {
				return -1
			}
			return r
		}, id)
		if id == "" || len(id) > 998 || len(ids) >= 1000 {
			return
		}
		for _, have := range ids {
			if have == id {
				return
			}
		}
		ids = append(ids, id)
	}
	if strings.Contains(value, "=?") {
		value = decodeHeaderText(value) // some relays encode ids against RFC 2047 5
	}
	if !strings.Contains(value, "<") {
		for _, w := range strings.Fields(value) {
			if strings.Contains(w, "@") {
				add(strings.Trim(w, "<>,;\"'"))
			}
		}
		return ids
	}
	for {
		i := strings.IndexByte(value, '<')
		if i < 0 {
			return ids
		}
		value = value[i+1:]
		j := strings.IndexByte(value, '>')
		if j < 0 {
			add(value)
			return ids
		}
		if k := strings.LastIndexByte(value[:j], '<'); k >= 0 {
			add(value[k+1 : j]) // "<<id>>" or an unclosed id before
		} else {
			add(value[:j])
		}
		value = value[j+1:]
	}
}

func firstID(value string) string {
	if ids := appendIDs(nil, value); len(ids) > 0 {
		return ids[0]
	}
	v := strings.Trim(value, "<> ")
	if len(v) > 998 {
		v = ""
	}
	return strings.Join(strings.Fields(v), "")
}

// appendReceivedFor adds the address behind "for" of a Received field.
func appendReceivedFor(list []string, value string) []string {
	_, rest, ok := strings.Cut(value, " for <")
	if !ok {
		return list
	}
	if a, _, ok := strings.Cut(rest, ">"); ok && strings.Contains(a, "@") && !strings.ContainsAny(a, " \t\"<") {
		list = append(list, a)
	}
	return list
}

// dateLayouts are forms of the Date field that the standard parser refuses.
var dateLayouts = []string{
	"Mon, 2 Jan 2006 15:04:05 MST",
	"Mon, 2 Jan 2006 15:04:05",
	"Mon, 2 Jan 2006 15:04 -0700",
	"Mon Jan 2 15:04:05 2006",
	"Mon Jan 2 15:04:05 MST 2006",
	"Mon Jan 2 15:04:05 2006 -0700",
	"2 Jan 2006 15:04:05",
	"Mon, 2 Jan 2006 15:4:5 -0700",
	"Monday, 2 January 2006 15:04:05 -0700",
	"Mon, 2 January 2006 15:04:05 -0700",
	"Monday, January 2, 2006 3:04 PM",
	"2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05",
}

// readDate reads a Date field, strictly first, then as mail programs get it
// wrong. It returns nil for what is no date.
func readDate(value string) *time.Time {
	value = strings.TrimSpace(value)
	if len(value) > 128 || value == "" {
		return nil
	}
	// The form that nearly all mail has, before the parser that tries many.
	if t, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", value); err == nil && sane(t) {
		return &t
	}
	if t, err := mail.ParseDate(value); err == nil && sane(t) {
		return &t
	}
	if t, err := time.Parse(time.RFC3339, value); err == nil && sane(t) {
		return &t
	}
	if i := strings.IndexByte(value, '('); i > 0 {
		value = value[:i]
	}
	value = strings.Join(strings.Fields(strings.ReplaceAll(value, ",", ", ")), " ")
	if i := strings.LastIndexAny(value, "+-"); i > 0 && len(value)-i == 6 && value[i+3] == ':' {
		value = value[:i+3] + value[i+4:]
	}
	value = strings.Replace(value, " GMT+", " +", 1)
	value = strings.Replace(value, " GMT-", " -", 1)
	if t, err := mail.ParseDate(value); err == nil && sane(t) {
		return &t
	}
	for _, l := range dateLayouts {
		if t, err := time.Parse(l, value); err == nil && sane(t) {
			return &t
		}
	}
	if i := strings.Index(value, ", "); i > 0 { // an unknown name of the day
		if t, err := mail.ParseDate(value[i+2:]); err == nil && sane(t) {
			return &t
		}
	}
	return nil
}

// sane keeps dates that a database and RFC 3339 can hold.
func sane(t time.Time) bool { return t.Year() > 0 && t.Year() < 10000 }

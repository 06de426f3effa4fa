package api

import (
	"encoding/base64"
	"strconv"

	"postdesk/core"
)

// perPage is how many entries a list has on one page.
const perPage = 50

// nextPage makes the opaque name of the page behind an entry; "" at the end of the list (0).
func nextPage(after int64) string {
	if after == 0 {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte("after " + strconv.FormatInt(after, 10)))
}

// pageAfter reads such a name; "" is the first page.
func pageAfter(page string) (int64, error) {
	if page == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(page)
	if err == nil && len(raw) > len("after ") && string(raw[:len("after ")]) == "after " {
		if n, err := strconv.ParseInt(string(raw[len("after "):]), 10, 64); err == nil && n > 0 {
			return n, nil
		}
	}
	return 0, core.BadInput("page", "error.page")
}

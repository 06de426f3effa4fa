package api

import "net/http"

// endpoints is every endpoint of the API.
func (a *api) endpoints() []endpoint {
	get, post := http.MethodGet, http.MethodPost
	_ = post
	return []endpoint{
		on(a, get, "/tickets/{number}", "ticket-get", "A ticket", a.ticketGet),
	}
}

package desk

import (
	"encoding/json"
	"net/http"
	"strings"
)

// foundPerson is somebody whose name or address begins so.
type foundPerson struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

// findPeople completes names and addresses as one types, within the reader's own organization (A51, A57, A82).
func findPeople(v *visit) error {
	query := strings.TrimSpace(v.r.URL.Query().Get("q"))
	if runes := []rune(query); len(runes) > 200 {
		query = string(runes[:200])
	}
	people, _, err := v.Helpdesk.People(v.r.Context(), v.me, query)
	if err != nil {
		return err
	}
	found := make([]foundPerson, 0, len(people))
	for _, p := range people {
		v.printer.Name(&p)
		found = append(found, foundPerson{p.Email, p.Name})
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(http.StatusOK)
	return json.NewEncoder(v.w).Encode(found)
}

package api

import (
	"context"
	"strings"
)

// Found is a person as a search shows them (A53).
type Found struct {
	Email        string `json:"email"`
	Name         string `json:"name"`
	Organization string `json:"organization"`
}

type peopleListIn struct {
	Q string `query:"q" maxLength:"200" doc:"The beginning of an address, or a part of a name"`
}

type peopleListOut struct {
	Body struct {
		People []Found `json:"people"`
	}
}

// peopleList completes names and addresses within the person's own organization.
func (a *api) peopleList(ctx context.Context, in *peopleListIn) (*peopleListOut, error) {
	people, organization, err := a.Helpdesk.People(ctx, personOf(ctx), strings.TrimSpace(in.Q))
	if err != nil {
		return nil, err
	}
	out := &peopleListOut{}
	out.Body.People = make([]Found, 0, len(people))
	for _, p := range people {
		out.Body.People = append(out.Body.People, Found{Email: p.Email, Name: p.Name, Organization: organization})
	}
	return out, nil
}

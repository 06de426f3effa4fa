package api

import (
	"context"

	"postdesk/core/helpdesk"
)

type serviceListOut struct {
	Body struct {
		Services []helpdesk.ServiceView `json:"services"`
	}
}

// serviceList lists the services in which the person may open tickets or has a role.
func (a *api) serviceList(ctx context.Context, _ *struct{}) (*serviceListOut, error) {
	services, err := a.Helpdesk.Services(ctx, personOf(ctx))
	if err != nil {
		return nil, err
	}
	out := &serviceListOut{}
	out.Body.Services = services
	return out, nil
}

package api

import (
	"context"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// NoticeChoice is the person's word about a reason.
type NoticeChoice struct {
	Reason  string `json:"reason"`
	Service string `json:"service,omitempty" doc:"By name or path, with those below it; absent = everywhere"`
	Wanted  *bool  `json:"wanted" doc:"Null takes the word back"`
}

type noticesIn struct {
	Service string `query:"service" doc:"By name or path: what counts there; absent = where nothing else is said of a service"`
}

type noticesOut struct {
	Body struct {
		Notifications []core.NoticeState `json:"notifications"`
		Own           []NoticeChoice     `json:"own" doc:"All that the person said"`
	}
}

// noticesGet lists the reasons for which the person gets mail and can switch it (E4), as they stand.
func (a *api) noticesGet(ctx context.Context, in *noticesIn) (*noticesOut, error) {
	return a.notices(ctx, personOf(ctx), in.Service)
}

func (a *api) notices(ctx context.Context, p *core.Person, service string) (*noticesOut, error) {
	dir, id, err := a.serviceNamed(ctx, service)
	if err != nil {
		return nil, err
	}
	out := &noticesOut{}
	out.Body.Notifications, out.Body.Own = dir.NoticeStates(p, id), []NoticeChoice{}
	for _, s := range p.Settings {
		out.Body.Own = append(out.Body.Own, NoticeChoice{Reason: s.Reason, Service: dir.Path(s.Service), Wanted: &s.Wanted})
	}
	return out, nil
}

type noticesPutIn struct{ Body NoticeChoice }

func (a *api) noticesPut(ctx context.Context, in *noticesPutIn) (*noticesOut, error) {
	_, id, err := a.serviceNamed(ctx, in.Body.Service)
	if err != nil {
		return nil, err
	}
	if err := a.Helpdesk.SetNotice(ctx, actor(ctx), helpdesk.NoticeChoice{Reason: in.Body.Reason, Service: id, Wanted: in.Body.Wanted}); err != nil {
		return nil, err
	}
	p, err := a.Helpdesk.PersonByAddress(ctx, personOf(ctx).Email) // with what was said now
	if err != nil {
		return nil, err
	}
	return a.notices(ctx, p, in.Body.Service)
}

// serviceNamed finds a service; "" is none.
func (a *api) serviceNamed(ctx context.Context, name string) (*core.Directory, core.ServiceID, error) {
	dir, err := a.Helpdesk.Directory(ctx)
	if err != nil || name == "" {
		return dir, 0, err
	}
	s := dir.ServiceByName(name)
	if s == nil {
		return nil, 0, core.BadInput("service", "error.service.unknown")
	}
	return dir, s.ID, nil
}

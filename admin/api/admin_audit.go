package api

import (
	"context"
	"time"

	"postdesk/core"
)

type auditIn struct {
	Page string `query:"page"`
}

// AuditRow is one change of the configuration. Before and After have the fields that changed; secrets only show that
// they were set.
type AuditRow struct {
	ID     int64             `json:"id"`
	At     time.Time         `json:"at"`
	Actor  string            `json:"actor"` // an address, or the name of who ran a command on the machine
	Via    core.Via          `json:"via"`
	Noun   core.AuditNoun    `json:"noun"`
	Name   string            `json:"name"`
	Action core.AuditAction  `json:"action"`
	Before map[string]string `json:"before,omitempty"`
	After  map[string]string `json:"after,omitempty"`
}

type auditOut struct {
	Body struct {
		Changes []AuditRow `json:"changes"`
		Next    string     `json:"next,omitempty"`
	}
}

// auditList lists who changed the configuration.
func (a *api) auditList(ctx context.Context, in *auditIn) (*auditOut, error) {
	after, err := pageAfter(in.Page)
	if err != nil {
		return nil, err
	}
	entries, next, err := a.Helpdesk.Audit(ctx, personOf(ctx), after, perPage)
	if err != nil {
		return nil, err
	}
	out := &auditOut{}
	out.Body.Changes, out.Body.Next = make([]AuditRow, len(entries)), nextPage(next)
	for i, e := range entries {
		out.Body.Changes[i] = AuditRow{ID: e.ID, At: e.At.UTC(), Actor: e.ActorName, Via: e.Via, Noun: e.Noun, Name: e.Name,
			Action: e.Action, Before: e.Before, After: e.After}
	}
	return out, nil
}

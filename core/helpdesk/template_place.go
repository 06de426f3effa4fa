package helpdesk

import (
	"context"
	"slices"
	"strings"
	"time"

	"postdesk/core"
)

// TemplatePlace is a service whose templates a person manages (A28).
type TemplatePlace struct {
	Path     string
	Folder   bool // it takes no tickets: its templates serve in the services below it, and none is periodic
	Language core.Language
	Fields   []core.TicketField // what its ticket templates can fill in
}

// TemplatePlaces lists them by path.
func (h *Helpdesk) TemplatePlaces(ctx context.Context, p *core.Person) ([]TemplatePlace, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var places []TemplatePlace
	for id, s := range dir.Services {
		if dir.MayManageTemplates(id, p) {
			places = append(places, TemplatePlace{Path: dir.Path(id), Folder: s.Folder, Language: s.Language.Or(core.English), Fields: dir.FieldsFor(id, true)})
		}
	}
	slices.SortFunc(places, func(a, b TemplatePlace) int { return strings.Compare(a.Path, b.Path) })
	return places, nil
}

// Runs are the next moments of a schedule, up to n; a schedule without a time zone is the desk's. The error says why it is
// none.
func (h *Helpdesk) Runs(ctx context.Context, s core.Schedule, n int) ([]time.Time, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	if s.Timezone == "" {
		s.Timezone = dir.Desk.Timezone
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	runs, at := make([]time.Time, 0, n), h.now()
	for range n {
		at = s.Next(at)
		runs = append(runs, at)
	}
	return runs, nil
}

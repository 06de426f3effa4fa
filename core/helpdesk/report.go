package helpdesk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"postdesk/core"
	"postdesk/core/store"
)

// ReportQuery asks for a report. What is empty has its default: the 90 days up to today, by week and service, of all that
// the person oversees, on the desk's clocks.
type ReportQuery struct {
	From, To string // days, as 2026-03-31; both included
	Every    core.ReportEvery
	By       core.ReportBy
	Service  string // with all that stand below it
	Timezone string
}

// Report gives numbers over time, to main solvers and managers for the tickets that they oversee (A29, A46), and to the
// delegates of main solvers (E14). For everybody else it is forbidden.
func (h *Helpdesk) Report(ctx context.Context, p *core.Person, q ReportQuery) (*core.Report, error) {
	dir, err := h.Directory(ctx)
	if err != nil {
		return nil, err
	}
	grants := overseen(dir, p)
	if grants.Empty() {
		return nil, core.Refuse(core.Forbidden, "error.report.forbidden")
	}
	if q.Service != "" {
		if s := dir.ServiceByName(q.Service); s != nil {
			grants = grants.Within(dir.Below(s.ID))
		} else {
			grants = store.Grants{}
		}
		if grants.Empty() { // not there, and not theirs: the same answer
			return nil, core.BadInput("service", "error.service.unknown")
		}
	}
	q.By = cmp.Or(q.By, core.ReportBys()[0])
	if !slices.Contains(core.ReportBys(), q.By) {
		return nil, core.BadInput("by", "error.report.by", string(q.By))
	}
	span, err := q.span(dir, h.now())
	if err != nil {
		return nil, err
	}
	data, err := h.store.Report(ctx, grants, q.By, span, h.now())
	if err != nil {
		return nil, err
	}
	names, err := h.reportNames(ctx, dir, q.By, data.Keys())
	if err != nil {
		return nil, err
	}
	return core.NewReport(span, q.By, data, names, h.now()), nil
}

// span reads which time is asked for.
func (q ReportQuery) span(dir *core.Directory, now time.Time) (*core.ReportSpan, error) {
	name := cmp.Or(q.Timezone, dir.Desk.Timezone, "UTC")
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, core.BadInput("timezone", "error.report.timezone", name)
	}
	to := core.DateOf(now.In(zone))
	if q.To != "" {
		if to, err = core.ParseDate(q.To); err != nil {
			return nil, core.BadInput("to", "error.report.date", q.To)
		}
	}
	from := core.DateOf(time.Date(to.Year, to.Month, to.Day-89, 0, 0, 0, 0, time.UTC))
	if q.From != "" {
		if from, err = core.ParseDate(q.From); err != nil {
			return nil, core.BadInput("from", "error.report.date", q.From)
		}
	}
	return core.NewReportSpan(from, to, cmp.Or(q.Every, "week"), zone)
}

// overseen is whose work a person oversees: where they are main solver or manager, or stand in for a main solver.
func overseen(dir *core.Directory, p *core.Person) (grants store.Grants) {
	if p.Disabled {
		return grants
	}
	absent := dir.StandsFor(p)
	for id := range dir.Services {
		limits := map[core.RequesterGroupID]bool{}
		for _, s := range dir.Lineage(id) {
			for _, g := range dir.Grants[s.ID] {
				own := (g.Role == core.MainSolver || g.Role == core.Manager) && g.HeldBy(p)
				if own || g.Role == core.MainSolver && slices.ContainsFunc(absent, g.HeldBy) {
					limits[g.For] = true
				}
			}
		}
		for limit := range limits {
			if limit == 0 || !limits[0] {
				grants.Add(id, limit)
			}
		}
	}
	return grants
}

// reportNames names the keys of a report for people.
func (h *Helpdesk) reportNames(ctx context.Context, dir *core.Directory, by core.ReportBy, keys []string) (map[string]core.ReportKey, error) {
	names := make(map[string]core.ReportKey, len(keys))
	var ids []int64
	for _, key := range keys {
		if id, err := strconv.ParseInt(key, 10, 64); err == nil {
			ids = append(ids, id)
		}
		names[key] = core.ReportKey{Key: key}
	}
	switch by {
	case "service":
		for _, id := range ids {
			if s := dir.Services[core.ServiceID(id)]; s != nil {
				names[strconv.FormatInt(id, 10)] = core.ReportKey{Key: dir.Path(s.ID), Name: s.Name}
			}
		}
	case "group":
		groups, err := h.store.SolverGroupNames(ctx, ids)
		if err != nil {
			return nil, err
		}
		for id, g := range groups {
			names[strconv.FormatInt(int64(id), 10)] = core.ReportKey{Key: dir.Path(g.Service) + "/" + g.Name, Name: g.Name}
		}
	case "solver":
		people := make([]core.PersonID, len(ids))
		for i, id := range ids {
			people[i] = core.PersonID(id)
		}
		found, err := h.store.People(ctx, people)
		if err != nil {
			return nil, err
		}
		for id, x := range found {
			names[strconv.FormatInt(int64(id), 10)] = core.ReportKey{Key: x.Email, Name: x.Ref().Display()}
		}
	}
	return names, nil
}

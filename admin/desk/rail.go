package desk

import "postdesk/admin/web"

// decisionsMost is up to how many approvals are counted in the rail.
const decisionsMost = 100

// areas are the parts of the desk beside tickets that are for the reader. A page does without them where the database
// fails.
func (v *visit) areas() (a web.Areas) {
	if v.me == nil || v.r.Header.Get("HX-Request") == "true" { // a part has no rail
		return a
	}
	areas, err := v.Helpdesk.Areas(v.r.Context(), v.me, decisionsMost)
	if err != nil {
		v.Log.WarnContext(v.r.Context(), "areas not found", "error", err)
		return a
	}
	a = web.Areas{Knowledge: areas.Knowledge, News: areas.News, Reports: areas.Reports, Templates: areas.Templates}
	switch {
	case areas.Approvals == decisionsMost:
		a.Approvals = v.printer.Number(decisionsMost-1) + "+"
	case areas.Approvals > 0:
		a.Approvals = v.printer.Number(int64(areas.Approvals))
	}
	return a
}

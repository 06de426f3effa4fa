package desk

import (
	"time"

	"postdesk/admin/web"
	"postdesk/core"
)

// absencePart is when the reader is away, and who stands in for whom (E14).
type absencePart struct {
	Own         *core.Absence // nil = none is set
	Now         bool          // the own one is in effect
	Unfit       bool          // who was named cannot stand in any more
	From, Until string        // the own one's first and last day, as a date field has them
	For         []standingIn
	MayDelegate bool // the reader is of an organization, so that there is somebody to name
}

// standingIn is somebody for whom the reader stands in, now or later.
type standingIn struct {
	core.Absence
	Now bool
}

const dateField = "2006-01-02"

func (v *visit) absencePart() (p absencePart) {
	zone := v.zone()
	p.MayDelegate = v.me.Organization != 0
	if p.Own = v.dir.AbsenceOf(v.me.ID); p.Own != nil {
		if !p.Own.Until.After(v.now) { // it is over, and its end is about to be noted
			p.Own = nil
		} else {
			p.Now = v.dir.Away(v.me.ID)
			p.Unfit = p.Own.Delegate != nil && !p.Own.Fits()
			p.From = p.Own.From.In(zone).Format(dateField)
			p.Until = p.Own.Until.Add(-time.Nanosecond).In(zone).Format(dateField)
		}
	}
	for _, x := range v.dir.Absences {
		if x.Delegate != nil && x.Delegate.ID == v.me.ID && x.Until.After(v.now) && x.Fits() && !x.Person.Disabled {
			p.For = append(p.For, standingIn{x, !x.From.After(v.now)})
		}
	}
	return p
}

// changeAbsence takes days: the first and the last one away.
func changeAbsence(v *visit) error {
	form, err := web.ReadForm(v.r, "from", "until", "delegate")
	if err != nil {
		return err
	}
	from, err := time.ParseInLocation(dateField, form.Get("from"), v.zone())
	if err != nil {
		return v.profileRefused(sectionAbsence, form, core.BadInput("from", "error.absence.date"))
	}
	last, err := time.ParseInLocation(dateField, form.Get("until"), v.zone())
	if err != nil {
		return v.profileRefused(sectionAbsence, form, core.BadInput("until", "error.absence.date"))
	}
	if err := v.Helpdesk.SetAbsence(v.r.Context(), v.actor(), from, last.AddDate(0, 0, 1), core.FoldAddress(form.Get("delegate"))); err != nil {
		return v.profileRefused(sectionAbsence, form, err)
	}
	return v.profileDone(sectionAbsence, v.printer.T("profile.absence.said"))
}

func endAbsence(v *visit) error {
	form, err := web.ReadForm(v.r)
	if err != nil {
		return err
	}
	if err := v.Helpdesk.EndAbsence(v.r.Context(), v.actor()); err != nil {
		return v.profileRefused(sectionAbsence, form, err)
	}
	return v.profileDone(sectionAbsence, v.printer.T("profile.absence.said_end"))
}

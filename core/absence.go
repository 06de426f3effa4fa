package core

import (
	"slices"
	"time"
)

// Absence is when somebody is away, and who does their duties as main solver and approver meanwhile (A35, E14). Delegate
// nil = nobody does. Until itself is outside.
type Absence struct {
	Person   *Person
	From     time.Time
	Until    time.Time
	Delegate *Person
}

// maxAbsence bounds how far an absence may reach.
const maxAbsence = 2 * 366 * 24 * time.Hour

// Check tells what is wrong with an absence that somebody is about to set: it ends after it begins and in the future, and
// the delegate is another one who works in the same organization (E14).
func (a Absence) Check(now time.Time) error {
	switch {
	case !a.From.Before(a.Until):
		return BadInput("until", "error.absence.order")
	case !a.Until.After(now):
		return BadInput("until", "error.absence.past")
	case a.Until.Sub(now) > maxAbsence:
		return BadInput("until", "error.absence.long")
	case a.Delegate == nil:
		return nil
	case a.Delegate.ID == a.Person.ID:
		return BadInput("delegate", "error.absence.self")
	case !a.Fits(): // D28: one answer for all
		return BadInput("delegate", "error.absence.delegate")
	}
	return nil
}

// Fits tells whether the one who is named can be the delegate: somebody enabled who works in the same organization (E14).
func (a Absence) Fits() bool {
	return !a.Delegate.Disabled && a.Delegate.Origin == Configured && SameOrganization(a.Person, a.Delegate)
}

// Meets tells whether two absences have some time in common.
func (a Absence) Meets(b Absence) bool { return a.From.Before(b.Until) && b.From.Before(a.Until) }

// At is the directory as it counts at a moment: with the absences that are in effect then, and those delegates who still
// fit. Nobody has duties to stand in for once they are disabled.
func (d *Directory) At(now time.Time) *Directory {
	var away []Absence
	for _, a := range d.Absences {
		if !now.Before(a.From) && now.Before(a.Until) {
			if a.Delegate != nil && (a.Person.Disabled || !a.Fits()) {
				a.Delegate = nil
			}
			away = append(away, a)
		}
	}
	if away == nil && d.away == nil {
		return d
	}
	at := *d
	at.away = away
	return &at
}

// Away tells whether the person is absent at the directory's moment.
func (d *Directory) Away(id PersonID) bool {
	return slices.ContainsFunc(d.away, func(a Absence) bool { return a.Person.ID == id })
}

// StandsIn tells whether the delegate does the absent person's duties now. Delegation goes one step only: whom an absent
// delegate names does not count (E14).
func (d *Directory) StandsIn(delegate, absent PersonID) bool {
	return slices.ContainsFunc(d.away, func(a Absence) bool {
		return a.Person.ID == absent && a.Delegate != nil && a.Delegate.ID == delegate
	})
}

// DelegateOf is who does an absent person's duties now; nil where nobody does, or the person is there.
func (d *Directory) DelegateOf(id PersonID) *Person {
	for _, a := range d.away {
		if a.Person.ID == id {
			return a.Delegate
		}
	}
	return nil
}

// StandsFor are the absent people whose duties the person does now.
func (d *Directory) StandsFor(p *Person) []*Person {
	var absent []*Person
	for _, a := range d.away {
		if a.Delegate != nil && a.Delegate.ID == p.ID {
			absent = append(absent, a.Person)
		}
	}
	return absent
}

// AbsenceOf is the absence that a person has set, in effect or to come; nil where there is none.
func (d *Directory) AbsenceOf(id PersonID) *Absence {
	for i := range d.Absences {
		if d.Absences[i].Person.ID == id {
			return &d.Absences[i]
		}
	}
	return nil
}

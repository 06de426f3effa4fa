package api

import (
	"context"
	"time"

	"postdesk/core"
)

// Me is the person of the token.
type Me struct {
	Email         string        `json:"email"`
	Name          string        `json:"name"`
	Organization  string        `json:"organization,omitempty"`
	Language      core.Language `json:"language,omitempty" doc:"en or es; absent = that of the service"`
	Administrator bool          `json:"administrator"`
	Absence       *Absence      `json:"absence,omitempty" doc:"In effect or to come"`
	StandsInFor   []core.Ref    `json:"stands_in_for" doc:"Who is away and named the person as delegate"`
}

// Absence is when somebody is away, and who does their duties meanwhile.
type Absence struct {
	From     time.Time `json:"from"`
	Until    time.Time `json:"until" doc:"The moment of coming back"`
	Delegate *string   `json:"delegate,omitempty" nullable:"true" doc:"By address, of the same organization; absent or null = nobody"`
}

type meOut struct{ Body Me }

func (a *api) me(ctx context.Context, _ *struct{}) (*meOut, error) {
	dir, err := a.Helpdesk.Directory(ctx)
	if err != nil {
		return nil, err
	}
	p := personOf(ctx)
	out := &meOut{Me{Email: p.Email, Name: p.Name, Organization: dir.Organizations[p.Organization].Name, Language: p.Language,
		Administrator: p.Administrator, Absence: absenceOf(dir, p), StandsInFor: []core.Ref{}}}
	for _, x := range dir.StandsFor(p) {
		out.Body.StandsInFor = append(out.Body.StandsInFor, x.Ref())
	}
	return out, nil
}

func absenceOf(dir *core.Directory, p *core.Person) *Absence {
	x := dir.AbsenceOf(p.ID)
	if x == nil {
		return nil
	}
	absence := &Absence{From: x.From, Until: x.Until}
	if x.Delegate != nil {
		absence.Delegate = &x.Delegate.Email
	}
	return absence
}

type absenceOut struct{ Body *Absence }

// absenceGet is not found where the person has set none.
func (a *api) absenceGet(ctx context.Context, _ *struct{}) (*absenceOut, error) {
	dir, err := a.Helpdesk.Directory(ctx)
	if err != nil {
		return nil, err
	}
	if x := absenceOf(dir, personOf(ctx)); x != nil {
		return &absenceOut{x}, nil
	}
	return nil, core.Refuse(core.NotFound, "error.absence.none")
}

type absencePutIn struct{ Body Absence }

func (a *api) absencePut(ctx context.Context, in *absencePutIn) (*absenceOut, error) {
	var delegate string
	if in.Body.Delegate != nil {
		delegate = *in.Body.Delegate
	}
	if err := a.Helpdesk.SetAbsence(ctx, actor(ctx), in.Body.From, in.Body.Until, delegate); err != nil {
		return nil, err
	}
	return a.absenceGet(ctx, nil)
}

func (a *api) absenceDelete(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, a.Helpdesk.EndAbsence(ctx, actor(ctx))
}

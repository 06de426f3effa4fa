package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"postdesk/admin/web"
	"postdesk/core"
)

// profile is the page on which people say how the desk shall treat them.
const profile = "/me"

// The sections of the page, by the ids of their elements.
const (
	sectionLanguage  = "language"
	sectionNotices   = "notices"
	sectionAbsence   = "absence"
	sectionAddresses = "addresses"
	sectionTokens    = "tokens"
)

type profilePage struct {
	web.Frame
	At           string     // the section whose form was refused
	Wrong        string     // the field that the sentence is about
	Sentence     string     // why
	Typed        url.Values // what the refused form said
	Organization string
	Roles        []placeRoles
	Language     core.Language // of their own choice or the desk file's; "" = none
	Notices      noticePart
	Absence      absencePart
	Addresses    []core.OwnAddress
	Tokens       []core.APIToken
	Token        string // that was just made: this answer alone shows it
}

// placeRoles are the reader's roles in a service.
type placeRoles struct {
	Path  string
	Roles []core.Role
}

// Trouble is the sentence where the section's form was refused.
func (p profilePage) Trouble(section string) string {
	if p.At == section {
		return p.Sentence
	}
	return ""
}

// Faulty tells whether the field of the section's form is what the sentence is about.
func (p profilePage) Faulty(section, field string) bool { return p.At == section && p.Wrong == field }

// Value is what a field holds: what was typed, where its form was refused.
func (p profilePage) Value(section, field, kept string) string {
	if p.At == section {
		return p.Typed.Get(field)
	}
	return kept
}

func showProfile(v *visit) error { return v.profilePage(http.StatusOK, profilePage{}) }

// profilePage fills in what is not filled in yet.
func (v *visit) profilePage(status int, p profilePage) (err error) {
	ctx := v.r.Context()
	if p.Addresses, err = v.Helpdesk.OwnAddresses(ctx, v.actor()); err != nil {
		return err
	}
	if p.Tokens, err = v.Helpdesk.APITokens(ctx, v.actor()); err != nil {
		return err
	}
	if p.Notices, err = v.noticePart(); err != nil {
		return err
	}
	p.Absence, p.Roles = v.absencePart(), v.placeRoles()
	p.Organization, p.Language = v.dir.Organizations[v.me.Organization].Name, v.me.Language
	p.Frame = v.frame(v.printer.T("profile.title"), profile)
	return v.pages.Render(v.w, status, "profile", p)
}

// profileRefused shows the page with what was refused and what was typed.
func (v *visit) profileRefused(section string, form url.Values, err error) error {
	switch core.CodeOf(err) {
	case core.Invalid, core.Conflict:
		return v.profilePage(web.Status(err), profilePage{At: section, Typed: form, Sentence: v.printer.Error(err), Wrong: core.FieldOf(err)})
	}
	return err
}

// profileDone leads back to the section, which says what was done.
func (v *visit) profileDone(section, sentence string) error {
	v.say(sentence)
	return v.redirect(profile + "#" + section)
}

// placeRoles lists the roles that were granted to the reader, or that they stand in for, by service.
func (v *visit) placeRoles() (list []placeRoles) {
	for id, s := range v.dir.Services {
		if s.Archived || s.Folder {
			continue
		}
		place, held := placeRoles{Path: v.dir.Path(id)}, v.dir.TeamRoles(v.me, id)
		for _, role := range core.GrantedRoles() {
			if held.Has(role) {
				place.Roles = append(place.Roles, role)
			}
		}
		if place.Roles != nil {
			list = append(list, place)
		}
	}
	slices.SortFunc(list, func(a, b placeRoles) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// changeLanguage sets the language of pages and mails; the browser's own choice by ?lang= ends with it.
func changeLanguage(v *visit) error {
	form, err := web.ReadForm(v.r, "language")
	if err != nil {
		return err
	}
	l := core.Language(form.Get("language"))
	if err := v.Helpdesk.SetLanguage(v.r.Context(), v.actor(), l); err != nil {
		return v.profileRefused(sectionLanguage, form, err)
	}
	v.dropLanguage()
	if l != "" {
		v.printer = v.Locales.For(l)
	}
	return v.profileDone(sectionLanguage, v.printer.T("profile.language.said"))
}

package desk

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/web"
	"postdesk/core"
)

// makeToken needs a recent sign-in: a token is a way in that stays when the session ends.
func makeToken(v *visit) error {
	form, err := web.ReadForm(v.r, "name")
	if err != nil {
		return err
	}
	if !v.fresh() {
		v.say(v.printer.T("profile.tokens.again"))
		return v.redirect("/login?" + url.Values{"again": {"yes"}, "next": {profile}}.Encode())
	}
	token, err := v.Helpdesk.AddAPIToken(v.r.Context(), v.actor(), form.Get("name"))
	if err != nil {
		return v.profileRefused(sectionTokens, form, err)
	}
	return v.profilePage(http.StatusOK, profilePage{Token: token})
}

func revokeToken(v *visit) error {
	if _, err := web.ReadForm(v.r); err != nil {
		return err
	}
	id, err := strconv.ParseInt(chi.URLParam(v.r, "id"), 10, 64)
	if err != nil {
		return core.Refuse(core.NotFound, "error.not_found")
	}
	if err := v.Helpdesk.RevokeAPIToken(v.r.Context(), v.actor(), id); err != nil {
		return err
	}
	return v.profileDone(sectionTokens, v.printer.T("profile.tokens.said_revoked"))
}

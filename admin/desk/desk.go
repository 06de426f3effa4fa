// Package desk is the desk in the browser: the pages on which people sign in, open tickets and work on them. It
// translates forms into operations of helpdesk and views into pages, and decides nothing itself.
package desk

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"

	"postdesk/admin/static"
	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/templates"
)

// home is the address of the desk (C24).
const home = "/dashboard/ithelpdesk"

// Config is what the desk needs.
type Config struct {
	Helpdesk  *helpdesk.Helpdesk
	Locales   *templates.Locales
	PublicURL string      // https makes cookies secure
	Proxies   web.Proxies // whose word of where a request comes from counts
	Now       func() time.Time
	Log       *slog.Logger
}

type desk struct {
	Config
	sessions  *scs.SessionManager
	secure    bool // people come by https
	pages     *web.Pages
	tries     *tries
	providers *providers
}

// Mount puts the desk's routes on the router. Requests that change something must come through
// http.CrossOriginProtection, which stands around the whole server. An error means that a page template is broken.
func Mount(r chi.Router, c Config) error {
	pages, err := web.LoadPages("desk")
	if err != nil {
		return err
	}
	secure := strings.HasPrefix(c.PublicURL, "https:")
	d := &desk{Config: c, sessions: web.NewSessions(sessionStore{c.Helpdesk, c.Now}, secure), secure: secure, pages: pages,
		tries: newTries(c.Now), providers: newProviders()}
	d.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		c.Log.ErrorContext(r.Context(), "session", "error", err)
		http.Error(w, c.Locales.For(core.English).T("error.failure"), http.StatusInternalServerError)
	}
	r.Method(http.MethodGet, static.Prefix+"*", static.Handler())
	r.Group(func(r chi.Router) {
		r.Use(web.Policy, noteArrival(c.Proxies), d.sessions.LoadAndSave)
		for _, route := range d.routes() {
			r.Method(route.method, route.pattern, d.serve(route.handle, route.open))
		}
	})
	r.Group(func(r chi.Router) {
		r.Use(web.Policy, d.peek)
		for _, route := range d.liveRoutes() {
			r.Method(route.method, route.pattern, d.serve(route.handle, route.open))
		}
	})
	return nil
}

// route is an address of the desk; open ones need nobody signed in.
type route struct {
	method, pattern string
	handle          func(*visit) error
	open            bool
}

func (d *desk) routes() []route {
	const ticket = home + "/{number:[0-9]+}"
	return []route{
		{http.MethodGet, "/", goHome, true},
		{http.MethodGet, "/login", showLogin, true},
		{http.MethodPost, "/login", login, true},
		{http.MethodGet, "/login/link", showLink, true},
		{http.MethodPost, "/login/link", useLink, true},
		{http.MethodGet, "/login/second", showSecond, true},
		{http.MethodPost, "/login/second", useSecond, true},
		{http.MethodPost, "/login/provider", askProvider, true},
		{http.MethodGet, providerAnswers, heardProvider, true},
		{http.MethodPost, "/logout", logout, true},
		{http.MethodGet, profile, showProfile, false},
		{http.MethodPost, profile + "/language", changeLanguage, false},
		{http.MethodPost, profile + "/notices", changeNotices, false},
		{http.MethodPost, profile + "/absence", changeAbsence, false},
		{http.MethodPost, profile + "/absence/end", endAbsence, false},
		{http.MethodPost, profile + "/addresses", addAddress, false},
		{http.MethodPost, profile + "/addresses/drop", dropAddress, false},
		{http.MethodPost, profile + "/tokens", makeToken, false},
		{http.MethodPost, profile + "/tokens/{id}/revoke", revokeToken, false},
		{http.MethodGet, security, showSecurity, false},
		{http.MethodPost, security + "/second-factor/{what}", changeSecondFactor, false},
		{http.MethodPost, security + "/password", changePassword, false},
		{http.MethodPost, security + "/sessions/{id}/end", endSession, false},
		{http.MethodPost, security + "/sessions/end", endSessions, false},
		{http.MethodPost, security + "/identities/link", linkProvider, false},
		{http.MethodPost, security + "/identities/{id}/unlink", unlinkIdentity, false},
		{http.MethodGet, "/confirm/{id}", showConfirmation, false},
		{http.MethodPost, "/confirm/{id}", confirmMail, false},
		{http.MethodGet, quarantine, showQuarantine, false},
		{http.MethodGet, quarantine + "/{id}", showHeld, false},
		{http.MethodPost, quarantine + "/{id}/{decision}", decideHeld, false},
		{http.MethodGet, knowledge.Base, knowledge.list, false},
		{http.MethodGet, knowledge.Base + "/new", knowledge.write, false},
		{http.MethodPost, knowledge.Base + "/new", knowledge.save, false},
		{http.MethodPost, knowledge.Base + "/preview", knowledge.preview, false},
		{http.MethodGet, knowledge.Base + "/{id}", knowledge.show, false},
		{http.MethodGet, knowledge.Base + "/{id}/edit", knowledge.edit, false},
		{http.MethodPost, knowledge.Base + "/{id}/edit", knowledge.save, false},
		{http.MethodPost, knowledge.Base + "/{id}/preview", knowledge.preview, false},
		{http.MethodPost, knowledge.Base + "/{id}/delete", knowledge.remove, false},
		{http.MethodGet, news.Base, news.list, false},
		{http.MethodGet, news.Base + "/new", news.write, false},
		{http.MethodPost, news.Base + "/new", news.save, false},
		{http.MethodPost, news.Base + "/preview", news.preview, false},
		{http.MethodGet, news.Base + "/{id}", news.show, false},
		{http.MethodGet, news.Base + "/{id}/edit", news.edit, false},
		{http.MethodPost, news.Base + "/{id}/edit", news.save, false},
		{http.MethodPost, news.Base + "/{id}/preview", news.preview, false},
		{http.MethodPost, news.Base + "/{id}/delete", news.remove, false},
		{http.MethodGet, approvals, listApprovals, false},
		{http.MethodPost, approvals + "/{number:[0-9]+}", decideApproval, false},
		{http.MethodGet, reports, showReport, false},
		{http.MethodGet, reports + "/table.csv", saveReport, false},
		{http.MethodGet, templateHome, listTemplates, false},
		{http.MethodGet, templateHome + "/new", newTemplate, false},
		{http.MethodPost, templateHome + "/new", addTemplate, false},
		{http.MethodGet, templateHome + "/next", previewSchedule, false},
		{http.MethodGet, templateHome + "/{id}", showTemplate, false},
		{http.MethodPost, templateHome + "/{id}", editTemplate, false},
		{http.MethodPost, templateHome + "/{id}/delete", deleteTemplate, false},
		{http.MethodGet, home, listTickets, false},
		{http.MethodPost, home + "/actions/{action}", actTickets, false},
		{http.MethodGet, home + "/find", findAnything, false},
		{http.MethodGet, home + "/people", findPeople, false},
		{http.MethodGet, home + "/new", newTicket, false},
		{http.MethodPost, home + "/new", openTicket, false},
		{http.MethodGet, home + "/new/knowledge", matchKnowledge, false},
		{http.MethodPost, home + "/new/draft", keepNew, false},
		{http.MethodPost, home + "/new/draft/discard", dropNew, false},
		{http.MethodGet, home + "/drafts", listDrafts, false},
		{http.MethodPost, home + "/drafts", discardDraft, false},
		{http.MethodGet, ticket, showTicket, false},
		{http.MethodPost, ticket + "/record", recordTicket, false},
		{http.MethodPost, ticket + "/draft", saveDraft, false},
		{http.MethodPost, ticket + "/draft/files", putDraftFiles, false},
		{http.MethodPost, ticket + "/undo", undoSend, false},
		{http.MethodGet, ticket + "/came", showCame, false},
		{http.MethodGet, ticket + "/templates", showReplies, false},
		{http.MethodPost, ticket + "/actions/{action}", actTicket, false},
		{http.MethodGet, ticket + "/attachments/{id}", getAttachment, false},
		{http.MethodGet, ticket + "/attachments/{id}/view", viewAttachment, false},
		{http.MethodGet, ticket + "/attachments.zip", zipAttachments, false},
		{http.MethodGet, ticket + "/records/{id}/mail", showOriginal, false},
		{http.MethodGet, ticket + "/records/{id}/mail/source", sourceOfOriginal, false},
		{http.MethodGet, ticket + "/records/{id}/mail.eml", saveOriginal, false},
	}
}

func goHome(v *visit) error { return v.redirect(home) }

// serve is the one place where an error of a handler becomes a status and a page.
func (d *desk) serve(handle func(*visit) error, open bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := d.visit(w, r)
		switch {
		case err != nil:
		case v.me == nil && !open:
			err = v.redirectToLogin()
		default:
			must := false
			if !open && !v.setsUp() {
				must, err = d.Helpdesk.MustSetUpSecondFactor(r.Context(), v.dir, v.me)
			}
			switch {
			case err != nil:
			case must:
				err = v.redirect(security)
			default:
				err = handle(v)
			}
		}
		if err != nil {
			v.fail(err)
		}
	}
}

type errorPage struct {
	web.Frame
	Status   int
	Sentence string
}

func (v *visit) fail(err error) {
	err = helpdesk.Refusal(err)
	status := web.Status(err)
	if status == http.StatusInternalServerError {
		if errors.Is(err, v.r.Context().Err()) { // the reader has gone
			return
		}
		v.Log.ErrorContext(v.r.Context(), "page failed", "path", v.r.URL.Path, "error", err)
	}
	page := errorPage{Frame: v.frame(v.printer.T("page.error.title"), home), Status: status, Sentence: v.printer.Error(err)}
	if err := v.pages.Render(v.w, status, "error", page); err != nil {
		v.Log.ErrorContext(v.r.Context(), "error page failed", "error", err)
	}
}

package admin

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"postdesk/admin/api"
	"postdesk/admin/desk"
)

// table is every URL of the web edge: method, pattern, and who gets past the door. What one may do behind it is the
// matrix's business. A test compares it with what is really mounted, and knocks at each door without a key.
//
//	anyone   no sign-in asked
//	token    an API token (401 without)
//	session  a signed-in person (to the sign-in page without)
const table = `
GET   /healthz                                      anyone
GET   /readyz                                       anyone
GET   /metrics                                      anyone

GET   /api/openapi.json                             anyone
GET   /api/v1/tickets                               token
POST  /api/v1/tickets                               token
GET   /api/v1/tickets/{number}                      token
GET   /api/v1/tickets/{number}/log                  token
GET   /api/v1/tickets/{number}/attachments/{id}     token
POST  /api/v1/tickets/{number}/actions/take         token
POST  /api/v1/tickets/{number}/actions/assign       token
POST  /api/v1/tickets/{number}/actions/return       token
POST  /api/v1/tickets/{number}/actions/status       token
POST  /api/v1/tickets/{number}/actions/resolve      token
POST  /api/v1/tickets/{number}/actions/reopen       token
POST  /api/v1/tickets/{number}/actions/record       token
POST  /api/v1/tickets/{number}/actions/priority     token
POST  /api/v1/tickets/{number}/actions/category     token
POST  /api/v1/tickets/{number}/actions/participant  token
POST  /api/v1/tickets/{number}/actions/follower     token
POST  /api/v1/tickets/{number}/actions/close        token
POST  /api/v1/tickets/{number}/actions/move         token
POST  /api/v1/tickets/{number}/actions/withdraw     token
POST  /api/v1/tickets/{number}/actions/edit         token
POST  /api/v1/tickets/{number}/actions/due          token
POST  /api/v1/tickets/{number}/actions/spam         token
POST  /api/v1/tickets/{number}/actions/ask          token
POST  /api/v1/tickets/{number}/actions/cancel_ask   token
POST  /api/v1/tickets/{number}/actions/approve      token
POST  /api/v1/tickets/{number}/actions/reject       token
POST  /api/v1/tickets/{number}/actions/split        token
POST  /api/v1/tickets/{number}/actions/link         token
POST  /api/v1/tickets/{number}/actions/merge        token
POST  /api/v1/tickets/{number}/actions/parent       token
GET   /api/v1/tickets/{number}/who                  token
GET   /api/v1/approvals                             token
GET   /api/v1/services                              token
GET   /api/v1/people                                token
GET   /api/v1/reports                               token
GET   /api/v1/reports.csv                           token
GET   /api/v1/knowledge                             token
POST  /api/v1/knowledge                             token
GET   /api/v1/knowledge/{id}                        token
PUT   /api/v1/knowledge/{id}                        token
DELETE /api/v1/knowledge/{id}                       token
GET   /api/v1/news                                  token
POST  /api/v1/news                                  token
GET   /api/v1/news/{id}                             token
PUT   /api/v1/news/{id}                             token
DELETE /api/v1/news/{id}                            token
GET   /api/v1/templates                             token
POST  /api/v1/templates                             token
GET   /api/v1/templates/{id}                        token
PUT   /api/v1/templates/{id}                        token
DELETE /api/v1/templates/{id}                       token
GET   /api/v1/me                                    token
GET   /api/v1/me/absence                            token
PUT   /api/v1/me/absence                            token
DELETE /api/v1/me/absence                            token
GET   /api/v1/me/addresses                          token
POST  /api/v1/me/addresses                          token
DELETE /api/v1/me/addresses/{address}                token
GET   /api/v1/me/notifications                      token
PUT   /api/v1/me/notifications                      token
GET   /api/v1/admin/mail/inbound                    token
POST  /api/v1/admin/mail/inbound/{id}/replay        token
GET   /api/v1/admin/mail/outbound                   token
POST  /api/v1/admin/mail/outbound/{id}/replay       token
GET   /api/v1/admin/audit                           token
GET   /api/v1/quarantine                            token
POST  /api/v1/quarantine/{id}/accept                token
POST  /api/v1/quarantine/{id}/attach                token
POST  /api/v1/quarantine/{id}/refuse                token

GET   /                                             anyone
GET   /static/*                                     anyone
GET   /login                                        anyone
POST  /login                                        anyone
GET   /login/link                                   anyone
POST  /login/link                                   anyone
GET   /login/second                                 anyone
POST  /login/second                                 anyone
POST  /login/provider                               anyone
GET   /login/provider/answer                        anyone
GET   /me                                           session
POST  /me/language                                  session
POST  /me/notices                                   session
POST  /me/absence                                   session
POST  /me/absence/end                               session
POST  /me/addresses                                 session
POST  /me/addresses/drop                            session
POST  /me/tokens                                    session
POST  /me/tokens/{id}/revoke                        session
GET   /me/security                                  session
POST  /me/security/second-factor/{what}             session
POST  /me/security/password                         session
POST  /me/security/sessions/{id}/end                session
POST  /me/security/sessions/end                     session
POST  /me/security/identities/link                  session
POST  /me/security/identities/{id}/unlink           session
POST  /logout                                       anyone
GET   /confirm/{id}                                                      session
POST  /confirm/{id}                                                      session
GET   /quarantine                                                        session
GET   /quarantine/{id}                                                   session
POST  /quarantine/{id}/{decision}                                        session
GET   /knowledge                                                         session
GET   /knowledge/new                                                     session
POST  /knowledge/new                                                     session
POST  /knowledge/preview                                                 session
GET   /knowledge/{id}                                                    session
GET   /knowledge/{id}/edit                                               session
POST  /knowledge/{id}/edit                                               session
POST  /knowledge/{id}/preview                                            session
POST  /knowledge/{id}/delete                                             session
GET   /news                                                              session
GET   /news/new                                                          session
POST  /news/new                                                          session
POST  /news/preview                                                      session
GET   /news/{id}                                                         session
GET   /news/{id}/edit                                                    session
POST  /news/{id}/edit                                                    session
POST  /news/{id}/preview                                                 session
POST  /news/{id}/delete                                                  session
GET   /approvals                                                         session
POST  /approvals/{number:[0-9]+}                                         session
GET   /reports                                                           session
GET   /reports/table.csv                                                 session
GET   /templates                                                         session
GET   /templates/new                                                     session
POST  /templates/new                                                     session
GET   /templates/next                                                    session
GET   /templates/{id}                                                    session
POST  /templates/{id}                                                    session
POST  /templates/{id}/delete                                             session
GET   /dashboard/ithelpdesk                                              session
POST  /dashboard/ithelpdesk/actions/{action}                             session
GET   /dashboard/ithelpdesk/events                                       session
GET   /dashboard/ithelpdesk/live                                         session
GET   /dashboard/ithelpdesk/find                                         session
GET   /dashboard/ithelpdesk/people                                       session
GET   /dashboard/ithelpdesk/new                                          session
POST  /dashboard/ithelpdesk/new                                          session
GET   /dashboard/ithelpdesk/new/knowledge                                session
POST  /dashboard/ithelpdesk/new/draft                                    session
POST  /dashboard/ithelpdesk/new/draft/discard                            session
GET   /dashboard/ithelpdesk/drafts                                       session
POST  /dashboard/ithelpdesk/drafts                                       session
GET   /dashboard/ithelpdesk/{number:[0-9]+}                              session
GET   /dashboard/ithelpdesk/{number:[0-9]+}/live                         session
POST  /dashboard/ithelpdesk/{number:[0-9]+}/seen                         session
POST  /dashboard/ithelpdesk/{number:[0-9]+}/presence                     session
POST  /dashboard/ithelpdesk/{number:[0-9]+}/record                       session
POST  /dashboard/ithelpdesk/{number:[0-9]+}/draft                        session
POST  /dashboard/ithelpdesk/{number:[0-9]+}/draft/files                  session
POST  /dashboard/ithelpdesk/{number:[0-9]+}/undo                         session
GET   /dashboard/ithelpdesk/{number:[0-9]+}/came                         session
GET   /dashboard/ithelpdesk/{number:[0-9]+}/templates                    session
POST  /dashboard/ithelpdesk/{number:[0-9]+}/actions/{action}             session
GET   /dashboard/ithelpdesk/{number:[0-9]+}/attachments/{id}             session
GET   /dashboard/ithelpdesk/{number:[0-9]+}/attachments/{id}/view        session
GET   /dashboard/ithelpdesk/{number:[0-9]+}/attachments.zip              session
GET   /dashboard/ithelpdesk/{number:[0-9]+}/records/{id}/mail            session
GET   /dashboard/ithelpdesk/{number:[0-9]+}/records/{id}/mail/source     session
GET   /dashboard/ithelpdesk/{number:[0-9]+}/records/{id}/mail.eml        session
`

// routes mounts everything.
func (s *server) routes(r chi.Router, a api.Config) error {
	r.Get("/healthz", s.health)
	r.Get("/readyz", s.ready)
	r.Method(http.MethodGet, "/metrics", s.metrics.handler())
	if err := api.Mount(r, a); err != nil {
		return err
	}
	if err := desk.Mount(r, desk.Config{
		Helpdesk: s.Helpdesk, Locales: a.Locales, PublicURL: s.PublicURL, Proxies: s.Proxies, Now: time.Now, Log: s.Log,
	}); err != nil {
		return err
	}
	for prefix, h := range s.Extra {
		r.Handle(prefix, h)
		r.Handle(prefix+"/*", h)
	}
	return nil
}

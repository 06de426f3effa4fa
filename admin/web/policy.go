// Package web is what the pages of desk and panel have in common: the session, the frame around each page and its
// rendering, forms, refusals as HTTP, and the policy that keeps foreign content from acting in a reader's name. It knows
// no ticket.
package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
)

type nonceKey struct{}

// Nonce is the word of this response by which the browser knows the page's own scripts and styles.
func Nonce(ctx context.Context) string {
	nonce, _ := ctx.Value(nonceKey{}).(string)
	return nonce
}

// Policy opens the server's closed content policy as far as pages need it: scripts and styles that carry the nonce of
// this response, and what the desk itself serves. Nothing written into a page by a mail can run.
func Policy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		w.Header().Set("Content-Security-Policy", strings.Join([]string{
			"default-src 'none'",
			"script-src 'nonce-" + nonce + "' 'strict-dynamic'",
			"style-src 'nonce-" + nonce + "'",
			"img-src 'self' data:", "font-src 'self'", "connect-src 'self'", "frame-src 'self'", "form-action 'self'",
			"base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types desk",
		}, "; "))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nonceKey{}, nonce)))
	})
}

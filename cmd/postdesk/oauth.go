package main

import (
	"context"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"postdesk/core"
	"postdesk/core/store"
)

// tokens gives fresh access tokens for a mailbox: by its refresh token, else by the client-credentials grant (RFC 6749
// sections 6 and 4.4). A service that rotates refresh tokens gives a new one with each answer and forgets the old one, so
// the new one is kept at once.
func tokens(s *store.Store, box core.MailboxAccess) func(context.Context) (string, error) {
	a := box.OAuth
	scopes := []string{a.Scope}
	if a.Scope == "" {
		scopes = nil
	}
	return func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		if a.RefreshToken == "" {
			c := clientcredentials.Config{ClientID: a.ClientID, ClientSecret: string(a.ClientSecret), TokenURL: a.TokenURL, Scopes: scopes}
			t, err := c.Token(ctx)
			if err != nil {
				return "", err
			}
			return t.AccessToken, nil
		}
		c := oauth2.Config{ClientID: a.ClientID, ClientSecret: string(a.ClientSecret), Endpoint: oauth2.Endpoint{TokenURL: a.TokenURL}, Scopes: scopes}
		t, err := c.TokenSource(ctx, &oauth2.Token{RefreshToken: string(a.RefreshToken)}).Token()
		if err != nil {
			return "", err
		}
		if t.RefreshToken != "" && t.RefreshToken != string(a.RefreshToken) {
			if err := s.SaveRefreshToken(ctx, box.ID, core.Secret(t.RefreshToken)); err != nil {
				return "", err
			}
		}
		return t.AccessToken, nil
	}
}

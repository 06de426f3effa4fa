package desk

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"postdesk/core"
)

// providerTime is how long a provider may take for one answer.
const providerTime = 10 * time.Second

// providerAnswers is where providers send people back to, below the public address.
const providerAnswers = "/login/provider/answer"

// providers talk with the providers of identities. What one says of itself is asked for when it is first needed, and kept;
// its keys are asked for again by themselves when they change. Safe for concurrent use.
type providers struct {
	client *http.Client
	mu     sync.Mutex
	known  map[string]*oidc.Provider // by issuer
}

func newProviders() *providers {
	return &providers{client: &http.Client{Timeout: providerTime}, known: map[string]*oidc.Provider{}}
}

// provider asks who the issuer is. go-oidc refuses one that calls itself otherwise than it was asked for (OpenID Connect
// Discovery 1.0 section 4.3): so the issuer of the desk file is the only one that counts.
func (p *providers) provider(issuer string) (*oidc.Provider, error) {
	p.mu.Lock()
	known := p.known[issuer]
	p.mu.Unlock() // one provider that is slow must not keep the others waiting
	if known != nil {
		return known, nil
	}
	// The provider keeps the context for its keys, so it must not be a request's.
	fresh, err := oidc.NewProvider(oidc.ClientContext(context.Background(), p.client), issuer)
	if err == nil {
		p.mu.Lock()
		p.known[issuer] = fresh
		p.mu.Unlock()
	}
	return fresh, err
}

// asking is one question to a provider, as the session holds it: who answers has to know all of it.
type asking struct {
	Provider core.OIDCEntry
	State    string // names the question in the address that comes back
	Nonce    string // names it within the answer (OpenID Connect Core 1.0 section 3.1.2.1)
	Verifier string // proves that whoever brings the code asked for it (RFC 7636)
	Next     string
	Link     core.PersonID // whose account it shall become; 0 = to sign in
	Until    time.Time
}

func (d *desk) oauth(ctx context.Context, e core.OIDCEntry) (*oidc.Provider, *oauth2.Config, error) {
	provider, err := d.providers.provider(e.Issuer)
	if err != nil {
		return nil, nil, err
	}
	secret, err := d.Helpdesk.ProviderSecret(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	return provider, &oauth2.Config{ClientID: e.ClientID, ClientSecret: string(secret), Endpoint: provider.Endpoint(),
		RedirectURL: d.PublicURL + providerAnswers, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}, nil
}

// address is where the question is asked.
func (d *desk) providerAddress(ctx context.Context, a asking) (string, error) {
	_, config, err := d.oauth(ctx, a.Provider)
	if err != nil {
		return "", err
	}
	return config.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), nil
}

// errAnswer is an answer that does not fit the question.
var errAnswer = errors.New("the provider's answer does not fit")

// identity takes the code of an answer to the provider, and reads from its signed answer whose account it is. Signature,
// issuer, audience and time are checked by go-oidc.
func (d *desk) identity(ctx context.Context, a asking, code string) (core.Identity, error) {
	provider, config, err := d.oauth(ctx, a.Provider)
	if err != nil {
		return core.Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, d.providers.client)
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return core.Identity{}, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return core.Identity{}, fmt.Errorf("%w: no ID token", errAnswer)
	}
	signed, err := provider.Verifier(&oidc.Config{ClientID: a.Provider.ClientID, Now: d.Now}).Verify(ctx, raw)
	if err != nil {
		return core.Identity{}, err
	}
	var claims struct {
		Email    string `json:"email"`
		Username string `json:"preferred_username"`
		Name     string `json:"name"`
	}
	if err := signed.Claims(&claims); err != nil {
		return core.Identity{}, err
	}
	if a.Nonce == "" || subtle.ConstantTimeCompare([]byte(signed.Nonce), []byte(a.Nonce)) != 1 || signed.Issuer != a.Provider.Issuer || signed.Subject == "" {
		return core.Identity{}, errAnswer
	}
	label := claims.Email
	for _, other := range []string{claims.Username, claims.Name} {
		if label == "" {
			label = other
		}
	}
	if runes := []rune(label); len(runes) > 200 {
		label = string(runes[:200])
	}
	return core.Identity{Issuer: signed.Issuer, Subject: signed.Subject, Label: label}, nil
}

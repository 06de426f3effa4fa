package mailin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/emersion/go-sasl"
)

// mechanism decides how to log in, given what the server offers. A nil client is the LOGIN command.
func (c IMAPConfig) mechanism(ctx context.Context, offers func(capability string) bool) (method string, client sasl.Client, err error) {
	switch method = c.AuthMethod; {
	case method != "":
	case c.Token != nil:
		method = "xoauth2"
	case offers("AUTH=PLAIN"):
		method = "plain"
	case offers("LOGINDISABLED"): // RFC 9051 section 6.2.3: then the password is not even sent
		return "", nil, c.fail("login", ErrAuth, errors.New("the server takes no password here (LOGINDISABLED): it wants TLS or a token"))
	default:
		method = "login"
	}
	secret := c.Password
	if c.Token != nil {
		if secret, err = c.Token(ctx); err != nil {
			return "", nil, c.fail("login", ErrToken, err)
		}
	}
	switch method {
	case "login":
		return method, nil, nil
	case "plain":
		return method, sasl.NewPlainClient("", c.Username, secret), nil
	case "xoauth2":
		return method, xoauth2{c.Username, secret}, nil
	case "oauthbearer":
		return method, bearer{sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{
			Username: c.Username, Token: secret, Host: c.Host, Port: c.Port})}, nil
	}
	return "", nil, c.fail("login", ErrAuth, fmt.Errorf("auth method %q is none of plain, login, xoauth2, oauthbearer", method))
}

// xoauth2 is the SASL mechanism of Google and Microsoft, older than OAUTHBEARER (RFC 7628) and still the one that
// both document for IMAP.
type xoauth2 struct{ user, token string }

func (x xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next is only called when the token was refused: the challenge is a small JSON object that says why. It is
// never answered, the caller closes the connection.
func (x xoauth2) Next(challenge []byte) ([]byte, error) {
	var refusal struct{ Status, Scope string }
	if err := json.Unmarshal(challenge, &refusal); err != nil || refusal.Status == "" {
		return nil, &tokenRefused{"no reason given"}
	}
	return nil, &tokenRefused{fmt.Sprintf("status %s, scope %q", refusal.Status, refusal.Scope)}
}

// tokenRefused is a server's no to an OAuth token, in the form of a SASL challenge.
type tokenRefused struct{ why string }

func (e *tokenRefused) Error() string { return "token refused: " + e.why }

// bearer is OAUTHBEARER with the same end on refusal as xoauth2.
type bearer struct{ sasl.Client }

func (b bearer) Next(challenge []byte) ([]byte, error) {
	_, err := b.Client.Next(challenge)
	return nil, &tokenRefused{err.Error()}
}

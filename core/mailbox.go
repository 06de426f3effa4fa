package core

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// MailboxField names a secret of a mailbox.
type MailboxField string

// The secrets a mailbox can have.
const (
	IMAPPassword MailboxField = "imap_password"
	SMTPPassword MailboxField = "smtp_password"
	ClientSecret MailboxField = "client_secret"
	RefreshToken MailboxField = "refresh_token"
)

// Secret is a value that neither logs nor error texts show; string(s) gives it where it is really needed.
type Secret string

// String hides the value, also from fmt.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[secret]"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the value from JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MailboxAccess is what is needed to work with a mailbox's servers, secrets opened.
type MailboxAccess struct {
	ID      MailboxID
	Address string
	IMAP    ServerAccess
	SMTP    ServerAccess
	OAuth   *OAuthAccess // nil = by password
	Start   time.Time    // older messages (by the server's receiving time) are not taken; zero = all are
	After   After
}

// ServerAccess says how to reach one server. An SMTP server without user name takes mail unasked.
type ServerAccess struct {
	Host     string
	Port     int
	TLS      string // implicit, starttls or none
	Username string
	Password Secret
	Folder   string // of IMAP
}

// OAuthAccess says how to get access tokens.
type OAuthAccess struct {
	Method       string // xoauth2 or oauthbearer
	TokenURL     string
	ClientID     string
	ClientSecret Secret
	RefreshToken Secret // "" = the client-credentials grant
	Scope        string
}

// After is what happens on the server to a message that the desk has worked off. The zero value is AfterKeep.
type After struct {
	Action AfterAction
	Folder string // of AfterMove
}

// AfterAction is the kind of it.
type AfterAction string

// The choices.
const (
	AfterKeep   AfterAction = "keep"
	AfterSeen   AfterAction = "seen"
	AfterMove   AfterAction = "move"
	AfterDelete AfterAction = "delete"
)

// String gives the one-line form: keep, seen, delete, or move: Folder.
func (a After) String() string {
	switch a.Action {
	case "":
		return string(AfterKeep)
	case AfterMove:
		return "move: " + a.Folder
	}
	return string(a.Action)
}

// IsZero tells YAML that nothing was said.
func (a After) IsZero() bool { return a == After{} }

// ParseAfter reads the one-line form.
func ParseAfter(s string) (After, error) {
	action, folder, move := strings.Cut(s, ":")
	a := After{Action: AfterAction(strings.TrimSpace(action)), Folder: strings.TrimSpace(folder)}
	switch a.Action {
	case AfterKeep, AfterSeen, AfterDelete:
		if !move {
			return a, nil
		}
	case AfterMove:
		if a.Folder != "" {
			return a, nil
		}
		return After{}, errors.New("after: move needs a folder, as in {move: Done}")
	}
	return After{}, fmt.Errorf("after %q is unknown: use keep, seen, {move: Folder} or delete", s)
}

// UnmarshalYAML takes a word, or a mapping {move: Folder}. What is wrong with its words is found by Check, which knows
// the place.
func (a *After) UnmarshalYAML(unmarshal func(any) error) error {
	var word string
	if unmarshal(&word) == nil {
		parsed, err := ParseAfter(word)
		if err != nil {
			parsed = After{Action: AfterAction(word)}
		}
		*a = parsed
		return nil
	}
	var m struct {
		Move string `yaml:"move"`
	}
	if err := unmarshal(&m); err != nil {
		return err
	}
	*a = After{Action: AfterMove, Folder: strings.TrimSpace(m.Move)}
	return nil
}

// MarshalYAML writes the form that UnmarshalYAML takes.
func (a After) MarshalYAML() (any, error) {
	if a.Action == AfterMove {
		return map[string]string{"move": a.Folder}, nil
	}
	return a.String(), nil
}

package core

import (
	"strings"
	"time"
	"unicode/utf8"
)

// APIToken lets a program act as its person. What opens the door is shown once and not kept.
type APIToken struct {
	ID        int64
	Name      string
	CreatedAt time.Time
	UsedAt    time.Time // zero = never; at most a minute late
}

// Bounds of the tokens that somebody makes: how many work at a time, and the characters of a name.
const (
	maxAPITokens = 20
	maxTokenName = 80
)

// CheckAPIToken tells whether somebody who has so many tokens may make another one of that name.
func CheckAPIToken(name string, have int) error {
	switch {
	case strings.TrimSpace(name) == "":
		return BadInput("name", "error.token.name")
	case utf8.RuneCountInString(name) > maxTokenName:
		return BadInput("name", "error.token.long", maxTokenName)
	case have >= maxAPITokens:
		return Refuse(Conflict, "error.token.many", maxAPITokens)
	}
	return nil
}

package core

import (
	"strings"
	"unicode/utf8"
)

// Wording is one text in the languages in which somebody wrote it.
type Wording map[Language]string

// longestWording bounds it, in characters.
const longestWording = 200

// In is the text in the language, or else in the other one; "" where there is none.
func (w Wording) In(l Language) string {
	for _, language := range []Language{l, English, Spanish} {
		if w[language] != "" {
			return w[language]
		}
	}
	return ""
}

// Kept is the wording as it is stored, where there is none too.
func (w Wording) Kept() Wording {
	if w == nil {
		return Wording{}
	}
	return w
}

// String says it in one line, for the audit; "" for none.
func (w Wording) String() string {
	var parts []string
	for _, l := range []Language{English, Spanish} {
		if w[l] != "" {
			parts = append(parts, string(l)+": "+w[l])
		}
	}
	return strings.Join(parts, " · ")
}

func (c *checker) wording(at place, w Wording) {
	for l, text := range w {
		c.language(at.in(string(l)), l, true)
		if n := utf8.RuneCountInString(text); strings.TrimSpace(text) == "" || n > longestWording || strings.ContainsAny(text, "\n\r\t\x00") {
			c.fail(at.in(string(l)), "a text here is one line of 1 to %d characters", longestWording)
		}
	}
}

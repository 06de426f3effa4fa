package templates

import (
	"errors"
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	i18ntemplate "github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"

	"postdesk/core"
)

// Locales holds the sentences of all languages. It is read-only and safe for concurrent use.
type Locales struct{ bundle *i18n.Bundle }

// languageTags are the languages of C3 as libraries name them. Numbers and vocabulary of Spanish are Latin American.
var languageTags = map[core.Language]language.Tag{
	core.English: language.English,
	core.Spanish: language.LatinAmericanSpanish,
}

// LoadLocales reads the embedded locale files; an error means that a file is not well-formed.
func LoadLocales() (*Locales, error) {
	bundle := i18n.NewBundle(language.English)
	for lang := range languageTags {
		if _, err := bundle.LoadMessageFileFS(Files, "locale/"+string(lang)+".json"); err != nil {
			return nil, fmt.Errorf("locale %s: %w", lang, err)
		}
	}
	return &Locales{bundle}, nil
}

// For gives the printer of a language, with times in UTC until In names a zone. An unknown language is English.
func (l *Locales) For(lang core.Language) Printer {
	if _, known := languageTags[lang]; !known {
		lang = core.English
	}
	return Printer{language: lang, localizer: i18n.NewLocalizer(l.bundle, string(lang)), zone: time.UTC}
}

// Printer says sentences, dates and numbers in one language and time zone. It is a small value, safe for concurrent use,
// made to be embedded into the data of a template.
//
// A sentence names its arguments by position: {0}, {1}. With a vocabulary behind a colon the argument is one of the
// desk's words and is translated too: {0:status} says what the key "status.<argument>" says.
type Printer struct {
	language  core.Language
	localizer *i18n.Localizer
	zone      *time.Location
}

// Language is the printer's language.
func (p Printer) Language() core.Language { return p.language }

// In gives the same printer for another time zone; nil is UTC.
func (p Printer) In(zone *time.Location) Printer {
	if zone == nil {
		zone = time.UTC
	}
	p.zone = zone
	return p
}

// T says the sentence of the key. A key without a sentence is shown as it is: visible, and caught by the tests.
func (p Printer) T(key string, args ...any) string {
	sentence, ok := p.find(key, nil)
	if !ok {
		return key
	}
	return p.fill(sentence, args, nil)
}

// N says a sentence whose form depends on a count. {0} is the count; the arguments follow as {1}, {2}.
func (p Printer) N(key string, count int, args ...any) string {
	sentence, ok := p.find(key, count)
	if !ok {
		return key
	}
	return p.fill(sentence, append([]any{p.Number(int64(count))}, args...), nil)
}

// HTML says the sentence with its arguments in bold; sentence and arguments are escaped.
func (p Printer) HTML(key string, args ...any) template.HTML {
	sentence, ok := p.find(key, nil)
	if !ok {
		sentence = key
	}
	bold := func(arg string) string { return "<b>" + html.EscapeString(arg) + "</b>" }
	return template.HTML(p.fill(html.EscapeString(sentence), args, bold)) // both parts are escaped above
}

// erasedKey is the word for whoever was erased.
const erasedKey = "person.erased"

// Name puts the language's word in the place of the name of somebody who was erased. Sentences do it for their arguments
// by themselves.
func (p Printer) Name(r *core.Ref) {
	if r.Erased() {
		r.Name = p.T(erasedKey)
	}
}

// Has tells whether there is a sentence for the key.
func (p Printer) Has(key string) bool {
	_, ok := p.find(key, nil)
	return ok
}

// Word is a word of the desk for the start of a line or a pill: the key's sentence with a capital.
func (p Printer) Word(key string) string { return capital(p.T(key)) }

// Error says a refusal to the person who met it. Failures, which are no refusals, get one neutral sentence: their
// details are for the log.
func (p Printer) Error(err error) string {
	var refusal *core.Error
	if errors.As(err, &refusal) {
		if _, ok := p.find(refusal.Key, nil); ok {
			return p.T(refusal.Key, refusal.Args...)
		}
	}
	return p.T("error.failure")
}

// find looks the sentence up; English stands in where a language lacks it.
func (p Printer) find(key string, count any) (string, bool) {
	sentence, _ := p.localizer.Localize(&i18n.LocalizeConfig{
		MessageID: key, PluralCount: count, TemplateParser: i18ntemplate.IdentityParser{},
	})
	return sentence, sentence != ""
}

var placeholder = regexp.MustCompile(`\{(\d+)(?::([a-z_]+))?\}`)

// fill puts the arguments into the sentence, each through mark if there is one.
func (p Printer) fill(sentence string, args []any, mark func(string) string) string {
	if !strings.Contains(sentence, "{") {
		return sentence
	}
	return placeholder.ReplaceAllStringFunc(sentence, func(hole string) string {
		m := placeholder.FindStringSubmatch(hole)
		i, err := strconv.Atoi(m[1])
		if err != nil || i >= len(args) {
			return hole
		}
		arg := fmt.Sprint(args[i])
		if core.IsErased(arg) {
			arg = p.T(erasedKey)
		}
		if m[2] != "" {
			if word, ok := p.find(m[2]+"."+arg, nil); ok {
				arg = word
			}
		}
		if mark != nil {
			arg = mark(arg)
		}
		return arg
	})
}

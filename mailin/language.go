package mailin

import (
	"strings"
	"unicode"
)

// stopWords are frequent short words that tell languages apart. Words common
// to several of them count for each.
var stopWords = map[string]string{
	"en": "the and is are you to of for not my with this that have can please it on was when thanks hello hi we be do from your has i",
	"es": "el la los las de que y no es en un una por para con mi me se lo al del gracias hola está pero desde cuando tengo puede favor como su le ya",
	"de": "der die das und ist nicht ich sie mit für ein eine zu auf von wir danke hallo bitte kann es im den dem habe",
	"fr": "le la les des et est je vous pas pour avec un une de du ne que merci bonjour ce dans sur mon nous ai",
	"pt": "o os as de que e não é em um uma por para com meu minha se do da no na obrigado obrigada olá está mas",
	"it": "il lo la gli di che e non è un una per con mi si del della grazie ciao sono ho nel questo",
	"nl": "de het een en is niet ik je u met voor van op dat dit bedankt hallo kan we zijn aan",
	"ca": "el la els les de que i no és en un una per amb em se del gràcies hola està però però meu",
}

var stopIndex = func() map[string][]string {
	index := map[string][]string{}
	for lang, words := range stopWords {
		for _, w := range strings.Fields(words) {
			index[w] = append(index[w], lang)
		}
	}
	return index
}()

// guessLanguage guesses the language of a text by its stop words: an ISO 639-1
// code, or "und" when the text is too short or no language is clearly ahead.
func guessLanguage(text string) string {
	text = cut(text, 800) // enough to tell
	score := map[string]int{}
	words := 0
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		words++
		for _, lang := range stopIndex[strings.ToLower(w)] {
			score[lang]++
		}
	}
	best, second := "und", 0
	top := 0
	for lang, n := range score {
		switch {
		case n > top:
			best, top, second = lang, n, top
		case n > second:
			second = n
		}
	}
	if top < 2 && !(top == 1 && second == 0 && words <= 6) || top == second || top*12 < words {
		return "und"
	}
	return best
}

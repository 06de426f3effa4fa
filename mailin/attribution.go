package mailin

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// attributionWords are the verbs of the line that introduces a quote, by
// language, in lower case. The line names a date or an address besides.
var attributionWords = []string{"wrote", "writes", "escribió", "escribio", "escribe", "va escriure", "schrieb", "a écrit", "a\u00a0écrit", "escreveu",
	"ha scritto", "schreef", "geschreven", "skrev", "napisał", "kirjoitti", "пишет", "писал", "写道", "さんは書きました", "napsal", "yazdı", "írta", "đã viết"}

// attributionWord returns where such a verb stands in a lower-case line, and -1
// where none does. A verb inside a longer word does not count.
func attributionWord(s string) (start, end int) {
	for _, w := range attributionWords {
		i := strings.LastIndex(s, w)
		if i < 0 {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		if i > 0 && unicode.IsLetter(before) && before < 0x3000 {
			continue
		}
		return i, i + len(w)
	}
	return -1, -1
}

// attributionLeads begin such a line.
var attributionLeads = regexp.MustCompile(`(?i)^[>\s*_-]{0,8}(on|at|el|la|em|am|le|il|op|den|ons|tor|fre|lør|søn|man|tir|dnia|w dniu|dne|ke|ma|ti|to|pe|su|mon|tue|wed|thu|fri|sat|sun|\d|"|<|[\p{L}'.]+[, ])`)

// strongLead begins an attribution and hardly anything else; innerLead is what
// follows its first word.
var strongLead = regexp.MustCompile(`^[>\s*_-]{0,8}(On|At|El|Am|Em|Le|Il|Op|Den)\s.{0,40}\d`)

var innerLead = regexp.MustCompile(`^(\p{L}{2,10}[.,]{0,2}\s|\d)[^,]{0,20}\d`)

// splitShared divides lines in which an attribution begins behind other text
// ("Yes. On 2 March Ana wrote:"), as programs do that lose a line end.
func splitShared(lines []textLine) []textLine {
	for i := 0; i < len(lines); i++ {
		s := lines[i].text
		if !strings.HasSuffix(s, ":") || isQuoted(s) || len(s) > 500 {
			continue
		}
		for _, lead := range []string{" On ", " El ", " Am ", " Em ", " Le ", " Il "} {
			k := strings.Index(s, lead)
			if k <= 0 || strings.Trim(s[:k], "> *_-") == "" || !innerLead.MatchString(s[k+len(lead):]) || !plausibleAttribution(s[k:]) {
				continue
			}
			k = len(strings.TrimRight(s[:k], " -"))
			rest := textLine{strings.TrimLeft(s[k:], " "), lines[i].at + k}
			lines[i].text = s[:k]
			return slices.Insert(lines, i+1, rest) // once: more of them are no attribution
		}
	}
	return lines
}

func laterLead(lines []textLine) bool {
	for _, l := range lines {
		if strongLead.MatchString(strings.TrimSpace(l.text)) {
			return true
		}
	}
	return false
}

// dateAddress is the older form without a verb: date, name, address, colon.
var dateAddress = regexp.MustCompile(`^\W{0,3}\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.{0,200}(<\S+@\S+>\s?:?|GMT[+-]\d\d:\d\d [^.,;]{1,60}:?)$`)

// attribution says how many lines from i on introduce a quote ("On … wrote:"),
// 0 if they do not. Mail programs wrap that line, so up to four are joined.
func attribution(lines []textLine, i int) int {
	if !mayEndAttribution(lines, i) {
		return 0
	}
	first := strings.TrimSpace(lines[i].text)
	if len(first) < 3 || len(first) > 500 || !attributionLeads.MatchString(first) {
		return 0
	}
	joined := ""
	for n := 1; n <= 4 && i+n <= len(lines); n++ {
		s := strings.TrimSpace(lines[i+n-1].text)
		if s == "" || n > 1 && isQuoted(s) != isQuoted(first) && !strings.HasPrefix(s, ">:") {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + s)
		if len(joined) > 600 {
			return 0
		}
		end := strings.TrimRight(joined, "*_ ")
		if startsWithDate(end) && dateAddress.MatchString(end) && !plausibleAttribution(joined) {
			return n
		}
		if !strings.HasSuffix(end, ":") && !strings.HasSuffix(end, "：") {
			continue
		}
		if strings.ContainsAny(joined, "0123456789@<") && plausibleAttribution(joined) {
			if n > 1 && laterLead(lines[i+1:i+n]) {
				return 0 // the line begins further down; this one is text
			}
			return n
		}
		if n > 1 {
			return 0
		}
	}
	return 0
}

// mayEndAttribution is the cheap test before the expressions: one of the lines
// that could end an attribution ends as one.
func mayEndAttribution(lines []textLine, i int) bool {
	for n := 0; n < 4 && i+n < len(lines); n++ {
		s := strings.TrimRight(lines[i+n].text, "*_ \u00a0")
		if s == "" {
			return false
		}
		switch s[len(s)-1] {
		case ':', '>':
			return true
		}
		if strings.HasSuffix(s, "：") || strings.Contains(s, "GMT") {
			return true
		}
	}
	return false
}

// plausibleAttribution tells an attribution from a sentence that happens to end
// in "wrote:": it holds a date or an address as well, on either side of the verb
// ("On … wrote:", "schrieb Ana <…>:").
func plausibleAttribution(s string) bool {
	start, end := attributionWord(strings.ToLower(s))
	if start < 0 || end > len(s) {
		return false
	}
	return strings.ContainsAny(s[:start], "0123456789@") || strings.ContainsAny(s[end:], "0123456789@")
}

func startsWithDate(s string) bool {
	s = strings.TrimLeft(s, "*_- \"")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

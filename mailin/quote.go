package mailin

import (
	"regexp"
	"strings"
)

// cutting is a text cut into what the person newly wrote and what is folded.
type cutting struct {
	visible, quoted, signature string
}

// cutText separates the new text from the quoted mail and the signature. A
// fold never deletes: the caller keeps the whole text. hint is the offset where
// the HTML marks the quote, or -1, and hintEnd where that ends.
//
// Only what is surely a quote is folded: one that goes on to the end of the
// mail, or one at the very top with all new text below it. Text between quotes
// means answers in between, and then nothing is folded.
func cutText(text string, hint, hintEnd int) cutting {
	lines := splitShared(splitLines(text))
	at := quoteStart(lines)
	if hint >= 0 {
		if h := lineAt(lines, hint); at < 0 || h < at {
			if hintEnd >= len(text) || strings.TrimSpace(text[hintEnd:]) == "" || onlySignature(text[hintEnd:]) {
				at = h
			}
		}
	}
	if at < 0 {
		if end := quoteOnTop(lines); end > 0 {
			v, sig := cutSignature(joinLines(lines[end:]))
			return cutting{visible: v, signature: sig, quoted: strings.TrimSpace(joinLines(lines[:end]))}
		}
	} else if v := joinLines(lines[:at]); strings.TrimSpace(v) != "" {
		v, sig := cutSignature(v)
		return cutting{visible: v, signature: sig, quoted: strings.TrimSpace(joinLines(lines[at:]))}
	} else if onlyQuote(lines[at:]) {
		return cutting{quoted: strings.TrimSpace(text)}
	}
	v, sig := cutSignature(text)
	return cutting{visible: v, signature: sig}
}

// quoteOnTop returns the line behind a quote with which the mail begins, when
// it is introduced as one and only unquoted text follows; else 0.
func quoteOnTop(lines []textLine) int {
	i := nextText(lines, 0)
	if i == len(lines) {
		return 0
	}
	n := attribution(lines, i)
	if n == 0 {
		return 0
	}
	if i = nextText(lines, i+n); i == len(lines) || !isQuoted(lines[i].text) {
		return 0
	}
	end := 0
	for ; i < len(lines); i++ {
		switch s := lines[i].text; {
		case isQuoted(s):
			if end > 0 {
				return 0
			}
		case strings.TrimSpace(s) != "" && end == 0:
			end = i
		}
	}
	return end
}

// textLine is one line with where it begins in the text.
type textLine struct {
	text string // without blanks at the end
	at   int
}

func splitLines(text string) []textLine {
	lines := make([]textLine, 0, strings.Count(text, "\n")+1)
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return append(lines, textLine{strings.TrimRight(text[at:], " \t\u00a0"), at})
		}
		lines = append(lines, textLine{strings.TrimRight(text[at:at+i], " \t\u00a0"), at})
		at += i + 1
	}
}

func joinLines(lines []textLine) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.text)
	}
	return b.String()
}

// lineAt returns the index of the first line that begins at or after offset.
func lineAt(lines []textLine, offset int) int {
	for i, l := range lines {
		if l.at >= offset {
			return i
		}
	}
	return len(lines)
}

func isQuoted(s string) bool {
	s = strings.TrimLeft(s, " \t\u00a0")
	return strings.HasPrefix(s, ">") && !strings.HasPrefix(s, ">>>>>>>") || strings.HasPrefix(s, "|> ")
}

// quoteStart returns the index of the line where the quoted mail begins and
// goes on to the end, or -1.
func quoteStart(lines []textLine) int {
	for i := range lines {
		s := strings.TrimSpace(lines[i].text)
		if s == "" {
			continue
		}
		switch {
		case isForwardLine(s):
			return -1
		case isRuleLine(s), isHeaderBlock(lines, i):
			return liftRule(lines, i)
		case isQuoted(s):
			if endsQuoted(lines, i) {
				return i
			}
			return -1
		default:
			n := attribution(lines, i)
			if n == 0 {
				continue
			}
			next := nextText(lines, i+n)
			if next >= len(lines) {
				return i
			}
			if isQuoted(lines[next].text) && !endsQuoted(lines, next) {
				return -1 // answers between the quotes
			}
			return i
		}
	}
	return -1
}

// liftRule moves the start up over a drawn line and empty lines before it.
func liftRule(lines []textLine, i int) int {
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		s := strings.TrimSpace(lines[j].text)
		if s == "" {
			continue
		}
		if len(s) >= 5 && strings.Trim(s, "_-=*") == "" {
			return j
		}
		break
	}
	return i
}

func nextText(lines []textLine, i int) int {
	for i < len(lines) && strings.TrimSpace(lines[i].text) == "" {
		i++
	}
	return i
}

// endsQuoted says whether all text from line i on is quoted. A line that only
// lost its mark by wrapping, and a signature at the end, do not count as text.
func endsQuoted(lines []textLine, i int) bool {
	wrapped := false // the line before is quoted and long enough to be wrapped
	for ; i < len(lines); i++ {
		s := lines[i].text
		switch {
		case strings.TrimSpace(s) == "":
			wrapped = false
		case isQuoted(s):
			wrapped = len(s) > 60
		case wrapped && len(s) < 40:
			wrapped = false
		case i > 0 && i+1 < len(lines) && isQuoted(lines[i-1].text) && isQuoted(lines[i+1].text) && isLinkRest(s):
		default:
			if attribution(lines, i) > 0 || isRuleLine(strings.TrimSpace(s)) || isHeaderBlock(lines, i) {
				return true
			}
			rest := joinLines(lines[i:])
			return onlySignature(rest) || isFooter(rest)
		}
	}
	return true
}

// isLinkRest says whether a line is a link, or the rest of one that was wrapped,
// so that it lost its mark.
func isLinkRest(s string) bool {
	s = strings.TrimSpace(s)
	return strings.HasPrefix(strings.TrimLeft(s, "(<["), "http") || !strings.Contains(s, " ") && strings.ContainsAny(s, "=/")
}

// onlyQuote says whether a mail without new text is really nothing but a
// quoted answer: an attribution and marked lines to the end. A header block or
// a rule alone is a forward, whose text is the message, and marked lines alone
// may be what the person wants to say.
func onlyQuote(lines []textLine) bool {
	i := nextText(lines, 0)
	if i == len(lines) {
		return true
	}
	if n := attribution(lines, i); n > 0 {
		next := nextText(lines, i+n)
		return next == len(lines) || isQuoted(lines[next].text)
	}
	return false
}

var ruleLine = regexp.MustCompile(`(?i)^[>\s*]{0,4}[-_=]{2,}\s*(original message|original appointment|reply message|mensaje original|missatge original|ursprüngliche nachricht|originalnachricht|urspr\. nachricht|message d['’]origine|message original|mensagem original|messaggio originale|oorspronkelijk bericht|ursprungligt meddelande|opprinnelig melding|oprindelig meddelelse|alkuperäinen viesti|wiadomość oryginalna|původní zpráva|исходное сообщение|原始邮件|original-nachricht|.{2,60} wrote|.{2,60} escribió)\s*[-_=]{2,}\**$`)

// forwardLine begins a mail that is passed on. It is not a quote: what is
// passed on is what the sender wants to be read.
var forwardLine = regexp.MustCompile(`(?i)^([-_=]{2,}\s*(forwarded message|forwarded by .{1,80}|mensaje reenviado|missatge reenviat|weitergeleitete nachricht|message transféré|messaggio inoltrato|mensagem encaminhada|doorgestuurd bericht)\s*[-_=]{2,}|(begin forwarded message|inicio del mensaje reenviado|anfang der weitergeleiteten nachricht|début du message réexpédié|début du message transféré|inizio messaggio inoltrato|início da mensagem encaminhada|begin doorgestuurd bericht)\s*:)$`)

func isForwardLine(s string) bool {
	if len(s) < 15 || len(s) > 120 {
		return false
	}
	return (s[0] == '-' || s[0] == '_' || s[0] == '=' || s[len(s)-1] == ':') && forwardLine.MatchString(s)
}

// forwardSubject matches the subjects of forwarded mail.
var forwardSubject = regexp.MustCompile(`(?i)^\s*(fwd?|rv|wg|tr|enc|i|rm|doorst|vs|reenv|reenviado)\s*:`)

// isRuleLine knows the old "-----Original Message-----" in its languages.
func isRuleLine(s string) bool {
	if len(s) < 12 || len(s) > 120 {
		return false
	}
	return (s[0] == '-' || s[0] == '_' || s[0] == '=' || s[0] == '>' || s[0] == '*') && ruleLine.MatchString(s)
}

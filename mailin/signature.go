package mailin

import (
	"regexp"
	"strings"
)

// maxSignatureLines bounds what is taken for a signature: behind a mark, more
// lines than this are text.
const maxSignatureLines = 15

// mobileSignature is the line that phones and web mail add by themselves.
var mobileSignature = regexp.MustCompile(`(?i)^[\s*_<\[(]{0,4}(sent from (my|mail|mailbox|outlook|yahoo|proton|samsung|the|a|aol|android|iphone|ipad|windows)\b|sent from (?-i:[A-Z])[^\s.]{1,40}$|sent from [^\s.]{1,40}<http|sent (with|using|via) |get outlook for |enviado desde |enviado con |enviado via |enviat des de|obt[eé]n(er|ga)? outlook |descargar outlook|gesendet (von|mit|über) |von meinem .{1,40} gesendet|diese nachricht wurde von meinem|envoyé (de|depuis|à partir|avec) |télécharge[rz] outlook|obtenir outlook|enviado do |inviato da|scarica outlook|verzonden (vanaf|met|via|vanuit) |verstuurd vanaf|skickat från|sendt fra|wysłane z|odesláno z|отправлено с|lähetetty |发自我的)`)

// cutSignature splits a signature off the end of a text. It never leaves
// nothing.
func cutSignature(text string) (visible, signature string) {
	text = strings.TrimSpace(text)
	lines := splitLines(text)
	at := signatureStart(lines)
	if at < 0 || nextText(lines, 0) >= at {
		return text, ""
	}
	return strings.TrimSpace(joinLines(lines[:at])), strings.TrimSpace(joinLines(lines[at:]))
}

// signatureStart returns the line where the signature begins, or -1: the
// "-- " mark (RFC 3676 4.3), also without its blank, a short drawn line, or a
// line of a phone.
func signatureStart(lines []textLine) int {
	at, count := -1, 0
	for i := len(lines) - 1; i >= 0 && count <= maxSignatureLines; i-- {
		s := strings.TrimSpace(lines[i].text)
		if s == "" {
			continue
		}
		count++
		switch {
		case s == "--" || s == "—" || s == "__" || s == "---":
			at = i
		case count <= 4 && len(s) < 160 && mobileSignature.MatchString(s):
			at = i
		}
	}
	return at
}

// isFooter says whether a text is what a mailing list adds below all mail: a
// drawn line and a few more.
func isFooter(text string) bool {
	first, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	first = strings.TrimSpace(first)
	return len(first) >= 20 && strings.Trim(first, "_-=*") == "" && strings.Count(rest, "\n") < 10
}

// onlySignature says whether a text is nothing but a signature.
func onlySignature(text string) bool {
	lines := splitLines(strings.TrimSpace(text))
	return signatureStart(lines) == 0
}

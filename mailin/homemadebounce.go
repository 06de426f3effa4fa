package mailin

import (
	"regexp"
	"strings"
)

// Many mail systems report failures in a form of their own, before or beside
// RFC 3464. Such a mail is known by two signs together: it comes from a mail
// system (empty return path, sender, failure field) and it speaks of a failed
// delivery in its subject or text. One sign alone is not enough, a person may
// write either.

var mailSystem = regexp.MustCompile(`(?i)^(mailer[-_.]?daemon|postmaster|mail[-_ ]?(delivery|system|administrator|daemon)|mailerdaemon|mdaemon|bounces?|delivery|mmdf|mta|smtp|majordomo|root|ecelerity|amavis|administrator|admin|system|info-?daemon|mailgateway|mailsweeper)([-_.+].*)?$`)

var mailSystemName = regexp.MustCompile(`(?i)(mail(er)?[ -]?(delivery|daemon|subsystem|system|administrator)|delivery (subsystem|system|service)|postmaster|system administrator|mail ?server)`)

func fromPostmaster(m *Message) bool {
	for _, a := range append(append([]Address(nil), m.From...), m.Sender...) {
		local, _, ok := cutAddress(a.Address)
		if !ok {
			local = a.Address
		}
		if mailSystem.MatchString(local) || mailSystemName.MatchString(a.Name) {
			return true
		}
	}
	return false
}

var bounceSubject = regexp.MustCompile(`(?i)(undeliver|un-?delivered|non[- ]?deliver|not deliver|delivery (status|failure|has failed|failed|problem|error|report|notification|unsuccessful|delayed|incomplete)|(failed|failure|fail)[ :].{0,40}(mail|deliver|message|notice)|(mail|message|deliver\w*).{0,30}fail|returned (mail|message|to sender|e-?mail)|failure notice|could ?n.t be delivered|could not be delivered|cannot be delivered|warning: (could not send|message)|mail system error|mail error|bounced? (mail|message)|rejected|user unknown|unknown user|unzustellbar|nicht zugestellt|no se (ha podido|pudo) entregar|no entregado|devuelto|non remis|échec|mancata consegna|não entregue|devolvid|delivery\s+failure|considered unsolicited|mailbox (full|is full)|message delayed|blocked)`)

var failedText = regexp.MustCompile(`(?i)(could ?not be delivered|couldn.t be delivered|cannot be delivered|can't be delivered|unable to deliver|(was|were|been|is|are) (not|unable|undeliver)\w* ?\w* ?deliver|delivery (to|of|attempt).{0,80}fail|permanent (error|failure|fatal)|fatal error|undeliverable|undelivered|not delivered|has been rejected|was rejected|message rejected|user unknown|unknown user|no such (user|recipient|mailbox|address|person)|mailbox (is )?(full|unavailable|not found|disabled)|does not exist|recipient (rejected|unknown|address|not)|host unknown|unknown host|over ?quota|quota exceeded|returned to (sender|you)|relay(ing)? denied|address (rejected|unknown)|not (be )?found|delivery (has )?failed|failed (to deliver|permanently|recipient)|does not like recipient|did not reach|not a valid (user|address|recipient)|giving up|invalid recipient|account.{0,30}(disabled|suspended|inactive)|no se (ha podido|pudo) entregar|nicht zugestellt|non è stato possibile|n'a pas pu être|could not send|unable to send|bounced|can ?not send)`)

var delayedText = regexp.MustCompile(`(?i)(has not yet been delivered|not yet been delivered|will (be retried|continue to (try|be attempted)|keep trying|retry)|delivery.{0,30}(is |has been |)delay|still being retried|you do not need to (resend|do anything)|you do not need to resend|message delayed|(warning|advert\w+): (could not send|message still undelivered)|this is a warning message only|temporarily (deferred|delayed))`)

// homemadeBounce says why m is a delivery report without the standard form.
func homemadeBounce(m *Message) string {
	if m.Header.Has("X-Failed-Recipients") {
		return "X-Failed-Recipients is present"
	}
	system := nullReturnPath(m) || fromPostmaster(m)
	if !system {
		return ""
	}
	subject := bounceSubject.MatchString(m.Subject)
	if !subject && (m.OutOfOffice() || isVacation(m)) {
		return ""
	}
	text := reportText(m.Text)
	if len(text) > 8000 {
		text = cut(text, 8000)
	}
	said := failedText.MatchString(text) || delayedText.MatchString(text)
	code := statusIn(text) != ""
	switch {
	case subject && (said || code):
		return "from a mail system, subject and text speak of a failed delivery"
	case said && code && !strings.HasPrefix(lowerASCII(m.Subject), "re:"): // a challenge answers, a report does not
		return "from a mail system, the text speaks of a failed delivery"
	case subject && fromPostmaster(m):
		return "from a mail system, the subject speaks of a failed delivery"
	case said && (nullReturnPath(m) || fromPostmaster(m)) && (len(m.report.original) > 0 || messageIDRE.MatchString(m.Text)):
		return "from a mail system, with the returned message"
	case said && nullReturnPath(m) && len(m.From) == 0 && len(m.InReplyTo) > 0:
		return "from nobody, the text speaks of a failed delivery"
	}
	return ""
}

func isVacation(m *Message) bool {
	v := lowerASCII(m.Header.Get("Auto-Submitted"))
	return strings.HasPrefix(v, "auto-replied") && (m.Header.Has("X-Autoreply") || m.Header.Has("X-Autorespond") || strings.Contains(v, "vacation"))
}

var returnedMark = regexp.MustCompile(`(?im)^[-=*_> \t]*(this is a copy of (the|your) message.*|below this line is a copy.*|(the )?original message( follows| headers?| text)?|the header of the original message|copy of .{0,30}message|returned message|unsent message follows|message (header|text) follows|your (original )?message follows|included is a copy.*)[\s:.*=_-]*$|^(received: from|return-path:)`)

// reportText is the part of a report before the returned message.
func reportText(text string) string {
	if len(text) > 64<<10 {
		text = cut(text, 64<<10)
	}
	if loc := returnedMark.FindStringIndex(text); loc != nil && loc[0] > 40 {
		return text[:loc[0]]
	}
	return text
}

// statusIn finds an enhanced status, or makes one of an SMTP reply code.
func statusIn(text string) string {
	for _, st := range statusCode.FindAllString(text, 20) {
		if st[0] != '2' {
			return st
		}
	}
	if c := replyCode.FindStringSubmatch(text); c != nil {
		if c[2] <= "5" {
			return c[1] + ".0.0"
		}
	}
	return ""
}

// diagnosticLine is the line of the text that holds the server's answer.
func diagnosticLine(text string) string {
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if replyCode.MatchString(line) || statusCode.MatchString(line) {
			return cut(line, 500)
		}
	}
	if loc := failedText.FindStringIndex(text); loc != nil {
		from := strings.LastIndexByte(text[:loc[0]], '\n') + 1
		line, _, _ := strings.Cut(text[from:], "\n")
		return cut(strings.TrimSpace(line), 500)
	}
	return ""
}

// recipientsIn finds the addresses that the text names as failed: those that
// begin a line or follow the words for it, else the first one that is neither
// the mail system's nor ours.
func recipientsIn(text string, m *Message) []string {
	var first, marked []string
	not := map[string]bool{}
	for _, l := range [][]Address{m.From, m.To, m.Cc} {
		for _, a := range l {
			not[lowerASCII(a.Address)] = true
		}
	}
	for _, line := range strings.Split(text, "\n") {
		for _, loc := range addressRE.FindAllStringIndex(line, 5) {
			a := strings.Trim(line[loc[0]:loc[1]], ".-=/")
			if not[lowerASCII(a)] || mailSystem.MatchString(strings.SplitN(a, "@", 2)[0]) {
				continue
			}
			before := strings.ToLower(strings.Trim(line[:loc[0]], " \t<[('\"*-"))
			if before == "" || strings.HasSuffix(before, "rcpt to:") || strings.HasSuffix(before, "recipient:") || strings.HasSuffix(before, "to:") ||
				strings.HasSuffix(before, "recipient") || strings.HasSuffix(before, "user") || strings.HasSuffix(before, "address") || strings.HasSuffix(before, "delivered to") {
				marked = appendOnce(marked, a)
			} else if len(first) == 0 {
				first = append(first, a)
			}
		}
	}
	switch {
	case len(marked) > 0:
		return marked
	case len(first) > 0:
		return first
	}
	return localPartsIn(text, m)
}

// namedAlone is a line with nothing but a user's name, indented as a list is.
var namedAlone = regexp.MustCompile(`^[ \t]+<?([A-Za-z0-9][A-Za-z0-9._+\-]{1,63})>?[ \t]*$`)

// localPartsIn finds the users that a server names without its own domain: alone on indented lines behind the words for a
// failure.
func localPartsIn(text string, m *Message) (found []string) {
	loc := failedText.FindStringIndex(text)
	if loc == nil || len(m.From) != 1 {
		return nil
	}
	_, domain, ok := cutAddress(m.From[0].Address)
	if !ok {
		return nil
	}
	for _, line := range strings.Split(text[loc[1]:], "\n") {
		if n := namedAlone.FindStringSubmatch(line); n != nil {
			found = appendOnce(found, n[1]+"@"+domain)
		}
	}
	return found
}

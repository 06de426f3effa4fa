package core

import (
	"regexp"
	"strings"
)

// ReportKind is what a mail that reports on one of ours says of it.
type ReportKind string

// The kinds. Only failed says that the mail did not arrive (RFC 3464 2.3.3).
const (
	ReportFailed    ReportKind = "failed"
	ReportDelayed   ReportKind = "delayed"
	ReportDelivered ReportKind = "delivered"
	ReportRelayed   ReportKind = "relayed"
	ReportExpanded  ReportKind = "expanded"
	ReportRead      ReportKind = "read"      // RFC 8098
	ReportComplaint ReportKind = "complaint" // RFC 5965
)

// notTheAddress are the failures for good (RFC 3463) that speak of one mail or one moment and not of the address: mailbox
// full, mail too large for the mailbox or the system, time ran out, content.
var notTheAddress = []string{"5.2.2", "5.2.3", "5.3.4", "5.4.7", "5.6."}

// HardBounce tells whether an enhanced status (RFC 3463, "5.1.1") says that mail to the address will not arrive later
// either. A failure without status says too little for that.
func HardBounce(status string) bool {
	if !strings.HasPrefix(status, "5.") {
		return false
	}
	for _, s := range notTheAddress {
		if status == s || strings.HasSuffix(s, ".") && strings.HasPrefix(status, s) {
			return false
		}
	}
	return true
}

// answer is the beginning of a server's answer (RFC 5321 4.2.1), with its enhanced status where it has one (RFC 2034).
var answer = regexp.MustCompile(`^([245])\d\d[ \-](?:([245]\.\d{1,3}\.\d{1,3})\b)?`)

// HardAnswer tells the same of a server's answer to a mail that it refused, "550 5.1.1 no such user".
func HardAnswer(response string) bool {
	m := answer.FindStringSubmatch(response)
	switch {
	case m == nil:
		return false
	case m[2] == "":
		return HardBounce(m[1] + ".0.0")
	}
	return HardBounce(m[2])
}

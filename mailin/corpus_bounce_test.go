package mailin

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
)

// foundFloor is the share of lines about bounces of which it must be known whether they are one, and whom it concerns.
const foundFloor = 0.97

// notAsExpected are the lines of the large collection that are read otherwise, and why they stay so.
var notAsExpected = map[string]string{
	"boxbe-cr.msg":           "a challenge that calls itself a delivery report with Action: failed, and the mail did not reach the mailbox",
	"whitelist.msg":          "an ordinary delivery report of a server that wants a confirmation first: the mail did not arrive",
	"lhost-fml-02.eml":       "a mailing list tells that the sender is no member, with its List fields: list mail, and nobody is named",
	"lhost-sendmail-14.eml":  "a person forwards a report by hand: human mail must never be taken for a bounce",
	"lhost-gmail-06.eml":     "it says itself that it is a warning and the mail is tried again: delayed",
	"lhost-gmail-17.eml":     "it says itself that it is a warning and the mail is tried again: delayed",
	"lhost-opensmtpd-15.eml": "its status is 4.4.7 in its own fields; the expected one is made up elsewhere",
	"lhost-opensmtpd-16.eml": "its status is 4.4.7 in its own fields; the expected one is made up elsewhere",
	"lhost-qmail-25.eml":     "two recipients failed for two reasons, and the status is that of the first one",
}

// TestCorpusBounces finds the bounces of the collection and their recipients, and takes no person's mail for one. Every
// line that is read otherwise than expected stands above with its reason, and no other does.
func TestCorpusBounces(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("POSTDESK_CORPUS")
	large := dir != ""
	if !large {
		dir = filepath.Join("testdata", "corpus")
	}
	good, all := 0, 0
	for _, e := range readExpectations(t, filepath.Join(dir, "expect-bounce.jsonl")) {
		if e.Disputed != nil {
			continue
		}
		all++
		if len(judgeFound(readCorpusFile(dir, e.File), e)) == 0 {
			good++
		}
		wrong, why := judgeBounce(dir, e), notAsExpected[path.Base(e.File)]
		switch {
		case len(wrong) > 0 && why == "":
			t.Errorf("%s: %s", e.File, strings.Join(wrong, "; "))
		case len(wrong) > 0:
			t.Logf("%s: %s, because: %s", e.File, strings.Join(wrong, "; "), why)
		case why != "":
			t.Errorf("%s is read as expected, and listed as if it were not", e.File)
		}
	}
	t.Logf("bounces found, with their recipients: %d of %d (%.1f %%)", good, all, 100*float64(good)/float64(all))
	if float64(good) < foundFloor*float64(all) {
		t.Errorf("bounces found: %d of %d is below the floor", good, all)
	}

	people := 0
	for _, name := range []string{"expect-auto.jsonl", "expect-bounce.jsonl", "expect-reply.jsonl"} {
		for _, e := range readExpectations(t, filepath.Join(dir, name)) {
			written := e.Kind == "normal" || e.MayAnswer != nil && *e.MayAnswer || name == "expect-reply.jsonl" && (e.Input == "" || e.Input == "message/rfc822")
			if !written {
				continue
			}
			people++
			if m := readCorpusFile(dir, e.File); m.Class == ClassBounce {
				t.Errorf("%s is taken for a bounce: %v", e.File, m.Reasons)
			}
		}
	}
	if people < 3 || large && people < 30 {
		t.Errorf("only %d mails of people", people)
	}
}

// judgeFound tells whether it is known that the mail is a bounce, and whom it concerns. That a mail is late or arrived is
// a report too, and no failure.
func judgeFound(m *Message, e expectation) (wrong []string) {
	want := e.IsBounce
	if e.Kind == "delayed" || e.Kind == "delivered" {
		report := true
		want = &report
	}
	if want != nil && *want != (m.Class == ClassBounce) {
		return []string{fmt.Sprintf("class %s (from %v, subject %q)", m.Class, m.From, m.Subject)}
	}
	if m.Bounce == nil {
		return nil
	}
	same := func(a, b []string) bool {
		return !slices.ContainsFunc(a, func(x string) bool {
			return !slices.ContainsFunc(b, func(y string) bool { return strings.EqualFold(x, y) })
		})
	}
	if have := m.Bounce.Recipients; len(e.Recipients) > 0 && !(same(have, e.Recipients) && same(e.Recipients, have)) {
		wrong = append(wrong, fmt.Sprintf("recipients %q, want %q", have, e.Recipients))
	}
	return wrong
}

func judgeBounce(dir string, e expectation) (wrong []string) {
	m := readCorpusFile(dir, e.File)
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	if wrong = judgeFound(m, e); len(wrong) > 0 || m.Bounce == nil {
		return wrong
	}
	switch e.Kind {
	case "bounce":
		if m.Bounce.Kind != BounceFailed {
			say("kind %s", m.Bounce.Kind)
		}
	case "delayed", "delivered":
		if string(m.Bounce.Kind) != e.Kind {
			say("kind %s, want %s", m.Bounce.Kind, e.Kind)
		}
	}
	if e.Original != "" && strings.Trim(e.Original, "<>") != m.Bounce.OriginalMessageID {
		say("original %q, want %q", m.Bounce.OriginalMessageID, e.Original)
	}
	var status []string
	switch v := e.Status.(type) {
	case string:
		status = []string{v}
	case []any:
		for _, s := range v {
			status = append(status, fmt.Sprint(s))
		}
	}
	sort.Strings(status)
	// Statuses such as 5.0.932 are a peer's own; the class is compared.
	if len(status) > 0 && m.Bounce.Status != "" && !slices.ContainsFunc(status, func(s string) bool {
		return s == "" || s == m.Bounce.Status || s[0] == m.Bounce.Status[0] && (strings.HasPrefix(s[1:], ".0.") || strings.HasPrefix(m.Bounce.Status[1:], ".0."))
	}) {
		say("status %s, want %s", m.Bounce.Status, status)
	}
	return wrong
}

package mailin

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"postdesk/core"
	"postdesk/core/store"
)

// TXTLookup finds the texts of a DNS name; the parts of one record are joined.
type TXTLookup func(ctx context.Context, name string) ([]string, error)

const (
	maxSignatures = 5                  // of one message are checked
	dkimTime      = 10 * time.Second   // for all keys of one message
	dkimAge       = 7 * 24 * time.Hour // older mail may be one that somebody kept and sends again
	dkimAhead     = 24 * time.Hour     // of a clock that goes wrong
)

// signedFields must stand in the message once, and under the signature: what is not signed, or is there twice, somebody
// else can have written (mail.md 4).
var signedFields = []string{"From", "To", "Subject", "Date", "Message-ID"}

// ownCheck adds our own DKIM check (RFC 6376) where the mailbox asks for it and the border left the question open. What
// fails here is no evidence and no fail: mail is changed on its way by honest servers too.
func (w *Worker) ownCheck(ctx context.Context, row *store.Inbound, m *Message, e evidence, dir *core.Directory) (evidence, error) {
	box := dir.Mailboxes[row.Mailbox]
	from := core.DomainOf(fromAddress(m))
	if box == nil || !box.DKIM || w.LookupTXT == nil || e.pass || e.fail || from == "" || !m.Header.Has(dkimField) {
		return e, nil
	}
	if why := unfitForCheck(m, dir, w.Desk.Now()); why != "" {
		e.why += "; own check: " + why
		return e, nil
	}
	raw, err := w.raw(ctx, row)
	if err != nil {
		return e, err
	}
	defer raw.Close()
	ctx, cancel := context.WithTimeout(ctx, dkimTime)
	defer cancel()
	signer, err := verify(ctx, raw, m, from, w.Desk.Now(), w.LookupTXT)
	if err != nil {
		e.why += "; own check: " + err.Error()
		return e, nil
	}
	return evidence{pass: true, signed: true, given: e.given, why: e.why + "; own check: dkim=pass of " + signer}, nil
}

const dkimField = "DKIM-Signature"

// unfitForCheck says what keeps any signature from proving that this mail was written now and to us: a true one may have
// been made for another reader, or long ago (replay, RFC 6376 section 8.6).
func unfitForCheck(m *Message, dir *core.Directory, now time.Time) string {
	for _, name := range signedFields {
		if n := len(m.Header.Values(name)); n != 1 {
			return fmt.Sprintf("%d %s fields", n, name)
		}
	}
	switch {
	case len(m.Header.Values("Cc")) > 1:
		return "several Cc fields"
	case m.Date == nil || m.Date.Before(now.Add(-dkimAge)) || m.Date.After(now.Add(dkimAhead)):
		return "its date is not of the last 7 days"
	}
	for _, address := range append(addresses(m.To), addresses(m.Cc)...) {
		if dir.Leads(address) {
			return ""
		}
	}
	return "it was not written to us"
}

// verify looks for a signature of the domain that covers what it must. The body is streamed.
func verify(ctx context.Context, raw io.Reader, m *Message, from string, now time.Time, lookup TXTLookup) (signer string, err error) {
	head, body, err := cutHeader(raw)
	if err != nil {
		return "", err
	}
	input := &quietReader{r: io.MultiReader(bytes.NewReader(head), body)}
	found, err := dkim.VerifyWithOptions(input, &dkim.VerifyOptions{MaxVerifications: maxSignatures, LookupTXT: func(name string) ([]string, error) {
		_, domain, _ := strings.Cut(name, "._domainkey.")
		if !aligned(core.FoldAddress(domain), from) { // a stranger's mail makes the desk ask nobody's servers but the sender's
			return nil, errors.New("not the sender's domain")
		}
		texts, err := lookup(ctx, name)
		if err == nil && slices.ContainsFunc(texts, underTest) {
			return nil, errors.New("the key is under test")
		}
		return texts, err
	}})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return "", err
	}
	if input.err != nil {
		return "", input.err
	}
	err = errors.New("no signature of the sender's domain")
	for _, v := range found {
		if !aligned(core.FoldAddress(v.Domain), from) {
			continue
		}
		if err = sound(v, m, now); err == nil {
			return v.Domain, nil
		}
	}
	return "", err
}

// sound says what is wrong with one signature; nil for one that proves the domain.
func sound(v *dkim.Verification, m *Message, now time.Time) error {
	if v.Err != nil {
		return v.Err
	}
	must := signedFields
	if m.Header.Has("Cc") { // who is copied may become a participant
		must = append(slices.Clone(must), "Cc")
	}
	for _, name := range must {
		if !slices.ContainsFunc(v.HeaderKeys, func(key string) bool { return strings.EqualFold(key, name) }) {
			return fmt.Errorf("%s is not signed", name)
		}
	}
	switch {
	case !v.Time.IsZero() && (v.Time.Before(now.Add(-dkimAge)) || v.Time.After(now.Add(dkimAhead))):
		return errors.New("the signature is not of the last 7 days")
	case !v.Expiration.IsZero() && now.After(v.Expiration):
		return errors.New("the signature has expired")
	}
	return nil
}

// underTest says whether a key record asks to be treated as none (RFC 6376 section 3.6.1, t=y).
func underTest(record string) bool {
	for tag := range strings.SplitSeq(record, ";") {
		name, value, _ := strings.Cut(tag, "=")
		if strings.TrimSpace(name) == "t" && slices.ContainsFunc(strings.Split(value, ":"), func(s string) bool { return strings.TrimSpace(s) == "y" }) {
			return true
		}
	}
	return false
}

// cutHeader takes the header off a message whose form leaves no doubt where it ends and what its fields are. Our reading
// mends what is broken and the check does not: they would see two different mails.
func cutHeader(raw io.Reader) (head []byte, body io.Reader, err error) {
	r := bufio.NewReaderSize(raw, maxHeaderBytes)
	for len(head) <= maxHeaderBytes {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, nil, errors.New("the header does not end")
		}
		head = append(head, line...)
		text, crlf := bytes.CutSuffix(line, []byte("\r\n"))
		switch {
		case !crlf, bytes.ContainsAny(text, "\r\x00"):
			return nil, nil, errors.New("the header's lines do not end as they must")
		case len(text) == 0:
			return head, r, nil
		case text[0] == ' ' || text[0] == '\t':
			if len(head) == len(line) || len(bytes.TrimSpace(text)) == 0 {
				return nil, nil, errors.New("a line continues nothing")
			}
		case !isFieldLine(text):
			return nil, nil, errors.New("a header line is no field")
		}
	}
	return nil, nil, errors.New("the header is too large")
}

// maxBlank is how many blanks and line ends in a row a body under check may have: the library keeps them, and goes through
// them again with each piece, until it knows whether they are the body's end.
const maxBlank = 64 << 10

// quietReader ends where its source fails or grows out of bounds, and remembers that: the library would leave its readers
// waiting.
type quietReader struct {
	r     io.Reader
	blank int
	err   error
}

func (q *quietReader) Read(p []byte) (int, error) {
	if q.err != nil {
		return 0, io.EOF
	}
	n, err := q.r.Read(p)
	for _, c := range p[:n] {
		if q.blank++; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			q.blank = 0
		}
		if q.blank > maxBlank {
			q.err = errors.New("the body is blank for too long")
			return 0, io.EOF
		}
	}
	if err != nil && err != io.EOF {
		q.err, err = err, io.EOF
	}
	return n, err
}

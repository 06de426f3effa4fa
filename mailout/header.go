package mailout

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	foldAt  = 76  // RFC 2047 section 2 for encoded words, RFC 5322 2.1.1 recommends 78
	maxLine = 998 // RFC 5322 2.1.1, without CRLF
	// maxID lets an id stand on a line of its own beside any field name.
	maxID = 900
)

var (
	errID     = errors.New("not a message id")
	errLink   = errors.New("not a list of links in angle brackets")
	errThread = errors.New("not a conversation index")
)

// headerWriter collects folded header fields and the first refused one. The only
// CR and LF in b are those that it writes itself.
type headerWriter struct {
	b   bytes.Buffer
	err error
}

func (h *headerWriter) refuse(field string, err error) {
	if h.err == nil {
		h.err = &FieldError{field, err}
	}
}

// words writes a field from pieces that hold no space, folding between them.
func (h *headerWriter) words(field string, words []string) {
	h.b.WriteString(field)
	h.b.WriteByte(':')
	used := len(field) + 1
	for i, word := range words {
		if i > 0 && used+1+len(word) > foldAt {
			h.b.WriteString("\r\n")
			used = 0
		}
		h.b.WriteByte(' ')
		h.b.WriteString(word)
		used += 1 + len(word)
	}
	h.b.WriteString("\r\n")
}

// raw writes a value of our own making.
func (h *headerWriter) raw(field, value string) { h.words(field, []string{value}) }

func (h *headerWriter) text(field, value string) { h.words(field, textWords(cleanText(value))) }

// mailbox writes `"Name" <address>`: plain names as quoted strings, others as encoded words.
func (h *headerWriter) mailbox(field, name, address string) {
	if err := CheckAddress(address); err != nil {
		h.refuse(field, err)
		return
	}
	var words []string
	if name = cleanText(name); name != "" {
		if plain(name) {
			name = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
			words = strings.Split(name, " ")
		} else {
			words = encodedWords(name)
		}
	}
	h.words(field, append(words, "<"+address+">"))
}

// ids writes message ids, each whole and never as an encoded word: Outlook loses
// the thread otherwise.
func (h *headerWriter) ids(field string, ids []string) {
	words := make([]string, len(ids))
	for i, id := range ids {
		if !ValidMessageID(id) {
			h.refuse(field, errID)
			return
		}
		words[i] = "<" + bareID(id) + ">"
	}
	h.words(field, words)
}

func (h *headerWriter) links(field, value string) {
	words := strings.Fields(value)
	for _, link := range words {
		link = strings.TrimSuffix(link, ",")
		if len(link) < 3 || len(link) > maxID || !visible(link) || link[0] != '<' || strings.IndexByte(link, '>') != len(link)-1 {
			h.refuse(field, errLink)
			return
		}
	}
	if len(words) == 0 || strings.TrimSpace(value) != strings.Join(words, " ") { // other white space than the space
		h.refuse(field, errLink)
		return
	}
	h.words(field, words)
}

func (h *headerWriter) threadIndex(value string) {
	if _, ok := decodeThreadIndex(value); !ok {
		h.refuse("Thread-Index", errThread)
		return
	}
	h.raw("Thread-Index", value)
}

// ValidMessageID reports whether an id, with or without its angle brackets, can
// stand in a header as it is: visible ASCII without further brackets, at most 900
// bytes. It does not ask for an @, which some senders leave out. Ids of foreign
// mails have to be asked about before they go into a Letter.
func ValidMessageID(id string) bool {
	id = bareID(id)
	return id != "" && len(id) <= maxID && visible(id) && !strings.ContainsAny(id, "<>")
}

func bareID(id string) string {
	return strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">")
}

// references are the letter's ids without doubles, ended by the message answered
// (RFC 5322 3.6.4). A long chain keeps its root and its last ones, so that the
// field unfolds to at most 998 bytes: some servers unfold it and cut.
func (l Letter) references() []string {
	var chain []string
	for _, id := range append(slices.Clone(l.References), l.InReplyTo) {
		if id = bareID(id); id != "" && !slices.Contains(chain, id) {
			chain = append(chain, id)
		}
	}
	size := len("References:")
	for _, id := range chain {
		size += len(id) + 3
	}
	for size > maxLine && len(chain) > 2 {
		size -= len(chain[1]) + 3
		chain = slices.Delete(chain, 1, 2)
	}
	return chain
}

func visible(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// cleanText turns each control (C0, C1, DEL), line and paragraph separator into a
// space, drops marks that reorder text, repairs UTF-8, and joins what remains
// with single spaces, so that a value can be folded anywhere and hide nothing.
func cleanText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
}

// plain reports whether clean text can stand in a header unencoded: ASCII, no
// word too long for a line, and nothing that reads as an encoded word.
func plain(s string) bool {
	for word := range strings.SplitSeq(s, " ") {
		if len(word) > foldAt-10 || word != "" && !visible(word) {
			return false
		}
	}
	return !strings.Contains(s, "=?")
}

func textWords(s string) []string {
	if s == "" {
		return nil
	}
	if plain(s) {
		return strings.Split(s, " ")
	}
	return encodedWords(s)
}

// encodedWords writes RFC 2047 words of at most 72 bytes that never split a
// character. mime.BEncoding leaves ASCII alone, which will not do: a subject may
// quote somebody's "=?…?=", and that must arrive as text.
func encodedWords(s string) []string {
	const room = 45 // bytes of text, 60 of base64
	var words []string
	for s != "" {
		n := 0
		for n < len(s) {
			_, size := utf8.DecodeRuneInString(s[n:])
			if n+size > room {
				break
			}
			n += size
		}
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return words
}

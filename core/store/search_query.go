package store

import (
	"context"
	"crypto/md5"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"postdesk/core"
)

// searchPieces is up to how many words of a query count; what follows is not asked for.
const searchPieces = 16

// piece is a part of what somebody typed: a word, or several that follow each other.
type piece struct {
	text  string
	begin bool // its last word may go on: impres*
	quote bool
}

// pieces takes a query apart: words, "words that follow each other", and begin* for the beginning of a word. Nothing that
// can be typed is wrong: a quote that is not closed ends with the query, and other signs separate words.
func pieces(q string) (list []piece) {
	typing := strings.TrimRightFunc(q, unicode.IsSpace) == q
	for q = strings.TrimSpace(q); q != "" && len(list) < searchPieces; q = strings.TrimSpace(q) {
		var p piece
		if rest, quoted := strings.CutPrefix(q, `"`); quoted {
			p.text, q, _ = strings.Cut(rest, `"`)
			p.quote = true
		} else {
			end := strings.IndexFunc(q, func(r rune) bool { return r == '"' || unicode.IsSpace(r) })
			if end < 0 {
				end = len(q)
			}
			p.text, q = q[:end], q[end:]
		}
		if rest, star := strings.CutPrefix(q, "*"); star && p.quote { // "paper tr"*
			p.begin, q = true, rest
		}
		if !p.quote {
			p.begin = strings.HasSuffix(p.text, "*")
		}
		list = append(list, p)
	}
	// The last word may still be being typed, unless a space ends it; numbers and codes are meant as they are.
	if n := len(list); n > 0 && typing && !list[n-1].quote {
		last, size := utf8.DecodeLastRuneInString(list[n-1].text)
		list[n-1].begin = list[n-1].begin || unicode.IsLetter(last) && len(list[n-1].text) > 2*size
	}
	return list
}

// numberSign is a ticket's number as subjects have it: [IT #1234].
var numberSign = regexp.MustCompile(`#(\d{1,18})\b`)

// numbered is the ticket whose number was typed, or pasted with the tag of a subject: 1234, #1234, [IT #1234] Jam; 0 = none.
func numbered(q string) core.Number {
	digits := strings.TrimSpace(q)
	if m := numberSign.FindStringSubmatch(q); m != nil {
		digits = m[1]
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return core.Number(n)
}

// term is a piece as the index has it: one word, or several that follow each other.
type term struct {
	words []string
	forms []string // of a single word: itself and its stems
	begin bool
	quote bool
}

// terms are what a query asks for, all of it.
type terms []term

// joinedWord is how much of what signs join stands in the index as one word.
const joinedWord = 64

// textPrefix is a prefix as words in the index have it: they are the same under all such prefixes.
const textPrefix = "vbbb"

// terms reads a query in the way in which texts are read for words with that prefix. None = it has no word.
func (r reads) terms(ctx context.Context, q, prefix string) (terms, error) {
	list := pieces(strings.ToValidUTF8(strings.ReplaceAll(q, "\x00", " "), " "))
	texts := make([]string, 0, len(list))
	for _, p := range list {
		texts = append(texts, p.text)
	}
	rows, err := r.db.Query(ctx, `select i, lexeme, positions is null from unnest($1::text[]) with ordinality p (piece, i),
		unnest(search_words($2, piece)) w order by i, positions[1]`, texts, prefix)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer rows.Close()
	found := make(terms, len(list))
	for rows.Next() {
		var i int
		var word string
		var stem bool
		if err := rows.Scan(&i, &word, &stem); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		if word = strings.TrimPrefix(word, prefix); word == "" {
			continue // what separates texts
		}
		t := &found[i-1]
		t.forms, t.begin, t.quote = append(t.forms, word), list[i-1].begin, list[i-1].quote
		if !stem {
			t.words = append(t.words, word)
		}
		if list[i-1].quote && len(t.words) == 1 { // what is quoted is meant as it stands
			t.forms = t.words
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	all := found[:0]
	for _, t := range found {
		if len(t.words) > 0 {
			all = append(all, t)
		}
	}
	return all, nil
}

// phrases tells whether words have to follow each other.
func (l terms) phrases() bool {
	return slices.ContainsFunc(l, func(t term) bool { return len(t.words) > 1 })
}

// query asks for all terms, each in one of the forms. Words hold letters and digits alone, so they need no quotes.
func (l terms) query(forms ...form) string {
	var and []string
	for _, t := range l {
		var or []string
		for _, f := range forms {
			or = append(or, f.term(t))
		}
		and = append(and, "("+strings.Join(or, "|")+")")
	}
	return strings.Join(and, "&")
}

// form is how terms are asked for: of documents, or of the index, which has more words (search_index of migration 0015) and
// no places. The index answers with all documents that have the terms, and where they are phrases with some that do not.
type form struct {
	prefix string // of words: a letter, and the window or what stands for it
	index  bool
}

// beginning is with how many letters a beginning of words is looked for, and how many the index has of each word.
const beginning = 3

func (f form) word(w string, begin bool) string {
	switch n := utf8.RuneCountInString(w); {
	case !begin || n < beginning:
		return f.prefix + w
	case n == beginning && f.index:
		return string(f.prefix[0]+1) + f.prefix[1:] + w
	}
	return f.prefix + w + ":*"
}

func (f form) phrase(words []string, begin bool) string {
	var list []string
	for i, w := range words {
		begins := begin && i == len(words)-1
		list = append(list, f.word(w, begins))
		if f.index && i > 0 && !begins {
			pair := md5.Sum([]byte(words[i-1] + " " + w))
			list = append(list, fmt.Sprintf("y%s%x", f.prefix[1:], pair[:2]))
		}
	}
	if f.index {
		return "(" + strings.Join(list, "&") + ")"
	}
	return strings.Join(list, "<->")
}

// term asks for a single word in all its forms, or for words that follow each other. Where signs joined them in what was
// typed, it asks for them as one word as well: PC-1234 is pc1234 in documents besides, wherever it stands in a long text.
func (f form) term(t term) string {
	if len(t.words) > 1 {
		phrase := f.phrase(t.words, t.begin && t.quote)
		if t.quote {
			return phrase
		}
		joined := []rune(strings.Join(t.words, ""))
		return f.word(string(joined[:min(len(joined), joinedWord)]), t.begin) + "|" + phrase
	}
	list := []string{f.word(t.words[0], t.begin)}
	for _, w := range t.forms {
		if w != t.words[0] {
			list = append(list, f.prefix+w)
		}
	}
	return strings.Join(list, "|")
}

// SearchQuery is a query for columns that search_words("", text) fills, as text for a tsquery: column @@ $1::tsquery.
// "" = it has no word, and finds nothing.
func (r reads) SearchQuery(ctx context.Context, q string) (string, error) {
	l, err := r.terms(ctx, q, "")
	return l.query(form{}), err
}

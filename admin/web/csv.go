package web

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// CSV makes a table for spreadsheets: RFC 4180 with CRLF, in UTF-8 with the mark that spreadsheets know it by. Its zero
// value is not ready; NewCSV makes one.
type CSV struct{ b bytes.Buffer }

// NewCSV begins a table.
func NewCSV() *CSV {
	c := &CSV{}
	c.b.WriteString("\uFEFF")
	return c
}

// Row adds a row. Texts are whatever somebody wrote, so they are always quoted and never a formula; a nil is an empty cell;
// all else is ours and stays what it is: numbers are numbers, dates dates.
func (c *CSV) Row(cells ...any) {
	for i, cell := range cells {
		if i > 0 {
			c.b.WriteByte(',')
		}
		switch v := cell.(type) {
		case nil:
		case string:
			c.b.WriteString(`"` + strings.ReplaceAll(unformed(v), `"`, `""`) + `"`)
		default:
			fmt.Fprint(&c.b, v)
		}
	}
	c.b.WriteString("\r\n")
}

// Bytes is the table so far.
func (c *CSV) Bytes() []byte { return c.b.Bytes() }

// formulaStarts make a spreadsheet read a cell as a formula, or as a command of old ones: as typed, in full width and in
// small form, which imports fold to the same.
const formulaStarts = "=+-@|%＝＋－＠｜％﹦﹢﹣﹫﹪−"

// separators begin a cell where a spreadsheet expects another separator than ours and so does not see our quotes.
const separators = ";\t\r\n"

// blanks show nothing although they are no spaces, marks or controls to Unicode: fillers and the empty braille pattern.
const blanks = "\u115f\u1160\u2800\u3164\uffa0"

// unformed keeps a text such as =cmd|'…'!A0 from being run by whoever opens the table: an apostrophe goes before what begins
// like a formula, also behind what cannot be seen, and before what begins with a tab or line break, which some skip.
func unformed(s string) string {
	if beginsWith(s, formulaStarts+"\t\r\n") {
		s = "'" + s
	}
	var b strings.Builder
	for {
		i := strings.IndexAny(s, separators)
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i+1])
		if s = s[i+1:]; beginsWith(s, formulaStarts) {
			b.WriteByte('\'')
		}
	}
}

// beginsWith tells whether the first character that can be seen, or one before it, is among the set.
func beginsWith(s, set string) bool {
	for _, r := range s {
		switch {
		case strings.ContainsRune(set, r):
			return true
		case !unicode.IsSpace(r) && unicode.IsGraphic(r) && !unicode.In(r, unicode.Mn, unicode.Me) && !strings.ContainsRune(blanks, r):
			return false
		}
	}
	return false
}

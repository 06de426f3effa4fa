package core

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFileName is how many bytes of a file's name are kept.
const maxFileName = 200

// CleanFileName makes the name that somebody gave a file fit for display: no path of either kind, no control,
// bidirectional or invisible characters, no dots, blanks or quotes at its ends. The name is never used as a path; where
// nothing of it is left the fallback stands.
func CleanFileName(name, fallback string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = strings.Trim(name, " .\"")
	if len(name) > maxFileName { // the extension says what the file is, so the middle goes
		end := ""
		if i := strings.LastIndexByte(name, '.'); len(name)-i <= 16 {
			end = name[i:]
		}
		keep := maxFileName - len(end)
		for !utf8.RuneStart(name[keep]) {
			keep--
		}
		name = name[:keep] + end
	}
	return cmp.Or(name, fallback)
}

package mailin

import "strings"

// unwrapFlowed joins the lines of a format=flowed text (RFC 3676): a line that
// ends in a blank goes on in the next one of the same quote depth. Blanks at
// the front that only protect the line are removed, and quotes keep one "> "
// a level.
func unwrapFlowed(s string, delSp bool) string {
	var b strings.Builder
	b.Grow(len(s))
	open, openDepth := false, 0
	for s != "" {
		var line string
		line, s, _ = strings.Cut(s, "\n")
		depth := 0
		for depth < len(line) && line[depth] == '>' {
			depth++
		}
		text := strings.TrimPrefix(line[depth:], " ") // space-stuffing
		isSignature := text == "-- "                  // 4.3: never flowed
		if open && (depth != openDepth || isSignature) {
			b.WriteByte('\n')
			open = false
		}
		if !open && depth > 0 {
			b.WriteString(strings.Repeat(">", depth))
			if text != "" {
				b.WriteByte(' ')
			}
		}
		open = strings.HasSuffix(text, " ") && !isSignature && strings.TrimSpace(text) != ""
		openDepth = depth
		if open && delSp {
			text = text[:len(text)-1]
		}
		b.WriteString(text)
		if !open {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

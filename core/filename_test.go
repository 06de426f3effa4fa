package core

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFileNamesAreFitForDisplay(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"report.pdf":                    "report.pdf",
		"../../etc/cron.d/x":            "x",
		`..\..\windows\x.exe`:           "x.exe",
		"\u200b.htaccess":               "htaccess",
		"photo\u202egnp.exe":            "photognp.exe",
		"a\x00b\r\nX: y.txt":            "abX: y.txt",
		" . . ":                         "file",
		"":                              "file",
		"señal 日本.png":                  "señal 日本.png",
		"broken\xff.txt":                "broken.txt",
		strings.Repeat("x", 300):        strings.Repeat("x", 200),
		strings.Repeat("x", 300) + ".c": strings.Repeat("x", 198) + ".c",
	} {
		if got := CleanFileName(in, "file"); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := CleanFileName(strings.Repeat("ñ", 150)+".txt", "file"); len(got) > 200 || !utf8.ValidString(got) || !strings.HasSuffix(got, "ñ.txt") {
		t.Errorf("cut within a character: %q", got)
	}
}

package mailin

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxFileName = 200 // bytes; file systems and headers hold it

// cleanFileName makes the name that a sender gave a file fit for display: no
// path of either kind, no control, bidirectional or invisible characters, no
// dots and blanks at its ends. It is never used as a path.
func cleanFileName(s string) string {
	if s == "" {
		return ""
	}
	s = decodeHeaderText(s)
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Cc, unicode.Co) || r == 0xFEFF {
			return -1
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Trim(s, " .\"")
	if len(s) > maxFileName {
		ext := ""
		if i := strings.LastIndexByte(s, '.'); i > 0 && len(s)-i <= 16 {
			ext = s[i:]
		}
		keep := maxFileName - len(ext)
		for keep > 0 && !utf8.RuneStart(s[keep]) {
			keep--
		}
		s = s[:keep] + ext
	}
	return s
}

// extensions of types that come without a name. The table is ours, so that a
// name does not depend on the machine's MIME database.
var extensions = map[string]string{
	"text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics",
	"text/vcard": ".vcf", "text/x-vcard": ".vcf", "text/rfc822-headers": ".txt",
	"message/delivery-status": ".txt", "message/disposition-notification": ".txt", "message/feedback-report": ".txt",
	"image/png": ".png", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/gif": ".gif", "image/svg+xml": ".svg",
	"image/bmp": ".bmp", "image/tiff": ".tif", "image/webp": ".webp", "image/heic": ".heic",
	"application/pdf": ".pdf", "application/zip": ".zip", "application/json": ".json", "application/xml": ".xml",
	"application/msword": ".doc", "application/vnd.ms-excel": ".xls",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       ".xlsx",
	"application/pgp-signature": ".asc", "application/pgp-encrypted": ".asc", "application/pgp-keys": ".asc",
	"application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s",
	"application/pkcs7-mime": ".p7m", "application/x-pkcs7-mime": ".p7m",
	"application/ms-tnef": ".dat",
	"audio/mpeg":          ".mp3", "audio/wav": ".wav", "video/mp4": ".mp4",
}

func defaultFileName(ctype string) string {
	base, sub, _ := strings.Cut(ctype, "/")
	ext := extensions[ctype]
	switch {
	case ctype == "text/calendar":
		return "invite.ics"
	case base == "image":
		return "image" + ext
	case base == "message" && sub != "rfc822":
		base = cleanFileName(sub)
		if base == "" {
			base = "message"
		}
		return base + ext
	case strings.HasSuffix(sub, "signature"):
		return "signature" + ext
	}
	return "attachment" + ext
}

package mailin

import (
	"strings"

	"postdesk/core"
)

// cleanFileName makes the name in a header fit for display; it may have encoded words where it must not (RFC 2047 section
// 5).
func cleanFileName(s string) string { return core.CleanFileName(decodeHeaderText(s), "") }

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

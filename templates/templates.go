// Package templates holds what the desk says, as files: the templates of its mails and pages, and the sentences of both
// in each language. Its Go code loads the sentences and puts names, dates and numbers into them; it decides nothing and
// knows no ticket. Templates get views that are cut to their reader already.
package templates

import "embed"

// Files are the templates and locales: mail/<event>.{subject,txt,html}, locale/<language>.json.
//
//go:embed mail locale
var Files embed.FS

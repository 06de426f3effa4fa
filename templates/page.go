package templates

import "embed"

// Pages are the templates of the desk's pages: page/part what several share, page/desk one file per page, page/icon the
// drawings that are set into them.
//
//go:embed page
var Pages embed.FS

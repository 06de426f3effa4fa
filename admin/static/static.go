// Package static serves the files that pages load: style sheets, the script, the typeface. Each is named after its
// content, so browsers keep it for good and a new version of the desk brings new names.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
)

//go:embed *.css *.js *.woff2
var files embed.FS

// Prefix is the path below which the files are served.
const Prefix = "/static/"

type asset struct {
	body []byte
	kind string
}

var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".woff2": "font/woff2"}

// addresses maps a file's name to its path, assets the last part of that path to the file.
var addresses, assets = load()

func load() (map[string]string, map[string]asset) {
	addresses, assets := map[string]string{}, map[string]asset{}
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the directory is embedded
	}
	add := func(wanted bool, name string) {
		ext := path.Ext(name)
		if (ext == ".css") != wanted {
			return
		}
		body, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		if wanted {
			for other, address := range addresses {
				body = bytes.ReplaceAll(body, []byte("url("+other+")"), []byte("url("+address+")"))
			}
		}
		sum := sha256.Sum256(body)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		addresses[name], assets[hashed] = Prefix+hashed, asset{body, kinds[ext]}
	}
	for _, styles := range []bool{false, true} { // style sheets name other files, so they come last
		for _, e := range entries {
			add(styles, e.Name())
		}
	}
	return addresses, assets
}

// Address is the path of a file; a name that is not embedded is a mistake of the program and panics.
func Address(name string) string {
	address, ok := addresses[name]
	if !ok {
		panic("static: no file " + name)
	}
	return address
}

// Handler serves the files below Prefix.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets[strings.TrimPrefix(r.URL.Path, Prefix)]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		_, _ = w.Write(a.body)
	})
}

// Package static serves what pages load: one style sheet, one script, the typeface. The sheet is made of the files in
// style/, the script of those in script/, each in the order of their names: a concept has its own file, and a page still
// loads one. What is served is named after its content, so browsers keep it for good and a new version of the desk brings
// new names.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed style/*.css script/*.js *.woff2
var files embed.FS

// Prefix is the path below which the files are served.
const Prefix = "/static/"

type asset struct {
	body, packed []byte // packed = gzip; nil where that saves nothing
	kind         string
}

// addresses maps a file's name to its path, assets the last part of that path to the file.
var addresses, assets = load()

func load() (map[string]string, map[string]asset) {
	addresses, assets := map[string]string{}, map[string]asset{}
	add := func(name, kind string, body []byte) {
		ext := path.Ext(name)
		sum := sha256.Sum256(body)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		addresses[name], assets[hashed] = Prefix+hashed, asset{body, packed(body), kind}
	}
	each("*.woff2", func(name string, body []byte) { add(name, "font/woff2", body) })
	var script, style bytes.Buffer
	script.WriteString("\"use strict\";\n")
	each("script/*.js", func(_ string, body []byte) { // a block each: what one file names is not seen by another
		script.WriteString("{\n")
		script.Write(body)
		script.WriteString("\n}\n")
	})
	each("style/*.css", func(_ string, body []byte) {
		for name, address := range addresses {
			body = bytes.ReplaceAll(body, []byte("url("+name+")"), []byte("url("+address+")"))
		}
		style.Write(body)
	})
	add("desk.js", "text/javascript; charset=utf-8", script.Bytes())
	add("desk.css", "text/css; charset=utf-8", style.Bytes())
	return addresses, assets
}

func each(pattern string, fn func(name string, body []byte)) {
	names, err := fs.Glob(files, pattern)
	for _, name := range names {
		var body []byte
		if body, err = files.ReadFile(name); err != nil {
			break
		}
		fn(name, body)
	}
	if err != nil {
		panic(err) // the files are embedded
	}
}

func packed(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid one
	_, _ = w.Write(body)                                  // a buffer takes everything
	_ = w.Close()
	if b.Len() > len(body)*9/10 {
		return nil
	}
	return b.Bytes()
}

// Address is the path of a file; a name that is not served is a mistake of the program and panics.
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
		body := a.body
		if a.packed != nil {
			h.Set("Vary", "Accept-Encoding")
			if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				h.Set("Content-Encoding", "gzip")
				body = a.packed
			}
		}
		_, _ = w.Write(body)
	})
}

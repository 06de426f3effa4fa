package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const top = "../.."

// rooms says which of our own packages each package may import (docs/architecture.md). Its entry is the longest path that
// it lies in; cmd has none and may import everything. As with the go command, /... means all below.
var rooms = map[string][]string{
	"postdesk/core":                 {},
	"postdesk/core/store":           {"postdesk/core", "postdesk/migrations"},
	"postdesk/core/store/localpg":   {},
	"postdesk/core/store/storetest": {"postdesk/core", "postdesk/core/store", "postdesk/core/store/localpg"},
	"postdesk/core/helpdesk":        {"postdesk/core", "postdesk/core/store"},
	"postdesk/mailin":               {"postdesk/core", "postdesk/core/store", "postdesk/core/helpdesk"},
	"postdesk/mailout":              {"postdesk/core", "postdesk/core/store", "postdesk/core/helpdesk", "postdesk/templates"},
	"postdesk/admin":                {"postdesk/core", "postdesk/core/store", "postdesk/core/helpdesk", "postdesk/templates", "postdesk/admin/..."},
	"postdesk/admin/desk":           {"postdesk/core", "postdesk/core/helpdesk", "postdesk/templates", "postdesk/admin/web", "postdesk/admin/static"},
	"postdesk/admin/static":         {},
	"postdesk/admin/web":            {"postdesk/core", "postdesk/templates", "postdesk/admin/static"},
	"postdesk/templates":            {"postdesk/core"},
	"postdesk/migrations":           {},
}

// homes says where a library may be seen, by paths with what lies below them. A library that is not here may be seen everywhere but in core, which sees the
// standard library only.
var homes = map[string][]string{
	"github.com/jackc/pgx":           {"postdesk/core/store", "postdesk/cmd"},
	"github.com/riverqueue/river":    {"postdesk/core/store", "postdesk/cmd"},
	"github.com/pressly/goose":       {"postdesk/core/store"},
	"github.com/emersion/go-imap":    {"postdesk/mailin", "postdesk/cmd/postdesk/demo"},
	"github.com/emersion/go-message": {"postdesk/mailin", "postdesk/cmd/postdesk/demo"},
	"github.com/emersion/go-msgauth": {"postdesk/mailin"},
	"github.com/emersion/go-smtp":    {"postdesk/cmd"},
	"github.com/microcosm-cc":        {"postdesk/mailin"},
	"github.com/wneessen/go-mail":    {"postdesk/mailout"},
	"github.com/go-chi/chi":          {"postdesk/admin"},
	"github.com/danielgtaylor/huma":  {"postdesk/admin"},
	"github.com/alexedwards/scs":     {"postdesk/admin", "postdesk/cmd"},
	"github.com/nicksnyder/go-i18n":  {"postdesk/templates"},
	"github.com/alecthomas/kong":     {"postdesk/cmd"},
	"github.com/goccy/go-yaml":       {"postdesk/cmd"},
	"golang.org/x/oauth2":            {"postdesk/admin/desk", "postdesk/cmd"},
	"github.com/coreos/go-oidc":      {"postdesk/admin/desk"},
	"rsc.io/qr":                      {"postdesk/admin/desk"},
	"github.com/chromedp":            {},
	"go.uber.org/goleak":             {},
	"postdesk/core/store/storetest":  {"postdesk/cmd/postdesk/bench"},
	"postdesk/cmd/postdesk/e2e":      {"postdesk/cmd/postdesk/bench"},
	"postdesk/core/store/localpg":    {"postdesk/core/store/storetest", "postdesk/cmd"},
	"testing":                        {"postdesk/core/store/storetest"},
}

// source is a package as the go command tells of it; Imports are those of the files that are not tests.
type source struct {
	ImportPath, Dir string
	Standard        bool
	GoFiles         []string
	Imports         []string
}

func goList(t *testing.T, args ...string) []source {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Dir,Standard,GoFiles,Imports"}, args...)...)
	cmd.Dir = top
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var list []source
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var s source
		if err := d.Decode(&s); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
}

// within tells whether a package is path or lies below it.
func within(pkg, path string) bool { return pkg == path || strings.HasPrefix(pkg, path+"/") }

func matches(pkg, pattern string) bool {
	if path, all := strings.CutSuffix(pattern, "/..."); all {
		return within(pkg, path)
	}
	return pkg == pattern
}

// room is the longest entry of rooms that a package lies in.
func room(pkg string) (best string) {
	for path := range rooms {
		if within(pkg, path) && len(path) > len(best) {
			best = path
		}
	}
	return best
}

func TestPackagesImportOnlyAlongTheArrows(t *testing.T) {
	t.Parallel()
	list := goList(t, "./...")
	if len(list) < len(rooms) {
		t.Fatalf("go list tells of %d packages only", len(list))
	}
	for _, s := range list {
		may, known := rooms[room(s.ImportPath)]
		if !known && !within(s.ImportPath, "postdesk/cmd") {
			t.Errorf("%s has no place in rooms: say what it may import", s.ImportPath)
		}
		for _, i := range s.Imports {
			if known && within(i, "postdesk") && !slices.ContainsFunc(may, func(pattern string) bool { return matches(i, pattern) }) {
				t.Errorf("%s imports %s, against the arrows", s.ImportPath, i)
			}
			for library, at := range homes {
				if within(i, library) && !slices.ContainsFunc(at, func(path string) bool { return within(s.ImportPath, path) }) && !within(s.ImportPath, library) {
					t.Errorf("%s imports %s, which belongs to %v", s.ImportPath, i, at)
				}
			}
			if s.ImportPath == "postdesk/core" && strings.Contains(i, ".") {
				t.Errorf("core imports %s: it sees the standard library only", i)
			}
		}
	}
}

// core is words and rules: no clock, no network, no files, no goroutine.
func TestCoreDoesNothing(t *testing.T) {
	t.Parallel()
	doing := regexp.MustCompile(`\btime\.(Now|Since|Until|Sleep|After|Tick|NewTimer|NewTicker)\(|\bnet\.(Dial|Listen|Lookup)|\bslog\.(Debug|Info|Warn|Error)|(?m)^\s*go (func|\w+[.(])`)
	for _, s := range goList(t, "./core") {
		for _, i := range s.Imports {
			if slices.Contains([]string{"os", "os/exec", "net/http", "database/sql", "log", "sync", "math/rand/v2", "crypto/rand"}, i) {
				t.Errorf("core imports %s", i)
			}
		}
		for _, name := range s.GoFiles {
			text, err := os.ReadFile(filepath.Join(s.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if found := doing.Find(text); found != nil {
				t.Errorf("core/%s: %s", name, found)
			}
		}
	}
}

// go-imap v2 is a beta: what its next release changes must be mended in one file.
func TestIMAPLibraryIsSeenInOneFile(t *testing.T) {
	t.Parallel()
	var seen []string
	for _, s := range goList(t, "./mailin") {
		for _, name := range s.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(s.Dir, name), nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return strings.Contains(i.Path.Value, "emersion/go-imap") }) {
				seen = append(seen, name)
			}
		}
	}
	if !slices.Equal(seen, []string{"imap.go"}) {
		t.Errorf("go-imap is imported by %v, want only imap.go", seen)
	}
}

func TestBinaryHasNoTestSupport(t *testing.T) {
	t.Parallel()
	deps := goList(t, "-deps", "./cmd/postdesk")
	if !slices.ContainsFunc(deps, func(s source) bool { return s.ImportPath == "postdesk/core" }) {
		t.Fatal("go list -deps does not tell of core")
	}
	for _, s := range deps {
		for _, unwanted := range []string{"testing", "postdesk/core/store/storetest", "postdesk/cmd/postdesk/e2e", "postdesk/cmd/postdesk/bench",
			"github.com/chromedp", "go.uber.org/goleak"} {
			if within(s.ImportPath, unwanted) {
				t.Errorf("the binary contains %s", s.ImportPath)
			}
		}
	}
}

// All SQL is in core/store; the benchmarks have some of their own, to measure the database without the product and to fill it.
func TestSQLStandsInTheStoreOnly(t *testing.T) {
	t.Parallel()
	sql := regexp.MustCompile(`(?is)\bselect\b.+\bfrom\b|\binsert\s+into\b|\bupdate\s+\w+\s+set\b|\bdelete\s+from\b|\b(create|alter|drop)\s+(table|index|view)\b`)
	for _, s := range goList(t, "./...") {
		if within(s.ImportPath, "postdesk/core/store") || within(s.ImportPath, "postdesk/cmd/postdesk/bench") {
			continue
		}
		for _, name := range s.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(s.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					if text, err := strconv.Unquote(literal.Value); err == nil && sql.MatchString(text) {
						t.Errorf("%s: SQL: %s", files.Position(literal.Pos()), literal.Value)
					}
				}
				return true
			})
		}
	}
}

// A file holds one concept and is named after it.
func TestFilesAreNamedAndShort(t *testing.T) {
	t.Parallel()
	saysNothing := regexp.MustCompile(`^(utils?|common|helpers?|misc|models?)(_test)?(\.go)?$`)
	count := 0
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains([]string{".git", "var", "bin"}, d.Name()) && filepath.Dir(path) == top):
			return fs.SkipDir
		case saysNothing.MatchString(d.Name()):
			t.Errorf("%s: the name says nothing", path)
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		count++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		most := 450
		if strings.HasSuffix(path, "_test.go") {
			most = 600
		}
		if lines := bytes.Count(text, []byte("\n")); lines > most {
			t.Errorf("%s has %d lines, %d are the most", path, lines, most)
		}
		return nil
	})
	if err != nil || count < 100 {
		t.Errorf("%d files seen: %v", count, err)
	}
}

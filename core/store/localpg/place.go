package localpg

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// closedHome is where the data go when the chosen directory lies below one that the server's user may not enter, as
// everything in root's home does.
var closedHome = "/var/lib/postdesk"

// place is the directory of a server and the user it runs as.
type place struct {
	dir  string
	link string              // where dir is not the chosen directory: the link there that leads to it
	cred *syscall.Credential // nil: the server runs as the same user as this program
}

func (p place) file(name string) string { return filepath.Join(p.dir, name) }
func (p place) data() string            { return p.file("data") }

// settle makes the directory ready for the user the server will run as.
func settle(dir string, throwaway bool, log io.Writer) (place, error) {
	if dir == "" {
		return place{}, errors.New("private PostgreSQL: no directory given")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return place{}, err
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		return place{}, fmt.Errorf("private PostgreSQL: %w", err)
	}
	// Links are followed once, here, so that every later path is the real one.
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return place{}, err
	}
	p := place{dir: abs}
	if os.Geteuid() == 0 {
		if p.cred, err = unprivileged(); err != nil {
			return place{}, err
		}
		if err := p.open(throwaway, log); err != nil {
			return place{}, err
		}
	}
	if err := p.mkdir(p.file("socket")); err != nil {
		return place{}, err
	}
	return p, nil
}

// unprivileged is the user for a server whose parent is root: PostgreSQL refuses to run as root.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and neither a user postgres nor nobody is there to run it as")
}

// open makes the directory reachable for the server's user. Where a parent forbids that, data which should last go to
// closedHome and others to the temporary directory, with a link "moved" left behind that tells the next run.
func (p *place) open(throwaway bool, log io.Writer) error {
	info, err := os.Stat(p.dir)
	if err != nil {
		return err
	}
	// The directory is the server's own, so letting others pass through it gives nothing away: all below is 0700.
	if info.Mode()&0o001 == 0 {
		if err := os.Chmod(p.dir, info.Mode().Perm()|0o011); err != nil {
			return err
		}
	}
	if p.canEnter(p.dir) == nil {
		return nil
	}
	why, home := p.explain(), closedHome
	p.link = p.file("moved")
	if target, err := os.Readlink(p.link); err == nil {
		if _, err := os.Stat(target); err == nil {
			p.dir = target
			return p.canEnter(p.dir)
		}
		// The data were removed by hand; begin anew.
		if err := os.Remove(p.link); err != nil {
			return err
		}
	}
	if throwaway {
		home = os.TempDir()
	} else if err := os.MkdirAll(home, 0o755); err != nil {
		return errors.Join(why, err)
	}
	target, err := os.MkdirTemp(home, "postdesk-postgresql-")
	if err != nil {
		return errors.Join(why, err)
	}
	if err := os.Chmod(target, 0o711); err != nil {
		return errors.Join(why, err)
	}
	if err := os.Symlink(target, p.link); err != nil {
		return errors.Join(why, err)
	}
	fmt.Fprintf(log, "%v; the database goes to %s instead\n", why, target)
	p.dir = target
	return p.canEnter(p.dir)
}

// leave removes throw-away data that had to lie elsewhere, since whoever removes the chosen directory knows nothing of them.
func (p place) leave() error {
	if p.link == "" {
		return nil
	}
	return errors.Join(os.RemoveAll(p.dir), os.Remove(p.link))
}

// canEnter tries it for real: a process with the server's user changes into the directory.
func (p place) canEnter(dir string) error {
	cmd := exec.Command("/bin/true")
	cmd.Dir, cmd.SysProcAttr = dir, p.attributes()
	return cmd.Run()
}

// explain names the directory that keeps the server's user out.
func (p place) explain() error {
	closed := p.dir
	for d := p.dir; ; d = filepath.Dir(d) {
		if p.canEnter(d) != nil {
			closed = d
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	name := strconv.FormatUint(uint64(p.cred.Uid), 10)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	return fmt.Errorf("PostgreSQL runs as user %s, who may not enter %s (chmod o+x %s, or choose another directory than %s)",
		name, closed, closed, p.dir)
}

func (p place) own(path string) error {
	if p.cred == nil {
		return nil
	}
	return os.Chown(path, int(p.cred.Uid), int(p.cred.Gid))
}

// mkdir makes a directory that only the server's user may enter.
func (p place) mkdir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("private PostgreSQL: %w", err)
	}
	return p.own(path)
}

// attributes of a helper program that runs as the server's user.
func (p place) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: p.cred}
}

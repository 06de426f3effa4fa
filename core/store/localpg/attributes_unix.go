//go:build unix && !linux

package localpg

import "syscall"

const locale = "en_US.UTF-8"

// childAttributes put the server into a process group of its own, so that a Ctrl-C in the terminal reaches only the
// program, which stops the server after its last writes. There is no death signal here: a server whose program was
// killed is found and ended by the next Start.
func childAttributes(cred *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: cred, Setpgid: true}
}

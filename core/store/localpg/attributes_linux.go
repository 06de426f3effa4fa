package localpg

import "syscall"

// locale sorts by code point and knows upper and lower case of every letter; it is there on every Linux.
const locale = "C.UTF-8"

// childAttributes put the server into a process group of its own, so that a Ctrl-C in the terminal reaches only the
// program, which stops the server after its last writes; and have the kernel stop the server when the program dies.
func childAttributes(cred *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: cred, Setpgid: true, Pdeathsig: syscall.SIGINT}
}

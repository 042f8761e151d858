package rig

import "syscall"

// childAttributes make the kernel end a child whose test has died.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

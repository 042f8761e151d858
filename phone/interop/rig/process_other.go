//go:build !linux

package rig

import "syscall"

// childAttributes has nothing to add where the kernel offers no such help.
func childAttributes() *syscall.SysProcAttr { return nil }

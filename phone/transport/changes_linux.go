package transport

import (
	"errors"
	"os"
	"syscall"
)

// netlink is a socket over which the kernel tells of links and addresses that
// came, went or became others.
type netlink struct{ *os.File }

// systemChanges begins to listen to the kernel.
func systemChanges() (changes, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	err = syscall.Bind(fd, &syscall.SockaddrNetlink{
		Family: syscall.AF_NETLINK,
		Groups: 1<<(syscall.RTNLGRP_LINK-1) | 1<<(syscall.RTNLGRP_IPV4_IFADDR-1) | 1<<(syscall.RTNLGRP_IPV6_IFADDR-1),
	})
	if err != nil {
		_ = syscall.Close(fd) // nothing was written
		return nil, os.NewSyscallError("bind", err)
	}
	return netlink{os.NewFile(uintptr(fd), "netlink")}, nil
}

// wait implements changes.
func (n netlink) wait() error {
	var start [syscall.NLMSG_HDRLEN]byte // the kernel drops what does not fit
	_, err := n.Read(start[:])
	if errors.Is(err, syscall.ENOBUFS) {
		return nil // more changes than the kernel keeps messages of
	}
	return err
}

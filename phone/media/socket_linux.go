//go:build amd64 || arm64

package media

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// socket is a UDP socket. One goroutine reads from it.
//
// It asks the kernel for a datagram without telling Go's scheduler, which it
// may as the socket never waits: told, the scheduler wakes its watchdog for
// some hundred microseconds, fifty times a second in a call, and that costs
// more than the datagram.
type socket struct {
	*net.UDPConn
	raw    syscall.RawConn
	origin origin

	// Of the reading goroutine: what receive has been asked and answers.
	into    []byte
	length  int
	errno   syscall.Errno
	from    syscall.RawSockaddrAny
	receive func(fd uintptr) bool
}

func newSocket(c *net.UDPConn) (*socket, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &socket{UDPConn: c, raw: raw}
	s.receive = s.recvfrom
	return s, nil
}

// ReadFrom implements net.PacketConn.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	if len(b) == 0 {
		return s.UDPConn.ReadFrom(b)
	}
	s.into = b
	if err := s.raw.Read(s.receive); err != nil {
		return 0, nil, err
	}
	if s.errno != 0 {
		return 0, nil, &net.OpError{Op: "read", Net: "udp", Source: s.LocalAddr(), Err: os.NewSyscallError("recvfrom", s.errno)}
	}
	return s.length, s.origin.at(addressOf(&s.from)), nil
}

// recvfrom reports false where nothing has come.
func (s *socket) recvfrom(fd uintptr) bool {
	for {
		size := uint32(unsafe.Sizeof(s.from))
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd,
			uintptr(unsafe.Pointer(unsafe.SliceData(s.into))), uintptr(len(s.into)), syscall.MSG_DONTWAIT,
			uintptr(unsafe.Pointer(&s.from)), uintptr(unsafe.Pointer(&size)))
		switch errno {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		}
		s.length, s.errno = int(n), errno
		return true
	}
}

// addressOf reads an address of the kernel's, of either family.
func addressOf(from *syscall.RawSockaddrAny) netip.AddrPort {
	switch from.Addr.Family {
	case syscall.AF_INET:
		a := (*syscall.RawSockaddrInet4)(unsafe.Pointer(from))
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), networkOrder(&a.Port))
	case syscall.AF_INET6:
		a := (*syscall.RawSockaddrInet6)(unsafe.Pointer(from))
		ip := netip.AddrFrom16(a.Addr)
		if a.Scope_id != 0 {
			ip = ip.WithZone(zone(int(a.Scope_id)))
		}
		return netip.AddrPortFrom(ip, networkOrder(&a.Port))
	}
	return netip.AddrPort{}
}

func networkOrder(port *uint16) uint16 {
	return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(port))[:])
}

// zone names an interface as package net does.
func zone(index int) string {
	if i, err := net.InterfaceByIndex(index); err == nil {
		return i.Name
	}
	return strconv.Itoa(index)
}

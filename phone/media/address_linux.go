//go:build amd64 || arm64

package media

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"
)

// target is an address for the kernel.
type target struct {
	address netip.AddrPort
	raw     syscall.RawSockaddrAny
	length  uint32
}

// targetOf writes an address as the kernel does for the family of the local one.
func targetOf(a netip.AddrPort, local net.IP) (*target, error) {
	t := &target{address: a}
	own, _ := netip.AddrFromSlice(local)
	ip := a.Addr()
	if own.Unmap().Is4() {
		if ip = ip.Unmap(); !ip.Is4() {
			return nil, syscall.EAFNOSUPPORT
		}
		raw := (*syscall.RawSockaddrInet4)(unsafe.Pointer(&t.raw))
		raw.Family, raw.Addr = syscall.AF_INET, ip.As4()
		toNetworkOrder(&raw.Port, a.Port())
		t.length = syscall.SizeofSockaddrInet4
		return t, nil
	}
	if !ip.IsValid() {
		return nil, syscall.EINVAL
	}
	raw := (*syscall.RawSockaddrInet6)(unsafe.Pointer(&t.raw))
	raw.Family, raw.Addr = syscall.AF_INET6, ip.As16()
	toNetworkOrder(&raw.Port, a.Port())
	if name := ip.Zone(); name != "" {
		raw.Scope_id = uint32(zoneIndex(name))
	}
	t.length = syscall.SizeofSockaddrInet6
	return t, nil
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

func toNetworkOrder(to *uint16, port uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(to))[:], port)
}

// zone names an interface as package net does.
func zone(index int) string {
	if i, err := net.InterfaceByIndex(index); err == nil {
		return i.Name
	}
	return strconv.Itoa(index)
}

// zoneIndex is zone's counterpart.
func zoneIndex(name string) int {
	if i, err := net.InterfaceByName(name); err == nil {
		return i.Index
	}
	n, _ := strconv.Atoi(name)
	return n
}

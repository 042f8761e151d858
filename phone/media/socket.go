package media

import (
	"net"
	"net/netip"

	"github.com/pion/transport/v2"
)

// ListenUDP implements transport.Net.
func (n systemNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	c, err := net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	return newSocket(c)
}

// ListenPacket implements transport.Net.
func (n systemNet) ListenPacket(network, address string) (net.PacketConn, error) {
	c, err := net.ListenPacket(network, address)
	if udp, ok := c.(*net.UDPConn); ok && err == nil {
		return newSocket(udp)
	}
	return c, err
}

// origin is where datagrams come from. The system's sockets make an address for
// each, though nearly all come from one.
type origin struct {
	last    netip.AddrPort
	address *net.UDPAddr // the same; it is never written to
}

func (o *origin) at(from netip.AddrPort) *net.UDPAddr {
	if o.address == nil || from != o.last {
		o.last, o.address = from, net.UDPAddrFromAddrPort(from)
	}
	return o.address
}

//go:build !linux || !(amd64 || arm64)

package media

import "net"

// socket is a UDP socket. One goroutine reads from it.
type socket struct {
	*net.UDPConn
	origin origin
}

func newSocket(c *net.UDPConn) (*socket, error) { return &socket{UDPConn: c}, nil }

// ReadFrom implements net.PacketConn.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := s.ReadFromUDPAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, s.origin.at(from), nil
}

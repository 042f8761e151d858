package rig

import (
	"errors"
	"net"
	"sync/atomic"

	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/stdnet"
)

// Air is the network as an Agent's media see it. After a Move nothing gets
// through the sockets that were opened before, as when a machine has gone to
// another network.
type Air struct {
	transport.Net
	place atomic.Int64
}

// NewAir returns the system's network.
func NewAir() (*Air, error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return &Air{Net: n}, nil
}

// Move makes every present socket deaf and dumb.
func (a *Air) Move() { a.place.Add(1) }

// ListenUDP implements transport.Net.
func (a *Air) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	c, err := a.Net.ListenUDP(network, local)
	return &airConn{UDPConn: c, air: a, place: a.place.Load()}, err
}

type airConn struct {
	transport.UDPConn
	air   *Air
	place int64
}

func (c *airConn) gone() bool { return c.air.place.Load() != c.place }

// WriteTo implements transport.UDPConn.
func (c *airConn) WriteTo(p []byte, to net.Addr) (int, error) {
	if c.gone() {
		return 0, errors.New("network is unreachable")
	}
	return c.UDPConn.WriteTo(p, to)
}

// ReadFrom implements transport.UDPConn.
func (c *airConn) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(p)
		if err != nil || !c.gone() {
			return n, from, err
		}
	}
}

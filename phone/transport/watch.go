package transport

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"
)

var (
	errAddressGone    = errors.New("this machine no longer has the address of the connection")
	errNetworkChanged = errors.New("the network has changed")
)

// surroundings is what a Transport sees of the machine it runs on; a seam for
// tests.
type surroundings struct {
	// addresses lists those of this machine that could be used now, sorted.
	addresses func() ([]netip.Addr, error)
	// clocks are two that run since the same moment: the second one stands
	// still while the machine sleeps.
	clocks func() (wall, monotonic time.Duration)
}

func system() surroundings {
	start := time.Now()
	return surroundings{
		addresses: systemAddresses,
		clocks: func() (wall, monotonic time.Duration) {
			now := time.Now()
			// Round strips the monotonic reading.
			return now.Round(0).Sub(start.Round(0)), now.Sub(start)
		},
	}
}

// systemAddresses lists the addresses of the interfaces that are up and have
// a carrier.
func systemAddresses() ([]netip.Addr, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var all []netip.Addr
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue // it is just going away
		}
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(n.IP); ok {
					all = append(all, ip.Unmap())
				}
			}
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return all, nil
}

// slept reports whether the machine slept while the wall clock advanced by
// wall and the monotonic clock by monotonic.
func slept(wall, monotonic time.Duration) bool { return wall-monotonic > wakeJump }

// watch looks at the machine until Close: after its sleep, and after any
// change of its addresses, a connection must prove that it is alive, and a
// wait or an attempt begins anew at once.
func (t *Transport) watch() {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	wall, monotonic := t.around.clocks()
	before, err := t.around.addresses()
	for {
		select {
		case <-t.ctx.Done():
			return
		case <-ticker.C:
		}
		w, m := t.around.clocks()
		woke := slept(w-wall, m-monotonic)
		wall, monotonic = w, m
		now, e := t.around.addresses()
		changed := err == nil && e == nil && !slices.Equal(before, now)
		if e == nil {
			before, err = now, nil
		}
		if woke || changed {
			t.log.Info("look after the connection", "woke", woke, "network_changed", changed)
			if kept := t.lookAfter(changed, now); kept && woke {
				t.handler.Woke()
			}
		}
		if changed {
			t.handler.NetworkChanged()
		}
	}
}

// lookAfter hurries what the transport is doing. It reports whether there is a
// connection that goes on.
func (t *Transport) lookAfter(changed bool, addresses []netip.Addr) (kept bool) {
	if c := t.live.Load(); c != nil {
		if changed && c.stranded(addresses) {
			t.urgent.Store(true)
			c.discard()
			c.fail(OpRead, errAddressGone)
			return false
		}
		c.check()
		return true
	}
	t.urgent.Store(true)
	if cancel := t.dialing.Load(); cancel != nil && changed {
		(*cancel)(errNetworkChanged)
	}
	t.Retry()
	return false
}

// discard has the system forget what was not delivered: it would be, long
// after it was sent again over another connection.
func (c *connection) discard() {
	conn := c.conn.Conn
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // all that can fail is the delivery
	}
}

// stranded reports a connection whose own address this machine has no more.
func (c *connection) stranded(addresses []netip.Addr) bool {
	local, err := netip.ParseAddrPort(c.conn.LocalAddr().String())
	if err != nil {
		return false // no TCP
	}
	ip := local.Addr().Unmap()
	return !ip.IsLoopback() && !slices.Contains(addresses, ip.WithZone(""))
}

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
	// changes begins to listen for changes of them; an error means that
	// only looking tells.
	changes func() (changes, error)
	// clocks are two that run since the same moment: the second one stands
	// still while the machine sleeps.
	clocks func() (wall, monotonic time.Duration)
}

// changes tell that the addresses may have become others.
type changes interface {
	// wait returns when they may have since it was last called. It fails
	// when it can tell no more.
	wait() error
	// Close ends wait.
	Close() error
}

// noChanges is for surroundings that cannot tell.
func noChanges() (changes, error) { return nil, errors.ErrUnsupported }

func system() surroundings {
	start := time.Now()
	return surroundings{
		addresses: systemAddresses,
		changes:   systemChanges,
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

// lookout decides when the addresses are listed, which costs more than to
// compare two clocks.
type lookout struct {
	news   <-chan struct{} // closed or nil: there is none
	looked time.Duration   // when, by the monotonic clock
	failed bool
}

// due reports whether to look now: news that came in a burst are worth one
// look. Where there are none, every time is the right one.
func (l *lookout) due(monotonic time.Duration) bool {
	if l.news == nil || l.failed {
		return true
	}
	select {
	case _, ok := <-l.news:
		if !ok {
			l.news = nil
		}
		return true
	default:
		return monotonic-l.looked >= lookInterval
	}
}

// listen has a slot filled whenever c tells of a change, and closed when it
// will not any more.
func (t *Transport) listen(c changes) <-chan struct{} {
	news := make(chan struct{}, 1)
	t.joined.Go(func() {
		defer close(news)
		for {
			if err := c.wait(); err != nil {
				t.log.Debug("the system tells of no more changes", "err", err)
				return
			}
			select {
			case news <- struct{}{}:
			default:
			}
		}
	})
	return news
}

// watch looks at the machine until Close: after its sleep, and after any
// change of its addresses, a connection must prove that it is alive, and a
// wait or an attempt begins anew at once.
func (t *Transport) watch() {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var look lookout
	if c, err := t.around.changes(); err == nil {
		defer c.Close()
		look.news = t.listen(c)
	} else {
		t.log.Debug("the system tells of no changes", "err", err)
	}
	wall, monotonic := t.around.clocks()
	before, err := t.around.addresses()
	look.looked, look.failed = monotonic, err != nil
	for {
		select {
		case <-t.ctx.Done():
			return
		case <-ticker.C:
		}
		w, m := t.around.clocks()
		woke := slept(w-wall, m-monotonic)
		wall, monotonic = w, m
		if !look.due(m) && !woke {
			continue
		}
		now, e := t.around.addresses()
		look.looked, look.failed = m, e != nil
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
